"""Tests on a local stack of their own: races, streams, access policies."""
