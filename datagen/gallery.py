"""A single-file HTML gallery of a dataset: every label as a picture, captions, specs and a few distributions."""

from __future__ import annotations

import base64
import html
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np

from ..procgen import registry
from ..procgen.params import to_dict
from .formats.png import encode_png
from .labels import CLASSES_COLOURS, LABELS, PARTS
from .pictures import picture, with_landmarks
from .readers import Dataset, Sample

STYLE = """
:root{color-scheme:light dark;--bg:#f6f5f2;--card:#fff;--ink:#1d1c1a;--dim:#6d6a64;--line:#e2dfd8;--accent:#b4552d}
@media(prefers-color-scheme:dark){:root{--bg:#141413;--card:#1e1d1c;--ink:#eceae6;--dim:#9a968e;--line:#32302d;--accent:#e8915f}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{padding:28px 32px 12px;max-width:1500px;margin:auto}h1{font-size:26px;margin:0 0 4px;letter-spacing:-.02em}
.facts,.legend{color:var(--dim);font-size:13px}.legend span{display:inline-flex;align-items:center;margin:0 12px 4px 0}
.legend i{width:11px;height:11px;border-radius:3px;margin-right:5px;border:1px solid var(--line)}
input{margin:12px 0;padding:8px 12px;width:min(420px,100%);border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--ink);font:inherit}
.charts{display:flex;flex-wrap:wrap;gap:22px;margin:10px 0 4px}.charts figure{margin:0}.charts figcaption{font-size:12px;color:var(--dim)}
main{max-width:1500px;margin:auto;padding:8px 32px 60px;display:grid;gap:20px}
article{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px;display:grid;grid-template-columns:280px 1fr;gap:16px}
article>img{width:100%;border-radius:8px}.labels{display:grid;grid-template-columns:repeat(auto-fill,minmax(120px,1fr));gap:8px;align-content:start}
.labels figure{margin:0}.labels img{width:100%;border-radius:6px;display:block}.labels figcaption{font-size:11px;color:var(--dim);padding-top:2px}
h2{font-size:14px;margin:0 0 2px}p{margin:0 0 10px}details{margin-top:10px;font-size:12px}summary{cursor:pointer;color:var(--accent)}
pre{max-height:320px;overflow:auto;background:var(--bg);padding:10px;border-radius:8px}
@media(max-width:760px){article{grid-template-columns:1fr}header,main{padding-left:16px;padding-right:16px}}
"""
SCRIPT = """
const box=document.querySelector('input');box.addEventListener('input',()=>{const words=box.value.toLowerCase().split(/\\s+/);
document.querySelectorAll('article').forEach(a=>{a.hidden=!words.every(w=>a.dataset.text.includes(w))})});
"""
CHARTED = {
    "age": "identity.age",
    "melanin": "skin.melanin",
    "groom": "hair.groom",
    "expression": "expression.name",
    "light": "light.kind",
    "place": "kind",
    "clouds": "weather.clouds",
    "sun": "weather.sun_elevation",
}


