"""What draws tokens of pictures: a tokeniser, and a transformer with what it is told; a system says how tokens are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from ...core.checkpoint import load_model, read_trained
from ...core.progress import Progress
from ...core.shots import Shots
from ...core.training import seeded
from ...diffusion.conditioning import Cond, drop
from ...diffusion.variance import StepSampler
from ...kinds.picture import Pictures
from ...tokens.transformer import Cache, TokenTransformer
from ..pictures.dataset import Pictures as Learned
from ..pictures.model import Known, read_known
from ..pictures.told import Told
from ..pictures.training import SHOWN, known_of, learned, save, sheet
from ..request import Request
from ..stages import train_stage
from .config import TokenConfig
from .tokeniser import Tokeniser, train_tokeniser


class Prior(nn.Module):
    """The transformer of tokens (B, n), and what makes its conditions; ``times`` is how many steps a time may have, 0 for none."""

    def __init__(self, config: TokenConfig, known: Known, causal: bool = False, times: int = 0):
        super().__init__()
        self.told = Told(config, known.names, known.vocabulary)
        widths = self.told.widths
        shape = config.transformer(causal, times > 0, widths["vector"], widths["tokens"])
        self.transformer = TokenTransformer(shape)
        self.steps = StepSampler(times) if times else None

    def forward(
        self, tokens: Tensor, cond: Cond, t: Tensor | None = None, cache: Cache | None = None, first: int = 0
    ) -> Tensor:
        return self.transformer(tokens, cond.vec, cond.tokens, cond.keep, t, cache, first)


class TokenPictures(nn.Module):
    """A tokeniser and a prior of its tokens; a system says what a prior learns, and how it draws."""

    system: ClassVar[str]
    causal: ClassVar[bool] = False

    def __init__(self, config: TokenConfig, known: Known):
        super().__init__()
        self.config, self.known = config, known
        self.tokeniser = Tokeniser(config)
        self.prior = Prior(config, known, self.causal, self.times)

    @property
    def times(self) -> int:
        """How many steps of time the prior is told, 0 where it is told none."""
        return 0

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return {"tokeniser": self.tokeniser, "prior": self.prior}

    def loss(self, tokens: Tensor, cond: Cond, generator: torch.Generator) -> dict[str, Tensor]:
        """The losses of a training step on tokens (B, s * s)."""
        raise NotImplementedError

    def drawn(
        self, cond: Cond, count: int, request: Request, generator: torch.Generator, progress: Progress | None
    ) -> Tensor:
        """Tokens (count, h, w) under a condition."""
        raise NotImplementedError

    @torch.no_grad()
    def generate(self, request: Request, progress: Progress | None = None) -> Pictures:
        """Make a picture of a prompt, or of nothing."""
        told = self.prior.told
        cond = told.asked(request.prompt, progress) if request.prompt else told.nothing(1)
        tokens = self.drawn(cond, 1, request, torch.Generator().manual_seed(request.seed), progress)
        return Pictures(self.tokeniser.decode(tokens))


Model = TypeVar("Model", bound=TokenPictures)


class PriorStep:
    """A training step of a prior: tokens of random pictures, mirrored at random, and their conditions, some dropped."""

    def __init__(self, model: TokenPictures, pictures: Learned):
        self.model, self.pictures, self.config = model, pictures, model.config
        self.numbers = model.prior.told.numbers(pictures.captions)
        self.tokens = model.tokeniser.all_tokens(pictures)

    def condition(self, index: Tensor, device: torch.device) -> Cond:
        """What is told of pictures of these numbers."""
        return self.model.prior.told(self.pictures.classes[index].to(device), self.numbers[index].to(device))

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config, device = self.config, generator.device
        index = torch.randint(len(self.pictures), (config.batch,), generator=generator, device=device).cpu()
        turned = torch.rand(config.batch, generator=generator, device=device).cpu() < (0.5 if config.flip else 0.0)
        cond = self.condition(index, device)
        if len(cond):
            cond = drop(cond, config.drop, generator)
        return self.model.loss(self.tokens[turned.long(), index].to(device), cond, generator)

    def draw(self, number: int) -> dict[str, Tensor]:
        """Pictures of the first conditions of the data, above the pictures that had them where there are conditions."""
        model, index = self.model, torch.arange(min(SHOWN, len(self.pictures)))
        device = next(model.prior.parameters()).device
        model.prior.cpu()  # tokens are drawn by a generator of the processor, as when a run is asked
        cond = self.condition(index, torch.device("cpu"))
        try:
            tokens = model.drawn(cond, len(index), Request(), torch.Generator().manual_seed(number), None)
        finally:
            model.prior.to(device)
        made = model.tokeniser.cpu().decode(tokens)
        same = made.shape[-2:] == (self.config.size,) * 2
        return {"samples": sheet(torch.cat([made, self.pictures.shown(index)]) if len(cond) and same else made)}


def train_model(kind: type[Model], shots: Shots, folder: Path, config: TokenConfig, progress: Progress | None) -> None:
    """Train both stages on the frames of the split train and write what ``load_run`` reads; goes on from what the folder holds."""
    config.check()
    folder = Path(folder)
    pictures = learned(shots, config)
    model = seeded(lambda: kind(config, known_of(pictures, config)), config.prior.seed)
    model.requires_grad_(False)
    folder.mkdir(parents=True, exist_ok=True)
    train_tokeniser(model.tokeniser, pictures, folder, config, progress)
    step = PriorStep(model, pictures)
    train_stage(model, "prior", step, folder, progress, step.draw)
    save(model, folder, shots.digest, len(pictures))


def load_run(kind: type[Model], folder: Path, config: TokenConfig) -> Model:
    """Read a trained run; raises BadInput where the folder holds another system or is damaged."""
    config, _ = read_trained(folder, kind.system, config)
    config.check()
    known = read_known(folder, config)
    return load_model(folder, kind.system, lambda: kind(config, known), kind.parts)
