"""A single-file HTML gallery of a dataset: every label as a picture, captions, specs and a few distributions."""

from __future__ import annotations

import base64
import json
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np

from ..procgen import registry
from ..procgen.params import to_dict
from .formats.png import encode_png
from .formats.writing import write_whole
from .jpeg import encode_jpeg
from .labels import CLASSES_COLOURS, LABELS, parts_of
from .markup import Element, document
from .pictures import picture, with_landmarks, with_points
from .readers import Dataset, Sample

LARGE, SMALL = 512, 240  # px, the longer edge of a sample's picture and of its labels'
FRAMES = 9  # of a sample that are shown
WORDS, SPEC = 2000, 2**16  # characters of a caption and of a spec that are shown
BARS = 8  # of a chart
BAND = 256  # columns that are made smaller at a time
STYLE = """
:root{color-scheme:light dark;--bg:#f6f5f2;--card:#fff;--ink:#1d1c1a;--dim:#6d6a64;--line:#e2dfd8;--accent:#b4552d}
@media(prefers-color-scheme:dark){:root{--bg:#141413;--card:#1e1d1c;--ink:#eceae6;--dim:#9a968e;--line:#32302d;--accent:#e8915f}}
*{box-sizing:border-box}[hidden]{display:none!important}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main{max-width:1500px;margin:auto;padding:28px 32px 12px}main{padding-top:8px;padding-bottom:60px;display:grid;gap:20px}
h1{font-size:26px;line-height:1.2;margin:0 0 6px;letter-spacing:-.02em}h2{font-size:14px;margin:0 0 2px}p{margin:0 0 12px}
.facts,.legend,.count{color:var(--dim);font-size:13px}.legend{display:flex;flex-wrap:wrap;gap:4px 14px;margin-top:14px}
.legend span{display:inline-flex;align-items:center}.legend svg{margin-right:5px;border-radius:3px;border:1px solid var(--line)}
input{display:block;margin:16px 0 6px;padding:9px 12px;width:min(420px,100%);border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--ink);font:inherit}
input:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.charts{display:flex;flex-wrap:wrap;gap:14px 26px;margin:16px 0 0}figure{margin:0}.charts svg{display:block}.charts rect{fill:var(--accent)}
figcaption{font-size:12px;color:var(--dim);padding-top:3px}.range{display:flex;justify-content:space-between;gap:8px;font-size:11px;color:var(--dim)}
article{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px;display:grid;grid-template-columns:300px minmax(0,1fr);gap:18px;align-items:start}
article>img{width:100%;border-radius:8px;display:block}
.labels{display:grid;grid-template-columns:repeat(auto-fill,minmax(124px,1fr));gap:10px}
.labels img{width:100%;border-radius:6px;display:block;background:var(--bg)}
details{margin-top:12px;font-size:13px}summary{cursor:pointer;color:var(--accent);width:max-content}
pre{max-height:320px;overflow:auto;background:var(--bg);padding:10px;border-radius:8px;font-size:12px;white-space:pre-wrap}
@media(max-width:760px){article{grid-template-columns:minmax(0,1fr);padding:12px;gap:12px}header,main{padding-left:14px;padding-right:14px}header{padding-top:18px}.labels{grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:8px}}
"""
SCRIPT = """
const box=document.querySelector('input'),count=document.querySelector('.count'),all=[...document.querySelectorAll('article')];
const filter=()=>{const words=box.value.toLowerCase().split(/\\s+/);let shown=0;
for(const one of all){one.hidden=!words.every(word=>one.dataset.text.includes(word));shown+=!one.hidden}
count.textContent=shown+' of '+all.length+' shown'};
box.addEventListener('input',filter);filter();
"""
CHARTED = {
    "family": "family",
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
    """A picture (h, w, 3) uint8 as the text of an image within the page, its longer edge at most ``edge`` px."""
    height, width = image.shape[:2]
    if max(height, width) > edge:
        scale = edge / max(height, width)
        image = _shrunk(image, max(round(height * scale), 1), max(round(width * scale), 1))
    try:
        kind, data = "jpeg", encode_jpeg(image)
    except ModuleNotFoundError:  # a Python without Blender reads datasets too
        kind, data = "png", encode_png(image)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _thinned(values: np.ndarray, edge: int) -> np.ndarray:
    """Every n-th pixel of a label, of whose picture no more can be seen: what is made of a large one takes no more memory."""
    step = max(max(values.shape[:2]) // (2 * edge), 1)
    return values[::step, ::step]


def _shrunk(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture (h, w, 3) uint8 made smaller: each new pixel is the mean over the area that it covers."""
    for size in (height, width):
        image = _fewer_lines(image, size).swapaxes(0, 1)
    return np.rint(image).astype(np.uint8)


def _fewer_lines(lines: np.ndarray, size: int) -> np.ndarray:
    starts = np.arange(size) * len(lines) / size
    whole = starts.astype(int)
    # A few columns at a time: all of a large picture in double precision are gigabytes.
    bands = (lines[:, at : at + BAND] for at in range(0, lines.shape[1], BAND))
    sums = np.concatenate([np.add.reduceat(band, whole, 0, np.float64) for band in bands], 1)
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


def _chart(title: str, values: list) -> list[Element]:
    """Bars of a histogram or of the commonest options; nothing where there is nothing to compare."""
    values = [value for value in values if value is not None]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    words = [value for value in values if isinstance(value, str)]
    if len(values) < 2:
        return []
    if len(words) > len(numbers):
        bars = Counter(words).most_common(BARS)
        ends = (bars[0][0], f"{len(set(words))} kinds") if len(set(words)) > 1 else (bars[0][0],)
    elif numbers:
        counts, edges = np.histogram(np.array(numbers, float), BARS)
        bars = [(f"{low:.3g}–{high:.3g}", int(n)) for n, low, high in zip(counts, edges[:-1], edges[1:], strict=True)]
        ends = f"{min(numbers):.3g}", f"{max(numbers):.3g}"
    else:
        return []
    top = max(count for _, count in bars)
    shapes = [
        Element("rect", Element("title", f"{name}: {count}"), x=18 * i, y=f"{54 - 50 * count / top:.1f}", width=14,
                height=f"{50 * count / top:.1f}", rx=2)
        for i, (name, count) in enumerate(bars)
    ]  # fmt: skip
    return [Element(
        "figure", Element("svg", *shapes, width=18 * BARS, height=56, role="img", aria_label=title),
        Element("div", *(Element("span", end) for end in ends), class_="range"), Element("figcaption", title),
    )]  # fmt: skip


def _spec(sample: Sample) -> dict:
    return to_dict(sample.spec) if sample.holds("spec.json") else {}


def _figure(name: str, image: np.ndarray) -> Element:
    shown = name.replace("_", " ")
    return Element(
        "figure", Element("img", loading="lazy", src=_embed(image, SMALL), alt=shown), Element("figcaption", shown)
    )


def _article(sample: Sample, spec: dict) -> Element:
    frame = sample.frames[0]
    hero = sample.label("rgb", frame)
    figures = []
    if sample.holds("landmarks.json"):
        figures.append(_figure("landmarks", with_landmarks(hero, sample.landmarks(frame))))
    for name in LABELS:
        if name != "rgb" and sample.has(name, frame):
            values = sample.label(name, frame)
            points = LABELS[name].suffix == "npz"  # drawn over the picture as it is
            figures.append(
                _figure(name, picture(name, values, hero) if points else picture(name, _thinned(values, SMALL)))
            )
    if sample.holds("points.npz"):
        figures.append(_figure("points", with_points(hero.shape[0], sample.points, sample.camera(frame))))
    for other in sample.frames[1:FRAMES]:
        figures.append(_figure(f"frame {other}", sample.label("rgb", other)))
    caption, seed = sample.caption[:WORDS], sample.record.get("seed", "unknown")
    text = json.dumps(spec or sample.camera(frame), indent=1)
    return Element(
        "article",
        Element("img", src=_embed(hero, LARGE), alt=caption),
        Element(
            "div", Element("h2", f"{sample.name} · seed {seed}"), Element("p", caption), Element("div", *figures, class_="labels"),
            Element("details", Element("summary", "spec" if spec else "camera"),
                    Element("pre", text if len(text) <= SPEC else text[:SPEC] + " …")),
        ),
        data_text=f"{caption} {sample.name} {seed}".lower(),
    )  # fmt: skip


def _facts(dataset: Dataset) -> str:
    """What dataset.json says of how it was made; others may have written it, so each part is told if it is there."""
    recipe, made = dataset.description.get("recipe", {}), dataset.description.get("versions", {})
    scene = "source" in recipe

    def number(name: str) -> int | None:
        value = recipe.get(name)
        return value if type(value) is int else None

    width = number("width") if scene else number("size")
    height = number("height") or width
    facts = [
        f"{len(dataset)} {'camera' if scene else 'sample'}{'s' * (len(dataset) != 1)}"
        + (f" of {recipe['source']}" if scene else ""),
        f"seeds from {number('seed')}" if number("seed") is not None else "",
        f"{width}×{height} px" if width else "",
        f"{number('samples')} sample{'s' * (number('samples') != 1)} a pixel" if number("samples") else "",
        ", ".join(f"{name.capitalize()} {made[name]}" for name in ("simulacra", "blender") if made.get(name)),
    ]
    generator = registry.GENERATORS.get(recipe.get("generator")) if isinstance(recipe.get("generator"), str) else None
    end = ". Every person here is synthetic." if generator and generator.family == "people" and not scene else "."
    return " · ".join(part for part in facts if part) + end


def write_gallery(path: str | Path, out: Path | None = None, limit: int = 48) -> Path:
    """Write the page of a dataset and return its path; it needs no other file and no network.

    It shows the first ``limit`` samples, about half a megabyte each. Raises BadInput where the dataset is broken or ``out``
    is no plain file.
    """
    dataset = Dataset(path)
    out = Path(out) if out else dataset.path / "gallery.html"
    articles, specs = [], []
    for sample in islice(dataset, limit):
        specs.append(_spec(sample))
        articles.append(_article(sample, specs[-1]))
    charts = [each for title, field in CHARTED.items() for each in _chart(title, [_at(spec, field) for spec in specs])]
    generator = registry.GENERATORS.get(str(dataset.description.get("recipe", {}).get("generator")))
    classes = parts_of(generator.family if generator else "people")
    legend = [
        Element("span", Element("svg", Element("rect", width=12, height=12, fill=f"rgb{tuple(CLASSES_COLOURS[index].tolist())}"),
                                width=12, height=12), name.replace("_", " "))
        for index, name in (classes.items() if "parts" in dataset.description.get("rendered", ()) else ())
    ]  # fmt: skip
    name = dataset.path.resolve().name
    header = Element(
        "header", Element("h1", name), Element("div", _facts(dataset), class_="facts"), Element("div", *charts, class_="charts"),
        Element("div", *legend, class_="legend"),
        Element("input", type="search", placeholder="Filter by caption or seed", aria_label="Filter"),
        Element("div", f"{len(articles)} of {len(dataset)} samples", class_="count"),
    )  # fmt: skip
    page = document(name, STYLE, SCRIPT, header, Element("main", *articles))
    write_whole(out, page.encode())
    return out
