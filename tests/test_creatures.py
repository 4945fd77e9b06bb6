"""Creatures: closed skins, sound rigs, feet that stand still, and Blender posing them as numpy does."""

import numpy as np
import pytest
import trimesh

from simulacra.procgen.params import child
from simulacra.procgen.places.creatures import gait, rig
from simulacra.procgen.places.creatures.bird_forms import FORMS as BIRDS
from simulacra.procgen.places.creatures.catalogue import CREATURES
from simulacra.procgen.places.creatures.coat import turing
from simulacra.procgen.places.creatures.fur import fur_strands
from simulacra.procgen.places.creatures.genome import Part, grow, ring, spline, swept
from simulacra.procgen.places.creatures.parts import loft, volume
from simulacra.procgen.places.creatures.shapes import CARNIVORES, HERBIVORES
from simulacra.procgen.places.creatures.skin import join, symmetric

SEEDS = (1, 2, 3)
NAMES = [generator.name for generator in CREATURES]
BY_NAME = {generator.name: generator for generator in CREATURES}
_BUILT = {}


def made(name, seed, detail=0.25, **fixed):
    """The spec and the animal of a seed; built once."""
    key = (name, seed, detail, tuple(fixed.items()))
    if key not in _BUILT:
        spec = BY_NAME[name].load("sample")(child(seed, name), fixed)
        _BUILT[key] = spec, BY_NAME[name].load("build")(spec, detail=detail)
    return _BUILT[key]


def pieces(mesh):
    """The number (n,) of the shell that each vertex belongs to."""
    faces = mesh.triangles()
    return trimesh.graph.connected_component_labels(
        np.concatenate([faces[:, :2], faces[:, 1:]]), node_count=len(mesh.vertices)
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_shells_are_closed_sound_and_within_the_budget(name, seed):
    _, asset = made(name, seed)
    mesh = asset.mesh
    assert asset.kind == name and np.isfinite(mesh.vertices).all()
    assert len(mesh.faces) <= 5000
    whole = trimesh.Trimesh(mesh.vertices, mesh.triangles(), process=False)
    assert whole.is_watertight and whole.is_winding_consistent
    assert whole.volume > 0
    assert mesh.slot.max() < len(asset.surfaces) and mesh.slot.min() == 0
    colour = mesh.attributes["colour"]
    assert colour.min() >= 0 and colour.max() <= 1
    assert mesh.vertices[:, 2].min() > -0.01 * np.ptp(mesh.vertices, axis=0).max()


@pytest.mark.parametrize("name", NAMES)
def test_a_hero_keeps_to_its_budget(name):
    _, asset = made(name, 1, 1.0)
    assert 4000 < len(asset.mesh.faces) <= 60_000
    assert trimesh.Trimesh(asset.mesh.vertices, asset.mesh.triangles(), process=False).is_watertight
    assert len(asset.mesh.faces) > 2 * len(made(name, 1)[1].mesh.faces)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_spec_builds_the_same_animal(name):
    spec, asset = made(name, 2)
    again = BY_NAME[name].load("build")(spec, detail=0.25)
    assert again.mesh.digest() == asset.mesh.digest()
    assert np.array_equal(again.mesh.attributes["colour"], asset.mesh.attributes["colour"])
    other, _ = made(name, 3)
    assert other != spec


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_weights_sum_to_one_and_cycles_are_periodic(name, seed):
    _, asset = made(name, seed)
    weights = asset.rig.weights
    assert weights.shape == (len(asset.mesh.vertices), len(asset.rig.bones))
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-12)
    assert weights.min() >= 0 and (weights > 0).sum(1).max() <= 4
    assert set(asset.rig.cycles) == set(asset.rig.period) == set(asset.rig.speed)
    seen = {bone.name: index for index, bone in enumerate(asset.rig.bones)}
    assert len(seen) == len(asset.rig.bones)
    assert all(not bone.parent or seen[bone.parent] < seen[bone.name] for bone in asset.rig.bones)
    size = asset.mesh.size.max()
    for cycle in asset.rig.cycles:
        np.testing.assert_allclose(
            rig.skinned(asset, cycle, 0.0), rig.skinned(asset, cycle, 1.0 - 1e-9), atol=1e-5 * size
        )
        # No frame jumps: a hundredth of a cycle moves no vertex far.
        near = rig.skinned(asset, cycle, 0.40) - rig.skinned(asset, cycle, 0.41)
        assert np.abs(near).max() < 0.12 * size


