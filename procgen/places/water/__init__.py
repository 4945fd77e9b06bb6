"""Seas, lakes, rivers, what is under them, and liquids in motion."""
