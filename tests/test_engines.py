"""Materials have a road for Cycles and one for EEVEE: nothing that EEVEE lacks on its own, nothing of EEVEE's in Cycles'.

EEVEE itself draws in the slow test. It needs OpenGL, not a window: Mesa's llvmpipe (libegl1, libegl-mesa0, libgl1-mesa-dri) will do
for bpy of both releases; where there is none, Blender aborts, so that it is tried in a process of its own.
"""

import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
# What EEVEE draws black or not at all, or only with its tracing of rays turned on.
NOT_IN_EEVEE = {"ShaderNodeBsdfHairPrincipled", "ShaderNodeBsdfHair", "ShaderNodeBsdfToon", "ShaderNodeBsdfRayPortal",
                "ShaderNodeBsdfGlass", "ShaderNodeBsdfRefraction", "ShaderNodeScript", "ShaderNodeBevel"}  # fmt: skip
LOOK = {
    "hair.groom": "bob",
    "hair.density": 0.25,
    "hair.colour.dye": "pink",
    "beard.style": "full",
    "beard.density": 0.3,
    "wear.glasses": "round_sun",
    "expression.name": "open_smile",
}


def road(material, target):
    """The nodes that a material's output for an engine stands on."""
    output = material.node_tree.get_output_node(target)
    assert output is not None and output.target in ("ALL", target), (material.name, target)
    assert output.inputs["Surface"].is_linked, (material.name, target)
    found, open_ = set(), [output]
    while open_:
        node = open_.pop()
        if node not in found:
            found.add(node)
            open_ += [link.from_node for socket in node.inputs for link in socket.links]
    return found


def kinds(material, target):
    """The kinds of a road's nodes."""
    return {node.bl_idname for node in road(material, target)}


def views(material, target):
    """What a road asks of the view."""
    return {node.bl_idname for node in road(material, target)
            if node.bl_idname == "ShaderNodeCameraData" or getattr(node, "attribute_type", "") == "VIEW_LAYER"}  # fmt: skip


def test_every_material_of_a_person_has_both_roads(scene):
    import bpy

    from simulacra.procgen import registry

    person = registry.build("faces", registry.sample("faces", 5, LOOK), without=("light",))
    used = {slot.material for obj in person.objects for slot in obj.material_slots}
    names = {material.name.split(".")[0] for material in used}
    assert {"Eye left", "Cornea", "Tears", "Hair", "Lens", "Enamel", "Tongue"} <= names
    for material in used:
        assert not NOT_IN_EEVEE & kinds(material, "EEVEE"), material.name
        assert not views(material, "CYCLES"), material.name
    by_name = {material.name: material for material in used}
    assert "ShaderNodeBsdfGlass" in kinds(by_name["Cornea"], "CYCLES")
    assert kinds(by_name["Cornea"], "EEVEE") == {"ShaderNodeOutputMaterial", "ShaderNodeBsdfTransparent"}
    assert "ShaderNodeBsdfHairPrincipled" in kinds(by_name["Hair"], "CYCLES")
    assert by_name["Lens"].surface_render_method == by_name["Tears"].surface_render_method == "BLENDED"
    # The driver follows the scene without a script.
    drivers = by_name["Hair"].node_tree.animation_data.drivers
    assert len(drivers) == 1 and drivers[0].driver.type == "SUM" and drivers[0].driver.is_valid
    for shape, opaque in (("STRAND", 0.0), ("STRIP", 1.0)):
        scene.render.hair_type = shape
        bpy.context.view_layer.update()
        tree = by_name["Hair"].evaluated_get(bpy.context.evaluated_depsgraph_get()).node_tree
        assert tree.nodes["Value"].outputs[0].default_value == opaque


