"""The covariance Lasso: planted dependencies, closed forms, and another solver."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.vision.dependence import Dependence, coefficients_of, explained  # noqa: E402
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


def test_what_is_explained_has_its_closed_form():
    """Of planted logits z0 = a z1 + noise the coefficient b explains 1 − ((a − b)² v1 + n)/(a² v1 + n) of the variance."""
    batch = torch.linalg.qr(drawn(400, 3) - drawn(400, 3).mean(0))[0]  # orthonormal columns of mean 0
    logits = batch.clone()
    a, b, noise = 0.8, 0.5, 0.3
    logits[:, 0] = a * batch[:, 1] + noise * batch[:, 2]
    coefficients = torch.zeros(3, 3, dtype=torch.float64)
    coefficients[0, 1] = b
    logits.requires_grad_()
    scale = 100.0  # of all logits: shares do not know it
    found = explained(scale * logits, coefficients)
    assert float(found.detach()) == pytest.approx((1 - ((a - b) ** 2 + noise**2) / (a**2 + noise**2)) / 3, abs=1e-9)
    found.backward()
    with torch.no_grad():  # downhill they are told less by each other
        assert explained(scale * (logits - 1e-3 * logits.grad), coefficients) < found
    assert explained(logits, torch.zeros(3, 3)) == 0
    coefficients[0, 1] = -1.0  # what makes it worse tells nothing
    assert explained(logits, coefficients) == 0


def test_dependence_is_between_questions_alone():
    groups = torch.tensor([0, 0, 1, 1, 2])
    logits = drawn(3000, 5)
    logits[:, 1] = -logits[:, 0]  # answers of one question
    logits[:, 4] = 0.9 * logits[:, 2] + 0.1 * drawn(3000, 9)[:, 8]
    found = coefficients_of(covariance(logits), groups, 0.2)
    assert set(torch.nonzero(found.abs() > 0.05).flatten(0).tolist()) == {2, 4}
    assert found[4, 2] == pytest.approx(0.9 * 0.8, abs=0.05) and found[0, 1] == 0
    told = Dependence(groups, 0.2)
    losses = [float(told(logits[start : start + 60].float())) for start in range(0, 3000, 60)]
    assert losses[:49] == [0.0] * 49 and losses[49] > 0.2  # from the first solution on
    again = Dependence(groups, 0.2)
    again.load_state_dict(told.state_dict())
    assert float(again(logits[:60].float())) == float(told(logits[:60].float()))


def test_a_classifier_that_is_regularised_goes_on_as_it_was(tmp_path, monkeypatch):
    from simulacra.models.vision import classifier, dependence
    from simulacra.models.vision.toypeople import toy_people

    monkeypatch.setattr(dependence, "EVERY", 3)
    people = toy_people(16, 0, 6, 32)
    config = classifier.ClassifierConfig(size=32, crop=1.0, width=8, steps=6, batch=8, dependence=0.5)
    classifier.fit_classifier(people, tmp_path / "one", config)
    stopped = []

    def stop(event):
        stopped.append(event)
        if event.get("step") == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        classifier.fit_classifier(people, tmp_path / "two", config, stop)
    classifier.fit_classifier(people, tmp_path / "two", config)
    first, second = (classifier.load(tmp_path / name).state_dict() for name in ("one", "two"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    with pytest.raises(BadInput, match="dependence: is -1"):
        classifier.ClassifierConfig(dependence=-1)
