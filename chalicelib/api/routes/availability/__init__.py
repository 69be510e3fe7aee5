"""Routes that say when something is free and what can still be chosen."""
