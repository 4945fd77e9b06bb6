"""Measures a trained model: its pictures against held-out people, beside the floor and trivial answers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..datagen.errors import BadInput
from .core.cameras import Cameras
from .core.data import People, composite, shrink
from .core.features import FeatureNet
from .core.metrics import (
    features_of,
    frechet_distance_between,
    kernel_distance,
    nearest_neighbour_distances,
    precision_recall,
    r_precision,
)
from .records import VERSION, figure

FLOOR = "pictures of the people trained on"
TRIVIAL = ("mean picture of each view", "blurred training picture", "nearest training picture")
SHARES = (0.05, 0.5, 0.95)  # of the distribution of distances to the nearest training picture


@torch.no_grad()
def evaluate(
    name: str,
    model,  # sample_views(count, cameras, size, generator) -> (count, V, 3, size, size) in [-1, 1]
    real: People,
    other_real: People,
    cameras: Cameras,
    count: int,
    size: int,
    generator: torch.Generator,
    net: FeatureNet,
    training: dict | None = None,
    without: str = "",
) -> dict:
    """A record of ``count`` samples seen by ``cameras``, against people ``other_real`` that the model did not train on.

    ``real`` are those that it trained on. Every set is as large, of views that lie nearest to the cameras, so that the
    floor (real against other real people) and the trivial answers stand in the same distance. ``training`` gives the
    record's config, seed, steps, seconds and device; without it the record cannot be written. Raises BadInput where the
    two share a person or are too few.
    """
    shared = {person.name for person in real} & {person.name for person in other_real}
    if shared:
        raise BadInput(f"evaluate: {min(shared)} is among the people trained on and the others; allowed are none")
    known, apart = real_pictures(real, cameras, size)
    unseen, apart_too = real_pictures(other_real, cameras, size)
    made = model.sample_views(count, cameras, size, generator).flatten(0, 1)
    number = min(len(made), len(known), len(unseen))
    if number < 4:
        raise BadInput(f"evaluate: {number} pictures of each set; allowed are 4 and above")

    views, people = len(cameras.c2w), len(real)
    mean = known.unflatten(0, (people, views)).mean(0, keepdim=True).expand(people, -1, -1, -1, -1).flatten(0, 1)
    pool = features_of(known, net)
    held = _some(features_of(unseen, net), number, generator)
    trivial = {
        TRIVIAL[0]: features_of(mean, net)[:number],
        TRIVIAL[1]: features_of(_some(blurred(known), number, generator), net),
        TRIVIAL[2]: pool[nearest_neighbour_distances(held, pool).index],
    }
    generated = _some(features_of(made, net), number, generator)

    found = against(held, net.name)
    metrics = {
        metric: figure(measure(generated), better, measure(_some(pool, number, generator)), FLOOR,
                       {word: measure(features) for word, features in trivial.items()})
        for metric, (better, measure) in found.items()
    }  # fmt: skip
    metrics |= memorisation(generated, held, pool, net.name)
    digest = hashlib.sha256(f"{real.digest} {other_real.digest}".encode()).hexdigest()[:16]
    says = f"{people} people to train on and {len(other_real)} others"
    return {
        "version": VERSION,
        "kind": "measured",
        "system": name,
        "without": without,
        "protocol": f"{number} pictures of each set against {number} of other people, {size} px, {views} views "
        f"within {max(apart, apart_too):.0f} degrees of the real ones",
        "data": {"digest": digest, "says": says},
        "feature_net": net.name,
        **(training or {}),
        "metrics": metrics,
    }


def against(held: Tensor, net: str) -> dict[str, tuple[str, Callable[[Tensor], Tensor]]]:
    """What is measured of features (N, D) against those of other people: metric -> which is better, and the measure."""
    return {
        f"FD-{net}": ("lower", lambda x: frechet_distance_between(x, held)),
        f"KID-{net}": ("lower", lambda x: kernel_distance(x, held)),
        "precision": ("higher", lambda x: precision_recall(held, x)[0]),
        "recall": ("higher", lambda x: precision_recall(held, x)[1]),
    }


def memorisation(generated: Tensor, held: Tensor, training: Tensor, net: str) -> dict[str, dict]:
    """The distribution of distances to the nearest training picture, beside that of other people's pictures.

    Distances below the floor are what copies of training pictures give.
    """
    made = nearest_neighbour_distances(generated, training).distance
    unseen = nearest_neighbour_distances(held, training).distance
    return {
        f"nearest training picture, {share:.0%} quantile, {net}": figure(
            made.quantile(share), "near the floor", unseen.quantile(share), "pictures of other people"
        )
        for share in SHARES
    }


def real_pictures(people: People, cameras: Cameras, size: int) -> tuple[Tensor, float]:
    """The views (P * V, 3, size, size) in [-1, 1] of all people that lie nearest to V cameras, and the largest angle.

    The angle is between directions from the box's middle, in degrees.
    """
    pictures, worst = [], 0.0
    wanted = F.normalize(cameras.c2w[:, :3, 3], dim=-1)
    for person in people:
        there = F.normalize(person.cameras.c2w[:, :3, 3], dim=-1)
        near, index = (wanted @ there.T).max(1)
        worst = max(worst, torch.rad2deg(near.clamp(-1, 1).acos()).max().item())
        rgba = person.rgba[index]
        pictures.append(composite(rgba if rgba.shape[-1] == size else shrink(rgba, size, person.name)))
    return torch.cat(pictures), worst


def blurred(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, H, W) blurred by an eighth of their width."""
    factor = max(pictures.shape[-1] // 8, 1)
    small = F.avg_pool2d(pictures, factor)
    return F.interpolate(small, pictures.shape[-2:], mode="bilinear", align_corners=False)


def _some(rows: Tensor, number: int, generator: torch.Generator) -> Tensor:
    return rows[torch.randperm(len(rows), generator=generator)[:number]]


def attribute_accuracy(pictures: Tensor, wanted: Sequence[dict[str, str]], classifier) -> dict[str, dict]:
    """For each attribute that was asked for, how often the classifier sees it; as rows of a record's metrics.

    ``wanted`` has the attributes asked of each of (N, 3, H, W) pictures, any of them; ``classifier.predict`` gives those
    seen. The floor is the commonest wish given to everyone. It must be no model that guided.
    """
    seen, found = classifier.predict(pictures), {}
    for attribute in dict.fromkeys(name for wish in wanted for name in wish):
        pairs = [(wish[attribute], see[attribute]) for wish, see in zip(wanted, seen, strict=True) if attribute in wish]
        commonest = Counter(wish for wish, _ in pairs).most_common(1)[0][1] / len(pairs)
        hits = sum(wish == see for wish, see in pairs) / len(pairs)
        found[f"{attribute} as asked"] = figure(hits, "higher", commonest, "the commonest wish for everyone")
    return found


@torch.no_grad()
def vlm_match(pictures: Tensor, captions: Sequence[str], scorer, guide=None) -> dict[str, dict]:
    """How well pictures (N, 3, H, W) match their captions by a scorer's embeddings; as rows of a record's metrics.

    Raises BadInput where the scorer has the weights of the model that guided the generation, whose taste it would praise.
    """
    if guide is not None and _same(scorer, guide):
        raise BadInput("vlm_match: the scorer guided the generation; allowed is one trained with another seed")
    captions = list(captions)
    images, texts = scorer.encode_image(pictures).double(), scorer.encode_text(captions).double()
    alike = images @ texts.T
    equal = torch.tensor([[a == b for b in captions] for a in captions])
    others = alike[~equal].mean() if (~equal).any() else alike.mean()
    return {
        "R-precision": figure(r_precision(images, texts, captions), "higher", equal.double().mean(), "chance"),
        "cosine of picture and prompt": figure(alike.diagonal().mean(), "higher", others, "other pictures' prompts"),
    }


def _same(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
