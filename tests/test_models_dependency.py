"""The covariance Lasso: planted dependencies, closed forms, and another solver."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.vision.dependency import covariance, covariance_lasso, dependency  # noqa: E402


def drawn(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).double()


def test_a_planted_dependency_is_found():
    logits = drawn(2000, 12)
    logits[:, 0] = 0.7 * logits[:, 3] - 0.4 * logits[:, 5] + 3
    found = dependency(covariance(logits), 0, 0.02)
    assert found.others == [3, 5] and found.coefficients[[3, 5]].tolist() == pytest.approx([0.69, -0.39], abs=0.02)
    assert found.left < 0.01 and found.coefficients[0] == 0
    assert dependency(covariance(logits), 0, 1.0).others == []  # from there nothing tells it
    apart = dependency(torch.diag(torch.arange(1.0, 6.0).double()), 2, 0.5)
    assert apart.others == [] and apart.left == 1.0


def test_the_lasso_is_that_of_another_solver():
    """Positive and negative parts of the coefficients as bounded variables of a quasi-Newton method."""
    optimize = pytest.importorskip("scipy.optimize")
    logits = drawn(60, 10) @ drawn(10, 10)
    matrix = covariance(logits)
    quadratic, linear = matrix[1:, 1:].numpy(), matrix[1:, 0].numpy()
    for share in (0.5, 0.1, 0.01):
        penalty = share * 2 * np.abs(linear).max()

        def loss(both, penalty=penalty):
            b = both[:9] - both[9:]
            slope = 2 * quadratic @ b - 2 * linear
            return b @ quadratic @ b - 2 * b @ linear + penalty * both.sum(), np.concatenate([slope, -slope]) + penalty

        wanted = optimize.minimize(loss, np.zeros(18), jac=True, method="L-BFGS-B", bounds=[(0, None)] * 18,
                                   options={"maxiter": 20000, "maxfun": 50000, "ftol": 1e-15, "gtol": 1e-10}).x  # fmt: skip
        found = covariance_lasso(matrix[1:, 1:], matrix[1:, 0], penalty).numpy()
        assert np.allclose(found, wanted[:9] - wanted[9:], atol=1e-4)


def test_covariances_are_of_one_or_two_nets():
    first, second = drawn(50, 4), drawn(50, 4).flip(0)
    assert np.allclose(covariance(first).numpy(), np.cov(first.numpy().T, bias=True))
    both = np.cov(np.concatenate([first, second], 1).T, bias=True)
    assert np.allclose(covariance(first, second).numpy(), both[:4, 4:])
    for bad in (first[0], first[:1]):
        with pytest.raises(BadInput, match="logits: have the shape"):
            covariance(bad)
    with pytest.raises(BadInput, match="share: 0 is not allowed"):
        dependency(covariance(first), 0, 0)
