"""The data that is measured on."""
