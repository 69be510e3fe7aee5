"""How Frontdesk is packaged, deployed to an account and run on the embedded AWS."""
