"""Sea urchins: a flattened test with rows of tubercles, each the foot of a spine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...params import child, choice, draw, seed, spec, uniform
from .forms import geodesic, tubes, unit
from .pigments import blended, ramp


class Form(NamedTuple):
    """A kind of urchin; lengths in radii of its test."""

    spines: int
    length: float
    radius: float
    tip: float  # of the spine's radius
    flat: float
    bands: int
    uneven: float


FORMS = {
    "purple": Form(420, 0.75, 0.026, 0.35, 0.62, 0, 0.35),
    "green": Form(650, 0.38, 0.020, 0.45, 0.55, 0, 0.3),
    "long_spined": Form(300, 3.1, 0.020, 0.08, 0.6, 0, 0.45),
    "banded": Form(260, 1.9, 0.024, 0.15, 0.6, 6, 0.4),
    "pencil": Form(66, 1.25, 0.095, 0.8, 0.66, 4, 0.25),
}
# The test, the spine at its foot and at its tip.
COLOURS = {
    "purple": ((0.06, 0.02, 0.07), (0.10, 0.03, 0.15), (0.24, 0.09, 0.33)),
    "black": ((0.010, 0.010, 0.012), (0.012, 0.011, 0.014), (0.035, 0.03, 0.04)),
    "red": ((0.16, 0.025, 0.02), (0.25, 0.03, 0.025), (0.48, 0.10, 0.07)),
    "green": ((0.10, 0.13, 0.05), (0.14, 0.20, 0.07), (0.34, 0.40, 0.20)),
    "white": ((0.42, 0.33, 0.25), (0.55, 0.42, 0.33), (0.80, 0.74, 0.66)),
}


@spec
class Urchin:
    """A sea urchin."""

    kind: str = choice({"purple": 3, "green": 2, "long_spined": 3, "banded": 1, "pencil": 2}, says="{} sea urchin",
                       doc="kind of urchin")  # fmt: skip
    diameter: float = uniform(0.03, 0.11, unit="m", doc="width of its test without the spines")
    spine_length: float = uniform(0.75, 1.25, doc="length of its spines as a share of its kind's")
    density: float = uniform(0.7, 1.2, doc="number of spines as a share of its kind's")
    colour: str = choice({"purple": 3, "black": 3, "red": 2, "green": 1, "white": 1}, says="{}", doc="its colours")
    seed: int = seed()


def sample_urchin(rng: np.random.Generator, fixed=None) -> Urchin:
    """Draw an urchin."""
    return draw(Urchin, rng, fixed)


def build_urchin(spec: Urchin, detail: float = 1.0) -> Asset:
    """An urchin on the bed, test and spines closed; ``detail`` is the share of its faces."""
    form, rng, fine = FORMS[spec.kind], child(spec.seed, "spines"), min(detail, 1.0)
    count = max(int(form.spines * spec.density * (0.35 + 0.65 * fine)), 24)
    # Twenty meridians of tubercles, as the plates of a test have them, each row a little out of line.
    index = np.arange(count)
    height = 1 - 1.72 * (index + 0.5) / count
    meridian = (index * 7) % 20
    turn = 2 * np.pi * meridian / 20 + 0.24 * (rng.random(count) - 0.5)
    flat = np.sqrt(np.maximum(1 - height**2, 0))
    place = np.stack([flat * np.cos(turn), flat * np.sin(turn), height], 1)
    test = geodesic(max(int(18 * np.sqrt(fine)), 5))
    wave = 0.012 * np.cos(10 * arctan2(test.vertices[:, 1], test.vertices[:, 0])) * (1 - test.vertices[:, 2] ** 2)
    apart = np.full(len(test.vertices), -1.0)
    for start in range(0, len(apart), 1024):
        apart[start : start + 1024] = (test.vertices[start : start + 1024] @ place.T).max(1)
    tubercle = ramp(np.cos(2.2 * form.radius + 0.035), 1.0, apart)
    squash = np.array([1, 1, form.flat])
    body = test.vertices * (1 + wave + 0.02 * tubercle)[:, None] * squash
    way = unit(place / squash + 0.22 * (rng.random((count, 3)) - 0.5))
    root = place * squash * 0.985
    length = form.length * spec.spine_length * (1 - form.uneven * rng.random(count)) * (0.55 + 0.45 * flat)
    rest = form.flat * 0.98 + 0.06  # the test is held off the bed by its lower spines
    drop = np.where(way[:, 2] < 0, (root[:, 2] + rest) / np.maximum(-way[:, 2], 1e-6), np.inf)
    length = np.minimum(length, np.maximum(drop, 0.05))
    steps = 7 if form.bands else 4
    s = np.linspace(0, 1, steps)
    curve = root[:, None] + way[:, None] * (length[:, None] * s)[..., None]
    thick = form.radius * (1 + 0.25 * (rng.random(count) - 0.5)) / (0.35 + 0.65 * fine) ** 0.5
    spine = tubes(curve, thick[:, None] * (1 + (form.tip - 1) * s**1.3), 7 if form.radius > 0.05 and fine > 0.5 else 4)
    shell, foot, tip = (np.array(colour) for colour in COLOURS[spec.colour])
    along = spine.attributes["along"]
    shade = along * 0.8
    if form.bands:
        ring = 0.5 + 0.5 * np.cos(2 * np.pi * form.bands * along)
        shade = ramp(0.3, 0.7, ring)
    paint = blended(shell, foot * 1.6, tubercle)
    spine = Mesh(spine.vertices, spine.faces, 1, {"colour": blended(foot, tip, shade)})
    mesh = merged([Mesh(body, test.faces, 0, {"colour": paint}), spine])
    vertices = mesh.vertices - [0, 0, mesh.vertices[:, 2].min()]
    mesh = Mesh(
        vertices * (spec.diameter / 2), mesh.faces, mesh.slot, {"colour": np.clip(mesh.attributes["colour"], 0, 1)}
    )
    return Asset("urchin", mesh, (Surface("mollusc_shell", spec.seed, COLOURS[spec.colour][0], painted=True),
                                  Surface("spine", spec.seed, COLOURS[spec.colour][1], painted=True)))  # fmt: skip
