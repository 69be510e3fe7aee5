"""The deployment itself, and the benchmark that needs it."""
