"""The systems there are, what each makes, and from what; a table, read without torch."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from ...datagen.errors import BadInput
from ..kinds.table import KINDS

MODES = ("prompt", "photo", "edit", "unconditional")
WEIGHTS = Path(__file__).resolve().parents[1] / "weights"  # a folder a system that ships trained


class Data(NamedTuple):
    """What a system learns from: in words, the command that renders it, and the labels of every frame that it reads.

    With no labels it is people seen from all around, as ``core.data.People``; else frames, as ``core.shots.Shots``.
    """

    says: str
    render: str
    labels: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()

    def read(self, paths: list[Path], config):
        """Read datasets for a training; raises BadInput where one lacks what is needed, with the command that renders it."""
        if not self.labels:
            from ..core.data import read_people

            return read_people(paths, size=getattr(config, "size", None))
        from ..core.shots import Shots

        try:
            return Shots(paths, self.labels, partners=self.partners)
        except BadInput as error:
            raise BadInput(f"{error}; {self.render} makes them") from None


AROUND = Data("pictures around people, and what of them the person covers",
              "simulacra render faces DATASET --count 400 --views 24 --labels alpha")  # fmt: skip
FACES = Data("pictures of faces with every label that tells of them",
             "simulacra render faces DATASET --count 1000 --size 256 --labels depth,normal,parts,landmarks",
             ("rgb", "depth", "normal", "parts", "landmarks"))  # fmt: skip


class System(NamedTuple):
    """One system: ``module`` is of this folder, with ``:attribute`` where it holds several; ``can`` is of MODES.

    ``kind`` is the one of KINDS that it makes; ``takes`` are those of guidance and steps that mean something to it; ``data``
    is what it learns from.
    """

    name: str
    module: str
    doc: str
    can: tuple[str, ...] = ("unconditional",)
    kind: str = "avatar"
    takes: tuple[str, ...] = ()
    data: Data = AROUND

    @property
    def files(self) -> tuple[str, ...]:
        """The suffixes of the files that its results can be written as, the best one first."""
        return KINDS[self.kind].suffixes

    def load(self):
        """What holds the system's ``Config``, ``train`` and ``load``; it needs torch."""
        name, _, attribute = self.module.partition(":")
        module = import_module(f".{name}", __package__)
        return getattr(module, attribute) if attribute else module

    @property
    def shipped(self) -> Path | None:
        """The folder of the weights that come with this version, if any do."""
        folder = WEIGHTS / self.name
        return folder if (folder / "config.json").is_file() else None


SYSTEMS = (
    System("rodin", "rodin", "triplanes by roll-out diffusion, from a prompt, a photo or another avatar (2212.06135)", MODES,
           takes=("guidance", "steps")),
    System("nfd", "nfd", "triplanes by diffusion of plain channels (2211.16677)", takes=("steps",)),
    System("eg3d", "eg3d", "triplanes by a style GAN with dual discrimination (2112.07945)", kind="field"),
    System("pi_gan", "gan_baselines:pi_gan", "a sine network that a style modulates, by a GAN (2012.00926)", kind="field"),
    System("giraffe", "gan_baselines:giraffe", "a feature field and a neural renderer, by a GAN (2011.12100)", kind="field"),
    System("auto_encoder", "auto_encoder", "portrait to triplane, and a Gaussian of its codes"),
    System("face_analysis", "face_analysis", "landmarks, pose, gaze, parts, depth and normals of photographs (2109.15102)",
           ("photo",), kind="labels", data=FACES),
)  # fmt: skip


def find(name: str) -> System:
    """The system of a name; raises BadInput with what is allowed."""
    for system in SYSTEMS:
        if system.name == name:
            return system
    raise BadInput(f"{name}: no such system; allowed are {', '.join(system.name for system in SYSTEMS)}")
