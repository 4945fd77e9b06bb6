"""Judge a face dataset with detectors that ship their weights (see the extra ``judges``).

python tools/judge_faces.py detect DATASET       MediaPipe: faces found where |yaw| <= 45 degrees, and iris centres
python tools/judge_faces.py identity DATASET     dlib: distances between the people of a dataset
python tools/judge_faces.py same OUT --people 8  renders the same people under new hair, light, pose and expression

MediaPipe's face mesh is Apache-2.0; dlib's recognition network is CC0. They serve to judge only.
"""

import dataclasses
import itertools
import json
import sys
from pathlib import Path

import click
import numpy as np

from simulacra.datagen.formats.png import read_png

RIGHT_IRIS, LEFT_IRIS = 468, 473  # iris centres of MediaPipe's refined mesh, the person's right and left


def samples(dataset: Path):
    """The folder, first picture (h, w, 3) RGB and first landmark record of every sample."""
    for folder in sorted(dataset.glob("[0-9]*")):
        picture = read_png(folder / "0000.rgb.png")
        yield folder, picture, json.loads((folder / "landmarks.json").read_text())["frames"][0]


def encode(picture: np.ndarray, tools):
    """dlib's 128 numbers of the largest face, or None."""
    detector, shape, network = tools
    found = detector(picture, 1)
    if not found:
        return None
    face = max(found, key=lambda box: box.area())
    return np.array(network.compute_face_descriptor(picture, shape(picture, face), 10))


def dlib_tools():
    """Detector, landmark predictor and recognition network."""
    import dlib
    import face_recognition_models as weights

    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(weights.pose_predictor_model_location()),
        dlib.face_recognition_model_v1(weights.face_recognition_model_location()),
    )


def figures(distances) -> str:
    """Count, median and outer percentiles of distances."""
    low, middle, high = np.percentile(distances, [1, 50, 99])
    return f"{len(distances)} pairs: median {middle:.3f}, 1st percentile {low:.3f}, 99th {high:.3f}"


@click.group()
def main() -> None:
    """Judge a face dataset."""


@main.command()
@click.argument("dataset", type=click.Path(exists=True, path_type=Path))
@click.option("--yaw", default=45.0, show_default=True, help="largest yaw that counts, degrees")
def detect(dataset: Path, yaw: float) -> None:
    """Share of faces found, and the distance of iris centres from the truth."""
    import mediapipe

    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)
    asked, found, errors = 0, 0, []
    for folder, picture, record in samples(dataset):
        if abs(record["head_pose"]["yaw"]) > yaw:
            continue
        asked += 1
        result = mesh.process(picture).multi_face_landmarks
        if not result:
            click.echo(f"not found: {folder.name}")
            continue
        found += 1
        size = np.array(picture.shape[1::-1])
        points = np.array([[point.x, point.y] for point in result[0].landmark]) * size
        truth = np.array(record["points_2d"])[[68, 69]]
        distance = np.linalg.norm(truth[0] - truth[1])
        for index, mark in enumerate((RIGHT_IRIS, LEFT_IRIS)):
            if record["visible"][68 + index]:
                errors.append(np.linalg.norm(points[mark] - truth[index]) / distance)
    share = found / max(asked, 1)
    click.echo(
        f"found {found} of {asked} ({share:.1%}); iris centres: median {np.median(errors):.2%} of the eye distance"
    )


@main.command()
@click.argument("dataset", type=click.Path(exists=True, path_type=Path))
def identity(dataset: Path) -> None:
    """Distances between different people."""
    tools = dlib_tools()
    codes = {folder.name: encode(picture, tools) for folder, picture, _ in samples(dataset)}
    known = {name: code for name, code in codes.items() if code is not None}
    pairs = [(float(np.linalg.norm(known[a] - known[b])), a, b) for a, b in itertools.combinations(known, 2)]
    click.echo(f"{len(known)} of {len(codes)} faces found; {figures([pair[0] for pair in pairs])}")
    for distance, a, b in sorted(pairs)[:5]:
        click.echo(f"nearest: {a} {b} {distance:.3f}")


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--people", default=8, show_default=True)
@click.option("--variants", default=3, show_default=True)
@click.option("--size", default=256, show_default=True)
@click.option("--samples", "spp", default=32, show_default=True)
def same(out: Path, people: int, variants: int, size: int, spp: int) -> None:
    """Render each person again under new hair, light, pose and expression, and print the distances."""
    from simulacra.datagen.recipe import Recipe
    from simulacra.datagen.rendering.render import render_sample
    from simulacra.procgen import registry

    tools, distances = dlib_tools(), []
    for seed in range(people):
        person, codes = registry.sample("faces", seed), []
        for variant in range(variants):
            other = registry.sample("faces", 100_000 + 100 * seed + variant)
            change = {name: getattr(other, name) for name in ("hair", "light", "expression", "camera")}
            # The colour of hair belongs to the person; its cut does not.
            change["hair"] = dataclasses.replace(change["hair"], colour=person.hair.colour)
            folder = out / f"{seed:03d}_{variant}"
            if not (folder / "0000.rgb.png").exists():
                folder.mkdir(parents=True, exist_ok=True)
                recipe = Recipe(
                    generator="faces", count=1, seed=seed, size=size, samples=spp, labels=("rgb", "landmarks")
                )
                render_sample(dataclasses.replace(person, **change), recipe, folder)
            picture = read_png(folder / "0000.rgb.png")
            code = encode(picture, tools)
            if code is not None:
                codes.append(code)
        distances += [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(codes, 2)]
    click.echo(figures(distances))


if __name__ == "__main__":
    sys.exit(main())
