"""The colour of skin at each texel: pigment through the optical model, marks, the shade of hair, and make-up."""

from __future__ import annotations

from functools import cache

import numpy as np

from ...materials.pigment import BLOOD_RANGE, FACE_BLOOD, MELANIN_RANGE, face_colour, table
from .creases import left_at, shaded
from .fields import SkinFields, between
from .marks import FRECKLES, MOLES, SPOTS
from .measured import BASE_BLOOD, BASE_MELANIN
from .relief import line_noise, lip_folds
from .zones import bare_face, darkness, regions, ruddy, veined

# Paints, linear sRGB, from one end of their hue to the other.
LIPSTICK = [(0.45, 0.20, 0.14), (0.46, 0.15, 0.15), (0.40, 0.055, 0.055), (0.26, 0.035, 0.06), (0.14, 0.025, 0.045)]
EYESHADOW = [(0.16, 0.08, 0.045), (0.08, 0.08, 0.09), (0.16, 0.06, 0.2), (0.05, 0.11, 0.26), (0.05, 0.16, 0.09),
             (0.45, 0.30, 0.10)]  # fmt: skip
LINER, BLUSH = (0.012, 0.010, 0.010), (0.50, 0.14, 0.13)
LIPSTICK_COVER, EYESHADOW_COVER, LINER_COVER, BLUSH_COVER = 0.60, 0.55, 0.9, 0.30  # at full strength
FOUNDATION_SEEN, FOUNDATION_COVER = 0.05, 0.5
UNDERTONES = {"neutral": (1, 1, 1), "warm": (1.03, 1.0, 0.92), "cool": (0.99, 0.99, 1.08)}  # factors on the colour
UNDER_EYE = (0.76, 0.74, 0.86)  # factor on the colour of dark skin under the eyes
LIPS = (0.10, -0.07, 0.0)  # what pale lips' colour gains: their skin is thin and hardly horny
# What women's lips lose of light: mouths and eyes stand out of women's faces more, which is how faces are read as women's
# (Russell 2009, doi 10.1068/p6331).
WOMENS_LIPS = (0.09, 0.26, 0.22)
# What everybody's lips lose of light, and the upper one beside, which looks down: photographs' are darker than light alone makes ours.
DARK_LIPS, UPPER_LIP = (0.02, 0.05, 0.06), (0.19, 0.27, 0.25)
MENS_UPPER_LIP = 1.2  # of it that men's lose, whose are not painted
MOUTH_LINE = (-0.0692, -0.0662)  # m: heights of the template between which the lower lip goes over into the upper
INTO_MOUTH = (-0.024, -0.012)  # m: depths of the template between which the colour of lips ends
# Of the light that the lids' thin skin and its creases swallow; men's beside, whose brows are heavy.
DARK_LIDS, MENS_LIDS = 0.30, 0.06
LASH_LINE = 0.80  # how dark the roots of lashes make the upper lid's edge
DEEPER = 0.62  # of a nude lipstick's light is missing on dark skin
LIP_SHADE = 0.16  # of the light that furrows of the lips swallow
VEIN = (0.80, 0.90, 0.96)  # factor on the colour of skin over a vein
# What one deviation of the fine residual adds: share of melanin, density.
RESIDUAL_MELANIN, RESIDUAL_SHADE = 0.036, 0.034
# Spots of a few millimetres, which pictures keep where they lose relief: shares of melanin and of blood, and of the light at
# the blue end that skin swallows (fat and carotenoids), a unit of noise; that of the young and that of the old.
FINE_MELANIN, SPOT_BLOOD, SALLOW, SPOTTED = 0.30, 0.70, 0.20, (0.6, 1.2)
CAVITY = 230.0  # density a metre of depth of lines: light that does not find its way out
SHAVEN = (0.05, 0.055, 0.06)  # linear sRGB that the hair's colour takes on beneath the skin

# Below these a feature is not seen, and not paid for.
FRECKLES_SEEN, MOLES_SEEN, SPOTS_SEEN, UNDER_EYE_SEEN, STUBBLE_SEEN, VEINS_SEEN = 0.03, 0.05, 0.08, 0.05, 0.02, 0.05
SPIDERS_SEEN = 0.05

