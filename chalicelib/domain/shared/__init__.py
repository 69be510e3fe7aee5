"""What every room of the domain stands on: errors, ids, times, permissions, events, sets of minutes."""