@pytest.mark.parametrize("name", NAMES)
def test_a_pose_of_no_turns_is_the_rest(name):
    _, asset = made(name, 1)
    np.testing.assert_allclose(rig.skin(asset.mesh.vertices, asset.rig, {}), asset.mesh.vertices, atol=1e-12)


@pytest.mark.parametrize("name", ["carnivore", "herbivore", "bird", "reptile", "fish", "snake", "beetle"])
def test_the_rest_body_is_equal_on_both_sides(name):
    _, asset = made(name, 1)
    groups = pieces(asset.mesh)
    # The skin comes first; a beetle is equal as a whole.
    body = asset.mesh.vertices[groups == groups[0]] if name != "beetle" else asset.mesh.vertices
    some = body[:: max(len(body) // 300, 1)] * [-1, 1, 1]
    spread = max(np.sqrt(((body - point) ** 2).sum(1).min()) for point in some)
    assert spread < 1e-6 * asset.mesh.size.max()
    assert np.ptp(body[:, 0]) == pytest.approx(2 * body[:, 0].max(), rel=1e-6)


@pytest.mark.parametrize("form", [*CARNIVORES, *HERBIVORES])
def test_mammals_are_as_tall_as_they_say(form):
    name, shapes = ("carnivore", CARNIVORES) if form in CARNIVORES else ("herbivore", HERBIVORES)
    spec, asset = made(name, 5, form=form)
    low, high = shapes[form].height
    assert low <= spec.height <= high
    groups = pieces(asset.mesh)
    skin = asset.mesh.vertices[groups == groups[0]]
    chest = next(bone for bone in asset.rig.bones if bone.name == "scapula.L")
    withers = skin[np.abs(skin[:, 1] - chest.head[1]) < 0.05 * spec.height, 2].max()
    assert abs(withers / spec.height - 1) < 0.13 + 0.05 * (form == "sheep")


@pytest.mark.parametrize("name, cycle, fixed", [
    ("carnivore", "walk", {"form": "wolf"}), ("carnivore", "walk", {"form": "bear"}), ("carnivore", "trot", {"form": "cat"}),
    ("carnivore", "gallop", {"form": "leopard"}), ("herbivore", "walk", {"form": "horse"}), ("herbivore", "gallop", {"form": "deer"}),
    ("bird", "walk", {"wings": "folded"}), ("reptile", "walk", {"form": "lizard"}), ("reptile", "walk", {"form": "tortoise"}),
    ("beetle", "walk", {}), ("crustacean", "sidle", {"form": "crab"}), ("crustacean", "walk", {"form": "lobster"}),
])  # fmt: skip
def test_feet_on_the_ground_do_not_slide(name, cycle, fixed):
    _, asset = made(name, 1, **fixed)
    bones = asset.rig.bones
    feet = [i for i, bone in enumerate(bones) if bone.name.startswith(("toe", "foot_"))] or [
        i for i, bone in enumerate(bones) if bone.name.startswith("lower_")
    ]
    speed, period = rig.velocity(asset.rig, cycle), asset.rig.period[cycle]
    phases = np.arange(20) / 20
    matrices = [rig.posed(bones, asset.rig.cycles[cycle](phase)) for phase in phases]
    legs = max(
        np.linalg.norm(np.subtract(bone.tail, bone.head)) for bone in bones if bone.name.startswith(("upper", "thigh"))
    )
    stood = 0
    for foot in feet:
        end = np.append(bones[foot].head if not bones[foot].name.startswith("lower_") else bones[foot].tail, 1)
        track = np.array(
            [(matrix[foot] @ end)[:3] + speed * phase * period for matrix, phase in zip(matrices, phases, strict=True)]
        )
        down = track[:, 2] < track[:, 2].min() + 1e-6 * legs + 1e-9
        stood += down.sum()
        runs = np.flatnonzero(down & np.roll(down, -1))
        for index in runs[runs < 19]:
            # Metres that the foot slips in a twentieth of a cycle, of the length of its leg.
            assert np.linalg.norm(track[index + 1] - track[index]) < 0.002 * legs
    assert stood > 0.25 * len(feet) * 20  # and they do stand


def test_a_snake_follows_its_own_track():
    spec, asset = made("snake", 1)
    names = [bone.name for bone in asset.rig.bones]
    speed, period = rig.velocity(asset.rig, "slither"), asset.rig.period["slither"]
    spine = {}
    for phase in (0.2, 0.2 + 1 / 64):
        matrices = rig.posed(asset.rig.bones, asset.rig.cycles["slither"](phase))
        spine[phase] = (
            np.array([(matrices[i] @ np.append(bone.head, 1))[:3] for i, bone in enumerate(asset.rig.bones)])
            + speed * phase * period
        )
    before, after = spine.values()
    tangent = np.gradient(before, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    step = after - before
    along = (step * tangent).sum(1)
    aside = np.linalg.norm(step - along[:, None] * tangent, axis=1)
    assert names[0] == "head" and (aside[2:-2] < 0.22 * np.abs(along[2:-2])).all()
    # It leaves at J0 of the winding angle times its speed along the track (Abramowitz & Stegun 9.1.18).
    theta = (np.arange(4000) + 0.5) * np.pi / 4000
    bessel = np.cos(spec.winding * np.sin(theta)).mean()
    assert asset.rig.speed["slither"] == pytest.approx(bessel * spec.length / spec.bends / period, rel=1e-3)


def test_a_swimming_wave_travels_backwards_and_grows():
    _, asset = made("fish", 1, form="trout")
    bones = asset.rig.bones
    spine = [i for i, bone in enumerate(bones) if bone.name.startswith("spine")]
    x = np.array(
        [
            [(rig.posed(bones, asset.rig.cycles["swim"](phase))[i] @ np.append(bones[i].head, 1))[0] for i in spine]
            for phase in np.arange(48) / 48
        ]
    )
    reach = np.ptp(x, axis=0)
    assert reach[-1] > 2 * reach[2]
    lag = np.angle(np.fft.fft(x, axis=0)[1])
    delay = np.unwrap(lag)[4:]
    assert (np.diff(delay) < 0).all()  # each place reaches its peak after the one before it


def test_splines_pass_through_their_rings_and_sections_have_their_volume():
    values = child(1, "rings").standard_normal((6, 4))
    np.testing.assert_allclose(spline(values, 26)[::5], values, atol=1e-12)
    tube = Part("tube", [ring(0, -y, 0.5, 0.2, 0.3, 0.1) for y in (0.0, 0.5, 1.0, 2.0)], caps=(0.0, 0.0))
    # Half ellipses of the half heights 0.3 and 0.1 make π·0.2·0.2 of area; 2 m of it, with 96 sides.
    polygon = np.sin(2 * np.pi / 96) * 96 / (2 * np.pi)
    assert volume(loft(swept(tube, np.zeros(3)), 96)) == pytest.approx(np.pi * 0.2 * 0.2 * 2 * polygon, rel=2e-3)
    ball = Part("ball", [ring(0, 0.0001, 0.5, 0.3, 0.3), ring(0, -0.0001, 0.5, 0.3, 0.3)])
    axis = np.arange(-0.5, 0.5, 0.02) + 0.0071
    skin = join(grow([ball]).values(), (symmetric(0.5, 0.02), axis, axis + 0.5))
    assert volume(skin) == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.01)


def test_two_bones_reach_their_target():
    rng = child(4, "reach")
    for _ in range(50):
        joint, bend, end = rng.standard_normal((3, 2))
        a, b = np.hypot(*(bend - joint)), np.hypot(*(end - bend))
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(abs(a - b) * 1.05 + 0.01, 0.98 * (a + b))
        target = joint + distance * np.array([np.cos(angle), np.sin(angle)])
        first, second = gait.two_bones(joint, bend, end, target)
        about = [np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) for t in (first, second)]
        np.testing.assert_allclose(joint + about[0] @ (bend - joint) + about[1] @ (end - bend), target, atol=1e-6)


def test_a_foot_path_is_smooth_and_stands_for_its_duty():
    walk = gait.Gait(0.6, 0.4, 0.1)
    path = np.array([gait.foot_path(step, walk)[:2] for step in np.arange(1000) / 1000])
    assert (path[:600, 1] == 0).all() and (path[602:998, 1] > 0).all()
    speed = np.diff(path[:, 0]) * 1000
    np.testing.assert_allclose(speed[:599], -0.4 / 0.6, rtol=1e-9)
    assert np.abs(np.diff(speed)).max() < 0.06


def test_turing_patterns_have_the_wave_length_they_say():
    field = turing(3, False)
    power = np.abs(np.fft.fftn(field)) ** 2
    k = np.fft.fftfreq(32, 1 / 32)
    radius = np.sqrt(k[:, None, None] ** 2 + k[None, :, None] ** 2 + k[None, None] ** 2)
    shell = (power * ((radius > 3.7) & (radius < 6.3))).sum() / power[radius > 0].sum()
    assert shell > 0.75


@pytest.mark.parametrize("name", ["carnivore", "herbivore"])
def test_fur_grows_out_of_the_skin(name):
    spec, asset = made(name, 1)
    strands, radii, colours = fur_strands(asset, spec, 0.05)
    assert strands.shape == (3000, 5, 3) and radii.shape == (3000, 5) and colours.shape == (3000, 3)
    skin = trimesh.Trimesh(asset.mesh.vertices, asset.mesh.triangles(), process=False)
    _, away, _ = trimesh.proximity.closest_point_naive(skin, strands[:40, 0])
    assert away.max() < 0.002 * asset.mesh.size[2]
    length = np.linalg.norm(np.diff(strands, axis=1), axis=2).sum(1)
    assert 0 < length.min() and length.max() < 2.2 * asset.mesh.attributes["fur"].max()
    assert (np.diff(radii, axis=1) < 0).all()
    bird_spec, bird = made("bird", 1)
    assert len(fur_strands(bird, bird_spec)[0]) == 0


@pytest.mark.parametrize("form", list(BIRDS))
def test_feathers_make_most_of_a_spread_wing(form):
    spec, asset = made("bird", 1, form=form, wings="spread")
    span = np.ptp(asset.mesh.vertices[:, 0])
    assert span > 1.15 * spec.length and asset.rig.period["fly"] < 1.0


@pytest.mark.parametrize("name, cycle", [("carnivore", "walk"), ("bird", None), ("crustacean", None)])
def test_blender_poses_as_numpy_does(scene, name, cycle):
    import bpy

    from simulacra.procgen.places.creatures.armature import creature_object

    _, asset = made(name, 1)
    cycle = cycle or next(iter(asset.rig.cycles))
    armature, (body,) = creature_object(asset, cycle, frames=6, fps=25)
    assert {bone.name for bone in armature.data.bones} == {bone.name for bone in asset.rig.bones}
    for number in (1, 4, 6):
        scene.frame_set(number)
        evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
        points = np.empty(3 * len(asset.mesh.vertices))
        evaluated.data.vertices.foreach_get("co", points)
        place = np.array(evaluated.matrix_world)
        points = points.reshape(-1, 3) @ place[:3, :3].T + place[:3, 3]
        seconds = (number - 1) / 25
        want = (
            rig.skinned(asset, cycle, seconds / asset.rig.period[cycle] % 1) + rig.velocity(asset.rig, cycle) * seconds
        )
        assert np.abs(points - want).max() < 1e-4
