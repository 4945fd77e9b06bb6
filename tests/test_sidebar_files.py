"""The sidebar around files and restarts: jobs are found again, errors go when they are made good, a wrong Python is told of at once."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulacra.addon import interpreter
from simulacra.addon.worker import records
from simulacra.addon.worker.process import Job

BEAT = "import json, time\nprint(json.dumps({'event': 'started', 'done': 1, 'total': 3}), flush=True)\ntime.sleep(60)"
ALL = "import json\nprint(json.dumps({'event': 'done', 'done': 3, 'total': 3}), flush=True)"


@pytest.fixture
def worker(tmp_path):
    """Starts a process that writes a log, and gives its record as a Blender that is gone left it."""
    started = []

    def start(code, gone, what="dataset"):
        log = tmp_path / f"{len(started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen([sys.executable, "-c", code], stdout=output, stderr=subprocess.STDOUT)
        started.append(process)
        born = records.birth(process.pid)
        return process, records.Record(what, "8 × faces", str(log), "/data/faces", process.pid, born, gone, "long ago")

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(true, seconds=20.0):
    """Wait for something."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_birth_tells_one_process_of_an_id_from_the_next(gone):
    mine = records.birth(os.getpid())
    assert mine and mine == records.birth(os.getpid())
    assert records.birth(gone) == "" and records.birth(-1) == ""


def test_a_job_is_found_again_followed_and_cancelled(worker, gone, tmp_path):
    process, record = worker(BEAT, gone)
    records.write(tmp_path / "jobs", record)
    [mine] = records.claim(tmp_path / "jobs")
    assert mine.owner == os.getpid() and mine[:6] == record[:6]
    job = Job.found(mine)
    until(lambda: job.poll() and job.done == 1)
    assert (job.state, job.total, job.title, job.folder) == ("running", 3, "8 × faces", "/data/faces")
    job.cancel()
    assert job.wait(20) == "cancelled" and process.wait(5) != 0


def test_how_a_job_ended_meanwhile_is_read_from_its_log(worker, gone):
    for code, state, error in (
        (ALL, "finished", ""),
        ("print('simulacra: the disk is full')", "failed", "the disk is full"),
        ("print('what Blender says')", "failed", "the worker ended before all was done; Resume goes on from there"),
    ):
        process, record = worker(code, gone)
        process.wait()
        job = Job.found(record)
        assert not job.poll() and (job.state, job.error) == (state, error)


def test_an_id_that_is_another_process_by_now_is_never_ended(worker, gone):
    process, record = worker(BEAT, gone)
    job = Job.found(record._replace(born=record.born + "0"))
    follower = job.process
    assert not job.poll() and job.state == "failed"
    for end in (job.cancel, follower.kill, lambda: follower.send_signal(15)):
        end()
    time.sleep(0.2)
    assert process.poll() is None


def test_each_job_is_taken_by_one_blender_and_rather_the_one_that_runs(worker, gone, tmp_path):
    folder = tmp_path / "jobs"
    ended, first = worker(ALL, gone)
    ended.wait()
    _, second = worker(BEAT, gone - 1 if gone > 1 else 1)
    _, owned = worker(BEAT, os.getppid(), "labels")
    for record in (first, second, owned._replace(owner_born=records.birth(os.getppid()))):
        records.write(folder, record)
    (folder / "torn.json").write_text("{")
    (folder / "other.json").write_text('{"what": "dataset", "process": "1"}')
    assert records.claim(folder, {"dataset"}) == []
    assert [row.process for row in records.claim(folder)] == [second.process]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        records.file_of(folder, row).name for row in (first, owned)
    )
    assert [row.process for row in records.claim(folder)] == [first.process] and records.claim(folder) == []


def test_a_python_that_cannot_be_used_is_told_in_one_line(tmp_path):
    assert interpreter.problem("") == "" and interpreter.problem(sys.executable) == ""
    text = tmp_path / "notes.txt"
    text.write_text("python")
    sleeper = tmp_path / "echo"
    sleeper.write_text("#!/bin/sh\necho hello\n")
    sleeper.chmod(0o755)
    bare = tmp_path / "bare"
    bare.write_text("#!/bin/sh\necho '[[3, 12], false]'\n")
    bare.chmod(0o755)
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho '[[3, 9], true]'\n")
    old.chmod(0o755)
    for path, words in (
        (tmp_path / "none", "there is no such file"), (tmp_path, "is a folder"), (text, "is not a program"), (sleeper, "is not a Python"),
        (bare, "has no simulacra"), (old, "is Python 3.9"), ("a\0b", "there is no such file"),
    ):  # fmt: skip
        found = interpreter.problem(str(path))
        assert words in found and "\n" not in found


def test_the_preferences_say_so_at_once_and_no_job_starts(sidebar):
    import bpy

    chosen, held = sidebar("preferences").preferences(), sidebar("preferences")
    try:
        chosen.python = "/nowhere/python"
        assert "there is no such file" in held.wrong["python"]
        assert "there is no such file" in sidebar("systems.operators").missing()
        bpy.context.scene.simulacra.dataset.out = "/nowhere/faces"
        with pytest.raises(RuntimeError, match="Python in the preferences: /nowhere/python: there is no such file"):
            bpy.ops.simulacra.dry_run()
    finally:
        chosen.python = ""
    assert held.wrong["python"] == ""


