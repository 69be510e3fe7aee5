"""Who fits where: the ledger of a day, and how many appointments blocks can take."""
