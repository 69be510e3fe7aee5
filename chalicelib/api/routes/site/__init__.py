"""What is not JSON for a use case: web pages, the API's own description, health."""
