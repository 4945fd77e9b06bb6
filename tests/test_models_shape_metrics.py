"""Metrics of sets of shapes against brute force and scikit-learn, and the net whose features are the ruler of P-FID."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from toy_things import toy_things  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.metrics import frechet_distance_between  # noqa: E402
from simulacra.models.core.shape_metrics import (  # noqa: E402
    chamfer_matrix,
    coverage,
    minimum_matching_distance,
    nearest_neighbour_accuracy,
)
from simulacra.models.vision import point_net  # noqa: E402


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def clouds(count, seed):
    return torch.rand(count, 20, 3, generator=seeded(seed))


def test_distances_are_those_of_a_tree():
    tree = pytest.importorskip("scipy.spatial").cKDTree
    a, b = clouds(3, 0), clouds(4, 1)
    for squared, power in ((True, 2), (False, 1)):
        found = chamfer_matrix(a, b, squared)
        for i in range(3):
            for j in range(4):
                there, back = tree(b[j]).query(a[i])[0], tree(a[i]).query(b[j])[0]
                assert float(found[i, j]) == pytest.approx((there**power).mean() + (back**power).mean(), rel=1e-5)


def test_sets_are_compared_as_by_brute_force():
    a, b = clouds(9, 2), clouds(7, 3) * 0.9
    apart = chamfer_matrix(a, b)
    nearest = {min(range(7), key=lambda j: float(apart[i, j])) for i in range(9)}
    assert float(coverage(apart)) == pytest.approx(len(nearest) / 7)
    assert float(minimum_matching_distance(apart)) == pytest.approx(
        np.mean([min(apart[:, j].tolist()) for j in range(7)])
    )
    aa, bb = chamfer_matrix(a, a), chamfer_matrix(b, b)
    whole = torch.cat([torch.cat([aa, apart], 1), torch.cat([apart.T, bb], 1)]).numpy()
    truth = np.repeat([0, 1], (9, 7))
    right = np.mean(
        [truth[min((k for k in range(16) if k != i), key=lambda k: whole[i, k])] == truth[i] for i in range(16)]
    )
    assert float(nearest_neighbour_accuracy(aa, apart, bb)) == pytest.approx(right)


def test_closed_forms():
    a = clouds(5, 4)
    same = chamfer_matrix(a, a)
    assert float(coverage(same)) == 1 and float(minimum_matching_distance(same)) == 0
    assert float(nearest_neighbour_accuracy(same, same, same)) == 0  # each one's nearest is its copy in the other set
    far = a + 9
    assert float(nearest_neighbour_accuracy(same, chamfer_matrix(a, far), chamfer_matrix(far, far))) == 1
    one = torch.zeros(1, 1, 3)
    assert float(chamfer_matrix(one, one + torch.tensor([3.0, 4.0, 0.0]))) == 50  # 25 each way
    assert float(coverage(chamfer_matrix(a[:1].repeat(5, 1, 1), a))) == 0.2
    with pytest.raises(BadInput, match="allowed are"):
        nearest_neighbour_accuracy(same, same[:, :2], same)


def test_the_net_of_points_has_no_order_and_comes_back(tmp_path):
    toys = toy_things(4, views=1, size=8)
    names = dict(zip(("ball", "egg", "stick", "disc"), ("fruit", "shell", "cactus", "starfish"), strict=True))
    toys = dataclasses.replace(toys, things=tuple(dataclasses.replace(toy, family=names[toy.family]) for toy in toys))
    config = point_net.PointNetConfig(width=8, points=64, steps=3, batch=4)
    report = point_net.fit_point_net(dataclasses.replace(toys, splits=("train",) * 3 + ("test",)), tmp_path, config)
    assert report["things"] == 3 and report["commonest"] == 1.0
    net = point_net.load(tmp_path)
    drawn = torch.stack([point_net.cloud_of(toy, 64, seeded(number)) for number, toy in enumerate(toys)])
    assert drawn.shape == (4, 6, 64) and drawn.abs().max() <= 1
    assert (
        torch.cdist(drawn[1, :3].T, toys[1].points, compute_mode="donot_use_mm_for_euclid_dist").amin(1) < 1e-6
    ).all()  # on the surface
    features = net(drawn)
    assert torch.allclose(net(drawn[..., torch.randperm(64, generator=seeded(9))]), features, atol=1e-5)
    assert float(frechet_distance_between(features, features)) == pytest.approx(0, abs=1e-6)
    with pytest.raises(BadInput, match="allowed are 600 or more"):
        point_net.cloud_of(toys[0], 600, seeded())


@pytest.mark.slow
def test_the_net_of_points_tells_families_by_other_points(tmp_path):
    toys = toy_things(3, views=1, size=8)
    names = dict(zip(("ball", "egg", "stick"), ("fruit", "shell", "cactus"), strict=True))
    toys = dataclasses.replace(toys, things=tuple(dataclasses.replace(toy, family=names[toy.family]) for toy in toys))
    point_net.fit_point_net(
        toys, tmp_path, point_net.PointNetConfig(width=16, points=128, steps=140, batch=6, learning_rate=1e-2)
    )
    net = point_net.load(tmp_path)
    drawn = torch.stack([point_net.cloud_of(toy, 128, seeded(number)) for number, toy in enumerate(toys)])
    assert net.logits(drawn).argmax(1).tolist() == [point_net.FAMILIES.index(toy.family) for toy in toys]
