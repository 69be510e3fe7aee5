"""The use cases: read, ask the domain, commit one unit of work.

The files here, outside the rooms, are what several rooms share.
"""
