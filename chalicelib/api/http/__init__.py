"""The HTTP frame that every request passes through: routing, decoding, authorisation, problems, OpenAPI.

Knows no resource. May import the container, the shared models and the domain's errors and permissions.
"""
