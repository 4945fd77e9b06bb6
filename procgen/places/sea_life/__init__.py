"""What grows and drifts under water."""
