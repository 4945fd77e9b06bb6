"""Cloth: fabrics with their weave, knit and sheen, seams, and patterns woven or printed on them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..nodes.shader import Nodes

SEAM_REACH = 0.03  # metres from a seam at which cloth no longer knows of it


@dataclasses.dataclass(frozen=True)
class Fabric:
    """How a fabric is made: ``thread`` is metres from thread to thread, or the width of a stitch or grain."""

    made: str  # woven, twill, knitted, grained, smooth
    thread: float
    relief: float  # metres from the top of a thread to the gap between threads
    roughness: float
    sheen: float
    gaps: float = 0.25  # how much darker the gaps between threads are
    crumple: float = 0.0006  # metres of fine creases
    stitched: bool = True  # seams are sewn down with stitches that show
    specular: float = 0.2
    creases: float = 0.0  # metres of sharp creases
    mottled: float = 0.0  # how much lighter and darker its fibres lie from place to place


FABRICS = {
    "cotton": Fabric("woven", 0.0007, 0.00007, 0.85, 0.20, 0.12, 0.0007),
    "jersey": Fabric("knitted", 0.0013, 0.00016, 0.88, 0.25, 0.16, 0.0005),
    "denim": Fabric("twill", 0.0008, 0.00018, 0.85, 0.12, 0.3, 0.0008),
    "wool": Fabric("knitted", 0.0030, 0.0007, 0.95, 0.45, 0.35, 0.0005, False),
    "knit": Fabric("knitted", 0.0050, 0.0016, 0.95, 0.40, 0.5, 0.0006, False),
    "linen": Fabric("woven", 0.0012, 0.00020, 0.85, 0.15, 0.22, 0.0014),
    "silk": Fabric("smooth", 0.0006, 0.00001, 0.38, 0.35, 0.05, 0.0008, False, 0.5),
    "leather": Fabric("grained", 0.0026, 0.00022, 0.42, 0.0, 0.25, 0.0010, True, 0.5),
    "nylon": Fabric("smooth", 0.0008, 0.00003, 0.48, 0.05, 0.06, 0.0016, True, 0.45),
    "straw": Fabric("woven", 0.0036, 0.0009, 0.70, 0.05, 0.5, 0.0002, False),
    "paper": Fabric("grained", 0.0016, 0.00004, 0.80, 0.05, 0.04, 0.0003, False),
}  # fmt: skip
TRIMS = {  # no garment's own fabric: felt of hats, what headscarves are made of, and bands that are ribbed
    "felt": Fabric("grained", 0.0014, 0.00016, 0.97, 0.55, 0.25, 0.0005, False, 0.08, mottled=0.5),
    "satin": Fabric("smooth", 0.0006, 0.00002, 0.56, 0.30, 0.05, 0.0006, specular=0.30, creases=0.0006),
    "voile": Fabric("woven", 0.0007, 0.00009, 0.86, 0.25, 0.18, 0.0006, specular=0.12, creases=0.0007),
    "ribbing": Fabric("knitted", 0.0016, 0.00025, 0.90, 0.25, 0.2, 0.0002, False),
}
RIB, RIB_RELIEF = 0.0034, 0.0010  # metres from rib to rib, and their height
PATTERNS = ("plain", "stripes", "wide_stripes", "vertical_stripes", "checks", "gingham", "dots", "herringbone", "houndstooth",
            "camouflage", "floral", "heather", "diagonal")  # fmt: skip
CREASES = 34.0  # sharp creases to a metre, about
FIBRES, MATTED = 260.0, 0.0007  # clumps of felted fibres to a metre, and how high they stand, metres
WEFT = (0.36, 0.37, 0.38)  # linear sRGB of the undyed threads of denim
ALLOWANCE, RIDGE = (
    (0.004, 0.012),
    0.0005,
)  # metres from a seam over which cloth falls from the allowance below, its height
DITCH, DITCH_DEPTH, DITCH_SHADE = (
    0.0016,
    0.0003,
    0.80,
)  # metres wide to each side and deep, and the light that is left in it
TOPSTITCH = (0.0045, 0.0030)  # metres from a seam to the stitches beside it, and from stitch to stitch


def cloth_material(name: str, fabric: str, pattern: str, colours: list[tuple], ribbed: bool = False):
    """A cloth; ``colours`` are linear sRGB, ``ribbed`` bands have ribs along the grain.

    It reads the attribute ``cloth``: metres across and along the grain, and how near the next seam is, 0…SEAM_REACH.
    """
    from ..blender import new_material
    from ..nodes.shader import Nodes

    made = (FABRICS | TRIMS)[fabric]
    material, tree = new_material(name, colours[0])
    g = Nodes(tree)
    place = g.attribute("cloth")
    axes = g.add("ShaderNodeSeparateXYZ", {0: place})
    u, v = axes["X"], axes["Y"]
    mask = _pattern(g, pattern, place, u, v)
    first, second, third = (*colours, *colours, *colours)[:3]
    colour = first if mask is None else g.mix(mask, first, second)
    if pattern == "checks":
        thin = g.math("MAXIMUM", _band(g, u, 0.042, 0.08), _band(g, v, 0.042, 0.08))
        colour = g.mix(g.math("MULTIPLY", thin, 0.7), colour, third)
    rise, over = THREADS[made.made](g, made.thread, place, u, v)
    if made.made == "twill":
        colour = g.mix(over, colour, WEFT)
    broad = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 26.0, "Detail": 4.0, "Distortion": 0.4}).out(0)
    height = g.total(g.math("MULTIPLY", rise, made.relief), g.math("MULTIPLY", broad, made.crumple))
    shade = g.math(
        "MULTIPLY", g.map_range(rise, 0.0, 0.7, 1.0 - made.gaps, 1.0), g.map_range(broad, 0.3, 0.7, 0.93, 1.03)
    )
    if made.creases:  # where two slopes of it meet
        bent = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": CREASES, "Detail": 2.0, "Distortion": 1.2}).out(0)
        sharp = g.math("ABSOLUTE", g.math("SUBTRACT", bent, 0.5))
        height = g.total(height, g.math("MULTIPLY", sharp, 4.0 * made.creases))
    if made.mottled:
        fibre = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": FIBRES, "Detail": 3.0, "Roughness": 0.65}).out(0)
        light = g.map_range(fibre, 0.3, 0.7, 1.0 - 0.5 * made.mottled, 1.0 + 0.5 * made.mottled)
        shade = g.math("MULTIPLY", shade, light)
        height = g.total(height, g.math("MULTIPLY", fibre, MATTED))
    if ribbed:
        rib = g.math("ABSOLUTE", g.math("SINE", g.math("MULTIPLY", u, 3.14159 / RIB)))
        height = g.total(height, g.math("MULTIPLY", rib, RIB_RELIEF))
        shade = g.math("MULTIPLY", shade, g.map_range(rib, 0.0, 0.6, 0.62, 1.0))
    else:
        colour, shade, height = _sewn(g, made, colour, shade, height, axes)
    colour = g.mix(1.0, colour, g.add("ShaderNodeCombineColor", {0: shade, 1: shade, 2: shade}).out(), blend="MULTIPLY")
    bump = g.add("ShaderNodeBump", {"Strength": 1.0, "Distance": 1.0, "Height": height}).out()
    principled = g.add("ShaderNodeBsdfPrincipled")
    values = {
        "Base Color": colour, "Roughness": made.roughness, "Sheen Weight": made.sheen, "Sheen Roughness": 0.4,
        "Normal": bump, "Specular IOR Level": made.specular,
    }  # fmt: skip
    if made.sheen > 0.3:  # fuzz takes the cloth's colour
        values["Sheen Tint"] = tuple(0.5 + 0.5 * channel for channel in colours[0])
    for key, value in values.items():
        g.set(principled, key, value)
    g.surface(principled.out())
    return material


def _sewn(g: Nodes, made: Fabric, colour, shade, height, axes):
    """Seams: a faint ridge over what is folded under them, a soft shadow in the ditch, and stitches beside those sewn down."""
    u, v, seam = axes["X"], axes["Y"], g.math("SUBTRACT", SEAM_REACH, axes["Z"])
    folded = g.map_range(seam, *ALLOWANCE, 1.0, 0.0, smooth=True)
    ditch = g.map_range(seam, 0.0, DITCH, 1.0, 0.0, smooth=True)
    height = g.total(height, g.math("MULTIPLY", folded, RIDGE), g.math("MULTIPLY", ditch, -DITCH_DEPTH))
    shade = g.math("MULTIPLY", shade, g.map_range(ditch, 0.0, 1.0, 1.0, DITCH_SHADE))
    if not made.stitched:
        return colour, shade, height
    away, step = TOPSTITCH
    line = g.map_range(g.math("ABSOLUTE", g.math("SUBTRACT", seam, away)), 0.0007, 0.0003)
    run = g.math("FRACT", g.math("DIVIDE", g.total(g.math("MULTIPLY", u, 0.78), g.math("MULTIPLY", v, 1.0)), step))
    stitch = g.math("MULTIPLY", line, g.map_range(g.math("ABSOLUTE", g.math("SUBTRACT", run, 0.5)), 0.38, 0.30))
    height = g.total(height, g.math("MULTIPLY", line, -0.00020), g.math("MULTIPLY", stitch, 0.00035))
    if made.made == "twill":  # denim is sewn with a thread of its own colour, and pale along its seams
        worn = g.map_range(seam, 0.012, 0.0, 0.0, 0.30)
        colour = g.mix(stitch, g.mix(worn, colour, WEFT), (0.42, 0.20, 0.055))
    else:
        shade = g.math("MULTIPLY", shade, g.map_range(line, 0.0, 1.0, 1.0, 0.94))
    return colour, shade, height


def _woven(g: Nodes, thread: float, place, u, v):
    """Warp over weft and weft over warp: the threads' height 0…1."""
    warp = g.math("SINE", g.math("MULTIPLY", u, 3.14159 / thread))
    weft = g.math("SINE", g.math("MULTIPLY", v, 3.14159 / thread))
    slub = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 0.35 / thread, "Detail": 1.0}).out(0)
    rise = g.total(0.3, g.product(warp, weft, 0.5), g.math("MULTIPLY", slub, 0.4))
    return rise, rise


