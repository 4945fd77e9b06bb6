"""The gallery's page: whatever a dataset holds is text in it, in a real browser too, and its size is known."""

import copy
import html.parser
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from documents import at, paths
from proven_stage import make_proven, record_sample

from simulacra.__main__ import main
from simulacra.datagen import gallery
from simulacra.datagen.errors import BadInput
from simulacra.datagen.gallery import write_gallery
from simulacra.datagen.markup import Element, document, escaped
from simulacra.procgen.distributions import SpecError

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
RAN = "document.title='ran'"
PLANTED = f"""x"'`--></script></style></title></pre><script>{RAN}</script><svg onload="{RAN}"></svg><img src=x onerror="{RAN}">"""
FOLDER = f"""x"'><script>{RAN}<svg onload={RAN}><img src=x onerror={RAN}>"""  # a name holds no /
RECORDS = ("sample.json", "camera.json", "objects.json", "landmarks.json", "spec.json")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = make_proven(tmp_path_factory.mktemp("gallery") / "walls", 2, 1, 1, (24, 36), names=("rgb", "parts", "depth"))
    told = json.loads((path / "dataset.json").read_text())
    told["labels"] = told["labels"][:2]  # rows of one kind are tried once
    told["taxonomy"] = {name: dict(list(classes.items())[:4]) for name, classes in told["taxonomy"].items()}
    (path / "dataset.json").write_text(json.dumps(told))
    return path


def spots(value):
    """Every text of a JSON document: where it is, and whether it is a key."""
    for where in paths(value):
        inner = at(value, where)
        if isinstance(inner, str):
            yield where, False
        if where and isinstance(where[-1], str):
            yield where, True
            if not isinstance(inner, str | dict | list):
                yield where, False  # where a number is wanted


def planted(value, where, key, text=PLANTED):
    """The document with a text in that place."""
    value = copy.deepcopy(value)
    holder = value
    for step in where[:-1]:
        holder = holder[step]
    if not key:
        holder[where[-1]] = text
    else:
        names = {text if name == where[-1] else name: inner for name, inner in holder.items()}
        holder.clear()
        holder.update(names)
    return value


class Tags(html.parser.HTMLParser):
    """The elements of a page with the names of their attributes, and the titles among their texts."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, tuple(name for name, _ in attributes)))


def write(folder, file, value):
    """A record as others may write it, with a sample.json that agrees."""
    (folder / file).write_text(json.dumps(value) if file.endswith(".json") else value, encoding="utf-8")
    if file not in ("sample.json", "dataset.json"):
        record_sample(folder, int(folder.name), 7 + int(folder.name), [0], 1)


@pytest.fixture(scope="module")
def accepted(dataset, tmp_path_factory):
    """All places of a dataset's records where a text may be planted so that it still reads, by file."""
    copied = tmp_path_factory.mktemp("planted") / "walls"
    shutil.copytree(dataset, copied)
    found, tried = {}, 0
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr(gallery, "_embed", lambda *_: "data:image/png;base64,")
        quick.setattr(gallery, "with_landmarks", lambda image, record: image)
        clean = Tags(write_gallery(copied, copied.parent / "page.html").read_text()).found
        for file in ("../dataset.json", *RECORDS, "caption.txt"):
            path = (copied / "000000" / file).resolve()
            before, kept = path.read_text(), (copied / "000000" / "sample.json").read_text()
            value = json.loads(before) if file.endswith(".json") else before
            places = list(spots(value)) if file.endswith(".json") else [((), False)]
            for where, key in places:
                tried += 1
                write(path.parent, path.name, planted(value, where, key) if where else PLANTED)
                try:
                    page = write_gallery(copied, copied.parent / "page.html", 1).read_text()
                except (BadInput, SpecError) as error:
                    assert "\n" not in str(error)
                    continue
                # Elements may be there or not; none is new, and what was planted stands in no other way than as text.
                assert (
                    set(Tags(page).found) <= set(clean) and "<script>document" not in page and "<svg onload" not in page
                )
                found.setdefault(file, []).append((where, key))
            path.write_text(before, encoding="utf-8")
            (copied / "000000" / "sample.json").write_text(kept)
    assert tried > 500
    return found


