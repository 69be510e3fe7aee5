"""Models of Quick View and rebooking."""
