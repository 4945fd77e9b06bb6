"""Import ▸ Photograph: the worker's command line, what is missing, and the person who arrives."""

import json
import sys

import pytest

from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings

ANSWERS = f'#!/bin/sh\n[ "$1" = -c ] && exec "{sys.executable}" "$@"\n'  # what a Python tells of itself when asked
# Stands for simulacra fit: it writes somebody, and says what the real one says.
FIT = """
import json, shutil, sys
words = sys.argv[sys.argv.index("fit") :]
assert "--json" in words, words
out = words[words.index("--out") + 1]
shutil.copy({spec!r}, out)
print(json.dumps({{"event": "progress", "stage": "fit", "done": 2, "total": 2}}))
print(json.dumps({{"event": "done", "out": out, "landmark_error": 0.0123, "words": words}}))
"""


@pytest.fixture
def python(sidebar, tmp_path):
    """A Python, as the preferences name it, that fits the same person to every photograph."""
    if sys.platform == "win32":
        pytest.skip("a script stands for a Python")
    wishes = ("hair.groom=bald", "wear.headwear.kind=none", "wear.garment.kind=crew_tee", "beard.style=none")
    spec = registry.sample("faces", 12, parse_settings(wishes))
    (tmp_path / "spec.json").write_text(json.dumps(registry.dump("faces", spec)))
    (tmp_path / "fit.py").write_text(FIT.format(spec=str(tmp_path / "spec.json")))
    path = tmp_path / "python"
    path.write_text(f'{ANSWERS}exec "{sys.executable}" "{tmp_path / "fit.py"}" "$@"\n')
    path.chmod(0o755)
    preferences = sidebar("preferences")
    preferences.preferences().python = str(path)
    yield path
    preferences.preferences().python = ""


def test_a_photograph_is_looked_at_by_the_worker(python, sidebar, tmp_path, monkeypatch):
    import bpy

    arrived = []
    photographs, jobs = sidebar("importing.photographs"), sidebar("worker.jobs")
    settings = bpy.context.scene.simulacra.imports
    settings.run = str(tmp_path)
    monkeypatch.setattr(jobs, "_finish", arrived.append)  # the person is built in the slow test
    words = {"filepath": str(tmp_path / "Ada Büro.jpg"), "run": settings.run, "seed": 3}
    assert bpy.ops.simulacra.import_photograph(**words) == {"FINISHED"}
    job = jobs.current(photographs.JOB)
    assert arrived == ["likeness"] and job.state == "finished" and (job.done, job.total) == (2, 2)
    said = job.result["words"]
    assert said[1:3] == [words["filepath"], "--seed"] and said[said.index("--run") + 1] == str(tmp_path)
    from simulacra.models.cli import fit

    found = fit.command.make_context("fit", said[1:]).params  # as the command line takes it
    assert found["seed"] == 3 and found["as_json"] and found["out"].name.startswith("ada_b_ro_")
    assert photographs.told(job) == "Landmark error 1.2 % of the eyes' distance"
    sidebar("preferences").preferences().python = ""
    with pytest.raises(RuntimeError, match="Needs a Python with simulacra"):
        bpy.ops.simulacra.import_photograph(**words)


@pytest.mark.slow
def test_the_person_of_a_photograph_arrives(python, sidebar, tmp_path):
    import bpy

    bpy.context.scene.cursor.location = (1.0, 2.0, 0.0)
    assert bpy.ops.simulacra.import_photograph(filepath=str(tmp_path / "ada.png"), run=str(tmp_path)) == {"FINISHED"}
    rig = sidebar("people.person").rig_of(bpy.context.object)
    assert tuple(rig.location)[:2] == (1.0, 2.0) and rig.name.startswith("Person ada_")
