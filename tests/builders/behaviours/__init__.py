"""Behaviours written once, run on memory and on the real table."""
