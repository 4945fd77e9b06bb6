"""People: what is built from a spec, against geometry and across distributions."""

import dataclasses

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.materials.pigment import fitzpatrick, skin_colour, typology_angle
from simulacra.procgen.params import child, parse_settings
from simulacra.procgen.people.expression import ACTIONS, LIBRARY, blend, expand, sample_expression
from simulacra.procgen.people.face import PARTS
from simulacra.procgen.people.head_data import head_data
from simulacra.procgen.people.identity import macro_weights, neutral_shape, sample_identity, target_weights
from simulacra.procgen.people.parts import CLASSES, PART, skin_parts
from simulacra.procgen.people.pose import pose, rigid_fit, rotation, transform
from simulacra.procgen.people.surface import vectors


def test_the_52_actions_and_the_library():
    assert len(ACTIONS) == 52 and len(LIBRARY) >= 24
    assert {"happiness", "sadness", "anger", "fear", "surprise", "disgust"} <= set(LIBRARY)
    assert len([name for name in LIBRARY if name.startswith("viseme_")]) >= 15
    for weights in LIBRARY.values():
        assert set(expand(weights)) <= set(ACTIONS) and all(0 <= w <= 1 for w in weights.values())


def test_macro_weights_are_partitions_of_one():
    for seed in range(20):
        weights = macro_weights(sample_identity(child(seed)))
        assert sum(v for k, v in weights.items() if "universal" not in k) == pytest.approx(1, abs=1e-5)
        assert sum(v for k, v in weights.items() if "universal" in k) == pytest.approx(1, abs=1e-6)


def test_the_neutral_shape_is_the_linear_mix_of_its_targets():
    data = head_data()
    identity = sample_identity(child(4))
    dense = data.template.copy()
    for name, weight in target_weights(identity).items():
        full = np.zeros_like(dense)
        np.add.at(full, data.targets[name][0], data.targets[name][1])
        dense += weight * full
    dense -= np.mean([dense[data.joints[f"joint-{side}-eye"]].mean(0) for side in "lr"], 0)
    assert np.abs(neutral_shape(identity) - dense).max() < 1e-12


def test_heads_are_human_and_varied():
    shapes = [neutral_shape(sample_identity(child(seed))) for seed in range(150)]
    body = head_data().groups["body"]
    face = body[head_data().template[body][:, 2] > -0.12]
    heads = np.array([shape[face] for shape in shapes])
    width, height = np.ptp(heads[..., 0], axis=1), np.ptp(heads[..., 2], axis=1)
    assert 0.13 < width.min() and width.max() < 0.21 and 0.19 < height.min() and height.max() < 0.30
    distance = np.linalg.norm(heads[:, None, ::9] - heads[None, :, ::9], axis=-1).mean(-1)[np.triu_indices(150, 1)]
    assert np.percentile(distance, 1) > 0.0015 and distance.max() < 0.03


def test_left_and_right_differ_a_little():
    identity = sample_identity(child(1))
    assert 0 < np.abs(identity.asymmetry).mean() < 0.3


def test_a_rotation_turns_lifts_and_tilts_to_the_named_sides():
    forward, up = np.array([0, -1.0, 0]), np.array([0, 0, 1.0])
    assert (rotation(0.3, 0, 0) @ forward)[0] > 0.29  # to the person's left, +x
    assert (rotation(0, 0.3, 0) @ forward)[2] > 0.29
    assert (rotation(0, 0, 0.3) @ up)[0] > 0.29


def test_gaze_turns_the_eyes_by_its_angles_and_lids_follow():
    wish = parse_settings(
        ["gaze_yaw=20", "gaze_pitch=-12", "head_yaw=0", "head_pitch=0", "head_roll=0", "name=neutral"]
    )
    expression = sample_expression(child(2), wish)
    posed = pose(neutral_shape(sample_identity(child(2))), expression)
    gaze = posed.eyes["left"].rotation @ [0, -1.0, 0]
    assert np.degrees(np.arctan2(gaze[0], -gaze[1])) == pytest.approx(20, abs=1e-4)
    assert np.degrees(np.arcsin(gaze[2])) == pytest.approx(-12, abs=1e-4)


