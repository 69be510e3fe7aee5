"""Who can sign in: the staff logins in the user pool."""
