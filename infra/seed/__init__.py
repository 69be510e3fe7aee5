"""Sample data for an empty organisation, created through the HTTP API alone."""
