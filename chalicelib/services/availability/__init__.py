"""Reading free times, holding slots, and reading and writing the ledger."""
