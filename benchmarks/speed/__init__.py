"""Processor time and throughput."""
