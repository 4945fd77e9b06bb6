"""Materials on any mesh: shown in sliders, made anew when these change, and put on objects with their relief."""

import json

import bpy

from ...procgen import registry
from ...procgen.nodes.modifier_inputs import set_named
from ...procgen.params import SpecError, from_dict, to_dict
from ..fields import properties, settling

SPEC = "spec"  # property of a material: its JSON document
RELIEF = "simulacra_relief"  # property of the node groups that displace
_showing = False  # the sliders are being set: nothing changed


def sampled(kind: str, seed: int):
    """The spec that a seed draws of a material."""
    return registry.sample(kind, seed)


def spec_of(root):
    """The spec that the sliders of a property group show."""
    return from_dict(registry.find(root.kind).load("spec"), properties.read(getattr(root, root.kind), root.kind))


def show(root, kind: str, spec) -> None:
    """Set the sliders of a property group."""
    global _showing
    _showing = True
    try:
        root.kind = kind
        properties.show(getattr(root, kind), kind, to_dict(spec))
    finally:
        _showing = False


def active_settings(context):
    """The property group whose sliders are shown: of the material that the active object wears, or of the next one."""
    material = worn(context.object)
    return material.simulacra if material else context.scene.simulacra.material


def worn(obj) -> bpy.types.Material | None:
    """The active material of an object, if it is one of these."""
    material = obj.active_material if obj is not None and obj.type == "MESH" else None
    return material if material is not None and SPEC in material else None


def redrawn(self, context) -> None:
    """Another material or seed was chosen: its fields are drawn."""
    if not _showing:
        show(self, self.kind, sampled(self.kind, self.seed))
        changed(self)


def changed(root) -> None:
    """Bring the material that a property group belongs to, and all that wears it, up to date."""
    material = root.id_data
    if _showing or not isinstance(material, bpy.types.Material) or SPEC not in material:
        return
    try:
        spec = spec_of(root)
        fill(material, root.kind, spec)
        relieve(material, root.kind, spec)
        settling.say("")
    except SpecError as error:
        settling.say(str(error))


def on_update(path: str):
    """The callback of the property that shows a field."""

    def update(self, context):
        if not _showing and isinstance(self.id_data, bpy.types.Material):
            changed(self.id_data.simulacra)

    return update


def fill(material, kind: str, spec) -> None:
    """Make a material's nodes anew, as ``build_material`` makes them, so that all that wear it follow."""
    from ...procgen.materials.build import look_of, prune, shade, shader_fields
    from ...procgen.nodes.shader import Nodes

    tree = material.node_tree
    tree.nodes.clear()
    g = Nodes(tree)
    fields, place = shader_fields(g, "object")
    shade(g, fields, look_of(kind, spec, fields, place, spec.colour), plain=spec.colour)
    prune(tree)
    material.diffuse_color = (*spec.colour, 1.0)
    stem = material.name.partition(".")[0]
    if stem != kind and stem in properties.CONTROLS:  # unless the user gave it a name
        material.name = kind
    material[SPEC] = json.dumps(registry.dump(kind, spec))


def relieve(material, kind: str, spec) -> None:
    """Give the objects that wear a material its relief as it is now, or take it away."""
    from ...procgen.materials.relief import add_group, relief_group

    root, group = material.simulacra, None
    for obj in wearers(material):
        modifier = relief_of(obj)
        if not root.relief:
            remove_relief(obj)
            continue
        if group is None:
            group = relief_group(kind, spec)
            group[RELIEF] = True
        if modifier is None:
            add_group(obj, group, root.strength)
            continue
        modifier.node_group, modifier.name = group, group.name
        _set_strength(modifier, root.strength)
    _sweep()


def wearers(material) -> list:
    """The mesh objects that wear a material."""
    return [
        obj for obj in bpy.data.objects
        if obj.type == "MESH" and any(slot.material == material for slot in obj.material_slots)
    ]  # fmt: skip


def relief_of(obj):
    """The modifier that displaces an object, or None."""
    return next(
        (item for item in obj.modifiers if item.type == "NODES" and item.node_group and RELIEF in item.node_group), None
    )


def remove_relief(obj) -> None:
    """Take the relief off an object."""
    modifier = relief_of(obj)
    if modifier is not None:
        obj.modifiers.remove(modifier)


def _set_strength(modifier, strength: float) -> None:
    set_named(modifier, "Strength", strength)
    modifier.id_data.update_tag()


def _sweep() -> None:
    for group in [group for group in bpy.data.node_groups if RELIEF in group and not group.users]:
        bpy.data.node_groups.remove(group)


def apply(objects, root) -> str:
    """Give objects the material of a property group, one for all of them; returns advice or "".

    The first is what ``apply_material`` makes of it; a property group of a material gives that material.
    """
    from ...procgen.materials.relief import apply_material

    kind, spec = root.kind, spec_of(root)
    material = root.id_data if isinstance(root.id_data, bpy.types.Material) else None
    advice, group = "", None
    for obj in objects:
        remove_relief(obj)
        advice = apply_material(obj, kind, spec, root.relief, root.strength) or advice
        made = obj.data.materials[0]
        if material is None:
            material = made
            material[SPEC] = json.dumps(registry.dump(kind, spec))
            held = material.simulacra
            show(held, kind, spec)
            _copy(root, held)
        elif made != material:
            obj.data.materials[0] = material
            bpy.data.materials.remove(made)
        modifier = obj.modifiers[-1] if root.relief else None
        if modifier is not None and group is None:
            group = modifier.node_group
            group[RELIEF] = True
        elif modifier is not None:
            extra, modifier.node_group = modifier.node_group, group
            modifier.name = group.name
            _set_strength(modifier, root.strength)
            bpy.data.node_groups.remove(extra)
    _sweep()
    return advice


def _copy(root, held) -> None:
    global _showing
    _showing = True
    try:
        held.seed, held.relief, held.strength = root.seed, root.relief, root.strength
    finally:
        _showing = False
