"""Generate with a Model: the panel, the worker's command line, and the avatar that arrives."""

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from avatars import make

from simulacra.addon.avatar.format import write_avatar

pytestmark = pytest.mark.blender
FAKE = Path(__file__).with_name("fake_system.py")
ANSWERS = f'#!/bin/sh\n[ "$1" = -c ] && exec "{sys.executable}" "$@"\n'  # what a Python tells of itself when asked


class Layout:
    """Stands for a panel's layout: notes what is drawn, and refuses properties and operators that do not exist."""

    def __init__(self, seen: list):
        self.seen = seen

    def prop(self, data, name, **options):
        assert name in data.bl_rna.properties, name
        self.seen.append(name)

    def operator(self, name, **options):
        import bpy

        module, _, operator = name.partition(".")
        assert operator in dir(getattr(bpy.ops, module)), name
        self.seen.append(name)
        return SimpleNamespace()

    def label(self, text="", **options):
        self.seen.append(text)

    def progress(self, factor=0.0, text="", **options):
        self.seen.append((factor, text))

    def row(self, **options):
        return self

    column = box = row


def drawn(sidebar) -> list:
    """What the panel shows now."""
    import bpy

    seen: list = []
    sidebar("systems.panel").SIMULACRA_PT_model.draw(SimpleNamespace(layout=Layout(seen)), bpy.context)
    return seen


@pytest.fixture
def settings(scene, sidebar):
    """The panel's settings."""
    import bpy

    found = bpy.context.scene.simulacra.model
    found.resolution = 32
    return found


@pytest.fixture
def python(sidebar, tmp_path):
    """A Python, as the preferences name it, whose only trained systems are spheres."""
    if sys.platform == "win32":
        pytest.skip("a script stands for a Python")
    pytest.importorskip("torch")
    path = tmp_path / "python"
    path.write_text(f'{ANSWERS}exec "{sys.executable}" "{FAKE}" "$@"\n')
    path.chmod(0o755)
    preferences = sidebar("preferences")
    preferences.preferences().python = str(path)
    yield path
    preferences.preferences().python = ""
    preferences.tested["models"] = None


