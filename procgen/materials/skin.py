"""The skin material: pigment through the lookup table, subsurface scattering, relief, shine and make-up.

Patterns live in the template's space, so scales are in features a metre; heights of relief are in metres.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..blender import new_material
from ..nodes.shader import Nodes
from ..params import child
from .pigment import BLOOD_RANGE, MELANIN_RANGE, SIZE, skin_colour, table

# Paints, linear sRGB, from one end of their hue to the other.
LIPSTICK = [(0.45, 0.20, 0.14), (0.50, 0.13, 0.14), (0.46, 0.02, 0.025), (0.28, 0.015, 0.05), (0.12, 0.012, 0.035)]
EYESHADOW = [(0.16, 0.08, 0.045), (0.08, 0.08, 0.09), (0.16, 0.06, 0.2), (0.05, 0.11, 0.26), (0.05, 0.16, 0.09),
             (0.45, 0.30, 0.10)]  # fmt: skip
LINER, BLUSH = (0.012, 0.010, 0.010), (0.50, 0.14, 0.13)
LIPSTICK_COVER, EYESHADOW_COVER, LINER_COVER, BLUSH_COVER = 0.85, 0.55, 0.8, 0.30  # at full strength
UNDERTONES = {"neutral": (1, 1, 1), "warm": (1.03, 1.0, 0.90), "cool": (0.99, 0.99, 1.08)}  # factors on the colour
UNDER_EYE = (0.80, 0.80, 0.92)  # factor on the colour of dark skin under the eyes
SHAVEN = (0.05, 0.055, 0.06)  # linear sRGB that the hair's colour takes on beneath the skin

# Below these a feature is not seen, and its nodes are not paid for.
FRECKLES_SEEN, MOLES_SEEN, SPOTS_SEEN, BLEMISHES_SEEN, UNDER_EYE_SEEN, STUBBLE_SEEN = 0.03, 0.05, 0.08, 0.06, 0.05, 0.02
FURROW_SEEN = 0.12  # depth of the lines of forehead and frown, 0…1

BROAD, FINE, VEINY, RAGGED, PATCHES = (
    26,
    330,
    75,
    260,
    45,
)  # noises: blotches, mottling, blood, the lips' edge, freckled areas
FRECKLE_LAYERS = ((330, 1.0), (190, 0.7))  # scale of the cells, share of the pigment
MOLE_CELLS, SPOT_CELLS, BLEMISH_CELLS, ROOT_CELLS, PORE_CELLS = 42, 85, 62, 1150, 820
MOLE_MELANIN, SPOT_MELANIN = 0.11, 0.03  # volume fraction that a mark adds
LIP_BLOOD, BLEMISH_BLOOD, LEAST_BLOOD = 0.050, 0.016, 0.25  # volume fractions added; least factor on the base

PORE_DEPTH, GRAIN_HEIGHT, LIP_CREASE, BLEMISH_HEIGHT = 0.00008, 0.00017, 0.00030, 0.00012  # m
EYE_LINE_DEPTH, BROW_LINE_DEPTH, FROWN_LINE_DEPTH = 0.00042, 0.0010, 0.0009  # m
# Scales along x, y, z of the noise whose ridges are lines: across the forehead, between the brows, by the eyes, on lips.
BROW_LINES, FROWN_LINES, EYE_LINES, LIP_LINES = (14, 20, 105), (170, 60, 22), (60, 50, 330), (900, 350, 150)
SHINE = 165  # scale of the noise of the roughness

IOR = 1.42
SCATTER_COLOUR = (1.0, 0.37, 0.19)  # path of red, green and blue, relative
SCATTER_PALE, SCATTER_DARKER = 0.0030, 0.0012  # m: in pale skin, and by how much less in dark skin
LEAST_ROUGHNESS = 0.27
DARK_MELANIN = 0.2  # volume fraction from which skin counts as dark for scattering


def _image(name: str, pixels: np.ndarray) -> bpy.types.Image:
    """An image of data (h, w, 3) or (h, w), bottom row first."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=False, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    full = np.ones((height, width, 4), np.float32)
    full[..., :3] = pixels if pixels.ndim == 3 else pixels[..., None]
    image.pixels.foreach_set(full.ravel())
    return image


