"""The air of a place: sky, sun, clouds, what falls, haze on every surface, and under water the water itself (needs bpy)."""
