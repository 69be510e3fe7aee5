"""What the clock sets going; the functions themselves are in app.py."""
