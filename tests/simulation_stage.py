"""Small simulations of each kind that nobody baked, for tests of labels."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")


def grid(stage, name, half=0.6, cells=8, height=0.8):
    """A flat grid of quads that lies at a height."""
    side = np.linspace(-half, half, cells + 1)
    points = [(x, y, 0) for y in side for x in side]
    rows = cells + 1
    faces = [(y * rows + x, y * rows + x + 1, (y + 1) * rows + x + 1, (y + 1) * rows + x)
             for y in range(cells) for x in range(cells)]  # fmt: skip
    obj = stage.mesh(name, points, faces)
    obj.location.z = height
    return obj


def cloth(stage):
    """A cloth that hangs by two corners, behind a subdivision that renders finer than the viewport shows."""
    obj = grid(stage, "Sheet")
    group = obj.vertex_groups.new(name="Pin")
    group.add([0, 8], 1.0, "REPLACE")
    fine = obj.modifiers.new("Fine", "SUBSURF")
    fine.levels, fine.render_levels = 0, 1
    settings = obj.modifiers.new("Cloth", "CLOTH").settings
    settings.vertex_group_mass, settings.quality = "Pin", 3
    return "Sheet"


def soft_body(stage):
    obj = grid(stage, "Jelly", cells=5)
    obj.rotation_euler.x = 0.9
    obj.modifiers.new("Soft", "SOFT_BODY").settings.use_goal = False
    return "Jelly"


def rigid_bodies(stage):
    bpy.context.view_layer.objects.active = stage.cube("Falling", 0.2)
    obj = bpy.context.object
    obj.location, obj.rotation_euler = (0.05, 0, 0.8), (0.3, 0.2, 0)
    bpy.ops.rigidbody.world_add()
    collection = bpy.data.collections.new("Bodies")
    stage.scene.rigidbody_world.collection = collection
    collection.objects.link(obj)
    return "Falling"


def particles(stage):
    """An emitter that throws cubes."""
    host = grid(stage, "Fountain", 0.3, 2, 0.0)
    host.show_instancer_for_render = False
    thing = stage.cube("Drop", 0.06)
    thing.location = (0, 0, -50)
    system = host.modifiers.new("Particles", "PARTICLE_SYSTEM").particle_system.settings
    system.count, system.frame_start, system.frame_end, system.lifetime = 12, 1, 1, 100
    system.render_type, system.instance_object, system.particle_size = "OBJECT", thing, 1.0
    system.normal_factor = 3.0
    return "Drop"


def hair(stage):
    """Strands that swing."""
    host = grid(stage, "Scalp", 0.3, 2, 0.4)
    modifier = host.modifiers.new("Hair", "PARTICLE_SYSTEM")
    system = modifier.particle_system
    system.settings.type = "HAIR"
    system.settings.count, system.settings.hair_length = 60, 0.7
    system.settings.radius_scale = 0.04
    system.use_hair_dynamics = True
    host.rotation_euler.y = 1.2
    return "Scalp"


def simulation_nodes(stage):
    """A grid that rises by a tenth of a metre each frame, in a simulation zone."""
    obj = grid(stage, "Rising", 0.4, 2, 0.0)
    tree = bpy.data.node_groups.new("Rise", "GeometryNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    nodes, link = tree.nodes, tree.links.new
    start, end = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    into, out = nodes.new("GeometryNodeSimulationInput"), nodes.new("GeometryNodeSimulationOutput")
    into.pair_with_output(out)
    move = nodes.new("GeometryNodeSetPosition")
    move.inputs["Offset"].default_value = (0, 0, 0.1)
    link(start.outputs[0], into.inputs["Geometry"])
    link(into.outputs["Geometry"], move.inputs["Geometry"])
    link(move.outputs["Geometry"], out.inputs["Geometry"])
    link(out.outputs["Geometry"], end.inputs[0])
    obj.modifiers.new("Rise", "NODES").node_group = tree
    return "Rising"


KINDS = {"cloth": cloth, "soft body": soft_body, "rigid bodies": rigid_bodies, "particles": particles, "hair": hair,
         "simulation nodes": simulation_nodes}  # fmt: skip


def playback(path, last):
    """The world's points (n, 3) and triangles (t, 3) of every thing of a file in each frame, played once and in order.

    Returns {frame: {name: (points, triangles)}}; the instances of one object follow each other.
    """
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    for obj in bpy.data.objects:
        obj.hide_viewport = obj.hide_render
        for modifier in obj.modifiers:
            if modifier.type == "SUBSURF":
                modifier.levels = modifier.render_levels
    found = {}
    for frame in range(scene.frame_start, last + 1):
        scene.frame_set(frame)
        things = {}
        for instance in bpy.context.evaluated_depsgraph_get().object_instances:
            mesh = instance.object.data
            if instance.object.type == "MESH" and instance.show_self:
                points, triangles = (
                    np.empty(3 * len(mesh.vertices), np.float32),
                    np.empty(3 * len(mesh.loop_triangles), np.int32),
                )
                mesh.vertices.foreach_get("co", points)
                mesh.loop_triangles.foreach_get("vertices", triangles)
                matrix = np.array(instance.matrix_world)
                points = points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
                before, faces = things.get(instance.object.name, (np.zeros((0, 3)), np.zeros((0, 3), int)))
                things[instance.object.name] = (
                    np.concatenate([before, points]), np.concatenate([faces, triangles.reshape(-1, 3) + len(before)]))  # fmt: skip
        found[frame] = things
    return found


def carried(here, there, points):
    """How far (k,) points lie from the surface ``here``, and where (k, 3) they are on ``there``, whose vertices match."""
    from mathutils.bvhtree import BVHTree

    vertices, triangles = here
    tree = BVHTree.FromPolygons(vertices.tolist(), triangles.tolist())
    hits = [tree.find_nearest(point) for point in points.tolist()]
    a, b, c = (vertices[triangles[[hit[2] for hit in hits]]][:, corner] for corner in range(3))
    edges, off = np.stack([b - a, c - a], -1), np.array([hit[0] for hit in hits]) - a
    weights = np.stack([np.linalg.lstsq(edge, part, rcond=None)[0] for edge, part in zip(edges, off, strict=True)])
    a, b, c = (there[0][triangles[[hit[2] for hit in hits]]][:, corner] for corner in range(3))
    return np.array([hit[3] for hit in hits]), a + weights[:, :1] * (b - a) + weights[:, 1:] * (c - a)