SPIDER_LINES = (150, 130, 150)  # the same of the broken vessels of old cheeks and noses
SPIDER_BLOOD = 0.05  # volume fraction that these add
VEIN_LINES = (34, 40, 26)  # cells a metre along x, y and z of the noise whose ridges are veins
FRECKLE_SHARES = (1.0, 0.7)  # of the pigment, by the kind of freckle
MOLE_MELANIN, SPOT_MELANIN = 0.11, 0.035  # volume fraction that a mark adds
LIP_BLOOD, BLEMISH_BLOOD, LEAST_BLOOD = 0.062, 0.016, 0.25  # volume fractions added; least factor on the base
MENDED = (0.7, 1.4)  # least and greatest factor by which the mean of a face is brought to the tone that was asked for
FINER = 8  # the lookup table is refined so often, and then looked up without filtering


def skin_colours(fields: SkinFields, hair: tuple[float, float, float]) -> np.ndarray:
    """The linear sRGB colour (n, 3) of skin at the texels; ``hair`` is the linear colour that hair leaves on it."""
    melanin, blood = _melanin(fields), _blood(fields)
    # Marks do not count: who has many is no paler between them.
    shade, bare = _shade(fields), fields.bare
    tone = _tone(fields, _coloured(melanin[bare], blood[bare]) * shade[bare] * left_at(fields.texels.size, bare))
    _mark(fields, melanin, blood)
    colour = _coloured(melanin, blood)
    colour *= tone
    colour *= shade
    _tint(fields, colour)
    _shade_by_hair(fields, colour, hair)
    if fields.skin.makeup_on:
        _make_up(fields, colour)
    at, left = shaded(fields.texels.size)
    colour[at] *= left
    return colour


def _melanin(f: SkinFields) -> np.ndarray:
    """Melanin but that of marks: base, regions, blotches and fine residual; volume fraction."""
    skin = f.skin
    patchy = np.float32(0.6 * skin.unevenness + 1.6 * skin.mottling)
    factor = (
        f.melanin + patchy * f.broad + np.float32(FINE_MELANIN) * f.fine + np.float32(RESIDUAL_MELANIN) * f.residual
    )
    melanin = np.float32(skin.melanin + BASE_MELANIN) * factor + np.float32(skin.melanin)
    return melanin * (1 - np.float32(0.5 - 0.25 * darkness(skin)) * f.lips)


def _mark(f: SkinFields, melanin: np.ndarray, blood: np.ndarray) -> None:
    """Add the melanin and the blood of marks."""
    skin = f.skin
    if skin.freckles > FRECKLES_SEEN:
        zone = f.zones["freckles"]
        at = f.texels.near(zone)
        (patches,) = f.noise.high("patches")
        patch = between(f.texels.values(f.noise.low("patches"), at) + patches[at], -0.15, 0.1)
        dots = sum(
            np.float32(pigment) * f.marks(kind, min(0.15 + skin.freckles, 0.9), f"freckles {index}", zone)[at]
            for index, (kind, pigment) in enumerate(zip(FRECKLES, FRECKLE_SHARES, strict=True))
        )
        melanin[at] += dots * patch * f.texels.values(zone, at) * np.float32(0.022 + 0.45 * skin.melanin)
    if skin.moles > MOLES_SEEN:
        melanin += np.float32(MOLE_MELANIN) * f.marks(MOLES, 0.12 * skin.moles, "moles")
    if skin.age_spots > SPOTS_SEEN:
        melanin += np.float32(SPOT_MELANIN) * f.marks(SPOTS, 0.35 * skin.age_spots, "age spots")
    worn = between(skin.years, 38.0, 85.0) * np.float32(skin.redness * (1 - darkness(skin)))
    if worn > SPIDERS_SEEN:
        zone = ruddy()
        at = f.texels.near(zone)
        lines = between(np.abs(line_noise(f, SPIDER_LINES, at)), 0.0, 0.04, 1.0, 0.0)
        blood[at] += np.float32(SPIDER_BLOOD) * worn * lines * f.texels.values(zone, at)
    if f.blemishes is not None:
        blood += np.float32(BLEMISH_BLOOD) * f.blemishes


