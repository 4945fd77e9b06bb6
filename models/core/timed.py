"""A training within a budget of wall-clock time, at whose end the learning rate has fallen and everything is saved."""

from __future__ import annotations

import math
import time

from ...datagen.errors import BadInput
from .trainer import Trainer

LEAST_LEFT = 0.02  # share of the budget that is kept for the last checkpoint and what is written after it
WARM = 0.02  # share of the budget over which the rate rises
BETWEEN = 30.0  # s between checkpoints at least: a wide network's are large


class TimedTrainer(Trainer):
    """A trainer that is over when ``budget`` seconds are, those of earlier runs of the same training among them.

    The clock starts when it is made, so loading, checkpoints and the first, slow steps count. The learning rate rises over the
    first 2 % of the budget and falls from there as half a cosine to its end: it follows the clock, not the steps, so a run that
    was stopped goes on from its checkpoint but not to the bit. No step is begun that would end after the budget if it took as
    long as the one before; twice the time of the slowest checkpoint, or 2 % of the budget, is left for the end.
    """

    def __init__(self, *args, budget: float, **more):
        super().__init__(*args, **more)
        if not 0 < budget < math.inf:
            raise BadInput(f"budget: {budget} s is not allowed; allowed is a number above 0")
        self.budget, self.started, self.before = budget, time.monotonic(), 0.0
        # Seconds of the slowest checkpoint, and when the last one was written.
        self.saving, self.saved_at = 0.0, -math.inf
        self.ended = False

    @property
    def gone(self) -> float:
        """Seconds of the budget that are used up."""
        return self.before + time.monotonic() - self.started

    @property
    def usable(self) -> float:
        """Seconds of the budget in which steps are taken."""
        return self.budget - max(2 * self.saving, LEAST_LEFT * self.budget)

    @property
    def over(self) -> bool:
        return self.ended or super().over

    def share(self) -> float:
        return timed_share(self.gone / self.usable if self.usable > 0 else 1.0)

    def advance(self) -> dict[str, float]:
        started = time.monotonic()
        numbers = super().advance()
        self.ended = self.gone + (time.monotonic() - started) >= self.usable
        return numbers

    def _save(self) -> None:
        started = time.monotonic()
        if not self.over and started - self.saved_at < BETWEEN:
            return
        super()._save()
        self.saved_at = time.monotonic()
        self.saving = max(self.saving, self.saved_at - started)

    def _resume(self) -> None:
        super()._resume()
        self.before = self.spent
        self.ended = self.gone >= self.usable


def timed_share(gone: float) -> float:
    """The share of the learning rate where a share ``gone`` of the time is used up: a linear rise, then half a cosine to 0."""
    if gone < WARM:
        return gone / WARM
    return 0.5 * (1 + math.cos(math.pi * min((gone - WARM) / (1 - WARM), 1.0)))
