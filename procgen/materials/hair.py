"""The hair material: principled hair with melanin, grey and dye that differ from strand to strand, and what EEVEE has for it.

EEVEE knows no hair scattering. There a strand is a tube of the colour that a dense head of such hair has, from the same
melanin by the closed forms of Chiang et al. 2016 (A Practical and Controllable Hair and Fur Model): absorption
σ = m (1 - r) σ_eumelanin + m r σ_pheomelanin with m = -ln(1 - melanin), and colour exp(-√σ f(β)) with the azimuthal roughness β.
"""

from __future__ import annotations

import math

import bpy
import numpy as np

from ..blender import new_material
from ..nodes.shader import Nodes

EUMELANIN, PHEOMELANIN = (0.506, 0.841, 1.653), (0.343, 0.733, 1.924)  # absorption, linear sRGB
RADIAL, RANDOM = 0.36, 0.12  # azimuthal roughness, and how far the melanin of strands differs at random
IOR = 1.55
ROOTS, SUN = 0.20, 0.16  # melanin that roots have over, and tips under, that of hair that has none
EARLY = 0.9  # how far the share of grey differs from where it comes first to where it comes last
LEAST_SPREAD = 0.10  # of melanin from strand to strand, on the most even hair
MOSTLY_LIGHTER = 0.65  # share of strands and locks that have less melanin than is said of the hair
THROUGH = 0.35  # share of the light that EEVEE sends through a strand
SHEEN = 0.25  # of EEVEE's reflection; what lies between strands reflects nothing, and 0.5 would be a lone tube


def hair_material(
    name: str,
    colour,
    flat: tuple[float, float, float],
    dye: tuple[float, float, float] | None,
    roughness: float,
    darker: float,
) -> bpy.types.Material:
    """A material of strands; ``darker`` adds melanin (brows and lashes are darker than the scalp).

    ``colour`` has melanin, redness, grey and variation, 0…1; ``flat`` is what the viewport shows and ``dye`` the colour
    over the natural one, linear sRGB. Reads the curve attribute ``strand``: (random 0…1, lock's random 0…1, how early it greys 0…1).
    """
    material, tree = new_material(name, flat)
    g = Nodes(tree)
    strand = g.add("ShaderNodeSeparateXYZ", {0: g.attribute("strand")})
    each, lock, greys = strand["X"], strand["Y"], strand["Z"]
    along = g.add("ShaderNodeHairInfo")["Intercept"]
    spread = (LEAST_SPREAD + 0.16 * colour.variation) * (1 - 0.35 * colour.melanin)
    melanin = g.total(
        min(colour.melanin + darker, 1.0),
        g.math("MULTIPLY", g.math("SUBTRACT", lock, MOSTLY_LIGHTER), 1.5 * spread),
        g.math("MULTIPLY", g.math("SUBTRACT", each, MOSTLY_LIGHTER), spread),
        g.map_range(along, 0.0, 0.35, ROOTS * (1 - colour.melanin), 0.0), g.math("MULTIPLY", along, -SUN * (1 - colour.melanin)),
    )  # fmt: skip
    early = g.math("MULTIPLY", g.math("SUBTRACT", greys, 0.5), EARLY * math.sqrt(colour.grey * (1 - colour.grey)))
    grey = g.math("GREATER_THAN", g.math("ADD", each, early), 1.0 - colour.grey)
    melanin = g.math("MAXIMUM", g.lerp(grey, melanin, 0.06), 0.02)
    redness = g.lerp(grey, colour.redness, 0.1)

    def strand_shader(**inputs):
        node = g.add("ShaderNodeBsdfHairPrincipled", model="CHIANG", parametrization=inputs.pop("parametrization"))
        values = {"Roughness": roughness, "Radial Roughness": RADIAL, "Coat": 0.0, "IOR": IOR, "Offset": 0.035,
                  "Random Roughness": 0.25} | inputs  # fmt: skip
        for key, value in values.items():
            g.set(node, key, value)
        return node.out()

    names = {"Melanin": melanin, "Melanin Redness": redness, "Random Color": RANDOM}
    shader = strand_shader(parametrization="MELANIN", **names)
    eevee = colour_of_melanin(g, melanin, redness)
    if dye is not None:
        grown_out = g.math("MAXIMUM", g.map_range(along, 0.02, 0.22), 0.25)
        tint = g.mix(g.math("MULTIPLY", each, 0.4), dye, tuple(0.55 * c for c in dye))
        dyed = strand_shader(parametrization="COLOR", Color=tint)
        shader = g.add("ShaderNodeMixShader", {0: grown_out, 1: shader, 2: dyed}).out()
        eevee = g.mix(grown_out, eevee, tint)
    g.surface(shader, target="CYCLES")
    g.surface(_tube(g, eevee, roughness), target="EEVEE")
    return material