def _blood(f: SkinFields) -> np.ndarray:
    """Blood but that of marks, a volume fraction."""
    skin = f.skin
    factor = f.blood * (1 - f.lips) - np.float32(0.2) * f.broad
    factor += np.float32(SPOT_BLOOD * _spotted(skin)) * f.ragged
    factor += np.float32(0.95 * skin.unevenness + 1.3 * skin.mottling) * f.veiny
    base = np.float32(FACE_BLOOD * skin.haemoglobin)
    blood = np.maximum(base + (base + np.float32(BASE_BLOOD)) * factor, np.float32(LEAST_BLOOD) * base)
    old = between(skin.years, 40.0, 85.0)
    blood += np.float32(LIP_BLOOD * (1 - 0.45 * skin.masculine) * (1 - 0.55 * old)) * f.lips
    return blood


def _spotted(skin) -> float:
    """How far the small spots of a skin show, by its years."""
    return float(between(skin.years, 25.0, 75.0, *SPOTTED))


@cache
def _fine_table() -> np.ndarray:
    """The lookup table of pigments, refined: (rows * columns, 3) float32, and its rows by blood, columns by melanin."""
    coarse = table().astype(np.float32)
    size = len(coarse)
    at = np.clip((np.arange(size * FINER) + 0.5) / FINER - 0.5, 0, size - 1.001)
    low, share = at.astype(int), (at % 1).astype(np.float32)
    rows = coarse[low] * (1 - share[:, None, None]) + coarse[low + 1] * share[:, None, None]
    both = rows[:, low] * (1 - share[:, None]) + rows[:, low + 1] * share[:, None]
    return both.reshape(-1, 3)


def _coloured(melanin: np.ndarray, blood: np.ndarray) -> np.ndarray:
    """The colour (n, 3) of pigments (n,) by the lookup table."""
    fine = _fine_table()
    size = round(len(fine) ** 0.5)

    def along(value, low, high):
        return np.minimum(np.sqrt(between(value, low, high)) * size, size - 1).astype(np.int32)

    return np.take(fine, along(blood, *BLOOD_RANGE) * size + along(melanin, *MELANIN_RANGE), 0)


def _tone(f: SkinFields, face: np.ndarray) -> np.ndarray:
    """The factors (3,) that bring the mean of a bare face (k, 3) to the tone that was asked for."""
    return np.clip(face_colour(f.skin) / face.mean(0), *MENDED).astype(np.float32)


def _shade(f: SkinFields) -> np.ndarray:
    """What fine structure and lines leave of the light (n, 1)."""
    dark = np.float32(RESIDUAL_SHADE) * f.residual * (1 + f.coarse)
    return np.maximum(1 - dark + np.float32(CAVITY) * np.minimum(f.lines_at_rest, 0), 0.5)[:, None]


def _tint(f: SkinFields, colour: np.ndarray) -> None:
    """Undertone, lips, dark eyes and veins."""
    tint = np.asarray(UNDERTONES[f.skin.undertone], np.float32) - 1
    colour[:, 2] *= 1 + np.float32(SALLOW * _spotted(f.skin)) * (f.broad - f.ragged) * (1 - f.lips)
    if tint.any():
        colour *= 1 + tint * (1 - f.lips)[:, None]
    old = float(between(f.skin.years, 40.0, 85.0))
    at = np.nonzero(f.lips > 0)[0]
    pink = (1 - darkness(f.skin)) * (1 - 0.5 * f.skin.masculine) * (1 - 0.6 * old)
    colour[at] *= 1 + f.lips[at, None] * np.asarray(LIPS, np.float32) * np.float32(pink)
    women = (1 - f.skin.masculine) * (1 - 0.25 * old)
    upper = between(f.texels.place[at, 2], *MOUTH_LINE)[:, None] * np.asarray(UPPER_LIP, np.float32)
    upper *= np.float32(1 + (MENS_UPPER_LIP - 1) * f.skin.masculine)
    lost = np.asarray(DARK_LIPS, np.float32) + np.float32(women) * np.asarray(WOMENS_LIPS, np.float32) + upper
    # On into the mouth as far as it is seen.
    seen = np.maximum(f.outer_lips[at], f.lips[at] * between(f.texels.place[at, 1], *INTO_MOUTH, 1.0, 0.0))
    colour[at] *= 1 - seen[:, None] * lost
    lids = f.texels.near(regions()["eyeshadow"])
    colour[lids] *= (
        1
        - np.float32(DARK_LIDS + MENS_LIDS * f.skin.masculine) * f.texels.values(regions()["eyeshadow"], lids)[:, None]
    )
    # Furrows hold shade.
    colour[at] *= 1 - np.float32(LIP_SHADE) * (lip_folds(f, at) * f.outer_lips[at])[:, None]
    for amount, seen, zone, tint, pattern in (
        ((0.15 + 0.28 * old) * f.skin.under_eye + 0.06 * old, UNDER_EYE_SEEN, regions()["under_eyes"], UNDER_EYE, None),
        (f.skin.veins, VEINS_SEEN, veined(), VEIN, VEIN_LINES),
    ):
        if amount > seen:
            at = f.texels.near(zone)
            dark = f.texels.values(zone, at) * np.float32(amount)
            if pattern:
                dark *= between(np.abs(line_noise(f, pattern, at)), 0.0, 0.06, 1.0, 0.0)
            colour[at] *= 1 - dark[:, None] * (1 - np.asarray(tint, np.float32))


