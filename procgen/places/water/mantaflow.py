"""Liquids baked by Blender's own solver, Mantaflow, in a Blender that runs on its own: the module bpy must not bake."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from ... import processes
from ...geometry.mesh import Mesh
from .tank import Ball, Box, Tank

TIMEOUT = 3600  # seconds

# What the other Blender runs: it reads the tank as JSON, bakes it and writes one .npz of vertices and triangles a frame.
SCRIPT = """
import json, sys
from pathlib import Path
import bpy
import numpy as np

job = json.loads(Path(sys.argv[sys.argv.index("--") + 1]).read_text())
folder, tank = Path(job["folder"]), job["tank"]
size = [n * tank["cell"] for n in tank["cells"]]
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
scene = bpy.context.scene
scene.frame_start, scene.frame_end = 1, job["frames"]
scene.render.fps = max(round(job["fps"]), 1)
scene.gravity = (0, 0, -tank["gravity"])


def thing(shape):
    if "radius" in shape:
        bpy.ops.mesh.primitive_uv_sphere_add(radius=shape["radius"], location=shape["centre"], segments=48, ring_count=24)
    else:
        low = [max(a, -0.5 * max(size)) for a in shape["low"]]
        high = [min(b, 1.5 * max(size)) for b in shape["high"]]
        bpy.ops.mesh.primitive_cube_add(size=1, location=[(a + b) / 2 for a, b in zip(low, high)])
        bpy.context.object.scale = [b - a for a, b in zip(low, high)]
        bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    return bpy.context.object


def fluid(made, kind):
    modifier = made.modifiers.new("fluid", "FLUID")
    modifier.fluid_type = kind
    bpy.context.view_layer.update()
    return modifier


for kind, bodies in (("GEOMETRY", tank["bodies"]), ("INFLOW", tank["inflows"])):
    for body in bodies:
        flow = fluid(thing(body["shape"]), "FLOW").flow_settings
        flow.flow_type, flow.flow_behavior = "LIQUID", kind
        flow.use_initial_velocity = any(body["velocity"])
        flow.velocity_coord = body["velocity"]
for shape in tank["solids"]:
    fluid(thing(shape), "EFFECTOR").effector_settings.effector_type = "COLLISION"
box = thing({"low": [0, 0, 0], "high": size})
modifier = fluid(box, "DOMAIN")
domain = modifier.domain_settings
domain.domain_type = "LIQUID"
domain.resolution_max = max(tank["cells"])
domain.cache_directory = str(folder / "cache")
domain.cache_type = "ALL"
domain.cache_frame_start, domain.cache_frame_end = 1, job["frames"]
domain.use_mesh = True
domain.mesh_scale = 2
for side, name in (("-x", "left"), ("+x", "right"), ("-y", "front"), ("+y", "back")):
    setattr(domain, "use_collision_border_" + name, side not in tank["open_sides"])
domain.use_collision_border_top = False
scene.frame_set(1)
bpy.context.view_layer.objects.active = box
box.select_set(True)
bpy.ops.fluid.bake_all()
for frame in range(1, job["frames"] + 1):
    scene.frame_set(frame)
    whole = box.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = whole.to_mesh()
    mesh.calc_loop_triangles()
    vertices, triangles = np.empty(3 * len(mesh.vertices), np.float32), np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.vertices.foreach_get("co", vertices)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    place = np.array(whole.matrix_world, np.float32)
    vertices = vertices.reshape(-1, 3) @ place[:3, :3].T + place[:3, 3]
    np.savez_compressed(folder / f"frame{frame - 1:04d}.npz", vertices=vertices, triangles=triangles.reshape(-1, 3))
    whole.to_mesh_clear()
"""


def mantaflow_available(binary: str | os.PathLike | list[str]) -> bool:
    """Whether a Blender binary (a path, or a command as a list) runs and says that it has fluids."""
    command = [binary] if isinstance(binary, str | os.PathLike) else list(binary)
    ask = "import bpy; print('fluids', bpy.app.build_options.fluid)"
    try:
        said = processes.run([*command, "--background", "--factory-startup", "--python-expr", ask], capture_output=True,
                              text=True, timeout=120, check=False)  # fmt: skip
    except (OSError, processes.TimeoutExpired):
        return False
    return "fluids True" in said.stdout


def bake_with_blender(
    binary: str | os.PathLike | list[str],
    tank: Tank,
    folder: str | os.PathLike,
    frames: int = 24,
    fps: float = 24.0,
    seen_as: str | None = None,
) -> list[Mesh]:
    """The liquid's surface at ``frames`` moments, baked by a Blender binary (a path, or a command as a list) in ``folder``.

    What is there from an earlier bake is used again. ``seen_as`` is the folder's path as the binary sees it, where that
    runs in another root.
    """
    command = [binary] if isinstance(binary, str | os.PathLike) else list(binary)
    place = Path(folder) / f"mantaflow-{tank.digest()}-{frames}-{fps:g}"
    if not (place / f"frame{frames - 1:04d}.npz").exists():
        place.mkdir(parents=True, exist_ok=True)
        inside = str(place.resolve()) if seen_as is None else f"{seen_as}/{place.name}"
        (place / "bake.py").write_text(SCRIPT)
        (place / "job.json").write_text(json.dumps(bake_job(tank, inside, frames, fps)))
        done = processes.run([*command, "--background", "--factory-startup", "--python-exit-code", "1", "--python",
                               f"{inside}/bake.py", "--", f"{inside}/job.json"], capture_output=True, text=True,
                              timeout=TIMEOUT, check=False)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the bake failed: {(done.stderr or done.stdout)[-2000:]}")
    meshes = []
    for frame in range(frames):
        with np.load(place / f"frame{frame:04d}.npz", allow_pickle=False) as kept:
            vertices = kept["vertices"]
            mesh = Mesh(vertices, kept["triangles"])
        meshes.append(mesh.with_attributes(foam=0.0, depth=0.5, rough=0.012, shore=0.0, rest=vertices))
    return meshes


def bake_job(tank: Tank, folder: str, frames: int, fps: float) -> dict:
    """A tank as the plain JSON that the bake reads."""

    def shape(given: Box | Ball) -> dict:
        if isinstance(given, Ball):
            return {"centre": list(given.centre), "radius": given.radius}
        return {"low": list(given.low), "high": list(given.high)}

    def bodies(given) -> list[dict]:
        return [{"shape": shape(body.shape), "velocity": list(body.velocity)} for body in given]

    return {"folder": folder, "frames": frames, "fps": fps, "tank": {
        "cells": list(tank.cells), "cell": tank.cell, "gravity": tank.gravity, "open_sides": list(tank.open_sides),
        "bodies": bodies(tank.bodies), "inflows": bodies(tank.inflows), "solids": [shape(solid) for solid in tank.solids]}}  # fmt: skip
