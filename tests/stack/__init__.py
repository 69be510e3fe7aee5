"""Tests on the deployed system: the very package and template of production on the embedded AWS."""
