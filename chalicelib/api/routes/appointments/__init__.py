"""Routes of appointments: booking, looking, editing, assigning, status, lifecycle; for clients and for staff."""
