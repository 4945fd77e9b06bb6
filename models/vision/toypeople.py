"""People of cartoon heads, with captions: what tests and long runs train on where no rendered people are."""

from __future__ import annotations

import numpy as np

from ...datagen.storage.naming import split_of
from ..core.data import HALF, People, Person, shrink
from ..core.toyheads import toy_cameras, toy_head, view
from .captions import captions, say


def toy_people(count: int, seed: int, views: int = 24, size: int = 48, samples: int = 1) -> People:
    """People that are drawn from a seed: person i is the same whatever ``count``. The tensors are on torch's default device.

    ``samples`` is how many rays a pixel is wide and high; more smooth the edges of rgba, never of depth and parts.
    """
    people = []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        head, cameras = toy_head(rng), toy_cameras(views, rng)
        seen = view(head, cameras, size, size)
        rgba = seen.rgba if samples == 1 else shrink(view(head, cameras, size * samples, size * samples).rgba, size)
        sentences = say(head.attributes), *captions(head.attributes, rng, 3)
        people.append(
            Person(f"toy-{seed}-{index:04d}", rgba, cameras, head.attributes, sentences, seen.depth, seen.parts)
        )
    return People(tuple(people), HALF, tuple(split_of(person.name) for person in people))
