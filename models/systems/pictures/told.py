"""What a picture diffusion is told: words by a transformer that learns with it, a class, a map of parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.layers import AttentionBlock
from ...core.progress import Progress
from ...diffusion.conditioning import PARTS, Cond, unconditional
from ...vision.tokenizer import Tokenizer, words
from .config import DiffusionConfig, TextConfig
from .dataset import shares

SHOWN = 12  # names in a message


class TextEncoder(nn.Module):
    """Numbers of words (B, L) to tokens (B, L, D) and a vector (B, D) of the whole.

    Padding is a word like others and is attended to, as in GLIDE (arXiv 2112.10741); LDM's transformer (arXiv 2112.10752)
    is trained with the network too.
    """

    def __init__(self, config: TextConfig, count: int):
        super().__init__()
        self.words = nn.Embedding(count, config.width)
        self.position = nn.Parameter(torch.randn(config.length, config.width) * 0.02)
        nn.init.normal_(self.words.weight, std=0.2)
        self.blocks = nn.ModuleList(AttentionBlock(config.width, config.heads) for _ in range(config.depth))
        self.norm, self.whole = nn.LayerNorm(config.width), nn.Linear(config.width, config.width)

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        x = self.words(numbers) + self.position
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return x, self.whole(x[:, 0])


class Told(nn.Module):
    """What makes conditions: of captions' words, of the classes ``names``, of maps of ``layouts`` classes; any of them may be missing.

    ``place`` is how many places a side the maps are told at.
    """

    def __init__(
        self, config: DiffusionConfig, names: Sequence[str], vocabulary: Sequence[str], layouts: int = 0, place: int = 0
    ):
        super().__init__()
        self.config, self.names, self.layouts, self.place = config, tuple(names), layouts, place
        self.tokenizer = Tokenizer(vocabulary)
        self.encoder = TextEncoder(config.text, len(self.tokenizer)) if config.condition == "text" else None

    @property
    def widths(self) -> dict[str, int]:
        """The channels of the parts of its conditions, as a network's configuration names them."""
        condition, text = self.config.condition, self.config.text.width
        return {"vector": {"class": len(self.names), "text": text}.get(condition, 0), "tokens": text if condition == "text" else 0,
                "spatial": self.layouts}  # fmt: skip

    def numbers(self, texts: Sequence[str]) -> Tensor:
        """The numbers (B, L) of texts' words."""
        return self.tokenizer.batch(list(texts), self.config.text.length)

    def forward(
        self, classes: Tensor | None = None, numbers: Tensor | None = None, layouts: Tensor | None = None
    ) -> Cond:
        """The condition of classes (B,), of words (B, L), of maps long (B, S, S); what a run knows none of is left out."""
        vec = tokens = spatial = None
        if self.encoder is not None and numbers is not None:
            tokens, vec = self.encoder(numbers)
        elif self.names and classes is not None:
            vec = F.one_hot(classes, len(self.names)).float()
        if self.layouts and layouts is not None:
            spatial = shares(layouts, self.layouts, self.place)
        return Cond(vec, tokens, spatial)

    def nothing(self, count: int, device: torch.device | str = "cpu") -> Cond:
        """The condition of which all is dropped."""
        widths = self.widths
        vec = torch.zeros(count, widths["vector"], device=device) if widths["vector"] else None
        tokens = (
            torch.zeros(count, self.config.text.length, widths["tokens"], device=device) if widths["tokens"] else None
        )
        spatial = torch.zeros(count, self.layouts, self.place, self.place, device=device) if self.layouts else None
        cond = Cond(vec, tokens, spatial)
        return unconditional(cond) if len(cond) else cond

    def named(self, prompt: str) -> int:
        """The number of the class that a prompt names; raises BadInput with those that there are."""
        wanted = prompt.strip().lower()
        if wanted not in self.names:
            some = ", ".join(self.names[:SHOWN]) + (
                f" and {len(self.names) - SHOWN} more" if len(self.names) > SHOWN else ""
            )
            raise BadInput(f"prompt: {prompt[:60]!r} names no class that this run has learned; allowed are {some}")
        return self.names.index(wanted)

    def asked(self, prompt: str, progress: Progress | None = None) -> Cond:
        """The condition of a prompt; warns of words that no caption had, and raises BadInput where none of them is known."""
        if self.config.condition == "nothing":
            raise BadInput(
                "prompt: is not allowed with this run, which was told nothing; allowed is a run with condition class or text"
            )
        if self.config.condition == "class":
            return self.whole(self(classes=torch.tensor([self.named(prompt)])))
        said = [word for word in words(prompt) if word[0].isalnum()]
        unknown = [word for word in said if word not in self.tokenizer.number]
        if len(unknown) == len(said):
            raise BadInput(
                f"prompt: {prompt[:60]!r} holds no word of the captions that this run has learned from; allowed are such words"
            )
        if progress and unknown:
            progress(
                {
                    "event": "warning",
                    "message": f"prompt: no caption that was learned from has {', '.join(unknown[:SHOWN])}",
                }
            )
        return self.whole(self(numbers=self.numbers([prompt])))

    def whole(self, cond: Cond) -> Cond:
        """A condition with what it lacks dropped, as training drops it."""
        nothing = self.nothing(len(cond))
        lacks = {
            name: getattr(nothing, name)
            for name in PARTS
            if getattr(cond, name) is None and getattr(nothing, name) is not None
        }
        return replace(cond, keep=nothing.keep, **lacks) if lacks else cond
