"""Builders of Blender node trees."""
