"""Packaging Frontdesk, deploying it to an account and running it on the embedded AWS."""
