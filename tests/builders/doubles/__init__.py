"""Stand-ins for what is outside: gateway, mail, links, outbox, a small API."""
