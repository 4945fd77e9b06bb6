"""Checks of built scenes: a camera inside things, under the ground or before a wall, parts that are missing; and a real run."""

import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Matrix  # noqa: E402
from place_stage import BALL, build_stage  # noqa: E402

from simulacra.datagen.recipe import Recipe  # noqa: E402
from simulacra.datagen.storage.dataset import DatasetFolder  # noqa: E402
from simulacra.datagen.validity.findings import Invalid  # noqa: E402
from simulacra.datagen.validity.scene import before, inside, places_of  # noqa: E402
from simulacra.procgen import registry  # noqa: E402

pytestmark = pytest.mark.blender
NEAR = 0.02  # metres, where the cameras' clipping starts


@pytest.fixture
def site(scene):
    """The stage at rest: uneven ground, a crowd, a ball, a sheet of water."""
    return build_stage(frames=1, moves=False)[0]


def places(**more):
    return Recipe(generator="places", size=96, height=64, **more)


OPEN_AIR = {
    "over the ground": (0.0, -1.0, 1.9), "before the ball": BALL + [0.0, -1.0, 0.0], "over the ball": BALL + [0, 0, 0.7],
    "under the sheet of water": (0.5, 5.0, 0.6), "beside everything": (500.0, 0.0, 1.0),
}  # fmt: skip
INSIDE = {
    "in the ball": (BALL, "Ball"), "in the ball, off its middle": (BALL + [0.2, 0.3, -0.3], "Ball"),
    "right before the ball": (BALL + [0, -0.605, 0], "Ball"), "under the ground": ((3.3, -4.1, -0.5), "Ground"),
    "deep under the ground": ((-7.0, 6.0, -30.0), "Ground"),
}  # fmt: skip


@pytest.mark.parametrize("eye", OPEN_AIR.values(), ids=OPEN_AIR)
def test_a_camera_in_the_open_is_let_through(site, eye):
    share, _ = inside(site, np.array(eye), NEAR)
    assert share == 0


@pytest.mark.parametrize("eye, name", INSIDE.values(), ids=INSIDE)
def test_a_camera_in_something_is_found(site, eye, name):
    assert inside(site, np.array(eye, float), NEAR) == (1.0, name)


def test_a_camera_in_an_instance_is_found(site):
    crowd = next(crowd for crowd in site.crowds if crowd.name == "Stalks")
    matrix = crowd.matrices[5]
    middle = matrix[:3, :3] @ [0.0, 0.0, 0.3] + matrix[:3, 3]
    share, name = inside(site, middle, 1e-4)
    assert name == "Stalks" and share > 0.8
    beside, _ = inside(site, middle + [0.0, 0.0, 3.0], 1e-4)
    assert beside == 0


