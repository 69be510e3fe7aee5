"""Client records: fields, search, likely duplicates, merging, sessions, workflows."""
