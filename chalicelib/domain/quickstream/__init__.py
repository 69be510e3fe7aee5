"""Quickstream blocks: their states, recurrence and edits. May import the shared domain only."""
