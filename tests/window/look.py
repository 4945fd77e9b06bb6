"""A scenario for a tall screen: the panels that are named in the environment open, and one picture of the sidebar."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import bpy
from stage import facts, open_panels, run

NAMES = os.environ.get("PANELS", "generate person").split()


def scenario(stage):
    """Open the panels and take the picture."""
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    open_panels(*(f"SIMULACRA_PT_{name}" for name in NAMES))
    if "empty" not in NAMES:
        with bpy.context.temp_override(window=stage.window, area=stage.area):
            bpy.ops.simulacra.generate(seed=23)
    yield from stage.open_tab()
    yield from stage.wait(20)
    yield from stage.face_front()
    yield from stage.picture("sidebar", region=True)
    yield from stage.picture("window")
    facts["region"] = stage.region.width


run(scenario)
