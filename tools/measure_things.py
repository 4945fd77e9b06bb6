"""Measure what the bars of things ask: prompt following by a judge that did not guide, sets of shapes, views that were not seen.

python tools/measure_things.py judges OUT --data DATASET            train what judges and never guides: an image-text model, a classifier, a net of points
python tools/measure_things.py prompts RUN JUDGES --data DATASET    first draws for prompts: family and colour right, closed, one piece, seconds
python tools/measure_things.py sets RUN JUDGES --data DATASET       Point-E's clouds: coverage, distances, 1-NNA, P-FID, beside their floor
python tools/measure_things.py views RUN --data DATASET             Zero-1-to-3: dB on things kept apart, beside three trivial answers
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from simulacra.models.core.cameras import orbit
from simulacra.models.core.data import composite, shrink
from simulacra.models.core.metrics import frechet_distance_between, psnr
from simulacra.models.core.shape_metrics import (
    chamfer_matrix,
    coverage,
    minimum_matching_distance,
    nearest_neighbour_accuracy,
)
from simulacra.models.core.thing_attributes import THING_ATTRIBUTES
from simulacra.models.core.things import Things, read_things
from simulacra.models.evaluate import vlm_match
from simulacra.models.surfaces.rasterise import interpolated, rasterise
from simulacra.models.systems.request import Request
from simulacra.models.vision import classifier, fit, point_net, vlm
from simulacra.models.vision.portraits import learn_and_test
from simulacra.models.vision.thing_captions import say

SIDES = torch.tensor([0.0, 90.0, 180.0, 270.0])  # degrees of the views that a judge sees
UP = 20.0  # degrees up of them
CLOUD = 512  # points of clouds that are compared


def judged_pictures(mesh, size: int) -> Tensor:
    """Pictures (4, 3, size, size) in [-1, 1] on white of a textured mesh, unlit, as a tent lights things."""
    vertices, faces = torch.from_numpy(mesh.vertices), torch.from_numpy(mesh.faces).long()
    cameras = orbit(SIDES, torch.full_like(SIDES, UP), 4.0, 32.0)
    seen = rasterise(cameras, vertices, faces, size, size)
    u, v = interpolated(seen, faces, torch.from_numpy(mesh.uv)).unbind(1)
    high, wide = mesh.texture.shape[:2]
    column, row = ((u * wide).long().clamp(0, wide - 1), ((1 - v) * high).long().clamp(0, high - 1))
    colours = torch.from_numpy(mesh.texture)[row, column].permute(0, 3, 1, 2).float() / 127.5 - 1
    return torch.where(seen.mask[:, None], colours, torch.ones(()))


def verdict(judge: classifier.AttributeClassifier, pictures: Tensor) -> dict[str, str]:
    """What a judge says that pictures (V, 3, S, S) of one thing show, by all of them together."""
    with torch.no_grad():
        scores = judge.logits(judge.features(pictures))
    return {name: THING_ATTRIBUTES[name][int(rows.log_softmax(1).sum(0).argmax())] for name, rows in scores.items()}


def wishes(things: Things, count: int) -> list[dict[str, str]]:
    """``count`` of family, colour and shape, all as often: families and colours that were learned from."""
    drawn = np.random.default_rng(0)
    colours = [name for name, _ in Counter(thing.attributes["colour"] for thing in things).most_common(6)]
    table = [{"family": family, "colour": colour, "shape": shape} for family in things.families for colour in colours
             for shape in ("tall", "flat", "compact")]  # fmt: skip
    return [table[i] for i in drawn.permutation(len(table))[:count]]


def measure_prompts(
    model, judge: classifier.AttributeClassifier, things: Things, count: int, scorer: vlm.VLM | None = None
) -> dict:
    """First draws for prompts, by a judge; chance is the commonest wish given to every prompt.

    A scorer, which must not be the guide, tells R-precision and cosines of front views.
    """
    import trimesh

    rows, fronts = [], []
    for number, wish in enumerate(wishes(things, count)):
        started = time.perf_counter()
        mesh = model.generate(Request(prompt=say(wish), seed=number, draws=1)).mesh
        seconds = time.perf_counter() - started
        solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        solid.merge_vertices(merge_tex=True, merge_norm=True)
        seen = judged_pictures(mesh, judge.config.size)
        said = verdict(judge, seen)
        fronts.append(seen[0])
        rows.append(
            {
                "wish": wish,
                "said": said,
                "closed": bool(solid.is_watertight and solid.body_count == 1),
                "seconds": seconds,
            }
        )
    found: dict = {"prompts": len(rows), "closed and one piece": sum(row["closed"] for row in rows) / len(rows),
                   "seconds, median": float(np.median([row["seconds"] for row in rows]))}  # fmt: skip
    if scorer is not None:
        found |= vlm_match(torch.stack(fronts), [say(row["wish"]) for row in rows], scorer, model.vlm)
    for name in ("family", "colour", "shape"):
        asked = [row["wish"][name] for row in rows]
        said = [row["said"][name] for row in rows]
        right = sum(a == b for a, b in zip(asked, said, strict=True)) / len(rows)
        found[name] = {
            "right": right,
            "chance": Counter(asked).most_common(1)[0][1] / len(rows),
            "said": dict(Counter(said).most_common(4)),
        }
    return found


def compare_sets(made: Tensor, held: Tensor, net: point_net.PointNet) -> dict[str, float]:
    """Metrics of clouds (S, 6, N) against others (R, 6, N), all in [-1, 1]; distances are of their places alone."""
    a, b = (clouds[:, :3].transpose(1, 2) for clouds in (made, held))
    apart = chamfer_matrix(a, b)
    with torch.no_grad():
        features = net(made).double(), net(held).double()
    return {
        "coverage": float(coverage(apart)), "minimum matching distance": float(minimum_matching_distance(apart)),
        "1-NNA": float(nearest_neighbour_accuracy(chamfer_matrix(a, a), apart, chamfer_matrix(b, b))),
        "P-FID (ours)": float(frechet_distance_between(*features)),
    }  # fmt: skip


def measure_sets(model, net: point_net.PointNet, things: Things, count: int) -> dict:
    """Clouds drawn from nothing beside things kept apart; the floor is things that were learned from."""
    learn, test = learn_and_test(things)
    held = list(test if test is not None else learn)[:count]
    drawn = torch.Generator().manual_seed(0)
    real, known = (
        torch.stack([point_net.cloud_of(thing, CLOUD, drawn) for thing in some])
        for some in (held, list(learn)[: len(held)])
    )
    clouds = []
    for seed in range(len(held)):
        generator = torch.Generator().manual_seed(seed)
        (cloud,) = model.clouds(model.views("", 1, 1.0, generator), 1.0, model.config.steps, generator)
        rows = torch.cat([cloud.places, cloud.colours * 2 - 1], 1)
        clouds.append(rows[torch.randperm(len(rows), generator=drawn)[:CLOUD]].T)
    return {
        "clouds": len(held),
        "made": compare_sets(torch.stack(clouds), real, net),
        "floor": compare_sets(known, real, net),
    }


def measure_views(model, things: Things, count: int) -> dict[str, float]:
    """Mean dB over pairs of views of things kept apart, of the model and of what anybody could answer."""
    from simulacra.models.core.thing_views import ThingViews
    from simulacra.models.systems.zero123 import relative_pose

    learn, test = learn_and_test(things)
    held = list(test if test is not None else learn)[:count]
    size = model.config.size
    known = torch.cat([composite(_at(thing, size)) for thing in learn])
    mean = known.mean(0)
    found: dict[str, list[float]] = {
        "zero123": [],
        "the picture itself": [],
        "mean of training views": [],
        "nearest training view": [],
    }
    for thing in held:
        views = ThingViews([thing], size).covered(torch.arange(len(thing.rgba)), torch.device("cpu"))
        for target in range(1, min(len(views), 4)):
            pose = relative_pose(thing.cameras.pick([0]), thing.cameras.pick([target]))
            truth = views[target, :3]
            nearest = known[int((known - views[0, :3]).square().mean((1, 2, 3)).argmin())]
            answers = (model.turned(views[0], pose, 0)[0, :3], views[0, :3], mean, nearest)
            for name, answer in zip(found, answers, strict=True):
                found[name].append(float(psnr(answer, truth)))
    return {name: float(np.mean(values)) for name, values in found.items()} | {"things": len(held)}


def _at(thing, size: int) -> Tensor:
    return thing.rgba if thing.rgba.shape[-1] == size else shrink(thing.rgba, size, thing.name)


def train_judges(things: Things, out: Path, steps: int, size: int) -> dict:
    """Train the judges, with a seed that no guide has; the image-text model on the half of all sentences that guides have not."""
    judge = classifier.ClassifierConfig(size=size, crop=1.0, steps=steps, seed=1)
    looks = vlm.VLMConfig(size=size, crop=1.0)
    return {
        "vlm": fit.fit_vlm(things, out / "vlm", fit.FitConfig(looks, steps=steps, part=1, seed=1)),
        "classifier": classifier.fit_classifier(things, out / "classifier", judge),
        "points": point_net.fit_point_net(things, out / "points", point_net.PointNetConfig(steps=steps, seed=1)),
    }


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("judges", "prompts", "sets", "views"))
    parser.add_argument("run", type=Path)
    parser.add_argument("judges", type=Path, nargs="?")
    parser.add_argument("--data", type=Path, required=True, nargs="+")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--steps", type=int, default=600, help="of the training of judges")
    parser.add_argument("--size", type=int, default=32, help="px a side of what the classifier looks at")
    asked = parser.parse_args()
    things = read_things(asked.data, labels=())
    if asked.what == "judges":
        found = train_judges(things, asked.run, asked.steps, asked.size)
    elif asked.what == "views":
        from simulacra.models.systems import zero123

        found = measure_views(zero123.load(asked.run), things, asked.count)
    else:
        from simulacra.models.systems import point_e

        if asked.judges is None:
            parser.error(f"{asked.what}: needs the folder of judges")
        model = point_e.load(asked.run)
        if asked.what == "prompts":
            judge, scorer = classifier.load(asked.judges / "classifier"), vlm.load(asked.judges / "vlm")
            found = measure_prompts(model, judge, things.training, asked.count, scorer)
        else:
            found = measure_sets(model, point_net.load(asked.judges / "points"), things, asked.count)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
