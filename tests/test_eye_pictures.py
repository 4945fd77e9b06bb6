"""Pictures of eyes: what lies where, and lips that meet."""

import dataclasses

import numpy as np

from simulacra.procgen import registry
from simulacra.procgen.params import child
from simulacra.procgen.people import lips, sizes
from simulacra.procgen.people.eye_pictures import REACH, eye_picture
from simulacra.procgen.people.identity import sample_identity, target_weights

SIZE = 192


def drawn(**changed):
    eyes = dataclasses.replace(registry.sample("faces", 5).eyes, **changed)
    return eye_picture(eyes, 1.0, "left", SIZE)


def radii():
    line = REACH * ((np.arange(SIZE) + 0.5) / SIZE * 2 - 1)
    return np.hypot(*np.meshgrid(line, line))


def test_the_pupil_is_black_and_as_wide_as_it_is_said_to_be():
    for pupil in (0.003, 0.006):
        dark = drawn(pupil=pupil, iris="grey").max(-1) < 0.008
        area = dark[radii() < 0.9].sum() * (2 * REACH / SIZE) ** 2
        assert abs(np.sqrt(area / np.pi) - pupil / 2 / 0.0059) < 0.06


def test_the_rim_is_darker_than_the_iris_and_the_white_brighter():
    picture, radius = drawn(iris="blue", limbal_ring=0.9).mean(-1), radii()
    iris, rim, white = (
        picture[(radius > a) & (radius < b)].mean() for a, b in ((0.6, 0.75), (0.88, 0.95), (1.15, 1.3))
    )
    assert rim < 0.7 * iris < iris < 0.8 * white


def test_red_eyes_have_more_vessels_and_both_eyes_differ():
    calm, red = (drawn(redness=redness)[..., 1][radii() > 1.3].std() for redness in (0.0, 0.9))
    assert red > 1.3 * calm
    eyes = registry.sample("faces", 5).eyes
    assert not np.array_equal(eye_picture(eyes, 1.0, "left", SIZE), eye_picture(eyes, 1.0, "right", SIZE))
    assert np.array_equal(drawn(), drawn())


def test_lips_of_every_head_meet():
    found = np.array([lips.gaps(sizes.places_of(target_weights(sample_identity(child(seed))))) for seed in range(60)])
    assert np.abs(found - lips.TOUCH).max() < 0.0003
