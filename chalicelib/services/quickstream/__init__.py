"""Laying out, editing and releasing Quickstream blocks."""
