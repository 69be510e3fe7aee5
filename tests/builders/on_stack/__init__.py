"""Branches, staff, tokens and competing writers on a local stack, and the fixtures that open them."""
