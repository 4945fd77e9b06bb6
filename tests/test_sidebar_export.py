"""File ▸ Export ▸ Simulacra Character: what the worker is asked for, and what is told of its files."""

import json
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.blender


@pytest.fixture
def rig(scene, sidebar):
    """The rig of a person without parts, selected."""
    import bpy

    obj = bpy.data.objects.new("Ána", bpy.data.armatures.new("Rig"))
    obj["class"], obj["spec"], obj["person"] = "rig", "{}", "a1"
    scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    return obj


@pytest.fixture
def asked(sidebar, monkeypatch):
    """The jobs that were started, as (what, title, commands, then)."""
    character = sidebar("exporting.character")
    found = []
    monkeypatch.setattr(character.jobs, "start", lambda *job: found.append(job))
    monkeypatch.setattr(character.jobs, "wait", lambda what: SimpleNamespace(state="finished"))
    return found


def test_the_worker_gets_a_copy_and_what_was_chosen(rig, asked, tmp_path):
    import bpy

    out = tmp_path / "ána.glb"
    options = {"texture": "4096", "level": "all", "hair": "strips", "hair_count": 900}
    assert bpy.ops.simulacra.export_character(filepath=str(out), **options) == {"FINISHED"}
    ((what, title, (command,), _),) = asked
    assert (what, title) == ("character", "ána.glb")
    words = command[command.index("character") :]
    assert words[2:] == [
        str(out), "--person", "Ána", "--texture", "4096", "--level", "all", "--hair", "strips", "--hair-count", "900", "--json",
    ]  # fmt: skip
    assert words[1].endswith(".blend") and bpy.data.filepath == ""


def test_the_format_gives_a_name_its_end(rig, asked, tmp_path):
    import bpy

    bpy.ops.simulacra.export_character(filepath=str(tmp_path / "ana"), kind=".fbx")
    assert str(tmp_path / "ana.fbx") in asked[0][2][0]


def test_what_the_files_hold_and_lack_becomes_a_text(rig, asked, tmp_path):
    import bpy

    bpy.ops.simulacra.export_character(filepath=str(tmp_path / "ana.glb"))
    log = tmp_path / "log"
    file = {"event": "file", "file": "ana.glb", "bytes": 2_000_000, "meshes": [{"triangles": 7}, {"triangles": 5}]}
    lines = ["Blender says something", json.dumps(file), json.dumps({"event": "remark", "message": "lamps"})]
    log.write_text("\n".join(lines), encoding="utf-8")
    asked[0][3](SimpleNamespace(state="finished", log=log, title="ana.glb"))
    text = bpy.data.texts["ana.glb: what it holds"].as_string()
    assert text == "ana.glb: 2.0 MB, 2 meshes, 12 triangles\nnot carried: lamps\n"


def test_without_a_person_it_is_not_offered(scene, sidebar):
    import bpy

    assert not bpy.ops.simulacra.export_character.poll()
