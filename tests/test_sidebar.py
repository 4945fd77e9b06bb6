"""The sidebar: every operator against the plain call, sliders against a fresh build, and nothing left behind."""

import json
from importlib import import_module

import numpy as np
import pytest
from sidebar_state import open_kept, points_of

from simulacra.procgen import registry, vary


def to_dict(spec) -> dict:
    """A spec as plain values, by the module that it is of: the extension's classes are not the package's."""
    return import_module(type(spec).__module__.partition("procgen.")[0] + "procgen.params").to_dict(spec)


def role_of(obj) -> str:
    """What a part is called without its person: Button 2 is the plain build's Button.001."""
    name, _, number = obj.name.partition(".")
    return "Rig" if obj.type == "ARMATURE" else obj.get("role", f"{name} {int(number) + 1}" if number else name)


def snapshot(objects) -> dict:
    """All that a build makes, by name: points, place, instance id, materials, shape keys."""
    import bpy

    bpy.context.view_layer.update()
    found = {}
    for obj in objects:
        row = [(np.round(np.array(obj.matrix_world), 6) + 0.0).tobytes(), obj.pass_index, obj.get("class")]
        if obj.type in ("MESH", "CURVES"):
            row += [points_of(obj).tobytes(), [material.name for material in obj.data.materials]]
        if obj.type == "MESH" and obj.data.shape_keys:
            row += [(key.name, round(key.value, 6)) for key in obj.data.shape_keys.key_blocks]
        if obj.type == "ARMATURE":
            row += [(np.round(np.array(bone.matrix_local), 5) + 0.0).tobytes() for bone in obj.data.bones]
        found[role_of(obj)] = row
    return found


def built(kind_spec) -> dict:
    """What the plain call builds, in an empty file."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    registry.build("faces", kind_spec)
    found = snapshot(bpy.data.objects)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return found


def differing(one: dict, other: dict) -> list[str]:
    """The names that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


@pytest.fixture(scope="module")
def person_file(tmp_path_factory):
    """Where a person is kept once a test has built it."""
    return tmp_path_factory.mktemp("people") / "person.blend"


@pytest.fixture
def person(person_file, sidebar):
    """A person without light and camera, which are slow to make, in a file of its own."""
    import bpy

    open_kept(person_file, lambda: bpy.ops.simulacra.generate(seed=12))
    return bpy.context.object


def test_generate_makes_what_the_plain_call_makes(scene, sidebar):
    import bpy

    expected = built(registry.sample("faces", 12))
    import addon_utils

    addon_utils.enable("bl_ext.user_default.simulacra", default_set=True)
    assert bpy.ops.simulacra.generate(seed=12, light=True, camera=True) == {"FINISHED"}
    assert differing(snapshot(bpy.data.objects), expected) == []
    rig = bpy.context.object
    kind, spec = sidebar("people.person").spec_of(rig)
    assert kind == "faces" and to_dict(spec) == to_dict(registry.sample("faces", 12))
    assert len(rig.users_collection) == 1 and set(rig.users_collection[0].objects) == {rig, *rig.children_recursive}
    head = next(obj for obj in rig.children if obj["class"] == "skin")
    from simulacra.procgen.people.expression import ACTIONS

    assert set(ACTIONS) <= set(head.data.shape_keys.key_blocks.keys())
    assert {"jaw", "neck", "eye.L", "eye.R"} <= set(rig.data.bones.keys())


def test_the_sliders_show_the_spec_and_write_it(person, sidebar):
    properties = sidebar("fields.properties")
    kind, spec = sidebar("people.person").spec_of(person)
    document = to_dict(spec)
    for control in properties.CONTROLS[kind]:
        value = getattr(properties.holder(person.simulacra.faces, control), control.attribute)
        for path, shown in zip(control.paths, value if len(control.paths) > 1 else [value], strict=True):
            stored = vary.value_at(document, path)
            if control.factor != 1:
                stored *= control.factor
            assert (
                shown == stored
                if isinstance(stored, str | bool | int)
                else shown == pytest.approx(stored, rel=1e-6, abs=1e-9)
            ), path
    shown = {path for control in properties.CONTROLS[kind] for path in control.paths}
    assert shown == set(sidebar("procgen.vary").paths(type(spec)))


