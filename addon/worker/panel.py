"""How a job is shown in a panel."""

from bpy.app.translations import pgettext_iface as iface_

from ..wrapping import draw_wrapped
from . import jobs


def draw_job(layout, what: str) -> None:
    """The state of a job: progress, rate, time left, what it said, and the button that ends it."""
    job = jobs.current(what)
    if job is None:
        return
    box = layout.box()
    if job.state == "running":
        text = iface_("{done} of {total}").format(done=job.done, total=job.total) if job.total else iface_("starting")
        text = f"{job.stage}: {text}" if job.stage else text
        row = box.row(align=True)
        row.progress(factor=job.progress, text=text)
        row.operator("simulacra.cancel", text="", icon="X").what = what
        if job.seconds_each:
            box.label(
                text=iface_("{each} s each, {left} left").format(
                    each=f"{job.seconds_each:.1f}", left=clock(job.seconds_left)
                ),
                icon="TIME",
            )
    else:
        icon = {"finished": "CHECKMARK", "cancelled": "X"}.get(job.state, "ERROR")
        row = box.row()
        row.label(text=f"{job.title}: {iface_(job.state)}", icon=icon)
        row.operator("simulacra.dismiss_job", text="", icon="X", emboss=False).what = what
        draw_wrapped(box, job.error)
    if job.folder:
        draw_wrapped(box, job.folder, "FILE_FOLDER")
    for warning in job.warnings[-3:]:
        draw_wrapped(box, warning, "ERROR")
    if job.failed:
        box.label(text=iface_("{count} failed").format(count=job.failed), icon="ERROR")
    box.operator("simulacra.show_log", icon="TEXT").what = what


def clock(seconds: float) -> str:
    """Seconds as a person reads them."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
