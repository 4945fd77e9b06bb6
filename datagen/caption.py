"""Captions: a sentence made from the words that the spec's fields declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..procgen import registry
from ..procgen.light.light import whereabouts
from ..procgen.params import caption_words, from_dict

ORDER = ("expression", "eyes", "hair", "brows", "beard", "wear")


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _place(spec: Any) -> str:
    """A sentence for a place: its kind, season and weather."""
    if not hasattr(spec, "life"):
        return f"A picture of {' '.join(caption_words(spec))}."
    what = type(spec).__dataclass_fields__["kind"].metadata["param"].says[spec.kind]
    season = " ".join(caption_words(spec.life))
    air = caption_words(spec.weather)
    return f"A picture of {what}" + (f" {season}" if season else "") + (", " + _join(air) if air else "") + "."


def caption(kind: str, spec: Any) -> str:
    """One English sentence for a spec (or its JSON values)."""
    if isinstance(spec, Mapping):
        spec = from_dict(registry.find(kind).load("spec"), spec)
    if kind != "faces":
        return _place(spec)
    who = caption_words(spec.identity)
    mood = caption_words(spec.expression)
    noun = " ".join([*mood, *who]) or "person"
    article = "an" if noun[0] in "aeiou" else "a"
    details = [word for name in ORDER[1:] if hasattr(spec, name) for word in caption_words(getattr(spec, name))]
    sentence = f"A portrait of {article} {noun}"
    if details:
        sentence += " with " + _join(details)
    return f"{sentence}, {whereabouts(spec.light)}."
