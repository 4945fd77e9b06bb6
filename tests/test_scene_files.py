"""Files that others made, odd ones too, through the command line in processes of their own: right labels or one line."""

import json
import subprocess
import sys

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from scene_stage import principled, shown  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.cameras import project  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.readers import Dataset  # noqa: E402

pytestmark = pytest.mark.blender
PATIENCE = 120  # seconds until a process that should have ended counts as one that never does


def run(*words):
    """A process of the command line that is given up when it does not end; its code and the lines that it said."""
    done = subprocess.run([sys.executable, "-m", "simulacra", *map(str, words)], capture_output=True, timeout=PATIENCE)
    told = done.stderr.decode(errors="replace")
    assert "Traceback" not in told, told
    said = ("simulacra: ", "drivers: ", "Freestyle: ", "picture: ", "library: ")
    return done.returncode, [line for line in told.splitlines() if line.startswith(said)]


def save(stage):
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    return stage.path


def drive(obj, path, index, expression):
    driver = obj.driver_add(path, index).driver
    driver.type, driver.expression = "SCRIPTED", expression


def test_files_with_drivers_end(stage):
    """What Blender counts as harmless it evaluates; what would need the file's scripts is told in one line."""
    wall = stage.quad("Wall", 0.0, 0.4, material=principled(1.0))
    wall.active_material.name = "Paint"
    drive(wall, "location", 0, 'len("ab") * 0.25')
    drive(wall, "location", 2, "noise.random() + bpy.app.version[0]")
    save(stage)
    code, told = run("label", stage.path, stage.folder / "out", "--size", "32x24", "--samples", "1")
    assert code == 0
    assert [line for line in told if "drivers: Wall location keep the value" in line] == told
    (sample,) = Dataset(stage.folder / "out")
    (record,) = sample.objects(0)
    assert np.allclose(record["box_3d"]["center"], (0.5, 0, 0), atol=1e-6)
    assert sample.record["scripts_left_out"] is True
    assert json.loads((stage.folder / "out" / "dataset.json").read_text())["recipe"]["remarks"]
    code, _ = run("transpile", stage.path, "--material", "Paint", "--out", stage.folder / "paint.py")
    assert code == 0 and "def build_paint" in (stage.folder / "paint.py").read_text()


def test_freestyle_ends_no_process(stage):
    stage.cube("Cube")
    stage.scene.render.use_freestyle = True
    bpy.context.view_layer.use_freestyle = True
    code, told = run("label", save(stage), stage.folder / "out", "--size", "32x24", "--samples", "1")
    assert code == 0 and told == ["Freestyle: its lines are left out of the picture"]
    assert shown(Dataset(stage.folder / "out")[0]) == {"Cube"}


def test_what_is_missing_is_told_once_each(stage, tmp_path):
    material = principled(1.0)
    tree = material.node_tree
    for name in ("there.png", "gone.png"):
        image = bpy.data.images.new(name, 4, 4)
        image.filepath_raw, image.file_format = str(tmp_path / name), "PNG"
        image.save()
        tree.nodes.new("ShaderNodeTexImage").image = image
        tree.nodes.new("ShaderNodeTexImage").image = image  # used twice, told once
    packed = bpy.data.images.load(str(tmp_path / "there.png"))
    packed.name = "packed"
    packed.pack()
    packed.filepath = str(tmp_path / "never.png")
    tree.nodes.new("ShaderNodeTexImage").image = packed
    stage.quad("Wall", 0.0, material=material)
    source = stage.collection("Source", link=False)
    stage.cube("Far", 0.3, collection=source)
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {source})
    bpy.data.collections.remove(source)
    bpy.data.objects.remove(bpy.data.objects["Far"])
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Source"]
    empty = stage.put(bpy.data.objects.new("Empty", None))
    empty.instance_type, empty.instance_collection = "COLLECTION", bpy.data.collections["Source"]
    save(stage)
    library.unlink()
    (tmp_path / "gone.png").unlink()
    code, told = run("label", stage.path, stage.folder / "out", "--size", "32x24", "--samples", "1")
    assert code == 0
    assert [line.split(" (")[0] for line in told] == [
        "picture: gone.png is missing",
        "library: library.blend is missing",
    ]
    (sample,) = Dataset(stage.folder / "out")
    assert shown(sample) == {"Wall"} and len(sample.record["remarks"]) == 2


