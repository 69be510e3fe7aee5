"""Messages, links and invitations on the real table."""
