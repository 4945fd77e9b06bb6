"""Labels of places: numbers of instances, flow, scene flow, occlusion, disparity and tracks against closed forms and Cycles."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from simulacra.datagen.cameras import pixel_centres, pixel_rays, project
from simulacra.datagen.formats.files import read_label
from simulacra.datagen.labels import SEMANTIC
from simulacra.datagen.validity.table import CHECKS

pytestmark = pytest.mark.blender
SIZE, FRAMES, EYES = (208, 144), 3, 2
LABELS = ("rgb", "depth", "normal", "position", "instance", "semantic", "flow", "flow_back", "occlusion", "occlusion_back",
          "scene_flow", "disparity")  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A rendered stage: a function that reads a label of a shot, the camera records, the objects and the folder."""
    pytest.importorskip("bpy")
    from place_stage import build_stage

    from simulacra.datagen.rendering import render_place
    from simulacra.procgen import registry

    folder = tmp_path_factory.mktemp("place")
    shots = {}

    def build(name, spec, frames, eyes, resolution):
        site, shots["shot"] = build_stage(frames, eyes, resolution)
        shots["site"] = site
        return site

    from place_stage import stage_shot

    recipe = SimpleNamespace(generator="places", resolution=SIZE, threads=2, frames=FRAMES, views=EYES, samples=1,
                             label_names=lambda: LABELS, family="places", device="cpu",
                             levels=lambda: dict.fromkeys(CHECKS, "ignore"))  # fmt: skip
    patch = pytest.MonkeyPatch()
    patch.setattr(registry, "build", build)
    patch.setattr(registry, "dump", lambda *_: {})
    patch.setattr(render_place, "to_dict", lambda _: {})
    patch.setattr(render_place, "caption", lambda *_: "a stage")
    record = render_place.render_place(SimpleNamespace(camera=stage_shot(), exposure=0.0), recipe, folder)
    patch.undo()
    cameras = json.loads((folder / "camera.json").read_text())["frames"]
    objects = json.loads((folder / "objects.json").read_text())["frames"]

    def label(shot, name):
        suffix = "png" if name in ("rgb", "instance", "semantic", "occlusion", "occlusion_back") else "exr"
        return read_label(folder / f"{shot:04d}.{name}.{suffix}", name)

    return SimpleNamespace(label=label, cameras=cameras, objects=objects, folder=folder, record=record)


def of_class(rendered, shot, name):
    return rendered.label(shot, "semantic") == SEMANTIC.index(name)


def bilinear(values, places):
    x, y = (
        np.clip(places[:, 0] - 0.5, 0, values.shape[1] - 1.001),
        np.clip(places[:, 1] - 0.5, 0, values.shape[0] - 1.001),
    )
    i, j = x.astype(int), y.astype(int)
    u, v = (x - i)[:, None], (y - j)[:, None]
    return (values[j, i] * (1 - u) * (1 - v) + values[j, i + 1] * u * (1 - v) + values[j + 1, i] * (1 - u) * v
            + values[j + 1, i + 1] * u * v)  # fmt: skip


def edges(rendered, shot):
    """Pixels next to another thing or to a jump in depth."""
    instance, depth = rendered.label(shot, "instance").astype(int), np.log(rendered.label(shot, "depth"))
    found = np.zeros(instance.shape, bool)
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            with np.errstate(invalid="ignore"):
                jump = np.abs(np.roll(depth, step, axis) - depth) > 0.06 * abs(step)
            found |= (np.roll(instance, step, axis) != instance) | jump
    found[[0, 1, -2, -1]] = found[:, [0, 1, -2, -1]] = True
    return found


@pytest.mark.parametrize("shot", range(FRAMES * EYES))
def test_positions_project_to_their_pixels_and_depths(rendered, shot):
    position, depth = rendered.label(shot, "position"), rendered.label(shot, "depth")
    known = np.isfinite(depth)
    pixels, distance = project(rendered.cameras[shot], position[known])
    assert np.abs(pixels - pixel_centres(rendered.cameras[shot])[known]).max() < 0.01
    assert np.abs(distance - depth[known]).max() < 1e-4
    assert (rendered.label(shot, "instance") > 0).tolist() == known.tolist()


