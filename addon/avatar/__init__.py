"""Triplane avatars inside Blender, with numpy alone: the file, the field, its surface, its colours, its objects."""
