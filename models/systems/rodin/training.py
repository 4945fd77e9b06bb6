"""Trains a Rodin stage by stage; every stage goes on where it was stopped."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.checkpoint import save_weights
from ...core.data import People, Person, composite, frontal
from ...core.progress import Progress, staged
from ...core.settings import plain
from ...fields.fit import Fitted, RaySource, fit, fit_people, steps_done
from ...fields.render import render_image
from ...fields.triplane import Decoder, TriplaneField, mirrored, resize
from ...vision import fit as vision
from ...vision import vlm as vlms
from ...vision.captions import captions
from ...vision.latents import Centred
from ..stages import train_stage
from .base import BaseStep
from .config import Config, TwoSizesConfig
from .elsewhere import RETURNED, adopt
from .model import Rodin
from .previews import Pictures, previews_of, refined
from .refiner import RefinerStep
from .two_sizes import TwoSizes, rig_of
from .upsampler import UpsamplerStep

VIEWS = 9  # frontal pictures of a person that latents are taken of
CAPTIONS = 12  # of each person, for the prior
PAIRS = 3  # views of a person that the refiner is trained on


def train(people: People, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train all stages on people and write what ``load`` reads; raises BadInput where they lack what is needed."""
    config, folder, learn = config or Config(), Path(folder), learners(people)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "vlm" / "config.json").is_file():
        vision.fit_vlm(
            people,
            folder / "vlm",
            replace(vision.FitConfig(), part=0, steps=config.vlm_steps),
            staged(progress, "vlm"),
        )
    fitted = fit_all(learn, folder, config, progress)
    model, stages, previews = stages_of(learn, fitted, vlms.load(folder / "vlm"), config)
    for name, make in stages.items():
        if name == "base" and (folder / name / RETURNED).is_file():
            adopt(model, folder / name / RETURNED)
            continue
        step = make()
        pictures = refined(step) if name == "refiner" else previews.get(name)
        train_stage(model, name, step, folder, progress, pictures)
    save(model, folder, {"data": people.digest, "people": len(learn)})


def learners(people: People) -> People:
    """Those to learn from; raises BadInput where they are too few, or one is not seen from the front."""
    learn = people.training
    if len(learn) < 2:
        raise BadInput(f"data: holds {len(learn)} people to learn from; allowed are 2 or more")
    if not all(len(frontal(person)) for person in learn):
        raise BadInput("data: somebody has no view from the front; allowed are orbits that pass there")
    return learn


def stages_of(
    people: People, fitted: Fitted, vlm: nn.Module, config: Config
) -> tuple[Rodin, dict[str, Callable], dict[str, Pictures]]:
    """An untrained model, and by the name of each network what makes its training step, and what draws it; they are independent."""
    model = Rodin(config, vlm, people.half, *rig_of(people))
    model.decoder.load_state_dict(fitted.decoder.state_dict())
    small = resize(fitted.planes, config.resolution)
    model.small.measure(small)
    model.large.measure(fitted.planes)
    latents, views = latents_of(people, model.vlm)
    if isinstance(model.told, Centred):
        model.told.measure(latents, views)
    told = model.told(latents)
    both = [(model.small, small), (model.large, fitted.planes)]
    low, high = (torch.stack([s.roll(planes), s.roll(mirrored(planes))], 1) for s, planes in both)
    model.requires_grad_(False)
    stages = {
        "base": lambda: BaseStep(model.base, low, told, views, config),
        "prior": lambda: PriorStep(model, people, latents, views, config),
        "upsampler": lambda: UpsamplerStep(model.upsampler, model.decoder, model.large, low, high, told, views,
                                           [RaySource(person) for person in people], config),
        "refiner": lambda: RefinerStep(model.refiner, *pairs_of(people, fitted), config),
    }  # fmt: skip
    return model, stages, previews_of(model, people, low, latents)


def save(model: TwoSizes, folder: Path, more: dict) -> None:
    """Save the networks in half precision with their configuration."""
    about = {
        "system": model.system, "config": plain(model.config), "half": model.half, "distance": model.distance,
        "field_of_view": model.field_of_view, **more,
    }  # fmt: skip
    save_weights(folder, {name: copy.deepcopy(part).half() for name, part in model.parts().items()}, about)


