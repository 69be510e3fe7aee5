"""Reads, items and units of every operation, against its budget."""