def test_the_carried_ball_is_where_its_closed_form_says(rendered):
    from place_stage import AWAY, BALL, RADIUS

    for shot in range(0, FRAMES * EYES, 2):
        ball = of_class(rendered, shot, "fish")
        assert ball.sum() > 100
        origin, rays = pixel_rays(rendered.cameras[shot])
        centre = BALL + shot // EYES * AWAY
        # The nearer hit of the ray with a sphere; the mesh lies within its chord of it.
        to, ray = origin - centre, rays[ball]
        b, a = ray @ to, (ray * ray).sum(1)
        gone = b * b - a * (to @ to - RADIUS**2)
        inner = gone > 0.05 * a * RADIUS**2
        depth = (-b - np.sqrt(np.maximum(gone, 0))) / a
        error = np.abs(depth - rendered.label(shot, "depth")[ball])[inner]
        assert error.max() < 0.02  # what facets of 0.09 m cut off a sphere of 0.6 m, seen aslant
        assert np.median(error) < 0.004
        if shot // EYES < FRAMES - 1:
            assert np.abs(rendered.label(shot, "scene_flow")[ball] - AWAY).max() < 2e-6


def test_waves_move_as_their_law_says(rendered):
    from place_stage import wave_height

    water = of_class(rendered, 0, "water")
    position, moved = rendered.label(0, "position")[water], rendered.label(0, "scene_flow")[water]
    assert np.abs(moved[:, :2]).max() < 2e-6
    expected = wave_height(position[:, 0], 1 / 24) - wave_height(position[:, 0], 0.0)
    assert np.abs(moved[:, 2] - expected).max() < 2e-3  # faces are 0.1 m wide, waves 3.1 m long


def test_ground_moves_only_with_the_camera(rendered):
    ground = of_class(rendered, 2, "terrain")
    assert np.abs(rendered.label(2, "scene_flow")[ground]).max() < 1e-6
    position = rendered.label(2, "position")[ground].astype(float)
    missed = project(rendered.cameras[2], position)[0] - pixel_centres(rendered.cameras[2])[ground]
    there = project(rendered.cameras[4], position)[0] - missed
    assert np.abs(there - pixel_centres(rendered.cameras[2])[ground] - rendered.label(2, "flow")[ground]).max() < 1e-4


def test_flow_is_what_cycles_own_vector_pass_says(rendered, scene):
    from place_stage import build_stage

    from simulacra.datagen.rendering import passes

    passes.configure(scene, SIZE, 2)
    site, _ = build_stage(FRAMES, EYES, SIZE)
    for obj in site.objects:
        obj.hide_render = obj["class"] == "water"  # it moves by a law of ours, which Cycles cannot know
    scene.camera = site.cameras[0]
    scene.frame_set(1)
    passes.label_settings(scene, 1, 0.01)
    passes.choose_passes(scene.view_layers[0], z=True, vector=True)
    channels = passes.render_channels(scene, passes.CyclesClock())
    vector, depth = passes.pick(channels, "vector"), rendered.label(2, "depth")
    same = ~of_class(rendered, 2, "water") & (np.abs(passes.pick(channels, "depth") - depth) < 1e-4 * depth)
    assert same.mean() > 0.4
    moving = same & of_class(rendered, 2, "tree")
    assert moving.sum() > 500
    forward = np.stack([-vector[..., 2], vector[..., 3]], -1)
    back = np.stack([vector[..., 0], -vector[..., 1]], -1)
    assert np.abs(forward - rendered.label(2, "flow"))[same].max() < 5e-4
    assert np.abs(back - rendered.label(2, "flow_back"))[same].max() < 5e-4
    assert np.abs(rendered.label(2, "scene_flow")[moving]).max() > 1e-3  # the wind does blow


@pytest.mark.parametrize(("there", "back", "hidden", "step"), [("flow", "flow_back", "occlusion", 2),
                                                               ("flow_back", "flow", "occlusion_back", -2)])  # fmt: skip