def fit_all(people: People, folder: Path, config: Config, progress: Progress | None = None) -> Fitted:
    """Planes of everybody: the first ``config.shared`` with the decoder, the others with the decoder frozen.

    The others start from the mean of the first, so that a channel means the same for all.
    """
    first, rest = people.people[: config.shared], people.people[config.shared :]
    shared = fit_people(replace(people, people=first), folder / "fit", config.fit, staged(progress, "fit"))
    if not rest:
        return shared
    planes = shared.planes.mean(0, keepdim=True).repeat(len(rest), 1, 1, 1, 1)
    fit_frozen(rest, planes, shared.decoder, folder / "fit-rest", config, progress)
    return Fitted(torch.cat([shared.planes, planes]), shared.decoder, config.fit)


def is_fitted(folder: Path, config: Config, count: int) -> bool:
    """Whether the planes of ``count`` people are finished, as ``fit_all`` fits them."""
    batches = math.ceil(max(count - config.shared, 0) / config.single_people)
    rest = [folder / "fit-rest" / f"{number:04d}" for number in range(batches)]
    return steps_done(folder / "fit") >= config.fit.steps and all(
        steps_done(batch) >= config.single_steps for batch in rest
    )


def fit_frozen(people: Sequence[Person], planes: Tensor, decoder: Decoder, folder: Path, config: TwoSizesConfig,
               progress: Progress | None = None) -> None:  # fmt: skip
    """Fit planes (N, 3, C, R, R), in place, for a decoder that stays as it is, in batches that go on where they were stopped."""
    for number, start in enumerate(range(0, len(people), config.single_people)):
        batch, own = people[start : start + config.single_people], planes[start : start + config.single_people]
        settings = replace(
            config.fit, steps=config.single_steps, plane_rate=config.single_rate, people=len(batch), seed=number + 1
        )
        stage = staged(progress, f"fit of {start + 1} to {start + len(batch)} of {len(people)}")
        fit(batch, own, decoder, settings, False, folder / f"{number:04d}", stage)


@torch.no_grad()
def latents_of(people: People, vlm: nn.Module) -> tuple[Tensor, Tensor]:
    """Latents (N, 2, K, D) of frontal pictures, as they are and mirrored, and how many of the K each person has (N,)."""
    latents, counts = [], []
    for person in people:
        pictures = composite(person.rgba[frontal(person)[:VIEWS]])
        both = torch.stack([vlm.encode_image(pictures), vlm.encode_image(pictures.flip(-1))])
        counts.append(both.shape[1])
        latents.append(torch.nn.functional.pad(both, (0, 0, 0, VIEWS - both.shape[1])))
    return torch.stack(latents), torch.tensor(counts)


class PriorStep:
    """A training step of the prior: from a caption's embedding to the latent of one of the person's pictures."""

    def __init__(self, model: Rodin, people: People, latents: Tensor, views: Tensor, config: Config):
        self.prior, self.latents, self.views, self.config = model.prior, latents, views, config
        generator = np.random.default_rng(config.prior.seed)
        with torch.no_grad():
            self.texts = torch.stack(
                [model.vlm.encode_text(captions(p.attributes, generator, CAPTIONS)) for p in people]
            )

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        count, device = self.config.prior_batch, generator.device
        self.texts, self.latents, self.views = (x.to(device) for x in (self.texts, self.latents, self.views))
        who = torch.randint(len(self.texts), (count,), generator=generator, device=device)
        view = (torch.rand(count, generator=generator, device=device) * self.views[who]).long()
        side, caption = (torch.randint(n, (count,), generator=generator, device=device) for n in (2, CAPTIONS))
        return {"loss": self.prior.loss(self.latents[who, side, view], self.texts[who, caption], generator)}


def pairs_of(people: People, fitted: Fitted) -> tuple[Tensor, Tensor]:
    """What fitted planes render (M, 3, S, S) and what was seen there at twice the edge, in [-1, 1]."""
    rendered, seen = [], []
    for number, (person, planes) in enumerate(zip(people, fitted.planes, strict=True)):
        views = [(number * 7 + 5 * k) % len(person.rgba) for k in range(PAIRS)]
        field = TriplaneField(planes[None], fitted.decoder)
        rendered.append(render_image(field, person.cameras.pick(views), person.rgba.shape[-1] // 2, 24, 24))
        seen.append(composite(person.rgba[views]))
    return torch.cat(rendered), torch.cat(seen)
