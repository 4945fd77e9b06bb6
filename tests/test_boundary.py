"""Where every command ends: one line and an exit code for what is foreseen, a private report for anything else."""

import ast
import itertools
import os
import re
import shlex
import stat
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from simulacra.__main__ import COMMANDS, main
from simulacra.datagen import terminal

ROOT = Path(__file__).resolve().parents[1]
DIGITS = "9" * 5000  # more than Python turns into a number: it raises ValueError
HOSTILE = {
    "digits": DIGITS, "minus": f"-{DIGITS}", "nan": "nan", "infinity": "-inf", "nothing": "", "escape": "\x1b]0;mine\x07",
    "words of one another's": "K/N=1..x,y", "surrogate": "a\udcff", "fraction": f"{DIGITS}/{DIGITS}", "range": f"{DIGITS}..1",
    "pixels": f"{DIGITS}x{DIGITS}", "assignment": f"cores={DIGITS}", "setting": f"identity.age={DIGITS}", "slash": "/",
}  # fmt: skip
SIMULACRA = Path(sys.executable).with_name("simulacra")
QUOTED = shlex.quote(str(SIMULACRA))  # as a shell reads it: a clone may lie anywhere


def command_of(name):
    """The click command of a sub-command."""
    return import_module(f"simulacra.{COMMANDS[name][1]}.cli.{name}").command


def options():
    """Every option that takes a value, and every argument, of every sub-command."""
    for name in COMMANDS:
        if name == "doctor" or (COMMANDS[name][1] == "models" and not has_torch()):
            continue
        for param in command_of(name).params:
            if not getattr(param, "is_flag", False):
                yield pytest.param(name, param.name, id=f"{name}-{param.name}")


def has_torch():
    from importlib.util import find_spec

    return find_spec("torch") is not None


def words_of(name, wrong, value, folder):
    """A command line that gives each argument and required option something, and one parameter the value."""
    known = {"generator": "faces", "system": "nfd", "recipe": "faces", "what": "labels", "shell": "bash", "to": "coco"}
    words = []
    for param in command_of(name).params:
        given = value if param.name == wrong else known.get(param.name, str(folder / "none"))
        if isinstance(param, click.Argument) and (param.required or param.name == wrong):
            words.append(given)
        elif isinstance(param, click.Option) and (param.required or param.name == wrong):
            words.append(f"{max(param.opts, key=len)}={given}")
    return [name, *(["--"] if value.startswith("-") and any(word == value for word in words) else []), *words]


@pytest.mark.parametrize("name, param", options())
def test_nothing_that_is_typed_is_more_than_a_line(name, param, tmp_path, capsys, monkeypatch):
    """Whatever stands in place of any value: it is told in one short line, or it is allowed; never a report or an escape."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # Past this something would be rendered or a person drawn in full: what is typed is known to be allowed.
    from simulacra.datagen import recipe
    from simulacra.datagen.jobs import plan

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(plan, "measure", stop)
    if name == "results":  # its page is one of the package's own
        (tmp_path / "page.md").write_text("a page")
        monkeypatch.setattr("simulacra.models.cli.results.PAGE", tmp_path / "page.md")
    if name in ("render", "plan"):
        monkeypatch.setattr(recipe.Recipe, "sample", stop)
    for kind, value in HOSTILE.items():
        words = words_of(name, param, value, tmp_path)
        code = main(words)
        captured = capsys.readouterr()
        assert code in (0, 1, 2), (kind, code)
        assert "not foreseen" not in captured.err, (kind, captured.err, reports(tmp_path))
        assert captured.err.count("\n") <= 1 and len(captured.err) < 2500, (kind, captured.err)
        assert not set(captured.err + captured.out) & {"\x1b", "\x07", "\udcff"}, kind
        assert code or not captured.err
        assert value not in (DIGITS, f"-{DIGITS}") or len(captured.err) < 1000, (kind, captured.err)


def reports(folder):
    return [path.read_text()[-1500:] for path in folder.glob("simulacra-report-*")]


@pytest.mark.parametrize("name, option", [
    ("render", "--count"), ("render", "--seed"), ("render", "--size"), ("render", "--samples"), ("render", "--shard"),
    ("render", "--workers"), ("render", "--threads"), ("render", "--frames"), ("render", "--views"), ("render", "--retries"),
    ("render", "--timeout"), ("sample", "--seed"), ("view", "--limit"), ("export", "--workers"), ("export", "--per-shard"),
    ("plan", "--probe"), ("plan", "--price-per-core-hour"), ("label", "--samples"), ("label", "--timeout"), 
])  # fmt: skip
def test_five_thousand_digits_are_refused_by_name(name, option, tmp_path, capsys):
    param = next(param for param in command_of(name).params if option in param.opts)
    assert main(words_of(name, param.name, DIGITS, tmp_path)) == 2
    line = capsys.readouterr().err
    assert option.strip("-") in line and ("allowed" in line), line


# Ctrl-C


# Raises the signal when the n-th module is looked for, counted from the command line's own first line.
INTERRUPTING = """
import os, signal, sys

