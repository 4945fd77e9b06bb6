"""Nothing of the artist's is lost: objects, names, modifiers, materials, constraints, actions and camera through every edit."""

import dataclasses

import numpy as np
import pytest
from sidebar_state import points_of

LIKE = ("hair.groom=crew_cut", "wear.headwear.kind=none", "wear.garment.kind=crew_tee", "wear.glasses=round")


@pytest.fixture
def edited(ada, sidebar):
    """A person that an artist worked on, with all that must be there after every edit."""
    import bpy

    belonging = sidebar("procgen.people.belonging")
    parts = {obj["role"]: obj for obj in belonging.parts_of(ada)}
    brows, head, eye, tee = parts["Brows"], parts["Head"], parts["Eye left"], parts["Garment"]
    brows.modifiers.new("Mine", "NODES").show_viewport = False
    tee.modifiers.new("My bend", "SIMPLE_DEFORM").angle = 0.01
    tee.modifiers.move(len(tee.modifiers) - 1, 0)
    head.modifiers["Subdivision"].levels = 1  # a setting of the build's, chosen by the artist
    eye.constraints.new("LIMIT_SCALE").name = "My limit"
    brows.name = "My brows"
    material = tee.material_slots[0].material
    material.node_tree.nodes.new("ShaderNodeValue").name = "Mine"
    own = bpy.data.materials.new("My own")
    parts["Lashes"].material_slots[0].material = own
    head.data.shape_keys.key_blocks["jawOpen"].keyframe_insert("value", frame=3)
    camera = bpy.data.objects.new("My camera", bpy.data.cameras.new("My camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    mine = bpy.data.collections.new("My collection")
    bpy.context.scene.collection.children.link(mine)
    mine.objects.link(tee)
    bpy.context.view_layer.objects.active = ada
    actions = {ada.animation_data.action, head.data.shape_keys.animation_data.action}

    def check():
        now = {obj["role"]: obj for obj in belonging.parts_of(ada)}
        for role, obj in parts.items():
            assert now.get(role) == obj, f"{role}: is another object"
        assert brows.name == "My brows" and [m.name for m in brows.modifiers] == ["Follow the skin", "Mine"]
        assert next(m.name for m in tee.modifiers) == "My bend" and tee.modifiers["My bend"].angle == pytest.approx(
            0.01
        )
        assert head.modifiers["Subdivision"].levels == 1 and eye.constraints["My limit"]
        assert tee.material_slots[0].material == material and parts["Lashes"].material_slots[0].material == own
        assert {ada.animation_data.action, head.data.shape_keys.animation_data.action} == actions
        assert bpy.context.scene.camera == camera and tee.name in mine.objects
        assert len(bpy.data.objects) == len(now) + 2 + sum(
            obj.name.startswith("Simulacra widget") for obj in bpy.data.objects
        )
        return now

    return check


def test_what_an_artist_did_outlives_every_edit(ada, edited, sidebar):
    import bpy

    live, faces = sidebar("people.live"), ada.simulacra.faces
    tee = edited()["Garment"]
    before = points_of(tee)
    faces.identity.age = 75.0  # a slider: carried
    live.settle(ada)
    assert np.abs(points_of(tee) - before).max() > 1e-4
    edited()
    faces.brows.thickness = faces.brows.thickness * 0.8
    live.settle(ada)
    edited()
    assert bpy.ops.simulacra.rebuild_person() == {"FINISHED"}  # all of it, afresh
    edited()
    assert sorted(sidebar("people.person").by_hand(ada)) == ["Main", "My own"]
    preset = next(name for name in sidebar("presets.files").available() if name.startswith("shipped/"))
    assert bpy.ops.simulacra.apply_preset(preset=preset) == {"FINISHED"}
    assert bpy.context.scene.camera.name == "My camera" and ada.animation_data.action


def test_pictures_follow_every_edit_and_none_is_left_over(ada, sidebar):
    """A material that an edit made is not taken for an artist's at the next one."""
    import bpy

    edit, belonging = sidebar("procgen.people.edit"), sidebar("procgen.people.belonging")
    _, spec = sidebar("people.person").spec_of(ada)

    def eye():
        (part,) = (obj for obj in belonging.parts_of(ada) if obj["role"] == "Eye left")
        picture = next(
            node.image for node in part.material_slots[0].material.node_tree.nodes if node.type == "TEX_IMAGE"
        )
        pixels = np.zeros(len(picture.pixels), np.float32)
        picture.pixels.foreach_get(pixels)
        return pixels

    held, colours = (len(bpy.data.materials), len(bpy.data.images)), {}
    for colour in ("blue", "brown", "green"):
        spec = dataclasses.replace(spec, eyes=dataclasses.replace(spec.eyes, iris=colour))
        assert list(edit.rebuild(ada, spec)) == ["eyes"]
        colours[colour] = eye().reshape(-1, 4)[:, :3].mean(0)
    assert colours["blue"][2] > colours["green"][2] > colours["brown"][2]
    assert (len(bpy.data.materials), len(bpy.data.images)) == held


@pytest.mark.once
def test_what_is_carried_ends_near_a_fresh_build(ada, sidebar):
    """Strands stay as far from the skin as they were; rigid things end where a fresh build puts them."""
    import bpy

    live, belonging = sidebar("people.live"), sidebar("procgen.people.belonging")
    ada.simulacra.faces.identity.age = 70.0
    quick = {obj["role"]: seen(obj) for obj in belonging.parts_of(ada)}
    live.settle(ada)
    bpy.context.view_layer.update()
    carried = {obj["role"]: seen(obj) for obj in belonging.parts_of(ada)}
    head = ada.pose.bones["head"]
    assert head.bone.matrix_local.translation.length > 0
    # What one sees while dragging is what stays, but for the turn of the head about joints that moved as well.
    assert max(np.abs(quick[role] - carried[role]).max() for role in quick) < 0.002
    live.build_again(ada)
    bpy.context.view_layer.update()
    fresh = {obj["role"]: seen(obj) for obj in belonging.parts_of(ada)}
    assert np.abs(fresh["Head"] - carried["Head"]).max() < 1e-6
    for role in ("Eye left", "Eye right", "Upper teeth", "Lower teeth", "Tongue"):
        assert np.abs(fresh[role] - carried[role]).max() < 0.001, role
    for role in ("Brows", "Lashes", "Garment"):
        assert np.abs(fresh[role].mean(0) - carried[role].mean(0)).max() < 0.001, role


def seen(obj) -> np.ndarray:
    """The points (n, 3) of an object as the scene shows them, metres in the world."""
    import bpy

    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    matrix = np.array(obj.matrix_world)
    return points_of(evaluated).reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def test_an_expression_moves_keys_and_bones_alone(ada, sidebar):
    live, belonging = sidebar("people.live"), sidebar("procgen.people.belonging")
    before = {obj["role"]: (obj, obj.data, points_of(obj).tobytes()) for obj in belonging.parts_of(ada)}
    ada.simulacra.faces.expression.actions.jawOpen = 0.6
    ada.simulacra.faces.expression.head_yaw = 15.0
    _, spec = sidebar("people.person").spec_of(ada)
    assert sidebar("procgen.people.edit").stale(ada, spec) == ["pose"]
    live.settle(ada)
    assert {obj["role"]: (obj, obj.data, points_of(obj).tobytes()) for obj in belonging.parts_of(ada)} == before


def test_the_camera_of_a_shot_stays_the_scenes(ada, sidebar):
    import bpy

    bpy.context.view_layer.objects.active = ada
    bpy.ops.simulacra.portrait_shot()
    camera, world = bpy.context.scene.camera, bpy.context.scene.world
    camera.data.dof.use_dof = False
    live = sidebar("people.live")
    ada.simulacra.faces.identity.age = 70.0
    live.settle(ada)
    assert bpy.context.scene.camera == camera and bpy.context.scene.world == world
    ada.simulacra.faces.skin.melanin = 0.2
    live.settle(ada)
    assert bpy.context.scene.camera == camera and bpy.context.scene.world["person"] == ada["person"]
    assert len(bpy.data.worlds) == 1
