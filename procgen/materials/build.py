"""Builds materials: of one generator, of a surface of an asset, and of layers that masks blend on terrain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from ..assets import Surface
from ..generator import Generator
from ..params import SpecError, child
from .catalogue import MATERIALS
from .fields import Fields
from .look import Look
from .values import Value

Layer = tuple[str, Any, str | None]  # name of a material, its spec, and the vertex attribute 0…1 that shows it
BREAK = 2.9  # metres: the noise that frays the borders of layers
_ROWS = {row.name: row for row in MATERIALS}


def row_of(name: str) -> Generator:
    """The row of a material's name."""
    if name not in _ROWS:
        raise SpecError(f"{name}: no such material; allowed are {', '.join(_ROWS)}")
    return _ROWS[name]


def look_of(name: str, spec: Any, fields: Fields, place: Value, colour: Any) -> Look:
    """Run a material's function in a node tree."""
    row = row_of(name)
    function: Callable[..., Look] = getattr(import_module(row.module, __package__.rpartition(".")[0]), name)
    return function(spec, fields, place, fields.value(colour))


def blended(layers: Sequence[Layer], fields: Fields, place: Value, mask: Callable[[str], Any]) -> Look:
    """Mix layers from the first, which covers all, upwards; ``mask`` gives the socket of an attribute."""
    fray = None
    result: Look | None = None
    for name, spec, attribute in layers:
        look = look_of(name, spec, fields, place, spec.colour)
        if result is None or attribute is None:
            result = look
            continue
        fray = fray if fray is not None else (fields.noise(place, BREAK, 5.0) - 0.5) * 0.6
        coverage = (fields.value(mask(attribute)) + fray).smooth(0.25, 0.65)
        pairs = zip(result, look, strict=True)
        result = Look(*(coverage.between(fields.value(below), fields.value(above)) for below, above in pairs))
    if result is None:
        raise SpecError("layers: allowed is at least one")
    return result


def build_material(name: str, spec: Any, colour=None, painted: bool = False, coordinates: str = "object"):
    """A Blender material of a generator's spec.

    ``colour`` linear Rec.709 takes the place of the main colour; ``painted`` takes it from the mesh attribute ``colour``.
    Places are ``coordinates`` "object" or "world" in metres; where the mesh has the attribute ``rest_position`` (a vector
    in object space) the places are that, so that a pattern clings to what sways, swims or is displaced.
    """
    from ..blender import new_material
    from ..nodes.shader import Nodes

    main = spec.colour if colour is None else tuple(float(channel) for channel in colour[:3])
    material, tree = new_material(name, main)
    g = Nodes(tree)
    fields, place = shader_fields(g, coordinates)
    colour = g.attribute("colour") if painted else main
    shade(g, fields, look_of(name, spec, fields, place, colour), plain=colour)
    prune(tree)
    return material


def blend_materials(layers: Sequence[Layer], coordinates: str = "world"):
    """One material of layers (name, spec, mask attribute or None), each shown where its vertex attribute is 1."""
    from ..blender import new_material
    from ..nodes.shader import Nodes

    material, tree = new_material(" over ".join(name for name, _, _ in reversed(layers))[:63], layers[0][1].colour)
    g = Nodes(tree)
    fields, place = shader_fields(g, coordinates)
    plain = fields.value(layers[0][1].colour)
    for _, spec, attribute in layers[1:]:
        if attribute is not None:
            plain = (
                fields.value(g.attribute(attribute, "Fac")).smooth(0.25, 0.65).between(plain, fields.value(spec.colour))
            )
    shade(g, fields, blended(layers, fields, place, lambda attribute: g.attribute(attribute, "Fac")), plain=plain.data)
    prune(tree)
    return material


def dress(surface: Surface):
    """The material of a surface of an asset."""
    row = row_of(surface.material)
    spec = row.load("sample")(child(surface.seed, surface.material), surface.settings or None)
    return build_material(surface.material, spec, surface.colour, surface.painted)


def shader_fields(g, coordinates: str) -> tuple[Fields, Value]:
    """Fields over a shader tree, and the place at rest."""
    if coordinates not in ("object", "world"):
        raise SpecError(f"coordinates: {coordinates} is not allowed; allowed are object, world")

    def rest(attribute: str, kind: str, live: Any):
        """The attribute of the relief or of a motion; a mesh without it reads exactly zero."""
        known = g.attribute(attribute)
        node = g.add("ShaderNodeVectorMath", {0: known}, operation="LENGTH").out()
        if coordinates == "world":
            known = g.add(
                "ShaderNodeVectorTransform", {0: known}, vector_type=kind, convert_from="OBJECT", convert_to="WORLD"
            ).out()
        factor = g.math("GREATER_THAN", node, 1e-9)
        return g.add("ShaderNodeMix", {"Factor": factor, "A": live, "B": known}, data_type="VECTOR").out()

    kind = {"object": "ShaderNodeTexCoord", "world": "ShaderNodeNewGeometry"}[coordinates]
    source = g.add(kind)

    def chance(of: str):
        if of == "island":
            return g.add("ShaderNodeNewGeometry")["Random Per Island"]
        return g.add("ShaderNodeObjectInfo")["Random"]

    fields = Fields(g, lambda: rest("rest_normal", "NORMAL", source["Normal"]), chance)
    place = rest("rest_position", "POINT", source["Object" if coordinates == "object" else "Position"])
    return fields, fields.value(place)