def test_texts_of_every_record_reach_the_page_as_text_or_not_at_all(accepted):
    """The fixture looks at each; here, that those which are free texts were planted."""
    told = {(file, ".".join(map(str, where))) for file, places in accepted.items() for where, key in places if not key}
    for place in (("../dataset.json", "versions.simulacra"), ("../dataset.json", "versions.blender"), ("caption.txt", ""),
                  ("../dataset.json", "recipe.generator"), ("../dataset.json", "recipe.seed"), ("objects.json", "frames.0.objects.0.class"),
                  ("../dataset.json", "taxonomy.semantic.3"), ("camera.json", "frames.0.rig"), ("../dataset.json", "labels.0.doc")):  # fmt: skip
        assert place in told or place == ("camera.json", "frames.0.rig"), place


def planted_dataset(dataset, accepted, root):
    """A dataset with every such text at once, in a folder with such a name."""
    copied = root / FOLDER
    shutil.copytree(dataset, copied)
    for file, places in accepted.items():
        path = (copied / "000000" / file).resolve()
        value = json.loads(path.read_text()) if file.endswith(".json") else PLANTED
        for where, key in sorted(
            places, key=lambda place: (-len(place[0]), place[1])
        ):  # a key changes the places within
            value = planted(value, where, key, PLANTED + ".".join(map(str, where))) if where else value
        write(path.parent, path.name, value)
    return copied