@pytest.fixture
def run(settings, tmp_path):
    """The folder of a trained system, chosen in the panel."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(json.dumps({"system": "fake"}))
    settings.run = str(tmp_path / "run")
    return tmp_path / "run"


def refused(words: str) -> None:
    """The button cannot be pressed, and says why."""
    import bpy

    with pytest.raises(RuntimeError, match=words):
        bpy.ops.simulacra.generate_with_model()


def test_the_menu_of_systems_is_the_catalogue(sidebar):
    from simulacra.models.systems.catalogue import MODES, SYSTEMS

    choices = sidebar("systems.catalogue")
    shown = [(row.name, set(row.can), row.suffix, row.coarse, row.drag) for row in choices.SYSTEM_CHOICES]
    brought = [row for row in SYSTEMS if row.kind in ("avatar", "field", "mesh", "thing", "views")]  # into the scene
    assert shown == [
        (row.name, set(row.can), row.files[0], "coarse" in row.takes, "drag" in row.takes) for row in brought
    ]
    assert [row.things for row in choices.SYSTEM_CHOICES] == [row.data.things for row in brought]
    assert {row[0] for row in choices.MODES} == set(MODES)


@pytest.mark.parametrize("mode, fields", [
    ("unconditional", set()), ("prompt", {"prompt", "guidance"}), ("photo", {"photo", "guidance"}),
    ("edit", {"prompt", "edit", "guidance"}),
])  # fmt: skip
def test_the_panel_shows_what_the_mode_takes(settings, sidebar, mode, fields):
    settings.mode = mode
    seen = set(drawn(sidebar))
    assert (
        fields | {"system", "run", "mode", "seed", "steps", "shape", "resolution", "simulacra.generate_with_model"}
        <= seen
    )
    assert not ({"prompt", "photo", "edit", "guidance"} - fields) & seen
    settings.system = "pi_gan"
    assert not {"steps", "shape", "resolution"} & set(drawn(sidebar))


def test_what_is_missing_is_said(settings, sidebar, python):
    preferences = sidebar("preferences")
    preferences.preferences().python = ""
    assert "simulacra.open_preferences" in drawn(sidebar)
    refused("Needs a Python with simulacra")
    preferences.preferences().python = str(python)
    preferences.tested["models"] = False
    refused("has no torch: pip install simulacra")
    preferences.tested["models"] = None
    settings.mode, settings.prompt = "prompt", "  "
    refused("Write a prompt")
    assert "Write a prompt" in drawn(sidebar)
    settings.mode = "photo"
    refused("Choose a photo")
    settings.mode = "edit"
    settings.prompt = "old"
    refused("Choose the file of an avatar")
    settings.system = "nfd"
    refused("This system cannot do that")


@pytest.mark.parametrize("mode", ["unconditional", "prompt", "photo", "edit"])
def test_the_worker_is_called_as_the_command_line_is(settings, sidebar, run, tmp_path, mode):
    import bpy

    from simulacra.models.cli import generate
    from simulacra.models.kinds import table
    from simulacra.models.systems.catalogue import find
    from simulacra.models.systems.request import Request

    for name in ("me.png", "me.avatar.safetensors"):
        (tmp_path / name).write_bytes(b"")
    settings.mode, settings.prompt, settings.seed = mode, ' -5 old man, "grey" ', 7
    settings.photo, settings.edit = str(tmp_path / "me.png"), str(tmp_path / "me.avatar.safetensors")
    settings.guidance, settings.steps = 2.5, 12
    model = sidebar("systems.operators")

    def read() -> tuple:
        words = model.arguments(bpy.context, settings)
        out = model.out_file(settings, words)
        found = generate.command.make_context("generate", [*words[1:], "--out", str(out)]).params
        assert words[0] == "generate" and found["as_json"] and found["bare"] and found["out"] == out
        assert table.split_suffix(out, find("rodin").kind)[1] == ".avatar.safetensors"
        shown = ("system", "run", "out", "as_json", "bare", "early", "size", "unrefined", "settings")
        asked = {name: value for name, value in found.items() if name not in shown}
        return found, generate.request_of(find("rodin"), **asked)

    found, request = read()
    assert found["system"] == "rodin" and found["run"] == run and found["count"] == 1 and request.mode == mode
    assert request == Request(
        '-5 old man, "grey"' if mode in ("prompt", "edit") else "",
        tmp_path / "me.png" if mode == "photo" else None, tmp_path / "me.avatar.safetensors" if mode == "edit" else None,
        7, None if mode == "unconditional" else 2.5, 12,
    )  # fmt: skip
    settings.guidance, settings.steps, settings.run = 0, 0, ""
    found, request = read()
    assert (found["run"], request.guidance, request.steps) == (None, None, None)


def test_the_selected_avatar_is_the_one_that_is_edited(settings, sidebar, tmp_path):
    import bpy

    path = tmp_path / "somebody.avatar.safetensors"
    write_avatar(path, make.sphere(16))
    bpy.ops.simulacra.import_avatar(filepath=str(path), resolution=16)
    settings.mode, settings.prompt = "edit", "old"
    model = sidebar("systems.operators")
    words = model.arguments(bpy.context, settings)
    assert words[words.index("--edit") + 1] == str(path) and model.unready(bpy.context) == ""
    settings.edit = str(tmp_path / "another")
    words = model.arguments(bpy.context, settings)
    assert words[words.index("--edit") + 1] == str(tmp_path / "another")


def test_the_same_request_has_the_same_file(settings, sidebar):
    import bpy

    model = sidebar("systems.operators")

    def out():
        return model.out_file(settings, model.arguments(bpy.context, settings))

    settings.prompt = "An old MAN / with ../ a beard"
    first = out()
    assert first == out() and first.name.startswith("an_old_man_with_a_beard_0_")
    settings.guidance = 3.0
    assert out() != first
    settings.system, settings.mode = "eg3d", "unconditional"
    assert out().name.startswith("eg3d_0_") and out().suffix == ".glb"


@pytest.mark.parametrize(
    "shape", ["MESH", *(pytest.param(name, marks=pytest.mark.once) for name in ("TEXTURE", "VOLUME"))]
)
def test_an_avatar_arrives_in_the_scene(settings, sidebar, python, run, shape):
    import bpy

    settings.mode, settings.prompt, settings.shape, settings.seed = "prompt", "a bald wooman", shape, 7
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    assert bpy.ops.simulacra.generate_with_model() == {"FINISHED"}
    job, obj = sidebar("worker.jobs").current("model"), bpy.context.object
    assert job.state == "finished" and (job.done, job.total, job.stage) == (4, 4, "base")
    assert job.warnings and job.warnings[0].startswith("wooman: is no known word")
    assert any("wooman" in line for line in drawn(sidebar) if isinstance(line, str))
    assert obj["avatar_shape"] == shape and tuple(obj.location) == (1.0, 2.0, 3.0)
    assert Path(obj["avatar_source"]).is_file() and obj.name.startswith("a_bald_wooman_7")
    size = np.array(obj.dimensions)
    assert 0.15 < size.min() and size.max() < 0.49  # the sphere's 0.19 … 0.29 m, in a box of 0.48 m
    assert bool(obj.data.materials) and (shape == "VOLUME") == (len(obj.data.polygons) == 6)
    # What arrived can be what is changed.
    settings.mode, settings.prompt = "edit", "old"
    assert bpy.ops.simulacra.generate_with_model() == {"FINISHED"}
    assert bpy.context.object != obj


def test_a_thing_arrives_upright_in_metres_at_the_cursor(settings, sidebar, python, monkeypatch, tmp_path):
    """The worker is a script that writes what Point-E's writer writes of a tall box, its front to -y."""
    import bpy

    made = a_box(tmp_path / "box.glb", 1.8)
    python.write_text(ANSWERS + f'for last; do :; done\ncp "{made}" "$last"\n')
    settings.system, settings.mode, settings.prompt = "point_e", "prompt", "a tall red mushroom"
    model = sidebar("systems.operators")
    words = model.arguments(bpy.context, settings)
    assert words[:2] == ["generate", "point_e"] and "--prompt=a tall red mushroom" in words
    assert {"prompt", "guidance", "steps"} <= set(drawn(sidebar)) and "shape" not in drawn(sidebar)
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    assert bpy.ops.simulacra.generate_with_model() == {"FINISHED"}
    (obj,) = (one for one in bpy.data.objects if one.type == "MESH")
    bpy.context.view_layer.update()
    places = np.array([obj.matrix_world @ vertex.co for vertex in obj.data.vertices])
    assert np.allclose(places.min(0), (0.98, 1.97, 2.91), atol=1e-5)
    assert np.allclose(places.max(0), (1.02, 2.03, 3.09), atol=1e-5)


