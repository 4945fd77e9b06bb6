"""A trained Rodin: avatars from nothing, from a prompt, from a photo, and changed ones from others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.attributes import ATTRIBUTES
from ...core.cameras import Cameras
from ...core.checkpoint import load_model, read_trained
from ...core.data import Person
from ...core.progress import Progress, counting, staged
from ...diffusion.conditioning import Cond, unconditional
from ...diffusion.guidance import guided
from ...diffusion.prior import LatentPrior, LatentPriorConfig
from ...diffusion.samplers import ddim, ddim_inverse
from ...fields.export import SavedAvatar, read_avatar_planes
from ...fields.fit import fit
from ...fields.render import render_image
from ...fields.triplane import resize
from ...kinds.avatar import Avatar, crisp
from ...vision import vlm as vlms
from ...vision.captions import say
from ...vision.latents import told_of
from ...vision.prompts import parse, read
from ..request import Request
from . import base
from .config import Config
from .inversion import AROUND, SAFER, pose_of, tuned
from .photo import read_portrait
from .refiner import refiner_of
from .regions import region
from .tones import toned
from .two_sizes import LOOK_SIZE, LOOKS, TwoSizes

SYSTEM = "rodin"
AT_ONCE = 16  # small planes that are sampled together
COARSE = 6  # steps in which a coarse avatar is sampled
SHARPENING = 30  # steps in which latents are drawn towards a prompt


class Rodin(TwoSizes):
    """All networks of the system; build it by ``load``, or by training."""

    system = SYSTEM

    def __init__(self, config: Config, vlm: nn.Module, half: float, distance: float, field_of_view: float):
        latent = vlm.config.embedding
        super().__init__(config, latent, half, distance, field_of_view)
        self.config = config
        self.vlm = vlm
        self.told = told_of(config.latents, latent)
        self.base = base.network_of(config, latent)
        self.prior = LatentPrior(LatentPriorConfig(latent, config.prior_width, config.prior_depth))
        self.refiner = refiner_of(config)

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds; the image-text model has a folder of its own."""
        names = ("decoder", "small", "large", "told", "base", "prior", "upsampler", "refiner")
        return {name: getattr(self, name) for name in names}

    @torch.no_grad()
    def latents_of(self, prompt: str, count: int, drawn: int, generator: torch.Generator, scale: float = 1.5) -> Tensor:
        """Portrait latents (count, D) for a prompt: those that say best what it asks, of ``drawn`` that the prior draws.

        One that is drawn alone is left as it is.
        """
        text = self.vlm.encode_text([say(parse(prompt)) or prompt])
        latents = F.normalize(self.prior.sample(text.repeat(drawn, 1), generator, 20, scale), dim=-1)
        if drawn == 1:
            return latents
        return self.sharpened(latents[self.agreement(latents, prompt).topk(count).indices], prompt)

    def sharpened(self, latents: Tensor, prompt: str) -> Tensor:
        """Latents (B, D) drawn a little towards what a prompt asks: rare combinations are beyond the prior."""
        start = latents
        with torch.enable_grad():
            for _ in range(SHARPENING):
                latents = latents.detach().requires_grad_()
                slope = torch.autograd.grad(self.agreement(latents, prompt).sum(), latents)[0]
                latents = F.normalize(latents + 0.05 * F.normalize(slope, dim=-1) + 0.04 * (start - latents), dim=-1)
        return latents.detach()

    @torch.no_grad()
    def planes_of(self, latents: Tensor | None, noise: Tensor, guidance: float, steps: int,
                  progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Small rolled planes (B, C, r, 3r) that the base diffusion makes of noise, with latents (B, D) or without."""
        cond = (
            Cond(vec=self.told(latents))
            if latents is not None
            else unconditional(Cond(vec=noise.new_zeros(len(noise), self.vlm.config.embedding)))
        )
        denoise = guided(self.base, cond, scale=guidance if latents is not None else 1.0)
        return ddim(denoise, base.process_of(self.config), noise, steps, callback=counting(progress, "base"))

    @torch.no_grad()
    def enlarged(self, rolled: Tensor, latents: Tensor | None, generator: torch.Generator,
                 progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Large planes (B, 3, C, R, R) of small rolled ones."""
        return self.upsampled(rolled, None if latents is None else self.told(latents), generator, progress)

    @torch.no_grad()
    def generate(self, request: Request, progress: Progress | None = None) -> Avatar:
        """Make one avatar; raises BadInput for a photo without a face or an avatar that cannot be read."""
        if progress and (in_vain := self._in_vain(request)):
            progress({"event": "warning", "message": in_vain})
        guidance = self.config.guidance if request.guidance is None else request.guidance
        steps = request.steps or self.config.steps
        generator = torch.Generator().manual_seed(request.seed)
        if request.edit is not None:
            planes, draws = self._edited(request, guidance, steps, generator, progress), 0
        else:
            draws = self.draws(request)
            planes = self._made(request, draws, guidance, steps, generator, progress)
        return Avatar(planes, self.decoder, self.half, prompt=request.prompt, draws=draws, enlarge=self.refiner.enlarge)

    @torch.no_grad()
    def coarse(self, request: Request) -> Avatar:
        """The avatar of a prompt, a photo or nothing as it is known within seconds: one draw of few steps, not upsampled.

        It is drawn by the same seed as what ``generate`` makes, and may be another one than that.
        """
        guidance = self.config.guidance if request.guidance is None else request.guidance
        generator = torch.Generator().manual_seed(request.seed)
        if request.photo is not None:
            latents = self.vlm.encode_image(read_portrait(request.photo)[None].to(self.device))
        elif request.prompt:
            latents = self.latents_of(request.prompt, 1, self.draws(request), generator)
        else:
            latents = self.unprompted(1, generator)
        rolled = self.planes_of(latents, self.noise(1, generator), guidance, COARSE)
        return Avatar(self.enlarged_plainly(rolled)[0], self.decoder, self.half, prompt=request.prompt, coarse=True)

    def _in_vain(self, request: Request) -> str:
        """What of a request's prompt changes nothing: latents know no tone of skin, by which only what is drawn is ranked."""
        tone = read(request.prompt).skin
        if not tone or (request.edit is None and self.draws(request) > 1):
            return ""
        how = "an edit changes none" if request.edit is not None else "a first draw is not ranked by it; draw more"
        return f"{tone} skin: says nothing here; {how}"

    def draws(self, request: Request) -> int:
        """How many are drawn for a request and ranked by it: latents for a prompt, avatars for a photo; 1 is a first draw."""
        if not request.prompt and not request.photo:
            return 1
        return request.draws or (self.config.drawn if request.prompt else self.config.candidates)

    def _made(self, request: Request, draws: int, guidance: float, steps: int, generator, progress) -> Tensor:
        config = self.config
        count = min(config.candidates, draws) if request.prompt else draws
        portrait = read_portrait(request.photo).to(self.device) if request.photo else None
        if portrait is not None:
            latents = self.vlm.encode_image(portrait[None]).repeat(count, 1)
        elif request.prompt:
            latents = self.latents_of(request.prompt, count, draws, generator)
        else:
            latents = self.unprompted(1, generator)
        parts = zip(latents.split(AT_ONCE), self.noise(count, generator).split(AT_ONCE), strict=True)
        rolled = torch.cat([self.planes_of(*part, guidance, steps, progress) for part in parts])
        if portrait is not None:
            return self.inverted(portrait, rolled, latents, generator, progress)
        best = 0
        if count > 1:
            pictures = self.looks(rolled)
            seen = torch.stack(
                [self.agreement(self.vlm.encode_image(view), request.prompt) for view in pictures.unbind(1)]
            )
            tone = read(request.prompt).skin
            best = int((seen.mean(0) + (toned(pictures[:, 0], tone) if tone else 0)).argmax())
        return self.enlarged(rolled[best, None], latents[best, None], generator, progress)[0]

    def inverted(self, portrait: Tensor, rolled: Tensor, latents: Tensor, generator, progress=None) -> Tensor:
        """Planes (3, C, R, R) of a portrait (3, s, s), tuned to it: of small planes (B, C, r, 3r) those that look most like it
        from where it was taken, or the mean avatar, which knows best what nobody sees."""
        azimuth, elevation = pose_of(portrait, self.field(self.large.mean), self.front)
        camera, around = ((azimuth, elevation),), tuple((azimuth + side, height) for side, height in AROUND)
        wanted = F.interpolate(portrait[None], (LOOK_SIZE, LOOK_SIZE), mode="area")
        pictures = self.looks(torch.cat([torch.zeros_like(rolled[:1]), rolled]), camera)[:, 0]
        mean, *errors = (pictures - wanted).square().mean((1, 2, 3)).tolist()
        best = min(range(len(errors)), key=errors.__getitem__)
        start = self.large.mean
        if errors[best] < SAFER * mean:
            start = self.enlarged(rolled[best, None], latents[best, None], generator, progress)[0]
        return tuned(self.field, start, portrait, self.front(camera), self.front(around), progress)

    def unprompted(self, count: int, generator: torch.Generator) -> Tensor:
        """Portrait latents (B, D) of nobody in particular."""
        nothing = torch.zeros(count, self.vlm.config.embedding, device=self.device)
        return F.normalize(self.prior.sample(nothing, generator, 20, 0.0), dim=-1)

    def agreement(self, embedded: Tensor, prompt: str) -> Tensor:
        """How well picture embeddings (B, D) agree with a prompt, by the guiding image-text model (B,)."""
        wish = parse(prompt)
        if not wish:
            return embedded @ self.vlm.encode_text([prompt])[0]
        scores = self.vlm.attribute_scores(embedded)
        return sum(scores[name][:, ATTRIBUTES[name].index(value)] for name, value in wish.items())

    def _edited(self, request: Request, guidance: float, steps: int, generator, progress) -> Tensor:
        """The avatar of a file with what the prompt says, by DDIM inversion under its own latent (arXiv 2212.06135)."""
        large = self._adopted(read_avatar_planes(request.edit), progress)
        rolled = self.small.roll(resize(large[None], self.config.resolution))
        picture = render_image(self.field(large), self.front(LOOKS[:1]), 96, 48, 32)
        now = self.vlm.encode_image(picture)
        scores = self.vlm.attribute_scores(now)
        before = {name: ATTRIBUTES[name][int(score.argmax())] for name, score in scores.items()}
        after = {**before, **parse(request.prompt)}
        shift = self.vlm.encode_text([say(after)]) - self.vlm.encode_text([say(before)])
        wanted = F.normalize(now + shift, dim=-1) if after != before else now  # to the bit
        process = base.process_of(self.config)
        noise = ddim_inverse(
            guided(self.base, Cond(vec=self.told(now))), process, rolled, steps, counting(progress, "inversion")
        )
        changed = self.planes_of(wanted, noise, guidance, steps, progress)
        again = self.planes_of(now, noise, guidance, steps)  # as strictly, or guidance itself would be an edit
        # What inversion and upsampling lose of the avatar is put back: only the difference that the prompt makes counts.
        twin = torch.Generator().manual_seed(request.seed), torch.Generator().manual_seed(request.seed)
        difference = self.enlarged(changed, wanted, twin[0], progress) - self.enlarged(again, now, twin[1])
        where = region([name for name in after if after[name] != before.get(name)], large.shape[-1])
        return (large + where * difference[0]).clamp(-1, 1)

    def _adopted(self, avatar: SavedAvatar, progress) -> Tensor:
        """An avatar's planes (3, C, R, R) for this decoder: as they are, or fitted to what another decoder shows."""
        if any(alike(ours, avatar.decoder) for ours in (self.decoder, crisp(self.decoder))):
            return resize(avatar.planes[None], self.config.fit.resolution)[0]
        if abs(avatar.half / self.half - 1) > 0.5:
            raise BadInput(
                f"edit: the avatar's box is {2 * avatar.half:.2f} m wide; allowed is about {2 * self.half:.2f}"
            )
        angles = [(float(a), e) for e in (4.0, 16.0) for a in range(-180, 180, 45)]
        cameras = self.front(angles)
        scaled = Cameras(cameras.intrinsics, cameras.c2w.clone())
        scaled.c2w[:, :3, 3] *= self.half / avatar.half
        pictures = render_image(avatar.field, scaled, 64, 48, 32)
        rgba = torch.cat([(pictures + 1) / 2, torch.ones_like(pictures[:, :1])], 1).mul(255).round().to(torch.uint8)
        person = Person("avatar", rgba, cameras, {}, ())
        settings = replace(self.config.fit, steps=self.config.single_steps, people=1, lowest=0)
        planes = self.large.mean[None].clone()
        with torch.enable_grad():
            fit([person], planes, self.decoder, settings, train_decoder=False, progress=staged(progress, "adopting"))
        return planes[0]

    @torch.no_grad()
    def sample_planes(self, count: int, generator: torch.Generator) -> Tensor:
        """Large planes (B, 3, C, R, R) of people made from nothing."""
        config = self.config
        latents = self.unprompted(count, generator)
        rolled = self.planes_of(latents, self.noise(count, generator), config.guidance, config.steps)
        return self.enlarged(rolled, latents, generator)


def alike(one: nn.Module, other: nn.Module) -> bool:
    """Whether two networks have the same weights, but for what rounding loses."""
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(
        a.shape == b.shape and torch.allclose(a, b, atol=1e-3)
        for a, b in zip(ours.values(), theirs.values(), strict=True)
    )


def load(folder: Path) -> Rodin:
    """Read a trained Rodin; raises BadInput where the folder holds another system or is damaged."""
    config, rig = read_trained(folder, SYSTEM, Config(), "half", "distance", "field_of_view")
    vlm = vlms.load(Path(folder) / "vlm")
    return load_model(folder, SYSTEM, lambda: Rodin(config, vlm, *rig), Rodin.parts)
