"""The recipe: everything that decides what a dataset holds, checked once and kept in dataset.json."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from ..procgen import registry
from ..procgen.params import SpecError, parse_settings
from .devices import DEVICES
from .errors import BadInput
from .formats.files import read_json
from .labels import SEMANTIC, check_labels, default_labels, parts_of, table
from .scene_recipe import SceneRecipe
from .validity.table import levels

LIMITS = {"count": (1, 10_000_000), "seed": (0, 2**62), "size": (16, 8192), "height": (0, 8192), "samples": (1, 65536), "frames": (1, 10_000),
          "views": (1, 10_000), "threads": (0, 1024)}  # fmt: skip


FREE = ("count", "threads", "device", "path")  # more of the same samples, at another speed or from another place
IN_OTHER_WORDS = ("checks",)  # levels can be said in several ways


def recipe_digest(document: dict) -> str:
    """What a sample.json says of its recipe: SHA-256 over the recipe of its dataset.json, in JSON with sorted keys.

    The fields that change no sample are left out, and those that may say the same in other words.
    """
    deciding = {name: value for name, value in document.items() if name not in FREE + IN_OTHER_WORDS}
    return hashlib.sha256(json.dumps(deciding, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Recipe:
    """What to render: sample i has the seed ``seed + i``."""

    generator: str
    count: int = 1
    seed: int = 0
    size: int = 512  # of the picture's width
    samples: int = 64
    labels: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    frames: int = 1
    views: int = 1
    hdri: str = ""  # a folder of environment pictures
    spec: str = ""  # a spec file that takes the place of drawing
    threads: int = 0  # of one worker; 0 lets Blender decide
    height: int = 0  # of the picture; 0 for a square
    device: str = DEVICES[0]  # that pictures are rendered on
    checks: tuple[str, ...] = ()  # NAME=LEVEL, where the level is not the one of the table of checks

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in LIMITS:
                low, high = LIMITS[field.name]
                if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                    raise BadInput(
                        f"{field.name}: {value!r} is not allowed; allowed is a whole number in {low}..{high}"
                    )
            elif field.name in ("labels", "settings", "checks"):
                if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
                    raise BadInput(f"{field.name}: {value!r} is not allowed; allowed is a list of texts")
                object.__setattr__(self, field.name, tuple(value))
            elif not isinstance(value, str):
                raise BadInput(f"{field.name}: {value!r} is not allowed; allowed is a text")
        if self.device not in DEVICES:
            raise BadInput(f"device: {self.device} is not allowed; allowed are {', '.join(DEVICES)}")
        registry.find(self.generator)
        if self.generator not in registry.PICTURED:
            able = ", ".join(registry.PICTURED)
            raise BadInput(f"generator: {self.generator} makes no picture of its own; allowed are {able}")
        if self.height and (self.family != "places" or self.height < LIMITS["size"][0]):
            raise BadInput(f"size: {self.size}x{self.height} is not allowed; {self.family} are square, the least is 16")
        if self.family == "things" and self.frames > 1:
            raise BadInput(f"frames: {self.frames} is not allowed of things, which stand still; allowed is 1")
        if self.family == "places" and self.views > 2:
            raise BadInput(f"views: {self.views} is not allowed of places; allowed are 1, and 2 for a stereo pair")
        for name in ("frames", "views"):
            if getattr(self, name) < (least := getattr(registry.find(self.generator), name)):
                raise BadInput(
                    f"{name}: {getattr(self, name)} is not allowed of {self.generator}; allowed are {least} or more"
                )
        self.label_names()
        parse_settings(self.settings)
        self.levels()
        if self.hdri and self.family == "places":
            raise BadInput("hdri: is for people and things; a place has its own sky")
        if self.hdri and not self.environments():
            raise BadInput(f"hdri: {self.hdri} is not a folder that holds .exr or .hdr files")
        if self.spec and self.count != 1:
            raise BadInput(f"count: {self.count} is not allowed with a spec file, which is one sample; allowed is 1")
        if self.spec and self.settings:
            raise BadInput(f"--set {self.settings[0]}: is not allowed with a spec file, which leaves nothing to draw")

    @property
    def family(self) -> str:
        """What is rendered: people, places or things."""
        return registry.find(self.generator).family

    @property
    def resolution(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return self.size, self.height or self.size

    def environments(self) -> list[Path]:
        """The environment pictures of the user's folder, in order."""
        folder = Path(self.hdri)
        if not self.hdri or not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".exr", ".hdr"))

    def label_names(self) -> tuple[str, ...]:
        """The labels that are rendered."""
        kind = self.frames, self.family, self.family == "places" and self.views == 2
        return check_labels(self.labels, *kind) if self.labels else default_labels(*kind)

    def sample(self, index: int):
        """The spec of sample ``index``."""
        return self.draw(self.seed + index)

    def draw(self, seed: int):
        """The spec that a seed draws within this recipe, or the one of its spec file."""
        if self.spec:
            spec = self._read_spec()
        else:
            spec = registry.sample(self.generator, seed, parse_settings(self.settings))
        pictures = self.environments()
        if pictures and not spec.light.hdri:
            chosen = pictures[seed % len(pictures)]
            spec = dataclasses.replace(spec, light=dataclasses.replace(spec.light, hdri=str(chosen)))
        return spec

    def _read_spec(self):
        try:
            kind, spec = registry.parse(read_json(Path(self.spec)))
        except SpecError as error:
            raise BadInput(f"{self.spec}: {error}") from None
        if kind != self.generator:
            raise BadInput(f"{self.spec}: is a spec of {kind}; allowed is {self.generator}")
        return spec

    def levels(self) -> dict[str, str]:
        """The level of every check: ignore, warn, redo or fail."""
        return levels(self.checks)

    def label_table(self) -> list[dict]:
        """The label table as dataset.json holds it."""
        return table()

    def taxonomy(self) -> dict:
        """The names of the classes by label and id."""
        if self.family == "places":
            return {"semantic": {str(number): name for number, name in enumerate(SEMANTIC)}}
        return {"parts": {str(number): name for number, name in parts_of(self.family).items()}}

    def identity(self, index: int) -> int:
        """What decides the split of a sample."""
        return self.seed + index

    def for_worker(self) -> dict:
        """What a worker on this machine is told."""
        return self.to_dict()

    def to_dict(self) -> dict:
        """As plain JSON values."""
        lists = {name: list(getattr(self, name)) for name in ("labels", "settings", "checks")}
        return dataclasses.asdict(self) | lists

    @classmethod
    def from_dict(cls, data) -> Recipe | SceneRecipe:
        """Read what ``to_dict`` wrote, here or for a Blender file's labels; an unknown field is named."""
        if isinstance(data, dict) and "source" in data:
            return SceneRecipe.from_dict(data)
        names = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(data, dict) or "generator" not in data:
            raise BadInput(f"recipe: allowed is an object of {', '.join(names)}")
        for name in data:
            if name not in names:
                raise BadInput(f"recipe: {name} is no such field; allowed are {', '.join(names)}")
        return cls(**data)

    def differing(self, other: Recipe) -> list[str]:
        """The names of the fields in which two recipes make different samples."""
        free = FREE + (IN_OTHER_WORDS if self.levels() == other.levels() else ())
        names = [field.name for field in dataclasses.fields(self) if field.name not in free]
        return [name for name in names if getattr(self, name) != getattr(other, name)]
