"""Delivering what the journal holds: events, mails, texts, reminders, meeting links."""
