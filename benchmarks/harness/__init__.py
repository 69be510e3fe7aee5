"""What the measurements run in, and how they are printed."""
