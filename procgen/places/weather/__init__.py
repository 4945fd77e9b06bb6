"""Sky, clouds, fog and what falls or flies."""
