"""Bookings, staff time and statuses under concurrency, on the stack."""
