"""The base models and field types that every other schema is made of."""