def _between(stops: list[tuple], place: float) -> tuple:
    at = np.linspace(0, 1, len(stops))
    return tuple(float(np.interp(place, at, np.array(stops)[:, i])) for i in range(3))


class SkinNodes(Nodes):
    """Builds the nodes of a skin, and holds the fields that its layers share."""

    def __init__(self, tree, skin, lips_mask: np.ndarray):
        super().__init__(tree)
        offset = child(skin.seed, "offset").uniform(-5, 5, 3)
        self.place = self.vector_math("ADD", self.attribute("template"), tuple(offset.tolist()))
        self.more_melanin, self.more_blood, self.oil = self._map("skin_pigment")
        self.freckle_zone, self.beard_zone, _ = self._map("skin_zones")
        self.brow_lines, self.frown_lines, self.eye_lines = self._map("skin_lines")
        self.shadow_zone, self.liner_zone, self.blush_zone = self._map("skin_makeup")
        picture = _image("Lips", lips_mask[::-1].astype(np.float32) / 255)
        place = self.add("ShaderNodeUVMap", uv_map="UVMap")["UV"]
        drawn = self.add("ShaderNodeTexImage", {"Vector": place}, image=picture)
        edge = self.total(drawn.out(0), self.centred(self.noise(RAGGED, 2), 0.16))
        self.lips = self.map_range(edge, 0.2, 0.8, smooth=True)
        self.broad, self.fine = self.noise(BROAD, 5, 0.62), self.noise(FINE, 3, 0.6)

    def _map(self, name: str):
        node = self.add("ShaderNodeSeparateXYZ", {0: self.attribute(name)})
        return node["X"], node["Y"], node["Z"]

    def noise(self, scale: float, detail: float, roughness: float = 0.55, vector=None):
        """Noise 0…1 over the template."""
        inputs = {"Vector": vector or self.place, "Scale": scale, "Detail": detail, "Roughness": roughness}
        return self.add("ShaderNodeTexNoise", inputs).out(0)

    def cells(self, scale: float):
        """Distance to the nearest of scattered points, and their random colours."""
        node = self.add("ShaderNodeTexVoronoi", {"Vector": self.place, "Scale": scale}, feature="F1")
        return node["Distance"], node["Color"]

    def centred(self, value, amplitude: float):
        """A field 0…1 as one of ± an amplitude."""
        return self.math("MULTIPLY", self.math("SUBTRACT", value, 0.5), 2 * amplitude)

    def spots(self, scale: float, channel: str, share: float, largest: float):
        """The distance from the middle of scattered spots, and their size: a share of the cells has one."""
        distance, colour = self.cells(scale)
        random = self.add("ShaderNodeSeparateColor", {0: colour})[channel]
        return distance, self.map_range(random, 1 - share, 1.0, 0.0, largest)


def _melanin(g: SkinNodes, skin):
    """Melanin: base, regions, blotches, and the marks that are nothing but more melanin; volume fraction."""
    factor = g.total(1.0, g.more_melanin, g.centred(g.broad, 0.44 * skin.unevenness), g.centred(g.fine, 0.22))
    melanin = g.product(skin.melanin, factor, g.lerp(g.lips, 1.0, 0.72))
    marks = []
    if skin.freckles > FRECKLES_SEEN:
        for scale, share in FRECKLE_LAYERS:
            distance, size = g.spots(scale, "Red", min(0.15 + skin.freckles, 0.9), 0.42)
            dot = g.map_range(distance, size, g.math("MULTIPLY", size, 0.35))
            patch = g.map_range(g.noise(PATCHES, 2), 0.35, 0.6)
            marks.append(g.product(dot, patch, g.freckle_zone, (0.022 + 0.45 * skin.melanin) * share))
    if skin.moles > MOLES_SEEN:
        distance, size = g.spots(MOLE_CELLS, "Green", 0.12 * skin.moles, 0.075)
        marks.append(g.product(g.map_range(distance, size, g.math("MULTIPLY", size, 0.6)), MOLE_MELANIN))
    if skin.age_spots > SPOTS_SEEN:
        distance, size = g.spots(SPOT_CELLS, "Blue", 0.35 * skin.age_spots, 0.36)
        marks.append(g.product(g.map_range(distance, size, g.math("MULTIPLY", size, 0.5)), SPOT_MELANIN))
    return g.total(melanin, *marks)


