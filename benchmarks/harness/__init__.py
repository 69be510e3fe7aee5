"""The environment of the measurements, and the tables they are printed in."""
