"""Typed clients generated from the API's document, to keep it fit for the generators that others use."""
