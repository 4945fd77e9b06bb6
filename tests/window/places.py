"""The scenario of a user of places: generate one, turn its camera, move its sun, undo, add a tree, give a mesh a material."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import bpy
from stage import facts, open_panels, run


def module(name):
    """A module of the extension."""
    return sys.modules[f"bl_ext.user_default.simulacra.addon.{name}"]


def place():
    """The place of this file."""
    found = module("places.place").places()
    return found[0] if found else None


def scenario(stage):
    """Each step asserts what a user would see."""
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 96, 64
    open_panels(*(f"SIMULACRA_PT_{name}" for name in ("generate", "place", "things", "materials")))
    yield from stage.open_tab()
    settings = scene.simulacra.generate
    settings.kind, settings.place, settings.seed = "places", "desert", 3
    yield from stage.picture("1_before", region=True)
    yield from stage.press("simulacra.generate(")
    yield from stage.until(lambda: place() and "shown" in place(), 200, "a place")
    with bpy.context.temp_override(window=stage.window, area=stage.area):
        stage.area.spaces.active.region_3d.view_perspective = "CAMERA"
    yield from stage.picture("2_place")
    facts["objects"] = len(place().objects)

    yield from stage.find(".search", column=0.7)
    yield from stage.click(stage.x, stage.y)
    yield from stage.type("pitch")
    yield from stage.wait(6)
    camera = scene.camera
    before = camera.matrix_world.copy()
    yield from stage.find(".pitch", column=0.72)
    yield from stage.drag(stage.x - 30, stage.y, stage.x + 30, stage.y)
    assert camera.matrix_world != before and not module("fields.settling").is_waiting("places"), (
        "the camera did not turn"
    )
    bpy.context.scene.simulacra.generate.search = ""
    yield from stage.key("Z", ctrl=True)
    yield from stage.until(lambda: bpy.context.scene.camera.matrix_world == before, 60, "undo of the camera")

    yield from stage.wait(6)
    bpy.context.scene.simulacra.generate.search = "sun elevation"
    yield from stage.wait(6)
    old = bpy.context.scene.world.name_full, place().simulacra.places.weather.sun_elevation
    yield from stage.find(".sun_elevation", column=0.72)
    yield from stage.drag(stage.x - 30, stage.y, stage.x + 10, stage.y)
    assert module("fields.settling").is_waiting("places"), "nothing waits"
    yield from stage.picture("3_waits", region=True)
    yield from stage.until(lambda: not module("fields.settling").is_waiting("places"), 120, "another sun")
    assert not module("fields.settling").message and not module("places.live").stale_places(), module(
        "fields.settling"
    ).message
    yield from stage.picture("4_sun")
    yield from stage.key("Z", ctrl=True)
    yield from stage.until(
        lambda: abs(place().simulacra.places.weather.sun_elevation - old[1]) < 1e-4, 60, "undo of the sun"
    )
    yield from stage.until(lambda: not module("places.live").stale_places(), 120, "a whole step")
    bpy.context.scene.simulacra.generate.search = ""
    yield from stage.picture("5_undone")

    yield from stage.press("simulacra.remove_place", column=0.826)
    yield from stage.until(lambda: place() is None, 60, "the place to go")
    yield from stage.wait(10)
    with bpy.context.temp_override(window=stage.window, area=stage.area):
        bpy.ops.mesh.primitive_uv_sphere_add(segments=128, ring_count=64)
    yield from stage.press("simulacra.apply_material")
    sphere = bpy.context.view_layer.objects.active
    yield from stage.until(lambda: sphere.active_material is not None, 30, "a material")
    material = sphere.active_material
    brightness, colour = material.simulacra.soil.brightness, tuple(material.diffuse_color)[:3]
    yield from stage.find(".brightness", column=0.72)
    yield from stage.drag(stage.x - 40, stage.y, stage.x + 40, stage.y)
    said = json.loads(material["spec"])["spec"]["brightness"]
    assert said != brightness and abs(said - material.simulacra.soil.brightness) < 1e-5
    assert max(abs(a / b - said / brightness) for a, b in zip(material.diffuse_color, colour, strict=False)) < 1e-3
    yield from stage.picture("6_material")
    bpy.context.scene.simulacra.things.thing = "boulder"
    yield from stage.press("simulacra.add_thing")
    yield from stage.until(lambda: any("thing" in obj for obj in bpy.data.objects), 60, "a thing")
    yield from stage.picture("7_thing")


run(scenario)
