"""Models of clients, their activity, sessions, workflows and merges."""