def a_box(path, tall: float):
    """A box of 4 × 6 cm and ``tall`` in lengths of 10 cm, written as GET3D's writer writes it."""
    from simulacra.models.fields.mesh import Mesh, write_glb

    corners = np.array([[x, y, z] for x in (-0.2, 0.2) for y in (-0.3, 0.3) for z in (-0.9, tall - 0.9)], np.float32)
    faces = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
                      [1, 5, 7], [1, 7, 3]], np.int32)  # fmt: skip
    write_glb(path, Mesh(corners, faces, corners / np.linalg.norm(corners, axis=1, keepdims=True)), 0.1)
    return path


def test_a_thing_is_pulled_by_its_handles_and_stays_where_it_is(settings, sidebar, python, run, monkeypatch, tmp_path):
    """The worker is a script that notes how it is called, and writes a box that is taller where it is to pull."""
    import bpy

    from simulacra.models.cli.drags import drags_of

    short, tall, said = a_box(tmp_path / "short.glb", 1.8), a_box(tmp_path / "tall.glb", 2.4), tmp_path / "said"
    python.write_text(
        ANSWERS + f'echo "$@" >> "{said}"\nfor last; do :; done\n'
        f'case "$*" in *--drag=*) cp "{tall}" "$last";; *) cp "{short}" "$last";; esac\n'
    )
    settings.system, settings.mode, settings.seed = "get3d", "unconditional", 7
    assert "simulacra.pull_thing" not in drawn(sidebar)
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    assert bpy.ops.simulacra.generate_with_model() == {"FINISHED"}
    thing = bpy.context.object
    name, old = thing.name, thing.data.name
    with pytest.raises(RuntimeError, match="Add handles to the thing first"):
        bpy.ops.simulacra.pull_thing()
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.5)  # above its top, at 3.09
    thing.rotation_euler[2] = np.pi / 2  # what is done to it changes nothing of what is asked
    bpy.context.view_layer.update()
    assert bpy.ops.simulacra.add_handles() == {"FINISHED"}
    bpy.context.view_layer.update()
    target = bpy.context.object
    handle = target.parent
    assert handle.parent == thing and np.allclose(handle.matrix_world.translation, (1, 2, 3.09), atol=1e-5)
    assert np.allclose(target.matrix_world.translation, (1, 2, 3.09 + 0.15 * 0.18), atol=1e-5)
    target.location = (0.02, 0.0, 0.06)
    bpy.context.view_layer.update()
    assert {"simulacra.add_handles", "simulacra.pull_thing"} <= set(drawn(sidebar))  # the target tells of its thing
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.simulacra.pull_thing() == {"FINISHED"}
    words = said.read_text().splitlines()[-1].split()
    (text,) = (word.removeprefix("--drag=") for word in words if word.startswith("--drag="))
    assert np.allclose(drags_of((text,)), (0, 0, 0.09, 0.02, 0, 0.15), atol=1e-5)
    assert words[words.index("generate") :][:5] == ["generate", "get3d", str(run), "--seed", "7"]
    thing = bpy.data.objects[name]
    assert thing.data.name != old and old not in bpy.data.meshes and bpy.context.object == target
    assert {obj.name for obj in bpy.data.objects} == {name, handle.name, target.name}
    places = np.array([thing.matrix_world @ vertex.co for vertex in thing.data.vertices])
    assert np.allclose(places.max(0), (1.03, 2.02, 3.15), atol=1e-5)  # turned, where it was
    bpy.ops.ed.undo_push(message="pulled")  # a window's step is pushed as the thing arrives
    names = {obj.name for obj in bpy.data.objects}
    for step, top in ((bpy.ops.ed.undo, 0.09), (bpy.ops.ed.redo, 0.15)):
        assert step() == {"FINISHED"} and {obj.name for obj in bpy.data.objects} == names
        assert max(vertex.co.z for vertex in bpy.data.objects[name].data.vertices) == pytest.approx(top, abs=1e-5)
    # What the worker refuses is one line, and nothing is replaced.
    python.write_text(ANSWERS + 'echo "simulacra: drag: 0,0,9 is outside the box of this run\'s things" >&2\nexit 2\n')
    kept = bpy.data.objects[name].data.name
    with pytest.raises(RuntimeError, match="is outside the box of this run's things"):
        bpy.ops.simulacra.pull_thing()
    assert bpy.data.objects[name].data.name == kept
    # A thing that is taken away meanwhile is not replaced by another one.
    python.write_text(ANSWERS + f'for last; do :; done\ncp "{short}" "$last"\n')
    jobs, wait = sidebar("worker.jobs"), sidebar("worker.jobs").wait

    def taken_away(what):
        bpy.data.objects.remove(bpy.data.objects[name])
        return wait(what)

    monkeypatch.setattr(jobs, "wait", taken_away)
    with pytest.raises(RuntimeError, match="The thing is gone; nothing was replaced"):
        bpy.ops.simulacra.pull_thing()
    assert not [obj for obj in bpy.data.objects if obj.type == "MESH"]


