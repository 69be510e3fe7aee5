"""The checks that compare ledgers, appointments and clients."""
