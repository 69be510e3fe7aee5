"""What browser tests stand on: Chromium, a visitor, branches to visit."""
