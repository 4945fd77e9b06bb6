"""simulacra train: a system learns from datasets."""

from __future__ import annotations

from pathlib import Path

from ...datagen.cli import options
from ...datagen.cli.unused import set_once
from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.formats.files import read_json, write_json
from ...datagen.terminal import emit, say
from ..systems.catalogue import find
from .needs import names, require_torch

RECORD = "run.json"  # what a run was begun with


@options.command()
@options.argument("system", shell_complete=options.completing(names))
@options.option("--data", multiple=True, required=True, type=options.FOLDER, metavar="DATASET",
                help="folder of a dataset; may be repeated")  # fmt: skip
@options.option("--out", required=True, type=options.FOLDER, metavar="RUN", help="folder of the run")
@options.option("--set", "settings", multiple=True, metavar="FIELD=VALUE", help="a field of its configuration")
@options.option(
    "--resume", is_flag=True, help="go on with the run in RUN; --set may say how long it trains and what it shows"
)
@options.json_option(help="print JSON lines")
def command(system, data, out, settings, resume, as_json) -> None:
    """Train SYSTEM on datasets into RUN: checkpoints, log.jsonl, TensorBoard events and pictures.

    simulacra list systems SYSTEM tells which data it needs, the command that renders it, and every FIELD of its
    configuration. With --resume a run goes on where its last checkpoint was, bit for bit as if it had never stopped.
    """
    system = find(system)
    set_once(settings, "--set")
    require_torch()
    from ...datagen.jobs.stopping import stoppable
    from ...datagen.progress import Progress
    from ..core.resuming import check_resumed
    from ..core.settings import configured, plain, restored

    api = system.load()
    before = begun(out, system.name, resume)
    begun_with = restored(api.Config(), before["config"]) if before else api.Config()
    config = configured(begun_with, settings)
    if before:
        check_resumed(begun_with, config)
    samples = system.data.read(list(data), config)
    if before and before["digest"] != samples.digest:
        raise BadInput(f"{out}: was begun with other data ({', '.join(map(str, before['data']))[:200]})")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refused = Unfinished if error.errno in NO_SPACE else BadInput
        raise refused(f"{out}: {error.strerror or error}") from None
    record = {
        "system": system.name,
        "data": [str(path) for path in data],
        "digest": samples.digest,
        "config": plain(config),
    }
    write_json(out / RECORD, record)
    try:
        with stoppable(), Progress(as_json) as progress:
            api.train(samples, out, config, progress.tell)
    except KeyboardInterrupt:
        raise Unfinished(f"{out}: stopped; the same command with --resume goes on") from None
    except Unfinished:
        raise
    except Exception:
        if before:  # what was refused is not what the run goes on with
            write_json(out / RECORD, before)
        elif [path.name for path in out.iterdir()] == [RECORD]:  # nothing was begun
            (out / RECORD).unlink()
            out.rmdir()
        raise
    if as_json:
        emit({"event": "done", "out": str(out), "system": system.name})
    else:
        say(f"{system.name} in {out}")


def begun(out: Path, system: str, resume: bool) -> dict | None:
    """What the run in a folder was begun with, None where it is new; raises BadInput where that must not be gone on with."""
    record = out / RECORD
    if not record.is_file():
        if out.is_dir() and any(out.iterdir()):
            raise BadInput(f"{out}: holds something else; allowed is a new or empty folder, or a run with --resume")
        return None
    found = read_json(record)
    kinds = {"system": str, "config": dict, "data": list, "digest": str}
    if not isinstance(found, dict) or not all(isinstance(found.get(name), kind) for name, kind in kinds.items()):
        raise BadInput(f"{record}: is not the record of a run")
    if found["system"] != system:
        raise BadInput(f"{out}: is a run of {found['system'][:60]}, not of {system}")
    if not resume:
        raise BadInput(f"{out}: holds a run already; --resume goes on with it")
    return found
