"""Quick View and rebooking over HTTP."""
