"""Places: natural worlds, what stands and lives in them, and how they are lit and seen."""
