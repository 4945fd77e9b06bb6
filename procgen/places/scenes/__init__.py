"""The kinds of places, each a recipe of ground, water, weather and what grows and lives there."""
