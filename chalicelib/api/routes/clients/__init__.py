"""Routes of client records: profiles, activity, sessions, workflows, duplicates, merging."""
