"""Files from outside, spoiled in thousands of ways: a message each, never a crash, a hang or half an output."""

import contextlib
import io
import json
import re
import shutil
import time

import pytest

hypothesis = pytest.importorskip("hypothesis")

from documents import paths  # noqa: E402
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from loading_stage import hashes, make_dataset  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.jobs import pool as jobs  # noqa: E402
from simulacra.datagen.recipe import Recipe  # noqa: E402
from simulacra.datagen.storage.dataset import DatasetFolder  # noqa: E402
from simulacra.procgen import registry  # noqa: E402

SECONDS = 20.0  # of a processor that a command on a few small files may take: far more than any needs
QUICK, LONG = 30, 720  # cases a test: seven tests, and 5 040 cases in the long run
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=12),
    st.sampled_from(["", "..", "../../etc/passwd", "\u0000", "é" * 300, "1e999", "rgb", "0000.depth.exr", -1, 0, 2**31, 2**63, 1e308]),
    st.lists(st.integers(-3, 3), max_size=3), st.dictionaries(st.text(max_size=4), st.integers(), max_size=3),
)  # fmt: skip


def spoil(document, data):
    """A document with one to three places replaced, removed or added to."""
    document = json.loads(json.dumps(document))
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.sampled_from(list(paths(document))))
        if not where:
            document = data.draw(ODD) if data.draw(st.integers(0, 9)) == 0 else document
            continue
        holder = document
        for key in where[:-1]:
            holder = holder[key]
        how = data.draw(st.sampled_from(["replace", "remove", "add", "nest"]))
        if how == "replace":
            holder[where[-1]] = data.draw(ODD)
        elif how == "remove":
            del holder[where[-1]]
        elif how == "nest":
            holder[where[-1]] = [holder[where[-1]]]
        elif isinstance(holder, dict):
            holder[data.draw(st.text(max_size=6))] = data.draw(ODD)
        else:
            holder.append(data.draw(ODD))
    return document


def spoil_bytes(content: bytes, data) -> bytes:
    """Bytes that are cut, changed or doubled somewhere."""
    at = data.draw(st.integers(0, max(len(content) - 1, 0)))
    how = data.draw(st.sampled_from(["cut", "change", "insert", "zero", "double"]))
    if how == "cut":
        return content[:at]
    if how == "double":
        return content + content[at:]
    span = data.draw(st.integers(1, 64))
    other = data.draw(st.binary(min_size=1, max_size=span)) if how != "zero" else bytes(span)
    return content[:at] + other + content[at if how == "insert" else at + len(other) :]


def write(path, document):
    """JSON as another program may write it: NaN and lone surrogates too."""
    path.write_bytes(json.dumps(document).encode("utf-8", "surrogatepass"))


def record_again(folder):
    """Let sample.json tell of the files that are there now."""
    record = json.loads((folder / "sample.json").read_text())
    (folder / "sample.json").unlink()
    (folder / "sample.json").write_text(json.dumps(record | {"files": hashes(folder)}))


def command(*words):
    """Exit code and message of a command; it must end in time, in one line, with one of the three codes."""
    errors, started = io.StringIO(), time.process_time()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        code = main([str(word) for word in words])
    # Progress and broken samples have lines of their own before the last.
    before = re.compile(r"seed |(render|merge|label): \d+ of \d+")
    message = "".join(line for line in errors.getvalue().splitlines(True) if not before.match(line))
    assert time.process_time() - started < SECONDS
    assert code in (0, 1, 2) and (code == 0 or message.startswith("simulacra: ")) and message.count("\n") <= 1, message
    return code, message


def nothing_half(out):
    """No unfinished output is left, beside a place or in it."""
    around = [entry for entry in out.parent.iterdir() if entry.name.startswith((".partial", f".{out.name}"))]
    assert not around, around
    assert not out.is_dir() or not [
        entry for entry in out.rglob(".*") if entry.name.startswith((".partial", ".dataset"))
    ]


