"""The ground of a terrain: heights and masks at any point and any resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...params import child
from . import landforms, shores
from .drifts import dunes, floes, ripples, sastrugi, smooth_min
from .erosion import carve, crumble, rain, settled, snowfall, steepness
from .fields import CHUNK, Grid, blurred, cells2, crest, doubled, plane, seen, smoothstep, waves
from .landforms import Land, Landform, level
from .spec import Terrain

COUNT = 1024  # cells along an edge of the base grid
FIRST = 128  # and of the grid that rivers begin on
DROPS = 60000
MASKS = ("rock", "sediment", "flow", "snow", "beach")

# What each mask of a kind of land shows; "base" is what none of them covers.
COVER = {
    "mountain": {"base": "grass_soil", "rock": "granite", "sediment": "gravel", "flow": "gravel", "snow": "snow"},
    "canyon": {"base": "soil", "rock": "strata", "sediment": "sand", "flow": "gravel", "beach": "wet_sand"},
    "cliff": {"base": "grass_soil", "rock": "limestone", "sediment": "gravel", "flow": "soil", "beach": "gravel"},
    "mesa": {"base": "soil", "rock": "strata", "sediment": "sand", "flow": "gravel"},
    "dunes": {"base": "dune_sand", "rock": "sandstone", "sediment": "dune_sand", "flow": "dune_sand"},
    "plain": {"base": "grass_soil", "rock": "soil", "sediment": "soil", "flow": "mud", "snow": "snow", "beach": "mud"},
    "river_valley": {"base": "grass_soil", "rock": "granite", "sediment": "soil", "flow": "mud", "beach": "gravel"},
    "coast": {"base": "grass_soil", "rock": "lichen_rock", "sediment": "sand", "flow": "soil", "beach": "wet_sand"},
    "islands": {"base": "grass_soil", "rock": "basalt", "sediment": "sand", "flow": "soil", "beach": "wet_sand"},
    "volcano": {"base": "ash", "rock": "basalt", "sediment": "ash", "flow": "lava", "snow": "snow"},
    "cave": {"base": "forest_floor", "rock": "limestone", "sediment": "gravel", "flow": "moss"},
    "glacier": {"base": "snow", "rock": "slate", "sediment": "snow", "flow": "ice", "snow": "snow", "beach": "ice"},
    "hills": {"base": "grass_soil", "rock": "lichen_rock", "sediment": "soil", "flow": "mud"},
    "sea_floor": {"base": "sea_bed", "rock": "lichen_rock", "sediment": "sand", "flow": "sea_bed", "beach": "sand"},
    "reef": {"base": "sand", "rock": "limestone", "sediment": "sand", "flow": "sand", "beach": "sand"},
}  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """Ground that can be asked anywhere: heights above 0 (m), masks 0…1, slopes; it goes on beyond its square."""

    terrain: Terrain
    grid: Grid  # of the heights over the trend, and of rock, sediment, flow and snow
    landform: Landform

    @property
    def size(self) -> float:
        """Edge of the modelled square about the origin, metres."""
        return self.terrain.size

    @property
    def water_level(self) -> float | None:
        """Height of the water's surface (m), None on dry land."""
        return 0.0 if self.terrain.water else None

    @property
    def river(self) -> np.ndarray | None:
        """Centreline and width (k, 3) of the river, metres."""
        return self.landform.river

    @property
    def cover(self) -> dict[str, str]:
        """The material that each mask shows, and the one below them all as "base"."""
        return COVER[self.terrain.kind]

    def height(self, points: np.ndarray, cell: np.ndarray | float | None = None) -> np.ndarray:
        """Heights (n,) at points (n, 2), metres; ``cell`` (m) is the distance between samples: finer detail is left out."""
        return self._sample(points, cell)[0]

    def masks(self, points: np.ndarray, cell: np.ndarray | float | None = None) -> dict[str, np.ndarray]:
        """How much (n,) 0…1 the ground is bare rock, sediment, wet from drainage, snow, and within reach of waves."""
        return self._sample(points, cell)[1]

    def sample(
        self, points: np.ndarray, cell: np.ndarray | float | None = None
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Heights and masks in one go."""
        return self._sample(points, cell)

    def slope(self, points: np.ndarray, cell: np.ndarray | float | None = None) -> np.ndarray:
        """Rise over run (n,) across ``cell`` metres, a cell of the base grid without it."""
        points = np.asarray(points, float)
        step = np.broadcast_to(self.grid.step if cell is None else np.asarray(cell, float), (len(points),))
        rises = [self.height(points + way * step[:, None] / 2, step) - self.height(points - way * step[:, None] / 2, step)
                 for way in np.eye(2)]  # fmt: skip
        return np.hypot(*rises) / step

    def rough_height(self, points: np.ndarray) -> np.ndarray:
        """Heights (n,) of the base grid at the nearest of its cells: fast, for searches over many points."""
        points = np.asarray(points, float)
        count, step = len(self.grid.values), self.grid.step
        place = np.floor((points + self.size / 2) / step).astype(np.int64)
        if self.grid.open_south:
            place[:, 1] = np.maximum(place[:, 1], 0)
        place = np.mod(place, 2 * count)
        place = np.minimum(place, 2 * count - 1 - place)
        return self.grid.values[place[:, 1], place[:, 0], 0] + self.landform.trend(points[:, 0], points[:, 1])

    def _sample(self, points, cell):
        points = np.asarray(points, float).reshape(-1, 2)
        height = np.empty(len(points))
        masks = {name: np.empty(len(points)) for name in MASKS}
        for start in range(0, len(points), CHUNK):
            part = slice(start, start + CHUNK)
            width = None if cell is None else np.broadcast_to(np.asarray(cell, float), (len(points),))[part]
            height[part], found = self._part(points[part, 0], points[part, 1], width)
            for name in MASKS:
                masks[name][part] = found[name]
        return height, masks

    def _part(self, x, y, cell):
        """Heights and masks of one chunk."""
        terrain, seed = self.terrain, self.terrain.seed
        base, rock, sediment, flow, snow = self.grid.at(x, y).T
        if self.landform.trend is not level:  # what only the middle has must not come again in its mirror images
            base = base * smoothstep(0.85, 0.5, np.maximum(np.abs(x), np.abs(y)) / self.size)
        base = base + self.landform.trend(x, y)
        base = base + self._beyond(x, y, base)
        ice = np.zeros_like(base)
        soft = np.clip(1 - snow, 0, 1)
        height = base
        if terrain.kind == "dunes":
            height = height + dunes(x, y, seed % 65521, terrain.spacing, terrain.relief, terrain.wind, cell)
        else:
            height = height + self._ledges(x, y, base, rock, cell) + soft * self._detail(x, y, rock, sediment, cell)
        if terrain.kind == "sea_floor":
            c, s = np.cos(terrain.wind), np.sin(terrain.wind)
            height = height + sediment * ripples(x * c + y * s, y * c - x * s, seed % 65521, 0.28, 0.03, cell)
        if terrain.kind in ("sea_floor", "reef"):  # nothing there grows out of the water
            height = smooth_min(height, np.full_like(height, -0.1), 0.6)
        if terrain.snow > 0:
            height = height + snow * sastrugi(x, y, seed % 65519, terrain.wind, cell)
        if terrain.kind == "glacier":
            sea = smoothstep(1.2, 0.4, base)
            pack, ice = floes(x, y, seed % 65413, cell)
            height = height * (1 - sea) + sea * (
                pack + 0.5 * smoothstep(0.2, 1.0, ice) * sastrugi(x, y, seed % 65519, terrain.wind, cell)
            )
            snow = snow * (1 - sea) + sea * ice
            rock, sediment = rock * (1 - sea), sediment * (1 - sea)
        beach = (
            smoothstep(1.6, 0.3, height) * smoothstep(-2.5, -0.8, height) if terrain.water else np.zeros_like(height)
        )
        beach = beach * (1 - smoothstep(0.5, 0.9, rock)) * (1 - ice)
        found = {"rock": rock, "sediment": sediment, "flow": flow, "snow": snow, "beach": beach}
        return height, {name: np.clip(value, 0, 1) for name, value in found.items()}

    def _beyond(self, x, y, base):
        """Beyond the rim the land is its own mirror image; slow swells hide that."""
        if self.terrain.kind in ("dunes", "sea_floor", "reef", "plain", "glacier"):
            return 0.0
        far = np.maximum(np.abs(x), np.abs(y)) / self.size
        if far.max() < 0.5:
            return 0.0
        relief = self.terrain.relief
        swell = waves(x, y, self.terrain.seed % 65447, 0.8 * self.size, 3, 0.45)
        return 0.3 * relief * swell * smoothstep(0.5, 0.9, far) * smoothstep(0.02, 0.4, base / relief)

    def _ledges(self, x, y, base, rock, cell):
        """Hard beds stand out as steps, each made of thinner ones."""
        terrain = self.terrain
        if terrain.strata < 0.02:
            return 0.0
        total = np.zeros_like(base)
        tilt = 0.03 * (x * np.cos(terrain.wind) + y * np.sin(terrain.wind))
        for order, thickness in enumerate((terrain.bed, terrain.bed / 3.7)):
            fade = seen(2.5 * thickness, cell)
            if not np.any(fade > 0):
                break
            bend = 1.6 * thickness * waves(x, y, terrain.seed % 65437 + order, 24 * thickness, 4, 0.55, cell)
            bed = (base + total + tilt + bend) / thickness
            bed = bed + 0.35 * np.sin(bed * 2.1) / 2.1  # thick and thin ones
            share = bed - np.floor(bed)
            strength = terrain.strata * (0.75, 0.55)[order] * fade * smoothstep(0.15, 0.75, rock)
            total = total + strength * thickness * (smoothstep(0.5, 0.92, share) - share)
        return total

    def _detail(self, x, y, rock, sediment, cell):
        """Roughness below the base grid: broken crests on rock, soft bumps on soil."""
        terrain, seed = self.terrain, self.terrain.seed % 65423
        wavelength = 5 * self.grid.step
        octaves = max(int(np.ceil(np.log(wavelength / 0.03) / np.log(2.03))), 1)
        bare = smoothstep(0.1, 0.8, rock)
        rough = (0.3 + terrain.roughness) * 0.1 * wavelength
        total = (
            (0.12 * (1 - sediment) + 0.05)
            * (1 - bare)
            * rough
            * 0.5
            * waves(x, y, seed + 100, wavelength, min(octaves, 4), 0.42, cell)
        )
        total = total + (0.4 + terrain.roughness) * 0.11 * (1 - bare) * (1 - 0.6 * sediment) * waves(
            x, y, seed + 150, 2.6, 6, 0.46, cell
        )
        if np.any(bare > 0):
            on = bare > 0
            width = None if cell is None else cell[on]
            broken = 1.6 * rough * waves(x[on], y[on], seed, wavelength, octaves, 0.5, width, crest)
            total[on] += bare[on] * (broken + (0.5 + terrain.roughness) * self._blocks(x[on], y[on], seed, width))
        return total

    @staticmethod
    def _blocks(x, y, seed, cell):
        """Blocks between joints of the rock: each stands at its own height, the joints are worn in."""
        total = np.zeros_like(x)
        for order, across in enumerate((7.3, 1.9)):
            fade = np.broadcast_to(np.asarray(seen(across, cell), float), x.shape)
            on = fade > 0
            if on.any():
                bend = 0.3 * across * waves(x[on], y[on], seed + 300 + order, 1.5 * across, 2)
                first, second, number = cells2(
                    (x[on] + bend) / across, (y[on] - bend) / (1.6 * across), seed + 310 + order
                )
                total[on] += fade[on] * across * smoothstep(0, 0.22, second - first) * (0.06 + 0.16 * (number - 0.5))
        return total


def build_ground(terrain: Terrain) -> Ground:
    """Shape, erode and cover the ground of a terrain."""
    land = Land(terrain)
    form: Landform = FORMS[terrain.kind](land)
    height, area = _rivers(land, form)
    step = terrain.size / COUNT
    x, y = plane(COUNT, terrain.size)
    deposits, visits = np.zeros_like(height), np.zeros_like(height)
    if form.drops:
        count = int(DROPS * form.drops * (0.4 + terrain.erosion))
        height, deposits, visits = rain(height, step, child(terrain.seed, "rain"), count, 0.5 + terrain.erosion)
    height = crumble(height, step, form.talus, 10)
    if form.blur:
        height = blurred(height, form.blur)
    if form.finish:
        height = form.finish(height, x, y)
    steep = steepness(blurred(height, 1), step)
    flow = np.clip(
        0.75 * smoothstep(2.2, 4.6, np.log10(area / step**2 + 1)) + 0.45 * smoothstep(3, 25, blurred(visits, 2)), 0, 1
    )
    snow = _snow(land, height, step)
    rock, sediment = _bareness(terrain, height, step, steep, deposits, area)
    height = height + snow
    covered = smoothstep(0.05, 0.5, snow)
    fields = [
        height - form.trend(x, y),
        rock * (1 - 0.9 * covered),
        sediment * (1 - covered),
        flow * (1 - covered),
        covered,
    ]
    return Ground(terrain, Grid(np.stack(fields, -1), terrain.size, form.open_south), form)


def _sand_sheet(land: Land) -> Landform:
    """The ground below dunes: a gentle swell."""
    return Landform(lambda x, y: 0.5 * land.relief * land.wave(1, x, y, 0.6, 2), drops=0.0, noise=0.0)


def _rivers(land: Land, form: Landform):
    """Heights and drainage areas (COUNT, COUNT) after rivers have run on ever finer grids."""
    terrain, rng = land.terrain, child(land.terrain.seed, "rivers")
    if not any(form.steps):
        x, y = plane(COUNT, terrain.size)
        return form.height(x, y), np.full(x.shape, (terrain.size / COUNT) ** 2)
    height = area = None
    for order, steps in enumerate(form.steps):
        count = FIRST << order
        x, y = plane(count, terrain.size)
        if height is not None:
            height = doubled(height) + form.noise * land.relief * land.wave(20 + order, x, y, 8 / count, 3, 0.6)
        elif steps:
            height = form.height(x, y)
        else:
            continue
        if form.base:
            base = form.base(x, y, height)
        else:
            base = np.zeros(height.shape, bool)
            base[0] = base[-1] = True
        strength = form.strength
        if form.hardness:

            def strength(grown):
                return form.strength * form.hardness(grown)

        uplift = form.uplift(x, y) if form.uplift else 0.0
        height, area = carve(height, terrain.size / count, steps, strength=strength, uplift=uplift, base=base, rng=rng)
    if form.rescale:
        low = 0.0 if terrain.water else height.min()
        height = (height - low) * (land.relief / (np.sort(height.ravel())[-height.size // 500] - low))
    fine = doubled(height)
    x, y = plane(COUNT, terrain.size)
    return fine + form.noise * land.relief * 0.5 * land.wave(24, x, y, 8 / COUNT, 3, 0.6) * smoothstep(
        0.15, 0.6, steepness(fine, terrain.size / COUNT)
    ), doubled(area)


def _snow(land: Land, height, step: float):
    terrain = land.terrain
    if terrain.snow <= 0:
        return np.zeros_like(height)
    x, y = plane(COUNT, terrain.size)
    band = 0.1 * land.relief
    above = height + 1.5 * band * land.wave(28, x, y, 0.12, 4, 0.55)
    fallen = terrain.snow * smoothstep(terrain.snow_line - band, terrain.snow_line + band, above)
    return snowfall(settled(height), step, settled(fallen), rest=1.0)


def _bareness(terrain: Terrain, height, step: float, steep, deposits, area):
    """Where rock is bare and where sediment lies, 0…1."""
    low, high = {"hills": (0.75, 1.1), "plain": (0.8, 1.2), "river_valley": (0.75, 1.1), "dunes": (3, 4), "reef": (0.25, 0.6),
                 "sea_floor": (0.22, 0.55), "volcano": (0.5, 0.85)}.get(terrain.kind, (0.62, 1.0))  # fmt: skip
    convex = (height - blurred(height, 4)) / step
    rock = smoothstep(low, high, blurred(steep, 1) + 0.8 * np.clip(convex, -0.3, 0.5))
    laid = smoothstep(0.03, 0.25, blurred(np.maximum(deposits, 0), 2))
    flat = smoothstep(0.35, 0.12, steep) * (
        smoothstep(2.5, 4.0, np.log10(area / step**2 + 1)) if terrain.kind in ("mountain", "hills", "volcano") else 1.0
    )
    sediment = np.maximum(laid * smoothstep(0.8, 0.5, steep), flat) * (1 - rock)
    if terrain.kind in ("coast", "islands"):
        sediment = sediment * smoothstep(5, 2, height)
    elif terrain.kind in ("cliff", "river_valley", "plain", "hills", "cave"):
        sediment = sediment * (0.25 + 0.75 * laid)
    return rock, blurred(sediment, 1)


FORMS = {
    "mountain": landforms.mountain, "canyon": landforms.canyon, "cliff": landforms.cliff, "mesa": landforms.mesa,
    "dunes": _sand_sheet, "plain": landforms.plain, "river_valley": landforms.river_valley, "coast": shores.coast,
    "islands": shores.islands, "volcano": landforms.volcano, "cave": landforms.cave, "glacier": shores.glacier,
    "hills": landforms.hills, "sea_floor": shores.sea_floor, "reef": shores.reef,
}  # fmt: skip
