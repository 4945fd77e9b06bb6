"""Turns the node graphs of a Blender file into readable Python that builds them again (see document.transpile)."""
