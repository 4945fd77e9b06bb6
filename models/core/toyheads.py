"""Cartoon people from signed distances: exact pictures, depth, normals and parts from any camera, without Blender.

They stand in for rendered people in tests and in long runs on a GPU; the person's left ear is red, so that a mirrored
picture shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ...procgen.people.parts import PART
from .attributes import ATTRIBUTES
from .cameras import Cameras, camera_rays, orbit
from .toyfeatures import add_beard, add_brows, add_eyes, add_glasses, add_hair, add_hat, add_mouth, add_shirt
from .toyshapes import Shapes, Solids, trace

SKINS = ((0.98, 0.84, 0.74), (0.93, 0.74, 0.60), (0.78, 0.57, 0.42), (0.58, 0.39, 0.27), (0.42, 0.28, 0.20))
HAIR = {"black": (0.09, 0.08, 0.09), "brown": (0.36, 0.22, 0.13), "blond": (0.90, 0.74, 0.38), "red": (0.72, 0.27, 0.10),
        "grey": (0.72, 0.73, 0.75)}  # fmt: skip
DYED = ((0.20, 0.45, 0.85), (0.30, 0.65, 0.35), (0.90, 0.40, 0.65), (0.50, 0.30, 0.75))
IRISES = ((0.30, 0.18, 0.10), (0.20, 0.42, 0.68), (0.28, 0.48, 0.26), (0.38, 0.42, 0.45))
CLOTHES = ((0.80, 0.22, 0.20), (0.18, 0.38, 0.66), (0.16, 0.50, 0.40), (0.92, 0.70, 0.20), (0.42, 0.26, 0.55),
           (0.25, 0.27, 0.32), (0.90, 0.90, 0.88))  # fmt: skip
RED_EAR = (0.90, 0.08, 0.08)
WRINKLES = {"young": 0.0, "adult": 0.15, "middle-aged": 0.55, "old": 1.0}
DISTANCE, FIELD_OF_VIEW = (
    4.0,
    32.0,
)  # box units and degrees: what toy_people's cameras see is a little more than the box
LIGHTS = (((-0.45, -0.75, 0.5), 0.42), ((0.8, -0.35, 0.2), 0.16))
AMBIENT = 0.60
BLOCK = 1 << 13  # rays at once: what stays in the processor's cache is traced faster


@dataclass(frozen=True, eq=False)
class ToyHead:
    """One cartoon person in box units: solids, and what is painted on them."""

    attributes: dict[str, str]
    solids: Solids
    hair: tuple[float, float, float]
    iris: tuple[float, float, float]
    eyes: tuple[tuple[float, ...], ...]  # the centre and radius of the right and the left one
    mouth: tuple[float, ...]  # the middle of the lips
    stripes: float  # of the shirt, for each unit of height; 0 for none
    phase: float  # of the strands of hair

    def sdf(self, points: Tensor) -> Tensor:
        """The signed distance (N,) of points (N, 3), negative inside; exact where it is 0."""
        return self.solids.distance(points)

    def normals(self, points: Tensor) -> Tensor:
        """Outward unit normals (N, 3) at points (N, 3) of the surface."""
        return self.solids.normals(points)

    def look(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """The class uint8 (N,) and the unlit colour (N, 3) in 0…1 of points (N, 3) of the surface."""
        index = self.solids.nearest(points)
        colour = self.solids.colours[index].clone()
        for paint in set(self.solids.paints) - {"plain"}:
            chosen = torch.tensor([p == paint for p in self.solids.paints])[index]
            if chosen.any():
                colour[chosen] = getattr(self, f"_paint_{paint}")(points[chosen], colour[chosen])
        return self.solids.parts[index], colour.clamp(0, 1)

    def shade(self, points: Tensor) -> Tensor:
        """The lit colour (N, 3) in 0…1 of points (N, 3) of the surface; the same from every side."""
        normals = self.normals(points)
        light = torch.full_like(points[:, :1], AMBIENT)
        for towards, strength in LIGHTS:
            towards = torch.nn.functional.normalize(torch.tensor(towards), dim=0)
            light = light + strength * (normals @ towards).clamp(min=0)[:, None]
        open_air = (self.sdf(points + 0.05 * normals) / 0.05).clamp(0, 1)[:, None]  # less where something is close
        return (self.look(points)[1] * light * (0.65 + 0.35 * open_air)).clamp(0, 1)

    def _paint_skin(self, points: Tensor, colour: Tensor) -> Tensor:
        x, y, z = points.unbind(1)
        front = y < 0
        wrinkles = WRINKLES[self.attributes["age"]]
        blush = _bump((x.abs() - 0.21) / 0.10) * _bump((z + 0.10) / 0.08) * front
        colour = _mix(colour, (0.88, 0.42, 0.38), 0.30 * blush * (1 - 0.6 * wrinkles))
        colour = _mix(colour, (0.70, 0.68, 0.66), torch.full_like(x, 0.22 * wrinkles))
        lines = _bump(((z - 0.30) % 0.055 - 0.0275) / 0.008) * ((z > 0.27) & (z < 0.43) & (x.abs() < 0.2))
        fold = _bump((x.abs() - 0.13 - 0.35 * (-0.12 - z)) / 0.012) * ((z < -0.10) & (z > -0.26))
        bag = _bump((torch.hypot(x.abs() - 0.155, z - 0.045) - 0.12) / 0.010) * (z < 0.02)
        colour = _mix(
            colour, (0.30, 0.18, 0.14), 0.55 * wrinkles * torch.maximum(torch.maximum(lines, fold), bag) * front
        )
        if self.attributes["beard"] == "stubble":
            away = torch.hypot((x - self.mouth[0]) / 0.15, (z - self.mouth[2]) / 0.055)
            chin = torch.sigmoid((-0.12 + 0.45 * (y + 0.1) - z) / 0.02) * torch.sigmoid((away - 1) / 0.1)
            colour = _mix(colour, tuple(0.6 * c for c in self.hair), 0.42 * chin * (z > -0.52))
        return colour

    def _paint_hair(self, points: Tensor, colour: Tensor) -> Tensor:
        angle = torch.atan2(points[:, 0], points[:, 1] - 0.05)
        strands = torch.sin(23 * angle + 2 * points[:, 2] + self.phase) * torch.sin(11 * angle - self.phase)
        return colour * (1 + 0.16 * strands[:, None]) + 0.025 * strands[:, None]

    def _paint_eye(self, points: Tensor, colour: Tensor) -> Tensor:
        eyes = torch.tensor(self.eyes)
        eye = eyes[(points[:, 0] > 0).long()]
        x, z = ((points[:, [0, 2]] - eye[:, [0, 2]]) / eye[:, 3:]).unbind(1)
        front = points[:, 1] < eye[:, 1]
        away = torch.hypot(x, z + 0.05)
        colour = _mix(colour, self.iris, ((away < 0.58) & front).float())
        colour = _mix(colour, (0.03, 0.03, 0.04), ((away < 0.30) & front).float())
        return _mix(colour, (1.0, 1.0, 1.0), ((torch.hypot(x + 0.2, z - 0.2) < 0.15) & front).float())

    def _paint_teeth(self, points: Tensor, colour: Tensor) -> Tensor:
        arc = self.mouth[2] - 0.012 + 3.6 * points[:, 0].square()
        return _mix(colour, (0.97, 0.96, 0.92), (points[:, 2] > arc).float())

    def _paint_shirt(self, points: Tensor, colour: Tensor) -> Tensor:
        if not self.stripes:
            return colour
        return _mix(colour, (0.95, 0.94, 0.90), (torch.sin(self.stripes * points[:, 2]) > 0.25).float())


def _bump(values: Tensor) -> Tensor:
    return torch.exp(-values.square())


def _mix(colour: Tensor, other: tuple[float, ...], share: Tensor) -> Tensor:
    return colour + share[:, None] * (torch.tensor(other, dtype=torch.float32) - colour)


def draw_attributes(rng: np.random.Generator) -> dict[str, str]:
    """One value of each of ATTRIBUTES: beards for men, white hair and baldness more often with age."""
    drawn = {name: str(rng.choice(values)) for name, values in ATTRIBUTES.items()}
    turn = rng.random(3)
    if drawn["gender"] == "woman":
        drawn["beard"] = "none"
        if drawn["hair_length"] == "bald" and turn[0] < 0.8:
            drawn["hair_length"] = "long"
    if drawn["age"] == "old" and turn[1] < 0.5:
        drawn["hair_colour"] = "grey"
    if drawn["headwear"] == "hat" and turn[2] < 0.4:
        drawn["headwear"] = "none"
    return drawn


def toy_head(rng: np.random.Generator, attributes: dict[str, str] | None = None) -> ToyHead:
    """A cartoon person with these attributes, or with drawn ones; all else is drawn."""
    attributes = {**draw_attributes(rng), **(attributes or {})}
    for name, value in attributes.items():
        if value not in ATTRIBUTES.get(name, ()):
            raise BadInput(
                f"{name}: {value} is not allowed; allowed are {', '.join(ATTRIBUTES.get(name, ('no such name',)))}"
            )
    man, age = attributes["gender"] == "man", attributes["age"]
    size, tone, dye, iris, shirt, hat = rng.random(3), rng.random(3), *rng.random(4)
    skin = np.array(
        [np.interp(tone[0] * (len(SKINS) - 1), range(len(SKINS)), plane) for plane in zip(*SKINS, strict=True)]
    )
    hair = np.array(HAIR.get(attributes["hair_colour"], _one_of(DYED, dye))) * (0.9 + 0.2 * tone[1])
    width = (0.37 if man else 0.345) * (0.95 + 0.10 * size[0])
    long = (0.36 if man else 0.34) * (0.94 + 0.12 * size[1]) * (0.95 if age == "young" else 1.0)
    shapes = Shapes()
    face, neck = (PART["skin"], "skin", tuple(skin)), (PART["neck"], "skin", tuple(skin))
    shapes.ellipsoid(face, (0, 0.04, 0.16), (width, 0.41, 0.39), blend=True)
    shapes.ellipsoid(face, (0, -0.07, -0.12), (width * (0.86 if man else 0.78), 0.32, long), blend=True)
    shapes.ellipsoid(face, (0, -0.26, -0.08 - 0.9 * long), (0.12 if man else 0.07, 0.09, 0.07), blend=True)
    for side in (-1, 1):
        shapes.ellipsoid(face, (side * 0.17, -0.23, -0.08), (0.13, 0.13, 0.12), blend=True)
    shapes.capsule(neck, (0, 0.06, -0.25), (0, 0.10, -0.9), 0.175 if man else 0.13, blend=True)
    bare = shapes.freeze()  # the face without its features, which are set onto it

    def on(x: float, z: float, out: float = 0.0) -> tuple[float, float, float]:
        far = trace(bare, torch.tensor([[float(x), -1.0, float(z)]]), torch.tensor([[0.0, 1.0, 0.0]]))
        return float(x), float(far) - 1 - out, float(z)

    nose = PART["nose"], "skin", tuple(skin * [1, 0.95, 0.94])
    bridge, tip = on(0, 0.07, 0.005), on(0, -0.07, 0.06 + 0.02 * size[2])
    shapes.capsule(nose, bridge, tip, 0.030, blend=True)
    shapes.ellipsoid(nose, tip, (0.058 + 0.012 * man, 0.055, 0.048), blend=True)
    for side, name, colour in ((-1, "right", tuple(skin * [0.98, 0.9, 0.88])), (1, "left", RED_EAR)):
        ear = PART[f"{name}_ear"], "plain", colour
        shapes.ellipsoid(ear, (side * (width + 0.045), 0.05, 0.03), (0.065, 0.085, 0.125))
    eyes = add_eyes(shapes, on, skin, 0.080 if age == "young" else 0.074, man)
    add_brows(shapes, on, hair, man)
    mouth = add_mouth(shapes, on, skin, man, attributes["expression"] == "smile")
    add_beard(shapes, on, attributes["beard"], hair, width, long, mouth)
    add_hair(shapes, attributes["hair_length"], hair, width, rng.random(3), attributes["headwear"] == "hat")
    add_glasses(shapes, attributes["glasses"], eyes, width, on, rng.random())
    if attributes["headwear"] == "hat":
        add_hat(shapes, _one_of(CLOTHES, hat), width, rng.random() < 0.5)
    add_shirt(shapes, _one_of(CLOTHES, shirt), man)
    stripes, phase = rng.choice([0.0, 0.0, 60.0]), rng.random() * 6
    return ToyHead(
        attributes, shapes.freeze(), tuple(hair), _one_of(IRISES, iris), eyes, mouth, float(stripes), float(phase)
    )


def _one_of(values: tuple, share: float):
    return values[int(share * len(values))]


@dataclass(frozen=True, eq=False)
class ToyViews:
    """What V cameras see: rgba uint8 (V, 4, H, W), depth (V, H, W) with 0 for nothing, parts and normals likewise."""

    rgba: Tensor
    depth: Tensor
    parts: Tensor
    normals: Tensor  # (V, 3, H, W) in the box's axes


def view(head: ToyHead, cameras: Cameras, height: int, width: int) -> ToyViews:
    """Pictures and labels, all exact at the pixels' centres; edges are not smoothed."""
    points, seen, depth = _surface(head, cameras, height, width)
    shape = len(cameras.c2w), height, width
    pixels, normals = torch.zeros(*seen.shape, 4), torch.zeros(*seen.shape, 3)
    parts = torch.zeros(seen.shape, dtype=torch.uint8)
    if len(points):
        blocks = points.split(BLOCK)
        colours = torch.cat([head.shade(block) for block in blocks])
        pixels[seen] = torch.cat([colours, torch.ones(len(points), 1)], 1)
        parts[seen] = torch.cat([head.look(block)[0] for block in blocks])
        normals[seen] = torch.cat([head.normals(block) for block in blocks])
    rgba = (pixels * 255).round().to(torch.uint8).reshape(*shape, 4).permute(0, 3, 1, 2).contiguous()
    return ToyViews(
        rgba, depth.reshape(shape), parts.reshape(shape), normals.reshape(*shape, 3).permute(0, 3, 1, 2).contiguous()
    )


