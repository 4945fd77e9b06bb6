"""The worker's jobs as Blender sees them: polled by a timer, shown in the panel, ended or left when Blender closes."""

import atexit
import os
import time
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..errors import remember, reported
from ..fields.settling import redraw
from ..preferences import preferences, user_path
from . import records
from .process import Job

EVERY = 0.25  # seconds between two looks at the worker
_jobs: dict[str, Job] = {}  # by what they do: dataset, dry_run, labels, model, likeness, gallery
_then: dict[str, object] = {}  # what to do with a job's result, in Blender's main thread
_early: dict[str, object] = {}  # what to do with what can be shown while a job runs, there too
_records: dict[str, records.Record] = {}  # of jobs that are written down, to be found again
_leave = False  # what the user chose for when Blender closes, as of the last look


def current(what: str) -> Job | None:
    """The last job of a kind."""
    return _jobs.get(what)


def running(what: str) -> bool:
    """Whether a job of a kind runs."""
    return what in _jobs and _jobs[what].state == "running"


def start(what: str, title: str, commands, then=None, folder: Path | None = None, early=None) -> Job:
    """Start commands in the worker; ``then(job)`` is called once they have ended, whatever the end.

    ``early(job)`` is called once the job has told of a coarse result, unless it has ended by then.
    A job of one command whose result goes to ``folder`` is written down: a later Blender finds it again.
    """
    global _leave
    if running(what):
        raise OSError(f"{title}: one such job runs already; cancel it first")
    _leave = preferences().at_exit == "DETACH"
    log = user_path("logs") / f"{what}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    _sweep(log.parent)
    _jobs[what] = job = Job(title, commands, log)
    _then[what], _early[what] = then, early
    _forget(what)
    if folder is not None:
        me, process = os.getpid(), job.process.pid
        born = (records.birth(process), records.birth(me))
        _write(records.Record(what, title, str(log), str(folder), process, born[0], me, born[1]))
    _follow()
    return job


def _follow() -> None:
    """Look at the jobs by a timer that outlives the opening of another file."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=EVERY, persistent=True)


def find_again() -> None:
    """Go on with the jobs of a Blender that is gone: those that run, and the last word of those that ended meanwhile."""
    for record in records.claim(user_path("jobs"), _jobs):
        _jobs[record.what] = job = Job.found(record)
        if job.poll():
            _write(record)
    _follow()


def _write(record: records.Record) -> None:
    _records[record.what] = record
    records.write(user_path("jobs"), record)


def _forget(what: str) -> None:
    """Take back what was written down of a job that has ended."""
    record = _records.pop(what, None)
    if record is not None:
        records.file_of(user_path("jobs"), record).unlink(missing_ok=True)


def dismiss(what: str) -> None:
    """Show no more of a job that has ended."""
    if not running(what):
        _jobs.pop(what, None)


def _sweep(folder, keep: int = 20) -> None:
    held = {job.log for job in _jobs.values()}
    for old in sorted(folder.glob("*.log"))[:-keep]:
        if old not in held:
            old.unlink(missing_ok=True)


def wait(what: str) -> Job:
    """Follow a job to its end, as scripts do."""
    _jobs[what].wait()
    _finish(what)
    return _jobs[what]


def _finish(what: str) -> None:
    """Use a job's result; what goes wrong with that is the job's failure, and the panel goes on."""
    _forget(what)
    _early.pop(what, None)
    then, job = _then.pop(what, None), _jobs[what]
    if then is None:
        return
    try:
        then(job)
    except Exception as error:
        remember(f"SIMULACRA_JOB_{what}", error, __name__)
        job.fail(f"{type(error).__name__}: {error}")


def show_early(what: str) -> None:
    """Use what a running job can show, once; what goes wrong with that is told, and the job goes on."""
    job, early = _jobs[what], _early.get(what)
    if early is None or not job.coarse:
        return
    del _early[what]
    try:
        early(job)
    except Exception as error:
        remember(f"SIMULACRA_JOB_{what}", error, __name__)
        job.warnings = [*job.warnings, f"{type(error).__name__}: {error}"]


def _look() -> float | None:
    """Poll all jobs; a timer."""
    global _leave
    _leave = preferences().at_exit == "DETACH"
    windows = bpy.context.window_manager.windows
    if not windows:  # a file is being opened
        return EVERY
    for what, job in list(_jobs.items()):
        if job.state == "running":
            runs = job.poll()
            with bpy.context.temp_override(window=windows[0]):
                show_early(what) if runs else _finish(what)
    redraw()
    return EVERY if any(job.state == "running" for job in _jobs.values()) else None


def last_lines() -> str:
    """What the worker said last, for an error report."""
    return "\n".join(f"[{what}] {job.state}\n" + "\n".join(job.lines) for what, job in _jobs.items())


@atexit.register
def _at_exit() -> None:
    for what, job in _jobs.items():
        if job.state == "running" and not (_leave and what == "dataset"):
            job.end()
            _forget(what)


class SIMULACRA_OT_cancel(bpy.types.Operator):
    """Stop the worker; samples that are finished stay, and Resume goes on from there"""

    bl_idname = "simulacra.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    what: StringProperty(
        name="Job", description="Which job: dataset, dry_run, labels, model or gallery", default="dataset"
    )
    wait: BoolProperty(
        name="Wait", description="Return only when it has ended", default=False, options={"HIDDEN", "SKIP_SAVE"}
    )

    @reported
    def execute(self, context):
        """Cancel the job."""
        if not running(self.what):
            self.report({"WARNING"}, "Nothing runs")
            return {"CANCELLED"}
        _jobs[self.what].cancel()
        if self.wait:
            wait(self.what)
        return {"FINISHED"}


class SIMULACRA_OT_show_log(bpy.types.Operator):
    """Open the worker's log as a text in this file"""

    bl_idname = "simulacra.show_log"
    bl_label = "Show Log"

    what: StringProperty(name="Job", description="Which job", default="dataset")

    @reported
    def execute(self, context):
        """Load the log."""
        job = current(self.what)
        if job is None or not job.log.is_file():
            self.report({"WARNING"}, "There is no log yet")
            return {"CANCELLED"}
        text = bpy.data.texts.get(job.log.name) or bpy.data.texts.new(job.log.name)
        text.clear()
        text.write(job.log.read_text(encoding="utf-8", errors="replace"))
        for area in context.screen.areas if context.screen else ():
            if area.type == "TEXT_EDITOR":
                area.spaces.active.text = text
        self.report({"INFO"}, f"Text {text.name}")
        return {"FINISHED"}


class SIMULACRA_OT_dismiss_job(bpy.types.Operator):
    """Show no more of a job that has ended; its log and what it made stay"""

    bl_idname = "simulacra.dismiss_job"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    what: StringProperty(name="Job", description="Which job", default="dataset")

    def execute(self, context):
        """Forget the job."""
        dismiss(self.what)
        return {"FINISHED"}


def register() -> None:
    """Find what a Blender that is gone left running; workers are Blenders too, and leave their parents alone."""
    if not bpy.app.background:
        bpy.app.timers.register(find_again, first_interval=EVERY, persistent=True)


def unregister() -> None:
    """End what runs, as at the end of Blender."""
    for timer in (_look, find_again):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    _at_exit()
    for held in (_jobs, _then, _early, _records):
        held.clear()


CLASSES = (SIMULACRA_OT_cancel, SIMULACRA_OT_show_log, SIMULACRA_OT_dismiss_job)
