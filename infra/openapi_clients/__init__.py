"""Typed clients that others generate from the API's document, generated here too so that it stays fit for that."""
