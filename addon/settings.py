"""All that a file keeps of the sidebar: each room's settings on the scene, and sliders and locks on rigs, collections and materials."""

import bpy
from bpy.props import PointerProperty, StringProperty

from ..procgen.registry import OFFERED
from .animating.settings import SIMULACRA_PG_animate
from .datasets.settings import SIMULACRA_PG_dataset, SIMULACRA_PG_labels
from .fields import properties
from .importing.settings import SIMULACRA_PG_import
from .materials import settings as materials
from .people import live as people
from .places import live as places
from .places.settings import SIMULACRA_PG_things
from .presets.settings import SIMULACRA_PG_presets
from .subjects.settings import SIMULACRA_PG_generate
from .systems.settings import SIMULACRA_PG_model

HOLDERS = {"people": bpy.types.Object, "places": bpy.types.Collection}  # what carries sliders, by family
UPDATES = {"people": people.on_update, "places": places.on_update}


class SIMULACRA_PG_scene(bpy.types.PropertyGroup):
    """All settings of the sidebar; those of the next material join them when its sliders are made."""

    generate: PointerProperty(type=SIMULACRA_PG_generate)
    presets: PointerProperty(type=SIMULACRA_PG_presets)
    dataset: PointerProperty(type=SIMULACRA_PG_dataset)
    labels: PointerProperty(type=SIMULACRA_PG_labels)
    imports: PointerProperty(type=SIMULACRA_PG_import)
    model: PointerProperty(type=SIMULACRA_PG_model)
    things: PointerProperty(type=SIMULACRA_PG_things)
    animate: PointerProperty(type=SIMULACRA_PG_animate)


GROUPS = (
    SIMULACRA_PG_generate,
    SIMULACRA_PG_presets,
    SIMULACRA_PG_dataset,
    SIMULACRA_PG_labels,
    SIMULACRA_PG_import,
    SIMULACRA_PG_model,
    SIMULACRA_PG_things,
    SIMULACRA_PG_animate,
)
_made: list[type] = []  # classes that are made at registration, inner ones first


def made_classes() -> list[type]:
    """The classes that were made from specs, inner ones first."""
    return _made


def _holder(family: str, made: dict[str, type]) -> type:
    """The property group that carries the sliders, the kind and the locks of a family."""
    annotations = {name: PointerProperty(type=made[name]) for name, row in OFFERED.items() if row.family == family}
    annotations["kind"] = StringProperty(name="Kind", description="Which generator made this", options={"HIDDEN"})
    annotations["locked"] = StringProperty(
        name="Locked", description="Fields that stay when others are drawn anew, as JSON", options={"HIDDEN"}
    )
    return type(f"SIMULACRA_PG_{family}", (bpy.types.PropertyGroup,), {"__annotations__": annotations})


def register() -> None:
    """Register the settings and the sliders of every kind."""
    updates = {name: UPDATES[row.family] for name, row in OFFERED.items()} | materials.kinds()
    made = properties.make_classes(updates, materials.defaults())
    material = materials.group_class(made)
    holders = {family: _holder(family, made) for family in HOLDERS}
    _made.extend([*properties.classes(), material, *holders.values()])
    SIMULACRA_PG_scene.__annotations__["material"] = PointerProperty(type=material)
    for cls in (*GROUPS, *_made, SIMULACRA_PG_scene):
        bpy.utils.register_class(cls)
    bpy.types.Scene.simulacra = PointerProperty(type=SIMULACRA_PG_scene)
    bpy.types.Material.simulacra = PointerProperty(type=material)
    for family, owner in HOLDERS.items():
        owner.simulacra = PointerProperty(type=holders[family])


def unregister() -> None:
    """Take everything back."""
    for owner in (*HOLDERS.values(), bpy.types.Material, bpy.types.Scene):
        del owner.simulacra
    for cls in reversed((*GROUPS, *_made, SIMULACRA_PG_scene)):
        bpy.utils.unregister_class(cls)
    _made.clear()
