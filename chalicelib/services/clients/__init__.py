"""Keeping client records: registering, finding, merging, erasing them."""
