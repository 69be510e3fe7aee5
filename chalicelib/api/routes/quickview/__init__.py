"""Routes of Quick View and of rebooking from it."""
