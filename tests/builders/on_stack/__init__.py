"""Organisations, tokens and competing writers on a local stack."""
