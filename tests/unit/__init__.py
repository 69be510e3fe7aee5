"""Tests of one file or class, without a table."""