def test_forward_and_backward_flow_agree_where_seen_and_not_where_hidden(rendered, there, back, hidden, step):
    good = visible = wrong = covered = 0
    for shot in range(FRAMES * EYES):
        if not 0 <= shot + step < FRAMES * EYES:
            assert np.isnan(rendered.label(shot, there)).all()
            continue
        flow, other = rendered.label(shot, there), np.nan_to_num(rendered.label(shot + step, back), nan=99.0)
        known = rendered.label(shot, "instance") > 0
        target = pixel_centres(rendered.cameras[shot]) + np.nan_to_num(flow)
        inside = (target >= 0).all(-1) & (target < SIZE).all(-1)
        out = rendered.label(shot, hidden) > 0
        clear = known & ~out & ~edges(rendered, shot)
        landing = target[clear].astype(int)
        clear[clear] = ~edges(rendered, shot + step)[landing[:, 1], landing[:, 0]]
        error = np.linalg.norm(flow[clear] + bilinear(other, target[clear]), axis=-1)
        good, visible = good + (error <= 0.1).sum(), visible + clear.sum()
        gone = known & out
        error = np.linalg.norm(flow[gone] + bilinear(other, target[gone]), axis=-1)
        wrong, covered = wrong + ((error > 0.5) | ~inside[gone]).sum(), covered + gone.sum()
    assert visible > 20_000 and good / visible >= 0.99
    assert covered > 500 and wrong / covered >= 0.95


def test_disparity_leads_to_the_same_point_of_the_right_picture(rendered):
    left, right = rendered.cameras[2], rendered.cameras[3]
    baseline = np.linalg.norm(np.array(left["cam2world"])[:3, 3] - np.array(right["cam2world"])[:3, 3])
    depth, disparity = rendered.label(2, "depth"), rendered.label(2, "disparity")
    known = np.isfinite(depth)
    assert np.abs(disparity[known] - left["K"][0][0] * baseline / depth[known]).max() < 1e-3
    seen, _ = project(right, rendered.label(2, "position")[known])
    expected = pixel_centres(left)[known] - np.stack([disparity[known], 0 * disparity[known]], 1)
    assert np.abs(seen - expected).max() < 0.01
    # Where the right eye sees the same thing without an edge, it sees it at the same depth.
    place = expected
    inside = (place[:, 0] > 3) & ~edges(rendered, 2)[known]
    other = bilinear(rendered.label(3, "depth")[..., None], place[inside])[:, 0]
    near = np.abs(other - depth[known][inside]) < 0.02 * depth[known][inside]
    assert near.mean() > 0.9


def test_every_instance_has_its_own_id_and_record(rendered):
    instance, semantic = rendered.label(0, "instance"), rendered.label(0, "semantic")
    records = {record["id"]: record for record in rendered.objects[0]["objects"]}
    assert set(np.unique(instance)) - {0} == set(records)
    stalks = [record for record in records.values() if record["class"] == "tree"]
    assert len(stalks) > 15 and len({tuple(np.round(np.array(record["pose"])[:3, 3], 4)) for record in stalks}) == len(
        stalks
    )
    position = rendered.label(0, "position")
    for record in records.values():
        mask = instance == record["id"]
        rows, columns = np.nonzero(mask)
        assert record["box_2d"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert set(np.unique(semantic[mask])) == {SEMANTIC.index(record["class"])}
        box = record["box_3d"]
        if record["class"] == "tree":  # sway takes its top out of the box at rest
            local = np.abs((position[mask] - box["center"]) @ np.array(box["rotation"]))
            assert (local <= np.array(box["size"]) / 2 + 0.7).all()


def test_tracks_follow_points_through_the_sequence(rendered):
    tracks = np.load(rendered.folder / "tracks.npz", allow_pickle=False)
    pixels, points = tracks["points_2d"], tracks["points_3d"]
    assert pixels.shape == (len(tracks["query"]), FRAMES, 2) and len(pixels) > 300
    assert np.abs(pixels[:, 0] - tracks["query"]).max() < 1e-3 and tracks["visible"][:, 0].all()
    x, y = tracks["query"].astype(int).T
    flow = rendered.label(0, "flow")[y, x]
    assert np.abs(pixels[:, 1] - pixels[:, 0] - flow).max() < 1e-3
    move = rendered.label(0, "scene_flow")[y, x]
    assert np.abs(points[:, 1] - points[:, 0] - move).max() < 2e-5
    for frame in range(FRAMES):
        there, _ = project(rendered.cameras[frame * EYES], points[:, frame])
        assert np.abs(there - pixels[:, frame]).max() < 1e-3
    assert 0.5 < tracks["visible"][:, -1].mean() < 1.0
