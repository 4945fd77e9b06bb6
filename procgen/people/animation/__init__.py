"""Animation: tracks of a face over time, what keeps it alive, speech, and the Action that Blender plays."""
