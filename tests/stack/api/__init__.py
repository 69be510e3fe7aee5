"""The gateway and the API document on the stack."""
