"""What Frontdesk costs, measured: ``python -m benchmarks`` prints every figure of docs/benchmarks.md."""
