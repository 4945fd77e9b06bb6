"""The ledger of a run: which samples wait, how often each was tried, which failed for good."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..storage.dataset import DatasetFolder


class Ledger:
    """Kept by whoever hands out the samples of a run; ``tell`` gets an event for each finished or failed one."""

    def __init__(self, folder: DatasetFolder, indices: Iterable[int], retries: int, tell: Callable[[dict], None]):
        self.folder, self.retries, self.tell = folder, retries, tell
        self.waiting = list(indices)[::-1]
        self.attempts: dict[int, int] = {}
        self.failed: dict[int, dict] = {}
        self.next_description = time.monotonic() + folder.describe_every

    def take(self) -> int:
        """The next sample that waits."""
        return self.waiting.pop()

    def put_back(self, index: int) -> None:
        """A sample was lost through no fault of its own: it waits again, and this was no attempt."""
        self.waiting.append(index)

    def finished(self, answer: dict) -> None:
        """A worker answered that a sample is there."""
        device = answer.get("device")
        if device and device not in self.folder.devices:
            self.folder.devices.append(device)
        self.tell({"event": "finished", "seed": self.folder.recipe.seed + answer["index"], **answer})

    def failed_once(self, index: int, reason: str, log: str = "", for_good: bool = False) -> bool:
        """An attempt failed: the sample is tried again, or reported by seed; whether it is.

        ``for_good`` says that it would fail again, ``log`` what the worker's log is called then.
        """
        self.attempts[index] = self.attempts.get(index, 0) + 1
        if self.attempts[index] <= self.retries and not for_good:
            self.waiting.append(index)
            return False
        seed = self.folder.recipe.seed + index
        self.failed[index] = {
            "index": index,
            "seed": seed,
            "reason": reason,
            "attempts": self.attempts[index],
            "log": log,
        }
        self.tell({"event": "failed", **self.failed[index]})
        return True

    def describe(self) -> None:
        """Write dataset.json now and then, of large datasets less often: it takes no more than a twentieth of the time."""
        started = time.monotonic()
        if started > self.next_description:
            self.folder.describe(self.failed)
            took = time.monotonic() - started
            self.next_description = time.monotonic() + max(self.folder.describe_every, 20 * took)

    def close(self) -> dict[int, dict]:
        """Write dataset.json; the records of the samples that failed, by index."""
        self.folder.describe(self.failed)
        return self.failed