def test_leaves_all_around_are_no_inside(scene):
    """Single faces at random: about half of them are seen from behind."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(4000, 3))
    centres *= (rng.uniform(1, 3, 4000) / np.linalg.norm(centres, axis=1))[:, None]
    corners = (centres[:, None] + rng.normal(scale=0.15, size=(4000, 3, 3))).reshape(-1, 3)
    data = bpy.data.meshes.new("Leaves")
    data.from_pydata(corners.tolist(), [], np.arange(12000).reshape(-1, 3).tolist())
    obj = bpy.data.objects.new("Leaves", data)
    obj["class"] = "bush"
    scene.collection.objects.link(obj)
    made = type("Made", (), {"objects": [obj], "cameras": []})
    share, _ = inside(made, np.zeros(3), NEAR)
    assert 0.2 < share < 0.8


def test_a_way_that_leads_into_something_is_found_by_its_frame(scene):
    site, _ = build_stage(frames=9, eyes=2, moves=False)
    recipe = places(frames=9, views=2)
    before(recipe, None, site)
    scene.frame_set(3)
    left = site.cameras[0]
    seen = {frame: eyes[0] for frame, eyes in places_of(site.cameras, 9).items()}
    assert sorted(seen) == [0, 2, 4, 6, 8] and bpy.context.scene.frame_current == 3 and len(bpy.data.scenes) == 1
    for frame, eye in seen.items():
        scene.frame_set(frame)
        assert np.allclose(eye, np.array(left.matrix_world)[:3, 3], atol=1e-6)
    ball = bpy.data.objects["Ball"]
    ball.location = seen[6]
    with pytest.raises(Invalid, match=r"camera_inside \(Ball\) is 1 in frame") as caught:
        before(recipe, None, site)
    assert (
        caught.value.findings[0].frame == 4
    )  # the left picture of frame 2: four steps of 0.14 m before the ball's middle
    warned = before(places(frames=9, views=2, checks=("camera_inside=warn",)), None, site)
    assert [(row["check"], row["of"]) for row in warned] == [("camera_inside", "Ball")]
    assert before(places(frames=9, views=2, checks=("camera_inside=ignore",)), None, site) == []


def test_a_place_without_ground_or_with_an_empty_thing_is_found(site):
    site.objects.remove(bpy.data.objects["Ground"])
    with pytest.raises(Invalid, match=r"missing_part \(terrain\) is 0"):
        before(places(), None, site)
    site.objects.append(bpy.data.objects["Ground"])
    bpy.data.objects["Ball"].data.clear_geometry()
    with pytest.raises(Invalid, match=r"missing_part \(Ball\) is 0"):
        before(places(), None, site)


def test_a_part_that_the_spec_asks_for_and_is_not_there_is_found(scene):
    """Of a person of single triangles, one object for each class."""
    from simulacra.datagen.validity.people import asked

    spec = registry.sample("faces", 5)
    made = type("Made", (), {"objects": [], "cameras": []})
    for kind in asked(spec):
        data = bpy.data.meshes.new(kind)
        data.from_pydata([(5, 0, 0), (6, 0, 0), (5, 1, 0)], [], [(0, 1, 2)])
        made.objects.append(bpy.data.objects.new(kind, data))
        made.objects[-1]["class"] = kind
    recipe = Recipe(generator="faces", size=64)
    assert before(recipe, spec, made) == []
    for obj in list(made.objects):
        obj.data.clear_geometry()
        with pytest.raises(Invalid, match=rf"^missing_part \({obj.name}\) is 0 in frame 0, allowed is at least 1$"):
            before(recipe, spec, made)
        made.objects.remove(obj)
        with pytest.raises(Invalid, match=rf"missing_part \({obj.name}\)"):
            before(recipe, spec, made)
        obj.data.from_pydata([(5, 0, 0), (6, 0, 0), (5, 1, 0)], [], [(0, 1, 2)])
        made.objects.append(obj)


@pytest.mark.slow
def test_a_person_without_eyes_is_found(scene):
    from simulacra.procgen.params import parse_settings
    from simulacra.procgen.people.face import build_face

    spec = registry.sample("faces", 5, parse_settings(("hair.groom=bald", "beard.style=none", "beard.moustache=none")))
    person = build_face(spec, without=("light",))
    recipe = Recipe(generator="faces", size=64)
    assert before(recipe, spec, person) == []
    hidden = [obj for obj in person.objects if obj["class"] == "eye"]
    person.objects = [obj for obj in person.objects if obj["class"] != "eye"]
    with pytest.raises(Invalid, match=r"^missing_part \(eye\) is 0 in frame 0, allowed is at least 1$"):
        before(recipe, spec, person)
    person.objects += hidden
    (camera,) = person.cameras
    camera.matrix_world = Matrix.Translation(
        np.asarray(person.head_matrix)[:3, :3] @ [0, 0.06, 0.02] + np.asarray(person.head_matrix)[:3, 3]
    )
    bpy.context.view_layer.update()
    with pytest.raises(Invalid, match="camera_inside"):
        before(recipe, spec, person)


@pytest.mark.slow
def test_a_redone_face_is_the_one_that_its_drawn_seed_makes(tmp_path, scene, monkeypatch):
    """Faces by the real renderer: one that a check rejects, then the next draw, byte for byte what that seed alone makes."""
    from simulacra.datagen.rendering import render
    from simulacra.datagen.validity import scene as checks

    recipe = Recipe(
        generator="faces",
        seed=9,
        size=32,
        samples=1,
        labels=("rgb", "depth"),
        settings=("hair.groom=bald", "beard.style=none"),
    )
    plain, calls = checks.inside, []
    monkeypatch.setattr(
        checks, "inside", lambda *a: calls.append(a) or ((1.0, "Wall") if len(calls) == 1 else plain(*a))
    )
    folder = DatasetFolder.open(tmp_path / "redone", recipe)
    record = folder.write_sample(0, render.render_sample)
    assert [row["of"] for row in record["validity"]["redone"]] == ["Wall"] and record["validity"]["attempt"] == 1
    alone = DatasetFolder.open(tmp_path / "alone", Recipe(**recipe.to_dict() | {"seed": record["drawn_seed"]}))
    theirs = alone.write_sample(0, render.render_sample)
    assert theirs["validity"] == {"attempt": 0, "redone": [], "warned": []} and "drawn_seed" not in theirs
    assert record["files"] == theirs["files"]
    folder.describe({})
    told = json.loads((tmp_path / "redone" / "dataset.json").read_text())["validity"]
    assert told["samples"][0]["drawn_seed"] == record["drawn_seed"]
