"""simulacra worth: what a dataset is worth, told by photographs."""

from __future__ import annotations

from ...datagen.cli import options
from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.tables import show
from ...datagen.terminal import emit, say
from ..systems.catalogue import find
from ..worth.kinds import KINDS, kind_of
from .needs import require_torch

STEPS = 1500


@options.command()
@options.argument("dataset", type=options.FOLDER)
@options.option(
    "--against", required=True, type=options.FOLDER, metavar="FOLDER", help="what people photographed and measured"
)
@options.option(
    "--learn", type=options.FOLDER, metavar="FOLDER", help="other such photographs, for label adaptation to learn from"
)
@options.option("--out", required=True, type=options.FOLDER, metavar="DIR", help="folder of the runs and of the report")
@options.option(
    "--shares", default="0.25,0.5,1", metavar="A,B,…", help="shares of the dataset that are trained on in turn"
)
@options.option("--steps", type=options.FROM_ONE, default=STEPS, metavar="N", help="steps of each training: the budget")
@options.option("--seed", type=options.FROM_ZERO, default=0, metavar="N", help="seed of the trainings")
@options.json_option(help="print JSON lines")
def command(dataset, against, learn, out, shares, steps, seed, as_json) -> None:
    """Tell what a DATASET is worth: a small net is trained on it for a fixed budget and tried on photographs.

    FOLDER may hold pictures with .pts files of 68 points beside them: each is looked at where its points are. Figures are errors
    in distances of the outer eye corners, as the net finds landmarks and through label adaptation, which learns from other
    photographs: those of --learn, or every second one for the rest. Or it holds folders of photographs and of masks, as FASSEG has
    them: figures are F1 of its six classes, and how far off the head's yaw is in degrees. Or it holds stereo or flow pairs as Middlebury and KITTI have
    them: figures are end point errors and the share that is off by over 2 px, beside those of OpenCV.

    DIR keeps report.json and worst.png, the worst twelve; the same command goes on where it was stopped. Compare two datasets by
    equal steps and seeds.
    """
    try:
        wanted = [float(text) for text in shares.split(",")]
    except ValueError:
        raise BadInput(
            f"shares: {shares[:60]} is not allowed; allowed are numbers above 0 up to 1, as 0.25,0.5,1"
        ) from None
    require_torch()
    from ...datagen.jobs.stopping import stoppable
    from ...datagen.progress import Progress
    from ..worth.measuring import REPORT, SHEET, check_shares, measure

    wanted = check_shares(wanted)
    kind = kind_of(against)
    if learn and not kind.learns:
        allowed = ", ".join(other.name for other in KINDS if other.learns)
        raise BadInput(f"--learn: {against} holds {kind.name}; allowed with {allowed}")
    system, trial = find(kind.system), kind.load()
    shots = system.data.read([dataset], None)
    test = trial.read(against, learn)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with stoppable(), Progress(as_json) as progress:
            rows = measure(trial, system.load(), shots, test, out, wanted, trial.budget(steps, seed), progress.tell)
    except KeyboardInterrupt:
        raise Unfinished(f"{out}: stopped; the same command goes on") from None
    except OSError as error:
        raise (Unfinished if error.errno in NO_SPACE else BadInput)(f"{out}: {error.strerror or error}") from None
    if as_json:
        emit({"event": "done", "out": str(out), "kind": kind.name, "shares": [row.row() for row in rows]})
        return
    columns = ("share", "frames", *(heading for heading, _, _ in trial.COLUMNS))
    table = [(f"{row.share:g}", str(row.frames), *(format(row.figures[name], form) if name in row.figures else "–" for _, name, form in trial.COLUMNS))
             for row in rows]  # fmt: skip
    show(columns, table, right=columns)
    say(
        "worst: " + ", ".join(f"{name} {format(error, trial.ERROR)}" for name, error in rows[-1].worst),
        str(out / REPORT),
        str(out / SHEET),
    )
