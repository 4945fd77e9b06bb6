"""A trained Point-E: a view from words, a coarse cloud from the view, a fine one from both, and a surface through it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput, Unfinished
from ...core.cameras import Cameras
from ...core.checkpoint import load_model, read_trained
from ...core.one_thing import read_thing
from ...core.progress import Progress, counting
from ...core.thing_attributes import EXTENT, THING_ATTRIBUTES
from ...core.things import Things
from ...diffusion.conditioning import Cond, unconditional
from ...diffusion.guidance import guided
from ...diffusion.points import HALF_BOX, PointTransformer, from_cloud
from ...diffusion.samplers import ddim
from ...diffusion.unet import UNet
from ...fields.mesh import Mesh, MeshConfig, extract, stretched
from ...fields.point_surface import PointSurface
from ...kinds.mesh import PlacedMesh
from ...kinds.points import PointCloud, splatted
from ...vision import vlm as vlms
from ...vision.latents import Centred
from ...vision.thing_captions import say
from ...vision.thing_prompts import Reading, read
from ...vision.thing_sizes import Sizes
from ..request import Request
from .config import Config

SYSTEM = "point_e"


class Cloud(NamedTuple):
    """Points of one thing in box units: places (N, 3) and sRGB colours (N, 3) in 0…1."""

    places: Tensor
    colours: Tensor


class PointE(nn.Module):
    """All networks of the system; build it by ``load``, or by training.

    ``half`` is a thing's half side in metres where nothing tells, ``fill`` the share of a view's edge that things cover.
    """

    def __init__(self, config: Config, vlm: vlms.VLM, half: float, fill: float):
        super().__init__()
        embedding = vlm.config.embedding
        self.config, self.vlm, self.half, self.fill = config, vlm, half, fill
        self.told, self.sizes = Centred(embedding), Sizes()
        self.view = UNet(config.view_net(embedding))
        self.base, self.upsampler = PointTransformer(config.base_net), PointTransformer(config.dense_net)
        self.surface = PointSurface(config.surface_net)

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds; the image-text model has a folder of its own."""
        return {name: getattr(self, name) for name in ("told", "sizes", "view", "base", "upsampler", "surface")}

    @torch.no_grad()
    def views(self, text: str, count: int, guidance: float, generator: torch.Generator,
              progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Pictures (count, 3, S, S) in [-1, 1] of what a text says; of anything where it is empty."""
        size = self.config.size
        noise = torch.randn(count, 3, size, size, generator=generator)
        told = self.told(self.vlm.encode_text([text])).repeat(count, 1)
        cond = Cond(vec=told) if text else unconditional(Cond(vec=told))
        return self.drawn(cond, noise, guidance if text else 1.0, progress)

    def drawn(self, cond: Cond, noise: Tensor, guidance: float, progress: Progress | None = None) -> Tensor:
        """Pictures (B, 3, S, S) in [-1, 1] that noise of that shape becomes under a condition."""
        config = self.config
        return ddim(guided(self.view, cond, scale=guidance), config.process("view"), noise,
                    min(config.view_steps, config.process_steps), callback=counting(progress, "view"), clip=1.0)  # fmt: skip

    def coarse(
        self, tokens: Tensor, noise: Tensor, guidance: float, steps: int, progress: Progress | None = None
    ) -> Tensor:
        """Coarse clouds (B, 6, points), as they are diffused, that noise of that shape becomes for grids of views (B, L, D)."""
        config = self.config
        return ddim(guided(self.base, Cond(tokens=tokens), scale=guidance), config.process("base"), noise,
                    min(steps, config.process_steps), callback=counting(progress, "points"), clip=1.0)  # fmt: skip

    def best(self, pictures: Tensor, reading: Reading) -> Tensor:
        """The one (1, 3, S, S) of pictures that shows most of what a prompt says, by the guiding image-text model."""
        scores = self.vlm.attribute_scores(self.vlm.encode_image(pictures))
        wish = {name: value for name, value in reading.attributes.items() if name in scores}
        if not wish or len(pictures) == 1:
            return pictures[:1]
        total = sum(scores[name][:, THING_ATTRIBUTES[name].index(value)] for name, value in wish.items())
        return pictures[int(torch.as_tensor(total).argmax()), None]

    @torch.no_grad()
    def clouds(self, pictures: Tensor, guidance: float, steps: int, generator: torch.Generator,
               progress: Progress | None = None) -> list[Cloud]:  # fmt: skip
        """The fine clouds of things that pictures (B, 3, S, S) show."""
        config = self.config
        tokens = self.vlm.look(pictures)
        noise = torch.randn(len(pictures), 6, config.points, generator=generator)
        coarse = self.coarse(tokens, noise, guidance, steps, progress)
        cond = Cond(tokens=tokens, spatial=coarse)
        noise = torch.randn(len(pictures), 6, config.dense - config.points, generator=generator)
        more = ddim(lambda x, t: self.upsampler(x, t, cond), config.process("upsampler"), noise,
                    min(config.dense_steps, config.process_steps), callback=counting(progress, "more points"), clip=1.0)  # fmt: skip
        return clouds_of(torch.cat([coarse, more], 2))

    @torch.no_grad()
    def mesh(self, cloud: Cloud) -> Mesh:
        """The closed, textured surface around a cloud; raises Unfinished where there is none.

        It lies ``skin`` outside the level that the net says, on the mean, of the cloud's own points.
        """
        config = self.config
        chosen = torch.linspace(0, len(cloud.places) - 1, min(config.surface_points, len(cloud.places))).long()
        places = cloud.places[chosen]
        asked = self.surface.field(places, cloud.colours[chosen])
        level = float(asked(places[None])[0].median()) + config.skin

        def field(points: Tensor) -> tuple[Tensor, Tensor]:
            distances, colours = asked(points)
            return distances - level, colours

        how = MeshConfig(config.grid, "sdf", 0.0, config.keep, config.texture)
        try:
            return extract(field, how)
        except ValueError as error:  # BadInput is one: the request is none
            raise Unfinished(
                f"{SYSTEM}: the cloud has no surface ({error}); another seed, or a longer training, has one"
            ) from None

    @torch.no_grad()
    def generate(self, request: Request, progress: Progress | None = None) -> PlacedMesh:
        """Make one thing of a prompt, a photograph or a seed; raises BadInput for a photograph that shows nothing, or that has draws."""
        config, generator = self.config, torch.Generator().manual_seed(request.seed)
        guidance = config.guidance if request.guidance is None else request.guidance
        reading = read(request.prompt)
        if request.photo is not None and request.draws is not None:
            raise BadInput(
                f"draws: is not allowed with a photo, of which {SYSTEM} draws no views; allowed is it with a prompt"
            )
        if request.photo is not None:
            picture = read_thing(request.photo, config.size, self.fill, progress)[None, :3]
        elif request.prompt:
            drawn = self.views(say(reading.attributes), request.draws or config.draws, guidance, generator, progress)
            picture = self.best(drawn, reading)
        else:
            picture = self.views("", 1, 1.0, generator, progress)
        (cloud,) = self.clouds(picture, guidance, request.steps or config.steps, generator, progress)
        mesh = self.mesh(cloud)
        mesh = stretched(mesh, EXTENT) if "size" in reading.attributes else mesh
        return PlacedMesh(mesh, self.sizes.of(reading, self.half))

    @torch.no_grad()
    def sample_views(self, count: int, cameras: Cameras, size: int, generator: torch.Generator) -> Tensor:
        """Pictures (count, V, 3, size, size) in [-1, 1] of the clouds of things made from nothing."""
        pictures = self.views("", count, 1.0, generator)
        made = self.clouds(pictures, 1.0, self.config.steps, generator)
        return torch.stack([pictured(cloud, cameras, size) for cloud in made])


def clouds_of(diffused: Tensor) -> list[Cloud]:
    """Clouds of what was diffused (B, 6, N)."""
    places, colours = from_cloud(diffused)
    return [Cloud(*one) for one in zip(places / HALF_BOX, colours, strict=True)]


def pictured(cloud: Cloud, cameras: Cameras, size: int) -> Tensor:
    """Pictures (V, 3, size, size) in [-1, 1] of a cloud's points."""
    points = PointCloud(cloud.places.cpu().numpy(), cloud.colours.cpu().numpy())
    shown = splatted(points, cameras, size, max(size // 32, 1))
    return torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 127.5 - 1


def load(folder: Path) -> PointE:
    """Read a trained Point-E; raises BadInput where the folder holds another system or is damaged."""
    config, numbers = read_trained(folder, SYSTEM, Config(), "half", "fill")
    vlm = vlms.load(Path(folder) / "vlm")
    return load_model(folder, SYSTEM, lambda: PointE(config, vlm, *numbers), PointE.parts)


def new(things: Things, config: Config, vlm: vlms.VLM, fill: float) -> PointE:
    """An untrained one for things; the networks' first weights depend on the seed of the first stage alone."""
    with torch.random.fork_rng([]):
        torch.manual_seed(config.view.seed)
        model = PointE(config, vlm, things.half, fill)
    model.sizes.measure(things)
    return model
