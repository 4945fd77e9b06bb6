"""Write an avatar without a trained model: planes of squared coordinates and a decoder set by hand.

python tools/make_avatar.py OUT.avatar.safetensors [--shape sphere|head] [--resolution 128]
"""

import argparse
from pathlib import Path

import numpy as np

from simulacra.addon.avatar.format import Avatar, Meta, write_avatar

BOX = 0.60  # m
CHANNELS, WIDTH = 32, 64
RADIUS = 0.15  # m, of the sphere
DENSITY = 400.0  # 1/m, inside the head
LEVEL = 200.0  # 1/m
SHARPNESS = 4.0  # of an ellipsoid's mask, per unit of its quadric; a colour's edge is 6 times sharper

SKIN, HAIR, LIPS = (0.86, 0.68, 0.58), (0.23, 0.14, 0.09), (0.72, 0.36, 0.35)
WHITE, IRIS, PUPIL, CLOTH = (0.95, 0.94, 0.92), (0.28, 0.46, 0.60), (0.04, 0.04, 0.05), (0.20, 0.30, 0.45)
# Ellipsoids in metres, the face towards -y: centre, half axes.
SOLID = {
    "skull": ((0.0, 0.012, 0.030), (0.076, 0.094, 0.092)), "face": ((0.0, -0.022, -0.025), (0.064, 0.070, 0.092)),
    "jaw": ((0.0, -0.036, -0.078), (0.044, 0.048, 0.040)), "nose": ((0.0, -0.096, -0.022), (0.012, 0.018, 0.020)),
    "bridge": ((0.0, -0.088, 0.004), (0.008, 0.012, 0.028)), "mouth": ((0.0, -0.082, -0.066), (0.024, 0.012, 0.010)),
    "left ear": ((0.077, 0.016, -0.008), (0.011, 0.020, 0.032)), "right ear": ((-0.077, 0.016, -0.008), (0.011, 0.020, 0.032)),
    "neck": ((0.0, 0.020, -0.150), (0.055, 0.055, 0.110)), "chest": ((0.0, 0.030, -0.270), (0.195, 0.085, 0.090)),
    "left eye": ((0.030, -0.078, 0.008), (0.016, 0.014, 0.011)), "right eye": ((-0.030, -0.078, 0.008), (0.016, 0.014, 0.011)),
}  # fmt: skip
HAIR_SHELL = ((0.0, 0.024, 0.044), (0.088, 0.100, 0.096))
HAIR_CUT = ((0.0, -0.100, -0.022), (0.071, 0.082, 0.090))  # where no hair grows: the face
# Colour in nested order: region, centre, half axes, its colour, the colour it lies on.
PAINT = (
    ((0.030, -0.089, 0.008), (0.017, 0.012, 0.0075), WHITE, SKIN), ((-0.030, -0.089, 0.008), (0.017, 0.012, 0.0075), WHITE, SKIN),
    ((0.030, -0.092, 0.008), (0.0066, 0.012, 0.0066), IRIS, WHITE), ((-0.030, -0.092, 0.008), (0.0066, 0.012, 0.0066), IRIS, WHITE),
    ((0.030, -0.092, 0.008), (0.003, 0.012, 0.003), PUPIL, IRIS), ((-0.030, -0.092, 0.008), (0.003, 0.012, 0.003), PUPIL, IRIS),
    ((0.0, -0.092, -0.066), (0.023, 0.014, 0.0085), LIPS, SKIN),
    ((0.030, -0.090, 0.029), (0.019, 0.060, 0.0040), HAIR, SKIN), ((-0.030, -0.090, 0.029), (0.019, 0.060, 0.0040), HAIR, SKIN),
    ((0.0, 0.030, -0.270), (0.215, 0.110, 0.108), CLOTH, SKIN),
)  # fmt: skip


def sphere(resolution: int = 64, radius: float = RADIUS, box: float = BOX, colour=SKIN) -> Avatar:
    """A sphere as a signed distance, (|p|² - r²) / 2r: its surface is that of the true one, where its slope is 1."""
    planes = _quadrics([((0, 0, 0), (1, 1, 1))], resolution, box, 1)
    weight = np.array([[1 / (2 * radius)], [0], [0], [0]], np.float32)
    bias = np.array([-radius / 2, *_logit(colour)], np.float32)
    return Avatar(planes, ((weight, bias),), _meta(box, 0.0, "sdf", "a sphere"))


