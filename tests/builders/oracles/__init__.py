"""Slow and simple second opinions on the decisions of the product."""
