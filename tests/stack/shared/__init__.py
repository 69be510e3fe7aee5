"""Permissions on the stack."""
