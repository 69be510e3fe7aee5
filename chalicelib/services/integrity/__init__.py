"""Comparing what is stored twice."""
