"""Appointments over HTTP: booked, edited, moved, run, listed."""
