"""A system that is trained in no time and makes one sphere, registered beside the real ones; also run as the worker's Python."""

import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType

NAME = "fake"
HALF = 0.24  # m


@dataclass(frozen=True)
class Inner:
    """A configuration inside another one."""

    rate: float = 0.1
    sizes: tuple[int, ...] = (8, 16)


@dataclass(frozen=True)
class Config:
    """What a fake training needs."""

    steps: int = 3
    size: int = 16
    mixed: bool = False
    kind: str = field(default="cosine", metadata={"later": True})
    inner: Inner = field(default_factory=Inner)


def train(people, folder, config, progress=None):
    """Log the steps that are missing, or stop in a chosen way."""
    from simulacra.datagen.errors import BadInput
    from simulacra.datagen.formats.files import write_json

    log = folder / "log.jsonl"
    if config.kind == "parts" and any(person.parts is None for person in people):
        raise BadInput(f"{people[0].name}: has no parts; allowed is what simulacra render faces --labels parts makes")
    done = len(log.read_text().splitlines()) if log.is_file() else 0
    with log.open("a") as file:
        for step in range(done, config.steps):
            file.write(json.dumps({"step": step + 1}) + "\n")
            file.flush()
            progress({"stage": "base", "step": step + 1, "steps": config.steps, "loss": 0.5})
            if config.kind == "slow":
                time.sleep(600)
    write_json(folder / "config.json", {"system": NAME, "people": len(people), "config": asdict(config)})


class Model:
    """Makes a sphere whose size is drawn; a prompt of a bald person makes it white."""

    def coarse(self, request):
        """The sphere of another seed."""
        from dataclasses import replace

        return replace(
            self.generate(replace(request, steps=1, seed=request.seed + 1, guidance=None), lambda _: None), coarse=True
        )

    def generate(self, request, progress):
        """The sphere as planes and a decoder."""
        import torch

        from simulacra.datagen.errors import BadInput
        from simulacra.models.fields.triplane import Decoder
        from simulacra.models.kinds.avatar import Avatar

        if request.photo is not None and b"face" not in request.photo.read_bytes():
            raise BadInput(f"photo: {request.photo} shows no face; allowed is a picture of one from the front")
        for step in range(request.steps or 4):
            progress({"stage": "base", "done": step + 1, "total": request.steps or 4})
            if request.guidance == 13:  # the worker is to be stopped
                time.sleep(600)
        radius = 0.4 + 0.2 * torch.rand((), generator=torch.Generator().manual_seed(request.seed))
        place = (torch.arange(32) + 0.5) / 16 - 1
        across = place[None, :] ** 2 + place[:, None] ** 2
        planes = torch.stack([across / 2] * 3)[:, None] / radius**2  # their sum is 1 on the sphere
        decoder = Decoder(1, width=4, depth=1, fourier=0).requires_grad_(False)
        (weight, bias), (last, ends) = decoder.layers()
        weight.zero_(), bias.zero_(), last.zero_(), ends.zero_()
        weight[0], bias[0] = -1, 2  # relu(2 - q)
        last[0, 0], ends[0] = 12.0, -9.0
        ends[1:] = 1.0 if "bald" in request.prompt else -1.0
        return Avatar(planes, decoder, HALF, (0.0, 0.0, 0.0), request.prompt, draws=request.draws or 0)


def load(folder):
    """The model of a run of this system."""
    from simulacra.datagen.errors import BadInput
    from simulacra.datagen.formats.files import read_json

    found = read_json(Path(folder) / "config.json").get("system")
    if found != NAME:
        raise BadInput(f"{folder}: is a checkpoint of {found}; allowed is one of {NAME}")
    return Model()


def row(can=("prompt", "photo", "edit", "unconditional")):
    """Its row of the catalogue."""
    from simulacra.models.systems.catalogue import System

    return System(NAME, "fake:holder", "a sphere", can, takes=("guidance", "steps", "draws", "coarse"))


def module() -> ModuleType:
    """What stands in the place of a module of models.systems."""
    made = ModuleType("simulacra.models.systems.fake")
    made.holder = sys.modules[__name__]
    return made


if __name__ == "__main__":  # called as a Python with simulacra: -P -m simulacra ARGUMENTS
    from simulacra.__main__ import main
    from simulacra.models.systems import catalogue

    sys.modules["simulacra.models.systems.fake"] = module()
    # The panel names systems that there are; the first of them stands for this one.
    catalogue.SYSTEMS = (row()._replace(name="rodin"), row())
    sys.exit(main(sys.argv[sys.argv.index("simulacra") + 1 :]))
