"""The HTTP interface: routes, the models they declare, and everything that follows from a declaration."""
