"""simulacra generate: a trained system makes pictures, meshes, avatars … and shows them."""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from ...datagen.cli import options
from ...datagen.cli.unused import set_once
from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.formats.writing import flush
from ...datagen.terminal import emit, say
from ..kinds import table
from ..systems.catalogue import SYSTEMS, System, find
from ..systems.request import Request, check_prompt
from .drags import drags_of
from .needs import names, require_torch
from .weights import weights_of

SAID = {"prompt": "a prompt", "photo": "a photo", "edit": "another avatar", "unconditional": "nothing but a seed"}
MOST = 10_000  # results of one command, steps of sampling, and draws
LEAST, LARGEST = 16, 2048  # pixels of a picture's edge


@options.command()
@options.argument("system", shell_complete=options.completing(names))
@options.argument("run", type=options.FOLDER, required=False)
@options.option("--prompt", metavar="TEXT", help="what the result should look like")
@options.option(
    "--photo",
    type=options.FILE,
    metavar="FILE",
    help="a picture of a face, or of one thing, that the result should resemble",
)
@options.option("--edit", type=options.FILE, metavar="AVATAR", help="an avatar to change as the prompt says")
@options.option(
    "--out", required=True, type=options.FILE, metavar="FILE", help="the file; its suffix says what is written"
)
@options.option("--seed", type=options.WHOLE, default=0, help="seed of the first result; the next ones follow")
@options.option(
    "--count",
    type=options.WHOLE,
    default=1,
    help="number of results; more than one are NAME-SEED, of pictures with a sheet of all as NAME",
)
@options.option(
    "--guidance", type=options.Number(), metavar="S", help="how strictly the condition is followed; 1 is none"
)
@options.option("--steps", type=options.WHOLE, metavar="N", help="steps of sampling")
@options.option("--draws", type=options.WHOLE, metavar="N",
                help="how many are drawn for a prompt or photo and ranked by it; 1 is a first draw")  # fmt: skip
@options.option("--drag", metavar="FROM:TO", multiple=True,
                help="pull what is at X,Y,Z to X,Y,Z, in metres; may be given several times")  # fmt: skip
@options.option("--becomes", metavar="TEXT",
                help="another prompt: its picture is the first one's but for what differs, beside what each word was drawn with")  # fmt: skip
@options.option("--weigh", metavar="WORD=X", multiple=True,
                help="how much a word of --becomes counts, 1 is as much as else; may be given several times")  # fmt: skip
@options.option("--set", "settings", multiple=True, metavar="FIELD=VALUE",
                help="a field of its configuration that matters when it is asked, as truncation of stylegan2")  # fmt: skip
@options.option("--size", type=options.WHOLE, metavar="PX", help="edge of each picture")
@options.option("--no-refiner", "unrefined", is_flag=True, help="draw pictures of 512 px and more without the refiner")
@options.option("--coarse", "early", is_flag=True,
                help="write NAME.coarse within seconds, which is taken away once the result is there")  # fmt: skip
