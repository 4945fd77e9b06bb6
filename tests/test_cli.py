"""The command line: bad input is one clear line with the right exit code, and nothing is half-written."""

import ast
import dataclasses
import inspect
import json
import shlex
import subprocess
import sys
import textwrap
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulacra.__main__ import COMMANDS, main
from simulacra.datagen.recipe import Recipe


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["sample", "faces", "--set", "identity.agee=3"], "identity.agee: no such field; allowed are identity.age, "),
        (["sample", "faces", "--set", "hair=afro"], "hair is a group; allowed are hair.groom, hair."),
        (["sample", "faces", "--set", "hair=afro"], "did you mean hair.groom=afro?"),
        (
            ["sample", "faces", "--set", "wear.headwear=none"],
            "wear.headwear is a group; allowed are wear.headwear.kind, ",
        ),
        (
            ["sample", "faces", "--set", "expression.actions=0.5"],
            "expression.actions is a group; allowed are expression.",
        ),
        (["sample", "faces", "--set", "identity.age.x=3"], "identity.age.x: no such field; identity.age holds none"),
        (["sample", "places", "--set", "weather=rain"], "weather is a group; allowed are weather.sun_elevation, "),
        (["sample", "places", "--set", "camera=drone"], "did you mean camera.motion=drone?"),
        (["sample", "places", "--set", "camera=1..2"], "camera is a group; allowed are camera.motion, "),
        (["render", "places", "OUT", "--set", "weather=rain"], "weather is a group"),
        (["sample", "faces", "--set", "hair.groom=afro", "--set", "hair.groom=bald"], "hair.groom: is set twice"),
        (["sample", "faces", "--seed", "1", "--seed", "2"], "--seed: is given more than once; allowed is once"),
        (["sample", "faces", "--set", "identity.age=300"], "age: 300..300 is not allowed; allowed is 18..88"),
        (["sample", "faces", "--set", "identity.age"], "allowed is path=value"),
        (["sample", "faces", "--set", "hair.groom=mohawk"], "'mohawk' is not allowed; allowed are bald"),
        (["sample", "faces", "--seed", "-1"], "seed: -1 is not allowed"),
        (["sample", "dragons"], "dragons: no such generator; allowed are faces"),
        (["sample"], "GENERATOR: is required (see simulacra sample --help)"),
        (["render", "faces"], "OUT: is required (see simulacra render --help)"),
        (["render", "dragons", "OUT"], "dragons: no such generator"),
        (["render", "faces", "OUT", "--set", "identity.age=300"], "age: 300..300 is not allowed"),
        (["render", "faces", "OUT", "--labels", "depht"], "depht is not a label of people; allowed are rgb"),
        (["render", "faces", "OUT", "--labels", "flow"], "flow needs a sequence"),
        (["render", "faces", "OUT", "--size", "0"], "size: 0 is not allowed; allowed is a whole number in 16..8192"),
        (["render", "faces", "OUT", "--count", "0"], "count: 0 is not allowed"),
        (["render", "faces", "OUT", "--shard", "4/3"], "shard: 4/3 is not allowed; allowed is K/N"),
        (["render", "faces", "OUT", "--shard", "0/3"], "shard: 0/3"),
        (["render", "faces", "OUT", "--shard", "two"], "shard: two"),
        (["render", "faces", "OUT", "--hdri", "nowhere"], "nowhere is not a folder"),
        (["render", "faces", "OUT", "--workers", "many"], "workers: many is not allowed; allowed is auto or"),
        (["render", "faces", "OUT", "--workers", "0"], "workers: 0"),
        (
            ["render", "faces", "OUT", "--timeout", "nan"],
            "--timeout: nan is not allowed; allowed is a number above 0 to",
        ),
        (
            ["render", "faces", "OUT", "--retries", "-1"],
            "--retries: -1 is not allowed; allowed is a whole number from 0",
        ),
        (["render", "faces", "OUT", "--spec", "nowhere.json"], "nowhere.json: is missing"),
        (["render", "faces", "OUT", "--spec", "x.json", "--count", "2"], "count: 2 is not allowed with a spec file"),
        (
            ["render", "faces", "OUT", "--count", "x"],
            "--count: x is not allowed; allowed is a whole number of at most 18 digits (see simulacra render --help)",
        ),
        (
            ["render", "faces", "OUT", "--backend", "cloud"],
            "--backend: cloud is not allowed; allowed are local, ray (see simulacra render",
        ),
        (["render", "faces", "OUT", "--spec", "x.json", "--seed", "7"], "seed: 7 is not allowed with a spec file"),
        (["render", "faces", "OUT", "--address", "auto"], "address: is not allowed with --backend local"),
        (["render", "places", "OUT", "--hdri", "."], "hdri: is for people"),
        (["render", "places", "OUT", "--views", "3"], "views: 3 is not allowed of places"),
        (["render", "faces", "OUT", "--size", "64x32"], "size: 64x32 is not allowed; people are square"),
        (["render", "faces", "OUT", "--check", "black=warn", "--check", "black=fail"], "--check: black is set twice"),
        (["plan", "faces", "--currency", "EUR"], "currency: is not allowed without --price-per-core-hour"),
        (["plan", "faces", "--on", "cores=2,cores=3"], "on: cores=3 is not allowed; allowed is cores=NUMBER, once"),
        (
            ["export", "OUT", "--to", "nerf", "--per-shard", "3"],
            "per-shard: is no option of nerf; allowed with webdataset",
        ),
        (["export", "OUT", "--to", "nerf", "--workers", "3"], "workers: is no option of nerf; allowed with webdataset"),
        (["export", "OUT", "--to", "coco", "--task", "pose"], "task: is no option of coco; allowed with yolo"),
        (["check", "OUT"], "dataset.json: is missing"),
        (["view", "OUT"], "dataset.json: is missing"),
        (["export", "OUT", "--to", "paper"], "--to: paper is not allowed; allowed are facesynthetics, "),
        (["list", "dragons"], "WHAT: dragons is not allowed; allowed are generators, people"),
        (["frobnicate"], "frobnicate: no such command; allowed are list, sample"),
        (["render", "--cuont", "3"], "--cuont: no such option (see simulacra render --help)"),
        (["render", "faces", "OUT", "--coun", "3"], "--coun: no such option"),  # nothing is abbreviated
        (["render", "faces", "OUT", "--count"], "--count: expected one argument"),
        (["render", "faces", "OUT", "--timeout", "soon"], "--timeout: soon is not allowed; allowed is a number"),
        (["export", "OUT"], "--to: is required (see simulacra export --help)"),
        (["view", "OUT", "more"], "unexpected extra argument (more)"),
        (["--frob"], "--frob: no such option (see simulacra --help)"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(arguments, words, tmp_path, capsys):
    pytest.importorskip("bpy") if arguments[0] == "render" else None
    out = tmp_path / "out"
    assert main([str(out) if argument == "OUT" else argument for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err and "\n" not in captured.err.strip() and captured.err.startswith("simulacra: ")
    assert captured.out == "" and not out.exists()


KEPT = {("render", "resume")}  # what is always done, and may be said


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_accepted_and_unused(name):
    """Each option and argument is read by the command itself, or handed on by its name to what has a field of it."""
    module = import_module(f"simulacra.{COMMANDS[name][1]}.cli.{name}")
    function = inspect.unwrap(module.command.callback)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    named = set(inspect.signature(function).parameters)
    for param in module.command.params:
        assert param.name in read or param.name not in named or (name, param.name) in KEPT, param.name
        if param.name not in named:
            assert tree.args.kwarg and tree.args.kwarg.arg in read and param.name in HANDED_ON[name], param.name


HANDED_ON = {
    name: {field.name for field in dataclasses.fields(Recipe)} for name in ("render", "plan")
} | {
    "export": {"workers", "per_shard", "task"}, "label": {"frames", "cameras", "samples", "classes", "size"},
    "transpile": {"material", "geometry", "world"}, "generate": {"prompt", "photo", "edit", "seed", "guidance", "steps", "draws", "drag",
                                                             "becomes", "weigh"},
}  # fmt: skip


def test_a_folder_of_pictures_beside_another_picture_is_refused(tmp_path, capsys):
    """The folder would be accepted, stored in the recipe, and unused."""
    (tmp_path / "sky.exr").write_bytes(b"")
    words = ["render", "faces", str(tmp_path / "out"), "--renderer", "fake_renderer:small", "--hdri", str(tmp_path)]
    assert main([*words, "--set", "light.hdri=/another.exr"]) == 2
    assert "is not allowed beside a picture that is named by light.hdri" in capsys.readouterr().err


def test_samples_of_no_picture_are_refused():
    from simulacra.datagen.cli.unused import samples_without_picture
    from simulacra.datagen.errors import BadInput

    samples_without_picture(0, ("depth",))
    samples_without_picture(8, ("depth", "rgb"))
    with pytest.raises(BadInput, match="samples: 8 is not allowed without a picture"):
        samples_without_picture(8, ("depth", "normal"))


def test_a_folder_that_holds_something_else_is_refused(tmp_path, capsys):
    pytest.importorskip("bpy")
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["render", "faces", str(tmp_path)]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_another_recipe_is_refused_by_field(tmp_path, capsys):
    from simulacra.datagen.recipe import Recipe
    from simulacra.datagen.storage.dataset import DatasetFolder

    DatasetFolder.open(tmp_path / "d", Recipe(generator="faces", size=64))
    assert main(["render", "faces", str(tmp_path / "d"), "--size", "128", "--renderer", "fake_renderer:small"]) == 2
    assert "size is 64 there and 128 here" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["render", "faces", str(tmp_path / "file" / "out"), "--renderer", "fake_renderer:small"]) == 2
    error = capsys.readouterr().err.strip()
    assert "file" in error and "Not a directory" in error and "\n" not in error


def test_a_spec_file_of_another_version_is_refused(tmp_path, capsys):
    assert main(["sample", "faces"]) == 0
    path = tmp_path / "me.json"
    path.write_text(json.dumps(json.loads(capsys.readouterr().out) | {"version": 99}))
    assert (
        main(["render", "faces", str(tmp_path / "out"), "--spec", str(path), "--renderer", "fake_renderer:small"]) == 2
    )
    assert "version 99 is not allowed; allowed is 1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.blender
def test_an_unsupported_blender_is_refused(tmp_path, capsys, monkeypatch):
    pytest.importorskip("bpy")
    from simulacra.procgen import blender

    old = SimpleNamespace(app=SimpleNamespace(version=(3, 6, 2), version_string="3.6.2"))
    monkeypatch.setattr(blender, "bpy", old)
    assert main(["render", "faces", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err.strip()
    assert "Blender 3.6.2: supported are 4.5 LTS and 5.2 LTS" in error and "\n" not in error
    assert not (tmp_path / "out").exists()


def test_a_missing_blender_is_told_with_the_cause(tmp_path, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "simulacra.procgen.blender", raising=False)
    monkeypatch.setitem(sys.modules, "bpy", None)
    assert main(["render", "faces", str(tmp_path / "out")]) == 2
    assert "bpy: cannot be imported" in capsys.readouterr().err


def test_help_names_every_command_and_exits_with_zero(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name}" in text for name in COMMANDS)
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert f"simulacra {name}" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys):
    import simulacra

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.split()[-1] == simulacra.__version__


@pytest.mark.parametrize("words, wanted", [
    (["re"], {"render", "results"}), (["render", "pl"], {"places"}), (["export", "x", "--to", "ya"], set()),
    (["export", "x", "--to", "y"], {"yolo"}), (["generate", "ro"], {"rodin", "rodin_hd"}), (["list", "lab"], {"labels"}),
    (["render", "faces", "out", "--re"], {"--retries", "--repair", "--resume"}), (["render", "faces", "out", "--device", "c"], {"cpu", "cuda"}),
    (["list", "sys"], {"systems"}),
])  # fmt: skip
def test_a_shell_completes_commands_options_and_names(words, wanted, monkeypatch, capsys):
    monkeypatch.setenv("_SIMULACRA_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(["simulacra", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    assert main([]) in (0, 1)
    assert {line.partition(",")[2] for line in capsys.readouterr().out.splitlines() if line} == wanted


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_that_is_printed_runs_in_its_shell(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_SIMULACRA_COMPLETE" in script and "simulacra" in script
    if shell == "bash":
        folder = Path(sys.executable).parent
        ask = "COMP_WORDS=(simulacra list la); COMP_CWORD=2; _simulacra_completion simulacra la list; echo ${COMPREPLY[@]}"
        result = subprocess.run(
            ["bash", "-c", f"PATH={shlex.quote(str(folder))}:$PATH; {script}\n{ask}"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.stdout.split() == ["labels"], result.stderr


def test_no_command_shows_the_help_and_is_an_error(capsys):
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("Usage: simulacra")


def test_a_reader_that_goes_away_is_no_crash():
    command = f"{shlex.quote(sys.executable)} -m simulacra list --json | true; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert result.returncode in (0, 1) and "Traceback" not in result.stderr


def test_sample_narrows_and_prints_json(capsys):
    assert (
        main(["sample", "faces", "--seed", "7", "--set", "identity.age=30..40", "--set", "hair.groom=afro,locs"]) == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert 30 <= document["spec"]["identity"]["age"] <= 40 and document["spec"]["hair"]["groom"] in ("afro", "locs")


def test_caption_is_a_sentence(capsys):
    assert main(["sample", "faces", "--seed", "7", "--caption"]) == 0
    text = capsys.readouterr().out.strip()
    assert text.startswith("A portrait of") and text.endswith(".")


def test_list_counts_what_the_issue_of_variety_is_about(capsys):
    assert main(["list", "people", "--json"]) == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    found = rows["faces"]["options"]
    assert len(found["hair.groom"]) >= 20 and len(found["brows.shape"]) >= 8 and len(found["beard.style"]) >= 9
    assert (
        len(found["beard.moustache"]) >= 9
        and len(found["wear.garment.kind"]) >= 8
        and len(found["wear.headwear.kind"]) >= 7
    )
    assert len(found["wear.glasses"]) >= 7 and len(found["expression.name"]) >= 24 and len(found["light.kind"]) >= 8
    assert rows["faces"]["numbers"] > 200


@pytest.mark.parametrize("what", ["generators", "people", "labels", "exports"])
def test_list_prints_a_table_and_the_same_as_json(what, capsys):
    assert main(["list", what]) == 0
    table = capsys.readouterr().out
    assert main(["list", what, "--json"]) == 0
    assert all(json.loads(line)["name"] in table for line in capsys.readouterr().out.splitlines())


def test_doctor_tells_what_is_missing_and_how_to_get_it(capsys, monkeypatch):
    from simulacra.datagen import doctor

    monkeypatch.setattr(doctor, "NEEDED", ("numpy", "no-such-package"))
    monkeypatch.setattr(doctor, "PROBE", "raise ImportError('libXi.so.6: cannot open shared object file')")
    assert main(["doctor"]) == 1
    captured = capsys.readouterr()
    assert "pip install no-such-package" in captured.out and "libXi.so.6" in captured.out and "libxi6" in captured.out
    assert captured.err.strip() == "simulacra: what is needed is missing: bpy, no-such-package"


@pytest.mark.blender
def test_doctor_finds_blender_and_its_devices(capsys):
    pytest.importorskip("bpy")
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    blender = next(row for row in report["rows"] if row["name"] == "bpy")
    assert report["ok"] and blender["ok"] and "(CPU)" in blender["found"]


@pytest.mark.parametrize("cycles", [True, False])
def test_doctor_inside_a_blender_program_needs_only_numpy_and_the_blender_that_runs(cycles, capsys, monkeypatch):
    from simulacra.datagen import doctor

    devices = [SimpleNamespace(name="Ryzen", type="CPU")]
    preferences = SimpleNamespace(refresh_devices=lambda: None, devices=devices)
    addons = {"cycles": SimpleNamespace(preferences=preferences)} if cycles else {}
    program = SimpleNamespace(
        app=SimpleNamespace(binary_path="blender", version=(5, 2, 1), version_string="5.2.1 LTS"),
        context=SimpleNamespace(preferences=SimpleNamespace(addons=addons)),
    )
    monkeypatch.setitem(sys.modules, "bpy", program)
    monkeypatch.setattr(doctor, "NEEDED", ("numpy", "no-such-package"))
    monkeypatch.setattr(doctor, "PROBE", "raise ImportError('a process of its own has no bpy')")
    monkeypatch.setattr(doctor, "version", lambda name: "2.0" if name in ("numpy", "click", "torch") else missing(name))
    assert main(["doctor", "--json"]) == (0 if cycles else 1)
    report = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in report["rows"]}
    assert rows["bpy"]["found"] == ("5.2.1 LTS on Ryzen (CPU)" if cycles else "")
    assert cycles or "enable it in Preferences" in rows["bpy"]["hint"]
    assert report["models"] and not rows["rich"]["ok"] and "progress bars" in rows["rich"]["hint"]
    assert {name for name, row in rows.items() if row["needed"]} == {
        "bpy", "numpy", "click", "free disk", "temporary folder"}  # fmt: skip


def missing(name):
    raise PackageNotFoundError(name)


def test_options_and_arguments_come_in_any_order(capsys):
    assert main(["list", "--json", "labels"]) == 0
    first = capsys.readouterr().out
    assert main(["list", "labels", "--json"]) == 0 and capsys.readouterr().out == first and '"depth"' in first
    assert main(["sample", "--seed=7", "faces", "--caption"]) == 0


def test_without_rich_a_table_holds_the_same_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["list"]) == 0
    drawn = words(capsys.readouterr().out)
    monkeypatch.setitem(sys.modules, "rich.table", None)  # as if it were not installed
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert words(text) == drawn and max(map(len, text.splitlines())) <= 100


def words(table):
    return {word for word in table.split() if not set(word) <= set("-│┃━╇")}
