"""Appointments: their state, attendees, status, video meetings and what becomes of their sessions."""