@options.option("--no-turntable", "bare", is_flag=True, help="write no pictures from all sides")
@options.json_option(help="print JSON lines")
def command(system, run, out, as_json, bare, early, count, size, unrefined, settings, **asked) -> None:
    """Let a trained SYSTEM make something from a prompt, a photo, another avatar and a prompt, or nothing but a seed.

    RUN is the folder of a run; the weights that are shipped by default. simulacra list systems says what a system makes:
    an avatar is written as .avatar.safetensors, .glb, .portrait.png, .mp4, .gif or .png; another suffix is refused with those
    that are allowed. What cannot be finished leaves no file.
    """
    system = find(system)
    set_once(settings, "--set")
    request = request_of(system, count=count, **asked)
    name, suffix = table.split_suffix(out, system.kind)
    if bare and suffix in table.SEEN:
        raise BadInput(f"no-turntable: is not allowed with {suffix}, which shows itself and gets none")
    if early and "coarse" not in system.takes:
        able = ", ".join(row.name for row in SYSTEMS if "coarse" in row.takes)
        raise BadInput(f"coarse: is not allowed with {system.name}, which has none; allowed with {able}")
    if early and suffix in table.SEEN:
        raise BadInput(f"coarse: is not allowed with {suffix}; allowed is it with what Blender shows")
    shown = _shown(system, size, unrefined)
    folder = out.parent
    if not folder.is_dir():
        raise BadInput(f"{folder}: is not a folder")
    _check_replaceable(out)
    # What a run of frames can be told depends on these, and it says it itself.
    warnings = check_prompt(request.prompt, system.data.things) if request.prompt and not system.data.labels else []
    require_torch()
    from ...datagen.jobs.stopping import stoppable
    from ...datagen.progress import Progress

    try:
        with (
            stoppable(),
            tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as beside,
            _Early(folder) as coarse,
        ):
            with Progress(as_json) as progress:
                for line in warnings:
                    progress.tell({"event": "warning", "message": line})
                _generate(system, run, request, count, not bare, Path(beside), name, suffix, shown, progress.tell,
                          coarse if early else None, settings)  # fmt: skip
            made = _move(Path(beside), folder, suffix)
    except KeyboardInterrupt:
        raise Unfinished("stopped; nothing was written") from None
    except OSError as error:
        if error.errno in NO_SPACE:
            raise Unfinished(f"{folder}: the disk is full; nothing was written") from None
        raise
    files = [str(path) for path in made]
    if as_json:
        emit({"event": "done", "out": str(out), "files": files})
    else:
        say(*files)


def request_of(system: System, *, prompt, photo, edit, seed, count, guidance, steps, draws, drag=(), becomes=None,
               weigh=()) -> Request:  # fmt: skip
    """What the options ask for; raises BadInput where they contradict each other or the system cannot do it."""
    said, prompt = prompt is not None, " ".join((prompt or "").split())
    for name, path in (("photo", photo), ("edit", edit)):
        if path is not None and not path.is_file():
            raise BadInput(f"{name}: {path} is not a file")
    if photo is not None and (prompt or edit is not None):
        raise BadInput(f"photo: is not allowed with {'a prompt' if prompt else 'an edit'}; give one of them")
    if edit is not None and not prompt:
        raise BadInput("edit: needs a prompt that says what the avatar should become")
    if said and not prompt:
        raise BadInput("prompt: is empty; allowed are words")
    for name, value, low, high in (("seed", seed, 0, 2**31 - 1), ("count", count, 1, MOST), ("steps", steps, 1, MOST),
                                   ("draws", draws, 1, MOST)):  # fmt: skip
        if value is not None and not low <= value <= high:
            raise BadInput(f"{name}: {value} is not allowed; allowed is a whole number in {low}..{high}")
    if guidance is not None and not (math.isfinite(guidance) and 0 <= guidance <= 100):
        raise BadInput(f"guidance: {guidance} is not allowed; allowed is a number in 0..100")
    for name, value in (
        ("guidance", guidance),
        ("steps", steps),
        ("draws", draws),
        ("drag", drag or None),
        ("becomes", becomes),
    ):
        if value is not None and name not in system.takes:
            able = ", ".join(row.name for row in SYSTEMS if name in row.takes)
            raise BadInput(f"{name}: is not allowed with {system.name}, which has none; allowed with {able}")
    if not system.can:
        raise BadInput(f"{system.name}: makes nothing of its own; simulacra predict asks it about photographs")
    words = " ".join((becomes or "").split())
    if becomes is not None and not (words and prompt and edit is None):
        raise BadInput("becomes: needs words, and a prompt whose picture becomes another")
    if weigh and becomes is None:
        raise BadInput("weigh: is not allowed without --becomes, of which it weighs words")
    request = Request(prompt, photo, edit, seed, guidance, steps, draws, drags_of(drag), words, weights_of(weigh))
    if guidance is not None and request.mode == "unconditional":
        raise BadInput("guidance: is not allowed without a prompt or photo, which it would follow")
    if draws is not None and request.mode not in ("prompt", "photo"):
        raise BadInput("draws: is not allowed without a prompt or photo, by which what is drawn is ranked")
    if request.mode not in system.can:
        raise BadInput(f"{system.name}: cannot make {table.KINDS[system.kind].noun} from {SAID[request.mode]}; "
                       f"it can from {', '.join(SAID[mode] for mode in system.can)}")  # fmt: skip
    return request


