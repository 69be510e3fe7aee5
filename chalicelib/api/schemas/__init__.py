"""The models of the contract: what requests carry and what answers say."""
