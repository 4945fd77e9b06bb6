"""Validity of a sample: what is measured before and after its render, and what follows from what is found."""
