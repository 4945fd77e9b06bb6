"""Train Rodin's base diffusion on another machine, which needs a card, torch, numpy, safetensors and this repository.

python tools/train_base.py pack RUN PACK                          here: the fitted planes, latents and captions of a run, at most 60 MB
python tools/train_base.py train PACK OUT --minutes 10 --set …    there: OUT/base.safetensors, at most 60 MB; once more goes on
python tools/train_base.py take RUN OUT/base.safetensors          here: into the run, whose other stages --resume trains
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from simulacra.datagen.cli.boundary import guarded

MARGIN = 3.0  # s of the budget that loading torch and writing the weights may take beside what is timed
STARTED = time.monotonic()


def pack_run(arguments) -> None:
    """Pack a run whose image-text model and planes are finished."""
    from simulacra.models.core.settings import restored
    from simulacra.models.systems.catalogue import find
    from simulacra.models.systems.rodin import Config, elsewhere, training
    from simulacra.models.vision import vlm

    folder = arguments.run
    record = record_of(folder)
    config = restored(Config(), record["config"])
    people = find("rodin").data.read(arguments.data or [Path(path) for path in record["data"]], config)
    require(
        people.digest == record["digest"], f"{folder}: was begun with other data ({', '.join(record['data'])[:200]})"
    )
    people = training.learners(people)
    require(
        (folder / "vlm" / "config.json").is_file() and training.is_fitted(folder, config, len(people)),
        f"{folder}: not all planes are fitted; allowed after simulacra train rodin has come to its base",
    )
    fitted = training.fit_all(people, folder, config)
    model, stages, _ = training.stages_of(people, fitted, vlm.load(folder / "vlm"), config)
    captions = [person.captions[0] for person in people]
    size = elsewhere.pack(model, stages["base"](), captions, arguments.pack, arguments.people)
    print(f"{arguments.pack}: {min(arguments.people or len(people), len(people))} people, {size / 1e6:.1f} MB")


def train_pack(arguments) -> None:
    """Train on a pack until the minutes are over."""
    from simulacra.models.systems.rodin import elsewhere

    packed = elsewhere.read_pack(arguments.pack)
    config = elsewhere.widened(packed, arguments.set)
    seconds = 60 * arguments.minutes - (time.monotonic() - STARTED) - min(MARGIN, 6 * arguments.minutes)
    out = elsewhere.train_base(packed, config, arguments.out, seconds, lambda line: print(line, flush=True))
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, after {time.monotonic() - STARTED:.0f} s")


def take_base(arguments) -> None:
    """Put weights into a run; into its finished model too, if there is one."""
    import torch

    from simulacra.datagen.formats.files import read_json, write_json
    from simulacra.datagen.formats.writing import replacing
    from simulacra.models.core.settings import plain, restored
    from simulacra.models.systems.rodin import Config, elsewhere, load, model, training

    folder = arguments.run
    record = record_of(folder)
    config = elsewhere.adopted_config(restored(Config(), record["config"]), arguments.weights)
    finished = (folder / "config.json").is_file()
    if finished:
        before, about = load(folder), read_json(folder / "config.json")
        config_of_model = elsewhere.adopted_config(before.config, arguments.weights)
        with torch.random.fork_rng([]):
            wide = model.Rodin(config_of_model, before.vlm, before.half, before.distance, before.field_of_view)
        for name, part in wide.parts().items():
            if name != "base":
                part.load_state_dict(getattr(before, name).state_dict())
        elsewhere.adopt(wide, arguments.weights)
    kept = folder / "base" / elsewhere.RETURNED
    kept.parent.mkdir(exist_ok=True)
    with replacing(kept) as temporary:
        shutil.copyfile(arguments.weights, temporary)
    write_json(folder / "run.json", record | {"config": plain(config)})
    if finished:
        training.save(wide, folder, {name: about[name] for name in ("data", "people") if name in about})
        print(f"{folder}: simulacra generate rodin {folder} uses these weights")
    else:
        print(f"{folder}: simulacra train rodin --resume uses these weights and trains what is missing")


def record_of(folder: Path) -> dict:
    """What a run of Rodin was begun with."""
    from simulacra.models.cli.train import RECORD, begun

    require((folder / RECORD).is_file(), f"{folder}: holds no run; allowed is the folder of simulacra train rodin")
    return begun(folder, "rodin", resume=True)


def require(so: bool, message: str) -> None:
    """Raise BadInput with a message unless it is so."""
    from simulacra.datagen.errors import BadInput

    if not so:
        raise BadInput(message)


def main() -> int:
    """Do what is asked; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    packing = commands.add_parser("pack", help="pack what the base of a run learns from")
    packing.add_argument("run", type=Path, help="folder of simulacra train rodin, its planes fitted")
    packing.add_argument("pack", type=Path, help="the file to write")
    packing.add_argument("--data", type=Path, action="append", help="where the datasets are now, if they were moved")
    packing.add_argument("--people", type=int, help="the first so many people; all by default")
    packing.set_defaults(do=pack_run)
    training = commands.add_parser("train", help="train a base on a pack")
    training.add_argument("pack", type=Path)
    training.add_argument("out", type=Path, help="a folder for checkpoints, log.jsonl and base.safetensors")
    training.add_argument("--minutes", type=float, default=10.0, help="of wall-clock time, in all")
    training.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="a field of the base, as base_width=64"
    )
    training.set_defaults(do=train_pack)
    taking = commands.add_parser("take", help="take weights back into the run")
    taking.add_argument("run", type=Path)
    taking.add_argument("weights", type=Path, help="base.safetensors of train")
    taking.set_defaults(do=take_base)
    arguments = parser.parse_args()
    return guarded(lambda: arguments.do(arguments), sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
