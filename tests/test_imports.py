"""What comes in from outside: cameras, meshes, samples, presets; right where it is right, one clear line where it is not."""

import json
import os
import struct

import numpy as np
import pytest

from simulacra.addon.importing import mesh_files, transforms
from simulacra.addon.presets import files as presets
from simulacra.procgen import registry
from simulacra.procgen.distributions import SpecError

MUTATIONS = 200


def views(count: int = 4) -> dict:
    """A transforms.json with cameras that differ in every way that the format knows."""
    rng = np.random.default_rng(5)
    frames = []
    for index in range(count):
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        turn *= np.sign(np.linalg.det(turn))
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = turn, rng.normal(size=3)
        frames.append({
            "file_path": f"images/{index:04d}.png", "transform_matrix": matrix.tolist(), "w": 640, "h": 360,
            "fl_x": 700.0 + 50 * index, "fl_y": 700.0 + 30 * index, "cx": 310.0 + 7 * index, "cy": 190.0 - 5 * index,
        })  # fmt: skip
    return {"camera_model": "OPENCV", "frames": frames}


@pytest.mark.blender
def test_cameras_see_what_the_file_says(scene, sidebar, tmp_path):
    """Blender's own camera, as datagen measures it, has the intrinsics and the place of every frame."""
    import bpy

    from simulacra.datagen.cameras import FLIP, camera_record

    path = tmp_path / "transforms.json"
    path.write_text(json.dumps(views()))
    assert bpy.ops.simulacra.import_cameras(filepath=str(path)) == {"FINISHED"}
    scene = bpy.context.scene
    read = transforms.read(path)
    cameras = [marker.camera for marker in sorted(scene.timeline_markers, key=lambda marker: marker.frame)]
    assert len(cameras) == len(read) == 4
    for view, camera in zip(read, cameras, strict=True):
        render = scene.render
        render.resolution_x, render.resolution_y = view.width, view.height
        render.pixel_aspect_x, render.pixel_aspect_y = sidebar("importing.cameras").aspect(view)
        bpy.context.view_layer.update()
        record = camera_record(camera, scene, 0)
        k = np.array(record["K"])
        expected = [[view.focal[0], 0, view.centre[0]], [0, view.focal[1], view.centre[1]], [0, 0, 1]]
        assert np.abs(k - expected).max() < 1e-3
        assert np.abs(np.array(record["cam2world"]) @ FLIP - view.matrix).max() < 1e-6


@pytest.mark.blender
@pytest.mark.once
def test_an_exported_dataset_comes_back_as_its_cameras(scene, sidebar, face_dataset, tmp_path):
    import bpy

    from simulacra.__main__ import main
    from simulacra.datagen.cameras import camera_record
    from simulacra.datagen.readers import Dataset

    assert main(["export", str(face_dataset), "--to", "nerf", "--out", str(tmp_path / "nerf")]) == 0
    assert bpy.ops.simulacra.import_cameras(filepath=str(tmp_path / "nerf" / "000000" / "transforms.json")) == {
        "FINISHED"
    }
    bpy.context.view_layer.update()
    there = Dataset(face_dataset)[0].camera(0)
    here = camera_record(bpy.context.scene.camera, bpy.context.scene, 0)
    for name in ("K", "cam2world"):
        assert np.abs(np.array(here[name]) - there[name]).max() < 1e-3, name


def mutated(text: str, rng: np.random.Generator) -> str:
    """A JSON text with something wrong: cut, characters changed, or a value put in another's place."""
    choice = rng.integers(3)
    if choice == 0:
        return text[: int(rng.integers(len(text)))]
    if choice == 1:
        letters = list(text)
        for place in rng.integers(len(letters), size=int(rng.integers(1, 4))):
            letters[place] = '{}[]",:0e-\u0000\u00e9'[int(rng.integers(12))]
        return "".join(letters)
    document = json.loads(text)
    inner = document
    for _ in range(int(rng.integers(1, 6))):
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not keys:
            break
        key = keys[int(rng.integers(len(keys)))]
        if isinstance(inner[key], dict | list) and rng.random() < 0.8:
            inner = inner[key]
            continue
        inner[key] = [None, [], {}, "x" * 50, -1e308, 1e400, True, "\ud800", 2**70, [[1]]][int(rng.integers(10))]
        break
    return json.dumps(document)


