"""The commands of the models: what is listed, and training; with a system that is fake."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")


from model_commands import FAKE, events, failed  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.models.systems import catalogue  # noqa: E402

DARK = ("black=ignore",)  # squares are


def around(views: int, labels: tuple[str, ...]):
    """A renderer of grey squares around a person."""

    def render(spec, recipe, folder: Path) -> dict:
        from simulacra.datagen.formats.files import write_label
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
            if "depth" in labels:  # the lower half is 0.48 m away
                far = np.where(np.arange(size)[:, None] < size // 2, np.inf, 0.48)
                write_label(
                    folder / f"{number:04d}.depth.exr", "depth", np.broadcast_to(far, (size, size)).astype(np.float32)
                )
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
    from simulacra.datagen.recipe import Recipe
    from simulacra.datagen.storage.dataset import DatasetFolder

    folder = DatasetFolder.open(
        path, Recipe(generator="faces", count=count, size=32, views=views, labels=labels, checks=DARK)
    )
    for index in range(count):
        folder.write_sample(index, around(views, labels))
    folder.describe({})
    return path


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Two people with three views each."""
    return make_dataset(tmp_path_factory.mktemp("people") / "faces")


def test_people_come_with_depth_where_a_system_learns_from_it(tmp_path):
    path, ivid = make_dataset(tmp_path / "faces", labels=("alpha", "depth")), catalogue.find("ivid")
    person = ivid.data.read([path], ivid.load().Config(size=16))[0]
    assert person.rgba.shape == (3, 4, 16, 16) and person.depth.shape == (3, 16, 16)
    assert (person.depth[:, :8] == 0).all() and torch.allclose(person.depth[:, 8:], torch.tensor(0.48 / 0.24))
    assert catalogue.find("get3d").data.read([path], None)[0].depth is None


def test_systems_are_listed(capsys):
    assert main(["list", "systems", "--json"]) == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(rows) == [
        "rodin",
        "rodin_hd",
        "nfd",
        "eg3d",
        "pi_gan",
        "giraffe",
        "auto_encoder",
        "get3d",
        "stylegan2",
        "point_e",
        "shap_e",
        "zero123",
        "ivid",
        "ddpm",
        "ldm",
        "palette",
        "taming",
        "maskgit",
        "vq_diffusion",
        "face_analysis",
        "scene_analysis",
        "optical_flow",
        "stereo",
        "stereo_from_single",
    ]
    assert rows["rodin"]["from"] == "prompt, photo, edit, unconditional"
    assert rows["rodin"]["makes"] == "avatar"
    assert rows["giraffe"]["makes"] == "field"
    assert main(["list", "systems"]) == 0
    assert all(name in capsys.readouterr().out for name in ("rodin",))


def test_a_system_tells_its_fields_and_its_data(capsys, fake):
    assert main(["list", "systems", "fake", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["data"] == catalogue.AROUND.says and about["weights"] == "none; simulacra train fake"
    rows = {row["field"]: (row["type"], row["default"]) for row in about["fields"]}
    assert rows["mixed"] == ("bool", "false") and rows["inner"] == ("section", "")
    assert rows["inner.sizes"] == ("list of int", "8,16")
    assert main(["list", "systems", "nfd"]) == 0
    shown = capsys.readouterr().out
    assert (
        catalogue.AROUND.render in shown and "occupancy.plane_rate" in shown and "learning rate of the planes" in shown
    )
    assert "x: is not allowed after labels; allowed after systems" in failed(capsys, ["list", "labels", "x"])
    assert "no such system; allowed are rodin" in failed(capsys, ["list", "systems", "x"])


@pytest.mark.parametrize("system", catalogue.SYSTEMS, ids=lambda system: system.name)
def test_every_system_is_what_the_command_line_calls(system):
    from dataclasses import is_dataclass

    from simulacra.models.core.settings import configured, described, plain, restored

    api = system.load()
    assert [row.field for row in described(api.Config()) if not row.meaning] == []
    assert is_dataclass(api.Config) and callable(api.train) and callable(api.load)
    document = json.loads(json.dumps(plain(api.Config())))
    assert restored(api.Config(), document) == configured(api.Config(), []) == api.Config()
    assert set(system.can) <= set(catalogue.MODES) and (system.can or system.kind == "labels")


@pytest.mark.parametrize("command", [["train", "rodin", "--data", "x", "--out", "OUT"],
                                     ["generate", "rodin", "--out", "OUT.glb"]])  # fmt: skip
def test_without_torch_there_is_one_clear_line(command, capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    words = [word.replace("OUT", str(tmp_path / "out")) for word in command]
    assert failed(capsys, words) == "simulacra: torch is not installed; pip install simulacra[models]\n"
    assert main([command[0], "--help"]) == 0 and list(tmp_path.iterdir()) == []


def test_the_extension_says_that_it_has_no_systems(capsys, monkeypatch, tmp_path):
    from simulacra.datagen.cli import program

    monkeypatch.setattr(program, "find_spec", lambda name, package: None)
    assert "train: is not part of the Blender extension; pip install simulacra[models]" in failed(
        capsys, ["train", "rodin"]
    )


def test_doctor_tells_of_torch_and_of_weights(capsys, monkeypatch, tmp_path):
    from simulacra.datagen import doctor

    monkeypatch.setattr(doctor, "PROBE", "raise ImportError('no Blender here')")
    monkeypatch.setattr(catalogue, "WEIGHTS", tmp_path)
    assert main(["doctor", "--json"]) == 1
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["torch"]["ok"] and rows["torch"]["found"] == torch.__version__
    assert not rows["trained systems"]["ok"] and "simulacra train SYSTEM" in rows["trained systems"]["hint"]
    (tmp_path / "rodin").mkdir()
    (tmp_path / "rodin" / "config.json").write_text("{}")
    assert main(["doctor", "--json"]) == 1
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
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
    # What it was trained with so far stays, and nothing is spoiled by asking for more.
    for change, was in (
        ("size=8", "size is 16"),
        ("inner.sizes=4,4", "inner.sizes is 4,4,8"),
        ("mixed=false", "mixed is true"),
    ):
        line = failed(capsys, [*words[:6], "--set", change, "--set", "steps=9", "--resume"])
        assert f"set: {was} in this run; allowed with --resume are steps, kind, or a new folder" in line
        assert json.loads((out / "run.json").read_text())["config"] == record["config"] | {"steps": 5}
    # What a training refuses is not kept: the run goes on with what it was.
    record = (out / "run.json").read_text()
    assert "has no parts" in failed(capsys, [*words[:6], "--set", "kind=parts", "--set", "steps=9", "--resume"])
    assert (out / "run.json").read_text() == record
    assert main([*words[:6], "--resume"]) == 0


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
    assert "no such system; allowed are rodin, rodin_hd" in failed(
        capsys, ["train", "gan", "--data", people, "--out", "x"]
    )
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
    words[words.index("kind=slow")] = "kind=cosine"
    result = subprocess.run([*words, "--resume"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["event"] == "done"
    assert len((out / "log.jsonl").read_text().splitlines()) == 3