@pytest.mark.parametrize("document", ["", "[]", '{"system": "rodin", "run": "", "seed": 1}', '{"system": "get3d", "run": 3, "seed": 1}',
                                      '{"system": "get3d", "run": "", "seed": -1}', "[" * 9000])  # fmt: skip
def test_what_a_file_says_of_a_thing_is_looked_at(scene, sidebar, document):
    import bpy

    made = sidebar("systems.made")
    obj = bpy.data.objects.new("Thing", bpy.data.meshes.new("Thing"))
    assert made.made_by(obj) is None
    made.remember(obj, "get3d", "run", 3)
    assert made.made_by(obj) == {"system": "get3d", "run": "run", "seed": 3}
    obj[made.MADE] = document
    assert made.made_by(obj) is None


def kept_while_changed(coarse, arrive):
    """A cancelled job keeps an avatar that was changed in any way, says so, and what is changed back counts as untouched."""
    import bpy

    name, place, point = coarse.name, coarse.location.copy(), coarse.data.vertices[0].co.copy()
    roughness = coarse.data.materials[0].node_tree.nodes["Principled BSDF"].inputs["Roughness"]
    rough, lamp = roughness.default_value, bpy.data.objects.new("Lamp", None)
    changes = (
        (lambda: setattr(coarse, "name", "Mine"), lambda: setattr(coarse, "name", name)),
        (lambda: setattr(coarse, "location", (1.0, 2.0, 3.0)), lambda: setattr(coarse, "location", place)),
        (lambda: setattr(coarse.data.vertices[0], "co", point * 2), lambda: setattr(coarse.data.vertices[0], "co", point)),
        (lambda: coarse.modifiers.new("Smooth", "SMOOTH"), lambda: coarse.modifiers.clear()),
        (lambda: coarse.data.materials.append(None), lambda: coarse.data.materials.pop()),
        (lambda: setattr(roughness, "default_value", 0.123), lambda: setattr(roughness, "default_value", rough)),
        (lambda: setattr(lamp, "parent", coarse), lambda: setattr(lamp, "parent", None)),
        (lambda: coarse.__setitem__("mine", 1), lambda: coarse.__delitem__("mine")),
    )  # fmt: skip
    for change, back in changes:
        change()
        bpy.context.view_layer.update()
        ended = SimpleNamespace(state="cancelled", warnings=["first"])
        arrive(ended)
        assert ended.warnings == ["first", f"{coarse.name}: was changed since it came, and is kept as it is"]
        back()
    bpy.data.objects.remove(lamp)
    bpy.context.view_layer.update()


