"""Scalp hair: every groom grows on a head, outside the skin, behind the hairline, under hats, and the same each time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from simulacra.procgen.params import child, parse_settings
from simulacra.procgen.people.hair.colour import (
    DYES,
    LOUD,
    NATURAL,
    HairColour,
    dyes_worn,
    sample_hair_colour,
    shadow_colour,
)
from simulacra.procgen.people.hair.grooms import GROOMS
from simulacra.procgen.people.hair.hairline import coverage
from simulacra.procgen.people.hair.scalp import sample_hair
from simulacra.procgen.people.hair.strands import above, curled, shortened, tapered
from simulacra.procgen.people.identity import sample_identity
from simulacra.procgen.people.surface import vectors

QUALITY = 0.03


def identity(seed: int, *settings: str):
    return sample_identity(child(seed, "identity"), parse_settings(settings))


def hair_of(groom: str, seed: int = 3, person=None, *settings: str):
    texture = GROOMS[groom].texture[0]
    fixed = parse_settings([f"groom={groom}", f"texture={texture}", *settings])
    return sample_hair(child(seed, groom), fixed, identity=person or identity(seed))


def test_there_are_enough_grooms_of_every_texture():
    assert len(GROOMS) >= 24
    for texture in ("straight", "wavy", "curly", "coily"):
        assert sum(texture in groom.texture for groom in GROOMS.values()) >= 8
    assert len({groom.says for groom in GROOMS.values()}) == len(GROOMS)


def test_sampling_is_deterministic_and_follows_identity():
    someone = identity(1)
    assert sample_hair(child(5), identity=someone) == sample_hair(child(5), identity=someone)
    african = identity(1, "ancestry.african=0.98", "gender=0.02")
    grooms = [sample_hair(child(i), identity=african) for i in range(60)]
    assert np.mean([hair.texture in ("curly", "coily") for hair in grooms]) > 0.7
    woman, man = identity(2, "gender=0.98", "age=25"), identity(2, "gender=0.02", "age=25")
    long = [
        np.mean([GROOMS[sample_hair(child(i), identity=who).groom].back > 0.12 for i in range(60)])
        for who in (woman, man)
    ]
    assert long[0] > long[1] + 0.3


def test_grey_comes_with_age_and_dye_can_be_set():
    young, old = identity(4, "age=22"), identity(4, "age=84")
    grey = [np.mean([sample_hair_colour(child(i), identity=who).grey for i in range(30)]) for who in (young, old)]
    assert grey[0] < 0.05 and grey[1] > 0.5
    dyed = sample_hair_colour(child(1), parse_settings(["dye=pink"]), identity=young)
    assert dyed.dye == "pink" and shadow_colour(dyed) != shadow_colour(sample_hair_colour(child(1), identity=young))
    worn = dyes_worn(0.06)  # of young people; hair of no natural colour is about one head in a hundred
    assert sum(worn.values()) == pytest.approx(1) and 0.005 < sum(worn[name] for name in LOUD) < 0.015


def test_shadow_is_darker_for_more_melanin():
    def shade(family):
        melanin, redness = NATURAL[family]
        colour = HairColour(family=family, melanin=melanin, redness=redness, grey=0.0, dye="none", variation=0.3)
        return sum(shadow_colour(colour))

    assert shade("black") < shade("brown") < shade("blond") < shade("light blond")
    assert set(DYES)


def test_hair_grows_on_the_skull_and_not_on_the_face():
    face = np.array([[0, -0.03, 0.0], [0, -0.04, 0.04], [0.03, -0.02, 0.045], [0.04, 0.0, -0.05], [0, 0.0, -0.11]])
    skull = np.array([[0, 0.06, 0.12], [0.06, 0.07, 0.08], [-0.06, 0.1, 0.05], [0, 0.16, 0.03]])
    assert (coverage(face, 0.0, 0.1, 0.0) < 0.01).all()
    assert (coverage(skull, 0.0, 0.1, 0.0) > 0.95).all()
    assert coverage(skull[:1], 0.0, 0.5, 1.0)[0] < 0.3  # bald on top


def test_cutting_strands():
    strands = np.zeros((2, 5, 3))
    strands[:, :, 2] = [[0, -1, -2, -3, -4], [0, 1, 2, 3, 4]]
    share = above(strands, np.array([-2.5, -2.5]))
    np.testing.assert_allclose(share, [2.5 / 4, 1.0])
    np.testing.assert_allclose(shortened(strands, share)[0, -1, 2], -2.5)


def test_strands_keep_their_width_and_end_in_a_tip():
    radii = tapered(2, 9, np.array([[1.0], [2.0]]), 0.1, 4.0)
    np.testing.assert_allclose(radii[:, 0], [1, 2])
    np.testing.assert_allclose(radii[:, -1], 0.1)
    assert (radii[:, 4] > 0.93 * radii[:, 0]).all() and (np.diff(radii, axis=1) < 0).all()


def test_nothing_falls_between_locks_that_part():
    from simulacra.procgen.people.hair.head_of_hair import _agreed

    tips = np.array([[0, 0, 0], [0.005, 0, 0], [0.1, 0, 0]])
    weight = _agreed(tips, np.array([[0, 1, 2], [2, 1, 0]]), np.full((2, 3), 1 / 3))
    np.testing.assert_allclose(weight.sum(1), 1)
    assert weight[0, 2] == 0 and 0.4 < weight[0, 1] <= 0.5
    np.testing.assert_allclose(weight[1], [1, 0, 0])


def test_what_cloth_pushes_below_the_jaw_leaves_no_kink():
    from simulacra.procgen.people.hair.head_of_hair import EASED, _eased

    strands = np.zeros((2, 20, 3))
    strands[:, :, 2] = np.linspace([0.05, -0.1], [-0.04, -0.3], 20, axis=1)
    pushed = strands.copy()
    pushed[:, 10, 0] += 0.03
    eased = _eased(strands, pushed)
    np.testing.assert_array_equal(eased[0], pushed[0])
    assert np.abs(np.diff(eased[1, :, 0])).max() < 0.03 / 4 + EASED


def test_no_place_that_a_mesh_is_near_is_left_out(scene):
    import bpy

    from simulacra.procgen.people.hair.volumes import Volumes

    bpy.ops.mesh.primitive_uv_sphere_add(segments=12, ring_count=8, radius=0.1)
    mesh = bpy.context.object.data
    points = np.array([vertex.co[:] for vertex in mesh.vertices]) * [1.0, 0.6, 1.4] + [0.02, 0.0, 0.1]
    volumes = Volumes(points, mesh)
    places = np.random.default_rng(0).uniform(-0.3, 0.4, (3000, 3))
    found = [place for place in places.tolist() if volumes.tree.find_nearest(place, 0.03)[0] is not None]
    near = places[volumes.near(places, 0.03)].tolist()
    assert 50 < len(found) < len(near) < 600
    assert {tuple(place) for place in found} <= {tuple(place) for place in near}


def test_a_curl_has_its_radius():
    t = np.linspace(0, 0.1, 200)
    straight = np.stack([0 * t, 0 * t, -t], 1)[None]
    curl = curled(straight, np.array([0.005]), 0.02, np.zeros(1), 0.01)
    radius = np.linalg.norm(curl[0, 60:-5, :2], axis=1)
    np.testing.assert_allclose(radius, 0.005, rtol=0.03)


@pytest.fixture(scope="module")
def people():
    """Two posed heads in a scene of their own."""
    bpy = pytest.importorskip("bpy")
    from simulacra.procgen.people.expression import sample_expression
    from simulacra.procgen.people.head import Person

    bpy.ops.wm.read_factory_settings(use_empty=True)
    result = []
    for seed, turn in ((5, 0), (8, 25)):
        someone = identity(seed)
        expression = sample_expression(child(seed, "expression"), parse_settings([f"head_yaw={turn}", "name=neutral"]))
        result.append(Person(SimpleNamespace(identity=someone, expression=expression), bpy.context.scene.collection))
    return result


def points_of(obj) -> np.ndarray:
    """Points (n, k, 3) of a curves object whose strands are equally long."""
    places = np.zeros(len(obj.data.points) * 3, np.float32)
    obj.data.points.foreach_get("position", places)
    return places.reshape(len(obj.data.curves), -1, 3).astype(float)


def build(hair, person, quality: float = QUALITY):
    from simulacra.procgen.people.hair.scalp import build_hair

    objects = build_hair(hair, person, quality)
    for obj in objects:
        person.objects.remove(obj)
    return objects


def signed(tree, places: np.ndarray) -> np.ndarray:
    """Distance (n,) to a surface, negative inside."""
    found = [tree.find_nearest(place) for place in places.tolist()]
    distance = np.array([hit[3] for hit in found])
    return np.where(np.einsum("ij,ij->i", places - vectors(found, 0), vectors(found, 1)) < 0, -distance, distance)


def one_of_each_kind():
    """Every groom, marked slow where one before it is of its texture and length, and tied or in locks or neither as it is."""
    seen = set()
    for name, groom in GROOMS.items():
        length = int(np.searchsorted((0.02, 0.06, 0.12, 0.2), groom.back))  # metres
        kind = (groom.texture[0], length, bool(groom.tie), bool(groom.locks), bool(groom.strands))
        yield pytest.param(name, marks=[pytest.mark.slow] * (kind in seen))
        seen.add(kind)


@pytest.mark.parametrize("head", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("groom", list(one_of_each_kind()))
def test_every_groom_grows_outside_the_skin(people, groom, head):
    person = people[head]
    hair = hair_of(groom, person=person.spec.identity)
    objects = build(hair, person)
    scalp = np.array([value.value for value in person.head.data.attributes["scalp"].data])
    assert scalp.min() >= 0 and scalp.max() <= 1
    if not GROOMS[groom].strands:
        assert objects == []
        return
    strands = points_of(objects[0])
    asked = GROOMS[groom].strands * hair.density * QUALITY
    assert 0.6 * asked <= len(strands) <= 1.01 * asked
    assert np.isfinite(strands).all()
    tree = person.surface.bvh()
    roots = strands[:, 0]
    if not GROOMS[groom].locks:  # ropes start from their middle, a finger's breadth wide
        assert np.abs(signed(tree, roots)).max() <= 0.0015
    assert (signed(tree, strands[::3, ::3].reshape(-1, 3)) < -0.001).mean() <= 0.005
    # No root in the face: in the head's frame, below the hairline and in front of the ears.
    local = (roots - person.head_matrix[:3, 3]) @ person.head_matrix[:3, :3]
    assert not ((local[:, 1] < 0.01) & (local[:, 2] < 0.03)).any()


def test_full_counts_stay_within_bounds():
    for groom in GROOMS.values():
        tail = 16 if groom.tie else 0
        assert groom.strands * (groom.points + tail) <= 1_350_000
        assert groom.strands == 0 or 15_000 <= groom.strands <= 62_000


@pytest.mark.parametrize("groom", ["side_part", "long", "braid", "locs"])
def test_same_spec_same_strands(people, groom):
    hair = hair_of(groom, person=people[0].spec.identity)
    first, second = (points_of(build(hair, people[0])[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.fixture
def no_garment(monkeypatch):
    """What is worn on the head does not look at the garment, which takes longer to sew."""
    monkeypatch.setattr("simulacra.procgen.people.wear.build_garment", lambda *_: [])


@pytest.mark.parametrize("kind", ["beanie", "cap"])
def test_no_strand_passes_through_a_hat(people, no_garment, kind):
    from simulacra.procgen.people.hair.space import volumes_of
    from simulacra.procgen.people.wear import build_wear, sample_wear

    person = people[0]
    wear = sample_wear(child(2), parse_settings([f"headwear.kind={kind}"]), identity=person.spec.identity)
    before = list(person.objects)
    build_wear(wear, person)
    trees = [hat.tree for hat in volumes_of(person, "headwear")]
    try:
        for groom in ("side_part", "long"):
            strands = points_of(build(hair_of(groom, person=person.spec.identity), person)[0])
            starts, moves = strands[::4, :-1].reshape(-1, 3), np.diff(strands, axis=1)[::4].reshape(-1, 3)
            lengths = np.linalg.norm(moves, axis=1)
            far = lengths > 1e-7
            ways = moves[far] / lengths[far, None]
            crossing = 0
            for start, way, length in zip(starts[far].tolist(), ways.tolist(), lengths[far].tolist(), strict=True):
                crossing += any(tree.ray_cast(start, way, length)[0] is not None for tree in trees)
            # A step of 15 mm round a hem may cut its corner; a strand that goes through crosses twice or on every step.
            assert crossing <= 1, groom
    finally:
        person.objects[:] = before
        if hasattr(person, "hat_cover"):
            del person.hat_cover


@pytest.mark.parametrize(
    "grooms", [list(GROOMS)[::5], pytest.param(list(GROOMS), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_every_groom_goes_under_a_headscarf(people, no_garment, grooms):
    from simulacra.procgen.people.wear import build_wear, sample_wear

    person = people[0]
    wear = sample_wear(child(2), parse_settings(["headwear.kind=headscarf"]), identity=person.spec.identity)
    before = list(person.objects)
    build_wear(wear, person)
    try:
        for groom in grooms:
            for obj in build(hair_of(groom, person=person.spec.identity), person):
                assert np.isfinite(points_of(obj)).all(), groom
    finally:
        person.objects[:] = before
        if hasattr(person, "hat_cover"):
            del person.hat_cover
