"""What people are told, and the channels it goes through."""
