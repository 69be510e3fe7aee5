"""Creating, editing and releasing Quickstream blocks."""
