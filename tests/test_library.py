"""The preset library: built by a Blender of its own, listed in the preferences, and what is dropped becomes what it means."""

import json
from pathlib import Path

import pytest

from simulacra.addon.library import contents
from simulacra.procgen.people.expression import ACTIONS, LIBRARY


def test_the_contents_cover_all_that_is_chosen_by_eye():
    found = list(contents.items())
    names = {
        what: {item.name for item in found if item.what == what}
        for what in ("material", "place", "preset", "expression", "action")
    }
    assert {what: len(held) for what, held in names.items()} == {
        "material": 93,
        "place": 14,
        "preset": 14,
        "expression": 41,
        "action": 41,
    }
    assert len({(item.what, item.name) for item in found}) == len(found) and all(item.about for item in found)
    smile = contents.weights_of("smile")
    assert set(smile) == set(ACTIONS) and smile["mouthSmileLeft"] == max(smile.values()) > 0.5 and smile["jawOpen"] == 0


def test_the_catalogues_file_has_every_parent_once_and_the_same_ids_everywhere():
    paths = {item.catalogue for item in contents.items()}
    rows = [row.split(":") for row in contents.catalogues_text(paths).splitlines() if row.count(":") == 2]
    listed = [path for _, path, _ in rows]
    assert len(set(listed)) == len(listed) and paths <= set(listed)
    assert all(path.rpartition("/")[0] in (*listed, "") for path in listed)
    assert contents.identity("People/Presets") == "1d3bafa2-4abb-57db-97f5-5689cc893183"


@pytest.fixture
def library(sidebar):
    """The library, built by the button."""
    import bpy

    assert bpy.ops.simulacra.add_library() == {"FINISHED"}
    operators = sidebar("library.operators")
    yield operators
    if operators.added():
        bpy.ops.simulacra.remove_library()


@pytest.mark.slow
def test_one_button_adds_it_and_one_takes_it_away(library, sidebar):
    import bpy

    row = library.added()
    assert row.name == "Simulacra" and Path(row.path) == library.folder() and row.import_method != "LINK"
    file, ids = library.folder() / library.FILE, (library.folder() / library.CATALOGUES).read_text()
    assert file.stat().st_size < 12e6
    job = sidebar("worker.jobs").current("library")
    assert (job.state, job.done) == ("finished", 203) == (job.state, job.total)
    drops, materials = sidebar("library.drops"), sidebar("materials.material")
    with bpy.data.libraries.load(str(file), assets_only=True) as (held, wanted):
        assert (len(held.materials), len(held.objects), len(held.actions)) == (93, 69, 41)
        wanted.materials, wanted.objects, wanted.actions = ["Granite"], ["Laughing"], ["Laugh (keys)"]
    granite, laughing, action = bpy.data.materials["Granite"], wanted.objects[0], wanted.actions[0]
    assert granite.simulacra.kind == "granite" and materials.spec_of(granite.simulacra) == materials.sampled(
        "granite", 1
    )
    for block in (granite, laughing, action):
        assert block.asset_data.catalog_id in ids and block.asset_data.description
    assert json.loads(laughing[drops.DROP]) == {"what": "preset", "holds": "laughing.json"}

    # A drop is an append that lies in the scene.
    bpy.context.collection.objects.link(laughing)
    laughing.location = (1.0, 2.0, 3.0)
    bpy.context.view_layer.update()
    assert drops.dropped() == [laughing]
    drops.take_all()
    rig = bpy.context.object
    assert tuple(rig.location) == (1.0, 2.0, 3.0) and drops.dropped() == []
    spec = sidebar("people.person").spec_of(rig)[1]
    assert spec.expression.name == "laugh" and spec.expression.head_pitch == 8

    # The action moves the head's keys by name, with or without the extension.
    keys = next(obj for obj in rig.children_recursive if obj.get("class") == "skin").data.shape_keys
    keys.animation_data_create().action = action
    keys.animation_data.action_slot = action.slots[0]
    bpy.context.scene.frame_set(1)
    bpy.context.view_layer.update()
    assert keys.key_blocks["mouthSmileLeft"].value == pytest.approx(LIBRARY["laugh"]["mouthSmile"])
    keys.animation_data.action = None

    assert bpy.ops.simulacra.remove_library() == {"FINISHED"}
    assert library.added() is None and list(library.folder().iterdir()) == []


def test_an_expression_is_for_the_selected_person_and_a_place_is_made(sidebar, monkeypatch):
    import bpy

    drops, errors = sidebar("library.drops"), sidebar("errors")

    def drop(what, holds):
        obj = bpy.data.objects.new("Asset", None)
        obj[drops.DROP] = json.dumps({"what": what, "holds": holds})
        bpy.context.collection.objects.link(obj)
        drops.take_all()
        assert "Asset" not in bpy.data.objects

    drop("expression", "laugh")
    assert "Select a person first" in errors.shown()
    bpy.ops.simulacra.generate(seed=12)
    drop("expression", "kiss")
    spec = sidebar("people.person").spec_of(bpy.context.object)[1]
    assert (
        spec.expression.name == "kiss" and dict(zip(ACTIONS, spec.expression.actions, strict=True))["mouthPucker"] > 0.8
    )
    drop("preset", "of_another_release.json")
    assert "ships no such preset" in errors.shown()
    made = []
    monkeypatch.setattr(
        drops.subjects, "make", lambda context, kind, spec, **how: made.append((kind, spec.kind, how["name"]))
    )
    drop("place", "coral_reef")
    assert made == [("places", "coral_reef", "Coral reef")]
