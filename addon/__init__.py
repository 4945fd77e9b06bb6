"""The Blender side: what registers when the extension is enabled, and leaves nothing when it is disabled."""

PACKAGE = __package__.rpartition(".")[0]  # the extension, as Blender names it
_command = None
# In the order of registration; each may have CLASSES, register() and unregister().
MODULES = (
    "thumbnails.pictures", "settings", "preferences", "errors", "worker.jobs", "report", "subjects.generate", "subjects.operators", "materials.operators", "places.things",
    "presets.operators", "datasets.render", "datasets.scene", "importing.avatars", "importing.meshes", "importing.cameras",
    "importing.samples", "exporting.character", "animating.operators", "animating.captures", "people.assets", "people.bones", "people.operators", "systems.operators", "systems.drag", "importing.photographs",
    "library.operators", "library.drops", "manual", "menus",
    "subjects.panel", "presets.panel", "datasets.panels", "importing.panel", "exporting.panel", "systems.panel", "people.panels", "animating.panel", "places.panels",
    "materials.panel", "fields.settling", "people.watch", "places.motion", "languages.translations",
)  # fmt: skip


def _main(argv) -> int:
    """``blender --command simulacra …``: the same command line as everywhere."""
    from ..__main__ import main

    return main(list(argv))


def _modules():
    from importlib import import_module

    return [import_module(f".{name}", __package__) for name in MODULES]


def register():
    """Called when the extension is enabled."""
    global _command
    import bpy

    for module in _modules():
        for cls in getattr(module, "CLASSES", ()):
            bpy.utils.register_class(cls)
        if hasattr(module, "register"):
            module.register()
    _command = bpy.utils.register_cli_command("simulacra", _main)


def unregister():
    """Called when the extension is disabled."""
    global _command
    import bpy

    if _command is not None:
        bpy.utils.unregister_cli_command(_command)
        _command = None
    for module in reversed(_modules()):
        if hasattr(module, "unregister"):
            module.unregister()
        for cls in reversed(getattr(module, "CLASSES", ())):
            bpy.utils.unregister_class(cls)