def test_a_rigid_fit_finds_the_similarity_it_was_given():
    points = np.random.Generator(np.random.PCG64(0)).normal(size=(40, 3))
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = 1.3 * rotation(0.4, -0.2, 0.7), [0.1, 2.0, -0.3]
    assert np.abs(rigid_fit(points, transform(matrix, points)) - matrix).max() < 1e-12


def test_blending_ends_at_both_expressions():
    first, second = (sample_expression(child(seed)) for seed in (1, 2))
    assert blend(first, second, 0.0) == first and blend(first, second, 1.0) == second
    assert blend(first, second, 0.5).head_yaw == pytest.approx((first.head_yaw + second.head_yaw) / 2)


def test_parts_are_where_anatomy_puts_them():
    data = head_data()
    body = data.face_group == "body"
    parts = skin_parts(data, data.faces[body], data.uv_faces[body])
    centre = {
        name: data.template[data.faces[body][parts == PART[name]]].mean((0, 1))
        for name in CLASSES
        if (parts == PART[name]).any()
    }
    assert centre["left_ear"][0] > 0.06 and centre["right_ear"][0] < -0.06
    assert centre["nose"][2] > centre["top_lip"][2] > centre["bottom_lip"][2] > centre["neck"][2]
    for side in ("left_ear", "right_ear", "nose", "top_lip", "bottom_lip"):
        mirrored = (parts == PART[side]).sum()
        assert mirrored > 20


def test_more_melanin_is_darker_and_more_blood_is_redder():
    melanin = skin_colour(np.linspace(0.006, 0.42, 60), np.full(60, 0.02))
    assert (np.diff(melanin, axis=0) < 1e-9).all()
    blood = skin_colour(np.full(40, 0.02), np.linspace(0.005, 0.1, 40))
    assert (np.diff(blood[:, 0] / blood[:, 1]) > 0).all()
    assert (np.diff(typology_angle(melanin)) < 0).all()


@pytest.fixture(scope="module")
def faces():
    """The specs of 200 people."""
    return [registry.sample("faces", seed) for seed in range(200)]


def test_every_fitzpatrick_type_is_drawn(faces):
    skins = [face.skin for face in faces]
    types = fitzpatrick(skin_colour(np.array([s.melanin for s in skins]), np.array([s.haemoglobin for s in skins])))
    share = np.bincount(types, minlength=7)[1:] / len(skins)
    assert share.min() >= 0.06, share


def test_beards_grow_on_men_and_grey_comes_with_age(faces):
    assert not [f for f in faces if f.identity.gender > 0.5 and f.beard.style != "none"]
    assert np.mean([f.beard.style != "none" for f in faces if f.identity.gender < 0.4]) > 0.4
    young, old = (
        [f.hair.colour.grey for f in faces if low < f.identity.age < high] for low, high in ((18, 35), (65, 88))
    )
    assert np.mean(young) < 0.05 < 0.4 < np.mean(old)


@pytest.fixture
def built(scene):
    """Builds a face with wishes: all parts that one sees of a person, or those that are named; each stands for itself."""

    def build(seed=5, *wishes, parts=tuple(PARTS)):
        import bpy

        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        without = tuple(set(PARTS) - set(parts) | {"light", "camera"})
        return registry.build("faces", registry.sample("faces", seed, parse_settings(wishes)), without=without)

    return build


SHAPED = tuple(set(PARTS) - {"skin"})  # whose pictures give no point


def points_of(obj):
    curves = obj.type == "CURVES"
    source = obj.data.points if curves else obj.data.vertices
    flat = np.zeros(len(source) * 3, np.float32)
    source.foreach_get("position" if curves else "co", flat)
    return flat.reshape(-1, 3)


