"""Models of Quickstream blocks."""
