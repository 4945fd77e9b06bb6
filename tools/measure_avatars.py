"""Measure what the models' bars ask: a fit against the true head, prompt following, the table of systems, time.

python tools/measure_avatars.py fit DATASET            one person's planes: PSNR of held-out views, and mm to the true skin
python tools/measure_avatars.py judges OUT --data …   train what judges and never guides: an image-text model, a classifier
python tools/measure_avatars.py prompts RUN JUDGES --data …   64 prompts, judged by those: first draws, and the best of many
python tools/measure_avatars.py refiner RUN           what the refiner adds to views that no fit has seen, of toy people or of --data
python tools/measure_avatars.py bust RUN              what keeping the largest piece, and crisp opacity, add to those views
python tools/measure_avatars.py photo RUN --data …     avatars of one picture of people each, seen from where it was not taken
python tools/measure_avatars.py table NAME=RUN …       all systems on the same people, with the floor
python tools/measure_avatars.py time RUN               from a prompt to a coarse mesh with colour; the sampler's overhead
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from simulacra.datagen.formats.png import write_png
from simulacra.datagen.readers import Dataset
from simulacra.datagen.recipe import Recipe
from simulacra.models.core.attributes import ATTRIBUTES, attributes_of
from simulacra.models.core.cameras import viewed_point
from simulacra.models.core.data import read_people

SKIN = (1, 2, 7, 8, 12)  # skin, nose, ears and neck: what is not hair or cloth
FAR = 50_000  # samples beyond the first of a dataset
ASKED = ("age", "gender", "hair_colour", "hair_length", "beard", "glasses", "headwear")


def measure_fit(arguments) -> dict:
    """Fit 3 x 32 x 128² planes to one person; PSNR in dB of views it did not see, median distance in mm of true skin."""
    import trimesh
    from scipy.spatial import cKDTree

    from simulacra.models.fields.fit import FitConfig, fit, held_out_psnr, held_out_views, new_decoder, new_planes
    from simulacra.models.fields.mesh import MeshConfig, level_grid, surface

    people = read_people(arguments.dataset)
    person = people[0]
    config = FitConfig(channels=32, resolution=128, people=1, rays=2048, steps=arguments.steps, lowest=0, held_out=6,
                       samples=32, importance=32, save_every=100)  # fmt: skip
    planes, decoder = new_planes(1, config), new_decoder(config)
    started = time.perf_counter()
    fit([person], planes, decoder, config, folder=arguments.out, progress=_printed)
    views = held_out_views(len(person.rgba), config)
    psnr = held_out_psnr(person, planes[0], decoder, views, 96)
    from simulacra.models.fields.triplane import TriplaneField

    settings = MeshConfig(resolution=160)
    mesh = surface(level_grid(TriplaneField(planes, decoder), 160, settings.kind, settings.level), settings.keep)
    sample = Dataset(arguments.dataset)[0]
    from simulacra.models.core.cameras import from_record

    centre = viewed_point(from_record([sample.camera(frame) for frame in sample.frames])).numpy()
    points = []
    for frame in sample.frames:
        position, parts = sample.label("position", frame), sample.label("parts", frame)
        points.append(position[np.isin(parts, SKIN) & np.isfinite(position).all(-1)])
    points = np.concatenate(points)[::7]
    inside = (np.abs((points - centre) / people.half) < 0.98).all(1)
    found = trimesh.Trimesh(np.asarray(mesh.vertices) * people.half + centre, mesh.faces)
    dense, _ = trimesh.sample.sample_surface(found, 400_000, seed=0)  # a point each half millimetre or so
    distance = cKDTree(dense).query(points[inside])[0] * 1000
    return {"psnr_db": psnr, "views": len(views), "steps": config.steps, "seconds": time.perf_counter() - started,
            "skin_mm_median": float(np.median(distance)), "skin_mm_90": float(np.quantile(distance, 0.9)), "points": len(distance)}  # fmt: skip


def _printed(event: dict) -> None:
    if event["done"] % 100 < 20:
        print(event, flush=True)


def prompts(recipes: list[Recipe], count: int, seed: int) -> list[dict[str, str]]:
    """What people are asked to be: as many of each recipe, drawn by seeds that no dataset comes near.

    What cannot be seen is not asked: hair that a hat covers, the colour of no hair, dyes that have no one name.
    """
    wishes = []
    for number in range(count):
        recipe = recipes[number % len(recipes)]
        wish = attributes_of(recipe.sample(FAR + seed * count + number))
        covered = wish["headwear"] == "hat" and wish["hair_length"] in ("bald", "short")
        hidden = (
            {"hair_length", "hair_colour"} if covered else {"hair_colour"} if wish["hair_length"] == "bald" else set()
        )
        if wish["hair_colour"] == "other":
            hidden.add("hair_colour")
        wishes.append({name: wish[name] for name in ASKED if name not in hidden})
    return wishes


def train_judges(arguments) -> dict:
    """Train the judging image-text model, on the sentences that the guide never saw, and the attribute classifier."""
    from dataclasses import replace

    from simulacra.models.vision import classifier, fit

    people = read_people(arguments.data)
    config = replace(fit.FitConfig(), part=1, seed=1000)
    return {"vlm-judge": fit.fit_vlm(people, arguments.out / "vlm-judge", config),
            "classifier": classifier.fit_classifier(people, arguments.out / "classifier")}  # fmt: skip


def measure_prompts(arguments) -> dict:
    """Make avatars for each of 64 prompts and judge frontal pictures of them: first draws, then the best of many."""
    from simulacra.models.evaluate import attribute_accuracy, vlm_match
    from simulacra.models.fields.render import render_image
    from simulacra.models.systems.catalogue import find
    from simulacra.models.systems.request import Request
    from simulacra.models.vision import classifier, vlm
    from simulacra.models.vision.captions import say

    model = find("rodin").load().load(arguments.run)
    judge, reader = vlm.load(arguments.judges / "vlm-judge"), classifier.load(arguments.judges / "classifier")
    recipes = [Recipe.from_dict(Dataset(path).description["recipe"]) for path in arguments.data]
    wishes = prompts(recipes, arguments.count, arguments.seed)
    texts, results = [say(wish) for wish in wishes], {}
    for draws in (1, arguments.draws or model.config.drawn):
        pictures = []
        for number, text in enumerate(texts):
            made = model.generate(Request(text, seed=arguments.seed + number, draws=draws))
            pictures.append(render_image(made.field, model.front(((0.0, 4.0),)), 96)[0])
            print(draws, number, text, flush=True)
        stack = torch.stack(pictures)
        _write_sheet(arguments.out.with_stem(f"{arguments.out.stem}-{draws}"), stack)
        found = {
            name: attribute_accuracy(stack, wishes, one) for name, one in (("classifier", reader), ("judge", judge))
        }
        mean = {name: float(np.mean([row["value"] for row in rows.values()])) for name, rows in found.items()}
        commonest = float(np.mean([row["floor"]["value"] for row in found["judge"].values()]))
        results["first draw" if draws == 1 else f"best of {draws} draws"] = {
            "mean_accuracy": mean, "mean_commonest": commonest, "by": found,
            "match": vlm_match(stack, texts, judge, model.vlm),
        }  # fmt: skip
    return results | {"mean_chance": float(np.mean([1 / len(ATTRIBUTES[name]) for name in ASKED]))}


def _write_sheet(path: Path, stack: torch.Tensor) -> None:
    """Write pictures (N, 3, 96, 96) in [-1, 1], eight a row."""
    sheet = ((stack + 1) * 127.5).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    rows = -(-len(sheet) // 8)
    padded = np.full((rows * 8, *sheet.shape[1:]), 255, np.uint8)
    padded[: len(sheet)] = sheet
    write_png(
        path,
        np.ascontiguousarray(padded.reshape(rows, 8, 96, 96, 3).swapaxes(1, 2).reshape(rows * 96, 768, 3)),
    )


@torch.no_grad()
def measure_refiner(arguments) -> dict:
    """PSNR in dB of held-out views and how strong edges are, in those of the truth: rendered, bicubic and refined from half."""
    from simulacra.models.core.data import composite
    from simulacra.models.fields.render import render_image
    from simulacra.models.systems.catalogue import find

    model, size = find("rodin").load().load(arguments.run), arguments.size
    rows: dict[str, list] = {"rendered": [], "bicubic": [], "refined": []}
    for person, planes, views in _fitted(model, arguments):
        truth, cameras = composite(person.rgba[views]), person.cameras.pick(views)
        half = render_image(model.field(planes), cameras, size // 2)
        large = torch.nn.functional.interpolate(half, (size, size), mode="bicubic", align_corners=False).clamp(-1, 1)
        made = {"rendered": render_image(model.field(planes), cameras, size), "bicubic": large,
                "refined": model.refiner.enlarge(half, size)}  # fmt: skip
        for name, pictures in made.items():
            psnr = float(-10 * ((pictures - truth) / 2).square().mean().log10())
            rows[name].append((psnr, _edges(pictures) / _edges(truth)))
    means = {name: np.mean(values, 0) for name, values in rows.items()}
    return {"people": arguments.count, "size_px": size, "toy": not arguments.data} | {
        name: {"psnr_db": round(float(psnr), 2), "edges": round(float(edges), 3)}
        for name, (psnr, edges) in means.items()
    }


@torch.no_grad()
def measure_bust(arguments) -> dict:
    """PSNR in dB of held-out views, and the opacity left where nobody is seen: as fitted, with the largest piece alone, and crisp."""
    from simulacra.models.core.cameras import camera_rays
    from simulacra.models.fields.component import LEVEL, KeptField, largest_piece
    from simulacra.models.fields.render import render
    from simulacra.models.fields.triplane import TriplaneField
    from simulacra.models.systems.catalogue import find

    model, size = find("rodin").load().load(arguments.run), arguments.size
    rows: dict[str, list] = {}
    for person, planes, views in _fitted(model, arguments):
        truth = person.rgba[views].float().div(255).permute(0, 2, 3, 1).reshape(-1, 4)
        origins, directions = (x.reshape(1, -1, 3) for x in camera_rays(person.cameras.pick(views), size, size))
        kept = largest_piece(model.field(planes))
        assert kept is not None, f"{person.name}: was not fitted"
        fields = {"fitted": model.field(planes), "kept": KeptField(model.field(planes), kept)}
        for by in (1.25, 1.5, 2.0):
            fields[f"kept, crisp {by:g}"] = KeptField(TriplaneField(planes, model.decoder.crisp(LEVEL, by)), kept)
        for name, field in fields.items():
            parts = zip(origins.split(4096, 1), directions.split(4096, 1), strict=True)
            seen = [render(field, *part, 48, 48) for part in parts]
            colour, opacity = torch.cat([x.colour[0] for x in seen]), torch.cat([x.opacity[0] for x in seen])
            error = (colour - truth[:, :3] * truth[:, 3:] - 1 + truth[:, 3:]).square().mean()
            rows.setdefault(name, []).append((float(-10 * error.log10()), float(opacity[truth[:, 3] == 0].mean())))
    return {"people": arguments.count, "size_px": size, "toy": not arguments.data} | {
        name: {"psnr_db": round(float(psnr), 2), "dirt": round(float(dirt), 4)}
        for name, (psnr, dirt) in ((name, np.mean(values, 0)) for name, values in rows.items())
    }


@torch.no_grad()
def measure_photo(arguments) -> dict:
    """PSNR in dB of views beyond 35 degrees, and of the photo's, of the mean avatar and of avatars of the most frontal pictures."""
    from simulacra.models.core.cameras import azimuth_elevation
    from simulacra.models.core.data import composite, frontal
    from simulacra.models.fields.render import render_image
    from simulacra.models.systems.catalogue import find

    model, size = find("rodin").load().load(arguments.run), arguments.size
    people, rows = read_people(arguments.data), {}
    for person in people.people[: arguments.count]:
        front = frontal(person)[:1]
        novel = (azimuth_elevation(person.cameras)[0].abs() > 35).nonzero()[::3, 0]
        portrait, generator = composite(person.rgba[front])[0], torch.Generator().manual_seed(0)
        latents = model.vlm.encode_image(portrait[None]).repeat(arguments.draws, 1)
        noise = model.noise(arguments.draws, generator)
        rolled = model.planes_of(latents, noise, model.config.guidance, model.config.steps)
        made = {"mean": model.large.mean, "photo": model.inverted(portrait, rolled, latents, generator)}
        for name, planes in made.items():
            seen = []
            for views in (novel, front):
                truth = torch.nn.functional.interpolate(composite(person.rgba[views]), (size, size), mode="area")
                pictures = render_image(model.field(planes), person.cameras.pick(views), size, 32, 24)
                seen.append(float(-10 * ((pictures - truth) / 2).square().mean().log10()))
            rows.setdefault(name, []).append(seen)
    return {"people": min(arguments.count, len(people)), "size_px": size} | {
        name: {"novel_db": [round(novel, 2) for novel, _ in seen], "front_db": [round(front, 2) for _, front in seen]}
        for name, seen in rows.items()
    }


