"""Dragging what our generators made: handles on a picture of any of them, and on the surface of GET3D's things (Drag3D)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ..core.cameras import Cameras
from ..core.progress import Progress
from ..core.style_layers import blur
from ..fields.triplane import sample_planes
from ..fields.view_generator import ViewGenerator
from ..gan.drag import DragConfig, Dragged, drag, read_picture
from ..surfaces.closest import closest

if TYPE_CHECKING:
    from .get3d import GET3D

BLURS = (1.0, 2.0, 4.0)  # px: what is far from a handle pulls at it through the wider ones
VOXEL = 1 / 64  # box units, the unit of a drag in space: Drag3D's is about 1 / 256 for planes eight times as fine
MM = 1000  # in a metre


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


def pulled(
    model: GET3D,
    styles: Tensor,  # (1, 2S)
    drags: Sequence[tuple[float, ...]],  # places x, y, z and where they should go, in metres
    config: DragConfig,
    progress: Progress | None = None,
) -> Tensor:
    """Styles (1, 2S) of a thing that was dragged in metres, which tells how far each handle ended from its target.

    Warns of those that have not arrived, and of handles that are farther off the surface than what is moved with them. Raises BadInput for places outside the
    box of half side ``model.half``.
    """
    tell = progress or (lambda event: None)
    for place in (row[at : at + 3] for row in drags for at in (0, 3)):
        if max(map(abs, place)) > model.half:
            raise BadInput(f"drag: {_said(place)} is outside the box of this run's things; allowed is -{model.half:g} to "
                           f"{model.half:g} m along each axis")  # fmt: skip
    handles, targets = (torch.tensor(drags) / model.half).to(styles).split(3, 1)
    with torch.no_grad():
        nearest = closest(*model.shapes(styles)[0], handles)
    for row, there, off in zip(drags, nearest, (handles - nearest).norm(dim=1).tolist(), strict=True):
        if off > config.patch * VOXEL:
            message = f"drag: {_said(row[:3])} is {off * model.half * MM:.1f} mm off the surface, which is nearest at "
            tell({"event": "warning", "message": message + _said((there * model.half).tolist())})
    done = drag_surface(model, styles, handles, targets, config,
                        callback=lambda done, steps, _: tell({"stage": "drag", "done": done, "total": steps}))  # fmt: skip
    away = ((done.handles - targets).norm(dim=1) * model.half * MM).tolist()
    for row, left in zip(drags, away, strict=True):
        begun = math.dist(row[:3], row[3:]) * MM
        message = f"drag: {_said(row[:3])} ended {left:.1f} mm from {_said(row[3:])}, of {begun:.1f} mm, after {done.steps} steps"
        tell({"event": "warning" if left > config.near * VOXEL * model.half * MM else "note", "message": message})
    return done.latents


def _said(place: Sequence[float]) -> str:
    return ",".join(f"{value:.4g}" for value in place)