def cases(count):
    """So many cases, the same each time."""
    return settings(max_examples=count, deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck))  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A dataset with labels, one as a run leaves it, a spec, a recipe, and shards."""
    root = tmp_path_factory.mktemp("fuzz")
    make_dataset(root / "labelled", samples=3)
    folder = DatasetFolder.open(root / "rendered", Recipe(generator="faces", count=3))
    for index in range(3):
        folder.write_sample(index, quick)
    folder.describe({})
    (root / "spec.json").write_text(json.dumps(registry.dump("faces", registry.sample("faces", 5, {}))))
    command("export", root / "labelled", "--to", "webdataset", "--workers", 1, "--out", root / "shards")
    return root


def quick(spec, recipe, folder, *_):
    (folder / "0000.depth.exr").write_bytes(b"depth")
    (folder / "spec.json").write_text("{}")
    return {"frames": [0], "seconds": {}}


@pytest.fixture
def in_process(monkeypatch):
    """Render in this process: starting one for each case would take hours."""

    def run(folder, indices, pool, tell):
        for index in indices:
            folder.write_sample(index, quick)
            tell({"event": "finished", "index": index, "seed": index, "seconds": {}})
        folder.describe({})
        return {}

    monkeypatch.setattr(jobs, "run", run)


def each(name):
    """A quick test, and a long one behind the marker of slow tests."""
    return pytest.mark.parametrize(
        "count", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)], ids=[name, f"{name}-long"]
    )


@each("spec")
def test_specs(stage, tmp_path, in_process, count):
    good = json.loads((stage / "spec.json").read_text())

    @cases(count)
    @given(st.data())
    def spoiled(data):
        out = tmp_path / "d"
        shutil.rmtree(out, ignore_errors=True)
        if data.draw(st.integers(0, 4)):
            write(tmp_path / "spec.json", spoil(good, data))
        else:
            (tmp_path / "spec.json").write_bytes(spoil_bytes((stage / "spec.json").read_bytes(), data))
        code, message = command("render", "faces", out, "--spec", tmp_path / "spec.json", "--renderer", "fake")
        assert code == 0 or (code == 2 and "spec" in message and not out.exists())
        nothing_half(out)

    spoiled()


@each("recipe")
def test_recipes(stage, tmp_path, in_process, count):
    good = Recipe(generator="faces", count=3, settings=("identity.age=30..40",), labels=("depth",)).to_dict()
    folder = tmp_path / "d"

    @cases(count)
    @given(st.data())
    def spoiled(data):
        shutil.rmtree(folder, ignore_errors=True)
        document = json.loads((stage / "rendered" / "dataset.json").read_text())
        document["recipe"] = spoil(good if data.draw(st.booleans()) else document["recipe"], data)
        folder.mkdir()
        write(folder / "dataset.json", document)
        before = (folder / "dataset.json").read_bytes()
        code, _ = command("render", "faces", folder, "--count", 2, "--renderer", "fake")
        assert code == 0 or (folder / "dataset.json").read_bytes() == before
        nothing_half(folder)

    spoiled()


@each("dataset")
def test_descriptions_of_datasets(stage, tmp_path, in_process, count):
    copy = tmp_path / "d"
    shutil.copytree(stage / "rendered", copy)
    good = json.loads((copy / "dataset.json").read_text())

    @cases(count)
    @given(st.data())
    def spoiled(data):
        if data.draw(st.integers(0, 4)):
            write(copy / "dataset.json", spoil(good, data))
        else:
            (copy / "dataset.json").write_bytes(spoil_bytes(json.dumps(good).encode(), data))
        verb = data.draw(st.sampled_from(["render", "check", "export", "merge", "view"]))
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        if verb == "render":
            command("render", "faces", copy, "--count", 3, "--renderer", "fake")
        elif verb == "check":
            command("check", copy)
        elif verb == "view":
            command("view", copy, "--out", out)
        elif verb == "export":
            code, _ = command("export", copy, "--to", "webdataset", "--workers", 1, "--out", out)
            assert out.exists() == (code == 0)
        else:
            command("merge", out, copy)
        assert sorted(entry.name for entry in copy.glob("0*")) == ["000000", "000001", "000002"]
        nothing_half(out)

    spoiled()


@each("records")
def test_records_of_samples(stage, tmp_path, count):
    copy = tmp_path / "d"
    shutil.copytree(stage / "labelled", copy)
    names = ["sample.json", "camera.json", "objects.json", "landmarks.json", "spec.json", "caption.txt"]
    good = {name: (copy / "000001" / name).read_bytes() for name in names}

    @cases(count)
    @given(st.data())
    def spoiled(data):
        for name, content in good.items():
            (copy / "000001" / name).write_bytes(content)
        name = data.draw(st.sampled_from(names))
        if name.endswith(".json") and data.draw(st.integers(0, 3)):
            write(copy / "000001" / name, spoil(json.loads(good[name]), data))
        else:
            (copy / "000001" / name).write_bytes(spoil_bytes(good[name], data))
        if name != "sample.json":  # as whoever made it would: otherwise it is refused for its size
            record_again(copy / "000001")
        verb, out = data.draw(st.sampled_from(["check", "webdataset", "nerf", "coco", "merge"])), tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        if verb in ("check",):
            command("check", copy)
        elif verb == "merge":
            command("merge", out, copy)
        else:
            code, _ = command(
                "export", copy, "--to", verb, "--out", out, *(("--workers", 1) if verb == "webdataset" else ())
            )
            assert out.exists() == (code == 0)
        nothing_half(out)

    spoiled()


@each("labels")
def test_label_files(stage, tmp_path, count):
    from simulacra.datagen.errors import BadInput
    from simulacra.datagen.formats.files import read_label

    files = sorted(file for file in (stage / "labelled" / "000000").iterdir() if file.suffix in (".png", ".exr"))

    @cases(count)
    @given(st.data())
    def spoiled(data):
        file = data.draw(st.sampled_from(files))
        path = tmp_path / file.name
        path.write_bytes(spoil_bytes(file.read_bytes(), data))
        started = time.process_time()
        with contextlib.suppress(BadInput):
            read_label(path, file.name.split(".")[1])
        assert time.process_time() - started < SECONDS

    spoiled()


@each("plan")
def test_files_that_plan_reads(stage, tmp_path, monkeypatch, count):
    """Up to the probe, which the recipe's own tests cover."""
    from simulacra.datagen.jobs import plan

    def measure(*_):
        raise plan.Unfinished("probed")

    monkeypatch.setattr(plan, "measure", measure)
    good = json.loads((stage / "rendered" / "dataset.json").read_text())

    @cases(count)
    @given(st.data())
    def spoiled(data):
        document = spoil(good, data) if data.draw(st.booleans()) else {**good, "recipe": spoil(good["recipe"], data)}
        write(tmp_path / "recipe.json", document)
        on = data.draw(
            st.sampled_from(["cores=4,nodes=2", "cores=0", "nodes=1e9", "cores=4,cores=4", "speed=nan", "x", "="])
        )
        code, message = command("plan", tmp_path / "recipe.json", "--count", 100, "--on", on, "--renderer", "fake")
        assert code == 2 or (code == 1 and "probed" in message)

    spoiled()


@each("shards")
def test_shards(stage, tmp_path, count):
    pytest.importorskip("torch")
    from simulacra.datagen.errors import BadInput
    from simulacra.models.core.streams import ShardStream

    copy = tmp_path / "shards"
    shutil.copytree(stage / "shards", copy)
    files = sorted(copy.iterdir())
    good = {file: file.read_bytes() for file in files}

    @cases(count)
    @given(st.data())
    def spoiled(data):
        for file, content in good.items():
            file.write_bytes(content)
        file = data.draw(st.sampled_from(files))
        if file.suffix == ".json" and data.draw(st.booleans()):
            write(file, spoil(json.loads(good[file]), data))
        else:
            file.write_bytes(spoil_bytes(good[file], data))
        started = time.process_time()
        with contextlib.suppress(BadInput):
            for sample in ShardStream(copy, ["rgb", "depth", "camera"]):
                assert sample["rgb"].shape[-1] == 3
        assert time.process_time() - started < SECONDS

    spoiled()
