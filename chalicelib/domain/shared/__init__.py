"""The basis of all rooms of the domain: errors, ids, times, permissions, events, sets of minutes."""
