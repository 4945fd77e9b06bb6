"""Characters read again by Blender: the picture beside the original, and the keys of FBX and USD. Slow."""

import json
import subprocess
import sys

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings
from simulacra.procgen.people.expression import ACTIONS

pytestmark = [pytest.mark.blender, pytest.mark.slow]
EDGE = 256  # pixels
BARE = ["hair.groom=bald", "beard.style=none", "beard.moustache=none", "wear.glasses=none"]


def written(folder, settings, name, *options, seed=7):
    """A person's spec and its file by the command line."""
    spec = registry.sample("faces", seed, parse_settings(settings))
    (folder / "spec.json").write_text(json.dumps(registry.dump("faces", spec)), encoding="utf-8")
    command = [sys.executable, "-m", "simulacra", "character", folder / "spec.json", folder / name, "--json", *options]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    # Blender 5.2 itself says which colours it uses where another Blender started it.
    events = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    files = [event for event in events if event["event"] == "file"]
    return spec, files


def shot(path, samples) -> np.ndarray:
    """Render the scene with cover: (EDGE, EDGE, 4) in 0…1, first row at the bottom."""
    import bpy

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", samples, True
    scene.cycles.transparent_max_bounces = 64
    scene.render.resolution_x = scene.render.resolution_y = EDGE
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.zeros(EDGE * EDGE * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(EDGE, EDGE, 4)


def both(folder, spec, path, samples=16, lens=55.0):
    """The pictures of a person and of what a file makes of it, from in front, in the person's own light."""
    import bpy
    from mathutils import Matrix

    from simulacra.datagen.character.source import neutral
    from simulacra.procgen.people.face import build_face

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    person = build_face(neutral(spec))
    camera = bpy.context.scene.camera = person.cameras[0]
    camera.parent = None
    camera.matrix_world = Matrix.Translation((0.0, -0.9, -0.03)) @ Matrix.Rotation(np.pi / 2, 4, "X")
    camera.data.lens, camera.data.dof.use_dof = lens, False
    camera.data.shift_x = camera.data.shift_y = 0.0
    first = shot(folder / "first.png", samples)
    for obj in person.objects:
        if obj.type not in ("CAMERA", "LIGHT"):
            bpy.data.objects.remove(obj)
    bpy.ops.import_scene.gltf(filepath=str(path))
    return first, shot(folder / "second.png", samples)


def over_grey(picture: np.ndarray) -> np.ndarray:
    return picture[..., :3] * picture[..., 3:] + 0.5 * (1 - picture[..., 3:])


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """How far (px) the covered parts of two pictures reach beyond each other."""
    ndimage = pytest.importorskip("scipy.ndimage")
    found = [0.0]
    for one, other in ((first, second), (second, first)):
        one, other = one[..., 3] > 0.5, other[..., 3] > 0.5
        distance = ndimage.distance_transform_edt(~other)[one]
        found.append(float(distance.max(initial=0.0)))
    return max(found)


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """The SSIM in the face, which fills the middle of these pictures."""
    metrics = pytest.importorskip("skimage.metrics")
    _, map_ = metrics.structural_similarity(
        over_grey(first), over_grey(second), channel_axis=2, data_range=1.0, full=True
    )
    return float(map_[int(0.25 * EDGE) : int(0.7 * EDGE), int(0.3 * EDGE) : int(0.7 * EDGE)].mean())


def test_a_bald_person_looks_the_same_and_has_the_same_outline(tmp_path):
    spec, files = written(tmp_path, BARE, "bald.glb", "--texture", "1024")
    assert files[0]["bytes"] <= 25e6
    first, second = both(tmp_path, spec, tmp_path / "bald.glb")
    assert likeness(first, second) >= 0.8
    assert apart(first, second) <= 2


def test_short_hair_stays_where_it_was(tmp_path):
    spec, files = written(tmp_path, ["hair.groom=crew_cut"], "hair.glb", "--level", "all", "--texture", "1024", seed=12)
    assert [file["level"] for file in files] == [0, 1, 2]
    assert files[0]["bytes"] <= 25e6 and files[2]["bytes"] <= 3e6
    first, second = both(tmp_path, spec, tmp_path / "hair_LOD0.glb")
    assert apart(first, second) <= 5
    assert likeness(first, second) >= 0.8


def test_fbx_keeps_keys_bones_and_metres(tmp_path):
    import bpy

    written(tmp_path, BARE, "ana.fbx", "--texture", "512", "--level", "1")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.import_scene.fbx(filepath=str(tmp_path / "ana.fbx"))
    _check_read_again(bpy.data.objects, ".fbx")


def test_usd_keeps_keys_bones_and_metres(tmp_path):
    import bpy

    written(tmp_path, BARE, "ana.usdc", "--texture", "512", "--level", "1")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.usd_import(filepath=str(tmp_path / "ana.usdc"))
    _check_read_again(bpy.data.objects, ".usdc")


def _check_read_again(objects, kind: str) -> None:
    meshes = {obj.name.replace("_", " "): obj for obj in objects if obj.type == "MESH"}
    head = next(obj for name, obj in meshes.items() if name.startswith("Head"))
    assert {key.name for key in head.data.shape_keys.key_blocks[1:]} == set(ACTIONS)
    teeth = next(obj for name, obj in meshes.items() if name.startswith("Lower teeth"))
    assert "jawOpen" in [key.name for key in teeth.data.shape_keys.key_blocks]
    rig = next(obj for obj in objects if obj.type == "ARMATURE")
    assert {bone.name.replace(".", "_") for bone in rig.data.bones} >= {"head", "jaw", "eye_L", "shoulder_R"}
    points = np.array([head.matrix_world @ vertex.co for vertex in head.data.vertices])
    width, _, height = np.ptp(points, axis=0)
    assert 0.3 < width < 0.7 and 0.4 < height < 0.8, kind
    assert abs(points[:, 1].min()) < 0.2 and points[:, 1].argmin() != points[:, 2].argmin()
