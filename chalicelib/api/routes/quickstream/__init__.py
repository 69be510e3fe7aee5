"""Routes of Quickstream blocks."""