def head(resolution: int = 128) -> Avatar:
    """A head with hair, eyes, brows, nose, lips and a shirt, as a density: 32 channels and 4 layers of 64."""
    regions = [*SOLID.values(), HAIR_SHELL, HAIR_CUT, *((centre, axes) for centre, axes, *_ in PAINT)]
    solid, count = len(SOLID), len(regions)
    planes = _quadrics(regions, resolution, BOX, CHANNELS)
    # Two units a region make a ramp from 0 outside to 1 inside: relu(s (1 - q) + 1/2) - relu(s (1 - q) - 1/2).
    first, bias = np.zeros((WIDTH, CHANNELS), np.float32), np.zeros(WIDTH, np.float32)
    for region in range(count):
        slope = SHARPNESS if region < solid + 2 else 6 * SHARPNESS
        first[[2 * region, 2 * region + 1], region] = -slope
        bias[[2 * region, 2 * region + 1]] = slope + 0.5, slope - 0.5
    mask = np.zeros((count, WIDTH), np.float32)
    mask[np.arange(count), 2 * np.arange(count)] = 1
    mask[np.arange(count), 2 * np.arange(count) + 1] = -1
    hair = mask[solid] - mask[solid + 1]
    second, third = np.zeros((WIDTH, WIDTH), np.float32), np.zeros((WIDTH, WIDTH), np.float32)
    second[:count] = mask
    second[count] = hair  # relu: the shell without the face
    third[:count, :count] = np.eye(count)
    third[count : count + 3, count] = 1, 4, 4  # how much hair, and a steeper ramp for its colour
    third_bias = np.zeros(WIDTH, np.float32)
    third_bias[count + 2] = -1
    last = np.zeros((4, WIDTH), np.float32)
    last[0, :solid] = DENSITY
    last[0, count] = DENSITY
    last[1:, count + 1] = _logit(HAIR) - _logit(SKIN)
    last[1:, count + 2] = -last[1:, count + 1]
    for index, (_, _, colour, under) in enumerate(PAINT):
        last[1:, solid + 2 + index] = _logit(colour) - _logit(under)
    zeros = np.zeros(WIDTH, np.float32)
    ends = np.array([0, *_logit(SKIN)], np.float32)
    decoder = ((first, bias), (second, zeros), (third, third_bias), (last, ends))
    return Avatar(planes, decoder, _meta(BOX, LEVEL, "relu", "a head with brown hair and blue eyes"))


def cube(density: float, colour=(0.0, 0.0, 0.0), box: float = BOX) -> Avatar:
    """A cube of one density in 1/m and one colour."""
    weight, bias = np.zeros((4, 1), np.float32), np.array([density, *colour], np.float32)
    meta = Meta(box, (0.0, 0.0, 0.0), density / 2, density="relu", colour="linear", prompt="a cube")
    return Avatar(np.zeros((3, 1, 4, 4), np.float32), ((weight, bias),), meta)


def _meta(box: float, level: float, density: str, prompt: str) -> Meta:
    notes = {"prompt": prompt, "licence": "CC0-1.0", "generator": "tools/make_avatar.py"}
    return Meta(box, (0.0, 0.0, 0.0), level, density=density, **notes)


def _quadrics(regions, resolution: int, box: float, channels: int) -> np.ndarray:
    """Planes whose sum is, per region, ((x - cx) / a)² + ((y - cy) / b)² + ((z - cz) / c)²."""
    place = ((np.arange(resolution) + 0.5) / resolution - 0.5) * box
    planes = np.zeros((3, channels, resolution, resolution), np.float32)
    for index, (centre, axes) in enumerate(regions):
        x, y, z = (((place - c) / a) ** 2 for c, a in zip(centre, axes, strict=True))
        planes[0, index] = (x[None, :] + y[:, None]) / 2  # width x, height y
        planes[1, index] = (x[None, :] + z[:, None]) / 2
        planes[2, index] = (y[None, :] + z[:, None]) / 2
    return planes


def _logit(colour) -> np.ndarray:
    colour = np.asarray(colour, np.float64)
    return np.log(colour / (1 - colour))


def main() -> None:
    """Write the file that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the file, NAME.avatar.safetensors")
    parser.add_argument("--shape", choices=("sphere", "head"), default="head")
    parser.add_argument("--resolution", type=int, default=128, help="texels along a plane's edge")
    options = parser.parse_args()
    write_avatar(options.out, {"sphere": sphere, "head": head}[options.shape](options.resolution))


if __name__ == "__main__":
    main()
