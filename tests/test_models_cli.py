"""train, generate and list systems through the command line, with a system that is trained in no time."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import fake_system  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.addon.avatar.decode import field  # noqa: E402
from simulacra.addon.avatar.format import read_avatar  # noqa: E402
from simulacra.models.cli import generate  # noqa: E402
from simulacra.models.systems import catalogue  # noqa: E402

FAKE = [sys.executable, fake_system.__file__, "-m", "simulacra"]


@pytest.fixture
def fake(monkeypatch):
    """The fake system, listed beside the real ones."""
    monkeypatch.setitem(sys.modules, "simulacra.models.systems.fake", fake_system.module())
    monkeypatch.setattr(catalogue, "SYSTEMS", (*catalogue.SYSTEMS, fake_system.row()))


def around(views: int, labels: tuple[str, ...]):
    """A renderer of grey squares around a person."""

    def render(spec, recipe, folder: Path) -> dict:
        from simulacra.datagen.files import write_label
        from simulacra.models.core.cameras import orbit
        from simulacra.procgen import registry

        cameras, frames = orbit(torch.arange(views) * 360.0 / views, torch.zeros(views), 1.0, 30.0), []
        size = recipe.size
        for number in range(views):
            write_label(
                folder / f"{number:04d}.rgb.png", "rgb", np.full((size, size, 3), 9 * number + spec_number(folder))
            )
            if "alpha" in labels:
                write_label(folder / f"{number:04d}.alpha.png", "alpha", np.full((size, size), 255))
            k = cameras.intrinsics[number] * torch.tensor([[size], [size], [1]])
            frames.append({"frame": number, "K": k.tolist(), "cam2world": cameras.c2w[number].tolist(), "width": size,
                           "height": size})  # fmt: skip
        (folder / "camera.json").write_text(json.dumps({"frames": frames}))
        (folder / "spec.json").write_text(json.dumps(registry.dump("faces", spec)))
        (folder / "caption.txt").write_text("a person\n")
        return {"frames": list(range(views)), "seconds": {}}

    return render


def spec_number(folder: Path) -> int:
    """The number of the sample that is being written."""
    return int(folder.name.split("-")[1])


def make_dataset(path: Path, views: int = 3, labels=("alpha",), count: int = 2) -> Path:
    """A dataset of people as a run leaves it, in no time."""
    from simulacra.datagen.dataset import DatasetFolder
    from simulacra.datagen.recipe import Recipe

    folder = DatasetFolder.open(path, Recipe(generator="faces", count=count, size=32, views=views, labels=labels))
    for index in range(count):
        folder.write_sample(index, around(views, labels))
    folder.describe({})
    return path


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Two people with three views each."""
    return make_dataset(tmp_path_factory.mktemp("people") / "faces")


