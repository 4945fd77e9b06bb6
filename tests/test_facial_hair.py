"""Brows, lashes and beards: where they grow, that they clear the skin, and that they follow what the face does."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from simulacra.procgen.params import child, fork
from simulacra.procgen.people.expression import NEUTRAL, sample_expression
from simulacra.procgen.people.hair.beard import MOUSTACHES, PAIRS, STYLE_WEIGHTS, STYLES, sample_beard
from simulacra.procgen.people.hair.brows import LATE as BROWS_LATE
from simulacra.procgen.people.hair.brows import SHAPES, sample_brows
from simulacra.procgen.people.hair.colour import sample_hair_colour
from simulacra.procgen.people.hair.lashes import sample_lashes
from simulacra.procgen.people.head_data import head_data
from simulacra.procgen.people.identity import sample_identity
from simulacra.procgen.people.landmarks import landmark_vertices
from simulacra.procgen.people.parts import PART
from simulacra.procgen.people.surface import vectors

DENSITY = 0.3  # of the strands that a face has: each grows as it would among all
STILL = {"head_roll": 0.0, "head_pitch": 0.0, "head_yaw": 0.0, "gaze_yaw": 0.0, "gaze_pitch": 0.0}


def _identity(seed, fit=True, **fixed):
    return sample_identity(child(seed, "identity"), {"gender": 0.1} | fixed, fit)


def _person(seed):
    bpy = pytest.importorskip("bpy")
    from simulacra.procgen.people.head import Person

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return Person(SimpleNamespace(identity=_identity(seed), expression=NEUTRAL), bpy.context.scene.collection)


def _poses(person, obj, expression):
    """The strands of an object that hangs on the neutral head, and those of the named expression."""
    from simulacra.procgen.people.attach import attach

    attach(person, obj)
    still = _strands(obj, posed=True)
    person.set_expression(sample_expression(child(5, "expression"), STILL | {"name": expression}))
    return still, _strands(obj, posed=True)


@pytest.fixture(scope="module")
def person(request):
    """The head of a seed."""
    return _person(request.param)


HEADS = (1, 5)


# Those that stand for the others of their kind in every run: shaved and long, whole and in parts, straight and waxed.
KINDS = {"none", "stubble_light", "short_boxed", "long_full", "goatee", "chinstrap", "mutton_chops",
         "natural", "handlebar", "pencil", "walrus", "fu_manchu", "stubble",
         "straight", "high_arch", "bushy", "thin", "monobrow", "s_shape"}  # fmt: skip


def on_heads(names):
    """One head or the other in turn for what stands for its kind; all else on both heads among the slow tests."""
    return [pytest.param(head, name, marks=[pytest.mark.slow] * (name not in KINDS or (index + side) % 2))
            for side, head in enumerate(HEADS) for index, name in enumerate(names)]  # fmt: skip


def _strands(obj, posed=False):
    """Points (p, 3), the index of each root (n,), and the class of each curve (n,); ``posed`` as the rig brings them."""
    data = obj.data
    if posed:
        import bpy

        data = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.zeros(len(data.points) * 3, np.float32)
    data.points.foreach_get("position", points)
    sizes = np.zeros(len(data.curves), np.int32)
    data.curves.foreach_get("points_length", sizes)
    part = np.zeros(len(sizes), np.float32)
    data.attributes["part"].data.foreach_get("value", part)
    return points.reshape(-1, 3).astype(float), np.concatenate([[0], np.cumsum(sizes)[:-1]]), part


def _heights(person, points):
    """Signed height over the skin and distance to it (n,), metres, and the class of the nearest face (n,)."""
    found = [person.surface.bvh().find_nearest(point) for point in points.tolist()]
    nearest, normal = vectors(found, 0), vectors(found, 1)
    height = np.einsum("ij,ij->i", points - nearest, normal)
    return height, np.array([hit[3] for hit in found]), person.surface.part[[hit[2] for hit in found]]


def _check_clear(person, obj, count=4000):
    points, roots, _ = _strands(obj)
    assert np.isfinite(points).all()
    rng = np.random.default_rng(0)
    some = rng.choice(roots, min(len(roots), count), replace=False)
    _, distance, part = _heights(person, points[some])
    assert distance.max() < 0.001
    height = _heights(person, points[rng.choice(len(points), min(len(points), count), replace=False)])[0]
    assert (height < -0.0007).mean() <= 0.025
    return part


def _remove(person, objects):
    import bpy

    for obj in objects:
        person.objects.remove(obj)
        bpy.data.objects.remove(obj)


@pytest.mark.parametrize(("person", "shape"), on_heads(SHAPES), indirect=["person"])
def test_brows_of_every_shape_lie_on_the_bone_above_their_eye(person, shape):
    from simulacra.procgen.people.hair.brows import build_brows

    brows = sample_brows(child(3, "brows"), {"shape": shape}, identity=person.spec.identity)
    (obj,) = made = build_brows(brows, person)
    _check_clear(person, obj)
    points, roots, part = _strands(obj)
    assert set(part) == {PART["left_brow"], PART["right_brow"]}
    assert obj["class"] == "brow"
    inverse = np.linalg.inv(person.head_matrix)
    local = points[roots] @ inverse[:3, :3].T + inverse[:3, 3]
    for side, name in ((1, "left"), (-1, "right")):
        mine = local[part == PART[f"{name}_brow"]]
        eye = inverse[:3, :3] @ person.neutral.eyes[name].centre + inverse[:3, 3]
        middle = mine.mean(0)
        assert side * middle[0] > 0.015
        assert abs(middle[0] - eye[0]) < 0.012
        assert 0.008 < middle[2] - eye[2] < 0.035  # above the eye, below the hairline
        # No hair falls into the eye.
        assert (mine[:, 2] > eye[2]).all()
    assert _heights(person, points)[0].max() < 0.008  # brows lie, they do not float
    _remove(person, made)


@pytest.mark.parametrize("person", HEADS, indirect=True)
def test_lashes_stand_on_the_lid_margin(person):
    from simulacra.procgen.people.hair.lashes import build_lashes

    lashes = sample_lashes(child(3, "lashes"), identity=person.spec.identity)
    (obj,) = made = build_lashes(lashes, person)
    _check_clear(person, obj)
    points, roots, part = _strands(obj)
    assert set(part) == {PART["skin"]}
    strips = [person.rest[head_data().groups[f"helper-{side}-eyelashes-{row}"]] for side in "lr" for row in (1, 2)]
    nearest = np.linalg.norm(points[roots][:, None] - np.concatenate(strips)[None], axis=2).min(1)
    assert (
        np.median(nearest) < 0.0015 and nearest.max() < 0.0035
    )  # the outer corner is drawn to the ball, its strip is not
    _remove(person, made)


def _check_beard(person, settings):
    from simulacra.procgen.people.hair.beard import build_beard

    beard = sample_beard(child(3, "beard"), settings | {"density": DENSITY}, identity=person.spec.identity)
    made = build_beard(beard, person)
    for obj in made:
        at_root = _check_clear(person, obj)
        assert obj["class"] == "beard"
        # The label of the nose reaches half way down the upper lip, where moustaches grow.
        nose = () if obj.name.startswith("Moustache") else ("nose",)
        bare = [PART[name] for name in ("top_lip", "bottom_lip", "mouth_interior", "left_ear", "right_ear", *nose)]
        assert np.isin(at_root, bare).mean() < 0.005  # the nearest face to a root at a border may be its neighbour
        points, roots, part = _strands(obj)
        assert set(part) == {PART["beard"]}
        inverse = np.linalg.inv(person.head_matrix)
        local = points[roots] @ inverse[:3, :3].T + inverse[:3, 3]
        assert local[:, 2].max() < 0.02  # nothing above the sideburn
        if not nose:
            subnasale = person.surface.positions[landmark_vertices(person.surface)[33], 2]
            assert (
                points[roots][np.abs(local[:, 0]) < 0.008][:, 2].max(initial=-1) < subnasale + 0.001
            )  # none in the nose
        assert (points[roots + 1] != points[roots]).any(1).all()
    counts = sum(len(_strands(obj)[1]) for obj in made)
    _remove(person, made)
    return counts


@pytest.mark.parametrize(("person", "style"), on_heads(STYLES), indirect=["person"])
def test_every_beard_grows_out_of_the_jaw_and_not_into_it(person, style):
    count = _check_beard(person, {"style": style, "moustache": "none"})
    assert count == int(STYLES[style].strands * DENSITY)
    assert STYLES[style].strands <= 20000
    if STYLES[style].zones.get("all"):
        assert STYLES[style].strands >= 15000


@pytest.mark.parametrize(("person", "moustache"), on_heads(MOUSTACHES), indirect=["person"])
def test_every_moustache_grows_above_the_lip(person, moustache):
    count = _check_beard(person, {"style": "none", "moustache": moustache})
    assert count == int(MOUSTACHES[moustache].strands * DENSITY)


def test_upper_lashes_go_down_with_a_blink():
    from simulacra.procgen.people.hair.lashes import build_lashes

    person = _person(5)
    lashes = sample_lashes(child(3, "lashes"), identity=person.spec.identity)
    (still, roots, _), (blink, _, _) = _poses(person, build_lashes(lashes, person)[0], "blink")
    tips = np.append(roots[1:], len(still)) - 1
    upper = still[tips, 2] > still[roots, 2]
    assert upper.sum() > 100
    fall = (still - blink)[tips][upper, 2]
    assert np.median(fall) > 0.005
    assert (fall > 0).mean() > 0.95
    risen, shut = (_elevation(points[roots], points[tips])[upper] for points in (still, blink))
    assert (
        np.median(risen - shut) > 25 and np.median(shut) < 10
    )  # degrees: they turn with the lid, and do not only sink


def test_a_beard_follows_the_jaw():
    from simulacra.procgen.people.hair.beard import build_beard

    person = _person(5)
    beard = sample_beard(child(3, "beard"), {"style": "goatee", "moustache": "none"}, identity=person.spec.identity)
    (still, roots, _), (open_, _, _) = _poses(person, build_beard(beard, person)[0], "viseme_aa")
    assert open_[roots, 2].mean() < still[roots, 2].mean() - 0.002


def test_the_same_spec_grows_the_same_hair():
    from simulacra.procgen.people.hair.beard import build_beard
    from simulacra.procgen.people.hair.brows import build_brows
    from simulacra.procgen.people.hair.lashes import build_lashes

    def all_points():
        person = _person(5)
        identity = person.spec.identity
        objects = build_brows(sample_brows(child(1, "b"), identity=identity), person)
        objects += build_lashes(sample_lashes(child(1, "l"), identity=identity), person)
        settings = {"style": "full", "moustache": "handlebar", "density": DENSITY}
        objects += build_beard(sample_beard(child(1, "d"), settings, identity=identity), person)
        return [_strands(obj)[0] for obj in objects]

    first, second = all_points(), all_points()
    assert len(first) == 4
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a, b)


def test_there_is_enough_to_choose_from():
    assert len(SHAPES) >= 10 and {*SHAPES, *STYLES, *MOUSTACHES} > KINDS
    assert len(STYLES) - 1 >= 10
    assert len(MOUSTACHES) - 1 >= 8
    assert set(PAIRS) <= set(STYLES)
    assert set(STYLE_WEIGHTS) == set(STYLES)
    assert all(set(pair) <= set(MOUSTACHES) for pair in PAIRS.values())


def test_beards_are_worn_by_men():
    grown = {"men": 0, "women": 0}
    for index in range(100):
        for who, gender in (("men", 0.05), ("women", 0.95)):
            identity = _identity(index, fit=False, gender=gender)
            beard = sample_beard(fork(child(index, "t"), who), identity=identity)
            grown[who] += (beard.style, beard.moustache) != ("none", "none")
    assert grown["women"] == 0
    assert 0.45 < grown["men"] / 100 < 0.85


def test_brows_of_women_are_thinner_and_grey_comes_late():
    shapes = {gender: [] for gender in (0.02, 0.98)}
    for gender, drawn in shapes.items():
        for index in range(100):
            identity = _identity(index, fit=False, gender=gender)
            drawn.append(sample_brows(child(index, "b"), identity=identity))
    thick = {gender: np.mean([SHAPES[b.shape][1][1] * b.thickness for b in drawn]) for gender, drawn in shapes.items()}
    assert thick[0.98] < thick[0.02] - 0.5
    old = _identity(4, age=80.0)
    colour = dataclasses.replace(sample_hair_colour(child(1, "c"), identity=old), grey=0.9, dye="pink")
    brows = sample_brows(child(1, "b"), identity=old, hair=SimpleNamespace(colour=colour))
    assert brows.colour.grey == pytest.approx(0.9**BROWS_LATE, abs=1e-5)
    assert BROWS_LATE > 1.5  # a brow is half white when four in five of the scalp's hairs are
    assert brows.colour.dye == "none"


def _elevation(roots, tips):
    """How far strands rise above the horizontal towards their tips, degrees."""
    way = tips - roots
    return np.degrees(np.arctan2(way[:, 2], np.linalg.norm(way[:, :2], axis=1)))
