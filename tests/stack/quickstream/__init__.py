"""The scheduled release of blocks on the stack."""