def formula(melanin, redness, spread=1.0):
    """Chiang et al. 2016 in plain numbers: the colour (3,) of a dense mass of strands of an azimuthal roughness of 0.36."""
    amount = -np.log(1 - melanin) * spread
    absorbed = amount * ((1 - redness) * np.array([0.506, 0.841, 1.653]) + redness * np.array([0.343, 0.733, 1.924]))
    b = 0.36
    return np.exp(-np.sqrt(absorbed) * (5.969 - 0.215 * b + 2.532 * b**2 - 10.73 * b**3 + 5.574 * b**4 + 0.245 * b**5))


def pixel(scene, tmp_path):
    """The mean linear colour (3,) of a picture in Cycles."""
    import bpy

    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 64, False
    scene.render.resolution_x = scene.render.resolution_y = 8
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "OPEN_EXR", "32"
    scene.render.filepath = str(tmp_path / "picture.exr")
    bpy.ops.render.render(write_still=True)
    return (
        np.array(bpy.data.images.load(scene.render.filepath, check_existing=False).pixels[:])
        .reshape(-1, 4)[:, :3]
        .mean(0)
    )


def test_the_colour_of_melanin_is_what_cycles_takes_for_the_same_hair(scene, tmp_path):
    import bpy

    from simulacra.procgen.blender import curves_object, mesh_object, new_material
    from simulacra.procgen.materials.hair import RANDOM, colour_of_melanin
    from simulacra.procgen.nodes.shader import Nodes

    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale, camera.location = "ORTHO", 1.0, (0, 0, 5)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("White")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    scene.collection.objects.link(camera)
    strands = np.array([[(x, -1.0, 0.0), (x, 1.0, 0.0)] for x in np.linspace(-0.5, 0.5, 9)])
    strand = curves_object("Strands", strands, np.full(18, 0.07), part=1.0)
    card = mesh_object("Card", [(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], np.array([[0, 1, 2, 3]]), part=1.0)
    for melanin, redness in ((0.25, 0.4), (0.6, 0.9)):
        seen = []
        for inputs, how in (
            ({"Melanin": melanin, "Melanin Redness": redness}, "MELANIN"),
            ({"Color": formula(melanin, redness)}, "COLOR"),
        ):
            material, tree = new_material("Strand")
            g = Nodes(tree)
            node = g.add("ShaderNodeBsdfHairPrincipled", model="CHIANG", parametrization=how)
            for name, value in ({"Roughness": 0.3, "Radial Roughness": 0.36} | inputs).items():
                g.set(node, name, value)
            g.surface(node.out())
            strand.data.materials.clear()
            strand.data.materials.append(material)
            scene.collection.objects.link(strand)
            seen.append(pixel(scene, tmp_path))
            scene.collection.objects.unlink(strand)
        np.testing.assert_allclose(seen[0], seen[1], rtol=1e-3)
        material, tree = new_material("Card")
        g = Nodes(tree)
        g.surface(g.add("ShaderNodeEmission", {0: colour_of_melanin(g, melanin, redness)}).out())
        card.data.materials.clear()
        card.data.materials.append(material)
        scene.collection.objects.link(card)
        # A mesh has no number of its own at random: it is 0, where melanin is least.
        np.testing.assert_allclose(pixel(scene, tmp_path), formula(melanin, redness, 1 - RANDOM), rtol=2e-3)
        scene.collection.objects.unlink(card)


@pytest.mark.slow
def test_the_region_of_an_eye_is_alike_in_both_engines(blender_tool, tmp_path):
    spec = spec_from_file_location("compare_engines", ROOT / "tools/compare_engines.py")
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    if not tool.can_draw():
        pytest.skip("EEVEE cannot draw here: no OpenGL (Mesa's llvmpipe, libegl-mesa0, will do)")
    command = [
        sys.executable,
        str(ROOT / "tools/compare_engines.py"),
        str(tmp_path),
        "--seeds",
        "8",
        "--shots",
        "eye",
        "--samples",
        "32",
    ]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"LIBGL_ALWAYS_SOFTWARE": "1"})
    assert result.returncode == 0, result.stdout + result.stderr
    assert float(re.search(r"eye region ([\d.]+) \(bar", result.stdout)[1]) >= tool.BAR
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
