"""The skin material: pigment through the lookup table, subsurface scattering, relief, shine and make-up."""

from __future__ import annotations

import bpy
import numpy as np

from ..blender import new_material
from ..nodes.shader import Nodes
from ..params import child
from ..people.head_data import head_data
from .pigment import BLOOD_RANGE, MELANIN_RANGE, SIZE, skin_colour, table

LIPSTICK = [(0.45, 0.20, 0.14), (0.50, 0.13, 0.14), (0.46, 0.02, 0.025), (0.28, 0.015, 0.05), (0.12, 0.012, 0.035)]
EYESHADOW = [(0.16, 0.08, 0.045), (0.08, 0.08, 0.09), (0.16, 0.06, 0.2), (0.05, 0.11, 0.26), (0.05, 0.16, 0.09),
             (0.45, 0.30, 0.10)]  # fmt: skip


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


def skin_material(skin, person, folded: tuple[float, float]) -> bpy.types.Material:
    """The material of a skin spec; it reads the maps that build_skin wrote, of which ``folded`` is the depth of the
    forehead's and the frown's lines."""
    material, tree = new_material("Skin", skin_colour(np.array(skin.melanin), np.array(skin.haemoglobin)))
    g = Nodes(tree)
    rng = child(skin.seed, "offset")
    place = g.vector_math("ADD", g.attribute("template"), tuple(rng.uniform(-5, 5, 3).tolist()))

    def split(name):
        node = g.add("ShaderNodeSeparateXYZ", {0: g.attribute(name)})
        return node["X"], node["Y"], node["Z"]

    def noise(scale, detail, roughness=0.55, vector=None):
        inputs = {"Vector": vector or place, "Scale": scale, "Detail": detail, "Roughness": roughness}
        return g.add("ShaderNodeTexNoise", inputs).out(0)

    def cells(scale, feature="F1"):
        node = g.add("ShaderNodeTexVoronoi", {"Vector": place, "Scale": scale}, feature=feature)
        return node["Distance"], node["Color"]

    def centred(value, amplitude):
        return g.math("MULTIPLY", g.math("SUBTRACT", value, 0.5), 2 * amplitude)

    more_melanin, more_blood, oil = split("skin_pigment")
    freckle_zone, beard_zone, _ = split("skin_zones")
    brow_lines, frown_lines, eye_lines = split("skin_lines")
    shadow_zone, liner_zone, blush_zone = split("skin_makeup")
    lips_picture = _image("Lips", head_data().masks["lips"][::-1].astype(np.float32) / 255)
    lips_raw = g.add(
        "ShaderNodeTexImage", {"Vector": g.add("ShaderNodeUVMap", uv_map="UVMap")["UV"]}, image=lips_picture
    )
    ragged = noise(260, 2)
    lips = g.map_range(g.math("ADD", lips_raw.out(0), centred(ragged, 0.16)), 0.2, 0.8, smooth=True)

    uneven = skin.unevenness
    broad, fine = noise(26, 5, 0.62), noise(330, 3, 0.6)
    # Melanin: base, regions, blotches, and the marks that are nothing but more melanin.
    factor = g.total(1.0, more_melanin, centred(broad, 0.44 * uneven), centred(fine, 0.22))
    melanin = g.product(skin.melanin, factor, g.lerp(lips, 1.0, 0.72))
    marks = []
    if skin.freckles > 0.03:
        for scale, share in ((330, 1.0), (190, 0.7)):
            distance, colour = cells(scale)
            random = g.add("ShaderNodeSeparateColor", {0: colour})["Red"]
            size = g.map_range(random, 1 - min(0.15 + skin.freckles, 0.9), 1.0, 0.0, 0.42)
            dot = g.map_range(distance, size, g.math("MULTIPLY", size, 0.35))
            patch = g.map_range(noise(45, 2), 0.35, 0.6)
            marks.append(g.product(dot, patch, freckle_zone, (0.022 + 0.45 * skin.melanin) * share))
    if skin.moles > 0.05:
        distance, colour = cells(42)
        random = g.add("ShaderNodeSeparateColor", {0: colour})["Green"]
        size = g.map_range(random, 1 - 0.12 * skin.moles, 1.0, 0.0, 0.075)
        marks.append(g.product(g.map_range(distance, size, g.math("MULTIPLY", size, 0.6)), 0.11))
    if skin.age_spots > 0.08:
        distance, colour = cells(85)
        random = g.add("ShaderNodeSeparateColor", {0: colour})["Blue"]
        size = g.map_range(random, 1 - 0.35 * skin.age_spots, 1.0, 0.0, 0.36)
        marks.append(g.product(g.map_range(distance, size, g.math("MULTIPLY", size, 0.5)), 0.03))
    melanin = g.total(melanin, *marks)

    veiny = noise(75, 5, 0.65)
    blood_factor = g.math(
        "MAXIMUM", g.total(1.0, more_blood, centred(veiny, 0.60 * uneven), centred(broad, -0.12)), 0.25
    )
    blood = g.total(g.product(skin.haemoglobin, blood_factor), g.math("MULTIPLY", lips, 0.050))
    bumps = []
    if skin.blemishes > 0.06:
        distance, colour = cells(62)
        random = g.add("ShaderNodeSeparateColor", {0: colour})["Red"]
        size = g.map_range(random, 1 - 0.22 * skin.blemishes, 1.0, 0.0, 0.14)
        spot = g.map_range(distance, size, 0.0, smooth=True)
        blood = g.math("ADD", blood, g.math("MULTIPLY", spot, 0.016))
        bumps.append(g.math("MULTIPLY", spot, 0.00012))

    u = g.math(
        "SQRT", g.math("DIVIDE", g.math("SUBTRACT", melanin, MELANIN_RANGE[0]), MELANIN_RANGE[1] - MELANIN_RANGE[0])
    )
    v = g.math("SQRT", g.math("DIVIDE", g.math("SUBTRACT", blood, BLOOD_RANGE[0]), BLOOD_RANGE[1] - BLOOD_RANGE[0]))
    half = 0.5 / SIZE
    coordinates = g.add(
        "ShaderNodeCombineXYZ", {"X": g.map_range(u, 0, 1, half, 1 - half), "Y": g.map_range(v, 0, 1, half, 1 - half)}
    )
    lookup = g.add(
        "ShaderNodeTexImage", {"Vector": coordinates.out()}, image=_image("Pigment", table()), extension="EXTEND"
    )
    colour = lookup.out(0)
    tint = {"neutral": (1, 1, 1), "warm": (1.03, 1.0, 0.90), "cool": (0.99, 0.99, 1.08)}[skin.undertone]
    colour = g.mix(1.0, colour, tint, blend="MULTIPLY")
    if skin.under_eye > 0.05:
        dark = g.math("MULTIPLY", g.map_range(more_melanin, 0.1, 0.7), 0.4 * skin.under_eye)
        colour = g.mix(dark, colour, (0.80, 0.80, 0.92), blend="MULTIPLY")

    hair = tuple(getattr(person, "hair_shadow", (0.03, 0.02, 0.015)))
    scalp = g.attribute("scalp", "Fac")
    dotted, _ = cells(1150)
    roots = g.map_range(dotted, 0.15, 0.6, 1.0, 0.55)
    colour = g.mix(g.product(scalp, g.lerp(scalp, roots, 1.0), 0.95), colour, hair)
    if skin.stubble_shadow > 0.02:
        blue = tuple(0.6 * h + 0.4 * c for h, c in zip(hair, (0.05, 0.055, 0.06), strict=True))
        amount = g.product(beard_zone, skin.stubble_shadow * 0.62, roots, g.math("SUBTRACT", 1.0, lips))
        colour = g.mix(amount, colour, blue)

    gloss = 0.0
    if skin.makeup_on:
        paint = skin.makeup
        gloss = paint.gloss * 0.9
        colour = g.mix(g.math("MULTIPLY", lips, 0.85 * paint.lipstick), colour, _between(LIPSTICK, paint.lip_hue))
        colour = g.mix(
            g.math("MULTIPLY", shadow_zone, 0.55 * paint.eyeshadow), colour, _between(EYESHADOW, paint.eyeshadow_hue)
        )
        colour = g.mix(g.math("MULTIPLY", liner_zone, 0.8 * paint.liner), colour, (0.012, 0.010, 0.010))
        colour = g.mix(g.math("MULTIPLY", blush_zone, 0.30 * paint.blush), colour, (0.50, 0.14, 0.13))

    # Relief in metres, one Bump node: it evaluates its chain three times.
    pore_distance, _ = cells(820)
    pore = g.map_range(pore_distance, 0.0, 0.32, -1.0, 0.0)
    pore = g.product(pore, g.map_range(broad, 0.3, 0.7, 0.35, 1.0), 0.00008 * skin.pores)
    stretched = g.add("ShaderNodeMapping", {"Vector": place, "Scale": (14, 20, 105)}, vector_type="POINT").out()
    across = g.add("ShaderNodeMapping", {"Vector": place, "Scale": (170, 60, 22)}, vector_type="POINT").out()
    lids = g.add("ShaderNodeMapping", {"Vector": place, "Scale": (60, 50, 330)}, vector_type="POINT").out()
    creases = g.add("ShaderNodeMapping", {"Vector": place, "Scale": (900, 350, 150)}, vector_type="POINT").out()

    def lines(vector, strength, depth):
        value = g.math("ABSOLUTE", g.math("SUBTRACT", noise(1.0, 2, 0.5, vector), 0.5))
        return g.product(g.map_range(value, 0.0, 0.16, -1.0, 0.0), strength, depth)

    furrows = [lines(lids, eye_lines, 0.00042)]
    if folded[0] > 0.12:  # smooth foreheads do without the cost
        furrows.append(lines(stretched, brow_lines, 0.0010))
    if folded[1] > 0.12:
        furrows.append(lines(across, frown_lines, 0.0009))
    height = g.total(
        centred(noise(230, 3), 0.00017), pore, *furrows,
        g.product(centred(noise(1.0, 1, 0.5, creases), 0.00030), lips), *bumps,
    )  # fmt: skip
    relief = g.add("ShaderNodeBump", {"Strength": 1.0, "Distance": 1.0, "Height": height}).out()

    shine = noise(165, 3)
    roughness = g.total(
        skin.roughness,
        centred(shine, 0.09),
        g.math("MULTIPLY", oil, -0.13),
        g.math("MULTIPLY", lips, -0.13 - 0.2 * gloss),
    )
    roughness = g.math("MAXIMUM", roughness, 0.27)
    specular = g.math("MULTIPLY", g.map_range(fine, 0.3, 0.7, 0.38, 0.68), g.lerp(scalp, 1.0, 0.15))
    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    dark = float(np.clip(skin.melanin / 0.2, 0, 1))
    values = {
        "Base Color": colour, "Roughness": roughness, "IOR": 1.42, "Specular IOR Level": specular, "Normal": relief,
        "Subsurface Weight": 1.0, "Subsurface Radius": (1.0, 0.37, 0.19), "Subsurface Scale": 0.0030 - 0.0012 * dark,
        "Subsurface Anisotropy": 0.0, "Sheen Weight": 0.05, "Sheen Roughness": 0.4,
    }  # fmt: skip
    for name, value in values.items():
        g.set(principled, name, value)
    g.surface(principled.out())
    return material
