"""Exports: a person as other programs read it."""