def _blood(g: SkinNodes, skin):
    """Blood, a volume fraction, and the bumps of blemishes in metres."""
    veiny = g.noise(VEINY, 5, 0.65)
    varied = g.total(1.0, g.more_blood, g.centred(veiny, 0.60 * skin.unevenness), g.centred(g.broad, -0.12))
    factor = g.math("MAXIMUM", varied, LEAST_BLOOD)
    blood = g.total(g.product(skin.haemoglobin, factor), g.math("MULTIPLY", g.lips, LIP_BLOOD))
    if skin.blemishes <= BLEMISHES_SEEN:
        return blood, []
    distance, size = g.spots(BLEMISH_CELLS, "Red", 0.22 * skin.blemishes, 0.14)
    spot = g.map_range(distance, size, 0.0, smooth=True)
    blood = g.math("ADD", blood, g.math("MULTIPLY", spot, BLEMISH_BLOOD))
    return blood, [g.math("MULTIPLY", spot, BLEMISH_HEIGHT)]


def _pigmented(g: SkinNodes, skin, melanin, blood):
    """The colour of pigments by the lookup table, with undertone and dark eyes."""

    def axis(value, low, high):
        return g.math("SQRT", g.math("DIVIDE", g.math("SUBTRACT", value, low), high - low))

    u, v = axis(melanin, *MELANIN_RANGE), axis(blood, *BLOOD_RANGE)
    half = 0.5 / SIZE  # the middle of the first texel
    inputs = {"X": g.map_range(u, 0, 1, half, 1 - half), "Y": g.map_range(v, 0, 1, half, 1 - half)}
    place = g.add("ShaderNodeCombineXYZ", inputs).out()
    lookup = g.add("ShaderNodeTexImage", {"Vector": place}, image=_image("Pigment", table()), extension="EXTEND")
    colour = g.mix(1.0, lookup.out(0), UNDERTONES[skin.undertone], blend="MULTIPLY")
    if skin.under_eye > UNDER_EYE_SEEN:
        dark = g.math("MULTIPLY", g.map_range(g.more_melanin, 0.1, 0.7), 0.4 * skin.under_eye)
        colour = g.mix(dark, colour, UNDER_EYE, blend="MULTIPLY")
    return colour


def _shaded_by_hair(g: SkinNodes, skin, colour, hair: tuple[float, float, float]):
    """The colour with the shade of hair: its roots on the scalp, and what is shaven in the beard; and the scalp's mask."""
    scalp = g.attribute("scalp", "Fac")
    dotted, _ = g.cells(ROOT_CELLS)
    roots = g.map_range(dotted, 0.15, 0.6, 1.0, 0.55)
    colour = g.mix(g.product(scalp, g.lerp(scalp, roots, 1.0), 0.95), colour, hair)
    if skin.stubble_shadow > STUBBLE_SEEN:
        blue = tuple(0.6 * h + 0.4 * c for h, c in zip(hair, SHAVEN, strict=True))
        amount = g.product(g.beard_zone, skin.stubble_shadow * 0.62, roots, g.math("SUBTRACT", 1.0, g.lips))
        colour = g.mix(amount, colour, blue)
    return colour, scalp


def _made_up(g: SkinNodes, paint, colour):
    """The colour under make-up."""
    lipstick, eyeshadow = _between(LIPSTICK, paint.lip_hue), _between(EYESHADOW, paint.eyeshadow_hue)
    colour = g.mix(g.math("MULTIPLY", g.lips, LIPSTICK_COVER * paint.lipstick), colour, lipstick)
    colour = g.mix(g.math("MULTIPLY", g.shadow_zone, EYESHADOW_COVER * paint.eyeshadow), colour, eyeshadow)
    colour = g.mix(g.math("MULTIPLY", g.liner_zone, LINER_COVER * paint.liner), colour, LINER)
    return g.mix(g.math("MULTIPLY", g.blush_zone, BLUSH_COVER * paint.blush), colour, BLUSH)


