"""The worker behind the sidebar: followed through its log, cancelled, and the same as the plain command line."""

import json
import subprocess
import sys
import time

import pytest

from simulacra.addon.worker.process import Job, command_line

SAY = """
import json, sys, time
for event in {events!r}:
    print(event if isinstance(event, str) else json.dumps(event), flush=True)
    time.sleep({pause})
sys.exit({code})
"""


def job(tmp_path, *events, code=0, pause=0.0, more=()):
    """A job whose process prints these events."""
    command = [sys.executable, "-c", SAY.format(events=list(events), code=code, pause=pause)]
    return Job("test", [command, *more], tmp_path / "job.log")


def test_progress_is_read_between_what_blender_says(tmp_path):
    found = job(
        tmp_path, "Blender 5.2.2", {"event": "started", "done": 1, "total": 3}, "Info: {", '{"no": "event"}',
        {"event": "finished", "done": 2, "total": 3, "seconds_each": 1.5, "seconds_left": 1.5}, {"event": "failed", "seed": 7, "reason": "why"},
    )  # fmt: skip
    assert found.wait(20) == "finished"
    assert (found.done, found.total, found.seconds_each, found.failed) == (
        2,
        3,
        1.5,
        1,
    ) and found.progress == pytest.approx(2 / 3)
    assert found.lines == ["Blender 5.2.2", "Info: {", '{"no": "event"}', "seed 7: why"]


def test_what_went_wrong_is_the_command_lines_own_line(tmp_path):
    found = job(tmp_path, "simulacra: size: 0 is not allowed", "Blender quit", code=2)
    assert found.wait(20) == "failed" and found.error == "size: 0 is not allowed"


def test_commands_follow_each_other_and_stop_at_the_first_that_fails(tmp_path):
    second = [sys.executable, "-c", "print('second')"]
    assert job(tmp_path, "first", more=(second,)).wait(20) == "finished"
    assert (tmp_path / "job.log").read_text().split() == ["first", "second"]
    assert job(tmp_path, "first", code=1, more=(second,)).wait(20) == "failed"
    assert (tmp_path / "job.log").read_text().split() == ["first"]


def test_a_job_is_cancelled_at_once(tmp_path):
    found = job(tmp_path, *[{"event": "finished", "done": i, "total": 100} for i in range(100)], pause=0.2)
    while not found.done:
        assert found.poll()
        time.sleep(0.05)
    started = time.monotonic()
    found.cancel()
    assert found.wait(20) == "cancelled" and time.monotonic() - started < 10


def test_a_job_that_will_not_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("simulacra.addon.worker.process.GRACE", 0.3)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    found = Job("deaf", [[sys.executable, "-c", deaf]], tmp_path / "job.log")
    while not found.lines:
        found.poll()
        time.sleep(0.05)
    found.end()
    assert found.state == "cancelled"


def test_the_command_line_of_each_way(tmp_path):
    own = command_line("bl_ext.mine.simulacra", "/opt/blender", "/usr/bin/python3")
    assert own(["doctor"]) == ["/usr/bin/python3", "-P", "-m", "simulacra", "doctor"]
    blender = command_line("bl_ext.mine.simulacra", "/opt/blender", "")(["render", "x y"])
    assert blender[:2] == ["/opt/blender", "--background"] and blender[-2:] == ["render", "x y"]
    assert "from bl_ext.mine.simulacra.__main__ import main" in blender[blender.index("--python-expr") + 1]