def test_an_error_stays_until_it_is_dismissed_or_made_good(ada, sidebar):
    import bpy

    errors = sidebar("errors")
    bpy.context.view_layer.objects.active = ada

    def fail():
        with pytest.raises(RuntimeError, match="no such group"):
            bpy.ops.simulacra.randomise(group="soul")
        assert "no such group" in errors.shown()

    fail()
    assert bpy.ops.simulacra.dismiss_error() == {"FINISHED"} and errors.shown() == ""
    assert "no such group" in errors.last["message"]  # the report still tells it
    fail()
    bpy.ops.simulacra.save_preset(title="A preset of a test")  # of another room
    assert "no such group" in errors.shown()
    bpy.ops.simulacra.lock(path="eyes")
    assert errors.shown() == ""


def test_a_job_goes_on_while_files_are_opened(sidebar, tmp_path):
    """The timer outlives the opening of a file, and a Blender that starts later finds the job."""
    import bpy

    jobs = sidebar("worker.jobs")
    job = jobs.start("dataset", "test", [[sys.executable, "-c", BEAT]], folder=tmp_path / "faces")
    until(lambda: job.poll() and job.done)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert jobs.running("dataset") and jobs.current("dataset") is job
    folder = sidebar("preferences").user_path("jobs")
    [path] = folder.glob("*.json")
    record = sidebar("worker.records").read(path)
    assert (record.process, record.owner, record.folder) == (job.process.pid, os.getpid(), str(tmp_path / "faces"))
    # As after a restart: nothing is known but the record, whose Blender is gone.
    for held in (jobs._jobs, jobs._then, jobs._records):
        held.clear()
    path.unlink()
    sidebar("worker.records").write(folder, record._replace(owner_born="long ago"))
    jobs.find_again()
    again = jobs.current("dataset")
    assert again is not job and again.state == "running" and again.done == 1 and len(list(folder.glob("*.json"))) == 1
    with pytest.raises(RuntimeError, match="is being rendered"):
        bpy.ops.simulacra.render_dataset()
    assert bpy.ops.simulacra.cancel(what="dataset") == {"FINISHED"}
    job.process.wait(10)  # a child of this process, which nobody else takes away
    assert jobs.wait("dataset").state == "cancelled" and list(folder.glob("*.json")) == []
    assert bpy.ops.simulacra.dismiss_job(what="dataset") == {"FINISHED"} and jobs.current("dataset") is None


def test_the_timer_of_jobs_outlives_the_opening_of_a_file(sidebar, monkeypatch):
    jobs, kept = sidebar("worker.jobs"), []
    timers = SimpleNamespace(
        is_registered=lambda timer: False, register=lambda timer, **how: kept.append(how["persistent"])
    )
    monkeypatch.setattr(jobs, "bpy", SimpleNamespace(app=SimpleNamespace(background=False, timers=timers)))
    jobs._follow()
    jobs.register()
    assert kept == [True, True]


def test_what_a_job_brings_may_fail_and_the_panel_goes_on(sidebar):
    jobs = sidebar("worker.jobs")

    def torn(job):
        raise ValueError("no picture in it")

    jobs.start("gallery", "gallery", [[sys.executable, "-c", ""]], torn)
    job = jobs.wait("gallery")
    assert (job.state, job.error) == ("failed", "ValueError: no picture in it")
    assert "no picture in it" in sidebar("errors").shown()


def test_long_lines_fit_the_region():
    pytest.importorskip("bpy")
    from simulacra.addon import wrapping

    drawn = []

    class Layout:
        """Takes labels."""

        def column(self, align):
            return self

        def label(self, **words):
            drawn.append(words)

    wrapping.draw_wrapped(Layout(), "word " * 40 + str(Path("/a") / ("b" * 90)), "ERROR")
    assert all(len(row["text"]) <= wrapping.WITHOUT_REGION for row in drawn) and 3 < len(drawn) <= 8
    assert [row["icon"] for row in drawn[:2]] == ["ERROR", "BLANK1"]


def test_the_manual_is_the_readme_as_a_page(sidebar):
    manual = sidebar("manual")
    text = "# A\n\nOne **two** `x*y` *three*\n[four](docs/x.md) <tag>\n\n- five\n  six\n- seven\n\n```\nrun --it\n```\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n![no](docs/none.jpg)"
    body = manual.page(text).partition("</style>")[2]
    assert body == (
        '<h1 id="a">A</h1>\n<p>One <b>two</b> <code>x*y</code> <i>three</i> <a href="docs/x.md">four</a> &lt;tag&gt;</p>\n'
        "<ul><li>five six</li><li>seven</li></ul>\n<pre>    run --it</pre>\n"
        "<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>\n<p></p>"
    )
    address, rows = manual.pages()
    page = Path(address.removeprefix("file://")).read_text()
    assert address.startswith("file://") and f'id="{manual.CHAPTER}"' in page and page.count("<h2") > 3
    assert all(anchor == f"#{manual.CHAPTER}" for _, anchor in rows)
    import bpy

    assert any("simulacra" in function.__module__ for function in bpy.utils._manual_map)
