"""The fields over the texels that the pictures of one person's skin share."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from ...params import child
from ..head_data import head_data
from . import lines
from .marks import BEADS, BLEMISHES, Marks, slots, strewn
from .measured import fine_residual
from .noises import CELLS, SkinNoise
from .texels import texels
from .zones import bare_face, pigment_zones, sweaty

BLEMISHES_SEEN, SWEAT_SEEN = 0.06, 0.15  # less is not seen, and not paid for
MOSTLY = 0.5
# Lips end pale: |x| of the template in m between which their colour goes, and the share that is left (squared where shown).
TO_CORNERS, AT_CORNERS = (0.013, 0.0245), 0.45
SHORTEST = 0.003  # m: the wavelength that fine noise is mostly of
ELSEWHERE = 5.0  # residual that a unit of fine noise stands for where no residual was measured
MEAN_ROOTS = np.float32(0.665)  # of the shade of roots, where they are too small to show


def between(value, low: float, high: float, a: float = 0.0, b: float = 1.0) -> np.ndarray:
    """Values that go from a to b as they go from low to high, and no further."""
    share = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return share if (a, b) == (0.0, 1.0) else share * np.float32(b - a) + np.float32(a)


class SkinFields:
    """What a person's skin is like at each texel, (n,) float32 each."""

    def __init__(self, skin, size: int, scalp: np.ndarray | None):
        """``scalp`` (v,) is how densely the scalp is covered with hair, over the template's vertices."""
        self.skin, self.texels = skin, texels(size)
        self.offset = child(skin.seed, "offset").uniform(-5, 5, 3)
        self.noise = SkinNoise(self.texels, head_data().template, self.offset)
        self.zones = pigment_zones(skin)
        low = [self.zones[name] for name in ("melanin", "blood", "oil", "coarse")] + [
            self.noise.low("broad"), self.noise.low("veiny"), np.zeros(len(head_data().template)) if scalp is None else scalp
        ]  # fmt: skip
        values = np.ascontiguousarray(self.texels.values(np.stack(low, 1)).T)
        self.melanin, self.blood, self.oil, self.coarse, self.broad, self.veiny, self.scalp = values
        self.scalp = np.clip(self.scalp, 0, 1)
        broad, self.fine, veiny, self.ragged, self.shine, self.grain = self.noise.high(
            "broad", "fine", "veiny", "ragged", "shine", "grain"
        )
        self.broad += broad
        self.veiny += veiny
        edge = between(_masked("lips", size) + np.float32(0.20) * self.ragged, 0.15, 1.0)
        # Toward the corners their colour goes over into the skin's.
        edge = edge * between(np.abs(self.texels.place[:, 0]), *TO_CORNERS, 1.0, AT_CORNERS)
        self.outer_lips = edge * edge * (3 - 2 * edge)
        # What lies inside the mouth is like lips without paint.
        self.lips = np.maximum(self.outer_lips, _masked("inside_mouth", size))

    @cached_property
    def residual(self) -> np.ndarray:
        """Fine darkness as it was measured, deviation about one; the noise of the pores where nobody measured."""
        share, residual = fine_residual(self.skin, self.texels, self.noise.of_vertices)
        return residual + (1 - share) * self.fine * self.shown(SHORTEST) * np.float32(ELSEWHERE)

    @cached_property
    def bare(self) -> np.ndarray:
        """Texels (k,) strewn over the bare face, whose mean is the skin's tone."""
        at = np.arange(0, len(self.texels.index), 7)
        return at[self.texels.values(bare_face(), at) > MOSTLY]

    @cached_property
    def lines(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Family of lines -> where they may be (k,), and their relief (k,) there at full depth, metres."""

        def smooth(at):
            return self.texels.values(self.noise.of_vertices, at)

        return {name: lines.drawn(name, self.skin.seed, self.texels.place, smooth) for name in lines.FAMILIES}

    @cached_property
    def lines_at_rest(self) -> np.ndarray:
        """The relief (n,) in metres of the lines of a face at rest."""
        height = np.zeros(len(self.texels.index), np.float32)
        for name, (at, relief) in self.lines.items():
            height[at] += relief * np.float32(lines.FAMILIES[name].at_rest(self.skin.wrinkles))
        return height

    @cached_property
    def _slots(self) -> np.ndarray:
        return slots(self.texels)

    def marks(self, kind: Marks, share: float, name: str, zone: np.ndarray | None = None) -> np.ndarray:
        """How full the marks of a kind are 0…1; ``name`` is the stream that strews them."""
        return strewn(kind, share, self.texels, self._slots, child(self.skin.seed, name), zone)

    @cached_property
    def blemishes(self) -> np.ndarray | None:
        """How red and raised blemishes are 0…1, None where nobody would see any."""
        if self.skin.blemishes <= BLEMISHES_SEEN:
            return None
        full = self.marks(BLEMISHES, 0.22 * self.skin.blemishes, "blemishes")
        return full * full * (3 - 2 * full)

    @cached_property
    def beads(self) -> np.ndarray | None:
        """How high beads of sweat stand 0…1, None where nobody would see any."""
        if self.skin.sweat <= SWEAT_SEEN:
            return None
        return np.sqrt(self.marks(BEADS, 0.5 * self.skin.sweat, "sweat", sweaty())) * self.texels.values(sweaty())

    def shown(self, length: float) -> np.ndarray:
        """How far what is ``length`` metres long can be shown 0…1: in full over two texels, not at all in one."""
        return np.clip(np.float32(length) / self.texels.pitch - 1, 0, 1)

    @cached_property
    def roots(self) -> np.ndarray | float:
        """How dark the skin over the roots of hair is, 0.55…1; their mean where they are too small."""
        if self.noise.dots is None:
            return MEAN_ROOTS
        dotted = between(self.noise.dots["roots"], 0.15, 0.6, 1.0, 0.55)
        return MEAN_ROOTS + (dotted - MEAN_ROOTS) * self.shown(CELLS["roots"])


@lru_cache(maxsize=2)
def _masked(name: str, size: int) -> np.ndarray:
    """How far a region mask of the head covers the texels (n,) 0…1, bilinear."""
    mask = head_data().masks[name][::-1].astype(np.float32).ravel() / 255
    edge = round(len(mask) ** 0.5)
    x, y = ((at + 0.5) * (edge / size) - 0.5 for at in (texels(size).index % size, texels(size).index // size))
    column, row = np.clip(x.astype(int), 0, edge - 2), np.clip(y.astype(int), 0, edge - 2)
    right, up = (x - column).astype(np.float32), (y - row).astype(np.float32)
    at = row * edge + column
    low = mask[at] * (1 - right) + mask[at + 1] * right
    return low * (1 - up) + (mask[at + edge] * (1 - right) + mask[at + edge + 1] * right) * up
