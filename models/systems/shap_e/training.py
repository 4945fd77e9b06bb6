"""Trains a Shap-E stage by stage; every stage goes on where it was stopped."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.cameras import Cameras, camera_rays
from ...core.checkpoint import save_weights
from ...core.one_thing import fill_of
from ...core.progress import Progress, staged
from ...core.settings import plain
from ...core.thing_views import ThingViews, rig_of
from ...core.things import Things
from ...diffusion.conditioning import Cond, drop
from ...diffusion.points import distances_of, points_of
from ...fields.fit import RaySource, draw_rays
from ...fields.render import render
from ...fields.turntable import turntable_cameras
from ...fields.written import parts_of
from ...surfaces.rasterise import interpolated, rasterise
from ...surfaces.silhouettes import softened
from ...surfaces.tetrahedra import march, tetrahedral_grid
from ...vision import fit as vision
from ...vision import vlm as vlms
from ..stages import train_stage
from .config import Config
from .model import SYSTEM, ShapE

ON_THING = 0.3  # share of rays that are aimed at things; the others are any pixel's, for most of a box is empty
SHOWN = 4  # things in pictures that stages draw


def train(things: Things, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train all stages on things and write what ``load`` reads; raises BadInput where they lack what is needed."""
    config, folder = config or Config(), Path(folder)
    learn = things.training
    if len(learn) < 2:
        raise BadInput(f"data: holds {len(learn)} things to learn from; allowed are 2 or more")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "vlm" / "config.json").is_file():
        how = vision.FitConfig(model=config.vlm, part=0, steps=config.vlm_steps, seed=config.fields.seed)
        vision.fit_vlm(things, folder / "vlm", how, staged(progress, "vlm"))
    with torch.random.fork_rng([]):
        torch.manual_seed(config.fields.seed)
        model = ShapE(config, vlms.load(folder / "vlm"), learn.half, *rig_of(learn), fill_of(learn))
    model.sizes.measure(learn)
    model.requires_grad_(False)
    fields = FieldStep(model, learn)
    train_stage(model, "fields", fields, folder, progress, fields.draw)
    train_surfaces(model, learn, folder, progress)
    prior = PriorStep(model, learn)
    train_stage(model, "prior", prior, folder, progress)
    about = {"system": SYSTEM, "config": plain(config), "data": things.digest}
    about |= {name: getattr(model, name) for name in ("half", "distance", "field_of_view", "fill")}
    halved = {
        name: copy.deepcopy(part).half() for name, part in model.parts().items() if name not in ("sizes", "spread")
    }
    save_weights(folder, halved | {"sizes": model.sizes, "spread": model.spread}, about)


def train_surfaces(model: ShapE, things: Things, folder: Path, progress: Progress | None) -> None:
    """The second stage of the fields, in a folder of its own: the surface is seen too."""
    model.surfaces = model.fields  # the stage's name is that of its settings
    try:
        train_stage(model, "surfaces", SurfaceStep(model, things), folder, progress)
    finally:
        del model.surfaces


