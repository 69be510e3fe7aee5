"""The HTTP framework of every request: routing, decoding, authorisation, problems, OpenAPI; knows no resource.

May import the container, the shared models and the domain's errors and permissions.
"""
