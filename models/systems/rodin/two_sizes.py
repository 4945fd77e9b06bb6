"""What models share that make small planes, and large ones of these by an upsampler."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.cameras import Cameras, orbit
from ...core.data import People
from ...core.progress import Progress, counting
from ...diffusion.conditioning import Cond, augment
from ...diffusion.samplers import ddim
from ...fields.render import render_image
from ...fields.triplane import Decoder, TriplaneField, resize
from . import upsampler
from .config import TwoSizesConfig
from .planes import Statistics

NOISE = 0.1  # level of the noise that small planes get before they are upsampled
LOOKS = ((0.0, 4.0), (30.0, 4.0))  # azimuth and elevation in degrees of the pictures that candidates are compared by
LOOK_SIZE = 64  # pixels of those


class TwoSizes(nn.Module):
    """The decoder, the statistics of small and large planes, and the upsampler, which is told vectors of ``vector`` numbers.

    ``distance`` in box units and ``field_of_view`` in degrees are those of the pictures that it was trained on, ``half``
    is the box's half side in metres.
    """

    def __init__(self, config: TwoSizesConfig, vector: int, half: float, distance: float, field_of_view: float):
        super().__init__()
        fitting = config.fit
        self.config, self.vector = config, vector
        self.half, self.distance, self.field_of_view = half, distance, field_of_view
        self.decoder = Decoder(fitting.channels, fitting.width, fitting.depth, fitting.fourier)
        self.small = Statistics(fitting.channels, config.resolution)
        self.large = Statistics(fitting.channels, fitting.resolution)
        self.upsampler = upsampler.Upsampler(config, vector)

    @torch.no_grad()
    def upsampled(self, rolled: Tensor, told: Tensor | None, generator: torch.Generator,
                  progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Large planes (B, 3, C, R, R) of small rolled ones, told vectors (B, D) or none."""
        config = self.config
        level = rolled.new_full((len(rolled),), NOISE)
        spatial = augment(rolled, level, generator, upsampler.BLUR)
        vec = rolled.new_zeros(len(rolled), self.vector) if told is None else told
        keep = rolled.new_full((len(rolled),), float(told is not None))
        cond = Cond(vec=vec, spatial=spatial, keep=keep, level=level)
        noise = self._drawn(len(rolled), config.fit.resolution, generator)
        made = ddim(lambda x, t: self.upsampler(x, t, cond), upsampler.process_of(config), noise, config.upsampler_sampling,
                    callback=counting(progress, "upsampler"))  # fmt: skip
        return self.large.unroll(made)

    def noise(self, count: int, generator: torch.Generator) -> Tensor:
        """What small rolled planes (B, C, r, 3r) are sampled from."""
        return self._drawn(count, self.config.resolution, generator)

    def _drawn(self, count: int, size: int, generator: torch.Generator) -> Tensor:
        """Noise (B, C, R, 3R) that is the same wherever the networks are: it is drawn where the generator lives."""
        shape = count, self.config.fit.channels, size, 3 * size
        return torch.randn(shape, generator=generator, device=generator.device).to(self.device)

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return self.small.mean.device

    def front(self, looks=LOOKS) -> Cameras:
        """Cameras as the dataset's, at angles in degrees."""
        azimuths, elevations = torch.tensor(looks).T
        cameras = orbit(azimuths, elevations, self.distance, self.field_of_view)
        return Cameras(*(part.to(self.device) for part in cameras))

    def field(self, planes: Tensor) -> TriplaneField:
        """The field of planes (3, C, R, R) or (1, 3, C, R, R)."""
        return TriplaneField(planes if planes.dim() == 5 else planes[None], self.decoder)

    def enlarged_plainly(self, rolled: Tensor) -> Tensor:
        """Large planes (B, 3, C, R, R) of small rolled ones without the upsampler: blurred, and there at once."""
        return resize(self.small.unroll(rolled), self.config.fit.resolution)

    def looks(self, rolled: Tensor, angles=LOOKS) -> Tensor:
        """Quick pictures (B, K, 3, s, s) in [-1, 1] of small rolled planes, from azimuths and elevations in degrees."""
        planes = self.enlarged_plainly(rolled)
        return torch.stack([render_image(self.field(one), self.front(angles), LOOK_SIZE, 32, 16) for one in planes])

    def sample_planes(self, count: int, generator: torch.Generator) -> Tensor:
        """Large planes (B, 3, C, R, R) of people made from nothing."""
        raise NotImplementedError

    @torch.no_grad()
    def sample_views(self, count: int, cameras: Cameras, size: int, generator: torch.Generator) -> Tensor:
        """Pictures (B, V, 3, size, size) in [-1, 1] of people made from nothing."""
        made = [self.sample_planes(min(4, count - start), generator) for start in range(0, count, 4)]
        return torch.stack([render_image(self.field(one), cameras, size) for one in torch.cat(made)])


def rig_of(people: People) -> tuple[float, float]:
    """The cameras' distance in box units and their field of view in degrees, of the first person."""
    cameras = people[0].cameras
    distance = cameras.c2w[:, :3, 3].norm(dim=-1).mean()
    return float(distance), float(2 * torch.rad2deg(torch.atan(0.5 / cameras.intrinsics[0, 0, 0])))
