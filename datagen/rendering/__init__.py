"""From a spec or a Blender file to pictures and labels: scenes, cameras and passes (needs bpy)."""
