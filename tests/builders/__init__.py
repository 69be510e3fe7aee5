"""Builders, fakes and oracles of all tests; no tests here, and no conftest is imported."""
