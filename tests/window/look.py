"""A scenario for a tall screen: every panel of the sidebar open, one picture of each."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import bpy
from stage import facts, open_panels, run

GROUPS = ("identity", "expression", "skin", "eyes", "hair", "wear", "light", "camera")


def scenario(stage):
    """Open every panel in turn and take its picture."""
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    open_panels(
        "SIMULACRA_PT_presets",
        "SIMULACRA_PT_dataset",
        "SIMULACRA_PT_labels",
        "SIMULACRA_PT_import",
        "SIMULACRA_PT_model",
    )
    yield from stage.open_tab()
    yield from stage.picture("empty", region=True)
    with bpy.context.temp_override(window=stage.window, area=stage.area, region=stage.region):
        bpy.ops.simulacra.generate("INVOKE_DEFAULT", seed=12)
    yield from stage.wait(20)
    yield from stage.face_front()
    yield from stage.picture("person")
    open_panels()
    yield from stage.wait(4)
    for group in GROUPS:
        open_panels(f"SIMULACRA_PT_faces_{group}")
        yield from stage.wait(4)
        yield from stage.picture(group, region=True)
    facts["objects"] = len(bpy.context.object.children_recursive)


run(scenario)
