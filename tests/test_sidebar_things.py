"""The sidebar's things and materials: each is what the plain call makes."""

import json

import numpy as np
import pytest
from sidebar_state import counts, nodes_of

from simulacra.procgen import registry


@pytest.mark.parametrize("name", ["boulder", "snowflake", "flower", "beetle"])
def test_a_thing_is_what_its_generator_builds(scene, sidebar, name):
    import bpy

    assert bpy.ops.simulacra.add_thing(thing=name, seed=3, location=(1.0, 2.0, 3.0)) == {"FINISHED"}
    obj = bpy.context.object
    rows = sidebar("places.catalogue").THINGS.values()
    row = next(row for group in rows for row in group if row.name == name)
    spec = row.load("sample")(sidebar("procgen.params").child(3, name), None)
    asset = row.load("build")(spec)
    assert json.loads(obj["thing"])["spec"] == sidebar("procgen.params").to_dict(spec)
    body = obj if asset.rig is None else next(child for child in obj.children if child.type == "MESH")
    flat = np.zeros(3 * len(body.data.vertices), np.float32)
    body.data.vertices.foreach_get("co", flat)
    assert (flat == asset.mesh.vertices.astype(np.float32).ravel()).all()
    assert [material.name.partition(".")[0] for material in body.data.materials] == [
        surface.material for surface in asset.surfaces
    ]
    bpy.context.scene.frame_set(1)
    bpy.context.view_layer.update()
    assert tuple(obj.matrix_world.translation) == pytest.approx((1.0, 2.0, 3.0), abs=1e-5)
    if asset.rig is not None:
        assert obj.type == "ARMATURE" and obj.animation_data.action and len(obj.data.bones) == len(asset.rig.bones)
    assert sidebar("subjects.subject").at_hand(bpy.context) is None  # a rigged animal is no person


def test_all_things_and_materials_are_offered(sidebar):
    choices, materials_menu = sidebar("places.catalogue"), sidebar("materials.settings")
    offered = {row[0] for row in choices.THING_ITEMS if row[0]}
    families = ("plants", "terrain", "sea_life", "creatures")
    assert offered >= {name for name, row in registry.GENERATORS.items() if row.family in families} - {"ground"}
    materials = {name for name, row in registry.GENERATORS.items() if row.family == "materials"}
    assert {row[0] for row in materials_menu.ITEMS if row[0]} == materials and len(materials) >= 93
    numbers = [row[4] for row in materials_menu.ITEMS if row[0]]
    assert len(set(numbers)) == len(numbers)


def cube(location=(0, 0, 0)):
    """A mesh object with a subdivided surface."""
    import bpy

    bpy.ops.mesh.primitive_grid_add(x_subdivisions=24, y_subdivisions=24, size=0.2, location=location)
    return bpy.context.object


def test_a_material_is_what_the_plain_call_gives(scene, sidebar):
    import bpy

    from simulacra.procgen.materials.relief import apply_material

    spec = registry.sample("granite", 4)
    plain = cube()
    message = apply_material(plain, "granite", spec, True, 0.5)
    expected = nodes_of(plain.data.materials[0].node_tree), nodes_of(plain.modifiers[0].node_group.copy())
    one, two = cube((1, 0, 0)), cube((2, 0, 0))
    one.select_set(True)
    settings = bpy.context.scene.simulacra.material
    settings.kind, settings.seed, settings.relief, settings.strength = "granite", 4, True, 0.5
    assert bpy.ops.simulacra.apply_material() == {"FINISHED"}
    material = one.data.materials[0]
    assert two.data.materials[0] == material and len(one.data.materials) == 1
    assert (nodes_of(material.node_tree), nodes_of(one.modifiers[0].node_group)) == expected
    assert one.modifiers[0].node_group == two.modifiers[0].node_group and isinstance(message, str)
    assert json.loads(material["spec"])["spec"] == sidebar("procgen.params").to_dict(spec)
    assert (
        sidebar("materials.material").active_settings(bpy.context) == material.simulacra
        and plain.data.materials[0] != material
    )


def test_a_slider_changes_all_that_wear_the_material(scene, sidebar):
    import dataclasses

    import bpy

    from simulacra.procgen.materials.build import build_material

    one, two = cube(), cube((1, 0, 0))
    one.select_set(True)
    settings = bpy.context.scene.simulacra.material
    settings.kind = "sand"
    assert bpy.ops.simulacra.apply_material() == {"FINISHED"}
    material, before = two.active_material, counts()
    material.simulacra.sand.brightness = 1.2
    spec = dataclasses.replace(registry.sample("sand", 1), brightness=1.2)
    assert nodes_of(material.node_tree) == nodes_of(build_material("sand", spec).node_tree)
    assert tuple(material.diffuse_color)[:3] == pytest.approx(spec.colour, rel=1e-6)
    material.simulacra.relief = True
    assert all(len(obj.modifiers) == 1 for obj in (one, two))
    material.simulacra.sand.grain *= 1.1
    material.simulacra.strength = 2.0
    groups = {obj.modifiers[0].node_group.name for obj in (one, two)}
    assert len(groups) == 1 and len([group for group in bpy.data.node_groups if "simulacra_relief" in group]) == 1
    material.simulacra.relief = False
    assert not one.modifiers and not two.modifiers and counts()["node_groups"] == before["node_groups"]
    material.simulacra.kind = "moss"
    assert json.loads(material["spec"])["kind"] == "moss" == material.name and one.active_material == material
    assert bpy.ops.simulacra.roll_material() == {"FINISHED"} and material.simulacra.seed != 1
    assert settings.kind == "sand"  # that of the next material
