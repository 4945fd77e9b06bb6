"""Turntables: cameras once around the box."""

from __future__ import annotations

import torch

from ...datagen.errors import BadInput
from ..core.cameras import Cameras, orbit

DISTANCE, FIELD_OF_VIEW = 4.0, 30.0  # box units, degrees: the whole box is seen


def turntable_cameras(frames: int, elevation: float = 5.0) -> Cameras:
    """Cameras evenly around the box [-1, 1]^3, the first in front of the face."""
    if frames < 1:
        raise BadInput(f"turntable: {frames} pictures are not allowed; allowed is 1 or more")
    azimuths = torch.arange(frames) * (360.0 / frames)
    return orbit(azimuths, torch.full_like(azimuths, elevation), DISTANCE, FIELD_OF_VIEW)
