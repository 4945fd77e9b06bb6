"""Prompt-to-prompt for picture diffusions that were told captions: both pictures, and what each word was drawn with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.progress import Progress, counting
from ...diffusion.attention_control import AttentionControl, Edit, alignment
from ...diffusion.conditioning import Cond
from ...diffusion.guidance import guided
from ...diffusion.samplers import ddim
from ...kinds.picture import Pictures
from ...vision.tokenizer import words
from ..request import Request

if TYPE_CHECKING:
    from .model import PictureDiffusion


def edit_of(model: PictureDiffusion, request: Request) -> Edit:
    """What a request's second prompt changes of the first; raises BadInput for a weighed word that it does not have."""
    told, config = model.denoiser.told, model.config
    first, other = (told.numbers([text])[0] for text in (request.prompt, request.becomes))
    weights, said = torch.ones(len(other)), words(request.becomes)[: len(other) - 2]
    for word, share in request.weights:
        if word not in said:
            raise BadInput(f"weigh: {word[:60]} is no word of what the picture becomes; allowed are {', '.join(said)}")
        weights[[place + 1 for place, one in enumerate(said) if one == word]] = share
    return Edit(*alignment(first.tolist(), other.tolist()), weights, config.hold, config.hold_own, config.blend)


def edited(model: PictureDiffusion, request: Request, progress: Progress | None = None) -> Pictures:
    """The pictures of two prompts from one noise, the second held to the first; a row each, with the maps of its words."""
    told, config = model.denoiser.told, model.config
    if config.condition != "text":
        raise BadInput(
            f"becomes: is not allowed with this run, which was told {config.condition}; allowed is one with condition text"
        )
    edit = edit_of(model, request)
    both = [told.asked(text, progress) for text in (request.prompt, request.becomes)]
    cond = Cond(**{name: torch.cat([getattr(one, name) for one in both]) for name in ("vec", "tokens", "spatial", "keep")
                   if getattr(both[0], name) is not None})  # fmt: skip
    noise = torch.randn(model.shape, generator=torch.Generator().manual_seed(request.seed)).expand(2, -1, -1, -1)
    guidance = config.guidance if request.guidance is None else request.guidance
    steps = min(request.steps or config.sampling, config.process_steps)
    denoise = guided(model.denoiser, cond, told.nothing(2), guidance if cond.keep is None else 1.0)
    tell = counting(progress, "picture")
    with AttentionControl(model.denoiser.network, edit, steps) as control:

        def step(done: int, total: int, x0: Tensor) -> None:
            control.step(done)
            tell(done, total)

        made = ddim(
            denoise, model.denoiser.process, noise, steps, callback=step, clip=model.clip, correct=control.correct
        )
    pictures = model.decoded(made).clamp(-1, 1)
    maps = control.maps(config.size)
    counts = [min(len(words(text)), len(edit.weights) - 2) for text in (request.prompt, request.becomes)]
    rows = [torch.cat([picture[None], shown(part, count, max(counts))])
            for picture, part, count in zip(pictures, maps, counts, strict=True)]  # fmt: skip
    return Pictures(torch.cat(rows), max(counts) + 1)


def shown(maps: Tensor, count: int, columns: int) -> Tensor:
    """The maps (L, S, S) of a sentence's words as grey pictures (columns, 3, S, S), white at each one's largest, then white ones."""
    own = maps[1 : 1 + count]
    grey = own / own.amax((1, 2), keepdim=True).clamp(min=1e-9) * 2 - 1
    rest = torch.ones(columns - count, *maps.shape[1:])
    return torch.cat([grey, rest])[:, None].expand(-1, 3, -1, -1)
