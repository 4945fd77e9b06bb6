"""Procedural generators: from a seed to a spec, and from a spec to Blender objects."""
