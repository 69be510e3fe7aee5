"""Domain records made in one line."""
