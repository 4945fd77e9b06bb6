"""Trains the picture-text model on people or on things, and measures it on others."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ...datagen.formats.files import write_json
from ..core.checkpoint import save_weights
from ..core.data import People
from ..core.progress import Progress
from ..core.things import Things
from ..core.trainer import Trainer, TrainerConfig
from .captions import Caption
from .contrast import Memory, losses
from .portraits import Portraits, code, learn_and_test, portraits
from .subject import PEOPLE, Subject, subject_of
from .tokenizer import PAD
from .vlm import SYSTEM, VLM, VLMConfig


@dataclass(frozen=True)
class FitConfig:
    """How to train one model; ``part`` 0 or 1 reads one half of all sentences only."""

    model: VLMConfig = field(default_factory=VLMConfig)  # things are seen whole, with a crop of 1
    steps: int = 500
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    queue: int = 512
    momentum: float = 0.995
    alpha: float = 0.4
    ramp: int = 100  # steps over which alpha rises from 0: early soft labels are noise
    sentences: int = 60  # for each person
    part: int | None = None
    seed: int = 0


def write_bank(people: Sequence, config: FitConfig, subject: Subject = PEOPLE) -> list[list[Caption]]:
    """Captions of each person or thing."""
    generator = np.random.default_rng([config.seed, 7])
    return [subject.draw(one.attributes, generator, config.sentences, part=config.part) for one in people]


def write_plain(config: FitConfig, count: int = 24, subject: Subject = PEOPLE) -> list[list[str]]:
    """Sentences that say one value of one attribute and nothing else, ``count`` of each, in the attributes' order."""
    generator = np.random.default_rng([config.seed, 8])
    return [
        [caption.text for caption in subject.draw({name: value}, generator, count, part=config.part)]
        for name, values in subject.attributes.items()
        for value in values
    ]


def fit_vlm(people: People | Things, folder: Path, config: FitConfig | None = None, progress: Progress | None = None,
            bank: list[list[Caption]] | None = None) -> dict:  # fmt: skip
    """Train on the people or things of the split train and save the averaged weights (half precision) and a report in ``folder``.

    ``bank`` replaces the captions that are drawn of each of them. The report, which is returned too, holds figures on
    the people kept apart. Training that was stopped goes on.
    """
    subject = subject_of(people)
    config = config or FitConfig(model=VLMConfig(crop=subject.crop))
    learn, test = learn_and_test(people)
    views = portraits(learn, config.model.size, config.model.crop, subject.limit, subject.attributes)
    bank = bank if bank is not None else write_bank(learn, config, subject)
    if len(bank) != len(learn) or not all(bank):
        raise BadInput(
            f"bank: holds captions of {sum(map(bool, bank))} people; allowed are some of each of the {len(learn)}"
        )
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = VLM(config.model, subject=subject)
    memory = Memory(model, config.queue, config.momentum)
    numbers = [model.numbers([caption.text for caption in of]) for of in bank]
    plain = torch.stack(
        [model.numbers(texts) for texts in write_plain(config, subject=subject)], 1
    )  # (sentences, values, L)
    plain = plain[..., : int((plain != PAD).sum(-1).max())]
    said = [torch.stack([code(caption.said, subject.attributes) for caption in of]) for of in bank]

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        device = generator.device
        index = torch.randint(len(views), (config.batch,), generator=generator, device=device).cpu()
        share = torch.rand(config.batch, generator=generator, device=device).tolist()
        chosen = [(who, int(s * len(bank[who]))) for who, s in zip(views.person[index].tolist(), share, strict=True)]
        text = torch.stack([numbers[who][which] for who, which in chosen])
        text = text[:, : int((text != PAD).sum(1).max())].to(device)
        claims = torch.stack([said[who][which] for who, which in chosen]).to(device)
        memory.follow(model, number)
        alpha = config.alpha * min(1.0, number / max(config.ramp, 1))
        images = views.varied(index, generator)
        pick = torch.randint(len(plain), (plain.shape[1],), generator=generator, device=device).cpu()
        simple = plain[pick, torch.arange(plain.shape[1], device="cpu")].to(device)
        return losses(model, memory, images, text, simple, views.codes[index].to(device), claims, generator, alpha)

    settings = TrainerConfig(
        steps=config.steps, learning_rate=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98),
        warmup=40, ema=0.99, save_every=100, picture_every=0, seed=config.seed)  # fmt: skip
    trainer = Trainer(folder, {"vlm": model, "memory": memory}, step, settings, progress=progress)
    trainer.run()
    best = copy.deepcopy(trainer.ema_modules()["vlm"]).cpu().eval()
    report = {"people": len(learn), "views": len(views), "digest": people.digest, "steps": config.steps}
    if test is not None:
        kept_apart = portraits(test, config.model.size, config.model.crop, subject.limit, subject.attributes)
        report |= evaluate(best, kept_apart, len(test))
    save(best, folder, {"fit": asdict(config), "report": report})
    write_json(Path(folder) / "report.json", report)
    return report