def dumped(page, profile):
    """The document as a browser holds it after its scripts have run."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
               "--virtual-time-budget=2000", "--dump-dom", page.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def title(dom):
    return re.search("<title>(.*?)</title>", dom, re.DOTALL)[1]


@pytest.mark.skipif(BROWSER is None, reason="needs a browser")
def test_nothing_planted_runs_in_a_browser(dataset, accepted, tmp_path):
    clean = dumped(write_gallery(dataset, tmp_path / "clean.html"), tmp_path / "profile")
    page = write_gallery(planted_dataset(dataset, accepted, tmp_path), tmp_path / "page.html")
    dom = dumped(page, tmp_path / "profile")
    assert title(clean) == "walls" and "2 of 2 shown" in clean, "the page's own script runs"
    assert "2 of 2 shown" in dom and title(dom) not in ("ran", "walls") and "onerror" in title(dom)
    assert set(Tags(dom).found) <= set(Tags(clean).found)
    # The same texts do run where they are not escaped and nothing forbids them; the policy alone stops them, too.
    whole = page.read_text()
    raw = whole.replace("<main>", f"<main>{PLANTED}")
    free = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", raw)
    for name, text, expected in (("raw", raw, False), ("free", free, True)):
        (tmp_path / f"{name}.html").write_text(text)
        assert (title(dumped(tmp_path / f"{name}.html", tmp_path / "profile")) == "ran") == expected, name


def test_the_policy_allows_the_pages_own_script_and_pictures_within_it():
    page = document("a", "b{}", "c()", Element("p", "d"))
    policy = re.search('Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-") and "unsafe" not in policy
    assert page.index("Content-Security-Policy") < page.index("<style>") and "http:" not in policy
    with pytest.raises(ValueError, match="must not hold the end"):
        document("a", "", "'</script>'")


@pytest.mark.parametrize("make", [
    lambda: Element("script", "x"), lambda: Element("p", onclick="x"), lambda: Element("a", href="x"), lambda: Element("img", "x"),
    lambda: Element("img", src="https://example.org/a.png"), lambda: Element("img", src="data:text/html;base64,AAAA"),
    lambda: Element("p", style="x"), lambda: Element("img", src='data:image/png;base64,"'),
])  # fmt: skip
def test_elements_that_could_do_harm_cannot_be_made(make):
    with pytest.raises(ValueError, match="markup: "):
        make()


def test_texts_hold_no_markup_and_nothing_that_cannot_be_shown():
    assert escaped('<a href="x">\'&\0\x1b[31m\u202e\ud800\u2066é😀') == (
        "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;\ufffd\ufffd[31m\ufffd\ufffd\ufffdé😀"
    )


@pytest.mark.parametrize("change, line", [
    ({"versions": None}, ""), ({"recipe": None}, ""), ({"rendered": None}, ""), ({"versions": {}}, ""), ({"recipe": {}}, ""),
    ({"recipe": {"source": 1}}, ""), ({"recipe": {"generator": ["faces"], "seed": "x", "size": []}}, ""),
    ({"recipe": {"generator": "dragons"}}, ""), ({"versions": {"simulacra": 3}}, "versions are not texts by name"),
    ({"rendered": {}}, "rendered is not a list of labels"), ({"rendered": [1]}, "rendered is not a list of labels"),
    ({"recipe": []}, "recipe is not an object"), ({"versions": "x"}, "versions is not an object"),
])  # fmt: skip
def test_odd_descriptions_make_a_page_or_one_line(dataset, tmp_path, change, line):
    copied = tmp_path / "walls"
    shutil.copytree(dataset, copied)
    told = json.loads((copied / "dataset.json").read_text()) | change
    (copied / "dataset.json").write_text(json.dumps({name: value for name, value in told.items() if value is not None}))
    if line:
        with pytest.raises(BadInput, match=rf"dataset\.json: {line}"):
            write_gallery(copied)
    else:
        assert "000001 · seed 8" in write_gallery(copied).read_text()


def test_a_page_takes_the_place_of_plain_files_alone(dataset, tmp_path):
    (tmp_path / "folder").mkdir()
    for out in (tmp_path / "folder", "/dev/full"):
        with pytest.raises(BadInput, match="no regular file"):
            write_gallery(dataset, out)
    (tmp_path / "page.html").write_text("before")
    assert write_gallery(dataset, tmp_path / "page.html").read_text().startswith("<!doctype html>")


def test_large_pictures_make_a_small_page_in_little_memory(tmp_path, monkeypatch):
    """Of 1024 px each: what is drawn of a label is thinned first, so that no intermediate is as large as the label."""
    drawn = []
    real = gallery.picture
    monkeypatch.setattr(gallery, "picture", lambda name, values: drawn.append(values.shape) or real(name, values))
    large = make_proven(tmp_path / "large", 1, 1, 1, (1024, 640), names=("rgb", "depth", "position", "parts"))
    page = write_gallery(large)
    assert page.stat().st_size < 2**19
    assert len(drawn) == 3 and all(max(shape) < 1024 for shape in drawn)


def test_only_as_many_samples_as_are_shown_are_read(dataset, tmp_path):
    copied = tmp_path / "walls"
    shutil.copytree(dataset, copied)
    (copied / "000001" / "sample.json").write_text("broken")
    assert "000000" in write_gallery(copied, limit=1).read_text()


def test_a_number_of_samples_below_none_is_refused(dataset, tmp_path, capsys):
    assert main(["view", str(dataset), "--out", str(tmp_path / "page.html"), "--limit", "-1"]) == 2
    assert capsys.readouterr().err.startswith("simulacra: --limit: -1 is not allowed; allowed is a whole number from 0")


def test_jpeg_is_blenders_own_and_as_good_as_opencvs():
    pytest.importorskip("bpy")
    cv2 = pytest.importorskip("cv2")
    from simulacra.datagen.jpeg import QUALITY, encode_jpeg

    rng = np.random.default_rng(0)
    image = np.clip(
        cv2.GaussianBlur(rng.normal(128, 900, (120, 90, 3)), (0, 0), 6) + rng.normal(0, 3, (120, 90, 3)), 0, 255
    ).astype(np.uint8)
    ours, theirs = encode_jpeg(image), cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    errors = [
        np.abs(cv2.imdecode(np.frombuffer(data, np.uint8), 1)[..., ::-1].astype(int) - image).mean()
        for data in (ours, theirs)
    ]
    assert ours[:2] == b"\xff\xd8" and len(ours) < 1.1 * len(theirs) and errors[0] < 1.1 * errors[1] < 10
