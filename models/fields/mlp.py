"""Fields that are one network: sines whose layers a style modulates (pi-GAN), and a feature field (GIRAFFE)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.layers import FourierFeatures
from ..core.settings import setting

FREQUENCY = 30.0  # of every sine at the start


@dataclass(frozen=True)
class SirenConfig:
    """A FiLM-SIREN; published are a width of 256 and a depth of 8."""

    width: int = 32
    depth: int = 3
    frequency: float = FREQUENCY


def _uniform(layer: nn.Linear, limit: float) -> nn.Linear:
    nn.init.uniform_(layer.weight, -limit, limit)
    nn.init.uniform_(layer.bias, -limit, limit)
    return layer


class FilmSiren(nn.Module):
    """Points (B, N, 3) under frequencies and phases (B, depth + 1, width) to density (B, N) and colour (B, N, 3) in 0…1.

    Layer l is sin(frequency_l * (W x + b) + phase_l); the last one also reads the direction of view (B, N, 3) and
    gives the colour alone (pi-GAN, arXiv 2012.00926). The weights are drawn from +-sqrt(6 / fan in) / frequency, which
    keeps the activations' distribution through any depth (SIREN, arXiv 2006.09661).
    """

    def __init__(self, config: SirenConfig):
        super().__init__()
        self.config = config
        width, limit = config.width, math.sqrt(6 / config.width) / config.frequency
        first = [_uniform(nn.Linear(3, width), 1 / 3)]
        self.layers = nn.ModuleList(first + [_uniform(nn.Linear(width, width), limit) for _ in range(config.depth - 1)])
        self.view = _uniform(nn.Linear(width + 3, width), limit)
        # Densities of a few per box unit from the start: with hidden weights' range all would be a thin fog.
        self.density, self.colour = _uniform(nn.Linear(width, 1), limit * 5), _uniform(nn.Linear(width, 3), limit)

    @property
    def modulated(self) -> tuple[int, int]:
        """Layers that a style modulates, and their width."""
        return self.config.depth + 1, self.config.width

    def activations(self, points: Tensor, frequencies: Tensor, phases: Tensor) -> list[Tensor]:
        """What each layer gives (B, N, width), the view's layer left out."""
        found, values = [], points
        for index, layer in enumerate(self.layers):
            values = torch.sin(frequencies[:, index, None] * layer(values) + phases[:, index, None])
            found.append(values)
        return found

    def forward(self, points: Tensor, directions: Tensor, frequencies: Tensor, phases: Tensor) -> tuple[Tensor, Tensor]:
        values = self.activations(points, frequencies, phases)[-1]
        density = F.softplus(self.density(values)[..., 0] * self.config.frequency)
        seen = self.view(torch.cat([values, directions], -1))
        seen = torch.sin(frequencies[:, -1, None] * seen + phases[:, -1, None])
        return density, (self.colour(seen) * self.config.frequency).sigmoid()


class FilmMapping(nn.Module):
    """Latents (B, L) to frequencies and phases (B, layers, width): near ``frequency`` and 0 at the start."""

    def __init__(self, latent: int, modulated: tuple[int, int], width: int = 64, depth: int = 3,
                 frequency: float = FREQUENCY):  # fmt: skip
        super().__init__()
        sizes = [latent] + [width] * depth
        hidden = [part for a, b in zip(sizes, sizes[1:], strict=False) for part in (nn.Linear(a, b), nn.LeakyReLU(0.2))]
        last = nn.Linear(width, 2 * modulated[0] * modulated[1])
        for layer in hidden:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, a=0.2)
                nn.init.zeros_(layer.bias)
        # A standard deviation of about 1/2 for both outputs: phases differ, and frequencies by a quarter.
        nn.init.normal_(last.weight, std=0.5 / math.sqrt(width))
        nn.init.zeros_(last.bias)
        self.net = nn.Sequential(*hidden, last)
        self.modulated, self.frequency = modulated, frequency

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        frequencies, phases = self.net(latents).unflatten(1, (2, *self.modulated)).unbind(1)
        return self.frequency * (1 + frequencies / 2), phases


@dataclass(frozen=True)
class FeatureFieldConfig:
    """GIRAFFE's field of an object; published are 8 layers of 128, 10 octaves, codes of 256 and 128 features."""

    shape: int = setting(32, "numbers that say an object's shape")
    appearance: int = setting(32, "numbers that say its colours")
    width: int = setting(48, "channels of hidden layers")
    depth: int = setting(3, "hidden layers")
    octaves: int = setting(4, "octaves of Fourier features of the place")
    features: int = setting(16, "channels of what is rendered")


class FeatureField(nn.Module):
    """Points (B, N, 3) in [-1, 1] with codes (B, S), (B, A) to density (B, N) and features (B, N, F).

    The shape alone decides the density; features read the appearance too (GIRAFFE, arXiv 2011.12100). Without its
    direction of view.
    """

    def __init__(self, config: FeatureFieldConfig):
        super().__init__()
        self.config = config
        self.embed = FourierFeatures(3, config.octaves)
        self.enter, self.shape = nn.Linear(self.embed.width, config.width), nn.Linear(config.shape, config.width)
        self.layers = nn.ModuleList(nn.Linear(config.width, config.width) for _ in range(config.depth - 1))
        self.density, self.look = nn.Linear(config.width, 1), nn.Linear(config.width, config.width)
        self.appearance, self.out = nn.Linear(config.appearance, config.width), nn.Linear(config.width, config.features)

    def forward(self, points: Tensor, shape: Tensor, appearance: Tensor) -> tuple[Tensor, Tensor]:
        values = F.relu(self.enter(self.embed(points)) + self.shape(shape)[:, None])
        for layer in self.layers:
            values = F.relu(layer(values))
        density = F.softplus(self.density(values)[..., 0])
        return density, self.out(F.relu(self.look(values) + self.appearance(appearance)[:, None]))
