"""simulacra generate: a trained system makes avatars."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from ...datagen.cli.parser import number, whole
from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ..systems.catalogue import AVATAR, MESH, System, find
from ..systems.request import Request, Result, check_prompt
from .needs import require_torch

SUFFIXES = (AVATAR, MESH)
SAID = {"prompt": "a prompt", "photo": "a photo", "edit": "another avatar", "unconditional": "nothing but a seed"}
TURNTABLE = (24, 128)  # pictures, and their edge in pixels
MOST = 10_000  # avatars of one command, and steps of sampling


def configure(parser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("system", metavar="SYSTEM", help="the system; see simulacra list systems")
    add("run", metavar="RUN", nargs="?", type=Path, help="folder of a run; the weights that are shipped by default")
    add("--prompt", default="", metavar="TEXT", help="what the avatar should look like")
    add("--photo", type=Path, metavar="FILE", help="a picture of a face that the avatar should resemble")
    add("--edit", type=Path, metavar="AVATAR", help="an avatar to change as the prompt says")
    add("--out", required=True, type=Path, metavar="FILE", help=f"NAME{' or NAME'.join(SUFFIXES)}")
    add("--seed", type=whole, default=0, help="seed of the first avatar; the next ones follow")
    add("--count", type=whole, default=1, help="number of avatars; more than one are NAME-SEED")
    add("--guidance", type=number, metavar="S", help="how strictly the condition is followed; 1 is none")
    add("--steps", type=whole, metavar="N", help="steps of sampling")
    add("--no-turntable", dest="turntable", action="store_false", help="write no pictures from all sides")
    add("--json", dest="as_json", action="store_true", help="print JSON lines")


def command(arguments) -> None:
    """Let a trained SYSTEM make an avatar from a prompt, a photo, another avatar and a prompt, or nothing but a seed.

    What cannot be finished leaves no file.
    """
    system = find(arguments.system)
    request = request_of(arguments, system)
    name, suffix = split_suffix(arguments.out, system)
    folder = arguments.out.parent
    if not folder.is_dir():
        raise BadInput(f"{folder}: is not a folder")
    warnings = check_prompt(request.prompt) if request.prompt else []
    require_torch()
    from ...datagen.jobs.stopping import stoppable
    from .progress import Progress

    try:
        with stoppable(), tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as beside:
            with Progress(arguments.as_json) as progress:
                for line in warnings:
                    progress.tell({"event": "warning", "message": line})
                _generate(system, arguments, request, Path(beside), name, suffix, progress.tell)
            made = _move(Path(beside), folder)
    except KeyboardInterrupt:
        raise Unfinished("stopped; nothing was written") from None
    except OSError as error:
        if error.errno in NO_SPACE:
            raise Unfinished(f"{folder}: the disk is full; nothing was written") from None
        raise
    files = [str(path) for path in made]
    if arguments.as_json:
        print(json.dumps({"event": "done", "out": str(arguments.out), "files": files}), flush=True)
    else:
        print("\n".join(files), flush=True)


def request_of(arguments, system: System) -> Request:
    """What the arguments ask for; raises BadInput where they contradict each other or the system cannot do it."""
    prompt = " ".join(arguments.prompt.split())
    for name in ("photo", "edit"):
        path = getattr(arguments, name)
        if path is not None and not path.is_file():
            raise BadInput(f"{name}: {path} is not a file")
    if arguments.photo is not None and (prompt or arguments.edit is not None):
        raise BadInput(f"photo: is not allowed with {'a prompt' if prompt else 'an edit'}; give one of them")
    if arguments.edit is not None and not prompt:
        raise BadInput("edit: needs a prompt that says what the avatar should become")
    if arguments.prompt and not prompt:
        raise BadInput("prompt: is empty; allowed are words")
    for name, low, high in (("seed", 0, 2**31 - 1), ("count", 1, MOST), ("steps", 1, MOST)):
        value = getattr(arguments, name)
        if value is not None and not low <= value <= high:
            raise BadInput(f"{name}: {value} is not allowed; allowed is a whole number in {low}..{high}")
    guidance = arguments.guidance
    if guidance is not None and not (math.isfinite(guidance) and 0 <= guidance <= 100):
        raise BadInput(f"guidance: {guidance} is not allowed; allowed is a number in 0..100")
    request = Request(prompt, arguments.photo, arguments.edit, arguments.seed, guidance, arguments.steps)
    if request.mode not in system.can:
        raise BadInput(f"{system.name}: cannot make an avatar from {SAID[request.mode]}; "
                       f"it can from {', '.join(SAID[mode] for mode in system.can)}")  # fmt: skip
    return request


def split_suffix(path: Path, system: System) -> tuple[str, str]:
    """The name and the suffix of a file to write; raises BadInput where it is nothing that the system can make."""
    for suffix in system.files:
        if path.name.endswith(suffix) and path.name != suffix:
            return path.name.removesuffix(suffix), suffix
    raise BadInput(f"out: {path.name} is not allowed; allowed is a name that ends in {' or '.join(system.files)}")


def _generate(system: System, arguments, request: Request, folder: Path, name: str, suffix: str, tell) -> None:
    """Write every avatar and its pictures into a folder."""
    run = arguments.run or system.shipped
    if run is None:
        raise BadInput(f"{system.name}: no weights are shipped with this version; name the RUN of a simulacra train "
                       f"{system.name}")  # fmt: skip
    if not run.is_dir():
        raise BadInput(f"run: {run} is not a folder; allowed is a RUN of simulacra train {system.name}")
    from ..fields.turntable import turntable, write_turntable
    from ..systems.sampled import sampled, views_around

    model = system.load().load(run)
    for index in range(arguments.count):
        one = replace(request, seed=request.seed + index)
        stem = f"{name}-{one.seed}" if arguments.count > 1 else name
        result = model.generate(one, tell) if hasattr(model, "generate") else sampled(model, one)
        _write(result, folder / f"{stem}{suffix}", system)
        if arguments.turntable:
            pictures = views_around(model, one, *TURNTABLE) if result.drawn else turntable(result.field, *TURNTABLE)
            write_turntable(folder / f"{stem}.turntable", pictures)
        if arguments.count > 1:
            tell({"stage": "avatars", "done": index + 1, "total": arguments.count})


def _write(result: Result, path: Path, system: System) -> None:
    if path.suffix == MESH:
        from ..fields.mesh import MeshConfig, extract, level_grid, surface, write_glb

        if system.coloured:
            mesh = extract(result.field)
        else:
            how = MeshConfig()
            mesh = surface(level_grid(result.field, how.resolution, how.kind, how.level), how.keep)
        write_glb(path, mesh, result.half, result.centre)
    else:
        from ..fields.export import SavedAvatar, write_avatar

        avatar = SavedAvatar(result.planes, result.decoder, result.half, result.centre, prompt=result.prompt,
                             generator=f"simulacra {system.name}")  # fmt: skip
        write_avatar(path, avatar)


def _move(beside: Path, folder: Path) -> list[Path]:
    """Put what is finished in its place, avatars first; all of it by its new name."""
    found = sorted(beside.iterdir(), key=lambda path: (not path.name.endswith(SUFFIXES), path.name))
    for path in found:
        target = folder / path.name
        if path.is_dir():
            shutil.rmtree(target, ignore_errors=True)
        os.replace(path, target)
    return [folder / path.name for path in found]