@pytest.mark.blender
@pytest.mark.parametrize("choice, outlives", [("END", False), pytest.param("DETACH", True, marks=pytest.mark.once)])
def test_closing_blender_ends_or_leaves_the_worker(extension_zip, tmp_path, choice, outlives):
    """Another Blender starts a job and is closed in its middle; the worker writes on, or does not."""
    pytest.importorskip("bpy")
    beat = tmp_path / "beat"
    work = f"import time\nfor i in range(40):\n    open({str(beat)!r}, 'a').write('x')\n    time.sleep(0.1)"
    code = f"""
import os
os.environ["BLENDER_USER_RESOURCES"] = {str(tmp_path / "user")!r}
import bpy, sys, time
bpy.ops.extensions.package_install_files(filepath={str(extension_zip)!r}, repo="user_default", enable_on_install=True)
from bl_ext.user_default.simulacra.addon import preferences
from bl_ext.user_default.simulacra.addon.worker import jobs
preferences.preferences().at_exit = {choice!r}
jobs.start("dataset", "test", [[sys.executable, "-c", {work!r}]])
while not os.path.exists({str(beat)!r}):
    time.sleep(0.05)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=120)
    length = len(beat.read_text())
    time.sleep(1.0)
    assert (len(beat.read_text()) > length) == outlives
    assert length < 40


@pytest.fixture
def recipe(sidebar, tmp_path):
    """A tiny recipe in the panel."""
    import bpy

    settings = bpy.context.scene.simulacra.dataset
    settings.count, settings.size, settings.samples, settings.seed = 1, 48, 1, 12
    settings.labels = {"depth", "parts"}
    settings.out = str(tmp_path / "faces")
    return settings


@pytest.mark.blender
@pytest.mark.once
def test_a_dataset_from_the_sidebar_is_the_command_lines(recipe, sidebar, tmp_path):
    import bpy

    from simulacra.__main__ import main

    assert bpy.ops.simulacra.render_dataset() == {"FINISHED"}
    out = tmp_path / "faces"
    job = sidebar("worker.jobs").current("dataset")
    assert (job.state, job.done, job.total) == ("finished", 1, 1)
    plain = tmp_path / "plain"
    options = ["--seed", "12", "--size", "48", "--samples", "1", "--labels", "depth,parts", "--workers", "1"]
    assert main(["render", "faces", str(plain), *options]) == 0
    mine, theirs = (json.loads((folder / "000000" / "sample.json").read_text())["files"] for folder in (out, plain))
    assert {name: row["sha256"] for name, row in mine.items()} == {name: row["sha256"] for name, row in theirs.items()}
    assert bpy.ops.simulacra.resume_dataset() == {"FINISHED"}  # nothing is left to do
    assert bpy.ops.simulacra.open_gallery() == {"FINISHED"} and (out / "gallery.html").stat().st_size > 10_000
    recipe.size = 64
    with pytest.raises(RuntimeError, match="size is 48 there and 64 here"):
        bpy.ops.simulacra.render_dataset()


@pytest.mark.blender
def test_a_dry_run_shows_every_label_as_an_image(recipe, sidebar):
    import bpy

    assert bpy.ops.simulacra.dry_run() == {"FINISHED"}
    names = {image.name.split(".")[2].split(" ")[0] for image in bpy.data.images if image.get("simulacra") == "dry run"}
    labels = sidebar("datasets.labels")
    assert names == {"rgb", *labels.labels_of("people", 1, False)}
    assert all(
        tuple(image.size) == (48, 48) and image.packed_file for image in bpy.data.images if image.get("simulacra")
    )


@pytest.mark.once
@pytest.mark.blender
def test_locked_fields_go_into_the_recipe(ada, recipe, sidebar):
    import bpy

    bpy.context.view_layer.objects.active = ada
    bpy.ops.simulacra.lock(path="hair.groom")
    bpy.ops.simulacra.lock(path="skin.makeup_on")
    recipe.keep_locked = True
    dataset = sidebar("datasets.render")
    locked = dataset.locked_values(bpy.context, recipe)
    arguments = dataset.arguments(recipe, dataset.out_folder(recipe), locked, 0)
    _, spec = sidebar("people.person").spec_of(bpy.context.object)
    assert f"hair.groom={spec.hair.groom}" in arguments
    assert f"skin.makeup_on={'true' if spec.skin.makeup_on else 'false'}" in arguments
    from simulacra.datagen.recipe import Recipe

    settings = tuple(arguments[index + 1] for index, word in enumerate(arguments) if word == "--set")
    drawn = Recipe(generator="faces", settings=settings).sample(5)
    assert drawn.hair.groom == spec.hair.groom and drawn.skin.makeup_on == spec.skin.makeup_on


@pytest.mark.blender
def test_the_open_scene_is_labelled_and_the_file_stays(sidebar, tmp_path):
    import bpy

    from simulacra.datagen.readers import Dataset

    bpy.ops.mesh.primitive_cube_add(size=2)
    bpy.ops.object.camera_add(location=(0, -6, 0), rotation=(1.5707963, 0, 0))
    scene = bpy.context.scene
    scene.camera = bpy.context.object
    scene.render.resolution_x, scene.render.resolution_y = 64, 48
    scene.simulacra.labels.out = str(tmp_path / "labels")
    scene.simulacra.labels.samples = 1
    assert bpy.ops.simulacra.label_scene() == {"FINISHED"}
    sample = Dataset(tmp_path / "labels")[0]
    depth = sample.label("depth")
    assert depth.shape == (48, 64) and abs(depth[24, 32] - 5.0) < 1e-5
    assert bpy.data.filepath == "" and sample.label("instance")[24, 32] == 1


@pytest.mark.blender
def test_the_worker_is_examined(sidebar):
    import bpy

    assert bpy.ops.simulacra.test_worker() == {"FINISHED"}
    lines = sidebar("preferences").tested["lines"]
    assert lines[0].startswith("Simulacra ") and any(line.startswith("bpy: ") for line in lines)
    sidebar("preferences").preferences().python = "/nowhere/python"
    try:
        with pytest.raises(RuntimeError, match="does not start"):
            bpy.ops.simulacra.test_worker()
    finally:
        sidebar("preferences").preferences().python = ""