@pytest.mark.once
@pytest.mark.parametrize("ends", ["finished", "cancelled"])
def test_a_coarse_avatar_is_shown_until_the_final_one_takes_its_place(
    settings, sidebar, python, run, monkeypatch, ends
):
    import bpy

    jobs = sidebar("worker.jobs")
    settings.mode, settings.prompt, settings.guidance = "prompt", "a bald man", 13 if ends == "cancelled" else 0
    with monkeypatch.context() as patch:  # as in a window, where nobody waits
        patch.setattr(jobs, "wait", lambda what: SimpleNamespace(state="finished"))
        assert bpy.ops.simulacra.generate_with_model() == {"FINISHED"}
    job = jobs.current("model")
    until = time.monotonic() + 120
    while not job.coarse and job.poll() and time.monotonic() < until:
        time.sleep(0.01)
    early, jobs._early["model"] = jobs._early["model"], None
    kept = Path(job.coarse).with_name(
        "kept" + "".join(Path(job.coarse).suffixes)
    )  # the worker may take it away sooner than we look
    if ends == "cancelled":
        jobs._early["model"] = early
        jobs.show_early("model")
    else:
        write_avatar(kept, make.sphere(16))
        job.coarse = str(kept)
        early(job)
    (coarse,) = bpy.data.objects
    data, points = coarse.data.name, len(coarse.data.vertices)
    if ends == "cancelled":
        assert Path(job.coarse).is_file() and coarse["avatar_source"] == job.coarse
        kept_while_changed(coarse, jobs._then["model"])
        assert bpy.ops.simulacra.cancel(what="model", wait=True) == {"FINISHED"}
        assert not bpy.data.objects and data not in bpy.data.meshes and not Path(job.coarse).exists()
        return
    coarse.location, coarse.name = (1.0, 2.0, 3.0), "Mine"
    jobs.wait("model")
    assert job.state == "finished" and list(bpy.data.objects) == [coarse] and coarse.name == "Mine"
    assert tuple(coarse.location) == (1.0, 2.0, 3.0) and len(coarse.data.vertices) != points
    kept.unlink()
    assert Path(coarse["avatar_source"]).is_file()
    assert not any(".coarse." in path.name for path in Path(coarse["avatar_source"]).parent.iterdir())


