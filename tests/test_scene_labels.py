"""Labels of any Blender file against closed forms and each other, at tiny sizes."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Euler, Matrix, Vector  # noqa: E402
from scene_stage import GEOMETRY, instancing, principled, shown  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.cameras import pixel_centres, pixel_rays, project  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.gallery import write_gallery  # noqa: E402
from simulacra.datagen.readers import Dataset  # noqa: E402
from simulacra.datagen.rendering.scene_labels import boxes  # noqa: E402
from simulacra.datagen.scene_recipe import SceneRecipe, parse_frames, parse_size  # noqa: E402
from simulacra.procgen.camera import look_at  # noqa: E402

pytestmark = pytest.mark.blender


def test_frames_and_sizes_are_read():
    assert parse_frames("", 7) == (7, 7) and parse_frames("3..9", 7) == (3, 9) and parse_frames("-4..-2", 7) == (-4, -2)
    assert parse_frames("12", 7) == (12, 12) and parse_size("64x48") == (64, 48) and parse_size("") is None
    for text in ("9..3", "a..b", "1...2", "1..", "1.5"):
        with pytest.raises(BadInput, match="frames"):
            parse_frames(text, 1)
    for text in ("64", "64x", "x"):
        with pytest.raises(BadInput, match="size"):
            parse_size(text)


def test_boxes_hold_their_pixels():
    instance = np.zeros((6, 9), np.uint16)
    instance[1:3, 4:8] = 7
    instance[5, 0] = 60000
    assert boxes(instance) == {7: [4, 1, 8, 3], 60000: [0, 5, 1, 6]}
    assert boxes(np.zeros((2, 2), np.uint16)) == {}


@pytest.mark.parametrize(
    "fit, lens, shift, size, percent, aspect, unit",
    [
        ("AUTO", 35.0, (0.0, 0.0), (64, 48), 100, (1, 1), 1.0),
        ("AUTO", 30.0, (0.13, -0.07), (48, 80), 100, (1, 1), 0.01),
        ("AUTO", 50.0, (0.1, 0.2), (61, 47), 130, (1.0, 2.0), 1.0),  # taller in the world than wide
        ("AUTO", 50.0, (-0.1, 0.05), (40, 60), 100, (2.0, 1.0), 1000.0),
        ("HORIZONTAL", 40.0, (0.05, -0.2), (48, 72), 75, (1.0, 1.5), 1.0),
        ("VERTICAL", 25.0, (-0.15, 0.1), (96, 40), 99, (1.3, 1.0), 0.3),
    ],
)
def test_a_plane_seen_obliquely_through_any_lens(stage, fit, lens, shift, size, percent, aspect, unit):
    render, data = stage.scene.render, stage.camera.data
    data.sensor_fit, data.lens, data.sensor_width, data.sensor_height = fit, lens, 36.0, 20.0
    data.shift_x, data.shift_y = shift
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = percent
    render.pixel_aspect_x, render.pixel_aspect_y = aspect
    stage.camera.scale = (2.0, 2.0, 2.0)  # a camera's size does nothing
    stage.scene.unit_settings.system, stage.scene.unit_settings.scale_length = "METRIC", unit
    plane = stage.quad("Plane", 0.5, 40.0)
    plane.rotation_euler = (0.2, 0.1, -0.25)
    (sample,) = stage.label(labels=[*GEOMETRY, "rgb"])
    record = sample.camera(0)
    assert (record["width"], record["height"]) == tuple(side * percent // 100 for side in size)
    origin, rays = pixel_rays(record)
    normal = np.array(Euler((0.2, 0.1, -0.25)).to_matrix()) @ [0, 1, 0]
    depth = ((np.array([0, 0.5, 0]) * unit - origin) @ normal) / (rays @ normal)
    # The truth is computed from K, so the position pass must re-project for it to be one.
    pixels, distance = project(record, sample.label("position", 0))
    centres = pixel_centres(record)
    assert np.abs(pixels - centres).max() <= 0.002
    assert np.abs(depth / sample.label("depth", 0) - 1).max() < 2e-5
    assert np.abs(distance / depth - 1).max() < 2e-5
    facing = normal @ np.array(record["cam2world"])[:3, :3]
    facing *= -np.sign(facing[2])
    assert np.abs(sample.label("normal", 0) - facing).max() < 1e-4


def pose_of(frame):
    turn = Euler((0.1 * frame, 0.05, 0.12 * frame))
    return Vector((0.15 * frame - 0.3, 0.1 * frame, 0.04 * frame)), turn


def camera_pose(frame):
    return Vector((0.1 * frame, -5.0 + 0.2 * frame, 0.5)), Euler((1.45, 0.02 * frame, 0.03 * frame))


def test_flow_of_a_moving_thing_before_a_moving_camera(stage):
    cube = stage.cube("Cube")
    stage.quad("Wall", 3.0, 1.6)
    stage.camera.rotation_mode = "XYZ"
    stage.scene.render.use_motion_blur = True
    stage.camera.data.dof.use_dof = True
    stage.camera.data.dof.focus_distance = 4.0
    for frame in range(0, 6):
        for obj, pose in ((cube, pose_of), (stage.camera, camera_pose)):
            obj.location, obj.rotation_euler = pose(frame)
            obj.keyframe_insert("location", frame=frame)
            obj.keyframe_insert("rotation_euler", frame=frame)
    (sample,) = stage.label(frames="1..3")
    assert sample.frames == [0, 1, 2] and sample.record["scene_frames"] == [1, 2, 3]
    assert sample.record["flow_unknown"] == [] and sample.record["unresolved"] == 0
    worst = 0.0
    for number, (name, step) in ((0, ("flow", 1)), (1, ("flow", 1)), (1, ("flow_back", -1)), (2, ("flow_back", -1))):
        frame = number + 1
        record = sample.camera(number)
        place, turn = camera_pose(frame)
        assert np.abs(np.array(record["cam2world"])[:3, 3] - place).max() < 1e-5
        position, instance = sample.label("position", number), sample.label("instance", number)
        flow = sample.label(name, number)
        ids = {entry["name"]: entry["id"] for entry in sample.objects(number)}
        here, there = (Matrix.LocRotScale(*pose_of(f), None) for f in (frame, frame + step))
        moved = np.array(there @ here.inverted())
        truth = position @ moved[:3, :3].T + moved[:3, 3]
        truth = np.where((instance == ids["Wall"])[..., None], position, truth)
        turned = dict(record)
        place, turn = camera_pose(frame + step)
        turned["cam2world"] = (np.array(Matrix.LocRotScale(place, turn, None)) @ np.diag([1.0, -1, -1, 1])).tolist()
        truth = project(turned, truth)[0] - pixel_centres(record)
        known = instance > 0
        assert {ids["Cube"], ids["Wall"]} <= set(np.unique(instance)) and not known.all()
        assert np.linalg.norm(truth[known], axis=-1).max() > 2, "the test must move things"
        worst = max(worst, np.abs(flow - truth)[known].max())
        assert np.isnan(flow[~known]).all()
    assert worst <= 0.01, worst
    assert np.isnan(sample.label("flow", 2)).all() and np.isnan(sample.label("flow_back", 0)).all()
    assert (sample.label("occlusion", 1) == 0).any() and sample.camera(1)["time"] == pytest.approx(2 / 24)


def test_the_same_labels_for_one_and_two_threads(stage):
    instancing(stage)
    stage.quad("Haze", -0.5, 0.5, material=principled(0.3))
    one, two = (stage.label(name, threads)[0] for name, threads in (("one", 1), ("two", 2)))
    for name in one.record["files"]:
        if not name.endswith("rgb.png"):
            assert (one.path / name).read_bytes() == (two.path / name).read_bytes(), name


def test_motion_that_cannot_be_known_is_told(stage):
    growing = stage.cube("Growing", 0.2)
    growing.location.x = -1.2
    array = growing.modifiers.new("Array", "ARRAY")
    for frame, count in ((1, 2), (2, 2), (3, 2), (4, 3), (5, 3)):
        array.count = count
        array.keyframe_insert("count", frame=frame)
    steady = stage.cube("Steady", 0.3)
    steady.location = (0.0, 0, -0.6)
    (sample,) = stage.label(frames="1..5")
    told = [record["flow_unknown"] for record in json.loads((sample.path / "objects.json").read_text())["frames"]]
    assert told == [[], [], ["Growing"], ["Growing"], []] and sample.record["flow_unknown"] == ["Growing"]
    for frame in range(1, 4):
        ids = {entry["name"]: entry["id"] for entry in sample.objects(frame)}
        instance = sample.label("instance", frame)
        for name in ("flow", "flow_back"):
            flow = sample.label(name, frame)
            assert np.isfinite(flow[instance == ids["Steady"]]).all()
            lost = np.isnan(flow[instance == ids["Growing"]])
            assert lost.all() if frame in (2, 3) else not lost.any()


def test_linked_data_and_other_engines(stage, tmp_path):
    source = stage.collection("Source", link=False)
    stage.cube("Far", 0.4, collection=source, material=principled(1.0))
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {source})
    bpy.data.collections.remove(source)
    bpy.data.objects.remove(bpy.data.objects["Far"])
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Source"]
    for number in range(2):
        empty = stage.put(bpy.data.objects.new(f"Empty{number}", None))
        empty.instance_type, empty.instance_collection = "COLLECTION", bpy.data.collections["Source"]
        empty.location.x = number - 0.5
    eevee = "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"
    stage.scene.render.engine = eevee
    stage.scene.view_layers[0].name = "View.Layer"
    stage.scene.view_layers.new("Other")
    (sample,) = stage.label(samples=2, labels=[*GEOMETRY, "rgb", "linear", "albedo", "shading"])
    assert sample.record["engine"] == {"file": eevee, "picture": "CYCLES", "labels": "CYCLES"}
    assert [entry["name"] for entry in sample.objects(0)] == ["Far", "Far"] and shown(sample) == {"Far"}
    assert len(np.unique(sample.label("instance", 0))) == 3
    assert sample.label("albedo", 0)[sample.label("instance", 0) > 0].mean() > 0.5


def test_through_the_command_line(stage, capfd):
    instancing(stage)
    second = stage.put(bpy.data.objects.new("Second", bpy.data.cameras.new("Second")))
    second.matrix_world = Matrix(look_at(np.array([1.0, -4.0, 0.6]), np.zeros(3), 0.0).tolist())
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    before, out = hashlib.sha256(stage.path.read_bytes()).hexdigest(), stage.folder / "out"
    asked = ["label", str(stage.path), str(out), "--cameras", "all", "--frames", "1..2", "--samples", "2", "--json"]
    capfd.readouterr()
    assert main(asked) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["started", "finished", "finished", "done"]
    assert events[1]["total"] == 2 and events[-1]["out"] == str(out)
    assert hashlib.sha256(stage.path.read_bytes()).hexdigest() == before
    described = json.loads((out / "dataset.json").read_text())
    assert described["recipe"]["source"] == "scene.blend" and described["recipe"]["sha256"] == before
    assert described["recipe"]["cameras"] == ["Camera", "Second"] and str(stage.folder) not in json.dumps(described)
    assert {"depth", "flow", "occlusion_back"} <= set(described["rendered"])
    assert sum(map(len, described["splits"].values())) == max(map(len, described["splits"].values())) == 2
    assert {sample.record["camera"] for sample in Dataset(out)} == {"Camera", "Second"}
    assert "2 cameras of scene.blend" in write_gallery(out).read_text()
    stamp = (out / "000000" / "sample.json").stat().st_mtime_ns
    assert main(asked) == 0 and (out / "000000" / "sample.json").stat().st_mtime_ns == stamp
    assert main([*asked, "--labels", "depth"]) == 2 and "labels is () there" in capfd.readouterr().err
    recipe = SceneRecipe.from_dict(described["recipe"])
    assert recipe.to_dict() == described["recipe"]


@pytest.mark.once
def test_bad_input_is_one_line(stage, tmp_path, capfd):
    stage.cube("Cube")["kind"] = 0.5
    flat = stage.put(bpy.data.objects.new("Flat", bpy.data.cameras.new("Flat")))
    flat.data.type = "CUSTOM"
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    good, out = str(stage.path), str(tmp_path / "out")
    stage.scene.camera = None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "unset.blend"), compress=False)
    for obj in list(bpy.data.objects):
        if obj.type == "CAMERA":
            bpy.data.objects.remove(obj)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "blind.blend"), compress=False)
    (tmp_path / "text.blend").write_text("not a scene")
    (tmp_path / "cut.blend").write_bytes(Path(good).read_bytes()[:3000])
    for arguments, words in (
        ([str(tmp_path / "none.blend")], "none.blend: is missing"),
        ([str(tmp_path)], "is a folder"),
        ([str(tmp_path / "text.blend")], "cannot be opened as a Blender file"),
        ([str(tmp_path / "cut.blend")], "cannot be opened as a Blender file"),
        ([str(tmp_path / "blind.blend")], "has no camera"),
        ([str(tmp_path / "unset.blend")], "has no active camera; allowed with --cameras are Camera, Flat"),
        ([good, "--cameras", "Flat"], "Flat is projected by a shader of its own; allowed are perspective"),
        ([good, "--cameras", "Nobody"], "Nobody is not in the scene; allowed are all, active, Camera, Flat"),
        ([good, "--labels", "depht"], "depht is not a label of a scene"),
        ([good, "--labels", "parts"], "parts is not a label of a scene"),
        ([good, "--labels", "flow"], "flow needs a sequence"),
        ([good, "--frames", "9..2"], "frames: 9..2 is not allowed"),
        ([good, "--size", "big"], "size: big is not allowed"),
        ([good, "--size", "16384x16384"], "size: 16384x16384 is not allowed; allowed are 67108864 pixels in all"),
        ([good, "--size", "1x9"], "width: 1 is not allowed"),
        ([good, "--samples", "-1"], "samples: -1 is not allowed"),
        ([good, "--classes", "colour"], "classes: colour is not allowed"),
        ([good, "--classes", "property:none"], "has the property none"),
        ([good, "--classes", "property:kind"], "kind of Cube is float"),
        ([good, "--timeout", "0"], "timeout: 0 is not allowed"),
    ):
        capfd.readouterr()
        code = main(["label", arguments[0], out, *arguments[1:]])
        told = capfd.readouterr()
        assert code == 2 and words in told.err and "\n" not in told.err.strip() and not told.out, (arguments, told)
        assert not Path(out).exists()
