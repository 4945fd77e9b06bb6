"""A trained iVID: a first view with depth from noise, further ones completed from all before, and the scene of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput, Unfinished
from ...core.cameras import Cameras, orbit, turned_around
from ...core.checkpoint import CONFIG, load_model, read_about, read_trained
from ...core.progress import Progress, counting
from ...core.thing_attributes import EXTENT
from ...diffusion.conditioning import Cond, masked, unconditional
from ...diffusion.guidance import guided
from ...diffusion.samplers import ddim
from ...diffusion.unet import UNet
from ...fields.mesh import Mesh, MeshConfig, extract, stretched
from ...kinds.views import ViewedScene
from ...surfaces.fusion import fused
from ...surfaces.warps import edges_of
from ...vision.thing_prompts import read
from ...vision.thing_sizes import Sizes
from ..request import Request
from .config import Config
from .known import DepthCode, aggregated, seen_through, told

SYSTEM = "ivid"
REACH = 2.0  # box units behind the box's centre beyond which a pixel shows nothing: a corner is 1.73 away
TRUNCATION = 2.5  # pixels in the middle of the box: how far before a surface a view still tells of it
MOST = 64  # families


class IVID(nn.Module):
    """The networks of first views and of completion, for things of ``families``, of which there may be none.

    ``half`` is the box's half side in metres, ``distance`` in box units and ``field_of_view`` in degrees are of the cameras
    that it learned from.
    """

    def __init__(self, config: Config, families: Sequence[str], half: float, distance: float, field_of_view: float):
        super().__init__()
        self.config, self.families, self.half = config, tuple(families), half
        self.distance, self.field_of_view = distance, field_of_view
        self.code = DepthCode(config.near * distance, config.far * distance, distance + REACH, config.wall * distance)
        self.first = UNet(config.net(len(families), False))
        self.completion = UNet(config.net(len(families), True))
        self.sizes = Sizes()

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return {name: getattr(self, name) for name in ("first", "completion", "sizes")}

    def family(self, name: str, count: int = 1) -> Cond:
        """The condition of a family for some samples, with all dropped where it is ""; none where the run knows none."""
        if not self.families:
            return Cond()
        vec = torch.zeros(count, len(self.families))
        if not name:
            return unconditional(Cond(vec=vec))
        vec[:, self.families.index(name)] = 1
        return Cond(vec=vec)

    def _scale(self, cond: Cond, guidance: float) -> float:
        return guidance if cond.vec is not None and cond.keep is None else 1.0

    @torch.no_grad()
    def started(
        self, cond: Cond, noise: Tensor, guidance: float, steps: int, progress: Progress | None = None
    ) -> Tensor:
        """First views (B, 4, S, S), colours and code in [-1, 1], that noise of that shape becomes under a condition."""
        config = self.config
        denoise = guided(self.first, cond, scale=self._scale(cond, guidance))
        return ddim(denoise, config.process, noise, min(steps, config.process_steps),
                    callback=counting(progress, "first view"), clip=1.0).clamp(-1, 1)  # fmt: skip

    @torch.no_grad()
    def completed(self, cond: Cond, known: Tensor, bound: Tensor, noise: Tensor, guidance: float, steps: int,
                  progress: Progress | None = None, stage: str = "view") -> Tensor:  # fmt: skip
        """Views (B, 4, S, S) that noise of that shape becomes beside what is ``known`` (B, 6, S, S) of them.

        In every step what it predicts is blended with what is known, and hidden depth is moved behind the code
        ``bound`` (B, S, S), 1 where there is none; so nothing new stands before what is seen (iVID, section 3.3).
        """
        config = self.config
        whole = Cond(vec=cond.vec, spatial=known, keep=cond.keep)
        without = masked(whole, torch.zeros(len(known)), ("vec",)) if cond.vec is not None else None
        colour_known, depth_known = known[:, 4:5] > 0.5, known[:, 5:] > 0.5

        def correct(x0: Tensor, last: bool) -> Tensor:
            colours, code = x0.split([3, 1], 1)
            share = 0.0 if last else config.blend_colours
            colours = torch.where(colour_known, torch.lerp(colours, known[:, :3], share), colours)
            behind = torch.lerp(code, torch.minimum(code, bound[:, None]), config.behind)
            code = torch.where(depth_known, torch.lerp(code, known[:, 3:4], config.blend_depth), behind)
            return torch.cat([colours, code], 1)

        denoise = guided(self.completion, whole, without, self._scale(cond, guidance))
        return ddim(denoise, config.process, noise, min(steps, config.process_steps),
                    callback=counting(progress, stage), clip=1.0, correct=correct).clamp(-1, 1)  # fmt: skip

    def next_view(self, cond: Cond, rgbd: Tensor, cameras: Cameras, to: Cameras, guidance: float, steps: int,
                  generator: torch.Generator, progress: Progress | None = None, stage: str = "view") -> Tensor:  # fmt: skip
        """One more view (1, 4, S, S), by all before it (V, 4, S, S) with their cameras."""
        holes, noise = (torch.randn(1, *rgbd.shape[1:], generator=generator) for _ in range(2))
        known = told(aggregated(rgbd, cameras, self.code, to), self.code, holes[0])[None]
        free = seen_through(rgbd, cameras, self.code, to)
        bound = torch.where(free > 0, self.code.encode(free), torch.ones(()))[None]
        return self.completed(cond, known, bound, noise, guidance, steps, progress, stage)

    @torch.no_grad()
    def scene(self, cond: Cond, seed: int, guidance: float, steps: int | None = None,
              progress: Progress | None = None) -> tuple[Tensor, Cameras]:  # fmt: skip
        """Views (V, 4, S, S) and their cameras, one after the other."""
        config, generator = self.config, torch.Generator().manual_seed(seed)
        turns = config.turns(generator)
        own = orbit(torch.zeros(1), torch.tensor([config.elevation]), self.distance, self.field_of_view)
        cameras = turned_around(own, *turns.T)
        noise = torch.randn(1, 4, config.size, config.size, generator=generator)
        rgbd = self.started(cond, noise, guidance, steps or config.first_steps, progress)
        for number in range(1, len(turns)):
            before = cameras.pick(slice(0, number))
            stage = f"view {number + 1} of {len(turns)}"
            made = self.next_view(
                cond, rgbd, before, cameras.pick([number]), guidance, steps or config.steps, generator, progress, stage
            )
            rgbd = torch.cat([rgbd, made])
        return rgbd, cameras

    def result(self, rgbd: Tensor, cameras: Cameras, half: float, extent: float | None = None) -> ViewedScene:
        """The scene of views (V, 4, S, S); its mesh is made when it is asked for, ``extent`` box units long where that is given."""
        depth = self.code.decode(rgbd[:, 3])
        there = depth < self.code.end
        pixel = 2 * self.distance * torch.tan(torch.deg2rad(torch.tensor(self.field_of_view / 2))) / self.config.size

        @cache
        def mesh() -> Mesh:
            whole = torch.where(there, depth, torch.inf)
            known = there & ~torch.stack([edges_of(one) for one in depth])
            field = fused(rgbd[:, :3], whole, cameras, float(TRUNCATION * pixel), known if known.any() else there)
            how = MeshConfig(self.config.grid, "sdf", 0.0, self.config.keep, self.config.texture)
            try:
                made = extract(field, how)
                return stretched(made, extent) if extent else made
            except BadInput as error:
                raise Unfinished(
                    f"{SYSTEM}: the views show no thing ({error}); another seed, or a longer training, does"
                ) from None

        return ViewedScene(
            rgbd[:, :3], torch.where(there, depth, torch.zeros(())), cameras, mesh, half, self.config.swing
        )

    def generate(self, request: Request, progress: Progress | None = None) -> ViewedScene:
        """Make a scene of a prompt's family, or of anything; raises BadInput for a prompt without a family that was learned."""
        reading = read(request.prompt)
        family = reading.attributes.get("family", "")
        if request.prompt and family not in self.families:
            raise BadInput(
                f"prompt: names no family that this run has learned; allowed are {', '.join(self.families) or 'none'}"
            )
        if progress and (more := [name for name in reading.attributes if name not in ("family", "size")]):
            progress(
                {
                    "event": "warning",
                    "message": f"prompt: {SYSTEM} hears the family and the size alone, not {', '.join(more)}",
                }
            )
        guidance = self.config.guidance if request.guidance is None else request.guidance
        rgbd, cameras = self.scene(self.family(family), request.seed, guidance, request.steps, progress)
        extent = EXTENT if "size" in reading.attributes else None
        return self.result(rgbd, cameras, self.sizes.of(reading, self.half), extent)


def load(folder: Path) -> IVID:
    """Read a trained iVID; raises BadInput where the folder holds another system or is damaged."""
    config, numbers = read_trained(folder, SYSTEM, Config(), "half", "distance", "field_of_view")
    families = read_about(folder).get("families")
    known = isinstance(families, list) and len(families) <= MOST
    if not known or not all(isinstance(name, str) and len(name) <= 60 for name in families):
        raise BadInput(f"{Path(folder) / CONFIG}: families are {str(families)[:60]}; allowed are up to {MOST} names")
    return load_model(folder, SYSTEM, lambda: IVID(config, families, *numbers), IVID.parts)