@pytest.mark.once
def test_what_the_worker_refuses_is_shown(settings, sidebar, python, run, tmp_path):
    import bpy

    settings.mode, settings.photo = "photo", str(tmp_path / "cat.png")
    Path(settings.photo).write_bytes(b"a cat")
    before = len(bpy.data.objects)
    refused("shows no face")
    assert sidebar("worker.jobs").current("model").state == "failed" and len(bpy.data.objects) == before
    # The panel wraps its lines, wherever the file lies.
    assert "shows no face" in " ".join(" ".join(line for line in drawn(sidebar) if isinstance(line, str)).split())
    settings.mode, settings.prompt = "prompt", "zorblax"
    refused("holds no known word")
    (run / "config.json").write_text(json.dumps({"system": "eg3d"}))
    settings.prompt = "an old man"
    refused("is a checkpoint of eg3d")


def test_a_worker_without_torch_says_so(settings, sidebar, python, run):
    source = FAKE.read_text().replace("    sys.exit(main", '    sys.modules["torch"] = None\n    sys.exit(main')
    script = python.with_name("fake_system.py")
    script.write_text(source)
    python.write_text(f'{ANSWERS}exec "{sys.executable}" "{script}" "$@"\n')
    settings.prompt = "an old man"
    refused(r"torch is not installed; pip install simulacra\[models\]")


def test_what_cannot_be_decoded_is_a_failed_job(settings, sidebar, python, run):
    """The worker ends well, but what lies there is no avatar."""
    import bpy

    python.write_text(ANSWERS + 'for last; do :; done\necho "no avatar" > "$last"\n')
    settings.prompt = "an old man"
    refused("header|safetensors|bytes")
    assert sidebar("worker.jobs").current("model").state == "failed" and not bpy.data.objects


def test_a_running_job_shows_how_far_it_is_and_can_be_cancelled(settings, sidebar, python, run, monkeypatch):
    import bpy

    jobs = sidebar("worker.jobs")
    settings.prompt, settings.guidance = "an old zorblax", 13  # the fake system then never ends
    with monkeypatch.context() as patch:  # as in a window, where nobody waits
        patch.setattr(jobs, "wait", lambda what: SimpleNamespace(state="finished"))
        assert bpy.ops.simulacra.generate_with_model() == {"FINISHED"}
    job = jobs.current("model")
    until = time.monotonic() + 120
    while job.poll() and not job.done and time.monotonic() < until:
        time.sleep(0.05)
    assert job.state == "running" and (job.done, job.total) == (1, 4) and job.progress == 0.25
    refused("An avatar is being generated")
    seen = drawn(sidebar)
    assert (0.25, "base: 1 of 4") in seen and "simulacra.cancel" in seen
    assert any("zorblax" in line for line in seen if isinstance(line, str))
    assert bpy.ops.simulacra.cancel(what="model", wait=True) == {"FINISHED"}
    assert job.state == "cancelled" and not bpy.data.objects
    avatars = sidebar("preferences").user_path("avatars")
    assert [path.name for path in avatars.iterdir() if "zorblax" in path.name] == []
    assert "simulacra.cancel" not in drawn(sidebar)
