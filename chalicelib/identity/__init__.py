"""Staff logins in the Cognito user pool."""