@pytest.mark.slow
def test_sliders_end_where_a_fresh_build_does(sidebar):
    """Body, hair, wear and skin are changed one after the other, half of them while the rest is not built yet."""
    import bpy

    target = registry.sample("faces", 8)
    bpy.ops.simulacra.generate(seed=3, light=True, camera=True, location=(1.0, 2.0, 3.0))
    rig = bpy.context.object
    live, person = sidebar("people.live"), sidebar("people.person")
    kind, spec = person.spec_of(rig)
    for groups in (
        ("identity",),
        ("expression", "hair"),
        ("skin", "eyes", "wear", "mouth"),
        ("brows", "lashes", "beard", "light", "camera", "motion"),
    ):
        document = to_dict(spec) | {name: to_dict(getattr(target, name)) for name in groups}
        changed = sidebar("procgen.params").from_dict(type(spec), document)
        live.change(rig, kind, spec, changed)
        spec = changed
        steps = live._rebuild(rig)
        next(steps, None)
        next(steps, None)
    live.settle(rig)
    live.build_again(rig)  # what was carried along with the shape is now built for it
    assert tuple(rig.location) == (1.0, 2.0, 3.0)
    rig.location = (0, 0, 0)
    bpy.context.view_layer.update()
    mine = snapshot(bpy.data.objects)
    counts = {
        name: len(getattr(bpy.data, name))
        for name in ("meshes", "hair_curves", "materials", "images", "lights", "cameras")
    }
    expected = built(target)
    assert differing(mine, expected) == []
    registry.build("faces", target)
    left = {
        name: (len(getattr(bpy.data, name)), count)
        for name, count in counts.items()
        if len(getattr(bpy.data, name)) != count
    }
    assert left == {}


def test_an_expression_slider_moves_the_skin_at_once_and_exactly(person, sidebar):
    import bpy

    head = next(obj for obj in person.children if obj["class"] == "skin")
    person.simulacra.faces.expression.actions.jawOpen = 0.7
    person.simulacra.faces.expression.head_yaw = 20.0
    surface = sidebar("procgen.people.surface").evaluated_surface
    quick = surface(head).positions
    quick_brow = points_of(next(obj for obj in person.children if obj["class"] == "brow"))
    sidebar("people.live").settle(person)
    assert np.abs(surface(head).positions - quick).max() < 1e-6
    # Hairs are strewn anew on the moved skin, so it is the brow as a whole that must have been in its place.
    brow = points_of(next(obj for obj in person.children if obj["class"] == "brow"))
    assert np.abs((brow - quick_brow).reshape(-1, 3).mean(0)).max() < 0.001
    assert json.loads(person["spec"])["spec"]["expression"]["actions"]["jawOpen"] == 0.7
    bpy.context.view_layer.update()


def test_an_identity_slider_moves_the_skin_at_once(person, sidebar):
    head = next(obj for obj in person.children if obj["class"] == "skin")
    before = points_of(head).copy()
    person.simulacra.faces.identity.age = 85.0
    _, spec = sidebar("people.person").spec_of(person)
    rest = sidebar("procgen.people.identity").neutral_shape(spec.identity)
    members = sidebar("procgen.people.head_data").head_data().groups["body"]
    assert (points_of(head) == rest[members].astype(np.float32).ravel()).all() and np.abs(
        points_of(head) - before
    ).max() > 1e-3


def test_a_choice_brings_what_belongs_to_it(person, sidebar):
    faces = person.simulacra.faces
    faces.expression.named = "laugh"
    laugh = sidebar("procgen.people.expression").expand(sidebar("procgen.people.expression").LIBRARY["laugh"])
    assert faces.expression.actions.mouthSmileLeft == pytest.approx(laugh["mouthSmileLeft"])
    faces.hair.colour.family = "red"
    assert faces.hair.colour.melanin == pytest.approx(0.42)
    faces.identity.ancestry.african = 0.5
    shares = [getattr(faces.identity.ancestry, name) for name in ("african", "asian", "european")]
    assert sum(shares) == pytest.approx(1.0, abs=1e-5) and shares[0] == pytest.approx(0.5)