def save(model: VLM, folder: Path, more: dict | None = None) -> None:
    """Save a model's weights in half precision with its config and vocabulary."""
    about = {"system": SYSTEM, "config": asdict(model.config), "vocabulary": list(model.tokenizer.vocabulary),
             "subject": model.subject.name}  # fmt: skip
    save_weights(folder, {"vlm": copy.deepcopy(model).half()}, about | (more or {}))


@torch.no_grad()
def evaluate(model: VLM, views: Portraits, people: int) -> dict:
    """Figures on views, each with what chance or the commonest answer would reach.

    ``attributes``: the share whose value's plain sentence is the nearest by embedding. ``captions``: of what greedy
    captions say, the share that is so, None where they say nothing. ``retrieval``: how often the nearest full sentence
    of all people's is one that is true of the picture.
    """
    tokens = torch.cat([model.tower(chunk) for chunk in views.chunks()])
    embedded = model.embed_picture(tokens)
    attributes, subject = {}, model.subject
    scores = model.attribute_scores(embedded)
    for column, (name, values) in enumerate(subject.attributes.items()):
        truth = views.codes[:, column]
        right = (scores[name].argmax(1) == truth).float().mean()
        attributes[name] = {"accuracy": round(float(right), 4), **base_rates(truth, len(values))}
    written = torch.stack([code(subject.parse(text), subject.attributes) for text in model.write(tokens)])
    claimed = written != -1
    sentences = [dict(zip(subject.attributes, row, strict=True)) for row in _values(views.codes, subject)]
    distinct = {tuple(s.values()): subject.say(s) for s in sentences}
    nearest = (embedded @ model.encode_text(list(distinct.values())).T).argmax(1)
    keys = list(distinct)
    hits = [keys[n] == tuple(s.values()) for n, s in zip(nearest.tolist(), sentences, strict=True)]
    return {
        "test_people": people,
        "attributes": attributes,
        "captions": {
            "right": round(float((written == views.codes)[claimed].float().mean()), 4) if claimed.any() else None,
            "said": round(float(claimed.float().sum(1).mean()), 3),
            "commonest": round(float(torch.stack([(views.codes[:, c] == views.codes[:, c].mode().values).float().mean()
                                                  for c in range(views.codes.shape[1])]).mean()), 4),
        },
        "retrieval": {"recall_at_1": round(sum(hits) / len(hits), 4), "chance": round(1 / len(keys), 4)},
    }  # fmt: skip


def base_rates(truth: Tensor, count: int) -> dict[str, float]:
    """What guessing among ``count`` values and always giving the commonest would reach."""
    commonest = torch.bincount(truth, minlength=count).max() / max(len(truth), 1)
    return {"chance": round(1 / count, 4), "commonest": round(float(commonest), 4)}


def _values(codes: Tensor, subject: Subject) -> list[list[str]]:
    table = subject.attributes.values()
    return [[values[n] for values, n in zip(table, row, strict=True)] for row in codes.tolist()]
