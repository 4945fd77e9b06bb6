"""simulacra fit: the person whom a photograph shows, as a spec that Blender builds."""

from __future__ import annotations

import numpy as np

from ...datagen.cli import options
from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.formats.files import write_json
from ...datagen.terminal import emit, say
from ...procgen.params import parse_settings
from ..systems.tasks import system_of
from .needs import require_torch, run_of

FOUND, MADE = (90, 255, 150), (90, 170, 255)  # colours of the net's landmarks and of the person's
DOT = 1 / 160  # radius of a landmark in distances of the picture's shorter edge, at least 1 px
STAGES = 2


@options.command()
@options.argument("photo", type=options.FILE)
@options.option("--out", required=True, type=options.FILE, metavar="FILE.json", help="the person's spec")
@options.option("--run", type=options.FOLDER, metavar="RUN", help="folder of a run; the weights that ship by default")
@options.option("--seed", type=options.WHOLE, default=0, help="draws what the photograph does not tell")
@options.option("--set", "settings", multiple=True, metavar="PATH=VALUE",
                help="say a field that it does not tell: value, low..high or a,b")  # fmt: skip
@options.json_option(help="print JSON lines")
def command(photo, out, run, seed, settings, as_json) -> None:
    """Fit a person to the face of a PHOTO, a PNG or JPEG of one person.

    A trained face_analysis finds landmarks, pose, look and parts; the head's sliders, sizes and asymmetry, its expression and the
    camera are those that the landmarks are likeliest with, and pigments those of the colours. What it does not tell, as cut of
    hair, clothes and light, is drawn from a seed; age is 35 unless --set identity.age says otherwise. FILE.json is read by
    Import in Blender and by simulacra render faces --spec; beside it lies FILE.overlay.png with the net's landmarks and the person's.
    The error that is printed is the mean distance of both, in distances of the outer eye corners.
    """
    if out.suffix != ".json":
        raise BadInput(f"out: {out} is no .json; allowed is FILE.json")
    seen = out.with_suffix(".overlay.png")
    if seen.resolve() == photo.resolve():
        raise BadInput(f"out: {out} would put {seen.name} where the photograph is; allowed is another name")
    from ...procgen.people.likeness.portrait import check_wishes, seen_from

    wishes = parse_settings(settings)
    check_wishes(wishes)
    system = system_of("face")
    folder = run_of(system, run)
    require_torch()
    from ...datagen.jobs.stopping import stoppable
    from ...datagen.progress import Progress
    from ...procgen import registry
    from ..core import pictures
    from ..core.photographs import colours_of
    from ..vision.faces.likeness import likeness_of

    try:
        with stoppable(), Progress(as_json) as progress:
            image = colours_of(photo)
            found = system.load().load(folder).predict(image)
            if not found.record["detected"]:
                told = f"photo: {photo} shows no face that is seen; all of it was looked at"
                progress.tell({"event": "warning", "message": told})
            progress.tell({"stage": "look", "done": 1, "total": STAGES})
            made = likeness_of(image, found.maps["parts"], found.record, seed, wishes)
            progress.tell({"stage": "fit", "done": STAGES, "total": STAGES})
        out.parent.mkdir(parents=True, exist_ok=True)
        pictures.write_png(seen, overlay(image, np.asarray(found.record["points_2d"]), made.fitted.points))
        write_json(out, registry.dump("faces", made.face))
    except KeyboardInterrupt:
        raise Unfinished(f"{out}: stopped") from None
    except OSError as error:
        raise (Unfinished if error.errno in NO_SPACE else BadInput)(f"{out}: {error.strerror or error}") from None
    yaw, pitch, roll = seen_from(made.fitted.view)
    facts = {"landmark_error": made.fitted.error, "yaw": yaw, "pitch": pitch, "roll": roll, "crop": list(made.crop)}
    if as_json:
        emit({"event": "done", "out": str(out), "overlay": str(seen), **facts})
        return
    say(
        f"landmark error {made.fitted.error:.2%} of the distance of the outer eye corners, the person's from the net's",
        f"head turned {yaw:+.0f}° to its left, lifted {pitch:+.0f}°, tilted {roll:+.0f}°", str(out), str(seen),
    )  # fmt: skip


def overlay(photo: np.ndarray, found: np.ndarray, made: np.ndarray) -> np.ndarray:
    """A photograph uint8 (h, w, 3) with landmarks (n, 2) that were found, lines to the person's, and those."""
    from ...datagen.pictures import stroke

    drawn, radius = photo.copy(), max(min(photo.shape[:2]) * DOT, 1.0)
    for start, stop in zip(found, made, strict=True):
        stroke(drawn, start, stop, radius / 3, MADE)
    for points, colour in ((made, MADE), (found, FOUND)):
        for at in points:
            stroke(drawn, at, at, radius, colour)
    return drawn
