"""Avatars, meshes, cameras and samples that are brought in."""
