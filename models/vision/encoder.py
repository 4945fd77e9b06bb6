"""A portrait as a vector that generators are conditioned on, and the refusal of pictures without a face."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from .classifier import AttributeClassifier
from .convolutions import Trunk
from .portraits import CROP, focus
from .vlm import VLM

FACE = 0.5  # probability from which a picture counts as a face


@dataclass(frozen=True)
class EncoderConfig:
    """The encoder's shape: ``latent`` numbers come out."""

    latent: int = 128
    size: int = 64
    crop: float = CROP
    width: int = 32


class PortraitEncoder(nn.Module):
    """Pictures [-1, 1] (B, 3, H, H) in the framing of the people's views to latents (B, latent) of about unit variance.

    Small convolutions of its own see what no sentence says. With a picture-text model its frozen embedding is a second
    source, which lives in the space of sentences; the model is no part of the encoder's weights.
    """

    def __init__(self, config: EncoderConfig | None = None, vlm: VLM | None = None):
        super().__init__()
        self.config = c = config or EncoderConfig()
        self._vlm = (vlm.requires_grad_(False).eval(),) if vlm else ()  # in a tuple: saved and trained with nobody
        self.trunk = Trunk(c.width)
        own = 4 * c.width * (c.size // 16) ** 2
        self.head = nn.Linear(own + (vlm.config.embedding if vlm else 0), c.latent)
        self.norm = nn.LayerNorm(c.latent, elementwise_affine=False)

    def forward(self, images: Tensor) -> Tensor:
        found = self.trunk(focus(images, self.config.size, self.config.crop)).flatten(1)
        for vlm in self._vlm:
            embedded = vlm.encode_image(images) * vlm.config.embedding**0.5
            found = torch.cat([found, embedded], 1)
        return self.norm(self.head(found))


def square(photo: Tensor, size: int) -> Tensor:
    """The central square of a photo (3, H, W) at ``size`` pixels a side, (1, 3, size, size)."""
    if photo.ndim != 3 or photo.shape[0] != 3 or min(photo.shape[1:]) < 16:
        raise BadInput(f"photo: has shape {tuple(photo.shape)}; allowed are 3 channels of 16 pixels a side or more")
    side = min(photo.shape[1:])
    top, left = (photo.shape[1] - side) // 2, (photo.shape[2] - side) // 2
    photo = photo[None, :, top : top + side, left : left + side]
    return F.interpolate(photo, size=(size, size), mode="bilinear", antialias=side > size, align_corners=False)


def face_present(photo: Tensor, classifier: AttributeClassifier) -> bool:
    """Whether the middle of a photo (3, H, W) in [-1, 1] shows an upright face, near or as far as the people's views do.

    Learned from this generator's faces against pictures of none (see ``faceless``): a rough guard, not a face detector.
    """
    size = classifier.config.size
    near = square(photo, size)
    far = focus(square(photo, max(min(photo.shape[1:]), size)), size, classifier.config.crop)
    scores = classifier.logits(classifier.cropped(torch.cat([near, far])))["person"]
    return bool(scores.sigmoid().max() > FACE)


def require_face(photo: Tensor, classifier: AttributeClassifier) -> None:
    """Raise BadInput where a photo (3, H, W) shows no face."""
    with torch.no_grad():
        if not face_present(photo, classifier):
            raise BadInput(
                "photo: shows no face; allowed is a picture of one upright face from the front, in its middle"
            )
