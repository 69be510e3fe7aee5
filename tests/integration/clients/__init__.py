"""Clients over HTTP: profiles, search, merging, sessions, workflows, erasure."""
