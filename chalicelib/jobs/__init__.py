"""Wiring of the scheduled functions and the stream function; the functions themselves are in app.py."""
