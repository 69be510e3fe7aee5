"""The booking and manage pages in Chromium, on the local stack."""
