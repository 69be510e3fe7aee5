"""Models of appointments, attendees, bookings and their changes."""
