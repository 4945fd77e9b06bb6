"""Depth and ids of a face against the ray caster of another library, and what lies behind a lens; test_render_face has a rasteriser of our own."""

import numpy as np
import pytest

pytest.importorskip("bpy")

pytestmark = [pytest.mark.blender, pytest.mark.slow]


@pytest.fixture(scope="module")
def face():
    """A built face, its labels and camera record, at a small size."""
    import bpy

    from simulacra.datagen.cameras import camera_record
    from simulacra.datagen.rendering import passes
    from simulacra.datagen.rendering.render import derive
    from simulacra.procgen import registry
    from simulacra.procgen.params import parse_settings

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    passes.configure(scene, (192, 192), 2)
    wishes = parse_settings(
        ["hair.groom=side_part", "wear.glasses=round", "expression.name=open_smile", "light.kind=studio"]
    )
    person = registry.build("faces", registry.sample("faces", 11, wishes))
    for obj in person.objects:
        obj.hide_render = bool(obj.get("label_hidden"))
    scene.camera = person.cameras[0]
    scene.camera.data.dof.use_dof = False

    def labels(threads):
        scene.render.threads = threads
        raw = passes.render_labels(scene, passes.label_material(), False, passes.CyclesClock())
        return derive(raw, camera_record(scene.camera, scene, 0), len(person.objects))

    return person, labels(2), labels(1), camera_record(scene.camera, scene, 0)


def test_depth_of_a_face_equals_another_librarys_ray_cast(face):
    import bpy
    import trimesh

    from simulacra.datagen.cameras import pixel_rays

    person, values, _, record = face
    graph = bpy.context.evaluated_depsgraph_get()
    pieces = []
    for obj in person.objects:
        if obj.type == "MESH" and not obj.hide_render:
            mesh = obj.evaluated_get(graph).to_mesh()
            mesh.calc_loop_triangles()
            points = np.array([vertex.co for vertex in mesh.vertices])
            matrix = np.array(obj.matrix_world)
            triangles = np.array([triangle.vertices for triangle in mesh.loop_triangles])
            pieces.append(trimesh.Trimesh(points @ matrix[:3, :3].T + matrix[:3, 3], triangles, process=False))
    model = trimesh.util.concatenate(pieces)
    curves = [obj.pass_index for obj in person.objects if obj.type == "CURVES"]
    chosen = np.isfinite(values["depth"]) & ~np.isin(values["instance"], curves)
    rows, columns = np.nonzero(chosen)
    pick = np.random.Generator(np.random.PCG64(0)).choice(len(rows), 1500, replace=False)
    rows, columns = rows[pick], columns[pick]
    origin, rays = pixel_rays(record)
    directions = rays[rows, columns]
    from mathutils.bvhtree import BVHTree  # trimesh's own caster needs a compiled extra; this tree is not Cycles's

    tree = BVHTree.FromPolygons(model.vertices.tolist(), model.faces.tolist())
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    depth = np.array([tree.ray_cast(origin.tolist(), ray.tolist())[3] or np.inf for ray in unit]) / np.linalg.norm(
        directions, axis=1
    )
    wrong = np.abs(depth - values["depth"][rows, columns]) > 1e-4
    assert wrong.mean() <= 0.001


def test_what_lies_behind_a_lens_is_labelled(face):
    person, values, _, _ = face
    lenses = [obj for obj in person.objects if obj.name.startswith("Lens")]
    assert lenses and not np.isin(values["instance"], [obj.pass_index for obj in lenses]).any()
    assert {3, 4} <= set(np.unique(values["parts"])), "both eyes are seen through the glasses"
    assert 16 in values["parts"]