def test_odd_names(stage, tmp_path):
    """Names that are no UTF-8, and names with control characters, which only a changed file can hold."""
    stage.camera.name = "CamXX"
    things = stage.collection("ThingXX")
    stage.cube("CubeXX", 0.4, collection=things)
    data = save(stage).read_bytes()
    for name, odd in ((b"CamXX", b"Cam\xff\x1b"), (b"ThingXX", b"Thing\xed\xa0"), (b"CubeXX", b"Cube\n\xff")):
        assert name in data
        data = data.replace(name, odd)
    odd = tmp_path / "odd.blend"
    odd.write_bytes(data)
    code, told = run("label", odd, tmp_path / "out", "--size", "32x24", "--samples", "1", "--cameras", "all")
    assert code == 0 and told == []
    (sample,) = Dataset(tmp_path / "out")
    (record,) = sample.objects(0)
    for text in (record["name"], record["class"], sample.record["camera"]):
        assert text.isprintable() and "\N{REPLACEMENT CHARACTER}" in text
        text.encode("utf-8")
    assert main(["check", str(tmp_path / "out")]) == 0
    assert main(["view", str(tmp_path / "out"), "--out", str(tmp_path / "page.html")]) == 0


def test_scenes_with_nothing_in_them(stage):
    (sample,) = stage.label()
    assert (
        sample.objects(0) == [] and np.isinf(sample.label("depth", 0)).all() and not sample.label("instance", 0).any()
    )


def test_a_far_shift_and_a_long_lens(stage):
    stage.quad("Wall", 0.0, 300.0)
    data = stage.camera.data
    data.shift_x, data.shift_y, data.lens = 2.0, -1.5, 200.0
    (sample,) = stage.label()
    pixels, _ = project(sample.camera(0), sample.label("position", 0).astype(float))
    y, x = np.mgrid[:48, :64] + 0.5
    assert np.abs(pixels - np.stack([x, y], -1)).max() < 0.01


def test_a_clip_of_a_hairs_breadth(stage):
    stage.quad("Wall", 0.0, 300.0)
    stage.camera.data.clip_start, stage.camera.data.clip_end = 1e-6, 1e-5
    (sample,) = stage.label()
    assert np.isinf(sample.label("depth", 0)).all() and not sample.label("instance", 0).any()


def test_things_that_stand_nowhere(stage):
    """A place that is no number gives no box and no pose, and spoils nothing else."""
    stage.quad("Wall", 0.5, 0.5)
    lost = stage.cube("Lost")
    lost.location.x = float("nan")
    (sample,) = stage.label()
    records = {record["name"]: record for record in sample.objects(0)}
    assert records["Wall"]["box_2d"] and records["Lost"]["box_3d"] is None and records["Lost"]["pose"] is None


def test_a_file_that_blender_dies_of_is_told_in_a_line(stage, monkeypatch):
    """A process that ends by a signal stands for Blender's."""
    from simulacra.datagen.jobs import opening

    with pytest.raises(
        BadInput, match=r"scene.blend: cannot be opened as a Blender file; Blender dies of it \(code -11\)"
    ):
        monkeypatch.setattr(opening, "_opens", lambda module: "os.kill(os.getpid(), 11)")
        opening.require_openable(save(stage))


def test_broken_files_are_told_in_a_line(stage, tmp_path, monkeypatch, capfd):
    from simulacra.datagen.jobs import opening

    monkeypatch.setattr(opening, "require_openable", lambda path: None)  # tested above, and a second or two each
    stage.cube("Cube")
    data = save(stage).read_bytes()
    content = {"empty": b"", "cut": data[: len(data) // 3], "words": b"BLENDER" + b"x" * 400, "zeros": data[:64] + bytes(5000),
               "old": b"BLENDER_V240" + data[12:900]}  # fmt: skip
    for kind, broken in content.items():
        path = tmp_path / f"{kind}.blend"
        path.write_bytes(broken)
        for words in (("label", path, tmp_path / "out"), ("transpile", path, "--material", "Paint")):
            capfd.readouterr()
            assert main([str(word) for word in words]) == 2, (kind, words)
            told = capfd.readouterr().err.strip()
            assert "\n" not in told and path.name in told, (kind, told)
    assert not (tmp_path / "out").exists()


def test_sizes_that_are_no_picture(stage):
    stage.cube("Cube")
    stage.scene.render.resolution_x, stage.scene.render.resolution_percentage = 4, 1
    with pytest.raises(BadInput, match="width: 0 is not allowed"):
        stage.label()
    assert not (stage.folder / "out").exists()
