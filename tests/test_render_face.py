"""Labels of a real, moving face against a rasteriser of our own and against the motion of its vertices."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
pytestmark = pytest.mark.blender
SIZE = 112


def rasterise(record, triangles, owners):
    """Planar depth (h, w) and owner (h, w) of triangles (m, 3, 3) in the world, at pixel centres; no Blender in it."""
    from simulacra.datagen.cameras import project

    pixels, depth = project(record, triangles)
    low = np.maximum(np.ceil(pixels.min(1) - 0.5), 0).astype(int)
    high = np.minimum(np.floor(pixels.max(1) - 0.5), [record["width"] - 1, record["height"] - 1]).astype(int)
    span = np.maximum(high - low + 1, 0)
    count = np.where((depth > 0).all(1), span.prod(1), 0)
    which = np.repeat(np.arange(len(triangles)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    x, y = low[which, 0] + step % span[which, 0], low[which, 1] + step // span[which, 0]
    a, b, c = pixels[which].transpose(1, 0, 2)
    centre = np.stack([x, y], 1) + 0.5

    def area(p, q, r):
        return (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])

    whole = area(a, b, c)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.stack([area(b, c, centre), area(c, a, centre), area(a, b, centre)], 1) / whole[:, None]
        far = 1 / (weights / depth[which]).sum(1)  # perspective: one over the depth is what is linear in the picture
    inside = (weights >= 0).all(1) & np.isfinite(far)
    x, y, which, far = x[inside], y[inside], which[inside], far[inside]
    order = np.argsort(-far, kind="stable")  # the nearest is written last
    nearest, owner = np.full((2, record["height"], record["width"]), np.inf)
    nearest[y[order], x[order]], owner[y[order], x[order]] = far[order], owners[which[order]]
    return nearest, owner


def triangles_of(person):
    """The triangles (m, 3, 3) in the world of every visible mesh, and the instance id of each."""
    graph = bpy.context.evaluated_depsgraph_get()
    found, owners = [], []
    for obj in person.objects:
        if obj.type != "MESH" or obj.hide_render:
            continue
        evaluated = obj.evaluated_get(graph)
        mesh = evaluated.to_mesh()
        mesh.calc_loop_triangles()
        points = np.zeros(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", points)
        corners = np.zeros(3 * len(mesh.loop_triangles), np.int32)
        mesh.loop_triangles.foreach_get("vertices", corners)
        matrix = np.array(obj.matrix_world)
        world = points.reshape(-1, 3).astype(float) @ matrix[:3, :3].T + matrix[:3, 3]
        found.append(world[corners.reshape(-1, 3)])
        owners.append(np.full(len(found[-1]), obj.pass_index, float))
        evaluated.to_mesh_clear()
    return np.concatenate(found), np.concatenate(owners)


@pytest.fixture(scope="module")
def sequence():
    """A person turning from a smile with glasses on, and the labels and camera of each of three frames."""
    from simulacra.datagen.cameras import camera_record
    from simulacra.datagen.rendering import passes
    from simulacra.datagen.rendering.render import derive
    from simulacra.procgen import registry
    from simulacra.procgen.params import parse_settings
    from simulacra.procgen.people.motion import animate

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    passes.configure(scene, (SIZE, SIZE), 1)
    wishes = ["hair.groom=bob", "hair.density=0.4", "wear.glasses=round", "expression.name=neutral", "expression.head_yaw=-8..-6",
              "motion.name=open_smile", "motion.head_yaw=8..10", "beard.style=none", "wear.headwear.kind=none",
              "light.kind=studio", "camera.azimuth=-5..5"]  # fmt: skip
    # Labels know neither light nor skin's pictures.
    person = registry.build("faces", registry.sample("faces", 21, parse_settings(wishes)), without=("light", "skin"))
    animate(person, 3)
    for obj in person.objects:
        obj.hide_render = bool(obj.get("label_hidden"))
    scene.camera = person.cameras[0]
    scene.camera.data.dof.use_dof = False
    override = passes.label_material()
    shots = []
    for frame in range(3):
        scene.frame_set(frame)
        raw = passes.render_labels(scene, override, True, passes.CyclesClock())
        record = camera_record(scene.camera, scene, frame)
        shots.append((derive(raw, record, len(person.objects)), record, triangles_of(person)))
    alpha = passes.render_hair_alpha(scene, override, passes.CyclesClock())
    scene.render.threads = 2
    again = derive(passes.render_labels(scene, override, True, passes.CyclesClock()), record, len(person.objects))
    again["hair_alpha"] = passes.render_hair_alpha(scene, override, passes.CyclesClock())
    return SimpleNamespace(person=person, shots=shots, alpha=alpha, again=again)


def test_depth_and_ids_equal_a_rasteriser_of_our_own(sequence):
    strands = [obj.pass_index for obj in sequence.person.objects if obj.type == "CURVES"]
    for values, record, (triangles, owners) in sequence.shots[::2]:
        depth, owner = rasterise(record, triangles, owners)
        curves = np.isin(values["instance"], strands)
        same = np.isclose(values["depth"], depth, rtol=0, atol=1e-4)  # two times nothing is the same, too
        assert (~same[~curves]).mean() <= 1e-3
        known = ~curves & same & np.isfinite(depth)
        assert known.sum() > 3000
        assert (owner[known] == values["instance"][known]).mean() > 0.999
        assert (values["depth"][curves] <= depth[curves] + 1e-4).mean() > 0.999, (
            "strands are seen where they are nearer"
        )


def test_two_threads_give_the_same_bytes_as_one(sequence):
    first = sequence.shots[2][0] | {"hair_alpha": sequence.alpha}
    assert set(first) == set(sequence.again) and "flow" in first
    for name, values in first.items():
        assert values.tobytes() == sequence.again[name].tobytes(), name


def test_what_lies_behind_glass_is_labelled(sequence):
    lenses = [obj.pass_index for obj in sequence.person.objects if obj.get("label_hidden")]
    for values, _, _ in sequence.shots:
        assert lenses and not np.isin(values["instance"], lenses).any()
        assert {1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 15, 16} <= set(np.unique(values["parts"]))


def test_flow_of_skin_is_the_motion_of_its_vertices(sequence):
    from simulacra.datagen.cameras import pixel_centres, project

    states = sequence.person.states
    for here, there, name in ((0, 1, "flow"), (1, 2, "flow"), (1, 0, "flow_back"), (2, 1, "flow_back")):
        values, record, _ = sequence.shots[here]
        rows, columns = np.nonzero(values["instance"] == sequence.person.head.pass_index)
        before, after = states[here].surface, states[there].surface
        tree = before.bvh()
        errors, moved = [], []
        for y, x in zip(rows[::3], columns[::3], strict=True):
            point = values["position"][y, x].astype(float)
            place, _, triangle, distance = tree.find_nearest(point.tolist())
            assert distance < 1e-5
            corners = before.positions[before.triangles[triangle]]
            edges = np.stack([corners[1] - corners[0], corners[2] - corners[0]], 1)
            tail = np.linalg.lstsq(edges, np.array(place) - corners[0], rcond=None)[0]
            weights = np.array([1 - tail.sum(), *tail])
            target = project(record, weights @ after.positions[after.triangles[triangle]])[0]
            truth = target - pixel_centres(record)[y, x]
            moved.append(np.linalg.norm(truth))
            errors.append(np.linalg.norm(values[name][y, x] - truth))
        assert np.max(moved) > 2, "the head turns"
        assert np.median(errors) <= 1e-3 and np.max(errors) <= 0.05, (name, np.median(errors), np.max(errors))


def test_flow_of_hair_is_the_turn_of_the_head(sequence):
    from simulacra.datagen.cameras import pixel_centres, project

    hair = [obj.pass_index for obj in sequence.person.objects if obj.get("class") == "hair"]
    values, record, _ = sequence.shots[0]
    known = np.isin(values["instance"], hair)
    assert known.sum() > 100
    turn = sequence.person.states[1].pose.bones["head"] @ np.linalg.inv(sequence.person.states[0].pose.bones["head"])
    target, _ = project(record, values["position"][known] @ turn[:3, :3].T + turn[:3, 3])
    truth = target - pixel_centres(record)[known]
    errors = np.linalg.norm(values["flow"][known] - truth, axis=-1)
    assert np.linalg.norm(truth, axis=-1).max() > 2
    # Cycles moves the axis of a strand; the ribbon around it turns to the camera, so a hit beside the axis is off by
    # a share of the strand's width, and more where a strand curls toward the lens.
    spread = np.percentile(errors, [50, 99])
    assert spread[0] <= 0.02 and spread[1] <= 0.25, spread


def test_hidden_points_are_found_and_the_rest_is_seen_again(sequence):
    from simulacra.datagen.rendering.sequence import motion_labels

    first, *_ = motion_labels([shot[0] for shot in sequence.shots], 1)
    values = sequence.shots[0][0]
    skin, hair = np.isin(values["parts"], (1, 2, 12)), values["parts"] == 13
    assert (first["occlusion"][skin] == 0).mean() > 0.85 and (first["occlusion"][skin] == 255).any()
    assert (first["occlusion"][hair] == 0).mean() > 0.5, "strands move together"


def test_strand_mask_and_soft_coverage_agree(sequence):
    mask, alpha = sequence.shots[2][0]["hair"] > 0, sequence.alpha
    assert 0 <= alpha.min() and alpha.max() <= 1
    assert abs(alpha.mean() - mask.mean()) < 0.01
    assert (alpha[mask] > 0).mean() > 0.97, "a strand at the centre covers some of the pixel"
    inner = mask.copy()
    inner[1:-1, 1:-1] = np.all([np.roll(mask, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)], 0)[1:-1, 1:-1]
    assert np.median(alpha[inner]) > 0.8


@pytest.fixture(scope="module")
def orbit(tmp_path_factory):
    """Three views of one person through render_sample, every label."""
    from simulacra.datagen.labels import LABELS
    from simulacra.datagen.recipe import Recipe
    from simulacra.datagen.rendering.render import render_sample
    from simulacra.procgen import registry
    from simulacra.procgen.params import parse_settings

    names = tuple(
        name for name, label in LABELS.items() if "people" in label.of and not label.sequence and not label.stereo
    )
    recipe = Recipe("faces", seed=8, size=48, samples=1, views=3, threads=1, labels=names)
    wishes = [
        "hair.groom=buzz",
        "hair.density=0.4",
        "wear.headwear.kind=none",
        "wear.garment.kind=crew_tee",
        "beard.density=0.3",
        "light.kind=studio",
        "camera.orbit_azimuth=180",
    ]
    folder = tmp_path_factory.mktemp("orbit")
    result = render_sample(registry.sample("faces", 8, parse_settings(wishes)), recipe, folder)
    return folder, result, names


@pytest.mark.once  # a dry run of the sidebar writes every label on both
def test_every_label_of_every_view_is_written_as_its_row_says(orbit):
    from simulacra.datagen.formats.files import read_label
    from simulacra.datagen.labels import LABELS, file_name

    folder, result, names = orbit
    assert result["frames"] == [0, 1, 2] and set(result["seconds"]) >= {"build", "cycles_rgb", "cycles_labels"}
    for frame in range(3):
        values = {name: read_label(folder / file_name(frame, name), name) for name in names}
        nothing = values["instance"] == 0
        for name, array in values.items():
            points = LABELS[name].suffix == "npz"
            assert array.shape[:2] == ((5519, 6) if points else (48, 48)) and array.dtype == LABELS[name].dtype
            if name in ("depth", "normal", "position", "parts", "hair", "uv", "semantic"):
                rest = array[nothing]
                background = LABELS[name].background
                assert np.isnan(rest).all() if np.isnan(background) else (rest == background).all(), name
        assert np.isfinite(values["shading"]).all() and values["shading"].max() > 0
        assert (values["albedo"] >= 0).all() and values["albedo"].max() < 2
        assert ((values["semantic"] == 6) <= (values["instance"] > 0)).all()
    assert {path.name for path in folder.iterdir()} == {
        *(file_name(frame, name) for frame in range(3) for name in names), "camera.json", "landmarks.json", "objects.json",
        "spec.json", "caption.txt",
    }  # fmt: skip


@pytest.mark.once  # a dry run of the sidebar writes every label on both
def test_views_see_the_same_points_and_hide_the_far_side(orbit):
    folder, _, _ = orbit
    marks = json.loads((folder / "landmarks.json").read_text())["frames"]
    cameras = json.loads((folder / "camera.json").read_text())["frames"]
    points = [np.array(frame["points_3d"]) for frame in marks]
    assert np.abs(points[0] - points[1]).max() == 0 and np.abs(points[0] - points[2]).max() == 0
    assert all(camera["rig"] == "orbit" and camera["f_stop"] for camera in cameras)
    for frame in marks:
        yaw, seen = frame["head_pose"]["yaw"], np.array(frame["visible"])
        if abs(yaw) > 120:
            assert not seen[27:68].any(), "the face is not seen from behind"
        elif abs(yaw) < 30:
            assert seen[27:36].mean() > 0.8
        elif 45 < abs(yaw) < 120:
            left_eye, right_eye = seen[42:48].mean(), seen[36:42].mean()
            assert (right_eye > left_eye) == (yaw > 0) or left_eye == right_eye


@pytest.mark.once  # a dry run of the sidebar writes every label on both
def test_boxes_hold_what_they_name(orbit):
    folder, _, _ = orbit
    from simulacra.datagen.formats.files import read_label

    frame = json.loads((folder / "objects.json").read_text())["frames"][0]
    instance, position = (
        read_label(folder / f"0000.{name}", name.split(".")[0]) for name in ("instance.png", "position.exr")
    )
    checked = 0
    for record in frame["objects"]:
        inside = instance == record["id"]
        if not inside.any():
            assert record["box_2d"] is None
            continue
        box = record["box_3d"]
        local = (position[inside] - box["center"]) @ np.array(box["rotation"])
        assert (np.abs(local) <= np.array(box["size"]) / 2 + 1e-4).all(), record["name"]
        checked += 1
    assert checked >= 3
