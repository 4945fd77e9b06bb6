"""Labels of simulations that nobody baked, against a playback from their start, once and in order."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
import simulation_stage  # noqa: E402

from simulacra.datagen.cameras import pixel_centres, project  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402

pytestmark = pytest.mark.blender
FRAMES = (10, 11, 12)
CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])


def labelled(stage, kind, **more):
    """The truth of a simulated scene, the name of what moves in it, and its sample."""
    stage.scene.cycles.samples, stage.scene.render.film_transparent = 4, True
    name = simulation_stage.KINDS[kind](stage)
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    truth = simulation_stage.playback(stage.path, FRAMES[-1] + 1)
    before = sorted(path.name for path in stage.folder.iterdir())
    (sample,) = stage.label(frames=f"{FRAMES[0]}..{FRAMES[-1]}", **more)
    assert sorted(path.name for path in stage.folder.iterdir()) == sorted([*before, "out"]), (
        "nothing lies beside the file"
    )
    return truth, name, sample


@pytest.mark.parametrize("kind", ["cloth", "soft body", "rigid bodies", "particles", "simulation nodes"])
def test_picture_labels_boxes_and_flow_are_of_one_state(stage, kind):
    stage.camera.data.lens = 24
    truth, name, sample = labelled(stage, kind)
    moved = 0.0
    for number, frame in enumerate(FRAMES):
        points, triangles = truth[frame][name]
        records = [record for record in sample.objects(number) if record["name"] == name]
        instance, position = sample.label("instance", number), sample.label("position", number).astype(float)
        shown = np.isin(instance, [record["id"] for record in records])
        assert shown.sum() > 8, (kind, frame)
        following = truth[frame + 1][name]
        off, there = simulation_stage.carried((points, triangles), following, position[shown])
        assert off.max() < 1e-5, (kind, frame, "the labels show the surface of the playback")
        boxes = np.concatenate([
            (CORNERS * record["box_3d"]["size"]) @ np.array(record["box_3d"]["rotation"]).T + record["box_3d"]["center"]
            for record in records])  # fmt: skip
        if kind == "particles":  # those whose instances are seen have a record, and the one that stands below
            assert {
                int(np.abs(points.reshape(-1, 8, 3).mean(1) - record["box_3d"]["center"]).max(1).argmin())
                for record in records
            }
            near = [
                np.abs(points.reshape(-1, 8, 3).mean(1) - record["box_3d"]["center"]).max(1).min() for record in records
            ]
            assert max(near) < 1e-5
        else:
            assert np.abs(boxes.min(0) - points.min(0)).max() < (0.4 if kind == "rigid bodies" else 1e-4)
            assert kind == "rigid bodies" or np.abs(boxes.max(0) - points.max(0)).max() < 1e-4
        if number + 1 < len(FRAMES):
            aim = project(sample.camera(number), there)[0] - pixel_centres(sample.camera(number))[shown]
            assert np.abs(sample.label("flow", number)[shown] - aim).max() < 0.01, (kind, frame)
            moved = max(moved, float(np.abs(aim).max()))
        # The picture's silhouette is that of the labels, but for pixels that an edge passes through.
        differing = (sample.label("alpha", number) > 127) != (instance > 0)
        inner = np.pad(instance, 1)
        edge = np.zeros_like(differing)
        for dy in range(3):
            for dx in range(3):
                edge |= inner[dy : dy + instance.shape[0], dx : dx + instance.shape[1]] != instance
        assert not (differing & ~edge).any(), (kind, frame)
    assert moved > 0.3, "the test must move things"


def test_hair_that_swings(stage):
    """Strands have no mesh to compare with: any order and range of frames shows the same ones, and there is no flow."""
    stage.camera.data.lens = 24
    name = simulation_stage.hair(stage)
    asked = ["position", "instance", "depth"]
    (sample,) = stage.label(frames="10..12", labels=asked)
    ids = {record["name"]: record["id"] for record in sample.objects(0)}
    masks = [sample.label("instance", number) == ids[name] for number in range(3)]
    assert all(mask.sum() > 25 for mask in masks) and (masks[0] != masks[2]).any(), "the strands must swing"
    box = next(record["box_3d"] for record in sample.objects(0) if record["name"] == name)
    assert max(box["size"]) > 0.7, "the box holds the strands, which are longer than the mesh"
    (again,) = stage.label("again", frames="12", labels=asked)
    one, other = sample.label("position", 2), again.label("position", 0)
    assert np.array_equal(np.isfinite(one), np.isfinite(other)) and np.nanmax(np.abs(one - other)) < 1e-5
    with pytest.raises(BadInput, match="Scalp has hair dynamics, of which there is no flow"):
        stage.label("flow", frames="10..12")


def test_one_frame_is_that_of_the_sequence(stage):
    _, _, sample = labelled(stage, "cloth")
    (alone,) = stage.label("alone", frames="11")
    for label in ("position", "instance", "depth", "rgb"):
        assert np.array_equal(alone.label(label, 0), sample.label(label, 1), equal_nan=True), label


def test_a_cloth_that_the_viewport_hides_is_simulated_for_the_render(stage):
    name = simulation_stage.cloth(stage)
    obj = bpy.data.objects[name]
    obj.hide_viewport, cache = True, obj.modifiers["Cloth"].point_cache
    cache.use_disk_cache, cache.frame_step = True, 5
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    truth = simulation_stage.playback(stage.path, FRAMES[0])
    for left in stage.folder.glob("blendcache*"):
        for path in left.iterdir():
            path.unlink()
        left.rmdir()
    (sample,) = stage.label(frames=str(FRAMES[0]))
    instance, position = sample.label("instance", 0), sample.label("position", 0).astype(float)
    off, _ = simulation_stage.carried(*[truth[FRAMES[0]][name]] * 2, position[instance > 0])
    assert (instance > 0).sum() > 30 and off.max() < 1e-5
    assert not list(stage.folder.glob("blendcache*"))


def test_a_fluid_that_is_not_baked_is_refused_with_the_way_to_bake_it(stage):
    tank = stage.cube("Tank")
    domain = tank.modifiers.new("Fluid", "FLUID")
    domain.fluid_type = "DOMAIN"
    domain.domain_settings.cache_directory = str(stage.folder / "fluid")
    with pytest.raises(BadInput, match="the fluid of Tank is not baked; bake it") as caught:
        stage.label(frames="2..3")
    assert "\n" not in str(caught.value) and not (stage.folder / "out").exists()


def test_a_simulation_that_only_instances_show_is_played_or_refused(stage):
    """The scene holds no such object itself, so that nothing plays it."""
    name = simulation_stage.cloth(stage)
    obj, source = bpy.data.objects[name], stage.collection("Source", link=False)
    source.objects.link(obj)
    stage.scene.collection.objects.unlink(obj)
    empty = stage.put(bpy.data.objects.new("Empty", None))
    empty.instance_type, empty.instance_collection = "COLLECTION", source
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    truth = simulation_stage.playback(stage.path, FRAMES[-1])
    (sample,) = stage.label(frames=f"{FRAMES[0]}..{FRAMES[1]}")
    instance, position = sample.label("instance", 1), sample.label("position", 1).astype(float)
    off, _ = simulation_stage.carried(*[truth[FRAMES[1]][name]] * 2, position[instance > 0])
    assert off.max() < 1e-5


def test_particles_that_are_born_and_die_meanwhile(stage):
    """Where one is before its birth and after its death depends on who looked last, and is not shown."""
    simulation_stage.particles(stage)
    system = bpy.data.objects["Fountain"].particle_systems[0].settings
    system.frame_end, system.lifetime = 14, 6
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    truth = simulation_stage.playback(stage.path, FRAMES[-1])
    assert len({len(truth[frame]["Drop"][0]) for frame in range(3, FRAMES[-1])}) > 2, "they must come and go"
    (sample,) = stage.label(frames=f"{FRAMES[0]}..{FRAMES[-1]}")
    (still,) = stage.label("still", frames=f"{FRAMES[0]}..{FRAMES[-1]}", labels=["position", "instance"])
    for number, frame in enumerate(FRAMES):
        shown, position = sample.label("instance", number) > 0, sample.label("position", number).astype(float)
        assert shown.sum() > 8
        off, _ = simulation_stage.carried(*[truth[frame]["Drop"]] * 2, position[shown])
        assert off.max() < 1e-5
        same = np.array_equal(sample.label("position", number), still.label("position", number), equal_nan=True)
        assert same, "those that were just born are there with flow as without"
        assert np.isnan(sample.label("flow", number)).all(), "Cycles cannot tell how a thing moves where others come"


def test_what_will_not_hold_still_is_refused_in_a_line(stage, monkeypatch):
    """A state that is another one each time somebody looks, as of a cache that nothing keeps."""
    from simulacra.datagen.rendering import simulations

    look, drift = simulations._look, iter(range(1000))
    monkeypatch.setattr(
        simulations, "_look", lambda *given: {key: state + next(drift) for key, state in look(*given).items()}
    )
    simulation_stage.soft_body(stage)
    with pytest.raises(
        BadInput,
        match=r"simulation: Jelly is not in one state .*; bake its soft body \(Physics, Cache, Bake\) and save",
    ) as caught:
        stage.label(frames="3..4")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("frames", ["-3..-2", "0..2", "249..252"])
def test_before_the_start_and_after_the_end_a_simulation_stands_still(stage, frames):
    """A cache has a first and a last frame of its own, here 1 and 250."""
    name = simulation_stage.simulation_nodes(stage) and simulation_stage.cloth(stage)
    bpy.data.objects.remove(bpy.data.objects["Rising"])
    stage.camera.data.lens = 15
    (sample,) = stage.label(frames=frames, labels=["depth", "instance", "flow", "position"])
    assert name in {record["name"] for record in sample.objects(0)} and sample.record["flow_unknown"] == []