def shade(g, fields: Fields, look: Look, plain: Any) -> None:
    """Connect a look to a shader tree's output; ``plain`` is its colour as light that has bounced before sees it.

    What a camera does not see itself needs no detail: Cycles skips the branch of a mix that has no weight, and most of the
    time of a picture goes into shading what lights other things.
    """
    channel = Look(*(fields.value(item).data for item in look))
    values = {
        "Base Color": channel.colour, "Roughness": channel.roughness, "Specular IOR Level": channel.specular,
        "IOR": channel.ior, "Metallic": channel.metallic, "Subsurface Weight": channel.subsurface,
        "Transmission Weight": channel.transmission, "Coat Weight": channel.coat, "Sheen Weight": channel.sheen,
        "Anisotropic": channel.anisotropy,
    }  # fmt: skip
    if channel.sheen != 0.0:
        # Fibres that stand up are dyed like the rest, a little paler for the light that grazes them.
        values["Sheen Tint"] = (fields.value(look.colour) * 0.6 + 0.3).data
    if channel.subsurface != 0.0:
        # Red light goes deepest in snow and ice too little to tell; in flesh, wax and leaves it does.
        values |= {"Subsurface Radius": (1.0, 0.6, 0.4), "Subsurface Scale": channel.depth}
    if channel.emission != (0.0, 0.0, 0.0):
        values |= {"Emission Color": channel.emission, "Emission Strength": 1.0}
    # What the mesh already carries of the height is its attribute `relief`: the bump adds only what is finer than that.
    height = fields.value(look.height)
    rest = height - fields.value(g.attribute("relief", "Fac")) if not height.constant else height
    bump = rest + look.fine
    if not bump.constant:
        values["Normal"] = g.add("ShaderNodeBump", {"Strength": 1.0, "Distance": 1.0, "Height": bump.data}).out()
    principled = g.add("ShaderNodeBsdfPrincipled")
    for key, value in values.items():
        g.set(principled, key, value)
    shader = principled.out()
    if channel.translucency != 0.0:
        through = {"Color": channel.colour} | ({"Normal": values["Normal"]} if "Normal" in values else {})
        behind = g.add("ShaderNodeBsdfTranslucent", through).out()
        shader = g.add("ShaderNodeMixShader", {0: channel.translucency, 1: shader, 2: behind}).out()
    if channel.transmission != 0.0:
        # Caustics would be noise: rays toward lamps fall straight through, tinted.
        clear = g.add("ShaderNodeBsdfTransparent", {"Color": channel.colour}).out()
        shadow = g.math("MULTIPLY", g.add("ShaderNodeLightPath")["Is Shadow Ray"], channel.transmission)
        shader = g.add("ShaderNodeMixShader", {0: shadow, 1: shader, 2: clear}).out()
    elif channel.emission == (0.0, 0.0, 0.0) and channel.metallic == 0.0:
        bounced = g.add("ShaderNodeBsdfDiffuse", {"Color": plain}).out()
        if channel.translucency != 0.0:
            behind = g.add("ShaderNodeBsdfTranslucent", {"Color": plain}).out()
            share = channel.translucency if isinstance(channel.translucency, float) else 0.35
            bounced = g.add("ShaderNodeMixShader", {0: share, 1: bounced, 2: behind}).out()
        seen = g.add("ShaderNodeLightPath")["Is Camera Ray"]
        shader = g.add("ShaderNodeMixShader", {0: seen, 1: bounced, 2: shader}).out()
    g.surface(shader)


def prune(tree) -> None:
    """Remove the nodes that lead to no output."""
    sources: dict[Any, list] = {}
    for link in tree.links:
        sources.setdefault(link.to_node, []).append(link.from_node)
    kept, waiting = set(), [node for node in tree.nodes if "Output" in node.bl_idname]
    while waiting:
        node = waiting.pop()
        if node not in kept:
            kept.add(node)
            waiting += sources.get(node, [])
    for node in [node for node in tree.nodes if node not in kept]:
        tree.nodes.remove(node)
