"""Expressions: faces do what faces in portraits do, and eyes look into the camera."""

import dataclasses

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.camera import HEAD_CENTRE, sample_camera
from simulacra.procgen.params import child, parse_settings
from simulacra.procgen.people.expression import (
    ACTIONS,
    IDLE,
    LIBRARY,
    NEUTRAL,
    TO_CAMERA,
    WEIGHTS,
    expand,
    sample_expression,
)
from simulacra.procgen.people.head_data import head_data
from simulacra.procgen.people.identity import neutral_shape
from simulacra.procgen.people.landmarks import POINTS
from simulacra.procgen.people.mouth import MOST_BACK, fitted_row, through_the_chin, upper_row
from simulacra.procgen.people.parts import PART, skin_parts
from simulacra.procgen.people.pose import apply_actions, pose, rigid_fit, transform
from simulacra.procgen.people.teeth import Arch, row
from simulacra.procgen.vary import redraw

SMILES = ("smile", "open_smile", "laugh", "happiness")
PAIRS = [name for name in ACTIONS if name.endswith("Left") and f"{name[:-4]}Right" in ACTIONS]


@pytest.fixture(scope="module")
def people():
    """The camera and the expression of each of many portraits."""
    found = []
    for seed in range(160):
        camera = sample_camera(child(seed, "camera"))
        found.append((camera, sample_expression(child(seed, "expression"), camera=camera)))
    return found


def of(expression):
    return dict(zip(ACTIONS, expression.actions, strict=True))


def both(actions, name):
    return (actions[f"{name}Left"] + actions[f"{name}Right"]) / 2


def misses(camera, expression):
    """Degrees between where each eye points and the camera, on the template."""
    posed = pose(head_data().template, expression)
    azimuth, elevation = np.radians([camera.azimuth, camera.elevation])
    away = np.array([np.cos(elevation) * np.sin(azimuth), -np.cos(elevation) * np.cos(azimuth), np.sin(elevation)])
    head = posed.bones["head"]
    place = head[:3, :3] @ HEAD_CENTRE + head[:3, 3] + away * camera.distance
    found = []
    for eye in posed.eyes.values():
        way = (place - eye.centre) / np.linalg.norm(place - eye.centre)
        found.append(np.degrees(np.arccos(np.clip(way @ eye.rotation @ [0, -1.0, 0], -1, 1))))
    return found


def test_most_portraits_are_at_rest_or_smile(people):
    names = [expression.name for _, expression in people]
    rest, smiling = (np.mean([name in group for name in names]) for group in (("neutral", "relaxed"), SMILES))
    total = sum(WEIGHTS.values())
    assert rest == pytest.approx((WEIGHTS["neutral"] + WEIGHTS["relaxed"]) / total, abs=0.1)
    assert smiling == pytest.approx(sum(WEIGHTS[name] for name in SMILES) / total, abs=0.1)
    assert rest + smiling > 0.85


def test_mouths_are_as_open_as_those_of_photographs(people):
    """0.060 ± 0.075 of the distance between the eyes' outer corners, on 80 photographs with points set by hand."""
    template = head_data().template

    def opening(expression):
        still = dataclasses.replace(NEUTRAL, actions=expression.actions)
        points = pose(template, still).positions
        return points[474, 2] - points[493, 2]  # between the lips, in the middle

    shut = opening(NEUTRAL)
    found = np.array([opening(expression) - shut for _, expression in people[:120]]) / 0.0876  # m, of the template
    assert 0.02 < found.mean() < 0.065 and 0.04 < found.std() < 0.09
    assert 0.2 < (found > 0.04).mean() < 0.5


def test_eyes_look_into_the_camera_and_converge_on_it(people):
    near = np.array([max(misses(*person)) for person in people])
    assert TO_CAMERA - 0.18 < (near < 5).mean() < TO_CAMERA + 0.06  # few cameras are out of the reach of eyes
    assert np.median(near) < 2.5


def test_eyes_make_up_for_a_turned_head():
    for seed, yaw in ((0, -18), (1, -9), (2, 9), (3, 18), (6, 14)):
        camera = sample_camera(child(seed), parse_settings(["azimuth=0", "elevation=0", "distance=0.5"]))
        wish = parse_settings([f"head_yaw={yaw}", "head_pitch=0", "head_roll=0", "name=neutral"])
        expression = sample_expression(child(seed), wish, camera=camera)
        assert expression.head_yaw == yaw and max(misses(camera, expression)) < 5, seed
        assert np.sign(expression.gaze_yaw) == -np.sign(yaw)


