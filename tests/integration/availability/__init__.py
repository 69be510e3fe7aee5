"""Free times over HTTP, and that they can be booked."""