@pytest.mark.blender
def test_blender_poses_the_head_as_numpy_does(built):
    import bpy

    person = built(5, "expression.name=laugh", "expression.head_yaw=35", "expression.head_roll=-10", parts=())
    person.head.modifiers["Subdivision"].show_viewport = False
    evaluated = person.head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    flat = np.zeros(len(evaluated.vertices) * 3, np.float32)
    evaluated.vertices.foreach_get("co", flat)
    assert np.abs(flat.reshape(-1, 3) - person.pose.positions[head_data().groups["body"]]).max() < 5e-6
    assert set(ACTIONS) <= {key.name for key in person.head.data.shape_keys.key_blocks}
    assert {"neck", "head", "jaw", "eye.L", "eye.R"} <= {bone.name for bone in person.armature.data.bones}


@pytest.mark.blender
def test_the_skin_has_the_uv_that_its_pictures_are_drawn_for(scene):
    """Pictures are drawn straight across each face of the cage; the middle of a face subdivided so is that of its corners."""
    import bpy

    from simulacra.procgen.people.head import _skin_mesh, _subdivide

    rest = neutral_shape(registry.sample("faces", 5).identity)
    obj = _skin_mesh("Skin", rest)
    bpy.context.scene.collection.objects.link(obj)
    _subdivide(obj)
    obj.modifiers["Subdivision"].levels = 1
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh, data = evaluated.to_mesh(), head_data()
    flat = np.zeros(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", flat)
    evaluated.to_mesh_clear()
    cage = data.uv[data.uv_faces[data.face_group == "body"]]
    assert np.abs(flat.reshape(-1, 16, 2).mean(1) - cage.mean(1)).max() < 1e-6
    assert np.abs(flat.reshape(-1, 4, 4, 2) - cage[:, :, None]).sum(-1).min((1, 2)).max() < 1e-6  # corners stay


def slow(*values):
    """Cases that others stand for: those of the same kind, and the lighter tests of every groom and of everything worn."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


@pytest.mark.blender
@pytest.mark.once  # make releases compares what is built on one with what is on the other
def test_the_same_spec_builds_the_same_points(built):
    def points():
        made = built(7, "hair.density=0.25", "beard.density=0.3", parts=SHAPED).objects
        return {obj.name: points_of(obj).tobytes() for obj in made if obj.type in ("MESH", "CURVES")}

    first = points()
    assert first == points() and len(first) > 10


@pytest.mark.blender
@pytest.mark.once
@pytest.mark.parametrize("groom", ["long", "locs", *slow("buzz", "side_part", "ponytail", "afro", "braid")])
def test_hair_roots_on_the_scalp_and_stays_out_of_the_head(built, groom):
    person = built(5, f"hair.groom={groom}", "hair.density=0.25", "wear.headwear.kind=none", "wear.garment.kind=crew_tee",
                   parts=("wear", "hair"))  # fmt: skip
    (hair,) = [obj for obj in person.objects if obj["class"] == "hair"]
    points = points_of(hair)
    assert np.isfinite(points).all()
    starts = np.array([curve.first_point_index for curve in hair.data.curves])
    tree = person.surface.bvh()

    def heights(places):
        found = [tree.find_nearest(place) for place in places.tolist()]
        return np.einsum("ij,ij->i", places - vectors(found, 0), vectors(found, 1))

    roots = heights(points[starts[:400]])
    # The strands of a rope stand around its root, in a bundle a few millimetres wide.
    assert np.abs(roots).max() < (0.004 if groom in ("locs", "braid") else 0.0015)
    every = np.random.Generator(np.random.PCG64(0)).choice(len(points), 3000, replace=False)
    depth = heights(points[every])
    assert (depth < -0.002).mean() < 0.02


@pytest.mark.blender
@pytest.mark.once
@pytest.mark.parametrize("hat", ["cap", "headscarf", *slow("beanie", "turban", "fedora", "bucket_hat", "beret")])
def test_hats_cover_the_skull_and_the_hair_under_them_is_gone(built, hat):
    # Long hair comes from under it.
    wishes = (f"wear.headwear.kind={hat}", "wear.garment.kind=crew_tee", "hair.groom=crew_cut", "hair.density=0.25")
    person = built(6, *wishes, parts=("wear", "hair"))
    pieces = [obj for obj in person.objects if obj["class"] == "headwear"]
    crown = max(pieces, key=lambda obj: len(obj.data.vertices))
    skull = person.surface.template[:, 2] > 0.105
    top = points_of(crown)
    assert top[:, 2].max() > person.surface.positions[skull][:, 2].max()
    assert all((obj.data.attributes["part"].data[0].value == PART["headwear"]) for obj in pieces)
    hair = [obj for obj in person.objects if obj["class"] == "hair"]
    for obj in hair:
        starts = [curve.first_point_index for curve in obj.data.curves]
        nearest = [person.surface.bvh().find_nearest(place)[2] for place in points_of(obj)[starts].tolist()]
        template = person.surface.template[person.surface.triangles[nearest]].mean(1)
        assert (person.hat_cover(template) > 0.999).mean() < 0.02  # the cut runs through triangles


@pytest.mark.blender
def test_lashes_follow_a_blink(built):
    import bpy

    def tip(name):
        wishes = (f"expression.name={name}", "expression.head_pitch=0", "expression.gaze_pitch=0")
        person = built(9, *wishes, parts=("lashes",))
        (lashes,) = [obj for obj in person.objects if obj["class"] == "lash"]
        return points_of(lashes.evaluated_get(bpy.context.evaluated_depsgraph_get()))[:, 2].max()

    assert tip("blink") < tip("neutral") - 0.003


@pytest.mark.blender
@pytest.mark.once
def test_every_visible_object_has_a_part_and_an_id(built):
    wishes = ("hair.density=0.25", "beard.density=0.3", "wear.glasses=round", "wear.earrings=hoop", "wear.mask=cloth")
    person = built(10, *wishes, parts=SHAPED)
    visible = [obj for obj in person.objects if obj.type in ("MESH", "CURVES")]
    assert [obj.pass_index for obj in visible] == list(range(1, len(visible) + 1))
    for obj in visible:
        values = {round(item.value) for item in obj.data.attributes["part"].data}
        assert values <= set(PART.values()), obj.name


@pytest.mark.blender
@pytest.mark.once  # numpy draws them
@pytest.mark.parametrize(
    "kind", ["street", "park", "beach", "country", "studio", "window", "room", "night_street", "neon"]
)
def test_the_meter_gives_every_surroundings_the_same_light(kind):
    from simulacra.procgen.light.lamps import lamp_irradiance
    from simulacra.procgen.light.light import GREY, SURROUNDINGS, _meter, _stream, sample_light
    from simulacra.procgen.light.panorama import LUMINANCE, irradiance

    light = dataclasses.replace(sample_light(child(3), parse_settings([f"kind={kind}"])), exposure=0.0)
    panorama, lamps, _ = SURROUNDINGS[kind](light, _stream(light))
    assert np.isfinite(panorama.radiance).all() and (panorama.radiance >= 0).all()
    gain = _meter(panorama.radiance, lamps, 1.0, 0.0)
    normals = np.array([[0, -1.0, 0], [0.5, -0.866, 0], [-0.5, -0.866, 0]])
    light_on_face = (irradiance(panorama.radiance, normals) + lamp_irradiance(lamps, normals)) * gain / np.pi
    assert 0.4 * GREY < (light_on_face @ LUMINANCE).max() < 2.5 * GREY
    ahead = panorama.radiance[300:460, 300:480] * gain  # what stands behind the person
    assert ahead.std() > 0.004, "a background is never flat"


def test_irradiance_of_a_uniform_sky_is_pi():
    from simulacra.procgen.light.panorama import irradiance

    assert irradiance(np.ones((192, 384, 3)), np.array([[0, -1.0, 0], [0, 0, 1.0]])) == pytest.approx(np.pi, rel=2e-3)