def toy_depth(head: ToyHead, cameras: Cameras, height: int, width: int) -> Tensor:
    """The depth (V, H, W) along each camera's optical axis in box units, 0 where nothing is."""
    return _surface(head, cameras, height, width)[2].reshape(-1, height, width)


def _surface(head: ToyHead, cameras: Cameras, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """The points (M, 3) that are seen, where they are seen (V * H * W,), and the depth there."""
    origins, directions = (rays.reshape(-1, 3) for rays in camera_rays(cameras, height, width))
    blocks = zip(origins.split(BLOCK), directions.split(BLOCK), strict=True)
    along = torch.cat([trace(head.solids, *block) for block in blocks])
    seen = along.isfinite()
    axis = cameras.c2w[:, :3, 2].repeat_interleave(height * width, 0)
    depth = torch.where(seen, along * (directions * axis).sum(1), torch.zeros(()))
    return (origins + along[:, None] * directions)[seen], seen, depth


def toy_cameras(views: int, rng: np.random.Generator) -> Cameras:
    """Cameras all around a head, the first one straight ahead, the others spread evenly with some jitter."""
    turn = np.arange(views) / max(views, 1)
    azimuth = 360 * turn + rng.uniform(-0.3, 0.3, views) * 360 / max(views, 1)
    elevation = np.interp((np.arange(views) * 0.618034) % 1, [0, 1], [-15, 35]) + rng.uniform(-3, 3, views)
    azimuth[:1], elevation[:1] = 0, 0
    azimuth = (azimuth + 180) % 360 - 180
    return orbit(torch.tensor(azimuth), torch.tensor(elevation), DISTANCE, FIELD_OF_VIEW)
