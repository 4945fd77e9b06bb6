"""Indoor surroundings: studio set-ups, a window's light, and furnished rooms."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .lamps import Lamp
from .panorama import Panorama, noise

# Key azimuth and elevation in degrees, key size in metres, fill and rim relative to the key: the classic portrait set-ups.
STUDIO = {
    "loop": (38, 32, 0.8, 0.30, 0.35),
    "rembrandt": (52, 42, 0.7, 0.16, 0.30),
    "butterfly": (4, 48, 0.7, 0.35, 0.25),
    "split": (86, 12, 0.8, 0.10, 0.25),
    "broad": (-42, 28, 1.0, 0.35, 0.15),
    "clamshell": (6, 36, 1.1, 0.60, 0.20),
    "rim": (150, 30, 0.8, 0.55, 0.9),
    "high_key": (25, 25, 1.6, 0.80, 0.10),
}


def blackbody(kelvin: float) -> np.ndarray:
    """Relative linear sRGB (3,) of a Planckian radiator, luminance one; Planck's law at three wavelengths."""
    wavelength = np.array([0.610, 0.549, 0.464]) * 1e-6
    value = wavelength**-5 / np.expm1(0.014387769 / (wavelength * kelvin))
    white = wavelength**-5 / np.expm1(0.014387769 / (wavelength * 6504.0))
    colour = value / white
    return colour / (colour @ np.array([0.2126, 0.7152, 0.0722]))


def direction(azimuth: float, elevation: float) -> np.ndarray:
    """Unit vector from degrees: azimuth from where the person looks (-y) to the person's left, elevation up."""
    a, e = np.radians([azimuth, elevation])
    return np.array([np.cos(e) * np.sin(a), -np.cos(e) * np.cos(a), np.sin(e)])


def _hue(rng: Generator, saturation: float, value: float) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi)
    colour = 1 + saturation * np.cos(angle + np.array([0, 2.094, 4.189]))
    return np.maximum(colour * value, 0.003)


def studio(light, rng: Generator):
    """A painted or paper backdrop with a pool of light, and key, fill and rim lamps."""
    panorama = Panorama()
    azimuth, elevation, size, fill, rim = STUDIO[light.studio]
    azimuth = azimuth * light.key_side
    white = blackbody(light.warmth)
    value = rng.choice([0.02, 0.06, 0.16, 0.38, 0.7], p=[0.22, 0.28, 0.22, 0.16, 0.12])
    if light.studio == "high_key":
        value = 0.9
    paint = _hue(rng, rng.choice([0.06, 0.25, 0.6], p=[0.3, 0.45, 0.25]), value)
    second = paint * (0.35 + 0.4 * rng.random(3))
    pool = direction(180 + rng.uniform(-14, 14), rng.uniform(-14, 10))
    width = rng.uniform(0.25, 0.6)
    seed = int(rng.integers(1 << 30))

    def shade(rays):
        mottle = noise(rays * rng.uniform(4, 7), seed, 5)[..., None]
        spot = np.exp(-((1 - rays @ pool.astype(np.float32)) / width**2))[..., None]
        wall = (paint * mottle + second * (1 - mottle)) * (0.25 + 1.1 * spot)
        behind = np.clip(rays[..., 1:2] * 2.5 + 0.6, 0.12, 1)  # the room in front of the set is dim
        return wall * behind * white

    panorama.backdrop(shade)
    strips = rng.integers(0, 3)
    for _ in range(strips):  # soft boxes seen only as catch lights
        panorama.light(direction(rng.uniform(-70, 70), rng.uniform(0, 50)), 0.12, 6 * white)
    key = Lamp(direction(azimuth, elevation), 3.0 * white, size * light.key_size, 1.5)
    lamps = [key]
    # The fill is a wide, weak source on the other side; the rim stands behind, high.
    lamps.append(Lamp(direction(-azimuth * 0.7 - 5, 5), 3.0 * fill * white, 1.8, 2.0))
    rim_colour = white if rng.random() < 0.75 else blackbody(rng.uniform(2600, 9000))
    if rim > 0.2:
        lamps.append(Lamp(direction(180 - np.sign(azimuth + 0.1) * rng.uniform(25, 55), rng.uniform(20, 45)),
                          2.4 * rim * rim_colour, 0.4, 1.5))  # fmt: skip
    return panorama, lamps, 0.012