@pytest.mark.parametrize("what", ["transforms", "preset", "spec"])
def test_broken_files_are_told_in_a_line(what, tmp_path):
    """200 mutated files of each kind: either still valid, or one line that begins with the file's name."""
    path = tmp_path / f"{what}.json"
    spec = registry.sample("faces", 3)
    text = {
        "transforms": json.dumps(views(2)),
        "preset": (presets.SHIPPED / "weathered_sailor.json").read_text(),
        "spec": json.dumps(registry.dump("faces", spec)),
    }[what]

    def read():
        if what == "transforms":
            return transforms.read(path)
        if what == "preset":
            return presets.read(path)
        return registry.parse(json.loads(path.read_text(encoding="utf-8")))

    rng, refused = np.random.default_rng(11), 0
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(text, rng).encode("utf-8", "surrogatepass"))
        try:
            read()
        except (transforms.TransformsError, presets.PresetError) as error:
            refused += 1
            assert str(error).startswith(path.name) and "\n" not in str(error)
        except (SpecError, json.JSONDecodeError, UnicodeDecodeError) as error:
            assert what == "spec"
            refused += "\n" not in str(error)
    assert refused > MUTATIONS * 0.6


@pytest.mark.parametrize("text, words", [
    ("[]", "list of frames"), ('{"frames": []}', "0 frames"), ('{"frames": [3]}', "frame 0: allowed is an object"),
    ('{"frames": [{"w": 4, "h": 4, "fl_x": 1, "transform_matrix": [[1]]}]}', "4 rows of 4"),
    ('{"w": 4, "h": 4, "frames": [{"fl_x": 1, "transform_matrix": [[2,0,0,0],[0,1,1,0],[0,0,1,0],[0,0,0,1]]}]}', "not a rotation"),
    ('{"w": 4, "h": 4, "frames": [{"fl_x": 1, "transform_matrix": [[-1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]}', "mirrors"),
    ('{"w": 4, "frames": [{"fl_x": 1, "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]}', "h, the picture's size"),
    ('{"w": 4, "h": 4, "frames": [{"transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]}', "neither fl_x nor"),
])  # fmt: skip
def test_wrong_cameras_are_named(text, words, tmp_path):
    path = tmp_path / "transforms.json"
    path.write_text(text)
    with pytest.raises(transforms.TransformsError, match=words):
        transforms.read(path)


def meshes(folder) -> dict:
    """A small mesh in each format, written by another library."""
    trimesh = pytest.importorskip("trimesh")
    ball = trimesh.creation.icosphere(subdivisions=2, radius=0.5)
    found = {}
    for kind in ("glb", "ply", "obj"):
        found[kind] = folder / f"ball.{kind}"
        ball.export(found[kind])
    return found


@pytest.mark.blender
@pytest.mark.parametrize("kind", ["glb", "ply", "obj"])
def test_meshes_come_in_whole(scene, sidebar, kind, tmp_path):
    import bpy

    path = meshes(tmp_path)[kind]
    assert mesh_files.check(path) == kind
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    assert bpy.ops.simulacra.import_mesh(filepath=str(path)) == {"FINISHED"}
    assert [tuple(obj.location) for obj in bpy.data.objects if obj.parent is None] == [(1.0, 2.0, 3.0)]
    objects = [obj for obj in bpy.data.objects if obj.type == "MESH"]
    assert len(objects) == 1 and len(objects[0].data.polygons) == 320
    points = np.array([objects[0].matrix_world @ vertex.co for vertex in objects[0].data.vertices])
    assert np.abs(np.linalg.norm(points - (1.0, 2.0, 3.0), axis=1) - 0.5).max() < 1e-5


