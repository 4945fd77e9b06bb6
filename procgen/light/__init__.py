"""Light and surroundings: procedural panoramas, lamps, and a meter that sets the exposure from both."""
