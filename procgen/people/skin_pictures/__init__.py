"""Pictures of skin over the head's own uv, computed with numpy: colour, relief, surface and the folds of expressions."""
