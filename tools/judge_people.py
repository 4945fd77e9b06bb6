"""Ask @vladmandic/face-api what age, sex, expression and identity it sees on the people of a dataset.

python tools/judge_people.py DATASET --packages FOLDER

FOLDER is where ``npm install @vladmandic/face-api@1.7.15 @tensorflow/tfjs @tensorflow/tfjs-backend-wasm`` was run, outside the
repository. The nets serve to judge only.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import click
import numpy as np

from simulacra.datagen.formats.png import read_png

SCRIPT = Path(__file__).with_suffix(".cjs")
NAMES = {"happiness": "happy", "surprise": "surprised", "anger": "angry", "sadness": "sad", "neutral": "neutral"}


def asked(pictures: list[np.ndarray], packages: Path) -> list[dict | None]:
    """What the nets see in each picture (h, w, 3) uint8; None where they find no face."""
    if shutil.which("node") is None:
        raise click.ClickException("node: is not on the path; these nets run on it")
    if not (packages / "node_modules/@vladmandic/face-api").is_dir():
        raise click.ClickException(
            f"{packages}: holds no node_modules/@vladmandic/face-api; install the packages there"
        )
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for index, picture in enumerate(pictures):
            name = f"{index}.rgb"
            (Path(folder) / name).write_bytes(np.ascontiguousarray(picture[..., :3]).tobytes())
            rows.append({"file": name, "width": picture.shape[1], "height": picture.shape[0]})
        (Path(folder) / "pictures.json").write_text(json.dumps(rows))
        done = subprocess.run(["node", SCRIPT, packages, folder], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or "nothing said").splitlines()[-1]
        raise click.ClickException(f"{packages}: the nets do not run there: {said}")
    return [json.loads(line)["found"] for line in done.stdout.splitlines() if line.startswith("{")]


def table(specs: list[dict], found: list[dict | None]) -> dict:
    """The figures of a set: shares, errors in years, and identity distances."""
    seen = [(spec, face) for spec, face in zip(specs, found, strict=True) if face]
    years = np.array([spec["identity"]["age"] for spec, _ in seen])
    read = np.array([face["age"] for _, face in seen])
    woman = np.array([spec["identity"]["gender"] >= 0.5 for spec, _ in seen])
    as_woman = np.array([face["gender"] == "female" for _, face in seen])
    numbers = np.array([face["identity"] for _, face in seen])
    apart = np.linalg.norm(numbers[:, None] - numbers[None], axis=-1)[np.triu_indices(len(numbers), 1)]
    named = {}
    for name, word in NAMES.items():
        faces = [face for spec, face in seen if spec["expression"]["name"] == name]
        if faces:
            named[name] = np.mean([max(face["expressions"], key=face["expressions"].get) == word for face in faces])
    return {
        "found": f"{len(seen)} of {len(found)}", "age correlation": np.corrcoef(years, read)[0, 1],
        "age error, years": np.abs(years - read).mean(), "ages read": f"{read.min():.0f} to {read.max():.0f}",
        "men as men": np.mean(~as_woman[~woman]), "women as women": np.mean(as_woman[woman]),
        "identity distance, median": np.median(apart), "identity distance, 1st percentile": np.percentile(apart, 1),
    } | {f"{name} read as such": share for name, share in named.items()}  # fmt: skip


@click.command()
@click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--packages", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(dataset: Path, packages: Path) -> None:
    """Judge the first picture of every sample of DATASET."""
    folders = sorted(dataset.glob("[0-9]*"))
    if not folders:
        raise click.UsageError(f"{dataset}: holds no sample")
    specs = [json.loads((folder / "spec.json").read_text())["spec"] for folder in folders]
    for name, value in table(specs, asked([read_png(folder / "0000.rgb.png") for folder in folders], packages)).items():
        print(f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}")


if __name__ == "__main__":
    main()
