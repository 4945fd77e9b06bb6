"""Names what a picture of a person or a thing shows: a head for each attribute, of people one for whether there is a face."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ...datagen.formats.files import write_json
from ..core.checkpoint import load_model, read_about, read_trained, save_weights
from ..core.data import People
from ..core.things import Things
from ..core.trainer import Trainer, TrainerConfig
from .convolutions import Trunk
from .dependence import Dependence
from .faceless import faceless
from .fit import base_rates
from .portraits import CROP, Portraits, focus, learn_and_test, portraits
from .subject import PEOPLE, Subject, named, subject_of

SYSTEM = "attribute-classifier"
PERSON = "person"


@dataclass(frozen=True)
class ClassifierConfig:
    """The net and its training; ``crop`` is the central share of a picture that it looks at."""

    size: int = 64
    crop: float = CROP
    width: int = 32  # channels after the first convolution; four times as many at the end
    dropout: float = 0.1
    steps: int = 600
    batch: int = 32
    faceless: int = 8  # pictures of no face in each batch, besides
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    seed: int = 0
    dependence: float = (
        0.0  # weight of the regulariser against attributes that tell each other (2211.12339); 0 leaves it out
    )
    dependence_share: float = 0.2  # the penalty of its Lasso, as a share of that from which nothing is told

    def __post_init__(self):
        if self.size % 16 or self.size < 16:
            raise BadInput(f"size: is {self.size}; allowed are multiples of 16")
        if not self.dependence >= 0 or not 0 < self.dependence_share <= 1:
            raise BadInput(f"dependence: is {self.dependence} at a share of {self.dependence_share}; allowed are weights from 0, and "
                           "shares above 0 up to 1")  # fmt: skip


class AttributeClassifier(nn.Module):
    """A small residual net; pictures are [-1, 1] (B, 3, H, H) in the framing of the dataset's views, of any size."""

    name = "gen"  # of its features in records

    def __init__(self, config: ClassifierConfig | None = None, subject: Subject = PEOPLE):
        super().__init__()
        self.config, self.subject = config or ClassifierConfig(crop=subject.crop), subject
        c = self.config
        self.trunk = Trunk(c.width)
        # Rows and columns of the last map are kept apart: a hat is above and a beard below.
        self.pooled = nn.Sequential(nn.Linear(4 * c.width * (c.size // 16) ** 2, 4 * c.width), nn.SiLU())
        self.dropout = nn.Dropout(c.dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(4 * c.width, len(v)) for name, v in subject.attributes.items()})
        if subject.absent:
            self.heads[PERSON] = nn.Linear(4 * c.width, 1)

    def features(self, images: Tensor) -> Tensor:
        """Features (B, 4 width) for distances between sets of portraits (FD-gen)."""
        return self.cropped(focus(images, self.config.size, self.config.crop))

    def cropped(self, images: Tensor) -> Tensor:
        """Features of pictures (B, 3, size, size) that show no more than the crop."""
        return self.pooled(self.trunk(images).flatten(1))

    def logits(self, features: Tensor) -> dict[str, Tensor]:
        """Scores by attribute (B, values), and of people by "person" (B, 1)."""
        features = self.dropout(features)
        return {name: head(features) for name, head in self.heads.items()}

    forward = features

    @torch.no_grad()
    def predict(self, images: Tensor) -> list[dict[str, str]]:
        """The attributes of each picture."""
        scores = self.logits(self.features(images))
        table = self.subject.attributes
        best = {name: scores[name].argmax(1).tolist() for name in table}
        return [{name: table[name][best[name][i]] for name in table} for i in range(len(images))]

    @torch.no_grad()
    def person(self, images: Tensor) -> Tensor:
        """The probability (B,) that each picture shows an upright face."""
        return self.logits(self.features(images))[PERSON][:, 0].sigmoid()


def fit_classifier(people: People | Things, folder: Path, config: ClassifierConfig | None = None,
                   progress: Callable | None = None) -> dict:  # fmt: skip
    """Train on the people or things of the split train; save averaged weights (half precision) and a report in ``folder``.

    The report holds the accuracy on those kept apart, of people and how often faces are refused and other pictures let in.
    Training that was stopped goes on.
    """
    subject = subject_of(people)
    config, table = config or ClassifierConfig(crop=subject.crop), subject.attributes
    learn, test = learn_and_test(people)
    views = portraits(learn, config.size, config.crop, subject.limit, table)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = AttributeClassifier(config, subject)
    weights = {name: _weights(views.codes[:, i], len(v)) for i, (name, v) in enumerate(table.items())}

    told = Dependence(
        torch.cat([torch.full((len(v),), i) for i, v in enumerate(table.values())]), config.dependence_share
    )

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        device = generator.device
        index = torch.randint(len(views), (config.batch,), generator=generator, device=device).cpu()
        images = views.varied(index, generator)
        shown = torch.cat([images, faceless(images, config.faceless, generator)]) if subject.absent else images
        scores = model.logits(model.cropped(shown))
        truth = views.codes[index].to(device)
        losses = {
            name: F.cross_entropy(
                scores[name][: config.batch], truth[:, i], weights[name].to(device), label_smoothing=0.05
            )
            for i, name in enumerate(table)
        }
        if subject.absent:
            here = (torch.arange(len(shown), device=device) < config.batch).float()
            losses[PERSON] = F.binary_cross_entropy_with_logits(scores[PERSON][:, 0], here)
        total = sum(losses.values())
        if config.dependence:
            losses["dependence"] = told(torch.cat([scores[name][: config.batch] for name in table], 1))
            total = total + config.dependence * losses["dependence"]
        return {"loss": total} | losses

    settings = TrainerConfig(
        steps=config.steps, learning_rate=config.learning_rate, weight_decay=config.weight_decay,
        warmup=20, ema=0.99, save_every=100, picture_every=0, seed=config.seed)  # fmt: skip
    trainer = Trainer(folder, {"classifier": model}, step, settings, progress=progress)
    if config.dependence:
        trainer.stateful = {"dependence": told}
    trainer.run()
    best = copy.deepcopy(trainer.ema_modules()["classifier"]).cpu().eval()
    report = {"people": len(learn), "views": len(views), "digest": people.digest, "steps": config.steps}
    if test is not None:
        kept_apart = portraits(test, config.size, config.crop, subject.limit, table)
        report |= {"test_people": len(test)} | evaluate(best, kept_apart)
    save_weights(folder, {"classifier": copy.deepcopy(best).half()},
                 {"system": SYSTEM, "config": asdict(config), "report": report, "subject": subject.name})  # fmt: skip
    write_json(Path(folder) / "report.json", report)
    return report


def load(folder: Path) -> AttributeClassifier:
    """The classifier of a folder that ``fit_classifier`` filled; raises BadInput where it holds another model."""
    config, _ = read_trained(folder, SYSTEM, ClassifierConfig())
    subject = named(read_about(folder).get("subject"))
    return load_model(folder, SYSTEM, lambda: AttributeClassifier(config, subject), lambda model: {"classifier": model})


@torch.no_grad()
def evaluate(model: AttributeClassifier, views: Portraits) -> dict:
    """The accuracy of each attribute on views, with its mean over values (balanced), chance and the commonest value's."""
    features = torch.cat([model.cropped(chunk) for chunk in views.chunks()])
    scores = model.logits(features)
    attributes = {}
    for i, (name, values) in enumerate(model.subject.attributes.items()):
        truth, right = views.codes[:, i], scores[name].argmax(1) == views.codes[:, i]
        of_each = [right[truth == n].float().mean() for n in range(len(values)) if (truth == n).any()]
        attributes[name] = {"accuracy": round(float(right.float().mean()), 4),
                            "balanced": round(float(torch.stack(of_each).mean()), 4),
                            **base_rates(truth, len(values))}  # fmt: skip
    if not model.subject.absent:
        return {"attributes": attributes}
    generator = torch.Generator().manual_seed(0)
    others = torch.cat([faceless(chunk, len(chunk), generator) for chunk in views.chunks()])
    refused = model.logits(model.cropped(others))[PERSON][:, 0] <= 0
    return {
        "attributes": attributes,
        "faces_accepted": round(float((scores[PERSON][:, 0] > 0).float().mean()), 4),
        "faceless_refused": round(float(refused.float().mean()), 4),
    }


def _weights(truth: Tensor, count: int) -> Tensor:
    """Weights of values, rarer ones more by the square root of how much, with mean 1 over the data."""
    frequency = torch.bincount(truth, minlength=count).float() / len(truth)
    weights = frequency.clamp(min=0.02).rsqrt()
    return weights / (weights * frequency).sum()
