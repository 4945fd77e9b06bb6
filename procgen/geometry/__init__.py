"""Geometry as arrays: meshes, noise and shapes that generators are made of; numpy alone."""
