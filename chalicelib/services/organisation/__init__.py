"""Setting up the organisation, and reading it back for the public."""