def _fitted(model, arguments):
    """Each of some people with planes that a run's decoder was fitted to them with, and the views that the fit did not see."""
    from dataclasses import replace

    from simulacra.models.fields.fit import fit, held_out_views
    from simulacra.models.vision.toypeople import toy_people

    size = arguments.size
    people = (
        read_people(arguments.data, size) if arguments.data else toy_people(arguments.count, 77, 12, size, samples=2)
    )
    settings = replace(model.config.fit, steps=arguments.steps, people=1, held_out=6, lowest=0)
    for person in people.people[: arguments.count]:
        planes = model.large.mean[None].clone()
        with torch.enable_grad():
            fit([person], planes, model.decoder, settings, train_decoder=False)
        yield person, planes, held_out_views(len(person.rgba), settings)


def _edges(pictures: torch.Tensor) -> float:
    """The mean difference of neighbouring pixels."""
    return float(sum(pictures.diff(dim=axis).abs().mean() for axis in (-1, -2)))


def measure_time(arguments) -> dict:
    """Seconds from a prompt to a coarse mesh with colours; the sampler's time over that of the bare network calls."""
    from simulacra.models.fields.mesh import MeshConfig, extract
    from simulacra.models.systems.catalogue import find
    from simulacra.models.systems.request import Request
    from simulacra.models.systems.rodin import base

    started = time.perf_counter()
    model = find("rodin").load().load(arguments.run)
    loaded = time.perf_counter()
    made = model.generate(Request("an old man with a grey beard and glasses", seed=1))
    sampled = time.perf_counter()
    extract(made.field, MeshConfig(coarse=True))
    done = time.perf_counter()
    calls: list[float] = []
    held = model.base.forward

    def timed(*given):
        begun = time.perf_counter()
        result = held(*given)
        calls.append(time.perf_counter() - begun)
        return result

    model.base.forward = timed
    size = model.config.resolution
    noise = torch.randn(4, model.config.fit.channels, size, 3 * size)
    latents = torch.nn.functional.normalize(torch.randn(4, model.vlm.config.embedding), dim=-1)
    shares = []
    for _ in range(5):
        calls.clear()
        begun = time.perf_counter()
        model.planes_of(latents, noise, model.config.guidance, model.config.steps)
        shares.append((time.perf_counter() - begun) / sum(calls) - 1)
    model.base.forward = held
    assert base.process_of(model.config).steps >= model.config.steps
    return {"load_s": loaded - started, "sample_s": sampled - loaded, "mesh_s": done - sampled, "total_s": done - started,
            "sampler_overhead": float(np.median(shares))}  # fmt: skip


