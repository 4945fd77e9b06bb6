"""Sizes of heads: 400 neutral cages measured against published anthropometry, and eyeballs that stay what they are."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from simulacra.procgen.params import child, parse_settings
from simulacra.procgen.people import necks, sizes
from simulacra.procgen.people.anthropometry import FROM_ANSUR, PUBLISHED, RECALLED, correlations
from simulacra.procgen.people.head_data import head_data
from simulacra.procgen.people.identity import neutral_shape, sample_identity, target_weights
from simulacra.procgen.people.measures import MEASURES, measured, probe, probed
from simulacra.procgen.people.traits import AGE, FURTHER, GROWN, SEX, YOUTH, strength


@cache
def drawn():
    """400 identities, the measures (400, k) of their heads, girth and length (2, 400) of their necks, landmarks (400, 68, 3)."""
    identities = [sample_identity(child(seed)) for seed in range(400)]
    places = np.array([sizes.places_of(target_weights(each)) for each in identities])
    return identities, measured(places), np.array(necks.necks(places)), places[:, probe().rows["landmarks"]]


def _are(sex: str) -> np.ndarray:
    gender = np.array([each.gender for each in drawn()[0]])
    return gender < 0.35 if sex == "men" else gender > 0.65


def of(sex: str) -> np.ndarray:
    return drawn()[1][_are(sex)]


@pytest.mark.parametrize("sex", ["men", "women"])
def test_heads_measure_what_people_do(sex):
    found = of(sex)
    published = np.array([getattr(PUBLISHED[name], sex) for name in MEASURES])
    off = (found.mean(0) - published[:, 0]) / published[:, 1]
    spread = found.std(0) / published[:, 1]
    assert np.abs(off).max() < 0.35, dict(zip(MEASURES, off.round(2), strict=True))
    assert 0.7 < spread.min() and spread.max() < 1.3, dict(zip(MEASURES, spread.round(2), strict=True))


@pytest.mark.parametrize("sex", ["men", "women"])
def test_necks_measure_what_people_do(sex):
    column = ("men", "women").index(sex)
    for found, mean, spread in zip(
        drawn()[2][:, _are(sex)],
        (necks.GIRTHS, necks.LENGTHS),
        (necks.GIRTH_SPREADS, necks.LENGTH_SPREADS),
        strict=True,
    ):
        assert abs(found.mean() - mean[column]) < 0.2 * spread[column]
        assert 0.7 < found.std() / spread[column] < 1.2
        assert np.abs(found - mean[column]).max() < 2.8 * spread[column]


def test_jaw_landmarks_lie_as_far_down_the_outline_as_people_set_them():
    """Heights over the outer eye corners in shares of their distance, on both sides, of faces seen from in front.

    Those of people are means of 44 near-frontal photographs (LFPW, odd half), of which some have open mouths.
    """
    marks = drawn()[3]
    flat = marks[..., [0, 2]] * (1.2 / (1.2 + marks[..., 1]))[..., None]  # a camera 1.2 m away
    span = np.linalg.norm(flat[:, 45] - flat[:, 36], axis=-1)
    heights = (flat[:, :17, 1] - flat[:, [36, 45], 1].mean(1)[:, None]) / span[:, None]
    found = (heights + heights[:, ::-1])[:, :9].mean(0) / 2
    people = [0.001, -0.208, -0.415, -0.625, -0.824, -1.006, -1.157, -1.274, -1.308]
    assert np.abs(found - people).max() < 0.03


def test_what_goes_with_what_is_as_published():
    """Within the error of about 160 people of a sex, and of two sexes taken together."""
    between = np.mean([np.corrcoef(of(sex).T) for sex in ("men", "women")], 0)
    place = {name: index for index, name in enumerate(MEASURES)}
    for pair, value in (FROM_ANSUR | RECALLED).items():
        first, second = (place[name] for name in pair)
        assert between[first, second] == pytest.approx(value, abs=0.22), pair
    assert np.abs(between - correlations()).mean() < 0.08


def test_the_rarest_heads_are_human():
    for sex in ("men", "women"):
        published = np.array([getattr(PUBLISHED[name], sex) for name in MEASURES])
        score = (of(sex) - published[:, 0]) / published[:, 1]
        assert np.abs(score).max() < 4.2
        assert np.sqrt((score**2).mean(1)).max() < 2.2


def test_measures_of_probes_are_those_of_cages():
    for identity in drawn()[0][:5]:
        cage = measured(probed(neutral_shape(identity)))
        assert np.abs(cage - measured(sizes.places_of(target_weights(identity)))).max() < 1e-6


def test_eyeballs_are_of_one_size_and_stand_at_their_bones():
    from simulacra.procgen.people.eyeballs import RADIUS

    data = head_data()
    for identity in drawn()[0][:20]:
        shape = neutral_shape(identity)
        for side in "lr":
            ball = shape[data.groups[f"helper-{side}-eye"]]
            assert np.abs(np.linalg.norm(ball - ball.mean(0), axis=1) - RADIUS).max() < 2e-4
            assert np.abs(ball.mean(0) - shape[data.joints[f"joint-{side}-eye"]].mean(0)).max() < 1e-4


def test_a_correction_of_size_changes_its_measure_and_hardly_others():
    identity = drawn()[0][0]
    before = measured(sizes.places_of(target_weights(identity)))
    for name in ("between_pupils", "head_length", "face_length", "jaw_breadth", "mouth_breadth"):
        size = dict(zip(sizes.LIMITS, identity.size, strict=True))
        other = dataclasses.replace(identity, size=tuple((size | {name: size[name] + 1.0}).values()))
        change = measured(sizes.places_of(target_weights(other))) - before
        own = MEASURES.index(name)
        assert 0.7 < change[own] < 1.2, name
        assert np.abs(np.delete(change, own))[:-1].max() < 0.8, name


def test_wishes_for_sizes_are_kept():
    wished = sample_identity(child(3), parse_settings(["size.between_pupils=-2", "age=70"]))
    assert wished.size[list(sizes.LIMITS).index("between_pupils")] == -2.0 and wished.age == 70
    plain = sample_identity(child(3), parse_settings(["age=70"]))
    assert wished.shape == plain.shape and wished.asymmetry == plain.asymmetry


def test_years_move_the_form_and_young_people_have_none_of_it():
    assert all(strength(18.0, span) == 0 for _, span in AGE.values())
    assert all(0.9 <= strength(88.0, span) <= 1.35 for _, span in AGE.values())
    years = np.linspace(18, 88, 71)
    assert all((np.diff([strength(year, span) for year in years]) >= 0).all() for _, span in AGE.values())
    identity = drawn()[0][2]
    young, old = (neutral_shape(dataclasses.replace(identity, age=age)) for age in (25.0, 80.0))
    template = head_data().template * 1000
    body = head_data().groups["body"]

    def height(place):
        nearest = body[((template[body] - place) ** 2).sum(1).argmin()]
        return 1000 * (old - young)[nearest, 2]

    assert height((56, 1.4, 19.4)) - height((0, -26, 4)) < -1.0  # the outer end of the brow
    assert height((74, 60, -42)) - height((71, 55, -10)) < -2.0  # the lobe of the ear
    assert height((0, -43.6, -37.5)) - height((0, -26, 4)) < -1.0  # the tip of the nose


def test_men_and_women_differ_in_bone():
    identity = dataclasses.replace(drawn()[0][0], age=GROWN[1])
    man, woman = (dataclasses.replace(identity, gender=gender) for gender in (0.0, 1.0))
    weights = [target_weights(each) for each in (man, woman)]
    for name in SEX:
        assert (
            weights[1][f"sex/{name}"] == pytest.approx(-FURTHER[name] * weights[0][f"sex/{name}"]) and FURTHER[name] > 1
        )
    assert weights[0]["sex/adams_apple"] > 0 and "sex/adams_apple" not in weights[1]
    boy, girl = (target_weights(dataclasses.replace(each, age=GROWN[0])) for each in (man, woman))
    for name in SEX:
        assert boy[f"sex/{name}"] == pytest.approx(YOUTH * weights[0][f"sex/{name}"])
        assert girl[f"sex/{name}"] == pytest.approx(weights[1][f"sex/{name}"])
