"""Tests over HTTP and the table, in one process (moto)."""