def tent(light, rng: Generator):
    """A photographer's light tent: soft light from all sides, so that no view is in the dark; asked for, never drawn."""
    panorama = Panorama()
    white = blackbody(light.warmth)
    front = direction(light.key_side * light.key_azimuth, light.key_elevation).astype(np.float32)

    def shade(rays):
        return (0.75 + 0.25 * rays[..., 2:] + 0.15 * (rays @ front)[..., None]) * white

    panorama.backdrop(shade)
    return panorama, [], 0.0


def _wall(colour, second, seed: int, kind: int):
    def shade(points, normals):
        grain = 0.92 + 0.16 * noise(points * 6, seed, 2)[:, None]
        flat = np.where(np.abs(normals[:, :1]) > 0.5, points[:, 1:2], points[:, :1])
        if kind == 1:  # panelling
            grain = grain * np.where((flat % 0.6) < 0.04, 0.6, 1.0)
        elif kind == 2:  # brick
            row = np.floor(points[:, 2:] / 0.075)
            joint = ((points[:, 2:] % 0.075) < 0.012) | (((flat + 0.11 * (row % 2)) % 0.22) < 0.014)
            grain = grain * np.where(
                joint, 1.35, 0.8 + 0.4 * noise(np.concatenate([row, flat // 0.22], 1), seed, 1)[:, None]
            )
        elif kind == 3:  # two colours
            return np.where(points[:, 2:] < -0.4, second, colour) * grain
        return colour * grain

    return shade


def room(light, rng: Generator):
    """A living room or office: walls, furniture, pictures, lamps, a window."""
    panorama = Panorama()
    half = np.array([rng.uniform(1.8, 3.2), rng.uniform(2.0, 4.2)])
    wall = _hue(rng, 0.03 + 0.22 * rng.random() ** 2, rng.uniform(0.25, 0.7)) * (1.04, 1.0, 0.94)
    floor = np.array([0.25, 0.15, 0.08]) * rng.uniform(0.5, 1.5)
    seed = int(rng.integers(1 << 30))
    kind = int(rng.integers(0, 4))
    if kind == 2:
        wall = np.array([0.38, 0.17, 0.10]) * rng.uniform(0.7, 1.3)
    white = blackbody(light.warmth)
    window = direction(light.key_side * light.key_azimuth, light.key_elevation * 0.5)

    def glow(points):  # light falls off from the window into the room
        toward = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6)
        return (0.22 + 0.55 * np.clip(0.5 - 0.5 * toward @ window, 0, 1))[:, None]

    _inside(panorama, half, 1.15, wall, floor, _wall(wall, _hue(rng, 0.3, 0.3), seed, kind), glow, white)
    for _ in range(int(rng.integers(9, 20))):
        _furniture(panorama, rng, half, glow, white)
    for _ in range(int(rng.integers(1, 4))):
        toward = direction(rng.uniform(110, 250), rng.uniform(-8, 22))
        panorama.light(toward, rng.uniform(0.015, 0.05), rng.uniform(2.5, 7) * blackbody(rng.uniform(2500, 3300)))
    panorama.light(window, 0.35, 4.5 * white)
    lamps = [Lamp(window, 2.3 * white, 1.1 * light.key_size, 1.7)]
    if rng.random() < 0.5:
        lamps.append(Lamp(direction(rng.uniform(120, 240), rng.uniform(10, 50)), 1.0 * blackbody(2900), 0.4, 1.6))
    return panorama, lamps, 0.011


def _inside(panorama: Panorama, half, ceiling: float, wall, floor, paper, glow, white) -> None:
    rays = panorama.rays
    with np.errstate(divide="ignore"):
        across = (half[0] / np.abs(rays[..., 0]), half[1] / np.abs(rays[..., 1]))
        up = np.where(rays[..., 2] > 0, ceiling, -1.55) / rays[..., 2]
    distance = np.minimum(np.minimum(*across), up)
    points = (rays * distance[..., None]).reshape(-1, 3)
    normals = np.zeros_like(points)
    normals[:, 0] = (np.abs(np.abs(points[:, 0]) - half[0]) < 1e-3) * 1.0
    normals[:, 1] = (np.abs(np.abs(points[:, 1]) - half[1]) < 1e-3) * 1.0
    colour = paper(points, normals)
    ceilings = points[:, 2] > ceiling - 1e-3
    colour[ceilings] = 0.75
    below = points[:, 2] < -1.549
    plank = 0.7 + 0.6 * noise(np.stack([np.floor(points[below, 0] / 0.12), points[below, 1] * 0.7], 1), 5, 2)[:, None]
    colour[below] = floor * plank
    panorama.radiance[:] = (colour * glow(points) * white).reshape(panorama.radiance.shape)
    panorama.distance[:] = distance


def _furniture(panorama: Panorama, rng: Generator, half, glow, white) -> None:
    """A shelf of books, a picture, a plant, a cupboard or a curtain against a wall."""
    wall = rng.integers(0, 4)
    side = np.array([[1, 0], [-1, 0], [0, 1], [0, 1]])[wall]
    along = rng.uniform(-0.9, 0.9) * half[::-1] @ np.abs(side)
    depth = rng.uniform(0.1, 0.4)
    place = side * (half - depth) + np.array([side[1], side[0]]) * along
    kind = rng.choice(["picture", "shelf", "cupboard", "plant", "curtain", "sofa"])
    colour = _hue(rng, 0.05 + 0.55 * rng.random() ** 2, rng.uniform(0.08, 0.5)) * (1.08, 0.98, 0.88)
    seed = int(rng.integers(1 << 30))
    turn = 0.0 if side[1] else np.pi / 2

    def plain(points, normals):
        lift = 0.7 + 0.3 * normals[:, 2:] + 0.2 * noise(points * 5, seed, 2)[:, None]
        return colour * lift * glow(points + np.append(place, 0)) * white

    def books(points, normals):
        cell = np.stack(
            [np.floor((points[:, 0] + 0.008 * np.sin(points[:, 0] * 40)) / 0.031), np.floor(points[:, 2] / 0.32)], 1
        )
        tint = np.stack([noise(cell * 3.7 + 11 * k, seed + k, 1) for k in range(3)], 1) ** 2 * 0.6
        tint = (0.30 * tint + 0.70 * tint.mean(1, keepdims=True)) * np.array([1.10, 0.97, 0.86])
        gap = (points[:, 2:] % 0.32) < 0.03
        return np.where(gap, 0.02, tint) * glow(points + np.append(place, 0)) * white

    def painting(points, normals):
        tint = np.stack([noise(points[:, [0, 2]] * 5 + 7 * k, seed + k, 4) for k in range(3)], 1)
        return (0.15 * colour + tint**1.6 * 0.8) * glow(points + np.append(place, 0)) * white

    if kind == "picture":
        panorama.box(
            (*place, rng.uniform(-0.1, 0.5)), (rng.uniform(0.15, 0.5), 0.02, rng.uniform(0.15, 0.4)), turn, painting
        )
    elif kind == "shelf":
        panorama.box((*place, 0), (rng.uniform(0.4, 0.9), 0.14, rng.uniform(0.5, 1.1)), turn, books)
    elif kind == "cupboard":
        panorama.box((*place, -0.8), (rng.uniform(0.4, 0.9), 0.22, rng.uniform(0.5, 0.9)), turn, plain)
    elif kind == "sofa":
        panorama.box((*(place * 0.85), -1.2), (rng.uniform(0.7, 1.1), 0.4, 0.4), turn, plain)
    elif kind == "curtain":
        panorama.box((*place, 0), (rng.uniform(0.2, 0.5), 0.05, 1.2), turn,
                     lambda p, n: plain(p, n) * (0.65 + 0.35 * np.sin(p[:, :1] * 45)))  # fmt: skip
    else:
        leaf = np.array([0.05, 0.13, 0.03]) * rng.uniform(0.7, 1.6)
        for _ in range(7):
            spot = np.append(place * 0.9, rng.uniform(-0.7, 0.2)) + rng.normal(0, 0.16, 3)
            panorama.ball(spot, rng.uniform(0.1, 0.22),
                          lambda n: leaf * (0.5 + 1.2 * noise(n * 8, seed, 2)[:, None]) * white * 0.7,
                          lambda n: noise(n * 9, seed + 1, 2) > 0.48)  # fmt: skip


def window(light, rng: Generator):
    """A dim room beside one large window: soft light from the side that falls off fast."""
    panorama, _, _ = room(light, rng)
    panorama.radiance *= 0.35
    white = blackbody(max(light.warmth, 5200))
    toward = direction(light.key_side * max(light.key_azimuth, 35), 10)
    panorama.light(toward, 0.45, 6 * white)
    return panorama, [Lamp(toward, 3.2 * white, 1.4 * light.key_size, 1.4)], 0.011
