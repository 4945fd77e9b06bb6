"""Photographs of faces without labels: the windows around them, held small, drawn anew for a training that teaches itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.photographs import SUFFIXES, read_photo
from ...core.progress import Progress, counting
from ...core.window import Window
from .finding import first_window
from .targets import ROOM, WindowConfig, draw_window


class Photographs:
    """The faces that the cascade sees in a folder's photographs; those in which it sees none are left out."""

    def __init__(self, folder: Path, size: int, progress: Progress | None = None):
        paths = (
            sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in SUFFIXES) if Path(folder).is_dir() else []
        )
        self.held: list[tuple[Tensor, Window]] = []
        told = counting(progress, "photographs")
        for number, path in enumerate(paths):
            photo = read_photo(path)
            window, seen = first_window(photo, size)
            if seen:
                values = torch.from_numpy(photo.transpose(2, 0, 1).copy())
                edge = round(min(window.width * ROOM, size * ROOM))
                around = replace(window, width=window.width * ROOM, size=(edge, edge))
                # The face's window as it lies in what is held: in the middle, a share of it.
                inner = Window((edge / 2, edge / 2), edge / ROOM, (size, size))
                self.held.append((around.smooth(values).round().byte(), inner))
            told(number + 1, len(paths))
        if not self.held:
            raise BadInput(f"photographs: {folder} holds {len(paths)} pictures and no face; allowed is a folder of PNG and JPEG of "
                           "faces")  # fmt: skip

    def draw(self, count: int, config: WindowConfig, generator: torch.Generator) -> Tensor:
        """``count`` pictures (count, 3, S, S) in 0…1 of faces in drawn windows; each is as likely."""
        chosen = torch.randint(len(self.held), (count,), generator=generator, device=generator.device).tolist()
        rows = [draw_window(self.held[i][1], config, generator).smooth(self.held[i][0]) / 255 for i in chosen]
        return torch.stack(rows)