def colour_of_melanin(g: Nodes, melanin, redness):
    """The colour of dense hair from melanin and redness, 0…1 each: what Cycles' parametrization by colour inverts."""
    random = g.add("ShaderNodeHairInfo")["Random"]
    amount = g.math(
        "MULTIPLY", g.math("LOGARITHM", g.math("MAXIMUM", g.math("SUBTRACT", 1.0, melanin), 1e-4), math.e), -1.0
    )
    amount = g.math("MULTIPLY", amount, g.map_range(random, 0.0, 1.0, 1 - RANDOM, 1 + RANDOM))
    channels = []
    for eumelanin, pheomelanin in zip(EUMELANIN, PHEOMELANIN, strict=True):
        absorbed = g.math("MULTIPLY", amount, g.lerp(redness, eumelanin, pheomelanin))
        channels.append(g.math("EXPONENT", g.math("MULTIPLY", g.math("SQRT", absorbed), -_density(RADIAL))))
    return g.add("ShaderNodeCombineXYZ", dict(enumerate(channels))).out()


def _density(roughness: float) -> float:
    """Chiang et al.'s polynomial f(β): how much a dense mass darkens what one strand absorbs."""
    return float(np.polyval((0.245, 5.574, -10.73, 2.532, -0.215, 5.969), roughness))


def _tube(g: Nodes, colour, roughness: float):
    """A strand for EEVEE: a glossy tube that lets some light through, and no wider than it is.

    EEVEE draws strands one pixel wide unless the scene asks for strips (``render.hair_type``): such a line covers its
    pixel by the share that the strand does. A driver tells which it is; it needs no script.
    """
    principled = g.add("ShaderNodeBsdfPrincipled", {
        "Base Color": colour, "Roughness": roughness, "IOR": IOR, "Specular IOR Level": SHEEN,
    })  # fmt: skip
    through = g.add("ShaderNodeBsdfTranslucent", {"Color": colour})
    tube = g.add("ShaderNodeMixShader", {0: THROUGH, 1: principled.out(), 2: through.out()}).out()
    # The attribute and not Hair Info's thickness, which is the radius on 4.5 and the diameter on 5.2.
    width = g.math("MULTIPLY", g.attribute("radius", "Fac"), 2.0)
    covered = g.math("DIVIDE", width, g.pixel_width(), clamp=True)
    strips = g.add("ShaderNodeValue")
    driver = strips.node.outputs[0].driver_add("default_value").driver
    driver.type = "SUM"
    variable = driver.variables.new()
    variable.name, variable.type = "shape", "CONTEXT_PROP"
    variable.targets[0].context_property, variable.targets[0].data_path = "ACTIVE_SCENE", "render.hair_type"
    opaque = g.math("MAXIMUM", covered, strips.out(), clamp=True)
    clear = g.add("ShaderNodeBsdfTransparent").out()
    return g.add("ShaderNodeMixShader", {0: opaque, 1: clear, 2: tube}).out()
