"""The skin material: pictures of colour, relief and surface, and folds that the head's shape keys drive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy
import numpy as np

from ..blender import new_material, packed_image
from ..nodes.shader import Nodes
from .pigment import face_colour

IOR = 1.42
SCATTER_COLOUR = (1.0, 0.37, 0.19)  # path of red, green and blue, relative
SCATTER_PALE, SCATTER_DARKER = 0.0020, 0.0009  # m: in pale skin, and by how much less in dark skin
DARK_MELANIN = 0.2  # volume fraction from which skin counts as dark for scattering
FLAT = 128 / 255  # x and y of the normal of a plane, as a byte can say it
FOLD_ATTRIBUTES = ("folds_first", "folds_last")  # which families a place's folds are of: shares of three each
Source = tuple[bpy.types.ID, str]  # of a driver's variable: a datablock, and the path of a property of it


def skin_material(
    skin, pictures: Mapping[str, np.ndarray], folds: Mapping[str, tuple[str, Sequence[Source]]]
) -> bpy.types.Material:
    """The material of a skin spec over a mesh with its uv map and FOLD_ATTRIBUTES.

    ``pictures`` are those of skin_pictures, ``folds`` the six families that the attributes are the shares of: name ->
    (an expression in a, b, …, and what a driver reads each of these from).
    """
    material, tree = new_material("Skin", face_colour(skin))
    g = Nodes(tree)
    place = g.add("ShaderNodeUVMap", uv_map="UVMap")["UV"]

    def drawn(name: str):
        image = packed_image(f"Skin {name}", pictures[name], name == "colour")
        return g.add("ShaderNodeTexImage", {"Vector": place}, image=image, label=image.name).out(0)

    surface = g.add("ShaderNodeSeparateColor", {0: drawn("surface")})
    relief = _folded(g, drawn("normal"), drawn("folds"), _fold_strength(g, folds))
    normal = g.add("ShaderNodeNormalMap", {"Color": relief}, uv_map="UVMap").out()
    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    dark = float(np.clip(skin.melanin / DARK_MELANIN, 0, 1))
    values = {
        "Base Color": drawn("colour"), "Roughness": surface["Green"], "IOR": IOR, "Specular IOR Level": surface["Red"],
        "Normal": normal, "Subsurface Weight": surface["Blue"], "Subsurface Radius": SCATTER_COLOUR,
        "Subsurface Scale": SCATTER_PALE - SCATTER_DARKER * dark, "Subsurface Anisotropy": 0.0, "Sheen Weight": 0.05,
        "Sheen Roughness": 0.4,
    }  # fmt: skip
    for name, value in values.items():
        g.set(principled, name, value)
    g.surface(principled.out())
    return material


def _folded(g: Nodes, rest, folds, strength):
    """A tangent-space normal as a colour: the slopes of the face at rest, and a share of those of the folds."""

    def height(colour):
        return g.math("MULTIPLY_ADD", g.add("ShaderNodeSeparateXYZ", {0: colour})["Z"], 2.0, -1.0)

    # Slopes are x and y over z; what is added to the resting normal has to have its z.
    share = g.math("MULTIPLY", strength, g.math("DIVIDE", height(rest), height(folds)))
    level = g.add("ShaderNodeVectorMath", {0: folds, 1: (1, 1, 0), 2: (-FLAT, -FLAT, 0)}, operation="MULTIPLY_ADD")
    return g.vector_math(
        "ADD", rest, g.add("ShaderNodeVectorMath", {0: level.out(), "Scale": share}, operation="SCALE")
    )


def _fold_strength(g: Nodes, folds: Mapping[str, tuple[str, Sequence[Source]]]):
    """How strongly each place is folded now: the sum over the families of their share there times their drive."""
    driven = []
    for name, (expression, sources) in folds.items():
        value = g.add("ShaderNodeValue", label=f"Folds: {name}", name=f"folds {name}")
        driver = value.node.outputs[0].driver_add("default_value").driver
        driver.type = "SCRIPTED"
        for variable_name, source in zip("abc", sources, strict=False):
            variable = driver.variables.new()
            variable.name, variable.type = variable_name, "SINGLE_PROP"
            target = variable.targets[0]
            target.id_type = source[0].id_type
            target.id, target.data_path = source
        driver.expression = expression
        driven.append(value.out())
    parts = []
    for index, attribute in enumerate(FOLD_ATTRIBUTES):
        drives = g.add("ShaderNodeCombineXYZ", dict(enumerate(driven[3 * index : 3 * index + 3]))).out()
        product = g.add("ShaderNodeVectorMath", {0: g.attribute(attribute), 1: drives}, operation="DOT_PRODUCT")
        parts.append(product["Value"])
    return g.total(*parts)
