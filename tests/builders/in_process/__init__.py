"""Organisations and requests on a table in this process (moto)."""
