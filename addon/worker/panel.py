"""How a job is shown in a panel."""

import textwrap

from bpy.app.translations import pgettext_iface as iface_

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
        box.label(text=f"{job.title}: {iface_(job.state)}", icon=icon)
        for line in wrapped(job.error, 38)[:4]:
            box.label(text=line)
    for warning in job.warnings[-3:]:
        for index, line in enumerate(wrapped(warning, 38)):
            box.label(text=line, icon="ERROR" if index == 0 else "BLANK1")
    if job.failed:
        box.label(text=iface_("{count} failed").format(count=job.failed), icon="ERROR")
    box.operator("simulacra.show_log", icon="TEXT").what = what


def clock(seconds: float) -> str:
    """Seconds as a person reads them."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines that fit a sidebar."""
    return textwrap.wrap(text, width)