def _twill(g: Nodes, thread: float, place, u, v):
    """Slanting lines: the height 0…1, and where the weft shows."""
    slub = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 0.30 / thread, "Detail": 2.0}).out(0)
    slant = g.total(g.math("DIVIDE", u, thread), g.math("DIVIDE", v, 1.6 * thread), g.math("MULTIPLY", slub, 0.5))
    line = g.math("ABSOLUTE", g.math("SUBTRACT", g.math("FRACT", slant), 0.5))
    rise = g.map_range(line, 0.08, 0.42, 1.0, 0.0, True)
    over = g.total(g.math("MULTIPLY", g.map_range(line, 0.28, 0.45), 0.34), g.map_range(slub, 0.45, 0.75, 0.0, 0.14))
    return rise, over


def _knitted(g: Nodes, stitch: float, place, u, v):
    """Columns of loops, each a V: the height 0…1."""
    spun = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 0.5 / stitch, "Detail": 1.0}).out(0)
    uneven = g.math("MULTIPLY", g.math("SUBTRACT", spun, 0.5), 0.35)
    column = g.math("FRACT", g.total(g.math("DIVIDE", u, stitch), uneven))
    side = g.math("ABSOLUTE", g.math("SUBTRACT", g.math("MULTIPLY", column, 2.0), 1.0))
    row = g.math("FRACT", g.total(g.math("DIVIDE", v, 0.72 * stitch), g.math("MULTIPLY", side, -0.85), uneven))
    along = g.math(
        "SUBTRACT", 1.0, g.math("POWER", g.math("ABSOLUTE", g.math("SUBTRACT", g.math("MULTIPLY", row, 2.0), 1.0)), 2.0)
    )
    across = g.math("SINE", g.math("MULTIPLY", side, 3.14159))
    rise = g.math(
        "POWER", g.math("MAXIMUM", g.math("MULTIPLY", along, g.total(0.15, g.math("MULTIPLY", across, 0.85))), 0.0), 0.6
    )
    return g.total(g.math("MULTIPLY", rise, 0.85), g.math("MULTIPLY", spun, 0.15)), rise


