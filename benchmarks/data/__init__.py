"""The rows that are measured on."""
