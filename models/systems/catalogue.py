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

    With no labels it is people seen from all around, as ``core.data.People``, or with ``things`` these or them, as
    ``core.things.Things``, with ``depth`` or without, or with ``alone`` things and nothing else; else frames, as ``core.shots.Shots``, of
    which some may have ``more`` labels.
    """

    says: str
    render: str
    labels: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    things: bool = False
    alone: bool = False
    depth: bool = False

    def read(self, paths: list[Path], config):
        """Read datasets for a training; raises BadInput where one lacks what is needed, with the command that renders it."""
        if self.alone:
            from ..core.things import read_things

            return read_things(paths, size=getattr(config, "size", None), labels=())
        if self.things:
            from ..core.things import read_things_or_people

            return read_things_or_people(paths, size=getattr(config, "size", None), depth=self.depth)
        if not self.labels:
            from ..core.data import read_people

            return read_people(paths, size=getattr(config, "size", None))
        from ..core.shots import Shots

        try:
            return Shots(paths, self.labels, partners=self.partners, more=self.more)
        except BadInput as error:
            raise BadInput(f"{error}; {self.render} makes them") from None


AROUND = Data("pictures around people, and what of them the person covers",
              "simulacra render faces DATASET --count 400 --views 24 --labels alpha")  # fmt: skip
OBJECTS = Data("pictures around things, or around people, and what these cover",
               "simulacra render things DATASET --count 1000 --views 12 --size 128", things=True)  # fmt: skip
THINGS = Data("pictures around things, points on them, distances around them, and captions",
              "simulacra render things DATASET --count 1000 --views 12 --size 64", things=True, alone=True)  # fmt: skip
DEPTHS = Data("pictures around things, or around people, with depth, and what these cover",
              "simulacra render things DATASET --count 1000 --views 12 --size 64 --labels alpha,depth", things=True, depth=True)  # fmt: skip
FACES = Data("pictures of faces with classes and landmarks; depth and normals are learned from those that have them",
             "simulacra render faces DATASET --count 1000 --size 256 --labels depth,normal,parts,landmarks",
             ("rgb", "parts", "landmarks"), more=("depth", "normal"))  # fmt: skip
PLACES = Data("pictures of places with depth, normals and classes",
              "simulacra render places DATASET --count 500 --labels depth,normal,semantic",
              ("rgb", "depth", "normal", "semantic"))  # fmt: skip
PICTURES = Data("pictures of anything; captions or specs where they are told, maps of classes where pictures are made from them",
                "simulacra render faces DATASET --count 1000 --size 64 --labels parts", ("rgb",), more=("alpha",))  # fmt: skip
MAPPED = PICTURES._replace(more=("alpha", "parts", "semantic"))
SINGLES = Data("pictures of anything; what is not covered is white where coverage is known",
               "simulacra render faces DATASET --count 1000 --size 64", ("rgb",), more=("alpha",))  # fmt: skip
MOTION = Data("sequences of places with flow and occlusion",
              "simulacra render flow DATASET --count 1000 --size 384x256 --samples 4 --labels flow,occlusion",
              ("rgb", "flow", "occlusion"), ("next",))  # fmt: skip
EYES = Data("stereo pairs of places with disparity",
            "simulacra render stereo DATASET --count 1000 --size 384x256 --samples 4 --labels disparity",
            ("rgb", "disparity"), ("right",))  # fmt: skip
SINGLE = Data("single pictures of anything, with depth", "simulacra render places DATASET --count 200 --labels depth",
              ("rgb", "depth"))  # fmt: skip


class System(NamedTuple):
    """One system: ``module`` is of this folder, with ``:attribute`` where it holds several; ``can`` is of MODES, or empty for what
    answers several photographs at once and is asked by ``simulacra predict`` alone.

    ``kind`` is the one of KINDS that it makes; ``takes`` are those of guidance, steps, draws, drag, becomes, refiner and coarse that
    mean something to it; ``data`` is what it learns from.
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
           takes=("guidance", "steps", "draws", "refiner", "coarse")),
    System("rodin_hd", "rodin_hd", "triplanes by roll-out diffusion, from a portrait seen at three scales (2407.06938)",
           ("photo", "unconditional"), takes=("guidance", "steps")),
    System("nfd", "nfd", "triplanes by diffusion of plain channels (2211.16677)", takes=("steps",)),
    System("eg3d", "eg3d", "triplanes by a style GAN with dual discrimination (2112.07945)", kind="field"),
    System("pi_gan", "gan_baselines:pi_gan", "a sine network that a style modulates, by a GAN (2012.00926)", kind="field"),
    System("giraffe", "gan_baselines:giraffe", "a feature field and a neural renderer, by a GAN (2011.12100)", kind="field"),
    System("auto_encoder", "auto_encoder", "portrait to triplane, and a Gaussian of its codes"),
    System("get3d", "get3d", "textured meshes by a style GAN, of a shape and of colours; --drag pulls at them (2209.11163, 2305.10973)",
           kind="mesh", takes=("drag",), data=OBJECTS),
    System("stylegan2", "stylegan2", "pictures by a style GAN that augments, with LinkGAN, DynamicD and GLeaD to choose (1912.04958)",
           kind="picture", data=SINGLES),
    System("point_e", "point_e", "meshes of things from a prompt or a picture, by clouds of points (2212.08751)",
           ("prompt", "photo", "unconditional"), kind="mesh", takes=("guidance", "steps", "draws"), data=THINGS),
    System("shap_e", "shap_e", "things from a prompt or a picture, by latents that write a field (2305.02463)",
           ("prompt", "photo", "unconditional"), kind="thing", takes=("guidance", "steps"), data=THINGS),
    System("zero123", "zero123", "a thing from all sides, and its mesh, from one picture (2303.11328)", ("photo",), kind="thing",
           takes=("guidance", "steps"), data=THINGS),
    System("ivid", "ivid", "a thing or a head as pictures with depth, view after view, and the mesh of all (2303.17905)",
           ("prompt", "unconditional"), kind="views", takes=("guidance", "steps"), data=DEPTHS),
    System("ddpm", "pictures.ddpm", "pictures by diffusion of pixels: DDPM, learned variances, DDIM, guidance, U-Net or DiT (2006.11239)",
           ("prompt", "photo", "unconditional"), kind="picture", takes=("guidance", "steps", "becomes"), data=PICTURES),
    System("ldm", "pictures.ldm", "pictures by diffusion of latents, from words, a class or a map of parts (2112.10752)",
           ("prompt", "photo", "unconditional"), kind="picture", takes=("guidance", "steps", "becomes"), data=MAPPED),
    System("palette", "pictures.palette", "photographs with colours, without holes, beyond their borders and free of JPEG's traces (2111.05826)",
           ("photo",), kind="picture", takes=("steps",), data=PICTURES),
    System("taming", "tokens.taming", "pictures by tokens of a VQGAN, one after another; wide ones by a sliding window (2012.09841)",
           ("prompt", "unconditional"), kind="picture", data=PICTURES),
    System("maskgit", "tokens.maskgit", "pictures by tokens of a VQGAN, many at a time, the surest first (2202.04200)",
           ("prompt", "unconditional"), kind="picture", takes=("steps",), data=PICTURES),
    System("vq_diffusion", "tokens.vq_diffusion", "pictures by tokens of a VQGAN, by diffusion that masks and replaces (2111.14822, 2205.16007)",
           ("prompt", "unconditional"), kind="picture", takes=("guidance", "steps"), data=PICTURES),
    System("face_analysis", "face_analysis", "landmarks, pose, gaze, parts, depth and normals of photographs (2109.15102)",
           ("photo",), kind="labels", data=FACES),
    System("scene_analysis", "scene_analysis", "depth but for its scale, normals and classes of pictures of places", ("photo",),
           kind="labels", data=PLACES),
    System("optical_flow", "matching:optical_flow", "where a picture's pixels are in the next one, and which are hidden there (2003.12039)",
           (), kind="labels", data=MOTION),
    System("stereo", "matching:stereo", "disparity of rectified stereo pairs (2109.07547)", (), kind="labels", data=EYES),
    System("stereo_from_single", "matching:stereo_from_single", "the same, learned from pairs made of single pictures (2008.01484)",
           (), kind="labels", data=SINGLE),
)  # fmt: skip


def find(name: str) -> System:
    """The system of a name; raises BadInput with what is allowed."""
    for system in SYSTEMS:
        if system.name == name:
            return system
    raise BadInput(f"{name}: no such system; allowed are {', '.join(system.name for system in SYSTEMS)}")