def _relief(g: SkinNodes, skin, folded: tuple[float, float], bumps: list):
    """The normal with pores, lines and creases, from one Bump node: it evaluates its chain three times."""
    distance, _ = g.cells(PORE_CELLS)
    pore = g.map_range(distance, 0.0, 0.32, -1.0, 0.0)
    pore = g.product(pore, g.map_range(g.broad, 0.3, 0.7, 0.35, 1.0), PORE_DEPTH * skin.pores)
    stretched, across, lids, creases = [
        g.add("ShaderNodeMapping", {"Vector": g.place, "Scale": scale}, vector_type="POINT").out()
        for scale in (BROW_LINES, FROWN_LINES, EYE_LINES, LIP_LINES)
    ]

    def lines(vector, strength, depth):
        value = g.math("ABSOLUTE", g.math("SUBTRACT", g.noise(1.0, 2, 0.5, vector), 0.5))
        return g.product(g.map_range(value, 0.0, 0.16, -1.0, 0.0), strength, depth)

    furrows = [lines(lids, g.eye_lines, EYE_LINE_DEPTH)]
    if folded[0] > FURROW_SEEN:  # smooth foreheads do without the cost
        furrows.append(lines(stretched, g.brow_lines, BROW_LINE_DEPTH))
    if folded[1] > FURROW_SEEN:
        furrows.append(lines(across, g.frown_lines, FROWN_LINE_DEPTH))
    grain = g.centred(g.noise(230, 3), GRAIN_HEIGHT)
    creased = g.product(g.centred(g.noise(1.0, 1, 0.5, creases), LIP_CREASE), g.lips)
    height = g.total(grain, pore, *furrows, creased, *bumps)
    return g.add("ShaderNodeBump", {"Strength": 1.0, "Distance": 1.0, "Height": height}).out()


def _roughness(g: SkinNodes, skin, gloss: float):
    """Roughness: less where oil and gloss are."""
    varied = g.centred(g.noise(SHINE, 3), 0.09)
    oily, wet = g.math("MULTIPLY", g.oil, -0.13), g.math("MULTIPLY", g.lips, -0.13 - 0.2 * gloss)
    return g.math("MAXIMUM", g.total(skin.roughness, varied, oily, wet), LEAST_ROUGHNESS)


def skin_material(
    skin, hair: tuple[float, float, float], folded: tuple[float, float], lips_mask: np.ndarray
) -> bpy.types.Material:
    """The material of a skin spec over a mesh that carries its maps as attributes.

    ``hair`` is the linear colour that hair leaves on the skin, ``folded`` the depth 0…1 of the lines of forehead and
    frown, ``lips_mask`` (h, w) the share of lips over the mesh's UVs, 0…255, top row first.
    """
    material, tree = new_material("Skin", skin_colour(np.array(skin.melanin), np.array(skin.haemoglobin)))
    g = SkinNodes(tree, skin, lips_mask)
    melanin = _melanin(g, skin)
    blood, bumps = _blood(g, skin)
    colour, scalp = _shaded_by_hair(g, skin, _pigmented(g, skin, melanin, blood), hair)
    gloss = 0.0
    if skin.makeup_on:
        gloss = skin.makeup.gloss * 0.9
        colour = _made_up(g, skin.makeup, colour)
    relief = _relief(g, skin, folded, bumps)
    roughness = _roughness(g, skin, gloss)
    specular = g.math("MULTIPLY", g.map_range(g.fine, 0.3, 0.7, 0.38, 0.68), g.lerp(scalp, 1.0, 0.15))
    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    dark = float(np.clip(skin.melanin / DARK_MELANIN, 0, 1))
    values = {
        "Base Color": colour, "Roughness": roughness, "IOR": IOR, "Specular IOR Level": specular, "Normal": relief,
        "Subsurface Weight": 1.0, "Subsurface Radius": SCATTER_COLOUR, "Subsurface Scale": SCATTER_PALE - SCATTER_DARKER * dark,
        "Subsurface Anisotropy": 0.0, "Sheen Weight": 0.05, "Sheen Roughness": 0.4,
    }  # fmt: skip
    for name, value in values.items():
        g.set(principled, name, value)
    g.surface(principled.out())
    return material
