"""Merges and sessions under concurrency, on the stack."""