def _embed(image: np.ndarray, edge: int) -> str:
    height, width = image.shape[:2]
    if max(height, width) > edge:
        scale = edge / max(height, width)
        image = _shrunk(image, max(round(height * scale), 1), max(round(width * scale), 1))
    try:  # grain makes a PNG page six times as large; Blender's own Python has no JPEG encoder
        import cv2
    except ModuleNotFoundError:
        return "data:image/png;base64," + base64.b64encode(encode_png(image)).decode()
    data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def _shrunk(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture (h, w, 3) uint8 made smaller: each new pixel is the mean over the area that it covers."""
    for size in (height, width):
        image = _fewer_lines(image, size).swapaxes(0, 1)
    return np.rint(image).astype(np.uint8)


def _fewer_lines(lines: np.ndarray, size: int) -> np.ndarray:
    starts = np.arange(size) * len(lines) / size
    whole = starts.astype(int)
    sums = np.add.reduceat(lines, whole, 0, np.float64)
    # A line that two new ones share was counted to the later one alone.
    early = (starts - whole)[:, None, None] * lines[whole]
    sums -= early
    sums[:-1] += early[1:]
    return sums * size / len(lines)


def _at(spec: dict, path: str):
    for name in path.split("."):
        if not isinstance(spec, dict) or name not in spec:
            return None
        spec = spec[name]
    return spec


def _chart(title: str, values: list) -> str:
    """Bars of a histogram or of the commonest options, as inline SVG."""
    values = [value for value in values if value is not None]
    if not values:
        return ""
    if isinstance(values[0], str):
        bars = Counter(values).most_common(8)
    else:
        counts, edges = np.histogram(values, 8)
        bars = [
            (f"{low:.3g}–{high:.3g}", int(count))
            for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
        ]
    top = max(count for _, count in bars)
    shapes = "".join(
        f'<rect x="{18 * i}" y="{54 - 50 * count / top:.1f}" width="14" height="{50 * count / top:.1f}" rx="2" '
        f'fill="var(--accent)"><title>{html.escape(str(name))}: {count}</title></rect>'
        for i, (name, count) in enumerate(bars)
    )
    return f'<figure><svg width="{18 * len(bars)}" height="56">{shapes}</svg><figcaption>{html.escape(title)}</figcaption></figure>'


def _spec(sample: Sample) -> dict:
    return to_dict(sample.spec) if sample.holds("spec.json") else {}


def _article(sample: Sample) -> str:
    frame = sample.frames[0]
    hero = sample.label("rgb", frame)
    figures = []
    if sample.holds("landmarks.json"):
        figures.append(("landmarks", with_landmarks(hero, sample.landmarks(frame))))
    figures += [
        (name, picture(name, sample.label(name, frame))) for name in LABELS if name != "rgb" and sample.has(name, frame)
    ]
    for other in sample.frames[1:9]:
        figures.append((f"frame {other}", sample.label("rgb", other)))
    shown = "".join(
        f'<figure><img loading="lazy" src="{_embed(image, 240)}" alt="{name}"><figcaption>{name.replace("_", " ")}</figcaption></figure>'
        for name, image in figures
    )
    spec = json.dumps(_spec(sample) or sample.camera(frame), indent=1)
    words = html.escape(f"{sample.caption} {sample.name} {sample.record['seed']}".lower(), quote=True)
    return (
        f'<article data-text="{words}"><img src="{_embed(hero, 512)}" alt="{html.escape(sample.caption, quote=True)}"><div>'
        f"<h2>{sample.name} · seed {sample.record['seed']}</h2><p>{html.escape(sample.caption)}</p>"
        f'<div class="labels">{shown}</div><details><summary>{"spec" if sample.holds("spec.json") else "camera"}</summary><pre>{html.escape(spec)}</pre></details></div></article>'
    )


def write_gallery(path: str | Path, out: Path | None = None, limit: int = 48) -> Path:
    """Write the page of a dataset and return its path; it needs no other file and no network."""
    dataset = Dataset(path)
    out = Path(out) if out else dataset.path / "gallery.html"
    samples = list(dataset)[:limit]
    specs = [_spec(sample) for sample in samples]
    recipe, made = dataset.description["recipe"], dataset.description["versions"]
    charts = "".join(_chart(title, [_at(spec, field) for spec in specs]) for title, field in CHARTED.items())
    legend = "".join(
        f'<span><i style="background:rgb{tuple(int(c) for c in CLASSES_COLOURS[index])}"></i>{name.replace("_", " ")}</span>'
        for index, name in (PARTS.items() if "parts" in dataset.description["rendered"] else ())
    )
    if "source" in recipe:  # labels of a Blender file
        of = f"cameras of {recipe['source']} · {recipe['width']}×{recipe['height']} px"
    else:
        of = f"samples · seeds from {recipe['seed']} · {recipe['size']}×{recipe.get('height') or recipe['size']} px · {recipe['samples']} samples a pixel"
    facts = f"{len(dataset)} {html.escape(of)} · Simulacra {made['simulacra']}, Blender {made['blender']}"
    people = "source" not in recipe and registry.find(recipe["generator"]).family == "people"
    facts += ". Every person here is synthetic." if people else "."
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(dataset.path.name)}</title><style>{STYLE}</style><header><h1>{html.escape(dataset.path.name)}</h1>"
        f'<div class="facts">{facts}</div><div class="charts">{charts}</div>'
        f'<div class="legend">{legend}</div><input type="search" placeholder="Filter by caption or seed" aria-label="Filter"></header>'
        f"<main>{''.join(_article(sample) for sample in samples)}</main><script>{SCRIPT}</script></html>"
    )
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    temporary.write_text(page)
    os.replace(temporary, out)
    return out