def test_randomise_and_vary_are_the_plain_calls(person, sidebar, monkeypatch):
    """What is drawn is looked at; nothing of it needs to be built for that."""
    import bpy

    monkeypatch.setattr(sidebar("people.live"), "settle", lambda rig, carry=True: None)
    _, spec = sidebar("people.person").spec_of(person)
    plain = registry.sample("faces", 12)
    bpy.ops.simulacra.lock(path="identity")
    bpy.ops.simulacra.lock(path="hair.groom")
    kept = sorted(sidebar("fields.locks").locked(person))
    assert all(path.startswith("identity.") for path in kept if path != "hair.groom") and len(kept) > 150
    assert bpy.ops.simulacra.randomise(group="skin", seed=5) == {"FINISHED"}
    expected = vary.redraw("faces", plain, 5, group="skin", locked=kept)
    now = to_dict(sidebar("people.person").spec_of(person)[1])
    assert {name: row for name, row in now.items() if row != to_dict(expected)[name]} == {}
    assert bpy.ops.simulacra.vary(seed=6, amount=0.4) == {"FINISHED"}
    varied = vary.vary("faces", expected, 6, 0.4, locked=kept)
    assert to_dict(sidebar("people.person").spec_of(person)[1]) == to_dict(varied)
    assert varied.hair.groom == plain.hair.groom and varied.identity == plain.identity
    assert spec.identity.age == varied.identity.age


def test_a_saved_file_can_be_edited_on(person, sidebar):
    """As the fixture opens it."""
    import bpy

    person.simulacra.faces.eyes.iris = "green"
    person.simulacra.faces.brows.thickness *= 0.8
    assert bpy.ops.simulacra.settle() == {"FINISHED"}
    _, spec = sidebar("people.person").spec_of(person)
    assert spec.eyes.iris == "green" and sidebar("procgen.people.edit").stale(person, spec) == []


@pytest.mark.parametrize("scope, groups", [("ALL", 13), ("LOOK", 11), ("LOCKED", 1)])
def test_a_preset_brings_back_what_it_holds(person, sidebar, scope, groups):
    import bpy

    presets = sidebar("presets.files")
    bpy.ops.simulacra.lock(path="eyes")
    _, before = sidebar("people.person").spec_of(person)
    assert bpy.ops.simulacra.save_preset(title=f"Mine {scope}", scope=scope) == {"FINISHED"}
    preset = presets.read(presets.user_folder() / f"mine_{scope.lower()}.json")
    assert len(preset.fields) == groups
    other = registry.sample("faces", 77)
    applied = presets.apply(preset, sidebar("procgen.registry").sample("faces", 77))
    for group in to_dict(before):
        expected = before if group in preset.fields else other
        assert to_dict(getattr(applied, group)) == to_dict(getattr(expected, group)), group
    assert bpy.ops.simulacra.apply_preset(preset=f"user/mine_{scope.lower()}.json") == {"FINISHED"}


def test_presets_that_ship_are_many_and_valid(sidebar):
    presets = sidebar("presets.files")
    found = [presets.read(path) for path in sorted(presets.SHIPPED.glob("*.json"))]
    assert len(found) >= 12 and all(preset.name and preset.description for preset in found)
    assert len({preset.name for preset in found}) == len(found)
    for preset in found:
        presets.apply(preset, sidebar("procgen.registry").sample(preset.kind, 3))


def test_what_is_wrong_is_one_line_and_changes_nothing(person, sidebar):
    import bpy

    before = person["spec"]
    for call, words in (
        (lambda: bpy.ops.simulacra.apply_preset(preset="user/none.json"), "is not there"),
        (lambda: bpy.ops.simulacra.lock(path="identity.agee"), "no such field"),
        (lambda: bpy.ops.simulacra.randomise(group="soul"), "no such group"),
        (lambda: bpy.ops.simulacra.save_preset(title="!!", scope="ALL"), "is not a name"),
        (lambda: bpy.ops.simulacra.save_preset(title="empty", scope="LOCKED"), "no field is locked"),
        (lambda: bpy.ops.simulacra.import_sample(filepath="/nowhere/spec.json"), "is missing"),
        (lambda: bpy.ops.simulacra.import_mesh(filepath="/nowhere/x.stl"), "allowed are .glb"),
        (lambda: bpy.ops.simulacra.redecode_avatar(), "Select an avatar"),
        (lambda: bpy.ops.simulacra.label_scene(), "has no camera"),
        (lambda: bpy.ops.simulacra.generate_with_model(), "Needs a Python with simulacra"),
        (lambda: bpy.ops.simulacra.rebuild_place(), "Select a place"),
        (lambda: bpy.ops.simulacra.remove_place(), "Select a place"),
    ):
        with pytest.raises(RuntimeError, match=words):
            call()
    assert person["spec"] == before
    bpy.context.view_layer.objects.active = None
    with pytest.raises(RuntimeError, match="press Generate"):
        bpy.ops.simulacra.vary()


