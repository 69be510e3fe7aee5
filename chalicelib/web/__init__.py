"""The pages a client sees, and what is sent for each of their addresses."""
