"""Likeness: a person is found again from where landmarks lie in a picture, and from its colours."""

import dataclasses
import json

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.materials.pigment import face_colour
from simulacra.procgen.params import SpecError, parse_settings
from simulacra.procgen.people.face import Face
from simulacra.procgen.people.hair.colour import NATURAL, HairColour, shadow_colour
from simulacra.procgen.people.likeness import fit, numbers, places, portrait, tones, view
from simulacra.procgen.people.likeness.bounded import bounded_minimum
from simulacra.procgen.people.pose import head_turns

PLAIN = parse_settings(["identity.gender=0.9", "identity.ancestry.european=0.8", "identity.age=35"])


def turn_of(expression):
    """The head's rotation in the world."""
    neck, head = head_turns(expression)
    return neck @ head


def sighted(face: Face, noise: float = 0.0, told: bool = False):
    """The landmarks of a face as its camera would see them from the front, some way off, and how it was seen."""
    head = places.acted_places(places.neutral_places(face.identity), face.expression)
    seen_as = view.View(view.TO_CAMERA @ turn_of(face.expression), np.array([200.0, 180.0]), 1800.0, 1.3)
    points = seen_as.seen(head)
    unit = fit.unit_of(points)
    points = points + noise * unit * np.random.default_rng(1).normal(size=points.shape)
    return fit.Sighting(points, np.full(70, noise * unit), seen_as.rotation if told else None), seen_as


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """The angle in degrees between two rotations."""
    return float(np.degrees(np.arccos(np.clip((np.trace(first.T @ second) - 1) / 2, -1, 1))))


def flat(identity):
    """Somebody of the same phenotype whose sliders are all at rest."""
    return dataclasses.replace(identity, shape=(0.0,) * len(identity.shape), asymmetry=(0.0,) * len(identity.asymmetry))


@pytest.mark.once
def test_landmarks_are_where_a_render_has_them(face_dataset):
    folder = next(path for path in face_dataset.iterdir() if (path / "spec.json").is_file())
    face = registry.parse(json.loads((folder / "spec.json").read_text()))[1]
    truth = np.array(json.loads((folder / "landmarks.json").read_text())["frames"][0]["points_3d"])
    found = places.acted_places(places.neutral_places(face.identity), face.expression)
    found = (found - found.mean(0)) @ turn_of(face.expression).T + truth.mean(0)
    off = 1000 * np.linalg.norm(found - truth, axis=1)
    assert off.mean() < 1.0 and off.max() < 3.0  # mm: a render takes the nearest vertex, and this the place itself


@pytest.mark.parametrize("seed", [4, 8, 3])
def test_a_head_is_found_again_from_its_landmarks(seed):
    face = registry.sample("faces", seed)
    seen, seen_as = sighted(face)
    found = fit.fit_head(seen, flat(face.identity))
    assert found.error < 0.006
    assert found.error == pytest.approx(fit.landmark_error(found.points, seen.points))
    assert apart(found.view.rotation, seen_as.rotation) < 3.0
    assert abs(found.expression.gaze_yaw - face.expression.gaze_yaw) < 8.0
    shape = np.array(face.identity.shape)
    assert np.corrcoef(found.identity.shape, shape)[0, 1] > 0.3  # 70 points do not tell 149 sliders
    # The same head in another place, larger: nothing but the view changes.
    moved = fit.fit_head(
        seen._replace(points=seen.points * 2 + [30, -400], spread=seen.spread * 2), flat(face.identity)
    )
    assert moved.cost == pytest.approx(found.cost, rel=1e-3)
    assert moved.view.scale == pytest.approx(2 * found.view.scale, rel=1e-2)


def test_somebody_comes_back_as_they_are():
    face = registry.sample("faces", 8, parse_settings(["expression.name=neutral"]))
    face = dataclasses.replace(face, expression=dataclasses.replace(numbers.NEUTRAL, head_yaw=20.0, head_pitch=-8.0))
    seen, seen_as = sighted(face)
    found = fit.fit_head(seen, face.identity)
    assert found.error < 1e-3 and apart(found.view.rotation, seen_as.rotation) < 0.5
    assert np.abs(np.subtract(found.identity.shape, face.identity.shape)).max() < 0.05
    assert max(found.expression.actions) < 0.03
    with pytest.raises(ValueError, match="are no face's"):
        fit.fit_head(seen._replace(points=np.full((70, 2), 5.0)), face.identity)


def test_slopes_are_those_of_differences():
    face = registry.sample("faces", 4, parse_settings(["expression.name=smile"]))
    seen, _ = sighted(face, told=True)
    problem = fit._Problem(seen, face.identity)
    start = problem.prior.mean + 0.0
    start[:7] = 0.05, -0.1, 0.02, 0.1, 0.2, 0.1, 0.3
    start[-2 - len(numbers.ACTED) :] += 0.1
    now = problem.state(start)
    slopes = problem._slopes(now)
    persons = np.arange(numbers.VIEW, len(start) - 2 - len(numbers.ACTED))
    for index in {*range(len(start))} - {*persons.tolist()}:
        step = np.zeros(len(start))
        step[index] = 1e-4
        measured = (problem.state(start + step).off - problem.state(start - step).off) / 2e-4
        lids = np.r_[36:48] if index >= len(start) - 2 else []  # lids follow the gaze, by steps where an action begins
        rest = np.setdiff1d(np.arange(70), lids)
        assert np.allclose(slopes[index][rest], measured[rest], atol=2e-4), index


def test_bounded_minimum_is_that_of_a_solver():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(5)
    for _ in range(5):
        matrix, wanted = rng.normal(size=(30, 20)), rng.normal(size=30)
        low, high = -rng.random(20) * 0.2, rng.random(20) * 0.2
        found = bounded_minimum(matrix.T @ matrix, matrix.T @ wanted, low, high)
        truth = optimize.lsq_linear(matrix, wanted, (low, high), tol=1e-12).x
        assert np.allclose(found, truth, atol=1e-6) and ((found == low) | (found == high)).any()


