"""Booking, changing, cancelling and following appointments."""
