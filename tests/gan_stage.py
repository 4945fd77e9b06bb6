"""Small systems and people of noise for the tests of adversarial training."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")


from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.data import People, Person  # noqa: E402
from simulacra.models.core.posed_views import PosedViews  # noqa: E402
from simulacra.models.gan.discriminators import Discriminator, DiscriminatorConfig  # noqa: E402
from simulacra.models.gan.regularizers import R1  # noqa: E402
from simulacra.models.gan.trainer import AdversarialTrainer  # noqa: E402
from simulacra.models.systems import eg3d  # noqa: E402
from simulacra.models.systems.gan_baselines import (  # noqa: E402
    Giraffe,
    GiraffeConfig,
    PiGAN,
    PiGANConfig,
    pi_gan_discriminator,
    pi_gan_regularizers,
)

TINY = {"size": 16, "batch": 4, "latent": 16, "narrowest": 8, "widest": 16, "samples": 8}


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def people(count: int = 2, size: int = 16, views: int = 4) -> People:
    """People of noise within a disc, seen by an orbit."""
    cameras = orbit(torch.linspace(-60, 60, views), torch.zeros(views), 6.0, 20.0)
    rgba = torch.randint(0, 256, (count, views, 4, size, size), generator=rng(), dtype=torch.uint8)
    return People(tuple(Person(str(i), rgba[i], cameras, {}, ()) for i in range(count)), splits=("train",) * count)


def small_eg3d(**changes) -> eg3d.Config:
    return eg3d.Config(
        **TINY | {"raw": 8, "style": 16, "planes": 16, "channels": 4, "features": 8, "decoder": 16} | changes
    )


def small_pi_gan(**changes) -> PiGANConfig:
    return PiGANConfig(**TINY | {"start": 8, "width": 8, "depth": 2, "mapping": 16} | changes)


def small_giraffe(**changes) -> GiraffeConfig:
    settings = {key: value for key, value in TINY.items() if key != "latent"}
    return GiraffeConfig(**settings | {"raw": 8, "shape": 8, "appearance": 8, "width": 16, "features": 8} | changes)


def trainer_of(system: str, config, folder: Path | None, regularizers=None, **more) -> AdversarialTrainer:
    """A trainer of a small system; ``regularizers`` replaces its own."""
    folder = folder or Path("unused")
    if system == "eg3d":
        model, discriminator, own = eg3d.EG3D(config), eg3d.discriminator(config), eg3d.regularizers(config)
    elif system == "pi_gan":
        model, discriminator, own = PiGAN(config), pi_gan_discriminator(config), pi_gan_regularizers(config)
    else:
        model, own = Giraffe(config), [R1(config.r1, config.r1_every)]
        discriminator = DiscriminatorConfig(config.size, 3, config.narrowest, config.widest)
    regularizers = own if regularizers is None else regularizers
    return AdversarialTrainer(
        folder, model, Discriminator(discriminator), PosedViews(people(), config.size), config, regularizers, **more
    )
