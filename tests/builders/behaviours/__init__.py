"""Behaviours written once and run against memory and against the real table."""
