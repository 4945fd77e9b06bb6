"""The sidebar's places, things and materials: each against the plain call, changed as a user would, and taken back."""

import json
from importlib import import_module

import numpy as np
import pytest
from sidebar_state import BARE, SIZE, counts, grown, snapshot

from simulacra.procgen import registry


def shown(sidebar, collection):
    """The spec that a place shows, as plain values."""
    return sidebar("procgen.params").to_dict(sidebar("places.place").spec_of(collection)[1])


def test_generate_makes_the_place_that_the_plain_call_makes(scene, sidebar, monkeypatch):
    import addon_utils
    import bpy

    from simulacra.procgen.params import parse_settings, to_dict

    spec = registry.sample("places", 5, parse_settings(BARE))
    theirs = sidebar("procgen.registry")
    draw, empty = theirs.sample, sidebar("procgen.params").parse_settings(BARE[1:])

    def sample(name, seed, fixed=None):
        return draw(name, seed, {**empty, **(fixed or {})} if name == "places" else fixed)

    monkeypatch.setattr(theirs, "sample", sample)
    site = registry.build("places", spec, resolution=SIZE, eyes=2)
    expected = snapshot(bpy.data.objects)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    addon_utils.enable("bl_ext.user_default.simulacra", default_set=True)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    before = counts()
    assert bpy.ops.simulacra.generate(kind="places", seed=5, place="plain", stereo=True) == {"FINISHED"}
    mine = snapshot(bpy.data.objects)
    assert sorted(name for name in mine.keys() | expected.keys() if mine.get(name) != expected.get(name)) == []
    del site
    collection = scene.collection.children["Place 5"]
    assert list(scene.collection.objects) == [] and scene.camera.name == "Left camera" and scene.world.name == "Sky"
    assert shown(sidebar, collection) == to_dict(spec)
    assert sidebar("subjects.subject").at_hand(bpy.context).owner == collection
    assert bpy.ops.simulacra.remove_place() == {"FINISHED"} and counts() == before


@pytest.mark.once
def test_what_the_scene_has_stays_where_a_place_brings_none(sidebar):
    import bpy

    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.world = bpy.data.worlds.new("Mine")
    bpy.ops.object.camera_add()
    camera = scene.camera = bpy.context.object
    before, exposure = counts(), scene.view_settings.exposure
    fixed = sidebar("procgen.params").parse_settings(BARE)
    spec = sidebar("procgen.registry").sample("places", 1, fixed)
    place = sidebar("subjects.subject").make(bpy.context, "places", spec, light=False, camera=False).owner
    assert scene.world.name == "Mine" and scene.camera == camera and scene.view_settings.exposure == exposure
    after = counts()
    assert [after[name] - before[name] for name in ("worlds", "lights", "cameras", "images")] == [0, 0, 0, 0]
    assert not {obj.type for obj in place.objects} & {"LIGHT", "CAMERA"}
    sidebar("places.place").remove(place)
    assert counts() == before and scene.world.name == "Mine"


@pytest.mark.once
def test_the_sliders_of_a_place_show_its_spec(bare, sidebar):
    properties, document = sidebar("fields.properties"), shown(sidebar, bare)
    value_at = sidebar("procgen.vary").value_at
    for control in properties.CONTROLS["places"]:
        value, stored = (
            getattr(properties.holder(bare.simulacra.places, control), control.attribute),
            value_at(document, control.path),
        )
        if isinstance(stored, float):
            assert value == pytest.approx(stored * control.factor, rel=1e-6, abs=1e-9), control.path
        else:
            assert value == stored, control.path
    paths = {path for control in properties.CONTROLS["places"] for path in control.paths}
    assert paths == set(sidebar("procgen.vary").paths(sidebar("procgen.registry").find("places").load("spec")))


def test_the_camera_turns_at_once_and_the_sun_moves_without_the_ground(bare, sidebar):
    import bpy

    live, sliders = sidebar("places.live"), bare.simulacra.places
    ground = next(obj for obj in bare.objects if obj.name == "Ground")
    camera = bpy.context.scene.camera
    view, kept = -np.array(camera.matrix_world)[:3, 2], counts()
    rise = sliders.camera.pitch
    sliders.camera.roll = 0.0
    sliders.camera.pitch = rise + 10.0
    sliders.camera.field_of_view = 40.0
    assert not live.stale_places() and camera.data.lens == pytest.approx(18 / np.tan(np.radians(20)), rel=1e-5)
    bpy.context.view_layer.update()
    turned = -np.array(camera.matrix_world)[:3, 2]
    assert np.degrees(np.arcsin(turned[2]) - np.arcsin(view[2])) == pytest.approx(10.0, abs=1e-3)
    assert abs(np.array(camera.matrix_world)[2, 0]) < 1e-6  # no roll
    sliders.weather.sun_elevation = 55.0
    sliders.weather.sun_azimuth = 20.0
    assert live.work(bare) == {"light"} and live.stale_places() == [bare]
    assert bpy.ops.simulacra.settle() == {"FINISHED"} and not live.stale_places()
    assert ground == next(obj for obj in bare.objects if obj.name == "Ground") and counts() == kept
    lamp = next(obj for obj in bare.objects if obj.type == "LIGHT")
    toward = sidebar("procgen.places.weather.spec").towards(20.0, 55.0)
    bpy.context.view_layer.update()
    assert np.array(lamp.matrix_world)[:3, 2] == pytest.approx(toward, abs=1e-4)
    assert not live.is_grown(bare)


