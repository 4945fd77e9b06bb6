"""The worker's jobs as Blender sees them: polled by a timer, shown in the panel, ended or left when Blender closes."""

import atexit
import time

import bpy
from bpy.props import BoolProperty, StringProperty

from ..errors import reported
from ..fields.settling import redraw
from ..preferences import preferences, user_path
from .process import Job

EVERY = 0.25  # seconds between two looks at the worker
_jobs: dict[str, Job] = {}  # by what they do: dataset, dry_run, labels, model, gallery
_then: dict[str, object] = {}  # what to do with a job's result, in Blender's main thread
_leave = False  # what the user chose for when Blender closes, as of the last look


def current(what: str) -> Job | None:
    """The last job of a kind."""
    return _jobs.get(what)


def running(what: str) -> bool:
    """Whether a job of a kind runs."""
    return what in _jobs and _jobs[what].state == "running"


def start(what: str, title: str, commands, then=None) -> Job:
    """Start commands in the worker; ``then(job)`` is called once they have ended, whatever the end."""
    global _leave
    if running(what):
        raise OSError(f"{title}: one such job runs already; cancel it first")
    _leave = preferences().at_exit == "DETACH"
    log = user_path("logs") / f"{what}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    _sweep(log.parent)
    _jobs[what] = job = Job(title, commands, log)
    _then[what] = then
    if not bpy.app.background and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=EVERY)
    return job


def _sweep(folder, keep: int = 20) -> None:
    for old in sorted(folder.glob("*.log"))[:-keep]:
        old.unlink(missing_ok=True)


def wait(what: str) -> Job:
    """Follow a job to its end, as scripts do."""
    _jobs[what].wait()
    _finish(what)
    return _jobs[what]


def _finish(what: str) -> None:
    then = _then.pop(what, None)
    if then is not None:
        then(_jobs[what])


def _look() -> float | None:
    """Poll all jobs; a timer."""
    global _leave
    _leave = preferences().at_exit == "DETACH"
    for what, job in list(_jobs.items()):
        if job.state == "running" and not job.poll():
            with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
                _finish(what)
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


def unregister() -> None:
    """End what runs, as at the end of Blender."""
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)
    _at_exit()
    _jobs.clear()
    _then.clear()


CLASSES = (SIMULACRA_OT_cancel, SIMULACRA_OT_show_log)
