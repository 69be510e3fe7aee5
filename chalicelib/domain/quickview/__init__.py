"""Quick View's sections and the rules of rebooking."""