@pytest.mark.parametrize("name", ["open_smile", "laugh", "happiness"])
def test_smiles_have_the_shape_that_photographs_show(name):
    """20 of LFPW read as happy: 0.737 ± 0.072 wide, 0.088 ± 0.069 open, corners 0.044 ± 0.040 above the upper lip's middle, over
    the eyes' distance; corners of the opening 0.027 ± 0.035."""
    weights = dict.fromkeys(ACTIONS, 0.0) | expand(LIBRARY[name])
    template = head_data().template
    points = pose(template, dataclasses.replace(NEUTRAL, actions=tuple(weights.values()))).positions / 0.0876
    left, right, inside = (points[((template - POINTS[index]) ** 2).sum(1).argmin()] for index in (54, 48, 60))
    assert left[0] - right[0] == pytest.approx(0.737, abs=0.072)
    assert points[474, 2] - points[493, 2] == pytest.approx(0.088, abs=0.069)
    assert (left[2] + right[2]) / 2 - points[474, 2] == pytest.approx(0.044, abs=0.040)
    assert inside[2] - points[474, 2] == pytest.approx(0.027, abs=0.035)


@pytest.mark.parametrize("seed", [100, 103, 106, 123])
def test_teeth_and_gums_stay_behind_the_skin_of_those_who_laugh(seed):
    pytest.importorskip("bpy")  # which brings mathutils
    spec = registry.sample("faces", seed)
    rest = neutral_shape(spec.identity)
    (teeth, _, _, gums, _), back = fitted_row(spec.mouth, rest)
    assert 0 <= back <= MOST_BACK and len(teeth) > 500
    assert through_the_chin(rest, np.concatenate([teeth, gums])) < 0
    assert through_the_chin(rest, np.concatenate([teeth, gums]) - [0, 0.02, 0]) > 0.005  # what stands out is found


def looked_into(spec, name):
    """What a grid of parallel rays from in front meets at a named expression, in 1 mm steps over the lips: -1 nothing, 0 skin,
    1 the mouth's inside, 2 teeth, 3 gums (rows, columns), and how deep, m."""
    pytest.importorskip("bpy")  # which brings mathutils
    from mathutils.bvhtree import BVHTree

    data, rest = head_data(), neutral_shape(spec.identity)
    acted = apply_actions(rest, dict.fromkeys(ACTIONS, 0.0) | expand(LIBRARY[name]))
    jaw, body = data.groups["helper-lower-teeth"], data.face_group == "body"
    part = skin_parts(data, data.faces[body], data.uv_faces[body])
    upper, lower = upper_row(spec.mouth, rest), fitted_row(spec.mouth, rest)[0]
    down = rigid_fit(rest[jaw], acted[jaw])
    places, faces = [acted], data.faces[body].tolist()
    kinds = [np.where(part == PART["mouth_interior"], 1, 0)]
    for of_jaw, turn in ((upper, np.eye(4)), (lower, down)):
        for kind, (points, polygons) in ((2, of_jaw[:2]), (3, of_jaw[3:])):
            start = sum(map(len, places))
            places.append(transform(turn, points))
            faces += [[start + int(v) for v in polygon] for polygon in polygons]
            kinds.append(np.full(len(polygons), kind))
    bvh, kinds = BVHTree.FromPolygons(np.concatenate(places).tolist(), faces), np.concatenate(kinds)
    right, left, top, bottom = (acted[((data.template - POINTS[i]) ** 2).sum(1).argmin()] for i in (48, 54, 51, 57))
    x, z = np.arange(right[0], left[0], 0.001), np.arange(bottom[2], max(top[2], left[2]), 0.001)
    hits = [[bvh.ray_cast((a, -0.3, b), (0, 1, 0)) for a in x] for b in z]
    seen = np.array([[kinds[hit[2]] if hit[0] else -1 for hit in row] for row in hits])
    return seen, np.array([[hit[0][1] if hit[0] else 9.0 for hit in row] for row in hits])


@pytest.mark.parametrize("seed", [3203, 3222, 3230, 3288])
def test_smiles_are_filled_with_teeth_to_their_corners(seed):
    """Dark corridors beside the teeth of those who smile are 5 to 10 % of the smile's breadth on each side."""
    seen, depth = looked_into(registry.sample("faces", seed), "open_smile")
    opening, teeth = (np.flatnonzero(kind.sum(0) >= 2) for kind in (seen > 0, seen == 2))
    assert len(opening) > 30
    for gap in (teeth[0] - opening[0], opening[-1] - teeth[-1]):
        assert gap <= 0.10 * len(opening)
    inside = seen > 0
    assert (seen == 2).sum() > 0.72 * inside.sum() and (seen == 3).sum() < 0.08 * inside.sum()
    # Beside the middle, teeth lie no deeper than 12 mm behind the lips' edge: the farther, the darker.
    for share in (0.2, 0.8):
        column = opening[0] + round(share * (opening[-1] - opening[0]))
        rows = np.flatnonzero(inside[:, column])
        assert np.median(depth[rows, column]) - depth[min(rows[-1] + 1, len(depth) - 1), column] < 0.012


