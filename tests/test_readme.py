"""The README's example runs, its table counts what is there, and every documented command is one."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_lines import accepted

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def documented():
    """The command lines of all pages' code blocks, and of the cluster job's entrypoint."""
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "models/README.md"):
        for block in re.findall(r"```\w*\n(.*?)```", page.read_text(), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                if re.match(r"(  entrypoint: )?simulacra \w", line):
                    for command in re.split(r" {2,}(?=simulacra )", line.partition("#")[0]):
                        yield command.strip().removeprefix("entrypoint: ")


@pytest.mark.blender
@pytest.mark.once
def test_the_ten_lines_run():
    pytest.importorskip("bpy")
    code = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    assert len(code.strip().splitlines()) <= 10
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-1500:]
    assert re.search(r"(afro|locs) 75 True", result.stdout) and "52 actions True" in result.stdout


def test_the_surface_of_the_models_page_is_seen():
    pytest.importorskip("torch")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "models/README.md").read_text(), re.S)
    names: dict = {}
    exec(next(code for code in blocks if "softened" in code), names)
    picture, mask = names["picture"], names["seen"].mask[0]
    assert picture.shape == (1, 3, 64, 64) and picture[:, :, 32, 32].min() > 0 and not picture[:, :, 0].any()
    assert 0.3 < mask.float().mean() < 0.5  # a ball of 0.7 from 4 in 32 degrees


def test_every_label_exporter_and_user_has_its_place():
    from simulacra.datagen.export import EXPORTERS
    from simulacra.datagen.labels import LABELS

    table = re.search(r"\| label \| file \| meaning \|\n(.*?)\n\n", README, re.S).group(1)
    assert [name for name in LABELS if not re.search(rf"^\|[^|]*\b{name}\b", table, re.M)] == []
    assert f"simulacra export OUT --to {'|'.join(EXPORTERS)}" in README
    assert README.splitlines()[2].startswith("![")  # a picture first
    chapters = ("## Two commands", "## Ten lines of Python", "## For artists", "## For researchers", "## For training")
    places = [README.index(chapter) for chapter in chapters]
    assert places == sorted(places)


def test_every_page_is_named_in_the_readme():
    assert [page.name for page in ROOT.glob("docs/*.md") if f"(docs/{page.name})" not in README] == []


def exr_labels():
    from simulacra.datagen.labels import LABELS

    return [row for row in LABELS.values() if row.suffix == "exr"]


@pytest.mark.parametrize("name", [row.name for row in exr_labels()])
def test_pyexr_reads_what_we_write(tmp_path, name):
    """Bit for bit and channel for channel, as the page on loading says."""
    pyexr = pytest.importorskip("pyexr")
    from simulacra.datagen.formats.files import write_label
    from simulacra.datagen.labels import LABELS

    row = LABELS[name]
    values = np.random.Generator(np.random.PCG64(0)).normal(size=(5, 7, row.channels)).astype(np.float32)
    values[0, 0] = row.background
    write_label(tmp_path / "0000.exr", name, values if row.channels > 1 else values[..., 0])
    found = pyexr.read(tmp_path / "0000.exr")
    assert found.dtype == np.float32 and np.array_equal(found, values, equal_nan=True)


@pytest.mark.parametrize("line", sorted(set(documented())))
def test_every_documented_command_is_accepted(line):
    _, *words = shlex.split(line.replace("$SLURM_ARRAY_TASK_ID", "7").partition(" | ")[0])
    accepted([word.partition("|")[0] for word in words])


def test_the_cluster_job_of_the_docs_gives_its_pods_what_a_worker_is_declared_to_need():
    yaml = pytest.importorskip("yaml")
    from simulacra.datagen.jobs.machine import MEMORY_PER_WORKER

    text = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/scale.md").read_text(), re.S).group(1)
    job = yaml.safe_load(text)
    groups = [job["spec"]["rayClusterSpec"]["headGroupSpec"], *job["spec"]["rayClusterSpec"]["workerGroupSpecs"]]
    pods = [group["template"]["spec"]["containers"][0] for group in groups]
    threads = int(re.search(r"--threads (\d+)", job["spec"]["entrypoint"]).group(1))
    limits = pods[1]["resources"]["limits"]
    assert int(limits["cpu"]) // threads * MEMORY_PER_WORKER <= int(limits["memory"].removesuffix("Gi"))
    assert all(pod["image"] == pods[0]["image"] and pod["envFrom"] == pods[0]["envFrom"] for pod in pods)
