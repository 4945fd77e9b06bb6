"""Render the library of panoramas, procgen/light/data, from tools/panoramas/plan.py; what is there already stays.

    python tools/render_panoramas.py render [--only alley,park_noon] [--samples 12] [--threads 2]
    python tools/render_panoramas.py pack
    python tools/render_panoramas.py sheet OUT.png

``render`` leaves raw radiance in build/panoramas, so a run that was stopped goes on; ``pack`` makes what ships of all that is there:
an EXR of half floats (DWAA) each, and index.json with seed, spec, sun and lamps.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from panoramas.plan import PLAN

ROOT = Path(__file__).resolve().parents[1]
RAW, SHIPPED = ROOT / "build" / "panoramas", ROOT / "procgen" / "light" / "data"
SIZE = 1024, 512  # pixels of what ships


@click.group()
def main() -> None:
    """Make the library of panoramas."""


@main.command()
@click.option("--only", default="", help="names, separated by commas")
@click.option("--samples", default=7, show_default=True, help="samples a pixel; by night half as many again")
@click.option("--threads", default=2, show_default=True)
@click.option("--again", is_flag=True, help="render what is there anew")
@click.option("--width", default=SIZE[0], show_default=True, help="pixels around")
@click.option("--raw", default=RAW, type=click.Path(path_type=Path), help="folder of what is rendered")
def render(only: str, samples: int, threads: int, again: bool, width: int, raw: Path) -> None:
    """Render what is missing."""
    from panoramas import photograph

    raw.mkdir(parents=True, exist_ok=True)
    wanted = set(only.split(",")) - {""}
    for row in PLAN:
        out = raw / f"{row['name']}.npz"
        if (wanted and row["name"] not in wanted) or (out.exists() and not again):
            continue
        start = time.process_time()
        try:
            eye, _, spec = photograph.build(dict(row), row["seed"])
            built = time.process_time() - start
            sun = photograph.sun(eye)
            dark = row.get("night") or row["indoors"]
            radiance = photograph.render(
                eye, (width, width // 2), samples * 3 // 2 if dark else samples, threads, row["indoors"]
            )
        except Exception:  # one broken set must not stop the night's work
            traceback.print_exc()
            continue
        about = {"name": row["name"], "sun": sun, "spec": spec, "eye": eye.tolist(), "samples": samples}
        part = out.with_suffix(".part.npz")
        np.savez_compressed(part, radiance=radiance.astype(np.float16), about=json.dumps(about))
        os.replace(part, out)
        print(f"{row['name']}: build {built:.0f}, all {time.process_time() - start:.0f} CPU s", flush=True)


@main.command()
def pack() -> None:
    """Write what ships of all that is rendered."""
    from panoramas import pack as packing

    SHIPPED.mkdir(exist_ok=True)
    known = SHIPPED / "index.json"
    before = json.loads(known.read_text("utf-8")) if known.exists() else {}
    index, total = {}, 0
    for row in PLAN:
        raw, out = RAW / f"{row['name']}.npz", SHIPPED / f"{row['name']}.exr"
        if not raw.exists():  # what was packed elsewhere stays
            if row["name"] in before:
                index[row["name"]] = before[row["name"]]
                total += out.stat().st_size
            continue
        with np.load(raw) as stored:
            radiance, about = stored["radiance"].astype(np.float32), json.loads(str(stored["about"]))
        picture, lamps = packing.pack(radiance, about["sun"])
        packing.write(out, picture)
        out.with_suffix(".json").write_text(json.dumps(rounded(about), indent=1) + "\n", "utf-8")
        index[row["name"]] = {
            "says": row["says"], "indoors": row["indoors"],
            "lamps": [{"direction": rounded(lamp.direction.tolist(), 5), "irradiance": rounded(lamp.irradiance.tolist(), 5),
                       "size": rounded(lamp.size)} for lamp in lamps],
        }  # fmt: skip
        total += out.stat().st_size
        print(f"{row['name']}: {out.stat().st_size // 1000} kB, {len(lamps)} lamps")
    known.write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(index)} panoramas, {total / 1e6:.1f} MB")


def rounded(value, digits: int = 4):
    """Plain values with numbers that are rounded."""
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, dict):
        return {name: rounded(item, digits) for name, item in value.items()}
    return [rounded(item, digits) for item in value] if isinstance(value, list | tuple) else value


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
def sheet(out: Path) -> None:
    """A picture of all panoramas that ship, with their names."""
    from panoramas import pack as packing
    from panoramas import photograph
    from PIL import Image, ImageDraw

    names = list(json.loads((SHIPPED / "index.json").read_text("utf-8")))
    across = 5
    board = Image.new("RGB", (across * 384, -(-len(names) // across) * 206))
    for place, name in enumerate(names):
        picture = Image.fromarray(packing.shown(photograph.read(SHIPPED / f"{name}.exr"))).resize((384, 192))
        at = place % across * 384, place // across * 206
        board.paste(picture, (at[0], at[1] + 14))
        ImageDraw.Draw(board).text((at[0] + 4, at[1] + 1), name, fill="white")
    board.save(out)


if __name__ == "__main__":
    main()
