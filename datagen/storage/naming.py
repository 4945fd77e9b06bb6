"""What a sample's folder is called, and which split it belongs to."""

from __future__ import annotations

import hashlib

SPLITS = (("train", 0.8), ("validation", 0.1), ("test", 0.1))


def sample_name(index: int) -> str:
    """The folder of a sample."""
    return f"{index:06d}"


def index_of(name: str) -> int | None:
    """The index of the sample whose folder has this name, or None of any other name."""
    plain = name.isdecimal() and name.isascii() and len(name) < 10
    return int(name) if plain and sample_name(int(name)) == name else None


def split_of(seed: int | str) -> str:
    """The split of an identity: by a hash of its seed or name, so it never changes as a dataset grows."""
    value = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8], "big") / 2**64
    for name, share in SPLITS:
        if value < share:
            return name
        value -= share
    return SPLITS[-1][0]
