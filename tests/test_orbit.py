"""Pictures around a person alone: one run of Cycles, with the coverage beside them."""

import json

import numpy as np
import pytest

pytest.importorskip("bpy")

from simulacra.datagen.readers import Dataset
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.rendering.render import render_sample

pytestmark = [pytest.mark.blender, pytest.mark.once]  # single renders are held against truths on both releases
SETTINGS = ("light.kind=tent", "camera.orbit_azimuth=180", "hair.groom=bald", "wear.headwear.kind=none", "beard.style=none",
            "beard.moustache=none", "camera.f_stop=16")  # fmt: skip


def rendered(tmp_path, name, labels, views):
    recipe = Recipe("faces", seed=3, size=48, samples=4, labels=labels, settings=SETTINGS, views=views, threads=1)
    folder = tmp_path / name / "000000"
    folder.mkdir(parents=True)
    record = render_sample(recipe.sample(0), recipe, folder)
    (folder / "sample.json").write_text(json.dumps({"frames": record["frames"], "files": {}}))
    (tmp_path / name / "dataset.json").write_text(json.dumps({"format": 1, "splits": {}}))
    return Dataset(tmp_path / name)[0]


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """Four sides of somebody in one run."""
    return rendered(tmp_path_factory.mktemp("orbit"), "together", ("alpha",), 4)


def test_an_orbit_in_one_run_shows_what_single_renders_show(together, tmp_path):
    single = rendered(tmp_path, "single", ("alpha", "depth"), 4)
    assert not together.holds("landmarks.json") and single.holds("landmarks.json")
    seen = []
    for view in range(4):
        assert together.camera(view) == single.camera(view)
        alpha = together.label("alpha", view).astype(float)
        assert np.abs(alpha - single.label("alpha", view)).mean() < 5  # other noise at the edges, of 4 samples
        on = alpha == 255
        ours, theirs = together.label("rgb", view)[on].astype(float), single.label("rgb", view)[on].astype(float)
        assert on.mean() > 0.2 and np.abs(ours - theirs).mean() < 6
        # Coverage against the exact depth: whole where the pixel and its neighbours are hit, none where none is.
        hit = np.isfinite(single.label("depth", view))
        shifted = [np.roll(hit, (dy, dx), (0, 1)) for dy in (-2, -1, 0, 1, 2) for dx in (-2, -1, 0, 1, 2)]
        inner = (slice(3, -3),) * 2
        assert (alpha[inner][np.all(shifted, 0)[inner]] == 255).all()
        assert (alpha[inner][~np.any(shifted, 0)[inner]] == 0).all()
        seen.append(together.label("rgb", view))
    assert np.abs(seen[0].astype(float) - seen[1]).mean() > 3  # the camera moved


def test_a_tent_lights_every_side_alike(together):
    light = [together.label("rgb", view)[together.label("alpha", view) == 255].mean() for view in together.frames]
    assert max(light) < 1.6 * min(light)