def measure_table(arguments) -> dict:
    """One record for each trained system, all seen by the same cameras, beside the same held-out people."""
    from simulacra.models.core.data import People
    from simulacra.models.core.features import enl0
    from simulacra.models.evaluate import evaluate
    from simulacra.models.records import write_record
    from simulacra.models.systems.catalogue import find
    from simulacra.models.vision import classifier

    everyone = read_people(arguments.data)
    real = everyone.split("train")
    held = tuple(p for p, s in zip(everyone.people, everyone.splits, strict=True) if s != "train")
    cameras = real[0].cameras.pick(torch.tensor([10, 11, 13, 14]))
    net, rows = (classifier.load(arguments.net) if arguments.net else enl0()), {}
    for pair in arguments.runs:
        name, _, run = pair.partition("=")
        model = find(name).load().load(Path(run))
        told = json.loads((Path(run) / "training.json").read_text())
        begun = time.perf_counter()
        record = evaluate(name, model, real, People(held, real.half), cameras, arguments.count, 32,
                          torch.Generator().manual_seed(arguments.seed), net, told)  # fmt: skip
        write_record(record)
        rows[name] = record["metrics"] | {"seconds": time.perf_counter() - begun}
        print(name, json.dumps(record["metrics"], indent=1), flush=True)
    return rows