def _grained(g: Nodes, grain: float, place, u, v):
    """Small cobbles: the height 0…1."""
    cells = g.add("ShaderNodeTexVoronoi", {"Vector": place, "Scale": 1.0 / grain})["Distance"]
    rise = g.map_range(cells, 0.65, 0.15)
    return rise, rise


def _smooth(g: Nodes, thread: float, place, u, v):
    """Threads too fine to be seen: the height 0…1."""
    rise = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 1.0 / thread, "Detail": 1.0}).out(0)
    return rise, rise


THREADS = {"woven": _woven, "twill": _twill, "knitted": _knitted, "grained": _grained, "smooth": _smooth}


def _band(g: Nodes, x, period: float, share: float):
    """1 on a share of each period, with a soft edge."""
    phase = g.math("FRACT", g.math("DIVIDE", x, period))
    away = g.math("ABSOLUTE", g.math("SUBTRACT", phase, 0.5))
    return g.map_range(away, share / 2 + 0.02, share / 2 - 0.02)


def _pattern(g: Nodes, pattern: str, place, u, v):
    """The mask of the second colour, or None for a plain cloth."""
    if pattern == "stripes":
        return _band(g, v, 0.018, 0.45)
    if pattern == "wide_stripes":
        return _band(g, v, 0.06, 0.5)
    if pattern == "vertical_stripes":
        return _band(g, u, 0.012, 0.3)
    if pattern == "diagonal":
        return _band(g, g.math("ADD", u, v), 0.022, 0.35)
    if pattern == "checks":
        return g.math("MULTIPLY", g.math("ADD", _band(g, u, 0.042, 0.42), _band(g, v, 0.042, 0.42)), 0.5)
    if pattern == "gingham":
        return g.math("MULTIPLY", g.math("ADD", _band(g, u, 0.011, 0.5), _band(g, v, 0.011, 0.5)), 0.5)
    if pattern == "dots":
        x = g.math("SUBTRACT", g.math("FRACT", g.math("DIVIDE", u, 0.014)), 0.5)
        y = g.math("SUBTRACT", g.math("FRACT", g.math("DIVIDE", v, 0.014)), 0.5)
        away = g.math("SQRT", g.math("ADD", g.math("MULTIPLY", x, x), g.math("MULTIPLY", y, y)))
        return g.map_range(away, 0.26, 0.22)
    if pattern in ("herringbone", "houndstooth"):
        period = 0.016
        column = g.math("ABSOLUTE", g.math("SUBTRACT", g.math("FRACT", g.math("DIVIDE", u, period)), 0.5))
        slanted = g.math("ADD", v, g.math("MULTIPLY", column, period if pattern == "herringbone" else 2.2 * period))
        line = _band(g, slanted, 0.0042 if pattern == "herringbone" else 0.012, 0.5)
        return line if pattern == "herringbone" else g.math("MULTIPLY", line, _band(g, u, 0.012, 0.62))
    if pattern == "camouflage":
        noise = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 17.0, "Detail": 3.0}).out(0)
        return g.map_range(noise, 0.50, 0.53)
    if pattern == "floral":
        cells = g.add("ShaderNodeTexVoronoi", {"Vector": place, "Scale": 48.0})
        petals = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 260.0, "Detail": 1.0}).out(0)
        return g.map_range(g.math("ADD", cells["Distance"], g.math("MULTIPLY", petals, 0.35)), 0.50, 0.42)
    if pattern == "heather":
        noise = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 700.0, "Detail": 3.0}).out(0)
        return g.map_range(noise, 0.40, 0.60)
    return None
