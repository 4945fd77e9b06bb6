"""Fauna: animals of a recipe where the camera sees them, each with its rig and its cycle (needs bpy)."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..assets import Asset
from ..geometry.angles import arctan2
from ..params import child
from .life import Scene
from .scatter import upright
from .scenes.layer import Animals
from .things import asset_object, dressed, thing_asset, thing_spec

MOST = 12  # animals of one kind
ALIKE = 4  # of which so many share a body
TRIES = 24
RATE = 24.0  # frames a second
FUR = 0.5  # share of the strands that the closest look would need


def build_fauna(site, recipe, place, scene: Scene) -> None:
    """Put the animals of a recipe into the view: standing on the ground, in the air or in the water."""
    for animals in recipe.animals:
        rng = child(place.life.seed, "animals", animals.generator)
        count = min(int(rng.poisson(animals.count * place.life.animals)), MOST)
        bodies: list[tuple[Asset, object]] = []
        for number in range(count):
            if number % ALIKE == 0:
                fixed = dict(animals.settings) | ({"wings": "spread"} if animals.generator == "bird" else {})
                spec = thing_spec(animals.generator, int(rng.integers(2**31)), fixed)
                bodies.append((thing_asset(animals.generator, spec, 1.0 if count <= 2 else 0.4), spec))
            spot = _spot(animals, bodies[-1][0], place, scene, rng)
            if spot is not None:
                _put(site, animals, *bodies[-1], spot, scene, rng)


def _spot(animals: Animals, asset: Asset, place, scene: Scene, rng) -> np.ndarray | None:
    """The matrix (4, 4) of a free and visible place for an animal, or None where there is none."""
    size = float(asset.mesh.size.max())
    middle = len(scene.way.eyes) // 2
    eye, forward = scene.way.eyes[middle], scene.way.forward[middle]
    half = np.radians(place.camera.field_of_view) / 2
    ground = scene.ground
    for _ in range(TRIES):
        distance = max(rng.uniform(*animals.distance) * size**0.6, 1.3 * size + 0.5)
        turn = arctan2(forward[1], forward[0]) + rng.uniform(-0.75, 0.75) * half
        flat = eye[:2] + distance * np.array([np.cos(turn), np.sin(turn)])
        floor = float(ground.height(flat[None], 0.3)[0])
        level = ground.water_level
        yaw = (
            rng.uniform(0, 2 * np.pi)
            if animals.where == "ground"
            else turn + rng.choice([-1.0, 1.0]) * rng.uniform(0.9, 2.2)
        )
        normal, tilt = np.array([[0.0, 0.0, 1.0]]), 0.0
        if animals.where == "ground":
            slope = float(ground.slope(flat[None], 1.0)[0])
            wet = level is not None and floor < level + 0.1 and not _below(scene)
            if slope > 0.7 or wet:
                continue
            height, tilt = floor, 1.0
            step = max(0.5 * size, 0.1)
            rise = [(ground.height((flat + way * step)[None], 0.2) - ground.height((flat - way * step)[None], 0.2))[0] / (2 * step)
                    for way in np.eye(2)]  # fmt: skip
            normal = np.array([[-rise[0], -rise[1], 1.0]])
            normal /= np.linalg.norm(normal)
        elif animals.where == "air":
            height = eye[2] + distance * np.tan(np.radians(rng.uniform(2, 20)))
            if height < floor + 1.0 + size:
                continue
        else:
            height = eye[2] + distance * np.tan(np.radians(rng.uniform(-14, 14)))
            if level is None or not floor + 0.4 + 0.5 * size < height < level - 0.5 - 0.5 * size:
                continue
        target = np.array([*flat, height + (0.5 * size if animals.where == "ground" else 0.0)])
        if _hidden(ground, eye, target):
            continue
        return upright(np.array([[*flat, height]]), np.array([yaw]), np.ones(1), normal, tilt)[0]
    return None


def _below(scene: Scene) -> bool:
    return scene.ground.water_level is not None and bool((scene.way.eyes[:, 2] < scene.ground.water_level).all())


def _hidden(ground, eye: np.ndarray, target: np.ndarray) -> bool:
    """Whether the ground stands between an eye and a point."""
    share = np.linspace(0.05, 0.97, 24)[:, None]
    points = eye + (target - eye) * share
    return bool((ground.height(points[:, :2], 0.5) > points[:, 2]).any())


def _put(site, animals: Animals, asset: Asset, spec, matrix: np.ndarray, scene: Scene, rng) -> None:
    import bpy
    from mathutils import Matrix

    from .creatures.armature import creature_object
    from .creatures.rig import velocity

    if asset.rig is None:
        obj = asset_object(site, animals.generator, asset)
        obj.matrix_world = Matrix(matrix.tolist())
        moves = asset.pose is not None and scene.frames > 1
        site.link(obj, asset.kind, "life.animals", moves=moves)
        if moves:
            site.laws.append((obj, lambda seconds: dataclasses.replace(asset.mesh, vertices=asset.pose(seconds))))
        return
    cycle = animals.cycle if animals.cycle in asset.rig.cycles else next(iter(asset.rig.cycles))
    # Each is at a moment of its own: its keys begin some frames before the sequence does.
    before = 1 + int(rng.integers(max(round(asset.rig.period[cycle] * RATE), 1)))
    frames = scene.frames + before + 2
    materials = [dressed(site, surface) for surface in asset.surfaces]
    armature, bodies = creature_object(asset, cycle, frames, RATE, materials, animals.generator, start=-before)
    stand = bpy.data.objects.new(f"{animals.generator} stand", None)
    stand.empty_display_size = 0.2
    gone = np.eye(4)
    gone[:3, 3] = -velocity(asset.rig, cycle) * before / RATE
    stand.matrix_world = Matrix((matrix @ gone).tolist())
    armature.parent = stand
    for obj in (armature, *bodies):
        for collection in list(obj.users_collection):
            collection.objects.unlink(obj)
    for obj in (stand, armature):
        site.collection.objects.link(obj)
        obj["part_of"] = "life.animals"
    for body in bodies:
        site.link(body, asset.kind, "life.animals", moves=True)
    if scene.frames == 1 and "fur" in asset.mesh.attributes:
        phase = before / RATE / asset.rig.period[cycle] % 1.0
        fur = _fur(site, asset, spec, cycle, phase, bodies[0])
        if fur is not None:
            fur.parent, fur.location = stand, (velocity(asset.rig, cycle) * before / RATE).tolist()
            site.collection.objects.link(fur)


def _fur(site, asset: Asset, spec, cycle: str, phase: float, body):
    """The strands of an animal's fur in its pose, as a part of its body; a sequence shows its coat without them."""
    from ..assets import Surface
    from ..blender import curves_object
    from .creatures.fur import fur_strands
    from .creatures.rig import skinned
    from .site import OBJECT_ID

    strands, radii, colours = fur_strands(asset, spec, FUR, vertices=skinned(asset, cycle, phase))
    if not len(strands):
        return None
    opaque = np.concatenate([colours, np.ones((len(colours), 1))], 1)
    fur = curves_object(
        f"{body.name} fur", strands, radii.reshape(-1), part=0.0, curve_attributes={"colour": ("FLOAT_COLOR", opaque)}
    )
    fur.data.materials.append(dressed(site, Surface("fur", painted=True)))
    fur["part_of"], fur["class"], fur[OBJECT_ID] = "life.animals", asset.kind, body[OBJECT_ID]
    site.objects.append(fur)
    return fur
