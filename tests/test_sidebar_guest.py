"""A guest in the scene: Generate leaves what an artist set up, the portrait shot sets all of it and takes all of it back."""

import numpy as np
import pytest
from sidebar_state import BARE, SIZE

SKIPPED = {"rna_type", "use_nodes", "name_full", "session_uid", "original", "users", "is_evaluated"}


def settings_of(owner, depth: int = 2) -> dict:
    """All plain settings of a scene, and of what it holds, by path."""
    found = {}
    for prop in owner.bl_rna.properties:
        name = prop.identifier
        if name in SKIPPED or prop.type == "COLLECTION" or name == "simulacra":
            continue
        value = getattr(owner, name)
        if prop.type != "POINTER":
            found[name] = tuple(value) if getattr(prop, "is_array", False) else value
        elif value is not None and hasattr(value, "session_uid"):
            found[name] = value.session_uid
        elif value is not None and depth:
            found |= {f"{name}.{inner}": row for inner, row in settings_of(value, depth - 1).items()}
    return found


@pytest.fixture
def mine(sidebar):
    """A scene of an artist's own: camera, world, resolution, engine."""
    import bpy

    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("Mine")
    scene.camera = bpy.data.objects.new("My camera", bpy.data.cameras.new("My camera"))
    scene.collection.objects.link(scene.camera)
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.fps = 1280, 320, 30
    scene.view_settings.exposure = 0.7
    return scene


def test_generate_leaves_the_scene_and_a_shot_gives_all_of_it_back(mine, sidebar):
    """One person: made, portrayed, and taken out again; the scene is compared whole."""
    import bpy

    before, worlds, lights = settings_of(mine), len(bpy.data.worlds), len(bpy.data.lights)
    mine.cursor.location = (1.0, 2.0, 3.0)
    before |= {"cursor.location": (1.0, 2.0, 3.0), "cursor.matrix": settings_of(mine)["cursor.matrix"]}
    assert len(before) > 300
    assert bpy.ops.simulacra.generate(kind="faces", seed=12) == {"FINISHED"}
    rig = bpy.context.object
    assert settings_of(mine) == before and len(bpy.data.worlds) == worlds and len(bpy.data.lights) == lights
    assert tuple(rig.location) == (1.0, 2.0, 3.0) and rig.name == "Person 12" == rig.users_collection[0].name
    parts = sidebar("procgen.people.belonging").parts_of(rig)
    assert {obj.name for obj in parts} >= {"Person 12 Head", "Person 12 Brows", "Person 12 Button 2"}

    assert bpy.ops.simulacra.portrait_shot() == {"FINISHED"}
    assert (
        mine.camera.name == "Person 12 Camera 0"
        and mine.render.engine == "CYCLES"
        and mine.world["person"] == rig["person"]
    )
    assert (mine.render.resolution_x, mine.render.resolution_y) == (320, 320) and "Mine" in bpy.data.worlds
    toward = np.array(mine.camera.matrix_world.translation) - (1.0, 2.0, 3.0)
    assert 0.2 < np.linalg.norm(toward) < 4.1  # a phone at arm's length … a long lens
    first = settings_of(mine)
    assert bpy.ops.simulacra.portrait_shot() == {"FINISHED"}  # again: built anew, nothing twice
    assert len([obj for obj in rig.children_recursive if obj.type == "CAMERA"]) == 1
    assert {name for name, value in settings_of(mine).items() if value != first[name]} <= {"camera", "world"}
    assert bpy.ops.simulacra.remove_portrait_shot() == {"FINISHED"}
    assert settings_of(mine) == before and len(bpy.data.worlds) == worlds and len(bpy.data.lights) == lights
    with pytest.raises(RuntimeError, match="No portrait shot"):
        bpy.ops.simulacra.remove_portrait_shot()

    bpy.ops.simulacra.portrait_shot()
    mine.render.resolution_x = 777  # what was changed since stays
    assert bpy.ops.simulacra.remove_person() == {"FINISHED"}
    assert settings_of(mine) == before | {"render.resolution_x": 777}
    assert (
        set(bpy.data.objects) == {mine.camera}
        and not bpy.data.armatures
        and not bpy.data.meshes
        and not bpy.data.hair_curves
    )
    assert not bpy.data.materials and not bpy.data.images and not bpy.data.node_groups and not bpy.data.collections


