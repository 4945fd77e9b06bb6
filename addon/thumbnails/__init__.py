"""Choosing by eye: the small pictures of grooms, clothes, expressions, materials, places and presets, and the menus that show them."""
