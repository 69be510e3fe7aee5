"""Routes without a use case: web pages, the API's own description, health."""