@pytest.mark.parametrize("seed", [3207, 3211, 3222])
@pytest.mark.parametrize("name", ["neutral", "smile"])
def test_no_tooth_stands_out_of_closed_lips(seed, name):
    """Of these some stood 3 mm before the lips while all rows stood in one place."""
    seen, _ = looked_into(registry.sample("faces", seed), name)
    assert (seen >= 2).sum() <= 2  # where lips meet, a ray may slip through


def test_upper_edges_climb_to_the_back_as_the_occlusal_plane_does():
    """By 8 to 10 degrees on a head held level; the row is as wide as before, front to molars."""
    arch = Arch(-0.027, 0.030, 0.040)
    mouth = registry.sample("faces", 3203).mouth
    places = row(True, arch, -0.07, mouth, child(1))[0].reshape(14, -1, 3)
    lowest = places[np.arange(14), places[..., 2].argmin(1)]
    slope = np.polyfit(lowest[:, 1], lowest[:, 2], 1)[0]
    assert 8 < np.degrees(np.arctan(slope)) < 13  # edges of premolars are cusps, which lie above incisors'


def test_cheeks_rise_with_smiles(people):
    smiles = [of(expression) for _, expression in people if expression.name in SMILES]
    corners = np.array([both(actions, "mouthSmile") for actions in smiles])
    cheeks = np.array([both(actions, "cheekSquint") for actions in smiles])
    assert corners.min() > 0.3 and (cheeks > 0.1).all()
    assert np.corrcoef(corners, cheeks)[0, 1] > 0.4
    teeth = [both(actions, "mouthUpperUp") for actions, (_, e) in
             zip(smiles, [p for p in people if p[1].name in SMILES], strict=True) if e.name != "smile"]  # fmt: skip
    assert min(teeth) > 0.15


@pytest.mark.parametrize("name", ["sadness", "anger", "surprise", "fear", "disgust"])
def test_nothing_works_against_a_named_expression(name):
    for seed in range(20):
        drawn = of(sample_expression(child(seed), parse_settings([f"name={name}"])))
        meant = expand(LIBRARY[name])
        idle = set(expand(dict.fromkeys(IDLE, 1.0)))
        assert both(drawn, "mouthSmile") == 0
        assert {action for action, weight in drawn.items() if weight > 0} <= set(meant) | idle
        assert all(drawn[action] >= 0.4 * weight for action, weight in meant.items())


def test_sides_differ_little(people):
    for _, expression in people:
        if any(name.endswith(("Left", "Right")) for name in LIBRARY[expression.name]):
            continue
        actions = of(expression)
        for left in PAIRS:
            a, b = actions[left], actions[f"{left[:-4]}Right"]
            assert abs(a - b) <= 0.3 * max(a, b, 1e-9), (expression.name, left)


def test_lids_droop_at_nothing_but_what_is_sleepy(people):
    for _, expression in people:
        drawn, meant = of(expression), expand(LIBRARY[expression.name])
        assert both(drawn, "eyeBlink") <= 1.3 * max(meant.get("eyeBlinkLeft", 0), meant.get("eyeBlinkRight", 0))


def test_a_new_expression_looks_into_the_camera_that_stays():
    spec = registry.sample("faces", 11)
    other = redraw("faces", spec, 12, group="expression")
    assert other.camera == spec.camera and other.expression != spec.expression
    drawn = [redraw("faces", spec, seed, group="expression").expression for seed in range(12, 20)]
    assert np.median([max(misses(spec.camera, expression)) for expression in drawn]) < 5


def moved(action, place):
    """Where an action takes the vertex of the left half of the template next to a place, mm."""
    data = head_data()
    indices, deltas = data.targets[f"action/{action}"]
    nearest = ((data.template[indices] - place) ** 2).sum(1).argmin()
    return 1000 * deltas[nearest]


def test_smiles_pull_outward_as_far_as_upward_and_frowns_lower_the_inner_brow_most():
    across, back, up = moved("mouthSmileLeft", POINTS[54])
    assert 38 < np.degrees(np.arctan2(up, across)) < 48 and 11 < np.linalg.norm([across, back, up]) < 18
    inner, middle, outer = (moved("browDownLeft", POINTS[index])[2] for index in (22, 24, 26))
    assert inner < middle < outer < 0 and inner < -5
