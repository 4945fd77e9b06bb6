"""The scenario of a user: generate, slide, undo, save a preset, render a dataset, cancel another, drop an avatar."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import bpy
from stage import PLACE, facts, open_panels, run

AVATAR = Path(__file__).parent / "head.avatar.safetensors"


def person():
    """The rig that is active."""
    return bpy.context.view_layer.objects.active


def module(name):
    """A module of the extension."""
    return sys.modules[f"bl_ext.user_default.simulacra.addon.{name}"]


def jaw():
    """How far the mouth of the skin is open: the shape key, and the slider that sets it."""
    rig = person()
    head = next(obj for obj in rig.children if obj.get("class") == "skin")
    keys = head.data.shape_keys.key_blocks
    return keys["jawOpen"].value, rig.simulacra.faces.expression.actions.jawOpen


def scenario(stage):
    """Each step asserts what a user would see."""
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    open_panels("SIMULACRA_PT_generate", "SIMULACRA_PT_person")
    yield from stage.open_tab()
    bpy.context.scene.simulacra.generate.seed = 12
    yield from stage.press("simulacra.generate(")
    yield from stage.until(lambda: person() and "spec" in person(), 120, "a person")
    yield from stage.face_front()
    yield from stage.picture("1_generated")
    facts["objects"] = len(person().children_recursive)
    assert facts["objects"] > 15

    # The slider is found by searching for it, as one would among four hundred.
    yield from stage.find(".search", column=0.7)
    yield from stage.click(stage.x, stage.y)
    yield from stage.type("jaw open")
    yield from stage.wait(6)
    before = jaw()
    yield from stage.find(".jawOpen", column=0.72)
    x, y = stage.x, stage.y
    yield from stage.drag(x - 30, y, x + 60, y)
    during = jaw()
    facts["slider"] = {"before": before, "after": during}
    assert during[1] > before[1] + 0.1 and abs(during[0] - during[1]) < 1e-5, facts
    yield from stage.picture("2_slider_moved")
    yield from stage.until(lambda: not module("fields.settling").is_waiting("people"), 120, "the rest of the person")
    assert not module("fields.settling").message, module("fields.settling").message
    yield from stage.wait(10)
    yield from stage.picture("3_settled")
    yield from stage.key("Z", ctrl=True)
    facts["at undo"] = jaw(), bool(module("people.live").stale_rigs())
    yield from stage.until(lambda: abs(jaw()[1] - before[1]) < 1e-6, 60, "undo")
    yield from stage.until(lambda: not module("fields.settling").is_waiting("people"), 120, "what undo left to build")
    facts["undone"] = jaw()
    assert abs(jaw()[0] - before[0]) < 1e-5
    yield from stage.picture("4_undone")
    bpy.context.scene.simulacra.generate.search = ""

    saved = module("presets.files").user_folder() / "my_preset.json"
    assert not saved.exists()
    yield from stage.open_only("presets", ("generate", "person"))
    yield from stage.press("simulacra.save_preset")
    yield from stage.until(saved.exists, 10, "the preset's file")
    facts["preset"] = json.loads(saved.read_text())["name"]
    yield from stage.picture("5_preset_saved")

    yield from stage.open_only("dataset", ("presets",))
    settings, jobs = bpy.context.scene.simulacra.dataset, module("worker.jobs")
    settings.count, settings.size, settings.samples, settings.seed = 2, 64, 2, 5
    settings.out = str(PLACE / "first")
    yield from stage.press("simulacra.render_dataset")
    yield from stage.until(lambda: jobs.current("dataset"), 10, "the job")
    job, seen = jobs.current("dataset"), set()
    while job.state == "running":
        if job.done == 1 and 1 not in seen:
            yield from stage.picture("6_progress", region=True)
        seen.add(job.done)
        yield
    facts["dataset"] = {"state": job.state, "progress seen": sorted(seen), "said": job.lines[-2:]}
    assert job.state == "finished" and 1 in seen, facts
    assert json.loads((PLACE / "first" / "dataset.json").read_text())["counts"]["finished"] == 2
    yield from stage.picture("7_dataset")

    settings.count, settings.out = 50, str(PLACE / "second")
    yield from stage.press("simulacra.render_dataset")
    yield from stage.until(
        lambda: jobs.current("dataset") is not job and jobs.current("dataset").total == 50, 60, "the second job"
    )
    yield from stage.wait(30)
    yield from stage.find("simulacra.cancel", column=0.835)
    yield from stage.click(stage.x, stage.y)
    second = jobs.current("dataset")
    yield from stage.until(lambda: second.state != "running", 60, "the end of the second job")
    left = [entry.name for entry in (PLACE / "second").iterdir() if entry.name.startswith((".partial", ".dataset"))]
    facts["cancelled"] = {"state": second.state, "finished": second.done, "left behind": left}
    assert second.state == "cancelled" and not left, facts
    yield from stage.picture("8_cancelled")

    yield from drop(stage, AVATAR)
    yield from stage.until(lambda: "avatar_source" in (person() or {}), 60, "the avatar")
    facts["avatar"] = {"name": person().name, "points": len(person().data.vertices)}
    assert facts["avatar"]["points"] > 1000
    yield from stage.wait(10)
    yield from stage.picture("9_avatar")


def drop(stage, path):
    """Drag a file from a File Browser onto the viewport."""
    area = max((a for a in stage.window.screen.areas if a.type == "PROPERTIES"), key=lambda a: a.width)
    area.type = "FILE_BROWSER"
    yield from stage.wait(10)
    space = area.spaces.active
    space.params.directory = str(path.parent).encode()
    space.params.filter_search = path.stem.split(".")[0]
    space.params.display_type = "LIST_VERTICAL"
    yield from stage.wait(15)
    region = next(region for region in area.regions if region.type == "WINDOW")
    view = stage.area
    for down in range(14, 90, 12):  # under the heading of the list, wherever this version draws its rows
        yield from stage.drag(region.x + 16, region.y + region.height - down, view.x + 400, view.y + 300, steps=12)
        yield from stage.wait(20)
        if "avatar_source" in (person() or {}):
            return
    yield from stage.picture("drag")


run(scenario)