@pytest.fixture
def run(fake, tmp_path):
    """A folder that holds a trained fake system."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(json.dumps({"system": "fake"}))
    return tmp_path / "run"


def failed(capsys, arguments, code: int = 2) -> str:
    """The one line with which a command ends."""
    assert main([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    assert captured.err.startswith("simulacra: ") and "\n" not in captured.err.strip(), captured.err
    return captured.err


def events(capsys) -> list[dict]:
    """The JSON lines of a command, and nothing but those."""
    captured = capsys.readouterr()
    assert captured.err == ""
    return [json.loads(line) for line in captured.out.splitlines()]


def test_systems_are_listed(capsys):
    assert main(["list", "systems", "--json"]) == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(rows) == ["rodin", "nfd", "eg3d", "pi_gan", "giraffe", "auto_encoder"]
    assert rows["rodin"]["from"] == "prompt, photo, edit, unconditional"
    assert main(["list", "systems"]) == 0
    assert all(name in capsys.readouterr().out for name in ("rodin",))


@pytest.mark.parametrize("system", catalogue.SYSTEMS, ids=lambda system: system.name)
def test_every_system_is_what_the_command_line_calls(system):
    from dataclasses import is_dataclass

    from simulacra.models.cli.settings import configured, plain, restored

    api = system.load()
    assert is_dataclass(api.Config) and callable(api.train) and callable(api.load)
    document = json.loads(json.dumps(plain(api.Config())))
    assert restored(api.Config(), document) == configured(api.Config(), []) == api.Config()
    assert set(system.can) <= set(catalogue.MODES) and system.can


@pytest.mark.parametrize("command", [["train", "rodin", "--data", "x", "--out", "OUT"],
                                     ["generate", "rodin", "--out", "OUT.glb"]])  # fmt: skip
def test_without_torch_there_is_one_clear_line(command, capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    words = [word.replace("OUT", str(tmp_path / "out")) for word in command]
    assert failed(capsys, words) == "simulacra: torch is not installed; pip install simulacra[models]\n"
    assert main([command[0], "--help"]) == 0 and list(tmp_path.iterdir()) == []


def test_the_extension_says_that_it_has_no_systems(capsys, monkeypatch, tmp_path):
    import simulacra.__main__ as program

    monkeypatch.setattr(program, "find_spec", lambda name, package: None)
    assert "train: is not part of the Blender extension; pip install simulacra[models]" in failed(
        capsys, ["train", "rodin"]
    )


def test_doctor_tells_of_torch_and_of_weights(capsys, monkeypatch, tmp_path):
    from simulacra.datagen import doctor

    monkeypatch.setattr(doctor, "PROBE", "raise ImportError('no Blender here')")
    monkeypatch.setattr(catalogue, "WEIGHTS", tmp_path)
    rows = {row["name"]: row for row in doctor.examine()["rows"]}
    assert rows["torch"]["ok"] and rows["torch"]["found"] == torch.__version__
    assert not rows["trained systems"]["ok"] and "simulacra train SYSTEM" in rows["trained systems"]["hint"]
    (tmp_path / "rodin").mkdir()
    (tmp_path / "rodin" / "config.json").write_text("{}")
    rows = {row["name"]: row for row in doctor.examine()["rows"]}
    assert rows["trained systems"]["found"] == "rodin" and not rows["trained systems"]["needed"]


# Training


def test_training_writes_a_run_and_tells_of_it(fake, people, tmp_path, capsys):
    out = tmp_path / "runs" / "first"
    words = ["train", "fake", "--data", str(people), "--out", str(out), "--set", "steps=2", "--set", "inner.rate=0.5",
             "--set", "inner.sizes=4,4,8", "--set", "mixed=true", "--json"]  # fmt: skip
    assert main(words) == 0
    told = events(capsys)
    assert [event["event"] for event in told] == ["progress", "progress", "done"]
    assert [(event["stage"], event["done"], event["total"]) for event in told[:2]] == [("base", 1, 2), ("base", 2, 2)]
    assert told[-1] == {"event": "done", "out": str(out), "system": "fake"}
    record = json.loads((out / "run.json").read_text())
    assert record["config"] == {
        "steps": 2,
        "size": 16,
        "mixed": True,
        "kind": "cosine",
        "inner": {"rate": 0.5, "sizes": [4, 4, 8]},
    }
    assert record["system"] == "fake" and record["data"] == [str(people)]
    assert json.loads((out / "config.json").read_text())["people"] == 2
    # Further, with what the run was begun with.
    assert "--resume goes on" in failed(capsys, words)
    assert main([*words[:6], "--set", "steps=5", "--resume"]) == 0
    assert "base: 5 of 5" in capsys.readouterr().err
    assert json.loads((out / "run.json").read_text())["config"] == record["config"] | {"steps": 5}
    assert len((out / "log.jsonl").read_text().splitlines()) == 5


@pytest.mark.parametrize("more, words", [
    (["--set", "stepps=3"], "stepps: no such field; allowed are steps, size, mixed, kind, inner"),
    (["--set", "inner.rat=3"], "inner.rat: no such field; allowed are rate, sizes"),
    (["--set", "inner=3"], "inner: holds several fields; allowed are inner.rate, inner.sizes"),
    (["--set", "steps.much=3"], "steps.much: no such field; steps holds none"),
    (["--set", "steps"], "steps is not allowed; allowed is field=value"),
    (["--set", "steps=many"], "steps: many is not allowed; allowed is a whole number"),
    (["--set", "inner.rate=nan"], "inner.rate: nan is not allowed; allowed is a number"),
    (["--set", "mixed=maybe"], "mixed: maybe is not allowed; allowed are true and false"),
    (["--set", "inner.sizes=4,x"], "inner.sizes: 4,x is not allowed; allowed is a whole number"),
    (["--set", "size=24"], "which 24 does not divide"),
    (["--set", "kind=parts"], "has no parts; allowed is what simulacra render"),
    (["--data", "nowhere"], "nowhere/dataset.json: is missing"),
    (["--data", "FRONT"], "has 1 views and an alpha; allowed is what simulacra render faces --views 24"),
    (["--data", "OPAQUE"], "has 3 views and no alpha"),
])  # fmt: skip
def test_bad_training_is_one_line_and_leaves_nothing(more, words, fake, people, tmp_path, capsys):
    folders = {"FRONT": {"views": 1}, "OPAQUE": {"labels": ("depth",)}}
    more = [make_dataset(tmp_path / word, **folders[word], count=1) if word in folders else word for word in more]
    out = tmp_path / "run"
    assert words in failed(capsys, ["train", "fake", "--data", people, "--out", out, *more])
    assert not out.exists()


def test_a_folder_of_something_else_is_left_alone(fake, people, run, tmp_path, capsys):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.txt").write_text("mine")
    words = ["train", "fake", "--data", people, "--out"]
    assert "holds something else" in failed(capsys, [*words, tmp_path / "thesis", "--resume"])
    (run / "run.json").write_text(json.dumps({"system": "rodin", "config": {}, "data": [], "digest": ""}))
    assert "is a run of rodin, not of fake" in failed(capsys, [*words, run, "--resume"])
    (run / "run.json").write_text(json.dumps({"system": "fake", "config": {}, "data": ["old"], "digest": "0"}))
    assert "was begun with other data (old)" in failed(capsys, [*words, run, "--resume"])
    (run / "run.json").write_text("[]")
    assert "is not the record of a run" in failed(capsys, [*words, run, "--resume"])
    assert "no such system; allowed are rodin, nfd" in failed(capsys, ["train", "gan", "--data", people, "--out", "x"])
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("request_", [signal.SIGTERM, signal.SIGINT])
def test_stopped_training_can_be_resumed(request_, people, tmp_path):
    out = tmp_path / "run"
    words = [*FAKE, "train", "fake", "--data", people, "--out", out, "--set", "kind=slow", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["done"] == 1
    process.send_signal(request_)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1 and error == f"simulacra: {out}: stopped; the same command with --resume goes on\n"
    assert len((out / "log.jsonl").read_text().splitlines()) == 1 and not (out / "config.json").exists()
    result = subprocess.run([*words, "--set", "kind=cosine", "--resume"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["event"] == "done"
    assert len((out / "log.jsonl").read_text().splitlines()) == 3


# Generating


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_an_avatar_is_what_the_add_on_reads(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(generate, "TURNTABLE", (2, 16))
    out = tmp_path / "made" / "me.avatar.safetensors"
    out.parent.mkdir()
    assert (
        main(["generate", "fake", str(run), "--prompt", "a bald  man", "--out", str(out), "--seed", "7", "--json"]) == 0
    )
    told = events(capsys)
    progress = [event for event in told if event["event"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == 4 and {event["stage"] for event in progress} == {"base"}
    assert told[-1]["event"] == "done" and told[-1]["out"] == str(out) and told[-1]["files"][0] == str(out)
    assert {"me.avatar.safetensors", "me.turntable.png"} <= set(names(out.parent))
    avatar = read_avatar(out)
    assert avatar.meta.prompt == "a bald man" and avatar.meta.box == 2 * fake_system.HALF
    assert avatar.meta.generator == "simulacra fake"
    radius = fake_system.HALF * (0.4 + 0.2 * float(torch.rand((), generator=torch.Generator().manual_seed(7))))
    density, colour = field(avatar, np.array([[0, 0, 0.9 * radius], [0, 1.1 * radius, 0]], np.float32))
    assert density[0] > avatar.meta.level > density[1] and colour.min() > 0.7  # sigmoid(1)


def test_the_same_command_gives_the_same_bytes_and_count_gives_seeds(run, tmp_path, capsys):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        words = ["generate", "fake", str(run), "--out", str(tmp_path / name / "me.avatar.safetensors"), "--seed", "3"]
        assert main([*words, "--no-turntable", "--count", "2" if name == "b" else "1", "--steps", "2"]) == 0
        said = capsys.readouterr()
        assert said.out.splitlines() == [str(path) for path in sorted((tmp_path / name).iterdir())]
        assert "base: 2 of 2" in said.err
    assert names(tmp_path / "a") == ["me.avatar.safetensors"]
    assert names(tmp_path / "b") == ["me-3.avatar.safetensors", "me-4.avatar.safetensors"]
    first = (tmp_path / "a" / "me.avatar.safetensors").read_bytes()
    assert first == (tmp_path / "b" / "me-3.avatar.safetensors").read_bytes()
    assert first != (tmp_path / "b" / "me-4.avatar.safetensors").read_bytes()


def test_a_mesh_is_a_closed_sphere_in_metres(run, tmp_path, capsys, monkeypatch):
    from simulacra.models.fields import mesh as meshes

    trimesh, extract = pytest.importorskip("trimesh"), meshes.extract
    small = meshes.MeshConfig(resolution=32, texture=256)
    monkeypatch.setattr(meshes, "extract", lambda field: extract(field, small))
    out = tmp_path / "me.glb"
    assert main(["generate", "fake", str(run), "--out", str(out), "--seed", "7", "--no-turntable"]) == 0
    mesh = trimesh.load(out, force="mesh")
    radius = fake_system.HALF * (0.4 + 0.2 * float(torch.rand((), generator=torch.Generator().manual_seed(7))))
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    assert mesh.is_watertight and np.abs(mesh.extents - 2 * radius).max() < 0.1 * radius


def test_words_that_are_not_known_are_named_with_those_near_them(run, tmp_path, capsys):
    words = [
        "generate",
        "fake",
        str(run),
        "--out",
        str(tmp_path / "me.avatar.safetensors"),
        "--no-turntable",
        "--prompt",
    ]
    assert main([*words, "an old wooman with a zorblax", "--json"]) == 0
    told = [event["message"] for event in events(capsys) if event["event"] == "warning"]
    assert len(told) == 2 and told[0].startswith("wooman: is no known word") and "known near it are woman" in told[0]
    assert told[1] == "zorblax: is no known word and says nothing"
    assert main([*words, "an old wooman"]) == 0
    assert "warning: wooman: is no known word" in capsys.readouterr().err
    (tmp_path / "me.avatar.safetensors").unlink()
    assert "'blorp zorblax' holds no known word; known are age" in failed(capsys, [*words, "blorp zorblax"])
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("more, words", [
    (["--out", "OUT/me.obj"], "me.obj is not allowed; allowed is a name that ends in .avatar.safetensors or .glb"),
    (["--out", "OUT/.glb"], ".glb is not allowed"),
    (["--out", "OUT/nowhere/me.glb"], "nowhere: is not a folder"),
    (["--photo", "nowhere.png"], "photo: nowhere.png is not a file"),
    (["--edit", "nowhere", "--prompt", "old"], "edit: nowhere is not a file"),
    (["--photo", "OUT/cat.png", "--prompt", "old"], "photo: is not allowed with a prompt"),
    (["--photo", "OUT/cat.png", "--edit", "OUT/cat.png"], "photo: is not allowed with an edit"),
    (["--edit", "OUT/cat.png"], "edit: needs a prompt"),
    (["--prompt", "  "], "prompt: is empty"),
    (["--seed", "-1"], "seed: -1 is not allowed; allowed is a whole number in 0..2147483647"),
    (["--count", "0"], "count: 0 is not allowed"),
    (["--steps", "0"], "steps: 0 is not allowed"),
    (["--guidance", "nan"], "guidance: nan is not allowed; allowed is a number in 0..100"),
    (["--guidance", "much"], "--guidance: much is not allowed; allowed is a number"),
    (["--photo", "OUT/cat.png"], "cat.png shows no face; allowed is a picture of one"),
])  # fmt: skip
def test_bad_requests_are_one_line_and_write_nothing(more, words, run, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "cat.png").write_bytes(b"a cat")
    more = [word.replace("OUT", str(out)) for word in more]
    more += [] if "--out" in more else ["--out", out / "me.glb"]
    line = failed(capsys, ["generate", "fake", run, *more, "--no-turntable", "--json"])
    assert words in line and names(out) == ["cat.png"]


def test_wrong_systems_and_runs_are_refused(run, tmp_path, capsys, monkeypatch):
    out = tmp_path / "me.avatar.safetensors"
    monkeypatch.setattr(catalogue, "WEIGHTS", tmp_path)
    for words, told in (
        (["dragon"], "dragon: no such system; allowed are rodin"),
        (["fake"], "fake: no weights are shipped with this version; name the RUN"),
        (["fake", tmp_path / "nowhere"], "nowhere is not a folder; allowed is a RUN of simulacra train fake"),
        (["fake", tmp_path], "config.json: is missing"),
        (["eg3d", run], "me.avatar.safetensors is not allowed; allowed is a name that ends in .glb"),
        (["nfd", run, "--prompt", "old"], "nfd: cannot make an avatar from a prompt; it can from nothing but a seed"),
    ):
        assert told in failed(capsys, ["generate", *words, "--out", out])
    (run / "config.json").write_text(json.dumps({"system": "eg3d"}))
    assert "is a checkpoint of eg3d; allowed is one of fake" in failed(capsys, ["generate", "fake", run, "--out", out])
    run.rename(tmp_path / "fake")  # as the weights that are shipped
    (tmp_path / "fake" / "config.json").write_text(json.dumps({"system": "fake"}))
    assert main(["generate", "fake", "--out", str(out), "--no-turntable"]) == 0 and out.is_file()


def test_a_model_of_latents_alone_gives_planes_or_a_field(monkeypatch):
    from types import SimpleNamespace

    from simulacra.models.fields.triplane import Decoder, TriplaneField
    from simulacra.models.systems.request import Request
    from simulacra.models.systems.sampled import sampled

    decoder = Decoder(2, width=4, depth=1)

    def draw(count, generator):
        return torch.randn(count, 6, generator=generator)

    def planes(latents):
        return TriplaneField(latents.reshape(-1, 3, 2, 1, 1), decoder)

    model = SimpleNamespace(draw=draw, field=planes, half=0.3)
    result = sampled(model, Request(seed=5))
    expected = draw(1, torch.Generator().manual_seed(5)).reshape(3, 2, 1, 1)
    assert torch.equal(result.planes, expected) and result.decoder is decoder and result.half == 0.3
    assert not torch.equal(sampled(model, Request(seed=6)).planes, expected)
    # A field with more than colours, as EG3D's: no planes for a file, but a mesh can be made.
    model.field = lambda latents: lambda points: (points[..., 0], points.repeat(1, 1, 4))
    result, points = sampled(model, Request(seed=5)), torch.rand(1, 7, 3)
    assert result.planes is None and torch.equal(result.field(points)[1], points)


@pytest.mark.parametrize("request_", [signal.SIGTERM, signal.SIGINT])
def test_a_cancelled_avatar_leaves_no_file(request_, run, tmp_path):
    out = tmp_path / "out" / "me.avatar.safetensors"
    out.parent.mkdir()
    out.write_bytes(b"an older one")
    # The first of two avatars is finished by then: no part of what was asked stays.
    words = [*FAKE, "generate", "fake", run, "--out", out, "--guidance", "13", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["done"] == 1
    assert len(names(out.parent)) == 2  # what is being made has a folder of its own
    process.send_signal(request_)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (1, "simulacra: stopped; nothing was written\n")
    assert names(out.parent) == [out.name] and out.read_bytes() == b"an older one"


def test_a_writer_that_fails_leaves_no_file(run, tmp_path, monkeypatch, capsys):
    from simulacra.models.fields import turntable

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(turntable, "write_turntable", full)
    monkeypatch.setattr(turntable, "turntable", lambda *_: None)
    (tmp_path / "out").mkdir()
    words = ["generate", "fake", run, "--out", tmp_path / "out" / "me.avatar.safetensors"]
    assert main([str(word) for word in words]) == 1
    assert "the disk is full; nothing was written" in capsys.readouterr().err and names(tmp_path / "out") == []


def test_a_terminal_shows_bars_and_a_log_lines(capsys, monkeypatch):
    from simulacra.models.cli import progress as shown

    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with shown.Progress(False) as progress:
        for step in range(1, 101):
            now[0] += 1.0
            progress.tell({"step": step, "steps": 100, "loss": 0.25})
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "train: 1 of 100, loss 0.25" and lines[-1] == "train: 100 of 100, loss 0.25"
    assert len(lines) == 5 and lines[1] == "train: 32 of 100, 68 s left, loss 0.25"


def test_a_pseudo_terminal_shows_a_bar_a_stage(run, tmp_path):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    words = [
        *FAKE,
        "generate",
        "fake",
        run,
        "--out",
        tmp_path / "me.avatar.safetensors",
        "--no-turntable",
        "--prompt",
        "old zorblax",
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    seen = b""
    try:
        while block := os.read(ours, 4096):
            seen += block
    except OSError:  # the other end is closed
        pass
    assert process.wait(timeout=60) == 0
    text = seen.decode()
    assert "base" in text and "4/4" in text and "warning: zorblax: is no known word" in text