@pytest.mark.once
def test_other_sliders_wait_and_then_build_what_a_fresh_build_does(bare, sidebar):
    import bpy

    live, sliders = sidebar("places.live"), bare.simulacra.places
    sliders.terrain.roughness = 0.9
    sliders.life.stones = 0.2
    sliders.camera.noise = 0.5
    assert live.work(bare) == {"grow"} and live.stale_places() == [bare]
    assert bpy.ops.simulacra.settle() == {"FINISHED"} and live.is_grown(bare)
    mine, spec = snapshot(bpy.data.objects), registry.parse(json.loads(bare["spec"]))[1]
    assert spec.terrain.roughness == 0.9 and spec.camera.noise == 0.5
    held = counts()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    registry.build("places", spec, resolution=SIZE)
    expected = snapshot(bpy.data.objects)
    assert sorted(name for name in mine.keys() | expected.keys() if mine.get(name) != expected.get(name)) == []
    fresh = counts()
    assert {name: held[name] for name in ("objects", "meshes", "materials", "images", "worlds", "lights")} == {
        name: fresh[name] for name in ("objects", "meshes", "materials", "images", "worlds", "lights")
    }


def test_drawing_a_place_anew_is_the_plain_call(bare, sidebar, monkeypatch):
    """What is drawn is looked at; nothing of it needs to be built for that."""
    import bpy

    monkeypatch.setattr(sidebar("places.live"), "settle", lambda collection: None)
    vary = sidebar("procgen.vary")
    _, before = sidebar("places.place").spec_of(bare)
    for path in ("kind", "weather.clouds", "camera"):
        assert bpy.ops.simulacra.lock(path=path) == {"FINISHED"}
    locked = sorted(sidebar("fields.locks").locked(bare))
    assert {"kind", "weather.clouds", "camera.pitch"} <= set(locked)
    assert bpy.ops.simulacra.randomise(group="weather", seed=4) == {"FINISHED"}
    expected = vary.redraw("places", before, 4, group="weather", locked=locked)
    assert (
        sidebar("places.place").spec_of(bare)[1] == expected and expected.terrain == before.terrain != expected.weather
    )
    assert bpy.ops.simulacra.randomise(seed=9) == {"FINISHED"}
    drawn = sidebar("places.place").spec_of(bare)[1]
    assert drawn == vary.redraw("places", expected, 9, locked=locked)
    assert drawn.camera == before.camera and drawn.kind == "plain" and drawn.terrain != before.terrain
    bpy.ops.simulacra.lock(path="kind")
    assert bpy.ops.simulacra.vary(seed=6, amount=0.9) == {"FINISHED"}
    assert sidebar("places.place").spec_of(bare)[1].kind == "plain"
    assert bpy.ops.simulacra.save_preset(title="Sky", scope="LOCKED") == {"FINISHED"}
    bare.simulacra.places.kind = "desert"
    spec = sidebar("places.place").spec_of(bare)[1]
    assert spec.kind == "desert" and spec.terrain.kind != "plain" and spec.camera == before.camera
    assert bare.simulacra.places.terrain.kind == spec.terrain.kind
    bpy.ops.simulacra.lock(path="weather.clouds")
    bpy.ops.simulacra.randomise(group="weather", seed=31)
    assert sidebar("places.place").spec_of(bare)[1].weather.clouds != "none"
    assert bpy.ops.simulacra.apply_preset(preset="user/sky.json") == {"FINISHED"}
    assert bare.simulacra.places.weather.clouds == "none" == sidebar("places.place").spec_of(bare)[1].weather.clouds


def test_each_button_is_one_undo_step(bare, sidebar):
    import bpy

    first = counts()
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.simulacra.remove_place("EXEC_DEFAULT", True) == {"FINISHED"}
    assert counts()["objects"] == 0 and not sidebar("places.place").places()
    bpy.ops.ed.undo()
    assert counts() == first and not sidebar("places.live").stale_places()
    for call in (
        lambda: bpy.ops.simulacra.add_thing("EXEC_DEFAULT", True, thing="pebble"),
        lambda: bpy.ops.simulacra.apply_material("EXEC_DEFAULT", True),
    ):
        bpy.data.objects["Ground"].select_set(True)
        bpy.ops.ed.undo_push(message="before")
        before = counts(), snapshot(bpy.data.objects)
        assert call() == {"FINISHED"} and (counts(), snapshot(bpy.data.objects)) != before
        bpy.ops.ed.undo()
        assert (counts(), snapshot(bpy.data.objects)) == before


