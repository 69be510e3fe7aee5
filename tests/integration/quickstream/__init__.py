"""Blocks over HTTP, and the job that releases them."""
