"""Animals from a genome of parts, joined and rigged."""