def test_a_saved_place_can_be_edited_on(sidebar, tmp_path):
    import addon_utils
    import bpy

    before, path = shown(sidebar, grown(sidebar)), str(tmp_path / "place.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    addon_utils.enable("bl_ext.user_default.simulacra", default_set=True)
    place = bpy.data.collections["Place"]
    assert shown(sidebar, place) == before and not sidebar("places.place").is_stale(place)
    place.simulacra.places.weather.sun_elevation = 12.0
    assert bpy.ops.simulacra.settle() == {"FINISHED"}
    assert shown(sidebar, place)["weather"]["sun_elevation"] == 12.0 and not sidebar("places.place").is_stale(place)
    assert bpy.context.scene.world["place_number"] == place["place_number"]


def test_what_moves_by_a_law_moves_with_the_frame(sidebar):
    import bpy

    from simulacra.procgen.geometry.primitives import grid

    motion, site = sidebar("places.motion"), sidebar("procgen.places.site")
    rest = grid(4, 4)
    obj = site.mesh_object("Sheet", rest)
    bpy.context.scene.collection.objects.link(obj)
    motion.learn(1, [(obj, lambda seconds: rest.moved(np.full_like(rest.vertices, seconds)))])
    bpy.context.scene.render.fps = 24
    bpy.context.scene.frame_set(36)
    flat = np.zeros(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", flat)
    assert flat.reshape(-1, 3) == pytest.approx(rest.vertices + 1.5, abs=1e-6)
    motion.learn(1, [])
    assert not motion.is_known(1)


@pytest.mark.once
def test_half_a_place_is_taken_back(scene, sidebar, monkeypatch):
    import bpy

    land = import_module("bl_ext.user_default.simulacra.procgen.places.land")
    before, sample = counts(), sidebar("procgen.registry").sample

    def fail(*_):
        bpy.data.materials.new("Half")
        bpy.context.scene.world = bpy.data.worlds.new("Half")
        raise sidebar("procgen.params").SpecError("life: no room")

    monkeypatch.setattr(land, "build_land", fail)
    spec = sample("places", 1, sidebar("procgen.params").parse_settings(BARE))
    monkeypatch.setattr(sidebar("procgen.registry"), "sample", lambda *_: spec)
    with pytest.raises(RuntimeError, match="life: no room"):
        bpy.ops.simulacra.generate(kind="places", seed=1)
    assert counts() == before and bpy.context.scene.world is None


def test_where_it_cannot_be_applied_it_says_why(scene, sidebar):
    import bpy

    with pytest.raises(RuntimeError, match="Select the mesh objects"):
        bpy.ops.simulacra.apply_material()
    with pytest.raises(RuntimeError, match="is not one of the beetle's"):
        bpy.ops.simulacra.add_thing(thing="beetle", cycle="sing")
    with pytest.raises(RuntimeError, match="press Generate"):
        bpy.ops.simulacra.rebuild_place()
    assert counts()["objects"] == 0


def test_the_recipe_of_places(bare, sidebar, tmp_path):
    import bpy

    from simulacra.datagen.recipe import Recipe

    settings, dataset = bpy.context.scene.simulacra.dataset, sidebar("datasets.render")
    settings.kind, settings.place, settings.width, settings.height = "places", "forest", 320, 200
    settings.stereo, settings.frames, settings.views, settings.hdri = True, 3, 7, "/nowhere"
    settings.labels = {"depth", "parts", "disparity", "scene_flow", "flow"}
    settings.keep_locked = True
    bpy.ops.simulacra.lock(path="life.trees")
    locked = dataset.locked_values(bpy.context, settings)
    found = dataset.arguments(settings, tmp_path / "out", locked, 1)
    assert found[:3] == ["render", "places", str(tmp_path / "out")] and "--hdri" not in found
    options = dict(zip(found[3::2], found[4::2], strict=False))
    assert options["--size"] == "320x200" and options["--views"] == "2"
    assert options["--labels"] == "depth,disparity,flow,scene_flow"
    wished = tuple(found[index + 1] for index, word in enumerate(found) if word == "--set")
    assert wished == ("kind=forest", "life.trees=0.0")
    recipe = Recipe(generator="places", size=320, height=200, views=2, frames=3, settings=wished,
                    labels=tuple(options["--labels"].split(",")))  # fmt: skip
    drawn = recipe.sample(0)
    assert drawn.kind == "forest" and drawn.life.trees == 0.0
    settings.kind = "faces"
    assert dataset.locked_values(bpy.context, settings) == {}
    assert "kind=forest" not in dataset.arguments(settings, tmp_path, {}, 1)


@pytest.mark.once
def test_a_place_of_a_dataset_comes_back(scene, sidebar, tmp_path):
    import bpy

    from simulacra.procgen.params import parse_settings

    spec = registry.sample("places", 1, parse_settings(BARE))
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(registry.dump("places", spec)))
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = SIZE
    assert bpy.ops.simulacra.drop_json(filepath=str(path)) == {"FINISHED"}
    assert json.loads(sidebar("subjects.subject").at_hand(bpy.context).owner["spec"]) == json.loads(path.read_text())
    path.write_text(json.dumps(registry.dump("boulder", registry.sample("boulder", 1))))
    with pytest.raises(RuntimeError, match="makes no picture of its own"):
        bpy.ops.simulacra.drop_json(filepath=str(path))
