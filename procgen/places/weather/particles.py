"""What falls and flies: rain, snow, dust and leaves in a box around the eye, in closed form over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...geometry.mesh import Mesh, merged
from ...params import child
from .snowflake import Snowflake, crystal
from .spec import Weather, wind

SHUTTER = 1 / 45  # seconds that a streak of rain lasts
# Number in a cubic metre at amount 1, speed of fall in m/s (lowest, highest), share of the wind that carries it.
KINDS = {
    "rain": (5.0, 5.0, 9.0, 0.8), "snow": (12.0, 0.6, 1.5, 0.9), "dust": (12.0, 0.0, 0.06, 1.0), "leaves": (0.2, 0.8, 1.6, 0.75),
}  # fmt: skip
NEAREST = 0.5  # metres before the eye that stay free
HIDDEN = ("rain", "snow", "dust")  # labels look through these


class Particles(NamedTuple):
    """Places (n, 3), velocities (n, 3) without flutter, flutter (n, 3) metres about the straight path, sizes (n,), metres."""

    places: np.ndarray
    velocities: np.ndarray
    flutter: np.ndarray
    sizes: np.ndarray


def _sizes(kind: str, rng, count: int) -> np.ndarray:
    median, spread = {"rain": (0.0022, 0.25), "snow": (0.011, 0.4), "dust": (0.0012, 0.5), "leaves": (0.07, 0.3)}[kind]
    return median * np.exp(rng.normal(0, spread, count))


def move_particles(weather: Weather, box, eye, seconds: float, settled: float | None = None) -> Particles:
    """What is in a box (3,) metres around the eye (3,) at a time: each goes straight, flutters, and comes in again on the
    other side where it leaves the box; the box moves with the eye and what is in it does not. From the moment ``settled``
    (seconds) on nothing comes in again, so that a sequence shows the same particles throughout."""
    kind = weather.precipitation
    if kind == "none":
        return Particles(*(np.zeros((0, 3)) for _ in range(3)), np.zeros(0))
    box, eye = np.asarray(box, float), np.asarray(eye, float)
    most, slow, fast, carried = KINDS[kind]
    count = max(int(most * weather.amount * np.prod(box)), 1)
    rng = child(weather.seed, "particles")
    start = rng.random((count, 3)) * box
    sizes = _sizes(kind, rng, count)
    fall = rng.uniform(slow, fast, count) if kind != "rain" else slow + (fast - slow) * np.clip(sizes / 0.0036, 0, 1)
    velocities = carried * wind(weather) - fall[:, None] * [0, 0, 1.0]
    velocities = velocities + rng.normal(0, 0.04, (count, 3)) * (weather.wind_speed + 0.5)
    swing = {"rain": 0.0, "snow": 0.12, "dust": 0.2, "leaves": 0.35}[kind]
    rate, phase = rng.uniform(0.6, 2.2, (count, 3)), rng.uniform(0, 2 * np.pi, (count, 3))
    flutter = swing * np.sin(rate * seconds + phase) * [1, 1, 0.3]
    low = eye - box / 2
    moment = seconds if settled is None else settled
    places = low + np.mod(start + velocities * moment - low, box) + velocities * (seconds - moment)
    return Particles(places, velocities, flutter, sizes)


def _turns(rng, count: int, seconds: float, speed: float) -> np.ndarray:
    """Rotations (n, 3, 3) that tumble about axes of their own (Rodrigues)."""
    axis = rng.normal(size=(count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = rng.uniform(0, 2 * np.pi, count) + rng.normal(0, speed, count) * seconds
    x, y, z = axis.T
    zero = np.zeros(count)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).reshape(-1, 3, 3)
    c, s = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    return np.eye(3) * c + s * cross + (1 - c) * axis[:, :, None] * axis[:, None, :]


def _placed(shape: Mesh, turns, sizes, places) -> Mesh:
    """Copies of a shape of the size one."""
    moved = np.einsum("nij,vj->nvi", turns, shape.vertices) * sizes[:, None, None] + places[:, None]
    count, vertices = len(places), len(shape.vertices)
    shift = (np.arange(count) * vertices)[:, None, None]
    faces = np.where(shape.faces[None] < 0, -1, shape.faces[None] + shift)
    attributes = {
        name: np.tile(values, (count,) + (1,) * (values.ndim - 1)) for name, values in shape.attributes.items()
    }
    attributes["number"] = np.repeat(np.arange(count), vertices)
    return Mesh(moved.reshape(-1, 3), faces.reshape(-1, 4), 0, attributes, np.tile(shape.smooth, count))


def _streaks(places, velocities, sizes) -> Mesh:
    """Three-sided prisms along the fall, pointed at both ends: drops blurred by the shutter."""
    count = len(places)
    speed = np.linalg.norm(velocities, axis=1, keepdims=True)
    along = velocities / speed
    across = np.cross(along, [0.37, 0.93, 0.0])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    other = np.cross(along, across)
    angle = np.arange(3) * 2 * np.pi / 3
    ring = np.cos(angle)[:, None] * across[:, None] + np.sin(angle)[:, None] * other[:, None]
    ring = ring * (sizes[:, None, None] / 2)
    length = speed * SHUTTER
    middle = places[:, None] + ring
    points = np.concatenate([(places - along * length / 2)[:, None], middle, (places + along * length / 2)[:, None]], 1)
    i, j = np.arange(3), (np.arange(3) + 1) % 3
    none = np.full(3, -1)
    faces = np.concatenate(
        [np.stack([np.zeros(3, int), 1 + j, 1 + i, none], 1), np.stack([np.full(3, 4), 1 + i, 1 + j, none], 1)]
    )
    shift = (np.arange(count) * 5)[:, None, None]
    faces = np.where(faces[None] < 0, -1, faces[None] + shift)
    return Mesh(points.reshape(-1, 3), faces.reshape(-1, 4), attributes={"number": np.repeat(np.arange(count), 5)})


HEXAGON = Mesh(
    np.stack([np.cos(np.arange(6) * np.pi / 3), np.sin(np.arange(6) * np.pi / 3), np.zeros(6)], 1) / 2,
    [[0, 1, 2, 3], [0, 3, 4, 5]], smooth=False,
)  # fmt: skip
GRAIN = Mesh(
    np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]) / 3.0, [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
)


def _leaf() -> Mesh:
    """A leaf folded along its midrib, the size one from stalk to tip."""
    along = np.array([0.0, 0.18, 0.5, 0.8, 1.0])
    width = np.array([0.02, 0.2, 0.27, 0.15, 0.0])
    rib = np.stack([along - 0.5, np.zeros(5), -0.1 * np.sin(np.pi * along)], 1)
    edges = [rib + np.stack([np.zeros(5), side * width, 0.35 * width], 1) for side in (1, -1)]
    faces = [[i, i + 1, 6 + i, 5 + i] for i in range(4)] + [[i + 1, i, 10 + i, 11 + i] for i in range(4)]
    return Mesh(np.concatenate([rib, *edges]), faces)


def particles(weather: Weather, box, eye, seconds: float = 0.0, settled: float | None = None) -> Mesh:
    """What is in the air as a mesh: streaks, flakes, grains or leaves; the same time gives the same mesh. With ``settled``
    seconds it is the mesh of that moment gone on: the same vertices.

    Attributes: ``number`` of the particle; of leaves also ``iid`` (1…n) and ``colour`` (n, 3), linear.
    """
    kind = weather.precipitation
    moving = move_particles(weather, box, eye, seconds, settled)
    places, sizes = moving.places + moving.flutter, moving.sizes
    first = moving if settled is None else move_particles(weather, box, eye, settled)
    free = np.linalg.norm(first.places + first.flutter - eye, axis=1) > NEAREST + 10 * sizes
    number = np.nonzero(free)[0]
    if not len(number):
        return Mesh(np.zeros((0, 3)), np.zeros((0, 4)))
    rng = child(weather.seed, "shape")
    count = len(places)
    if kind == "rain":
        mesh = _streaks(places[free], moving.velocities[free], sizes[free])
    else:
        turns = _turns(rng, count, seconds, {"snow": 1.2, "dust": 2.0, "leaves": 3.0}[kind])[free]
        shape = {"snow": HEXAGON, "dust": GRAIN, "leaves": _leaf()}[kind]
        mesh = _placed(shape, turns, sizes[free], places[free])
        if kind == "snow" and settled is None:
            mesh = _with_crystals(weather, mesh, turns, sizes[free], places[free], eye)
    attributes = dict(mesh.attributes)
    attributes["number"] = number[attributes["number"].astype(int)]
    if kind == "leaves":
        colours = np.array(
            [[0.30, 0.10, 0.02], [0.42, 0.22, 0.03], [0.16, 0.07, 0.02], [0.30, 0.04, 0.015], [0.14, 0.15, 0.03]]
        )
        own = colours[rng.integers(len(colours), size=count)] * rng.uniform(0.7, 1.2, (count, 1))
        attributes["iid"] = attributes["number"] + 1
        attributes["colour"] = own[attributes["number"].astype(int)]
    return Mesh(mesh.vertices, mesh.faces, 0, attributes, mesh.smooth)


def _with_crystals(weather: Weather, mesh: Mesh, turns, sizes, places, eye) -> Mesh:
    """Flakes within two metres of the eye as crystals: farther off nobody could tell."""
    near = np.linalg.norm(places - eye, axis=1) < 2.0
    if not near.any():
        return mesh
    keep = ~np.repeat(near, 2)
    far = Mesh(mesh.vertices, mesh.faces[keep], 0, mesh.attributes, mesh.smooth[keep])
    flake = Snowflake(kind="dendrite", diameter=0.01, branches=4, spread=0.7, core=0.15, seed=weather.seed)
    shape = crystal(flake, 0.3)
    shape = Mesh(shape.vertices / 0.01, shape.faces, smooth=False)
    close = _placed(shape, turns[near], sizes[near], places[near])
    numbers = np.nonzero(near)[0][close.attributes["number"].astype(int)]
    return merged([far, Mesh(close.vertices, close.faces, 0, {"number": numbers}, close.smooth)])


def build_particles(weather: Weather, box, eye, seconds: float = 0.0):
    """Build what is in the air as an object, or None where the air is empty."""
    import bpy

    from ...blender import mesh_object

    mesh = particles(weather, box, eye, seconds)
    if not len(mesh.faces):
        return None
    kind = weather.precipitation
    triangles = (mesh.faces[:, 3] < 0).all()
    mixed = not triangles and (mesh.faces[:, 3] < 0).any()
    faces = [face[face >= 0] for face in mesh.faces] if mixed else mesh.faces[:, : 3 if triangles else 4]
    given = {"colour": ("FLOAT_VECTOR", "POINT"), "iid": ("INT", "POINT")}
    attributes = {name: (*given[name], mesh.attributes[name]) for name in given if name in mesh.attributes}
    obj = mesh_object(kind.title(), mesh.vertices, faces, part=0.0, attributes=attributes, smooth=kind == "leaves")
    obj.data.materials.append(_material(kind))
    obj["part_of"] = "weather"
    if kind in HIDDEN:
        obj["label_hidden"] = True
        obj.visible_shadow = False
    bpy.context.scene.collection.objects.link(obj)
    return obj


def _material(kind: str):
    from ...blender import new_material
    from ...nodes.shader import Nodes

    material, tree = new_material(kind.title())
    g = Nodes(tree)
    if kind == "leaves":
        colour = g.attribute("colour")
        body = g.add(
            "ShaderNodeBsdfPrincipled", {"Base Color": colour, "Roughness": 0.6, "Specular IOR Level": 0.3}
        ).out()
        lit = g.add("ShaderNodeBsdfTranslucent", {"Color": colour}).out()
        g.surface(g.add("ShaderNodeMixShader", {0: 0.35, 1: body, 2: lit}).out())
        return material
    tint = {"rain": (0.9, 0.93, 1.0), "snow": (0.92, 0.94, 0.97), "dust": (0.55, 0.42, 0.26)}[kind]
    # Drops and flakes scatter light from all sides: half towards the eye, half through.
    front = g.add("ShaderNodeBsdfDiffuse", {"Color": tint}).out()
    behind = g.add("ShaderNodeBsdfTranslucent", {"Color": tint}).out()
    light = g.add("ShaderNodeMixShader", {0: 0.5, 1: front, 2: behind}).out()
    clear = {"rain": 0.72, "snow": 0.1, "dust": 0.3}[kind]
    through = g.add("ShaderNodeBsdfTransparent", {"Color": (1, 1, 1)}).out()
    g.surface(g.add("ShaderNodeMixShader", {0: clear, 1: light, 2: through}).out())
    return material
