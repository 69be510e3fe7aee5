"""Random plans and cases for property tests."""
