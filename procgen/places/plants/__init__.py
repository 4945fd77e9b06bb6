"""Plants: trees, bushes, leaves, grasses and all else that grows on land."""
