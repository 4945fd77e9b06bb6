"""Cleans noisy captions (CapFilt, arXiv 2201.12086): a captioner adds one, a filter drops those that do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...datagen.errors import BadInput
from .captions import Caption
from .vlm import VLM


@dataclass(frozen=True)
class Filtered:
    """Captions kept for each picture, and how well the filter told the given ones apart, where their truth is known.

    ``precision``: the share of kept ones that are true; ``recall``: the share of true ones that were kept; ``base``: the
    share of all that are true; ``dropped_wrong``: the share of wrong ones that were dropped.
    """

    kept: tuple[tuple[Caption, ...], ...]
    written: int  # by the captioner, of which
    written_kept: int
    precision: float
    recall: float
    base: float
    dropped_wrong: float


@torch.no_grad()
def fits(model: VLM, tokens: Tensor, texts: Sequence[str], match: float, similarity: float) -> Tensor:
    """Whether each text fits its picture's tokens, for both the match head and the embeddings' cosine (B,)."""
    numbers = model.numbers(texts)
    probability = model.match_logits(tokens, numbers).softmax(-1)[:, 1]
    cosine = (model.embed_picture(tokens) * model.embed_text(numbers)).sum(-1)
    return (probability >= match) & (cosine >= similarity)


@torch.no_grad()
def filter_captions(captioner: VLM, scorer: VLM, pictures: Tensor, given: Sequence[Sequence[Caption]],
                    generator: torch.Generator, match: float = 0.5, similarity: float = 0.0,
                    top_p: float = 0.9) -> Filtered:  # fmt: skip
    """Filter the captions given of pictures (N, 3, size, size), cropped, and one more that the captioner writes of each.

    The captioner draws from its nucleus. A caption is kept where the scorer's match probability and cosine both reach
    their thresholds. Precision and recall count the given captions only, whose truth is known.
    """
    if len(pictures) != len(given):
        raise BadInput(f"captions: are of {len(given)} pictures; allowed are those of all {len(pictures)}")
    new = captioner.write(captioner.tower(pictures), generator, top_p)
    tokens = scorer.tower(pictures)
    kept: list[tuple[Caption, ...]] = []
    true_kept = true = wrong_kept = wrong = added = 0
    for n, (own, text) in enumerate(zip(given, new, strict=True)):
        every = [*own, Caption(text, captioner.subject.parse(text))]
        passed = fits(
            scorer, tokens[n : n + 1].expand(len(every), -1, -1), [c.text for c in every], match, similarity
        ).tolist()
        kept.append(tuple(c for c, good in zip(every, passed, strict=True) if good))
        added += passed[-1]
        for caption, good in zip(own, passed, strict=False):
            true, wrong = true + caption.true, wrong + (not caption.true)
            true_kept, wrong_kept = true_kept + (caption.true and good), wrong_kept + (not caption.true and good)
    return Filtered(
        tuple(kept), len(new), added,
        precision=true_kept / max(true_kept + wrong_kept, 1), recall=true_kept / max(true, 1),
        base=true / max(true + wrong, 1), dropped_wrong=1 - wrong_kept / max(wrong, 1))  # fmt: skip
