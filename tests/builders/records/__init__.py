"""Domain records in one line each."""