def test_an_error_report_tells_the_error_and_no_home(person, sidebar, tmp_path, monkeypatch):
    import bpy

    with pytest.raises(RuntimeError):
        bpy.ops.simulacra.lock(path="nothing")
    path = tmp_path / "report.json"
    assert bpy.ops.simulacra.error_report(filepath=str(path)) == {"FINISHED"}
    report = json.loads(path.read_text())
    assert report["error"]["where"] == "SIMULACRA_OT_lock" and "no such field" in report["error"]["message"]
    assert report["blender"] == bpy.app.version_string and report["simulacra"]


def test_a_person_becomes_an_asset_with_a_picture(person):
    import bpy

    assert bpy.ops.simulacra.mark_asset(samples=1) == {"FINISHED"}
    collection = bpy.context.object.users_collection[0]
    assert collection.asset_data and "faces" in [tag.name for tag in collection.asset_data.tags]
    pixels = np.zeros(160 * 160 * 4, np.float32)
    collection.preview.image_pixels_float.foreach_get(pixels)
    assert tuple(collection.preview.image_size) == (160, 160) and pixels.reshape(-1, 4)[:, :3].std() > 0.05
    assert bpy.context.scene.render.engine != "CYCLES" or bpy.context.scene.render.resolution_x != 160


def test_everything_says_what_it_is(sidebar):
    """A tooltip on every control."""
    texts = sidebar("languages.texts").all_texts()
    assert not [row for row in texts if not row.label.strip() or not row.about.strip()]


def test_a_text_without_a_translation_is_no_error_and_is_listed(sidebar, monkeypatch):
    """A contributor need not know the other language: it shows in English, and the release asks for it by make texts."""
    texts, translations = sidebar("languages.texts"), sidebar("languages.translations")
    table, before = translations.tables()["de_DE"], texts.state()["de_DE"]
    assert ("*", "Generate") in table
    fewer = {key: text for key, text in table.items() if key[1] != "Generate"} | {("*", "No longer shown"): "x"}
    translations.unregister()
    monkeypatch.setattr(translations, "tables", lambda: {"de_DE": fewer})
    translations.register()
    after = texts.state()["de_DE"]
    assert set(after["missing"]) - set(before["missing"]) == {"Generate"}
    assert set(after["stale"]) - set(before["stale"]) == {"No longer shown"}


@pytest.mark.slow
def test_what_ships_is_whole_in_every_language(sidebar):
    state = sidebar("languages.texts").state()
    assert state and all(not found["missing"] and not found["stale"] for found in state.values()), state


def test_enabling_and_disabling_leaves_nothing(sidebar):
    import addon_utils
    import bpy

    name = "bl_ext.user_default.simulacra"

    def there():
        kinds = {item for item in dir(bpy.types) if "simulacra" in item.lower()}
        operators = set(dir(bpy.ops.simulacra))
        handlers = [
            h.__module__
            for group in ("undo_post", "redo_post", "load_pre", "load_post", "frame_change_post")
            for h in getattr(bpy.app.handlers, group)
        ]
        menus = [
            f.__module__
            for menu in (bpy.types.VIEW3D_MT_mesh_add, bpy.types.VIEW3D_MT_object_asset)
            for f in menu._dyn_ui_initialize()
        ]
        owned = [
            owner
            for owner in (bpy.types.Scene, bpy.types.Object, bpy.types.Collection, bpy.types.Material)
            if hasattr(owner, "simulacra")
        ]
        return kinds, operators, [m for m in handlers + menus if "simulacra" in m], owned

    first = there()
    assert first[0] and first[1] and first[2] and first[3]
    addon_utils.disable(name, default_set=True)
    assert there() == (set(), set(), [], [])
    addon_utils.enable(name, default_set=True)
    assert there() == first


def test_the_menu_of_labels_is_the_label_table(sidebar):
    import bpy

    from simulacra.datagen.labels import LABELS, allowed

    choices = sidebar("datasets.labels")
    offered = bpy.context.scene.simulacra.dataset.bl_rna.properties["labels"].enum_items
    assert {row.identifier for row in offered} == set(LABELS) - {"rgb"}
    bits = {row.identifier: row.value for row in offered}
    assert [bits[name] for name in choices.SAVED] == [1 << index for index in range(19)]  # as files hold them
    assert len(set(bits.values())) == len(bits)
    for family in ("people", "places"):
        for frames, stereo in ((1, False), (2, False), (1, True), (2, True)):
            can = {name for name, label in LABELS.items() if allowed(label, frames, family, stereo)} - {"rgb"}
            assert set(choices.labels_of(family, frames, stereo)) == can
