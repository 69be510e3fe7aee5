"""E-mails, text messages and meeting links on the stack."""
