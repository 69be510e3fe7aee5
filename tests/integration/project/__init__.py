"""The seeded organisations and the benchmarks."""
