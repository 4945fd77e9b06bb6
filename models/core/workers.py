"""Where a training runs: this process alone, on a GPU if there is one, or a process for each GPU as torchrun starts them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from ...datagen.errors import Unfinished


class Workers:
    """The device of this process, and what processes do together; alone it needs torch and nothing else.

    ``precision`` "bf16" computes losses in bfloat16; weights, gradients and what the optimiser keeps stay float32.
    """

    def __init__(self, precision: str):
        self.device, self.rank, self.count = torch.device("cpu"), 0, 1
        self.accelerator, self.half = None, precision == "bf16"
        if int(os.environ.get("WORLD_SIZE", "1")) <= 1:
            if torch.cuda.is_available():
                self.device = torch.device("cuda", torch.cuda.current_device())
            return
        try:
            from accelerate import Accelerator
        except ImportError:
            raise Unfinished("training in several processes needs accelerate: pip install accelerate") from None
        # Its own mixed precision cannot be changed once a process has it, and stages of one training may differ.
        self.accelerator = Accelerator(mixed_precision="no", cpu=not torch.cuda.is_available())
        self.device = self.accelerator.device
        self.rank, self.count = self.accelerator.process_index, self.accelerator.num_processes

    def autocast(self) -> AbstractContextManager:
        """The precision in which a loss is computed."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.half else nullcontext()

    def same_start(self, modules: nn.Module) -> None:
        """Give every process the first one's weights."""
        if self.count > 1:
            from accelerate.utils import broadcast

            for value in modules.state_dict().values():
                value.copy_(broadcast(value.contiguous()))

    def mean(self, values: Tensor) -> Tensor:
        """The mean over all processes; one that is not finite anywhere is so everywhere."""
        return self.accelerator.reduce(values, "mean") if self.count > 1 else values

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace all gradients by their means over all processes.

        Done here and not by a wrapper around each module, as a step calls modules any number of times and in any way.
        """
        if self.count == 1:
            return
        # A parameter may have been used by some processes only; one that none used keeps no gradient.
        used = self.accelerator.reduce(
            torch.tensor([float(p.grad is not None) for p in parameters], device=self.device), "sum"
        )
        chosen = [p for p, times in zip(parameters, used.tolist(), strict=True) if times]
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in chosen])
        flat = self.accelerator.reduce(flat, "mean")
        for parameter, values in zip(chosen, flat.split([p.numel() for p in chosen]), strict=True):
            parameter.grad = values.view_as(parameter).clone()

    def wait(self) -> None:
        """Until every process is here."""
        if self.accelerator:
            self.accelerator.wait_for_everyone()
