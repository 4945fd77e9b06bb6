"""Materials as functions of a spec."""
