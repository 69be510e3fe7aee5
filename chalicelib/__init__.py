"""Frontdesk: an appointment-booking backend on one DynamoDB table."""
