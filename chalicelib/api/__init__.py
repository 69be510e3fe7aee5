"""The HTTP interface: the frame, the routes, and the models they declare."""
