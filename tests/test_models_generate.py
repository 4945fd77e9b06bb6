"""The command generate, with a system that is fake: files, bad requests, cancelling, progress."""

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import fake_system  # noqa: E402
from model_commands import FAKE, events, failed  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.addon.avatar.decode import field  # noqa: E402
from simulacra.addon.avatar.format import read_avatar  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import read_png  # noqa: E402
from simulacra.models.kinds import field as field_kind  # noqa: E402
from simulacra.models.kinds import table  # noqa: E402
from simulacra.models.systems import catalogue  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_an_avatar_is_what_the_add_on_reads(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(field_kind, "FRAMES", 2)
    monkeypatch.setattr(field_kind, "SIZE", 16)
    out = tmp_path / "made" / "me.avatar.safetensors"
    out.parent.mkdir()
    assert (
        main(
            [
                "generate",
                "fake",
                str(run),
                "--prompt",
                "a bald  man",
                "--out",
                str(out),
                "--seed",
                "7",
                "--draws",
                "1",
                "--json",
            ]
        )
        == 0
    )
    told = events(capsys)
    progress = [event for event in told if event["event"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == 4 and {event["stage"] for event in progress} == {"base"}
    assert told[-1]["event"] == "done" and told[-1]["out"] == str(out) and told[-1]["files"][0] == str(out)
    assert {"me.avatar.safetensors", "me.turntable.png"} <= set(names(out.parent))
    avatar = read_avatar(out)
    assert avatar.meta.prompt == "a bald man" and avatar.meta.box == 2 * fake_system.HALF
    assert avatar.meta.generator == "simulacra fake, first draw"
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
    monkeypatch.setattr(meshes, "extract", lambda field, how: extract(field, replace(small, level=how.level)))
    out = tmp_path / "me.glb"
    words = [
        "generate",
        "fake",
        str(run),
        "--out",
        str(out),
        "--seed",
        "7",
        "--no-turntable",
        "--prompt",
        "old",
        "--draws",
        "9",
    ]
    assert main(words) == 0
    data = out.read_bytes()
    told = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])["asset"]["extras"]
    assert told == {"generator": "simulacra fake, best of 9 draws", "prompt": "old"}
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
    (["--out", "OUT/me.obj"], "me.obj is not allowed; an avatar is written to a name that ends in .avatar.safetensors, .glb, .portrait.png, .mp4, .gif or .png"),
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
    (["--no-turntable", "--out", "OUT/me.glb", "--out", "OUT/you.glb"], "--out: is given more than once"),
    (["--steps", "0"], "steps: 0 is not allowed"),
    (["--size", "15"], "size: 15 is not allowed; allowed is a whole number in 16..2048"),
    (["--no-refiner"], "no-refiner: is not allowed with fake, which has none"),
    (["--draws", "0"], "draws: 0 is not allowed; allowed is a whole number in 1..10000"),
    (["--guidance", "nan"], "--guidance: nan is not allowed; allowed is a number"),
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
        (
            ["eg3d", run],
            "me.avatar.safetensors is not allowed; a person is written to a name that ends in .glb, .portrait.png, .mp4",
        ),
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
    assert result.kind == "field" and torch.equal(result.field(points)[1], points)


@pytest.mark.parametrize("suffix", [".png", ".gif", ".mp4", ".portrait.png"])
def test_an_avatar_can_be_pictures_alone(suffix, run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(field_kind, "FRAMES", 4)
    monkeypatch.setattr(field_kind, "SIZE", 16)
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / f"me{suffix}"
    assert main(["generate", "fake", str(run), "--out", str(out), "--prompt", "bald", "--size", "24"]) == 0
    if suffix.endswith(".png"):
        wide = 24 if suffix == ".portrait.png" else 48  # four pictures on a sheet
        assert read_png(out).shape == (wide, wide, 3)
    assert names(out.parent) == [out.name] and out.stat().st_size


def test_what_is_no_plain_file_is_not_replaced(run, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "kept.glb").write_bytes(b"kept")
    (out / "link.glb").symlink_to("kept.glb")
    (out / "folder.glb").mkdir()
    os.mkfifo(out / "pipe.glb")
    for name in ("link", "folder", "pipe"):
        line = failed(capsys, ["generate", "fake", run, "--out", out / f"{name}.glb", "--no-turntable"])
        assert f"{name}.glb: is no regular file" in line
    assert (
        names(out) == ["folder.glb", "kept.glb", "link.glb", "pipe.glb"] and (out / "kept.glb").read_bytes() == b"kept"
    )


@pytest.mark.parametrize("request_", [signal.SIGTERM, signal.SIGINT])
def test_a_cancelled_avatar_leaves_no_file(request_, run, tmp_path):
    out = tmp_path / "out" / "me.avatar.safetensors"
    out.parent.mkdir()
    out.write_bytes(b"an older one")
    # The first of two avatars is finished by then: no part of what was asked stays.
    words = [*FAKE, "generate", "fake", run, "--out", out, "--prompt", "old", "--guidance", "13", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["done"] == 1
    assert len(names(out.parent)) == 2  # what is being made has a folder of its own
    process.send_signal(request_)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (1, "simulacra: stopped; nothing was written\n")
    assert names(out.parent) == [out.name] and out.read_bytes() == b"an older one"


def test_a_writer_that_fails_leaves_no_file(run, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(field_kind.Radiance, "around", full)
    (tmp_path / "out").mkdir()
    words = ["generate", "fake", run, "--out", tmp_path / "out" / "me.avatar.safetensors"]
    assert main([str(word) for word in words]) == 1
    assert "the disk is full; nothing was written" in capsys.readouterr().err and names(tmp_path / "out") == []


def test_a_terminal_shows_bars_and_a_log_lines(capsys, monkeypatch):
    from simulacra.datagen import progress as shown

    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with shown.Progress(False) as progress:
        for step in range(1, 101):
            now[0] += 1.0
            progress.tell({"step": step, "steps": 100, "loss": 0.25})
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "train: 1 of 100, loss 0.25" and lines[-1] == "train: 100 of 100, 1 s each, loss 0.25"
    assert len(lines) == 5 and lines[1] == "train: 32 of 100, 1 s each, 68 s left, loss 0.25"


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


@pytest.mark.parametrize("words, line", [
    (["--guidance", "3"], "guidance: is not allowed without a prompt or photo, which it would follow"),
    (["--draws", "3"], "draws: is not allowed without a prompt or photo, by which what is drawn is ranked"),
    (["--prompt", ""], "prompt: is empty; allowed are words"), (["--prompt", "  "], "prompt: is empty; allowed are words"),
])  # fmt: skip
def test_a_condition_that_is_not_there_is_told(words, line, tmp_path, capsys):
    assert line in failed(capsys, ["generate", "rodin", "--out", tmp_path / "me.glb", *words])


@pytest.mark.parametrize(
    "system, option", [("eg3d", "--steps"), ("eg3d", "--guidance"), ("nfd", "--guidance"), ("giraffe", "--steps")]
)
def test_an_option_that_means_nothing_to_a_system_is_refused(system, option, tmp_path, capsys):
    words = ["generate", system, tmp_path, "--out", tmp_path / "me.glb", option, "3"]
    line = f"{option.strip('-')}: is not allowed with {system}, which has none; allowed with rodin"
    assert line in failed(capsys, words)


def test_a_coarse_result_stands_beside_until_the_final_one_is_there(run, tmp_path, capsys, monkeypatch):
    seen, generate = [], fake_system.Model.generate

    def watched(self, request, progress):
        seen.append(
            [(path.name, read_avatar(path).meta.generator) for path in tmp_path.glob("*.safetensors") if path.is_file()]
        )
        if request.steps == 3:
            raise BadInput("photo: is spoilt")
        return generate(self, request, progress)

    out = tmp_path / "me.avatar.safetensors"
    words = ["generate", "fake", str(run), "--out", str(out), "--no-turntable", "--coarse", "--json"]
    monkeypatch.setattr(fake_system.Model, "generate", watched)
    assert main([*words, "--seed", "7"]) == 0
    told = [event for event in events(capsys) if event["event"] == "coarse"]
    assert told == [{"event": "coarse", "message": f"coarse: {out.with_name('me.coarse.avatar.safetensors')}",
                     "file": str(out.with_name("me.coarse.avatar.safetensors"))}]  # fmt: skip
    assert seen == [[], [("me.coarse.avatar.safetensors", "")]]  # the coarse one is made of another one, too
    assert names(tmp_path) == ["me.avatar.safetensors", "run"]
    assert "is spoilt" in failed(capsys, [*words, "--steps", "3"])
    assert names(tmp_path) == ["me.avatar.safetensors", "run"]
    (tmp_path / "me.coarse.avatar.safetensors").mkdir()
    assert "is no regular file" in failed(capsys, words)
    video = ["generate", "fake", str(run), "--coarse", "--out", str(tmp_path / "a.mp4")]
    assert "coarse: is not allowed with .mp4" in failed(capsys, video)
    assert "coarse: is not allowed with nfd, which has none; allowed with rodin" in failed(
        capsys, ["generate", "nfd", "--out", str(out), "--coarse"]
    )


def test_a_coarse_mesh_has_colours_at_its_vertices(run, tmp_path):
    path = tmp_path / "me.glb"
    table.write(path, fake_system.load(run).coarse(Request()), ".glb")
    data = path.read_bytes()
    tree = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    assert "COLOR_0" in attributes and "images" not in tree
    assert tree["accessors"][attributes["POSITION"]]["count"] < 20_000
