"""The angles of points are the same bytes wherever the points lie in memory."""

from pathlib import Path

import numpy as np

from simulacra.procgen.geometry.angles import arctan2

ROOT = Path(__file__).resolve().parents[1]


def test_angles_are_the_same_bytes_whatever_lies_behind_their_points():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(1000, 3))
    expected = np.arctan2(points[:, 1].copy(), points[:, 2].copy())
    held, seen = [], set()
    for _ in range(1000):  # numpy's own routine gives two results within these
        held = [np.zeros(rng.integers(1, 3100)) for _ in range(rng.integers(1, 6))][::2] + held[:3]
        placed = points.copy()
        seen.add(arctan2(placed[:, 1], placed[:, 2]).tobytes())
    assert seen == {expected.tobytes()}
    assert arctan2(1.0, -1.0) == 0.75 * np.pi and np.ndim(arctan2(1.0, -1.0)) == 0
    np.testing.assert_array_equal(arctan2(np.ones((2, 1)), np.ones(3)), np.full((2, 3), np.pi / 4))


def test_no_generator_and_no_label_takes_an_angle_by_another_routine():
    own = ROOT / "procgen" / "geometry" / "angles.py"
    files = [*(ROOT / "procgen").rglob("*.py"), ROOT / "datagen" / "projections.py"]
    assert [str(file) for file in files if file != own and "np.arctan2" in file.read_text()] == []
