"""What is seen in any Blender file: instances by ray casts, see-through things, and classes."""

import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from scene_stage import GEOMETRY, instancing, principled, shader, shown  # noqa: E402

from simulacra.datagen.cameras import pixel_rays, project  # noqa: E402

pytestmark = pytest.mark.blender


@pytest.mark.parametrize("bare", [True, False])
def test_every_instance_has_its_own_id(stage, bare):
    count = instancing(stage, bare)
    stage.scene.render.resolution_x, stage.scene.render.resolution_y = 96, 96
    (sample,) = stage.label(labels=GEOMETRY)
    instance, record = sample.label("instance", 0), sample.camera(0)
    entries = {entry["id"]: entry for entry in sample.objects(0)}
    assert sorted(entries) == list(range(1, count + 1)) == np.unique(instance)[1:].tolist()
    order = [(entry["name"], entry["instancer"], entry["persistent_id"]) for _, entry in sorted(entries.items())]
    assert order == sorted(order)
    # The same rays through Blender's own scene, which tells the instance by its matrix.
    bpy.ops.wm.open_mainfile(filepath=str(stage.path), load_ui=False, use_scripts=False)
    graph = bpy.context.evaluated_depsgraph_get()
    origin, rays = pixel_rays(record)
    wrong = seen = 0
    for row, column in np.ndindex(instance.shape):
        direction = rays[row, column] / np.linalg.norm(rays[row, column])
        hit, _, _, _, obj, matrix = bpy.context.scene.ray_cast(graph, origin.tolist(), direction.tolist())
        entry = entries.get(int(instance[row, column]))
        if hit and entry:
            seen += 1
            same = np.abs(np.array(matrix) - np.array(entry["pose"])).max() < 1e-5
            # Nodes that also make things without a material are given one, and lose the names of objects on the way.
            wrong += not (same and obj.name in (entry["name"], "Leaf" if bare and entry["name"] == "Host" else ""))
        else:
            wrong += hit != bool(entry)
    assert seen > 800 and wrong <= 3, (seen, wrong)  # an edge may fall to either side
    for entry in entries.values():
        box = entry["box_3d"]
        inside = (sample.label("position", 0)[instance == entry["id"]] - box["center"]) @ np.array(box["rotation"])
        assert (np.abs(inside) <= np.array(box["size"]) / 2 + 1e-5).all()


def test_what_is_looked_through(stage):
    wall = stage.quad("Wall", 1.0, 4.0, material=principled(1.0))
    stage.quad("Left", 0.0, 0.5, material=principled(0.3)).location.x = -1.0
    stage.quad("Middle", 0.0, 0.3, material=principled(0.7))
    stage.quad("Right", 0.0, 0.3, material=shader("ShaderNodeBsdfGlass")).location.x = 1.0
    stage.quad("Low", 0.0, 0.2, material=shader("ShaderNodeEmission", Strength=0.0)).location = (0, 0, -0.6)
    stage.cube("Fog", 0.3, material=shader("ShaderNodeVolumePrincipled", "Volume", Density=9.0)).location = (
        0.6,
        0,
        0.9,
    )
    stage.quad("Hole", 0.0, 0.15, material=shader("ShaderNodeHoldout")).location = (-0.6, 0, -0.9)
    for number in range(9):  # more clear layers than one render tells apart
        stage.quad(f"Clear{number}", -0.2 - 0.1 * number, 2.0, material=principled(0.0))
    hidden = stage.quad("Hidden", -0.1, 2.0)
    hidden.visible_camera = False
    stage.quad("Catcher", -0.1, 2.0).is_shadow_catcher = True
    stage.quad("Cut", -0.1, 0.15).is_holdout = True
    stage.scene.world = bpy.data.worlds.new("World")
    (sample,) = stage.label(labels=GEOMETRY)
    # A hole of a holdout surface counts as nothing; the wall is all else.
    assert shown(sample) == {"Wall", "Middle", "Right", "Low"} and sample.record["unresolved"] == 0
    ids = {entry["name"]: entry["id"] for entry in sample.objects(0)}
    assert not {"Hidden", "Catcher", "Cut"} & set(ids)
    instance, record = sample.label("instance", 0), sample.camera(0)
    pixels = {name: project(record, np.array(point, float))[0].astype(int) for name, point in (
        ("Left", (-1, 0, 0)), ("Middle", (0.22, 0, 0)), ("Right", (1, 0, 0)), ("Low", (0, 0, -0.6)), ("Fog", (0.6, 0, 0.9)),
        ("Hole", (-0.6, 0, -0.9)), ("Cut", (0, -0.1, 0)),
    )}  # fmt: skip
    expected = {"Left": "Wall", "Fog": "Wall", "Middle": "Middle", "Right": "Right", "Low": "Low"}
    for name, (x, y) in pixels.items():
        assert instance[y, x] == ids.get(expected.get(name), 0), name
    assert wall is not None and np.isfinite(sample.label("depth", 0)[instance > 0]).all()


def test_semantic_by_collection_and_by_property(stage):
    trees, inner = stage.collection("trees"), bpy.data.collections.new("inner")
    trees.children.link(inner)
    things = stage.collection("A things")
    source = stage.collection("source", link=False)
    stage.quad("Oak", 0.0, 0.3, collection=inner)["kind"] = "oak"
    chair = stage.quad("Chair", 0.0, 0.3, collection=things)
    chair.location.x, chair.data["kind"] = 0.8, 7
    loose = stage.quad("Loose", 0.0, 0.2)
    loose.location.x = -0.8
    copied = stage.quad("Copied", 0.0, 0.2, collection=source)
    empty = stage.put(bpy.data.objects.new("Empty", None), trees)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", source, (0, 0, 0.7)
    source["kind"] = "copy"
    assert copied is not None

    def classes(sample):
        taxonomy = json.loads((sample.path.parent / "dataset.json").read_text())["taxonomy"]["semantic"]
        instance, semantic = sample.label("instance", 0), sample.label("semantic", 0)
        assert (semantic[instance == 0] == 0).all() and taxonomy["0"] == "background"
        return {entry["name"]: {taxonomy[str(n)] for n in np.unique(semantic[instance == entry["id"]])}
                for entry in sample.objects(0)}, taxonomy  # fmt: skip

    found, taxonomy = classes(stage.label("one")[0])
    assert found == {"Oak": {"trees"}, "Chair": {"A things"}, "Loose": {"Scene Collection"}, "Copied": {"trees"}}
    assert [taxonomy[str(n)] for n in (1, 2, 3)] == ["A things", "Scene Collection", "trees"]
    found, taxonomy = classes(stage.label("two", classes="property:kind")[0])
    assert found == {"Oak": {"oak"}, "Chair": {"7"}, "Loose": {"unlabelled"}, "Copied": {"copy"}}
    assert taxonomy == {"0": "background", "1": "7", "2": "copy", "3": "oak", "255": "unlabelled"}