class Interrupting:
    left = int(os.environ["INTERRUPT_AT"])
    def find_spec(self, name, path=None, target=None):
        if "simulacra.__main__" in sys.modules or "simulacra.datagen" in sys.modules or name == "simulacra.datagen":
            Interrupting.left -= 1
            if Interrupting.left == 0:
                signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""


def test_ctrl_c_is_a_line_however_early(tmp_path):
    """At each import from the first line of the command line on: no trace, and no success."""
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTING)
    running, seen = [], 0
    for number in (*range(1, 12), 20, 40, 80, 160):
        environment = os.environ | {"PYTHONPATH": str(tmp_path), "INTERRUPT_AT": str(number)}
        running.append(subprocess.Popen([SIMULACRA, "sample", "faces"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=environment, cwd=tmp_path))  # fmt: skip
        if len(running) == 2:
            for process in running:
                out, error = process.communicate(timeout=120)
                if process.returncode == 0:  # there are not so many imports
                    assert out.startswith("{")
                    continue
                seen += 1
                assert process.returncode == 1 and re.fullmatch(r"simulacra: stopped.*\n", error), error
            running = []
    for process in running:
        process.communicate(timeout=120)
    assert seen > 8


INTERRUPTING_BLENDER = """
import signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name in ("bpy_types", "_bpy_types"):  # which Blender imports on its way, from C
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""


@pytest.mark.blender
def test_ctrl_c_while_blender_is_imported_is_a_line_too(tmp_path):
    """Blender prints an exception that comes meanwhile and goes on half made; so a run rendered on, or died."""
    pytest.importorskip("bpy")
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTING_BLENDER)
    words = [SIMULACRA, "render", "faces", "out", "--size", "32", "--samples", "1"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    result = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120)
    assert (result.returncode, result.stdout) == (1, "") and re.fullmatch(r"simulacra: stopped.*\n", result.stderr), (
        result.stderr
    )
    assert not (tmp_path / "out").exists()


# Streams


BARE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
SPOKEN = [["list"], ["list", "labels"], ["doctor"], ["render", "--help"], ["--help"], ["sample", "fäces – x"],
          ["check", "käse/日本"], ["export", "日本", "--to", "nerf"]]  # fmt: skip
LOCALES = [(words, BARE) for words in SPOKEN] + [
    (["list"], {"PYTHONIOENCODING": "ascii"}), (["check", "käse/日本"], {"PYTHONIOENCODING": "ascii"}),
    (["list"], BARE | {"PYTHONIOENCODING": "latin-1"}),
]  # fmt: skip


@pytest.mark.parametrize("words, locale", LOCALES, ids=map(str, range(len(LOCALES))))
def test_no_locale_makes_a_command_fail(words, locale, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))} | locale
    result = subprocess.run([SIMULACRA, *words], capture_output=True, env=environment, cwd=tmp_path, timeout=120)
    expected = 2 if words[0] in ("check", "export") or words[-1].endswith("x") else 0
    assert result.returncode == expected or words == ["doctor"], result.stderr
    error = result.stderr.decode("latin-1")
    assert "not foreseen" not in error and "Traceback" not in error and "Error" not in error, error
    if "latin-1" not in str(locale):
        assert (result.stdout + result.stderr).isascii()


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_run_goes_on_where_nobody_reads(closed, tmp_path):
    """Closed streams: the samples are rendered, and no file takes the place of a stream."""
    out = tmp_path / "out"
    line = f"{QUOTED} render things {shlex.quote(str(out))} --count 2 --size 32 --renderer fake_renderer:small --workers 1 {closed}"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
    result = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, timeout=120)
    assert result.returncode == 0, result.stderr
    assert main(["check", str(out)]) in (0, 1) and {path.name for path in out.iterdir()} >= {
        "000000",
        "000001",
        "dataset.json",
    }
    for path in out.rglob("*.json"):
        assert "simulacra:" not in path.read_text()


def test_a_full_disk_behind_standard_output_is_a_line(tmp_path):
    result = subprocess.run(
        ["bash", "-c", f"{QUOTED} list labels > /dev/full"], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1 and result.stderr == "simulacra: No space left on device\n"


# The terminal


EVIL = "\x1b[31mred\x1b[0m\x07\x9b2J\r\b\u202egnp.exe\u2028line\x7f"


def test_a_text_is_escaped_and_nothing_else_changed():
    assert terminal.escaped("naïve – 日本 😀 \\ ' \"") == "naïve – 日本 😀 \\ ' \""
    assert terminal.escaped(EVIL) == ("\\x1b[31mred\\x1b[0m\\x07\\x9b2J\\r\\x08\\u202egnp.exe\\u2028line\\x7f")
    assert terminal.escaped("a\nb\tc\udcff") == "a\\nb\\tc\\udcff"
    assert all(not terminal.escaped(chr(code)) == chr(code) for code in (*range(32), *range(127, 160)))
    assert len(terminal.message("x" * 10**6)) < 2100


def test_no_way_leads_to_the_terminal_but_one():
    """Nothing in datagen and models prints by itself, but for the answers of a worker to its parent."""
    others = {"datagen/terminal.py", "datagen/jobs/worker.py"}
    for path in itertools.chain((ROOT / "datagen").rglob("*.py"), (ROOT / "models").rglob("*.py")):
        if str(path.relative_to(ROOT)) in others:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert called not in ("print", "sys.stdout.write", "sys.stderr.write", "click.echo", "click.secho"), (
                f"{path}:{node.lineno}"
            )


def test_escapes_in_names_reach_no_terminal(tmp_path, capsys):
    """File names, captions, seeds, fields of a dataset and words of the command line, in every command that tells them."""
    bad = "bad\x1b]0;owned\x07\x9b"
    folder = tmp_path / bad
    folder.mkdir()
    (folder / "dataset.json").write_text('{"recipe": {"generator": "fa\\u001b[2Jces", "se\\u001bed": "\\u001b"}}')
    for words in (["check", folder], ["view", folder], ["export", folder, "--to", bad], ["merge", tmp_path / "m", folder],
                  ["sample", bad], ["sample", "faces", "--set", f"{bad}=1"], ["sample", "faces", "--set", f"hair.groom={bad}"],
                  ["list", bad], [bad], [f"--{bad}"], ["render", "faces", tmp_path / "x", "--labels", bad],
                  ["render", "faces", tmp_path / "x", "--check", f"{bad}=x"], ["plan", folder / "x.json"],
                  ["plan", "faces", "--on", bad], ["label", folder / "a.blend", tmp_path / "y"]):  # fmt: skip
        assert main([str(word) for word in words]) in (1, 2), words
        told = "".join(capsys.readouterr())
        assert "not foreseen" not in told, (words, told)
        assert told and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", told), (words, told)


@pytest.mark.parametrize("rich", [True, False])
def test_tables_and_progress_are_escaped(rich, capsys, monkeypatch):
    from simulacra.datagen.progress import Progress
    from simulacra.datagen.tables import show

    if not rich:
        for name in ("rich.table", "rich.progress"):
            monkeypatch.setitem(sys.modules, name, None)
    show(["name\x1b"], [["[red]va\x1blue[/red]"]], title="ti\x1btle")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress(False, "render\x1b\x07", 3) as progress:
        progress.tell({"event": "failed", "seed": "1\x9b", "reason": "no\x07 [bold]way[/bold]"})
        progress.tell({"event": "warning", "message": "care\x9b"})
        progress.tell({"event": "progress", "stage": "st\x07age", "done": 1, "total": 2})
        progress.tell({"event": "finished", "seed": 0})
    captured = capsys.readouterr()
    assert "[red]va\\x1blue[/red]" in captured.out and "ti\\x1btle" in captured.out and "\x1b" not in captured.out
    assert "no\\x07 [bold]way[/bold]" in captured.err and "1\\x9b" in captured.err
    assert not re.search("[\x07\x9b]", captured.err)


# What nobody foresaw


def test_what_is_not_foreseen_is_a_line_and_a_private_report(tmp_path, capsys, monkeypatch):
    import tempfile

    from simulacra.datagen import check

    def broken(path):
        raise ZeroDivisionError("of the label \x1b[2J")

    monkeypatch.setattr(check, "check_dataset", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SECRET_TOKEN", "hunter2-of-the-environment")
    old = os.umask(0)
    try:
        assert main(["check", "s3://key:hunter2@bucket/faces"]) == 1
    finally:
        os.umask(old)
    error = capsys.readouterr().err
    (path,) = tmp_path.iterdir()
    assert (
        error
        == f"simulacra: something went wrong that was not foreseen (ZeroDivisionError); please attach {path} to an issue\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and re.fullmatch(r"simulacra-report-\w{8,}\.txt", path.name)
    text = path.read_text()
    import simulacra

    assert (
        f"simulacra: {simulacra.__version__}" in text and f"python: {sys.version_info[0]}.{sys.version_info[1]}" in text
    )
    assert (
        "command: simulacra check s3://" in text
        and "bucket/faces" in text
        and "ZeroDivisionError: of the label" in text
    )
    assert "hunter2" not in text and str(Path.home()) + "/" not in text


def test_where_no_report_can_be_written_the_line_says_so(tmp_path, capsys, monkeypatch):
    import tempfile

    from simulacra.datagen import check

    monkeypatch.setattr(check, "check_dataset", lambda path: 1 / 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert main(["check", "faces"]) == 1
    error = capsys.readouterr().err
    assert "(ZeroDivisionError: division by zero), and no report could be written" in error and error.count("\n") == 1


@pytest.mark.parametrize("error, code, words", [
    (MemoryError(), 1, "there is not enough memory"), (RecursionError("deep"), 1, "not foreseen (RecursionError)"),
    (KeyboardInterrupt(), 1, "stopped; run the same command again"), (OSError(28, "No space left on device"), 1, "No space"),
    (PermissionError(13, "Permission denied", "x.png"), 2, "x.png: Permission denied"), (KeyError("x"), 1, "not foreseen (KeyError)"),
    (ModuleNotFoundError("no", name="ray.data"), 2, "ray is not installed"), (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), 1, "not foreseen"),
    (ModuleNotFoundError("no", name="click"), 2, "click is not installed; pip install click"), (SystemExit(3), 3, ""),
])  # fmt: skip
def test_every_error_has_its_code_and_line(error, code, words, tmp_path, capsys, monkeypatch):
    import tempfile

    from simulacra.datagen import check

    def broken(path):
        raise error

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(check, "check_dataset", broken)
    assert main(["check", "faces"]) == code
    captured = capsys.readouterr()
    assert words in captured.err and captured.err.count("\n") == (1 if words else 0) and "Traceback" not in captured.err
