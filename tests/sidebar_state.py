"""What a scene holds, to be compared between an operator and the plain call."""

import numpy as np

# A bare plain, the quickest of places.
BARE = (
    "kind=plain", "life.trees=0", "life.undergrowth=0", "life.ground_cover=0", "life.stones=0.5", "life.sea_life=0", "life.animals=0",
    "weather.precipitation=none", "weather.lightning=false", "weather.clouds=none", "weather.sun_elevation=30",
)  # fmt: skip
SIZE = (64, 48)


def grown(sidebar):
    """A bare plain, built into the open scene."""
    import bpy

    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    fixed = sidebar("procgen.params").parse_settings(BARE)
    spec = sidebar("procgen.registry").sample("places", 1, fixed)
    return sidebar("subjects.subject").make(bpy.context, "places", spec).owner


def open_kept(path, make) -> None:
    """Open a file with the extension on; what is in it is made by the first call, in the scene that is open."""
    import addon_utils
    import bpy

    if not path.exists():
        make()
        bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    addon_utils.enable("bl_ext.user_default.simulacra", default_set=True)


def points_of(obj) -> np.ndarray:
    """The points of a mesh or curves object, float32, as stored."""
    source = obj.data.points if obj.type == "CURVES" else obj.data.vertices
    flat = np.zeros(len(source) * 3, np.float32)
    source.foreach_get("position" if obj.type == "CURVES" else "co", flat)
    return flat


def state_of(parts) -> dict:
    """What there is of a person, by name."""
    return {obj.name: (points_of(obj).tobytes(), [material.name for material in obj.data.materials], [m.name for m in obj.modifiers])
            for obj in parts if obj.type in ("MESH", "CURVES")}  # fmt: skip


def snapshot(objects) -> dict:
    """What was built, by name: place, points, materials, lens, modifiers."""
    import bpy

    bpy.context.view_layer.update()
    found = {}
    for obj in objects:
        row = [(np.round(np.array(obj.matrix_world), 5) + 0.0).tobytes()]
        if obj.type == "MESH":
            flat = np.zeros(3 * len(obj.data.vertices), np.float32)
            obj.data.vertices.foreach_get("co", flat)
            row += [flat.tobytes(), [material.name for material in obj.data.materials], [m.type for m in obj.modifiers]]
        if obj.type == "CAMERA":
            row.append(round(obj.data.lens, 5))
        found[obj.name] = row
    return found


def nodes_of(tree) -> list:
    """A node tree's nodes with the values of their inputs."""
    rows = []
    for node in tree.nodes:
        values = []
        for socket in node.inputs:
            value = getattr(socket, "default_value", None)
            if hasattr(value, "__len__") and not isinstance(value, str):
                value = [round(float(number), 5) for number in value]
            values.append(round(value, 5) if isinstance(value, float) else value)
        rows.append((node.bl_idname, repr(values), len(node.internal_links)))
    return rows


def counts() -> dict:
    """How much of each kind of data the file holds."""
    import bpy

    names = (
        "objects",
        "collections",
        "meshes",
        "materials",
        "node_groups",
        "images",
        "worlds",
        "lights",
        "cameras",
        "actions",
    )
    return {name: len(getattr(bpy.data, name)) for name in names}
