"""Avatars that tests are made of, and when two are the same."""

import importlib.util
import math
from pathlib import Path

import numpy as np

from simulacra.addon.avatar.format import Avatar, Meta

_SPEC = importlib.util.spec_from_file_location(
    "make_avatar", Path(__file__).resolve().parents[1] / "tools/make_avatar.py"
)
make = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(make)


def noise(channels=5, edge=9, widths=(12, 7), seed=0, scale=1.0, **about):
    """An avatar of random numbers."""
    rng = np.random.default_rng(seed)
    meta = Meta(0.6, (0.1, -0.2, 0.3), about.pop("level", 0.5), **about)
    sizes = [channels * (3 if meta.aggregate == "concat" else 1) * (1 + 2 * meta.fourier), *widths, 4]
    layers = [
        (rng.normal(0, scale / math.sqrt(n), (m, n)).astype(np.float32), rng.normal(0, 0.3, m).astype(np.float32))
        for n, m in zip(sizes, sizes[1:], strict=False)
    ]
    return Avatar(rng.normal(size=(3, channels, edge, edge)).astype(np.float32), tuple(layers), meta)


def same(one, other):
    """Every array bit for bit, and the meaning."""
    found, wanted = one.arrays(), other.arrays()
    assert one.meta == other.meta and found.keys() == wanted.keys()
    for name, array in wanted.items():
        assert found[name].dtype == np.float32 and found[name].shape == array.shape
        assert np.array_equal(found[name].view(np.uint32), array.view(np.uint32)), name
