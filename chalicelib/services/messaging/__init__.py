"""Deliver the journal: events, e-mails, text messages, reminders, meeting links."""
