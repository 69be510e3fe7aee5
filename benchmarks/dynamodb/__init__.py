"""Reads, items and units of every operation, compared with its budget."""
