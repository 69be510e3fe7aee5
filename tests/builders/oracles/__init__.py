"""Slow and simple second opinions on what the product decides."""