class FieldStep:
    """A training step of encoder and network: rays of the volume, distances, and colours of the surface."""

    surface = False

    def __init__(self, model: ShapE, things: Things):
        self.model, self.things, self.config = model, things, model.config
        self.views = ThingViews(things, self.config.size)
        self.rays = [RaySource(thing, on_person=ON_THING) for thing in things]  # type: ignore[arg-type]

    def encoded(self, who: list[int], generator: torch.Generator) -> Tensor:
        """Latents (B, T, W) of things by random points and views of them."""
        config, device = self.config, generator.device
        points = torch.stack([points_of(self.things[i], config.encoder.points, generator).T for i in who]).to(device)
        index = torch.stack([self.views.index(torch.tensor([i]).repeat(config.encoder.views), generator) for i in who])
        pictures = self.views.covered(index.flatten(), device).unflatten(0, index.shape)
        size = self.config.size
        cameras = Cameras(*(part.to(device) for part in self.views.cameras.pick(index.flatten())))
        rays = (part.view(*index.shape, size, size, 3) for part in camera_rays(cameras, size, size))
        return self.model.fields["encoder"](points, parts_of(pictures, *rays, config.encoder.patch))

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config, device = self.config, generator.device
        who = torch.randint(len(self.things), (config.batch,), generator=generator, device=device).tolist()
        latents = self.encoded(who, generator)
        latents = latents + config.noise * torch.randn(latents.shape, generator=generator, device=device)
        written = self.model.written(latents)
        for i in who:
            self.rays[i].to(device)
        rays = draw_rays([self.rays[i] for i in who], config.rays, generator)
        seen = render(written.volume, rays.origins, rays.directions, config.samples, 0, rays.background, generator)
        losses = {
            "colour": (seen.colour - rays.colour).abs().mean(),
            "opacity": (seen.opacity - rays.alpha).abs().mean(),
        }
        asked = torch.stack([distances_of(self.things[i], config.asked, generator) for i in who]).to(device)
        losses["distance"] = config.distance_weight * (written.distance(asked[..., :3]) - asked[..., 3]).abs().mean()
        on = torch.stack([points_of(self.things[i], config.asked, generator).T for i in who]).to(device)
        losses["surface_colour"] = (written.surface(on[..., :3])[1] - (on[..., 3:] + 1) / 2).abs().mean()
        if self.surface and config.surface_weight:
            losses["picture"] = config.surface_weight * self.surface_pictures(written, who, generator)
        return {"loss": sum(losses.values()), **losses}  # type: ignore[dict-item]

    def surface_pictures(self, written, who: list[int], generator: torch.Generator) -> Tensor:
        """The mean absolute error of a rasterised picture of each thing's surface, with its coverage."""
        config, device = self.config, generator.device
        grid = tetrahedral_grid(config.tetrahedra).to(device)
        nodes = grid.nodes
        distances = written.distance(nodes.expand(len(who), -1, -1)) - config.skin
        errors = []
        for number, i in enumerate(who):
            index = self.views.index(torch.tensor([i]), generator)
            truth, camera = self.views.covered(index, device), self.views.cameras.pick(index)
            camera = Cameras(*(part.to(device) for part in camera))
            vertices, faces = march(nodes, grid.closed(distances[number]), grid.tetrahedra)
            seen = rasterise(camera, vertices, faces, config.size, config.size)
            places = interpolated(seen, faces, vertices)[0].flatten(1).T
            single = type(written)(written.network, [matrix[number, None] for matrix in written.matrices])
            colours = single.surface(places[None])[1][0].T.unflatten(1, (config.size, config.size))
            mask = seen.mask.to(colours)
            flat = torch.cat([torch.where(seen.mask, colours, torch.ones_like(colours)), mask])
            picture = softened(flat[None], seen, camera, vertices, faces) * 2 - 1
            errors.append((picture - truth).abs().mean())
        return torch.stack(errors).mean()

    def draw(self, number: int) -> dict[str, Tensor]:
        """The volumes of the first things, from the front."""
        device = next(self.model.fields.parameters()).device
        latents = self.encoded(list(range(min(SHOWN, len(self.things)))), torch.Generator(device).manual_seed(0))
        camera = Cameras(*(part.to(device) for part in turntable_cameras(1)))
        pictures = torch.cat([self.model.views(one, camera, self.config.size) for one in latents])
        return {"volumes": torch.cat(list(pictures.cpu().clamp(-1, 1) / 2 + 0.5), 2)}


class SurfaceStep(FieldStep):
    """The same with a picture of the surface by tetrahedra."""

    surface = True


class PriorStep:
    """A training step of the diffusion of latents: from a caption of a thing or from a view of it, half of the time each."""

    def __init__(self, model: ShapE, things: Things):
        self.model, self.things, self.config = model, things, model.config
        encode = FieldStep(model, things)
        self.views = encode.views
        with torch.no_grad():
            latents = torch.cat([encode.encoded([i], torch.Generator().manual_seed(i)) for i in range(len(things))])
        texts = vlms.embedded_captions(model.vlm, things, self.config.prior.seed)
        model.spread.measure(latents)
        model.told.measure(texts[:, None], torch.full((len(things),), texts.shape[1]))
        self.latents, self.told = model.spread(latents).transpose(1, 2), model.told(texts)

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config, device = self.config, generator.device
        self.told, self.latents = self.told.to(device), self.latents.to(device)
        who, which = (
            torch.randint(n, (config.batch,), generator=generator, device=device) for n in self.told.shape[:2]
        )
        vlm = self.model.vlm.to(device)
        with torch.no_grad():
            grid = vlm.look(self.views.pictures(self.views.index(who, generator), device))
        by_text = (torch.rand(config.batch, generator=generator, device=device) < 0.5).float()
        cond = Cond(vec=self.told[who, which] * by_text[:, None], tokens=grid * (1 - by_text)[:, None, None])
        cond = drop(cond, config.drop, generator)
        return {"loss": config.process.loss(self.model.prior, self.latents[who], cond, generator)}