def _generate(system: System, run: Path | None, request: Request, count: int, all_sides: bool, folder: Path, name: str,
              suffix: str, shown: dict, tell, coarse: _Early | None = None, settings=()) -> None:  # fmt: skip
    """Write every result and its preview into a folder; ``shown`` are fields of results that say how they are drawn."""
    run = run or system.shipped
    if run is None:
        raise BadInput(f"{system.name}: no weights are shipped with this version; name the RUN of a simulacra train "
                       f"{system.name}")  # fmt: skip
    if not run.is_dir():
        raise BadInput(f"run: {run} is not a folder; allowed is a RUN of simulacra train {system.name}")
    from ..core.settings import asked_with
    from ..systems.sampled import sampled

    model, sheet = system.load().load(run), []
    if settings:
        model.config = asked_with(getattr(model, "config", None), settings, system.name)
    for index in range(count):
        one = replace(request, seed=request.seed + index)
        stem = f"{name}-{one.seed}" if count > 1 else name
        if coarse and one.mode != "edit":  # where the avatar that is edited is there already
            coarse.show(model.coarse(one), folder / f"{stem}.coarse{suffix}", suffix, tell)
        result = model.generate(one, tell) if hasattr(model, "generate") else sampled(model, one)
        if result.kind != system.kind:
            raise TypeError(f"{system.name}: made {result.kind}; its row of the catalogue says {system.kind}")
        if result.kind == "avatar":
            result = replace(result, generator=f"simulacra {system.name}{_of_draws(result.draws)}")
        result = replace(result, **shown) if shown else result
        table.write(folder / f"{stem}{suffix}", result, suffix)
        if all_sides and suffix not in table.SEEN:
            table.preview(folder / stem, result)
        if count > 1:
            sheet += [result] if result.kind == "picture" else []
            tell({"stage": "results", "done": index + 1, "total": count})
    if sheet:
        from ..kinds.picture import together

        table.write(folder / f"{name}{suffix}", together(sheet), suffix)


class _Early:
    """The coarse results that stand in a folder until the final ones have taken their place, or will not."""

    def __init__(self, folder: Path):
        self.folder, self.there = folder, []

    def __enter__(self) -> _Early:
        return self

    def __exit__(self, *_) -> None:
        for path in self.there:
            path.unlink(missing_ok=True)

    def show(self, result: table.Result, made: Path, suffix: str, tell) -> None:
        """Write a result and put it in its place, and tell where that is."""
        place = self.folder / made.name
        _check_replaceable(place)
        table.write(made, result, suffix)
        self.there.append(place)
        os.replace(made, place)
        tell({"event": "coarse", "message": f"coarse: {place}", "file": str(place)})


def _shown(system: System, size: int | None, unrefined: bool) -> dict:
    """The fields of a result that its pictures depend on; raises BadInput where there are none to change."""
    if size is not None:
        if system.kind not in table.SIZED:
            raise BadInput(f"size: is not allowed with {table.KINDS[system.kind].noun}; allowed is it with a person")
        if not LEAST <= size <= LARGEST:
            raise BadInput(f"size: {size} is not allowed; allowed is a whole number in {LEAST}..{LARGEST}")
    if unrefined and "refiner" not in system.takes:
        raise BadInput(f"no-refiner: is not allowed with {system.name}, which has none")
    return ({} if size is None else {"size": size}) | ({"enlarge": None} if unrefined else {})


def _of_draws(draws: int) -> str:
    """What an avatar says of how it was chosen."""
    return f", best of {draws} draws" if draws > 1 else ", first draw" if draws else ""


def _move(beside: Path, folder: Path, suffix: str) -> list[Path]:
    """Put what is finished in its place, results before their previews; all of it by its new name."""
    found = sorted(beside.iterdir(), key=lambda path: (not path.name.endswith(suffix), path.name))
    for path in found:
        _check_replaceable(folder / path.name)
    for path in found:
        os.replace(path, folder / path.name)
    flush(folder)
    return [folder / path.name for path in found]


def _check_replaceable(path: Path) -> None:
    """Raise BadInput where a name is taken by something else than a regular file."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadInput(f"{path}: is no regular file; allowed is the name of a new file, or of one to replace")
