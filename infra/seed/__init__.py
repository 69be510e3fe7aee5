"""What an empty organisation is filled with, through the HTTP API alone."""
