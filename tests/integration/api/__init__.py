"""The API's document and routing, in process."""
