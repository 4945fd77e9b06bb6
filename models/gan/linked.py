"""LinkGAN (arXiv 2301.04604): some axes of the styles change one region of a picture and nothing else."""

from __future__ import annotations

import torch
from torch import Tensor

from .regularizers import Context, Regularizer


class LinkGAN(Regularizer):
    """How much fakes change outside a region where the first ``axes`` of a style are another's, and inside it where the
    rest are, as mean squares over all pixels.

    The region is from ``left``, ``top`` to ``right``, ``bottom``, in shares of the side. It is 0 exactly where the two are
    decoupled.
    """

    name = "linkgan"

    def __init__(self, axes: int = 16, left: float = 0.25, top: float = 0.25, right: float = 0.75, bottom: float = 0.75,
                 outside: float = 1.0, inside: float = 1.0, every: int = 4):  # fmt: skip
        super().__init__(
            axes=axes, left=left, top=top, right=right, bottom=bottom, outside=outside, inside=inside, every=every
        )

    def region(self, size: int) -> Tensor:
        """1 inside and 0 outside (size, size)."""
        mask = torch.zeros(size, size)
        rows, columns = (
            (round(a * size), round(b * size)) for a, b in ((self.top, self.bottom), (self.left, self.right))
        )
        mask[slice(*rows), slice(*columns)] = 1
        return mask

    def generator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        styles = context.styles
        other = styles.roll(1, 0)  # of the same batch: the pictures differ in their styles alone
        linked = torch.arange(styles.shape[-1], device=styles.device) < self.axes
        noise = rng.get_state()

        def picture(values: Tensor) -> Tensor:
            rng.set_state(noise)
            return context.generator(values, context.cameras, context.images, rng)

        now = picture(styles)
        mask = self.region(now.shape[-1]).to(now)
        leaks = ((picture(torch.where(linked, other, styles)) - now) * (1 - mask)).square().mean()
        intrudes = ((picture(torch.where(linked, styles, other)) - now) * mask).square().mean()
        return self.outside * leaks + self.inside * intrudes
