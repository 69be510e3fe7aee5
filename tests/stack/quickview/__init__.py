"""Rebooking on the stack."""
