"""What is at hand, a person or a place: made from a seed, drawn anew, varied, locked."""
