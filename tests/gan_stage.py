"""Small systems and people of noise for the tests of adversarial training."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")


from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.data import People, Person  # noqa: E402
from simulacra.models.gan.discriminators import (  # noqa: E402
    Discriminator,
    DiscriminatorConfig,
)
from simulacra.models.gan.regularizers import R1, CameraHead  # noqa: E402
from simulacra.models.gan.trainer import AdversarialTrainer  # noqa: E402
from simulacra.models.gan.views import PosedViews  # noqa: E402
from simulacra.models.systems import eg3d  # noqa: E402
from simulacra.models.systems.gan_baselines import Giraffe, GiraffeConfig, PiGAN, PiGANConfig  # noqa: E402

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


def trainer_of(system: str, config, folder: Path | None, plugs=None, **more) -> AdversarialTrainer:
    """A trainer of a small system; ``plugs`` replaces its regularisers."""
    folder = folder or Path("unused")
    if system == "eg3d":
        model, judge, own = eg3d.EG3D(config), eg3d.judge(config), eg3d.regularizers(config)
    else:
        model = (PiGAN if system == "pi_gan" else Giraffe)(config)
        judge = DiscriminatorConfig(config.size, 3, config.narrowest, config.widest, heads={"camera": 3})
        own = [R1(config.r1, config.r1_every)] + ([CameraHead()] if system == "pi_gan" else [])
    plugs = own if plugs is None else plugs
    return AdversarialTrainer(
        folder, model, Discriminator(judge), PosedViews(people(), config.size), config, plugs, **more
    )