def test_angles_of_neck_and_head_are_found_again():
    for angles in ([40.0, -12.0, 8.0], [-58.0, 25.0, -20.0], [0.0, 0.0, 0.0]):
        assert np.allclose(view.head_angles(view.head_turn(np.radians(angles))), angles, atol=1e-6)


def test_pigments_follow_the_colour_and_half_a_cast_is_taken_away():
    skins = [
        registry.sample("faces", 3, parse_settings([f"skin.melanin={melanin}"])).skin for melanin in (0.01, 0.05, 0.25)
    ]
    found = [tones.skin_pigments(face_colour(skin)) for skin in skins]
    assert [pigments.melanin for pigments in found] == sorted(pigments.melanin for pigments in found)
    for pigments, skin in zip(found, skins, strict=True):
        assert abs(np.log(pigments.melanin / skin.melanin)) < 0.8 and pigments.spread < 0.9
    assert tones.unlikely_ancestry(found[2], (0.8, 0.1, 0.1)) < tones.unlikely_ancestry(found[2], (0.1, 0.1, 0.8))
    picture = np.full((4, 4, 3), 0.2) * [1.44, 1.0, 1.0]
    colours = tones.balanced(picture)
    assert np.allclose(colours[..., 0] / colours[..., 1], 1.2)
    assert np.allclose(colours @ tones.LUMINANCE, picture @ tones.LUMINANCE, rtol=0.02)
    told = []
    for family in ("black", "brown", "light blond"):
        melanin, redness = NATURAL[family]
        colour = HairColour(family=family, melanin=melanin, redness=redness, grey=0.0, dye="none", variation=0.3)
        told.append(tones.hair_colour(np.array(shadow_colour(colour)), (0.0, 0.0, 1.0)))
    assert told[0].melanin > told[1].melanin > told[2].melanin and not any(colour.grey for colour in told)


def test_a_portrait_is_a_whole_person_that_holds_wishes():
    face = registry.sample("faces", 8)
    seen, _ = sighted(face, noise=0.01, told=True)
    colours = portrait.Colours(face_colour(face.skin), None, frozenset(("glasses",)))
    made = portrait.likeness(seen, colours, 5, PLAIN | parse_settings(["wear.garment.kind=hoodie"]))
    assert registry.parse(registry.dump("faces", made.face)) == ("faces", made.face)
    assert made.face.identity.gender == 0.9 and made.face.wear.garment.kind == "hoodie"
    assert (
        made.face.wear.glasses != "none" and made.face.wear.headwear.kind == "none" and made.face.hair.groom == "bald"
    )
    assert made.face.beard.style == "none" and made.face.camera.azimuth == 0.0
    assert apart(turn_of(made.face.expression), turn_of(face.expression)) < 6.0  # another phenotype, landmarks 1 mm off
    assert made.fitted.error < 0.015
    assert abs(np.log(made.face.skin.melanin / face.skin.melanin)) < 0.8
    left, top, edge = made.crop  # as the person's own camera shows it
    assert left < seen.points[:, 0].min() and seen.points[:, 0].max() < left + edge
    assert top < seen.points[:, 1].min() and seen.points[:, 1].max() < top + edge
    with pytest.raises(SpecError, match="is told by the photograph"):
        portrait.likeness(seen, colours, 5, parse_settings(["expression.name=smile"]))
    with pytest.raises(SpecError, match="no such field"):
        portrait.likeness(seen, colours, 5, parse_settings(["identity.years=5"]))


def test_what_is_worn_is_what_is_seen():
    identity = registry.sample("faces", 4).identity
    seen = portrait._known(identity, portrait.Colours(seen=frozenset(("headwear", "facewear"))), None, {})
    assert not {"none"} & {*seen["wear.headwear.kind"].values, *seen["wear.mask"].values}
    assert seen["wear.glasses"].values == ("none",) and "hair.groom" not in seen  # a hat may hide it
    held = portrait._known(identity, portrait.Colours(), None, {"wear.glasses": "aviator", "beard": None})
    assert "wear.glasses" not in held and "beard.style" not in held


def test_smiles_are_no_shapes_of_mouths():
    face = registry.sample("faces", 8, parse_settings(["expression.name=open_smile"]))
    made = portrait.likeness(sighted(face, noise=0.01)[0], portrait.Colours(), 0, PLAIN)
    assert made.face.expression.name in ("open_smile", "happiness", "laugh")
    smile = numbers.ACTIONS.index("mouthSmileLeft")
    assert abs(made.face.expression.actions[smile] - face.expression.actions[smile]) < 0.3


def test_who_is_likeliest_is_told_by_shape_and_skin():
    face = registry.sample("faces", 26, parse_settings(["identity.gender=0.95..1"]))
    made = portrait.likeness(sighted(face, noise=0.01)[0], portrait.Colours(face_colour(face.skin)))
    assert made.face.identity.gender > 0.5


def test_heads_turned_far_are_seen_from_aside():
    face = registry.sample("faces", 8)
    seen, _ = sighted(face, told=True)
    around = np.radians(-75.0)
    turn = np.array([[np.cos(around), -np.sin(around), 0], [np.sin(around), np.cos(around), 0], [0, 0, 1]])
    found = fit.fit_head(seen, face.identity)
    expression, camera = portrait._posed(found._replace(view=found.view._replace(rotation=view.TO_CAMERA @ turn)))
    assert expression.head_yaw == pytest.approx(-60, abs=1e-3) and camera["azimuth"] == pytest.approx(15, abs=1e-3)
