"""A consultant's day, and rebooking a client from it."""
