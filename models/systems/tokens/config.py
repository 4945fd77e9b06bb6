"""What systems of picture tokens share in their configurations: the tokeniser, and the transformer of its tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ....datagen.errors import BadInput
from ...core.settings import means, require, setting
from ...core.trainer import TrainerConfig
from ...diffusion.autoencoder import AutoencoderConfig
from ...gan.patches import LEAST
from ...tokens.transformer import TransformerConfig
from ..pictures.config import CONDITIONS, TextConfig, check_names


@dataclass(frozen=True, kw_only=True)
class TokenConfig:
    """Sizes for a processor; published are 256 px, 1024 codes of 256 numbers, 256 tokens, and transformers of 24 blocks."""

    size: int = setting(32, "px a side of the pictures that are learned from")
    flip: bool = setting(True, "whether pictures are mirrored at random")
    batch: int = setting(16, "pictures in a step")
    condition: str = setting("nothing", "what the transformer is told: nothing, class or text")
    label: str = setting(
        "",
        "of condition class: an attribute, as glasses or family, or a field of the spec that holds a word, as wear.hat",
    )
    text: TextConfig = field(default_factory=TextConfig, metadata=means("what reads captions where condition is text"))
    drop: float = setting(0.1, "share of conditions that training hides, so that pictures of nothing can be made too")
    autoencoder: AutoencoderConfig = field(
        default_factory=lambda: AutoencoderConfig(latent=16), metadata=means("the tokeniser's encoder and decoder")
    )
    codes: int = setting(256, "codes of the codebook")
    decay: float = setting(0.99, "share of the codebook's averages that a step keeps")
    revive: float = setting(
        0.03, "a code that is chosen less than this share of the mean is set to a vector of the batch"
    )
    commitment: float = setting(0.25, "weight of the distance of vectors from their codes")
    perceptual: float = setting(1.0, "weight of the perceptual loss beside the absolute error; 0 leaves it out")
    adversarial: float = setting(
        0.8, "share of the other losses' gradient at the last layer that the discriminator's has"
    )
    adversarial_from: int = setting(1000, "step from which it has that")
    judging: int = setting(32, "channels of the discriminator after its first convolution")
    tokeniser: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=4000, learning_rate=5e-4, ema=0.995, betas=(0.5, 0.9)),
        metadata=means("training of the tokeniser"),
    )
    width: int = setting(128, "channels of a token in the transformer")
    depth: int = setting(6, "blocks of the transformer")
    heads: int = setting(4, "heads of attention")
    dropout: float = setting(0.1, "share of numbers that training hides in each block")
    nearby: int = setting(0, "places along rows and columns that a token sees (3-D nearby attention); 0 is all of them")
    prior: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=8000, learning_rate=5e-4, ema=0.998, weight_decay=0.045, betas=(0.9, 0.96)),
        metadata=means("training of the transformer"),
    )  # fmt: skip

    def __post_init__(self):
        require(self, size=(LEAST, 512), batch=(1, math.inf), drop=(0, 1), codes=(2, 1 << 16), decay=(0, 0.99999), revive=(0, 1),
                commitment=(0, 100), perceptual=(0, 1000), adversarial=(0, 1000), adversarial_from=(0, math.inf), judging=(1, 1024),
                width=(4, 8192), depth=(1, 128), heads=(1, 128), dropout=(0, 0.9), nearby=(0, 64))  # fmt: skip
        check_names(self, condition=CONDITIONS)

    def check(self) -> None:
        """Raise BadInput where fields do not go together; each of them is looked at when it is set."""
        if (self.condition == "class") != bool(self.label):
            raise BadInput(
                f"label: {self.label or 'none'} is not allowed with condition {self.condition}; allowed is one with class alone"
            )
        if self.size % self.autoencoder.factor:
            raise BadInput(f"size: {self.size} is not allowed; allowed are multiples of {self.autoencoder.factor}, by which the tokeniser "
                           "divides it")  # fmt: skip
        self.transformer(False, False)  # says what heads are not allowed

    @property
    def side(self) -> int:
        """Tokens a side of a picture."""
        return self.size // self.autoencoder.factor

    def transformer(self, causal: bool, timed: bool, vector: int = 0, tokens: int = 0) -> TransformerConfig:
        """The transformer, under what it is told of these widths."""
        return TransformerConfig(self.codes, self.side, self.width, self.depth, self.heads, vector, tokens, causal, timed,
                                 self.nearby, self.dropout)  # fmt: skip
