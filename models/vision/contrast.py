"""Image-text contrast with memory: momentum encoders, queues, soft labels and hard negatives (ALBEF 2107.07651, BLIP 2201.12086)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.attributes import ATTRIBUTES
from .portraits import agree
from .tokenizer import PAD
from .vlm import VLM


class Memory(nn.Module):
    """A slow copy of a model and the last embeddings that it gave, with the codes of what they show and say."""

    def __init__(self, model: VLM, length: int, momentum: float = 0.995):
        super().__init__()
        self.momentum = momentum
        self.slow = copy.deepcopy(model).requires_grad_(False)
        self.register_buffer("pictures", torch.zeros(length, model.config.embedding))
        self.register_buffer("texts", torch.zeros(length, model.config.embedding))
        self.register_buffer("true", torch.full((length, len(model.subject.attributes)), -2))  # -2 agrees with no code
        self.register_buffer("said", torch.full((length, len(model.subject.attributes)), -2))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))
        self.register_buffer("at", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def follow(self, model: VLM, number: int) -> None:
        """Move the slow weights towards the model's: keep min(momentum, (1 + n) / (10 + n)) of them in step n."""
        kept = min(self.momentum, (1 + number) / (10 + number))
        for slow, fast in zip(self.slow.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 1 - kept)

    @torch.no_grad()
    def push(self, pictures: Tensor, texts: Tensor, true: Tensor, said: Tensor) -> None:
        """Put a batch in place of the oldest."""
        length = len(self.pictures)
        index = (self.at + torch.arange(len(pictures), device=self.pictures.device)) % length
        self.pictures[index], self.texts[index] = pictures, texts
        self.true[index], self.said[index] = true, said
        self.at.copy_((self.at + len(pictures)) % length)
        self.filled.copy_((self.filled + len(pictures)).clamp(max=length))

    def with_queue(self, pictures: Tensor, texts: Tensor, true: Tensor, said: Tensor) -> tuple[Tensor, ...]:
        """A batch followed by all that the queue holds."""
        count = int(self.filled)
        batch, queue = (pictures, texts, true, said), (self.pictures, self.texts, self.true, self.said)
        return tuple(torch.cat([a, b[:count].clone()]) for a, b in zip(batch, queue, strict=True))


def matches(said: Tensor, true: Tensor) -> Tensor:
    """Which of M captions hold for which of N pictures (N, M) by their codes; a batch's own pairs always do."""
    result = agree(said[None], true[:, None])
    own = torch.arange(min(result.shape))
    result[own, own] = True
    return result


def contrastive_loss(logits: Tensor, slow_logits: Tensor, match: Tensor, alpha: float) -> Tensor:
    """Cross-entropy of logits (B, M) of ours against others, whose matches (B, M) share the target.

    The share ``alpha`` of the target is what the slow copy thinks (soft labels).
    """
    hard = match.float() / match.sum(1, keepdim=True)
    target = alpha * slow_logits.detach().softmax(1) + (1 - alpha) * hard
    return -(target * logits.log_softmax(1)).sum(1).mean()


@torch.no_grad()
def hard_negatives(similarity: Tensor, match: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw for each row of logits (B, M) one that does not match, the likelier the more similar.

    Returns their indices (B,) and whether a row has any (B,).
    """
    weights = similarity.float().masked_fill(match, -torch.inf).softmax(1)
    there = (~match).any(1)
    weights = torch.where(match | ~there[:, None], 0.0, weights.nan_to_num() + 1e-6)
    weights[~there, 0] = 1.0
    return torch.multinomial(weights, 1, generator=generator)[:, 0], there


def attribute_loss(logits: Tensor, true: Tensor, table: Mapping[str, Sequence[str]] = ATTRIBUTES) -> Tensor:
    """Cross-entropy of logits (B, all values) of one sentence for each value, within each attribute, given codes (B, A)."""
    groups = logits.split([len(values) for values in table.values()], 1)
    return sum(F.cross_entropy(group, true[:, i]) for i, group in enumerate(groups)) / len(groups)


def losses(model: VLM, memory: Memory, images: Tensor, numbers: Tensor, plain: Tensor, true: Tensor, said: Tensor,
           generator: torch.Generator, alpha: float) -> dict[str, Tensor]:  # fmt: skip
    """The losses of one step, with one pass of the tower: contrast (ITC), match (ITM), next words (LM), and attributes.

    Pictures (B, 3, size, size) are cropped already; token numbers (B, L); ``plain`` (values, L') has a sentence for each
    value of each attribute; codes (B, A) of what pictures show and captions say.

    The attribute loss is ours: sentences that differ in one value are the hardest negatives, and few batches hold them.

    A caption that happens to be true of another picture is a match and never a negative: with eight attributes most
    batches hold some, which BLIP's large vocabulary lets it ignore.
    """
    tokens = model.tower(images)
    pictures, texts, heat = model.embed_picture(tokens), model.embed_text(numbers), model.temperature
    count = len(images)
    with torch.no_grad():
        slow_pictures = memory.slow.embed_picture(memory.slow.tower(images))
        slow_texts = memory.slow.embed_text(numbers)
        all_pictures, all_texts, all_true, all_said = memory.with_queue(slow_pictures, slow_texts, true, said)
        soft = (slow_pictures @ all_texts.T / heat, slow_texts @ all_pictures.T / heat)
    # Within the batch gradients flow to both sides, which BLIP leaves to the slow copies: few steps are made here.
    all_pictures, all_texts = torch.cat([pictures, all_pictures[count:]]), torch.cat([texts, all_texts[count:]])
    contrast = (
        contrastive_loss(pictures @ all_texts.T / heat, soft[0], matches(all_said, true), alpha)
        + contrastive_loss(texts @ all_pictures.T / heat, soft[1], matches(said, all_true).T, alpha)
    ) / 2
    memory.push(slow_pictures, slow_texts, true, said)
    match = matches(said, true)
    logits = (pictures @ texts.T / heat).detach()
    wrong_text, there = hard_negatives(logits, match, generator)
    wrong_picture, also = hard_negatives(logits.T, match.T, generator)
    seen = torch.cat([tokens, tokens[there], tokens[wrong_picture[also]]])
    read = torch.cat([numbers, numbers[wrong_text[there]], numbers[also]])
    truth = (torch.arange(len(seen), device=seen.device) < len(tokens)).long()
    verdict = model.match_logits(seen, read)
    # The captioner reads the words and predicts each next one; padding predicts nothing.
    words = model.next_words(tokens, numbers[:, :-1])
    caption = F.cross_entropy(words.flatten(0, 1), numbers[:, 1:].flatten(), ignore_index=PAD, label_smoothing=0.1)
    attribute = attribute_loss(pictures @ model.embed_text(plain).T / heat, true, model.subject.attributes)
    losses = {
        "contrast": contrast,
        "attribute": attribute,
        "match": F.cross_entropy(verdict, truth),
        "caption": caption,
    }
    right = (verdict.argmax(1) == truth).float().mean().detach()
    return {"loss": sum(losses.values())} | losses | {"match_right": right, "temperature": heat.detach()}
