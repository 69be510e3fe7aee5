"""Models of the set-up and of the public catalogue."""
