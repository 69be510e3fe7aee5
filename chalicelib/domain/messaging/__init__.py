"""Which messages go to whom, what they contain, and which of them wait to be sent."""
