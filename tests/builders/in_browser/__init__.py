"""Chromium, its visitors and the branches they visit."""
