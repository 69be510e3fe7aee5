"""Quickstream blocks: what they are, how they repeat, how they are edited."""