@pytest.mark.once
def test_a_place_leaves_the_scene_too(mine, sidebar):
    import bpy

    mine.render.resolution_x, mine.render.resolution_y = SIZE
    before = settings_of(mine)
    spec = sidebar("procgen.registry").sample("places", 1, sidebar("procgen.params").parse_settings(BARE))
    place = sidebar("subjects.subject").make(bpy.context, "places", spec).owner
    assert settings_of(mine) == before and not {obj.type for obj in place.objects} & {"LIGHT", "CAMERA"}
    eye = np.array(sidebar("places.place").eye_of(place))
    assert abs(np.linalg.det(eye[:3, :3]) - 1) < 1e-5 and eye[2, 3] != 0


def test_what_is_dropped_lands_under_the_mouse(sidebar):
    """A ray onto what is there, else onto the floor of the cursor, else beside the cursor; a pinhole stands for the view."""
    import bpy
    from mathutils import Matrix

    class Region:
        width, height, x, y = 200, 100, 0, 0

    class View:
        is_perspective = True
        view_matrix = Matrix.LocRotScale((0, 0, 5), Matrix.Rotation(np.radians(60), 3, "X"), None).inverted()
        perspective_matrix = Matrix(((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, -1.002, -0.2), (0, 0, -1, 0))) @ view_matrix

    views = sidebar("views")

    def at(x, y):
        return np.array(views.under_point(bpy.context, Region, View, (x, y)))

    # The pinhole by hand: the middle looks 30 degrees below the horizon from 5 m up.
    assert at(100, 50) == pytest.approx([0, 5 * np.tan(np.radians(60)), 0], abs=1e-4)
    bpy.ops.mesh.primitive_cube_add(size=2, location=(0, 5 * np.tan(np.radians(60)), 0))
    front = 5 * np.tan(np.radians(60)) - 1
    assert at(100, 50) == pytest.approx([0, front, 5 - front / np.tan(np.radians(60))], abs=1e-4)
    bpy.context.scene.cursor.location = (0, 2, 4)
    sky = at(100, 99)  # above the horizon: in the plane of the cursor that faces the view
    axis = [0, np.sin(np.radians(60)), -np.cos(np.radians(60))]
    assert (sky - [0, 2, 4]) @ axis == pytest.approx(0, abs=1e-4)


@pytest.mark.once
def test_a_place_is_seen_from_where_one_stands(bare, sidebar):
    """Its camera, put elsewhere by hand, stays there when the place is built again; ground is built for that view."""
    import bpy
    from mathutils import Matrix

    scene, live, made = bpy.context.scene, sidebar("places.live"), bare
    assert scene.camera.get("place_number") == 1 and scene.world.get("place_number") == 1  # it had none of its own
    first = np.array(scene.camera.matrix_world)
    live.grow(made)
    assert np.array(scene.camera.matrix_world) == pytest.approx(first, abs=1e-6)
    there = Matrix.LocRotScale((12.0, -7.0, first[2, 3] + 4), Matrix.Rotation(np.radians(80), 3, "X"), None)
    there = Matrix.Rotation(np.radians(40), 4, "Z") @ there
    scene.camera.matrix_world = there
    bpy.context.view_layer.update()
    made.simulacra.places.life.stones = 0.2
    live.settle(made)
    now = np.array(scene.camera.matrix_world)
    assert now[:3, 3] == pytest.approx(np.array(there)[:3, 3], abs=1e-4)
    assert now[:3, 2] == pytest.approx(np.array(there)[:3, 2], abs=1e-5)
    ground = next(obj for obj in made.objects if obj.name == "Ground")
    points = np.zeros(3 * len(ground.data.vertices), np.float32)
    ground.data.vertices.foreach_get("co", points)
    distance = np.linalg.norm(points.reshape(-1, 3)[:, :2] - now[:2, 3], axis=1)
    assert (distance < 20).mean() > 0.2  # it is finest here
