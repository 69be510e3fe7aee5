"""Models of free times, holds and booking options."""
