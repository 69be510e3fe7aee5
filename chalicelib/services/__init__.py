"""The use cases: read, ask the domain, commit one Change."""
