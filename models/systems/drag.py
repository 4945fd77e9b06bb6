"""Dragging what our generators made: handles on a picture of any of them, and on the surface of GET3D's things (Drag3D)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..core.cameras import Cameras
from ..core.style_layers import blur
from ..fields.triplane import sample_planes
from ..fields.view_generator import ViewGenerator
from ..gan.drag import DragConfig, Dragged, drag, read_picture

if TYPE_CHECKING:
    from .get3d import GET3D

BLURS = (1.0, 2.0, 4.0)  # px: what is far from a handle pulls at it through the wider ones
VOXEL = 1 / 64  # box units, the unit of a drag in space: Drag3D's is about 1 / 256 for planes eight times as fine


def drag_picture(
    model: ViewGenerator,
    latents: Tensor,  # (1, L)
    camera: Cameras,  # one
    handles: Tensor,  # (N, 2) in pixels, x then y
    targets: Tensor,  # (N, 2)
    size: int,
    config: DragConfig | None = None,
    free: Tensor | None = None,  # bool (size, size): what may change; all of it where none is given
    callback=None,
) -> Dragged:
    """Latents (1, L) whose picture of a size, through a camera, has the handles' surroundings at the targets.

    Features are the picture itself and blurred ones, which every generator of ours has.
    """

    def look(values: Tensor):
        picture = model.scene(values)(camera, size)
        return read_picture(torch.cat([picture, *(blur(picture, sigma) for sigma in BLURS)], 1))

    held = None if free is None else (~free).nonzero().flip(1).to(handles) + 0.5
    return drag(
        look, latents, handles, targets, 1.0, config, held if held is not None and len(held) else None, callback
    )


def drag_surface(
    model: GET3D,
    styles: Tensor,  # (1, 2S)
    handles: Tensor,  # (N, 3) in box units
    targets: Tensor,  # (N, 3)
    config: DragConfig | None = None,
    held: Tensor | None = None,  # (K, 3): where the surface is to stay
    callback=None,
) -> Dragged:
    """Styles (1, 2S) of which the shape's half has the surface around the handles at the targets; colours keep theirs.

    Features are what the shape's planes have in space, and the distance that they say there, in voxels.
    """
    shape, colour = styles.chunk(2, 1)

    def look(values: Tensor):
        planes = model.shape_planes(values)

        def read(places: Tensor) -> Tensor:
            features = sample_planes(planes, places[None])
            return torch.cat([features, model.decoded(planes, places[None])[0][..., None] / VOXEL], -1)[0]

        return read

    done = drag(look, shape, handles, targets, VOXEL, config or DragConfig(), held, callback)
    return done._replace(latents=torch.cat([done.latents, colour], 1))