def _cover(colour: np.ndarray, amount: np.ndarray, paint, at: np.ndarray) -> None:
    """Paint texels ``at`` by amounts 0…1."""
    colour[at] += np.clip(amount, 0, 1)[:, None] * (np.asarray(paint, np.float32) - colour[at])


def _shade_by_hair(f: SkinFields, colour: np.ndarray, hair: tuple[float, float, float]) -> None:
    """The shade of hair: the roots of lashes and on the scalp, and what is shaven in the beard."""

    def roots(at):
        return f.roots if np.ndim(f.roots) == 0 else f.roots[at]

    at = f.texels.near(regions()["liner"])
    roots_of_lashes = np.float32(LASH_LINE * (1 - 0.6 * f.skin.masculine))
    _cover(colour, roots_of_lashes * f.texels.values(regions()["liner"], at), LINER, at)
    at = np.nonzero(f.scalp > 0)[0]
    scalp = f.scalp[at]
    _cover(colour, np.float32(0.95) * scalp * (roots(at) + scalp * (1 - roots(at))), hair, at)
    if f.skin.stubble_shadow > STUBBLE_SEEN:
        blue = [0.6 * h + 0.4 * c for h, c in zip(hair, SHAVEN, strict=True)]
        at = f.texels.near(regions()["beard"])
        beard = f.texels.values(regions()["beard"], at) * np.float32(0.70 * f.skin.stubble_shadow)
        _cover(colour, beard * roots(at) * (1 - f.lips[at]), blue, at)


def _between(stops: list[tuple], place: float) -> tuple:
    at = np.linspace(0, 1, len(stops))
    return tuple(float(np.interp(place, at, np.array(stops)[:, i])) for i in range(3))


def _make_up(f: SkinFields, colour: np.ndarray) -> None:
    """Foundation, lipstick, eyeshadow, liner and blush."""
    paint = f.skin.makeup
    if paint.foundation > FOUNDATION_SEEN:
        zone = bare_face()
        at = f.texels.near(zone)
        _cover(
            colour, f.texels.values(zone, at) * np.float32(FOUNDATION_COVER * paint.foundation), face_colour(f.skin), at
        )
    at = np.nonzero(f.outer_lips > 0)[0]
    # What is nude on pale lips would be chalk on dark ones.
    deeper = 1 - DEEPER * darkness(f.skin) * (1 - 0.6 * paint.lip_hue)
    shade = np.array(_between(LIPSTICK, paint.lip_hue)) * deeper
    _cover(colour, f.outer_lips[at] * np.float32(LIPSTICK_COVER * paint.lipstick), shade, at)
    for name, cover, shade in (
        ("eyeshadow", EYESHADOW_COVER * paint.eyeshadow, _between(EYESHADOW, paint.eyeshadow_hue)),
        ("liner", LINER_COVER * paint.liner, LINER),
        ("apples", BLUSH_COVER * paint.blush, BLUSH),
    ):
        zone = regions()[name]
        at = f.texels.near(zone)
        _cover(colour, f.texels.values(zone, at) * np.float32(cover), shade, at)
