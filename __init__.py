"""Simulacra: labelled synthetic people and places for Blender.

This directory is at once the Python package ``simulacra`` (pyproject.toml) and the root of the Blender extension of
the same id (blender_manifest.toml). Blender imports it as ``bl_ext.<repository>.simulacra``, so every import within
it is relative, and nothing here imports bpy until Blender calls register().
"""

__version__ = "0.1.0"


def register():
    """Called by Blender when the extension is enabled."""
    from . import addon

    addon.register()


def unregister():
    """Called by Blender when the extension is disabled."""
    from . import addon

    addon.unregister()