def main() -> None:
    """Measure what is asked and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    fit = commands.add_parser("fit")
    fit.add_argument("dataset")
    fit.add_argument("--steps", type=int, default=1500)
    fit.add_argument("--out", type=Path, default=None)
    fit.set_defaults(measure=measure_fit)
    asked = commands.add_parser("prompts")
    asked.add_argument("run", type=Path)
    asked.add_argument("judges", type=Path)
    asked.add_argument("--data", nargs="+", required=True, help="datasets as whose people are asked for")
    asked.add_argument("--count", type=int, default=64)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument(
        "--draws", type=int, default=0, help="that are ranked the second time; the model's own by default"
    )
    asked.add_argument("--out", type=Path, default=Path("prompts.png"))
    asked.set_defaults(measure=measure_prompts)
    judges = commands.add_parser("judges")
    judges.add_argument("out", type=Path)
    judges.add_argument("--data", nargs="+", required=True)
    judges.set_defaults(measure=train_judges)
    for name, measure in (("refiner", measure_refiner), ("bust", measure_bust)):
        seen = commands.add_parser(name)
        seen.add_argument("run", type=Path)
        seen.add_argument(
            "--data", nargs="+", default=[], help="datasets whose people are fitted; toy people by default"
        )
        seen.add_argument("--count", type=int, default=4)
        seen.add_argument("--steps", type=int, default=150)
        seen.add_argument("--size", type=int, default=128)
        seen.set_defaults(measure=measure)
    photo = commands.add_parser("photo")
    photo.add_argument("run", type=Path)
    photo.add_argument("--data", nargs="+", required=True)
    photo.add_argument("--count", type=int, default=4)
    photo.add_argument("--draws", type=int, default=6)
    photo.add_argument("--size", type=int, default=64)
    photo.set_defaults(measure=measure_photo)
    timed = commands.add_parser("time")
    timed.add_argument("run", type=Path)
    timed.set_defaults(measure=measure_time)
    table = commands.add_parser("table")
    table.add_argument("runs", nargs="+")
    table.add_argument("--data", nargs="+", required=True)
    table.add_argument("--net", type=Path, default=None, help="folder of an attribute classifier, in place of ENL0")
    table.add_argument("--count", type=int, default=32)
    table.add_argument("--seed", type=int, default=0)
    table.set_defaults(measure=measure_table)
    arguments = parser.parse_args()
    print(json.dumps(arguments.measure(arguments), indent=1))


if __name__ == "__main__":
    main()
