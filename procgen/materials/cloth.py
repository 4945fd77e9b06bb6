"""Cloth: fabrics with their weave and sheen, and patterns woven or printed on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..nodes.shader import Nodes

# Weave scale per metre, relief in metres, roughness, sheen, and whether the weave is knit ribs.
FABRICS = {
    "cotton": (900.0, 0.00012, 0.85, 0.25, False), "jersey": (620.0, 0.00016, 0.88, 0.3, True), "denim": (700.0, 0.00028, 0.82, 0.15, False),
    "wool": (260.0, 0.00070, 0.95, 0.5, True), "knit": (150.0, 0.0016, 0.95, 0.45, True), "linen": (420.0, 0.00030, 0.85, 0.2, False),
    "silk": (1500.0, 0.00003, 0.42, 0.5, False), "leather": (330.0, 0.00030, 0.42, 0.0, False), "nylon": (1100.0, 0.00006, 0.5, 0.1, False), "straw": (330.0, 0.0009, 0.75, 0.05, False),
    "paper": (500.0, 0.00006, 0.75, 0.1, False),
}  # fmt: skip
PATTERNS = ("plain", "stripes", "wide_stripes", "vertical_stripes", "checks", "gingham", "dots", "herringbone", "houndstooth",
            "camouflage", "floral", "heather", "diagonal")  # fmt: skip


def cloth_material(name: str, fabric: str, pattern: str, colours: list[tuple], offset: float = 0.0):
    """A cloth; reads the point attribute ``cloth`` (metres on the cloth, two components). ``colours`` are linear sRGB."""
    from ..blender import new_material
    from ..nodes.shader import Nodes

    scale, relief, roughness, sheen, ribs = FABRICS[fabric]
    material, tree = new_material(name, colours[0])
    g = Nodes(tree)
    place = g.vector_math("ADD", g.attribute("cloth"), (offset, offset * 0.7, 0.0))
    axes = g.add("ShaderNodeSeparateXYZ", {0: place})
    u, v = axes["X"], axes["Y"]
    wobble = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 60.0, "Detail": 2.0}).out(0)
    u = g.math("ADD", u, g.math("MULTIPLY", g.math("SUBTRACT", wobble, 0.5), 0.0012))
    mask = _pattern(g, pattern, place, u, v)
    first, second, third = (*colours, *colours, *colours)[:3]
    colour = first if mask is None else g.mix(mask, first, second)
    if pattern == "checks":
        thin = g.math("MAXIMUM", _band(g, u, 0.042, 0.08), _band(g, v, 0.042, 0.08))
        colour = g.mix(g.math("MULTIPLY", thin, 0.7), colour, third)
    worn = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 22.0, "Detail": 5.0}).out(0)
    colour = g.mix(1.0, colour, g.ramp(worn, [(0.3, (0.80, 0.80, 0.80)), (0.7, (1.0, 1.0, 1.0))]), blend="MULTIPLY")
    if fabric == "leather":
        cells = g.add("ShaderNodeTexVoronoi", {"Vector": place, "Scale": scale})["Distance"]
        height = g.math("MULTIPLY", cells, relief)
    elif ribs:
        wave = g.math("SINE", g.math("MULTIPLY", u, 6.2832 * scale))
        loop = g.math(
            "SINE", g.math("ADD", g.math("MULTIPLY", v, 6.2832 * scale * 1.35), g.math("MULTIPLY", wave, 1.6))
        )
        height = g.math("MULTIPLY", g.math("ADD", wave, g.math("MULTIPLY", loop, 0.55)), relief * 0.5)
    else:
        warp = g.math("SINE", g.math("MULTIPLY", u, 6.2832 * scale))
        weft = g.math("SINE", g.math("MULTIPLY", v, 6.2832 * scale))
        height = g.math("MULTIPLY", g.math("MULTIPLY", warp, weft), relief)
    fuzz = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": scale * 0.55, "Detail": 2.0}).out(0)
    creases = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 13.0, "Detail": 4.0, "Distortion": 0.6}).out(0)
    height = g.total(height, g.math("MULTIPLY", fuzz, relief * 1.2), g.math("MULTIPLY", creases, 0.0045))
    bump = g.add("ShaderNodeBump", {"Strength": 1.0, "Distance": 1.0, "Height": height}).out()
    principled = g.add("ShaderNodeBsdfPrincipled")
    values = {
        "Base Color": colour, "Roughness": roughness, "Normal": bump, "Sheen Weight": sheen, "Sheen Roughness": 0.45,
        "Specular IOR Level": 0.5 if fabric in ("leather", "silk", "nylon") else 0.2,
    }  # fmt: skip
    for key, value in values.items():
        g.set(principled, key, value)
    g.surface(principled.out())
    return material


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
