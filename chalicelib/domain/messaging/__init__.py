"""Who is told what, and which messages wait to be sent."""
