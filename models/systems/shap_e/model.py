"""A trained Shap-E: a latent of words or of a view, and the field that it writes, as a volume and as a surface."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput, Unfinished
from ...core.cameras import Cameras
from ...core.checkpoint import load_model, read_trained
from ...core.one_thing import read_thing
from ...core.progress import Progress, counting
from ...core.thing_attributes import EXTENT
from ...diffusion.conditioning import Cond
from ...diffusion.guidance import guided
from ...diffusion.points import PointTransformer
from ...diffusion.samplers import ddim
from ...fields.mesh import Mesh, MeshConfig, extract, stretched
from ...fields.render import render_image
from ...fields.written import LatentEncoder, Written, WrittenNetwork, part_size
from ...kinds.thing import Turned
from ...vision import vlm as vlms
from ...vision.latents import Centred
from ...vision.thing_captions import say
from ...vision.thing_prompts import read
from ...vision.thing_sizes import Sizes
from ..request import Request
from .config import Config

SYSTEM = "shap_e"


class Placed(nn.Module):
    """The transformer of latents (B, W, T): a token's place says which row it writes, so it is told."""

    def __init__(self, config: Config):
        super().__init__()
        self.net = PointTransformer(config.net)
        self.place = nn.Parameter(torch.randn(1, config.written.token, config.written.tokens) * 0.5)

    def forward(self, x: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        return self.net(x + self.place, t, cond)


class ShapE(nn.Module):
    """All networks of the system; build it by ``load``, or by training.

    ``half`` is a thing's half side in metres where nothing tells; ``distance`` and ``field_of_view`` are of the views that it
    learned from, ``fill`` is the share of a view's edge that things cover.
    """

    def __init__(self, config: Config, vlm: vlms.VLM, half: float, distance: float, field_of_view: float, fill: float):
        super().__init__()
        self.config, self.vlm, self.half, self.fill = config, vlm, half, fill
        self.distance, self.field_of_view = distance, field_of_view
        self.told, self.sizes = Centred(vlm.config.embedding), Sizes()
        self.fields = nn.ModuleDict({
            "encoder": LatentEncoder(config.encoder, part_size(config.encoder.patch), config.written),
            "network": WrittenNetwork(config.written),
        })  # fmt: skip
        self.spread = Spread(config.written.tokens, config.written.token)
        self.prior = Placed(config)

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds; the image-text model has a folder of its own."""
        return {name: getattr(self, name) for name in ("told", "sizes", "fields", "spread", "prior")}

    def written(self, latents: Tensor) -> Written:
        """The fields of latents (B, T, W)."""
        return self.fields["network"].written(latents)

    def condition(self, text: str = "", picture: Tensor | None = None) -> Cond:
        """What is told of a sentence, of a picture (3, S, S), or of neither, which is the same as a condition that was dropped."""
        embedding = torch.zeros(1, self.vlm.config.embedding)
        if text:
            embedding = self.told(self.vlm.encode_text([text]))
        grid = torch.zeros(1, 1 + (self.config.size // 8) ** 2, self.config.vlm_width)
        if picture is not None:
            grid = self.vlm.look(picture[None])
        return Cond(vec=embedding, tokens=grid)

    @torch.no_grad()
    def latents(
        self, cond: Cond, noise: Tensor, guidance: float, steps: int, progress: Progress | None = None
    ) -> Tensor:
        """Latents (B, T, W) that noise (B, W, T) becomes under a condition."""
        config = self.config
        made = ddim(guided(self.prior, cond, scale=guidance), config.process, noise, min(steps, config.process_steps),
                    callback=counting(progress, "latent"))  # fmt: skip
        return self.spread.back(made.transpose(1, 2)).clamp(-1, 1)

    def views(self, latents: Tensor, cameras: Cameras, size: int) -> Tensor:
        """Pictures (V, 3, size, size) in [-1, 1] of the volume of one latent (T, W)."""
        return render_image(self.written(latents[None]).volume, cameras, size)

    @torch.no_grad()
    def mesh(self, latents: Tensor) -> Mesh:
        """The closed, textured surface of one latent (T, W); raises Unfinished where it has none."""
        field = self.written(latents[None]).surface
        how = MeshConfig(self.config.grid, "sdf", self.config.skin, self.config.keep, self.config.texture)
        try:
            return extract(field, how)
        except BadInput as error:
            raise Unfinished(
                f"{SYSTEM}: the latent has no surface ({error}); another seed, or a longer training, has one"
            ) from None

    @torch.no_grad()
    def generate(self, request: Request, progress: Progress | None = None) -> Turned:
        """Make one thing of a prompt, a photograph or a seed; raises BadInput for a photograph that shows nothing."""
        config, reading = self.config, read(request.prompt)
        guidance = config.guidance if request.guidance is None else request.guidance
        picture = read_thing(request.photo, config.size, self.fill, progress)[:3] if request.photo is not None else None
        text = say(reading.attributes) if request.prompt else ""
        noise = torch.randn(
            1, config.written.token, config.written.tokens, generator=torch.Generator().manual_seed(request.seed)
        )
        told = bool(text) or picture is not None
        (latent,) = self.latents(
            self.condition(text, picture), noise, guidance if told else 1.0, request.steps or config.steps, progress
        )

        def views(cameras: Cameras, size: int) -> Tensor:
            return self.views(latent, cameras, size)

        @cache
        def mesh() -> Mesh:
            made = self.mesh(latent)
            return stretched(made, EXTENT) if "size" in reading.attributes else made

        return Turned(views, mesh, self.sizes.of(reading, self.half), self.distance, self.field_of_view)

    @torch.no_grad()
    def sample_views(self, count: int, cameras: Cameras, size: int, generator: torch.Generator) -> Tensor:
        """Pictures (count, V, 3, size, size) in [-1, 1] of things made from nothing."""
        config = self.config
        noise = torch.randn(count, config.written.token, config.written.tokens, generator=generator)
        cond = self.condition().each(lambda value: value.expand(count, *value.shape[1:]))
        return torch.stack([self.views(one, cameras, size) for one in self.latents(cond, noise, 1.0, config.steps)])


class Spread(nn.Module):
    """The mean and the deviation (T, W) of things' latents: what is diffused is about the one and of the other."""

    def __init__(self, tokens: int, token: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(tokens, token))
        self.register_buffer("deviation", torch.ones(tokens, token))

    def measure(self, latents: Tensor) -> None:
        """Take them from latents (N, T, W); what hardly differs is not blown up."""
        deviation, mean = torch.std_mean(latents, 0, correction=0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp(min=0.1 * float(deviation.square().mean().sqrt())).clamp(min=1e-4))

    def forward(self, latents: Tensor) -> Tensor:
        return (latents - self.mean) / self.deviation

    def back(self, spread: Tensor) -> Tensor:
        """The latents that these are the numbers of."""
        return spread * self.deviation + self.mean


def load(folder: Path) -> ShapE:
    """Read a trained Shap-E; raises BadInput where the folder holds another system or is damaged."""
    config, numbers = read_trained(folder, SYSTEM, Config(), "half", "distance", "field_of_view", "fill")
    vlm = vlms.load(Path(folder) / "vlm")
    return load_model(folder, SYSTEM, lambda: ShapE(config, vlm, *numbers), ShapE.parts)
