"""Frontdesk: an appointment-booking backend on one DynamoDB table."""

__version__ = "0.1.0"
