"""Stand-ins for the outside: gateway, senders, links, outbox, a small API."""
