"""The set-up of an organisation over HTTP."""