@pytest.mark.parametrize("kind", ["glb", "ply", "obj"])
def test_mesh_files_that_lie_are_refused_before_they_are_read(kind, tmp_path):
    whole = meshes(tmp_path)[kind].read_bytes()
    rng, path = np.random.default_rng(3), tmp_path / f"bad.{kind}"
    refused = 0
    for _ in range(MUTATIONS):
        data = bytearray(whole)
        if rng.random() < 0.5:
            data = data[: int(rng.integers(len(data)))]
        else:
            data[int(rng.integers(min(len(data), 400)))] = int(rng.integers(256))
        path.write_bytes(data)
        try:
            mesh_files.check(path)
        except mesh_files.MeshFileError as error:
            refused += 1
            assert str(error).startswith(path.name) and "\n" not in str(error)
    assert refused > (MUTATIONS // 5 if kind != "obj" else 0)
    path.write_bytes(b"ply\nformat binary_little_endian 1.0\nelement vertex 4000000000\nproperty float x\nend_header\n")
    with pytest.raises(mesh_files.MeshFileError):
        mesh_files.check(path if kind == "ply" else path.with_suffix(".stl"))
    if kind == "glb":
        document = json.dumps(
            {"asset": {"version": "2.0"}, "accessors": [{"count": 10**9, "type": "VEC3", "componentType": 5126}]}
        ).encode()
        path.write_bytes(b"glTF" + struct.pack("<IIII", 2, 20 + len(document), len(document), 0x4E4F534A) + document)
        with pytest.raises(mesh_files.MeshFileError, match="past the end"):
            mesh_files.check(path)


@pytest.mark.blender
@pytest.mark.once
def test_a_sample_comes_back_as_the_person_that_it_was(scene, sidebar, face_dataset):
    import bpy

    path = face_dataset / "000000" / "spec.json"
    assert bpy.ops.simulacra.drop_json(filepath=str(path)) == {"FINISHED"}
    kind, spec = sidebar("people.person").spec_of(bpy.context.object)
    assert sidebar("procgen.registry").dump(kind, spec) == json.loads(path.read_text())


@pytest.mark.blender
def test_a_dropped_json_is_taken_for_what_it_is(scene, sidebar, tmp_path):
    import bpy

    path = tmp_path / "transforms.json"
    path.write_text(json.dumps(views(3)))
    assert bpy.ops.simulacra.drop_json(filepath=str(path)) == {"FINISHED"} and len(bpy.data.cameras) == 3
    assert bpy.ops.simulacra.drop_json(filepath=str(presets.SHIPPED / "laughing.json")) == {"FINISHED"}
    assert "user/laughing.json" in sidebar("presets.files").available()
    path.write_text("{}")
    with pytest.raises(RuntimeError, match=r"transforms.json: is no preset"):
        bpy.ops.simulacra.drop_json(filepath=str(path))


@pytest.mark.blender
def test_an_avatar_is_what_the_plain_call_makes_and_decodes_again(scene, sidebar, tmp_path):
    import runpy
    import sys
    from pathlib import Path

    import bpy

    path = tmp_path / "ball.avatar.safetensors"
    tool = Path(__file__).parents[1] / "tools" / "make_avatar.py"
    before, sys.argv = sys.argv, [str(tool), str(path), "--shape", "sphere"]
    try:
        runpy.run_path(str(tool), run_name="__main__")
    except SystemExit as end:
        assert not end.code
    finally:
        sys.argv = before
    assert bpy.ops.simulacra.import_avatar(filepath=str(path), resolution=48) == {"FINISHED"}
    mine = bpy.context.object
    objects = sidebar("addon.avatar.objects")
    plain = objects.avatar_mesh(sidebar("addon.avatar.format").read_avatar(path), 48, "attribute")

    def points(obj):
        flat = np.zeros(len(obj.data.vertices) * 3, np.float32)
        obj.data.vertices.foreach_get("co", flat)
        return flat

    assert (points(mine) == points(plain)).all()
    count = len(mine.data.vertices)
    bpy.context.scene.simulacra.imports.resolution = 96
    assert bpy.ops.simulacra.redecode_avatar(resolution=96, shape="MESH") == {"FINISHED"}
    assert len(bpy.context.object.data.vertices) > 3 * count
    assert bpy.ops.simulacra.redecode_avatar(resolution=48, shape="VOLUME") == {"FINISHED"}
    assert bpy.context.object["avatar_shape"] == "VOLUME"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(RuntimeError, match=r"ball\.avatar\.safetensors"):
        bpy.ops.simulacra.import_avatar(filepath=str(path))


OPERATORS = {"import_avatar": ".avatar.safetensors", "import_mesh": ".glb", "import_cameras": ".json", "import_sample": ".json",
             "drop_json": ".json", "import_preset": ".json"}  # fmt: skip


def odd(path, kind):
    """Make something at a path that is not what it should be."""
    makes = {
        "folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "empty": path.touch, "loop": lambda: path.symlink_to(path),
        "binary": lambda: path.write_bytes(bytes(range(256)) * 8), "deep": lambda: path.write_text("[" * 100_000),
        "digits": lambda: path.write_text('{"spec": 1' + "0" * 5000 + "}"), "nothing": lambda: None,
    }  # fmt: skip
    if kind == "huge":  # sparse: it takes no room
        with path.open("wb") as file:
            file.truncate(5 << 30)
        return
    makes[kind]()


@pytest.mark.blender
@pytest.mark.once
@pytest.mark.parametrize("kind", ["folder", "pipe", "empty", "loop", "binary", "deep", "digits", "nothing", "huge"])
def test_a_file_that_is_something_else_is_refused_in_one_line(sidebar, tmp_path, kind):
    import bpy

    if kind == "pipe" and os.name == "nt":
        pytest.skip("Windows has no such files")
    for operator, suffix in OPERATORS.items():
        path = tmp_path / operator / f"odd{suffix}"
        path.parent.mkdir()
        odd(path, kind)
        with pytest.raises(RuntimeError) as refused:
            getattr(bpy.ops.simulacra, operator)(filepath=str(path))
        said = str(refused.value).strip()
        assert "\n" not in said and "odd" in said and "Save Error Report" not in said, operator
    assert not bpy.data.objects and not bpy.data.cameras
