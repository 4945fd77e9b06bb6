"""simulacra train: a system learns from datasets."""

from __future__ import annotations

import json
from pathlib import Path

from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.formats.files import read_json, write_json
from ..systems.catalogue import find
from .needs import require_torch

RECORD = "run.json"  # what a run was begun with


def configure(parser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("system", metavar="SYSTEM", help="what to train; see simulacra list systems")
    add(
        "--data",
        action="append",
        required=True,
        type=Path,
        metavar="DATASET",
        help="folder of a dataset; may be repeated",
    )
    add("--out", required=True, type=Path, metavar="RUN", help="folder of the run")
    add(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="a field of its configuration",
    )
    add("--resume", action="store_true", help="go on with the run in RUN, with its own configuration and --set on top")
    add("--json", dest="as_json", action="store_true", help="print JSON lines")  # fmt: skip


def command(arguments) -> None:
    """Train SYSTEM on DATASETs of people into RUN: checkpoints, log.jsonl, TensorBoard events and pictures.

    A dataset is rendered by simulacra render faces OUT --views 24 --labels alpha. With --resume a run goes on where its
    last checkpoint was, bit for bit as if it had never stopped.
    """
    system = find(arguments.system)
    require_torch()
    from ...datagen.jobs.stopping import stoppable
    from ..core.data import read_people
    from .progress import Progress
    from .settings import configured, plain, restored

    out, api = arguments.out, system.load()
    before = begun(out, system.name, arguments.resume)
    config = configured(restored(api.Config(), before["config"]) if before else api.Config(), arguments.settings)
    people = read_people(arguments.data, size=getattr(config, "size", None))
    if before and before["digest"] != people.digest:
        raise BadInput(f"{out}: was begun with other data ({', '.join(before['data'])})")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refused = Unfinished if error.errno in NO_SPACE else BadInput
        raise refused(f"{out}: {error.strerror or error}") from None
    data = [str(path) for path in arguments.data]
    record = {"system": system.name, "data": data, "digest": people.digest, "config": plain(config)}
    write_json(out / RECORD, record)
    try:
        with stoppable(), Progress(arguments.as_json) as progress:
            api.train(people, out, config, progress.tell)
    except BadInput:
        if not before and [path.name for path in out.iterdir()] == [RECORD]:  # nothing was begun
            (out / RECORD).unlink()
            out.rmdir()
        raise
    except KeyboardInterrupt:
        raise Unfinished(f"{out}: stopped; the same command with --resume goes on") from None
    if arguments.as_json:
        print(json.dumps({"event": "done", "out": str(out), "system": system.name}), flush=True)
    else:
        print(f"{system.name} in {out}", flush=True)


def begun(out: Path, system: str, resume: bool) -> dict | None:
    """What the run in a folder was begun with, None where it is new; raises BadInput where that must not be gone on with."""
    record = out / RECORD
    if not record.is_file():
        if out.is_dir() and any(out.iterdir()):
            raise BadInput(f"{out}: holds something else; allowed is a new or empty folder, or a run with --resume")
        return None
    try:
        found = read_json(record)
        name, _ = found["system"], (found["config"], found["data"], found["digest"])
    except (KeyError, TypeError):
        raise BadInput(f"{record}: is not the record of a run") from None
    if name != system:
        raise BadInput(f"{out}: is a run of {name}, not of {system}")
    if not resume:
        raise BadInput(f"{out}: holds a run already; --resume goes on with it")
    return found
