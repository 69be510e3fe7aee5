"""The web pages that clients see, and the response for each of their addresses."""
