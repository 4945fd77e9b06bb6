"""Pictures of any dataset of ours at one size, with what may be told of each: its caption, its class, its map of parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ....datagen.errors import BadInput
from ....datagen.readers import Sample
from ...core.attributes import ATTRIBUTES, attributes_of
from ...core.photographs import read_photo
from ...core.shots import OTHER_SIDE, Shots
from ...core.squares import composed, resized, square
from ...vision.tokenizer import SPECIAL, words

IGNORED = 255  # the id of a pixel that has no class
LAYOUTS = ("parts", "semantic")  # maps of classes that a picture may be made from
MOST = 1000  # classes
LETTERS = 60  # of a class or a word


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures uint8 (N, 3, S, S), their captions, the numbers (N,) of their classes among ``names``, and maps uint8 (N, S, S)."""

    pictures: Tensor
    captions: tuple[str, ...]
    classes: Tensor
    names: tuple[str, ...]
    layouts: Tensor | None
    sided: bool  # whether the maps' classes have sides, which a mirror exchanges

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words of all captions."""
        found = {word for caption in self.captions for word in words(caption)} - set(SPECIAL)
        return tuple(sorted(word for word in found if len(word) <= LETTERS))

    @property
    def layout_classes(self) -> int:
        """One more than the largest id in the maps; 0 where there are none."""
        if self.layouts is None:
            return 0
        known = self.layouts[self.layouts != IGNORED]
        return int(known.max()) + 1 if len(known) else 1

    def draw(self, count: int, flip: bool, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor | None]:
        """Which were drawn (B,), their pictures (B, 3, S, S) in [-1, 1], and their maps long (B, S, S); mirrored at random."""
        device = generator.device
        index = torch.randint(len(self), (count,), generator=generator, device=device).cpu()
        turned = torch.rand(count, generator=generator, device=device).cpu() < (0.5 if flip else 0.0)
        pictures = self.shown(index)
        pictures = torch.where(turned[:, None, None, None], pictures.flip(3), pictures)
        if self.layouts is None:
            return index, pictures.to(device), None
        layouts = self.layouts[index].long()
        mirrored = layouts.flip(2)
        mirrored = OTHER_SIDE[mirrored] if self.sided else mirrored
        return index, pictures.to(device), torch.where(turned[:, None, None], mirrored, layouts).to(device)

    def shown(self, index: Tensor) -> Tensor:
        """Pictures (B, 3, S, S) in [-1, 1] as they are."""
        return self.pictures[index].float() / 127.5 - 1


def read_pictures(shots: Shots, size: int, condition: str, label: str = "", layout: str = "") -> Pictures:
    """The middle square of each frame at a size, what is covered before white; raises BadInput where one lacks what is told."""
    pictures, layouts, captions, found = [], [], [], []
    for index in range(len(shots)):
        shot, sample = shots[index], shots.sample(index)
        pictures.append(resized(composed(shot.maps), size))
        if layout:
            if layout not in shot.maps:
                raise BadInput(
                    f"{shot.name}: has no {layout}, which layout names; allowed is a dataset rendered with --labels {layout}"
                )
            layouts.append(nearest(shot[layout][0], size))
        captions.append(sample.caption if condition == "text" else "")
        found.append(class_of(sample, label) if condition == "class" else "")
    names = tuple(sorted(set(found)))
    if condition == "class" and not 2 <= len(names) <= MOST:
        raise BadInput(f"label: {label} has {len(names)} values in this data; allowed are 2 to {MOST}")
    if condition == "text" and not any(captions):
        raise BadInput(
            "condition: text is not allowed with this data, whose captions are empty; allowed is one with captions"
        )
    sided = layout == "parts" and not shots.sample(0).holds("thing.json")  # of people: left and right
    return Pictures(torch.stack(pictures), tuple(captions), torch.tensor([names.index(name) for name in found]), names,
                    torch.stack(layouts) if layouts else None, sided)  # fmt: skip


def class_of(sample: Sample, label: str) -> str:
    """The class of a sample: an attribute of a person, the family of a thing, or a field of its spec that holds a word."""
    try:
        if label in ATTRIBUTES:
            return attributes_of(sample.spec)[label]
        if label == "family":
            return str(sample.thing["family"])[:LETTERS]
        value = sample.spec
        for name in label.split("."):
            value = getattr(value, name)
    except AttributeError:
        raise BadInput(f"label: {label[:60]} is no field of {sample.path / 'spec.json'}; allowed are {', '.join(ATTRIBUTES)}, family, and "
                       "fields of the spec, which simulacra sample prints") from None  # fmt: skip
    if not isinstance(value, str | bool):
        raise BadInput(f"label: {label} of {sample.path} is {str(value)[:60]}; allowed is a field that holds a word")
    return str(value).lower()[:LETTERS]


def nearest(ids: Tensor, size: int) -> Tensor:
    """Ids (h, w) at the middles of size × size places of the middle square."""
    cut = square(ids)
    at = ((torch.arange(size) + 0.5) * cut.shape[-1] / size).long()
    return cut[at][:, at]


def read_picture(path: Path, size: int) -> Tensor:
    """The middle square of a photograph as (1, 3, size, size) in [-1, 1]."""
    colours = torch.from_numpy(read_photo(path)).permute(2, 0, 1).float() / 255
    return resized(colours, size)[None].float() / 127.5 - 1


def read_layout(path: Path, size: int, classes: int) -> Tensor:
    """A map of classes, a grey PNG as datasets have it, as long (1, size, size); raises BadInput where it is none of a run's."""
    from ....datagen.formats.png import read_png

    ids = read_png(path)
    if ids.ndim != 2 or ids.dtype != "uint8":
        raise BadInput(
            f"photo: {path} is no map of classes; allowed is a grey PNG of 8 bits, as 0000.parts.png of a dataset"
        )
    found = nearest(torch.from_numpy(ids), size).long()
    if (strange := found[(found >= classes) & (found != IGNORED)]).numel():
        raise BadInput(f"photo: {path} holds the class {int(strange[0])}; allowed are 0 to {classes - 1}, which this run has learned, and "
                       f"{IGNORED}, which is none")  # fmt: skip
    return found[None]


def shares(ids: Tensor, classes: int, size: int) -> Tensor:
    """Maps of ids long (B, S, S) as the share of each class (B, K, size, size) in each place."""
    known = F.one_hot(torch.where(ids == IGNORED, classes, ids), classes + 1)[..., :classes]
    return F.adaptive_avg_pool2d(known.permute(0, 3, 1, 2).float(), size)


def checked(names: object, most: int, where: str) -> Sequence[str]:
    """Names that a file holds; raises BadInput where they are no list of short texts."""
    if (
        not isinstance(names, list)
        or len(names) > most
        or not all(isinstance(name, str) and len(name) <= LETTERS for name in names)
    ):
        raise BadInput(f"{where} are {str(names)[:60]}; allowed are up to {most} names")
    return names
