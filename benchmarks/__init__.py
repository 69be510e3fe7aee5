"""Measurements of what Frontdesk costs: ``python -m benchmarks`` prints every figure of docs/benchmarks.md."""
