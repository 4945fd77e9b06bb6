"""A person on its rig: one pose moves every part, the 52 keys are the whole expression, and it stays so in a saved file."""

import dataclasses

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings
from simulacra.procgen.people.expression import ACTIONS, LOOK_LIMITS, NEUTRAL
from simulacra.procgen.people.pose import about, joints, rotation, transform

bpy = pytest.importorskip("bpy")
from mathutils import Vector  # noqa: E402

pytestmark = pytest.mark.blender

MASKED = ("wear.mask=surgical", "wear.headwear.kind=none", "wear.glasses=round", "wear.earrings=hoop", "beard.style=goatee", "beard.density=0.3",
          "hair.groom=lob", "hair.density=0.25", "wear.garment.kind=shirt")  # fmt: skip
RIGID = ("eye", "teeth", "gums", "tongue", "glasses", "earring", "brow", "lash", "wet_line", "caruncle")


@pytest.fixture(scope="module")
def person():
    """A person with something of every class, at rest."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    spec = registry.sample("faces", 12, parse_settings([*MASKED, "identity.gender=0.1"]))
    return registry.build("faces", spec, without=("light", "camera", "skin"))


@pytest.fixture
def at_rest(person):
    """The person, brought back to rest."""
    from simulacra.procgen.people.rig import set_neutral

    set_neutral(person.armature, person.head)
    person.armature.pose.bones["look"]["follow"] = 0.0
    person.armature.update_tag()
    return person


def places(obj, original=False):
    """The points (k, 3) of an object in the world, as the scene shows it."""
    bpy.context.view_layer.update()
    data = obj.data if original else obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    curves = obj.type == "CURVES"
    source = data.points if curves else data.vertices
    flat = np.zeros(len(source) * 3, np.float32)
    source.foreach_get("position" if curves else "co", flat)
    matrix = np.array(obj.matrix_world)
    return flat.reshape(-1, 3).astype(float) @ matrix[:3, :3].T + matrix[:3, 3]


def parts(person, *classes):
    return [obj for obj in person.objects if obj.type in ("MESH", "CURVES") and obj["class"] in classes]


def test_every_part_hangs_on_the_rig(person):
    for obj in person.objects:
        if obj is not person.armature:
            assert obj.parent == person.armature, obj.name
    named = {bone.name for bone in person.armature.data.bones}
    assert {"spine", "neck", "head", "jaw", "eye.L", "eye.R", "shoulder.L", "shoulder.R", "look"} <= named
    assert all(person.armature.pose.bones[name].custom_shape for name in ("head", "jaw", "look", "eye.L"))


def test_at_rest_strands_are_where_they_were_grown(at_rest):
    for obj in parts(at_rest, "hair", "brow", "lash", "beard", "wet_line", "caruncle"):
        # Pieces of long hair are laid one after the other, in single precision.
        bound = 3e-6 if obj["class"] == "hair" else 1e-6
        assert np.abs(places(obj) - places(obj, original=True)).max() < bound, obj.name


def test_a_turned_head_takes_its_parts_along(at_rest):
    from simulacra.procgen.people.rig import set_turn

    before = {obj: places(obj) for obj in parts(at_rest, *RIGID)}
    set_turn(at_rest.armature, "head", rotation(np.radians(30), 0, 0))
    truth = about(rotation(np.radians(30), 0, 0), joints(at_rest.rest)["joint-head"])
    for obj, points in before.items():
        assert np.linalg.norm(places(obj) - transform(truth, points), axis=1).max() < 1e-3, obj.name


@pytest.mark.parametrize("degrees", [-35, 35])
def test_long_hair_under_a_turned_head_keeps_its_length_and_lies_on_the_shoulders(at_rest, degrees):
    from simulacra.procgen.people.rig import set_turn
    from simulacra.procgen.people.surface import evaluated_surface

    (hair,) = parts(at_rest, "hair")
    sizes = np.array([curve.points_length for curve in hair.data.curves])
    first = np.cumsum(sizes) - sizes

    def lengths(points):
        steps = np.linalg.norm(np.diff(points, axis=0, append=points[-1:]), axis=1)
        steps[first + sizes - 1] = 0.0
        return np.add.reduceat(steps, first)

    before = places(hair)
    set_turn(at_rest.armature, "head", rotation(np.radians(degrees), 0, 0))
    after = places(hair)
    share = lengths(after) / lengths(before)
    assert share.max() < 1.005 and np.quantile(share, 0.01) > 0.97
    low = np.nonzero(before[:, 2] < -0.125)[0][::23]
    skin = evaluated_surface(at_rest.head)
    gap = {}
    for name, tree, points in (("rest", at_rest.surface.bvh(), before), ("turned", skin.bvh(), after)):
        found = [tree.find_nearest(place) for place in points[low].tolist()]
        along = (points[low] - [tuple(hit[0]) for hit in found]) * [tuple(hit[1]) for hit in found]
        gap[name] = np.sign(along.sum(1)) * [hit[3] for hit in found]
    # What lies on the slope of the neck sinks a little into the cloth; nothing goes through the shoulder.
    assert np.quantile(gap["turned"], 0.01) > -0.010 and gap["turned"].min() > -0.016
    assert np.quantile(gap["turned"] - gap["rest"], 0.98) < 0.022  # no tuft stands off


def test_roots_stay_on_the_skin(at_rest):
    from simulacra.procgen.people.rig import set_turn
    from simulacra.procgen.people.surface import evaluated_surface

    set_turn(at_rest.armature, "head", rotation(np.radians(30), np.radians(-10), 0))
    set_turn(at_rest.armature, "jaw", rotation(0, np.radians(-20), 0))
    bpy.context.view_layer.update()
    tree = evaluated_surface(at_rest.head).bvh()
    for obj in parts(at_rest, "hair", "brow", "lash", "beard"):
        sizes = np.array([curve.points_length for curve in obj.data.curves])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])[::5]
        still = [at_rest.surface.bvh().find_nearest(place)[3] for place in places(obj, original=True)[roots].tolist()]
        posed = [tree.find_nearest(place)[3] for place in places(obj)[roots].tolist()]
        assert np.abs(np.array(posed) - still).max() < 5e-4, obj.name


def test_the_jaw_takes_teeth_and_tongue_along(at_rest):
    from simulacra.procgen.people.rig import set_turn

    lower = [obj for obj in parts(at_rest, "teeth", "gums", "tongue") if obj.parent_bone == "jaw"]
    before = {obj: places(obj) for obj in lower}
    assert len(lower) == 3
    turn = rotation(0, np.radians(-20), 0)
    set_turn(at_rest.armature, "jaw", turn)
    truth = about(turn, joints(at_rest.rest)["joint-mouth"])
    for obj, points in before.items():
        assert np.linalg.norm(places(obj) - transform(truth, points), axis=1).max() < 1e-4, obj.name


def test_garments_move_as_the_skin_below_them(at_rest):
    """Linear blend skinning in closed form, with the weights that the vertex groups hold."""
    from simulacra.procgen.people.rig import set_turn

    turn = rotation(0.3, 0.1, 0.2)
    (garment, *_) = parts(at_rest, "garment")
    shown = {m: m.show_viewport for m in garment.modifiers}
    for modifier in shown:
        modifier.show_viewport = modifier.type == "ARMATURE"
    before = places(garment)
    set_turn(at_rest.armature, "neck", turn)
    moved = transform(about(turn, joints(at_rest.rest)["joint-neck"]), before)
    follows = {group.index for group in garment.vertex_groups if group.name in ("neck", "head", "jaw")}
    weight = np.array([sum(g.weight for g in v.groups if g.group in follows) / sum(g.weight for g in v.groups)
                       for v in garment.data.vertices])  # fmt: skip
    truth = before + weight[:, None] * (moved - before)
    assert weight.max() > 0.2
    assert np.linalg.norm(places(garment) - truth, axis=1).max() < 1e-4
    for modifier, before in shown.items():
        modifier.show_viewport = before


@pytest.mark.parametrize(
    "actions",
    [pytest.param(ACTIONS[::5] + ("tongueOut",), id="some"), pytest.param(ACTIONS, marks=pytest.mark.slow, id="all")],
)
def test_the_keys_are_the_whole_expression(at_rest, actions):
    """Each of the 52 by hand gives what the expression that holds it alone sets, in all parts."""
    keys, meshes = at_rest.head.data.shape_keys.key_blocks, [obj for obj in at_rest.objects if obj.type == "MESH"]
    meshes = [obj for obj in meshes if obj["class"] not in ("garment", "glasses", "earring")]
    from simulacra.procgen.people.rig import set_expression, set_neutral

    # Thickness magnifies the last digit of single precision a thousandfold where a mask is folded.
    shown = [at_rest.head.modifiers["Subdivision"], *(
        modifier for obj in meshes for modifier in obj.modifiers if modifier.type == "SOLIDIFY")]  # fmt: skip
    for modifier in shown:
        modifier.show_viewport = False
    for action in actions:
        alone = dataclasses.replace(NEUTRAL, actions=tuple(float(name == action) for name in ACTIONS))
        set_expression(at_rest.armature, at_rest.head, alone)
        generated = [places(obj) for obj in meshes]
        set_neutral(at_rest.armature, at_rest.head)
        keys[action].value = 1.0
        for obj, points in zip(meshes, generated, strict=True):
            assert np.abs(places(obj) - points).max() < 1e-5, (action, obj.name)
        keys[action].value = 0.0
    for modifier in shown:
        modifier.show_viewport = True


def test_keys_move_what_they_name(at_rest):
    keys = at_rest.head.data.shape_keys.key_blocks
    still = {obj: places(obj) for obj in at_rest.objects if obj.type == "MESH"}

    def moved(action):
        keys[action].value = 1.0
        found = {obj.name for obj, points in still.items() if np.abs(places(obj) - points).max() > 1e-3}
        keys[action].value = 0.0
        return found

    assert {"Lower teeth", "Lower gums", "Tongue"} <= moved("jawOpen")
    assert "Upper teeth" not in moved("jawOpen")
    assert moved("tongueOut") == {"Tongue"}
    left = moved("eyeLookUpLeft")
    assert {"Eye left", "Cornea left"} <= left
    assert not {"Eye right", "Cornea right"} & left


@pytest.mark.parametrize(("side", "bone"), [("Left", "eye.L"), ("Right", "eye.R")])
def test_look_keys_turn_the_eye_by_their_limits(at_rest, side, bone):
    keys = at_rest.head.data.shape_keys.key_blocks
    (eye,) = [obj for obj in at_rest.objects if obj.name == f"Eye {side.lower()}"]
    outward = 1 if side == "Left" else -1
    for direction, yaw, pitch in (("Up", 0, 1), ("Down", 0, -1), ("Out", outward, 0), ("In", -outward, 0)):
        keys[f"eyeLook{direction}{side}"].value = 0.5
        bpy.context.view_layer.update()
        angle = 0.5 * LOOK_LIMITS[direction]
        truth = rotation(yaw * angle, pitch * angle, 0)
        assert np.abs(np.array(eye.matrix_world)[:3, :3] - truth).max() < 1e-5, direction
        keys[f"eyeLook{direction}{side}"].value = 0.0


def test_both_eyes_look_at_the_target_and_their_lids_go_along(at_rest):
    rig = at_rest.armature
    look = rig.pose.bones["look"]
    look["follow"] = 1.0
    look.location = look.bone.matrix_local.to_3x3().inverted() @ Vector((0.08, 0.0, 0.05))
    rig.update_tag()
    bpy.context.view_layer.update()
    target = np.array(look.head)
    for name in ("left", "right"):
        (eye,) = [obj for obj in at_rest.objects if obj.name == f"Eye {name}"]
        matrix = np.array(eye.matrix_world)
        toward = (target - matrix[:3, 3]) / np.linalg.norm(target - matrix[:3, 3])
        assert np.abs(matrix[:3, :3] @ [0, -1, 0] - toward).max() < 2e-3
        key = at_rest.head.data.shape_keys.key_blocks[f"lidsUp{name.capitalize()}"]
        assert key.value == pytest.approx(np.arcsin(toward[2]) / LOOK_LIMITS["Up"], rel=0.1)
    look.location = (0, 0, 0)


def test_an_expression_sets_the_eyes_that_its_labels_tell(at_rest):
    from simulacra.procgen.people.pose import pose

    for gaze in ((20.0, 12.0), (-28.0, -18.0), (3.0, -2.0)):
        wanted = dataclasses.replace(NEUTRAL, gaze_yaw=gaze[0], gaze_pitch=gaze[1], head_yaw=25.0, head_roll=-12.0)
        at_rest.set_expression(wanted)
        bpy.context.view_layer.update()
        for side, eye in pose(at_rest.rest, wanted).eyes.items():
            (obj,) = [obj for obj in at_rest.objects if obj.name == f"Eye {side}"]
            matrix = np.array(obj.matrix_world)
            assert np.abs(matrix[:3, :3] - eye.rotation).max() < 1e-5
            assert np.abs(matrix[:3, 3] - eye.centre).max() < 1e-4


def test_bones_may_have_the_names_of_rigify(at_rest):
    from simulacra.procgen.people.rig import RIGIFY, rename_bones, set_turn

    (teeth,) = [obj for obj in at_rest.objects if obj.name == "Upper teeth"]
    (garment, *_) = parts(at_rest, "garment")
    before, cloth = places(teeth), places(garment)
    rename_bones(at_rest.armature, True)
    assert set(RIGIFY.values()) <= {bone.name for bone in at_rest.armature.data.bones}
    set_turn(at_rest.armature, "head", rotation(0.4, 0, 0))
    truth = about(rotation(0.4, 0, 0), joints(at_rest.rest)["joint-head"])
    assert np.abs(places(teeth) - transform(truth, before)).max() < 1e-4
    at_rest.armature.pose.bones["spine.004"].rotation_quaternion = (0.98, 0.2, 0, 0)
    assert np.abs(places(garment) - cloth).max() > 1e-3
    rename_bones(at_rest.armature, False)
    assert {"spine", "neck", "head", "look"} <= {bone.name for bone in at_rest.armature.data.bones}


def test_viewports_show_fewer_strands_straight_between_their_points(scene):
    from simulacra.procgen.blender import curves_object, mesh_object, set_attribute
    from simulacra.procgen.nodes.follow import REST, follow_the_skin, show_share

    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float)
    skin = mesh_object("Skin", corners, np.array([[0, 1, 2]]), part=0)
    set_attribute(skin.data, REST, "FLOAT_VECTOR", "POINT", corners)
    hair = curves_object(
        "Hair", np.zeros((200, 4, 3)) + [[[0, 0, 0]], *[[[0, 0, 1]]] * 199], np.full((200, 4), 1e-4), part=1
    )
    for index in range(3):
        set_attribute(hair.data, f"skin_anchor_{index}", "INT", "CURVE", np.full(200, index))
    set_attribute(hair.data, "skin_anchor_weights", "FLOAT_VECTOR", "CURVE", np.full((200, 3), 1 / 3))
    for obj in (skin, hair):
        bpy.context.scene.collection.objects.link(obj)
    follow_the_skin(hair, skin, True, None)

    def shown():
        curves = hair.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        held = curves.attributes.get("resolution")
        return len(curves.curves), held and {item.value for item in held.data}

    assert shown() == (200, None)
    show_share(hair, 0.3)
    count, resolutions = shown()
    assert 30 < count < 90 and resolutions == {1}  # Blender's own is 12, all of them kept
