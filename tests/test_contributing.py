"""The walks of CONTRIBUTING.md, followed to the letter in a copy of the tree."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
LISTINGS = re.findall(r"```python\n# ([\w/.]+), ([^\n]+)\n(.*?)```", GUIDE, re.S)
FOLDERS = ("addon", "procgen", "datagen", "models")
SMALL = ("--size", "32", "--samples", "1")


def place_of(tree: ast.Module, name: str):
    """The statement at the top of a module that defines a name."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if getattr(node, "name", "") == name or any(getattr(target, "id", "") == name for target in targets):
            return node
    raise AssertionError(f"no {name} here")


def put(root: Path, path: str, where: str, code: str) -> None:
    """Put a listing where its first line says."""
    file = root / path
    if where == "a new file":
        assert not file.exists()
        file.write_text(code, encoding="utf-8")
        return
    text = file.read_text(encoding="utf-8")
    lines, tree = text.splitlines(keepends=True), ast.parse(text)
    if where == "at the end":
        lines.append(f"\n\n{code}")
    elif where == "at the top":
        last = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)][-1]
        lines.insert(last.end_lineno, code)
    elif where.startswith("above "):
        lines.insert(place_of(tree, where.removeprefix("above ")).lineno - 1, f"{code}\n\n")
    elif where.startswith("in place of the end of "):
        last = place_of(tree, where.removeprefix("in place of the end of ")).body[-1]
        lines[last.lineno - 1 : last.end_lineno] = [code]
    else:
        node = place_of(tree, re.fullmatch(r"in (\w+)", where)[1])
        if isinstance(node, ast.FunctionDef):  # before it returns
            lines.insert(node.body[-1].lineno - 1, code)
        elif isinstance(node, ast.ClassDef):  # after its fields
            fields = [inner for inner in node.body if isinstance(inner, ast.AnnAssign)]
            lines.insert(fields[-1].end_lineno, code)
        else:
            rows = node.value
            rows = rows.generators[0].iter if isinstance(rows, ast.DictComp) else rows
            # Columns are bytes; what closes a row is one of them.
            line = lines[rows.end_lineno - 1].encode()
            before, after = line[: rows.end_col_offset - 1].decode(), line[rows.end_col_offset - 1 :].decode()
            so_far = "".join(lines[: rows.end_lineno - 1]) + before
            comma = "" if so_far.rstrip().endswith(",") else ", "
            lines[rows.end_lineno - 1] = f"{before}{comma}{code.lstrip() if comma else code}{after}"
    file.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A copy of the tree with every listing in its place; its folder's name is the package's."""
    root = tmp_path_factory.mktemp("walks") / "simulacra"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*ROOT.glob("*.py"), *ROOT.glob("*.toml")):
        shutil.copyfile(path, root / path.name)
    for path, where, code in LISTINGS:
        put(root, path, where, code)
    return root


@pytest.fixture(scope="module")
def run(followed):
    """Runs Python with the copy in place of the tree."""

    def started(*words):
        env = os.environ | {"PYTHONPATH": str(followed.parent)}
        command = [sys.executable, "-P", *map(str, words)]
        result = subprocess.run(command, capture_output=True, text=True, env=env, cwd=followed.parent, timeout=600)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return started


@pytest.fixture(scope="module")
def simulacra(run):
    """The copy's command line."""
    return lambda *words: run("-m", "simulacra", *words)


@pytest.fixture(scope="module")
def rendered(simulacra, tmp_path_factory):
    """Somebody around whom one looks, with the new groom and the new label."""
    pytest.importorskip("bpy")
    out = tmp_path_factory.mktemp("rendered") / "people"
    wishes = ("--set", "hair.groom=mop_top", "--set", "hair.density=0.25", "--labels", "alpha,position,height")
    simulacra("render", "faces", out, "--views", "2", "--workers", "1", *SMALL, *wishes)
    return out


def test_there_is_a_walk_for_each_of_the_six():
    bold = re.findall(r"^\| \*\*(.+?)\*\* \|", GUIDE, re.M)
    walks = re.findall(r"^\*\*(.+?)\*\* ", GUIDE.partition("## Six walks")[2], re.M)
    assert [row.removesuffix(" of a GAN").lower() for row in bold] == [walk.lower() for walk in walks]
    assert len(walks) == 6 and len(LISTINGS) == GUIDE.count("```python")


def test_what_the_walks_write_keeps_the_rules(followed):
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    touched = sorted({path for path, _, _ in LISTINGS})
    # Where an import or a field stands among others is the formatter's to say.
    command = [ruff, "check", "--no-cache", "--ignore", "I001", *touched]
    result = subprocess.run(command, capture_output=True, text=True, cwd=followed)
    assert result.returncode == 0, result.stdout


def test_lists_and_specs_know_the_new_things(run, simulacra):
    pytest.importorskip("rich")
    names = {
        "materials": "cork",
        "people": "mop_top",
        "labels": "height",
        "exports": "captions",
        "systems": "mean_picture",
    }
    code = f"""
from simulacra.__main__ import main
for what in {[*names]}:
    print("list of", what)
    assert main(["list", what]) == 0
"""
    lists = run("-c", code).split("list of ")[1:]
    assert len(lists) == len(names)
    for said, (what, name) in zip(lists, names.items(), strict=True):
        assert said.startswith(what) and name in said, what
    spec = json.loads(simulacra("sample", "cork", "--seed", "3", "--set", "grain=0.003"))
    assert spec["kind"] == "cork" and spec["spec"]["grain"] == 0.003
    assert json.loads(simulacra("sample", "faces", "--set", "hair.groom=mop_top"))["spec"]["hair"]["groom"] == "mop_top"


SIDEBAR = """
import os, sys, tempfile
from pathlib import Path
os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp()
import bpy, addon_utils
place = Path(os.environ["BLENDER_USER_RESOURCES"], "extensions", "user_default", "simulacra")
place.parent.mkdir(parents=True)
place.symlink_to(sys.argv[1], target_is_directory=True)
addon_utils.extensions_refresh()
assert addon_utils.enable("bl_ext.user_default.simulacra", default_set=True)
settings = bpy.context.scene.simulacra
names = lambda group, name: {item.identifier for item in group.bl_rna.properties[name].enum_items}
assert "cork" in names(settings.material, "kind")
assert "height" in names(settings.dataset, "labels")
bpy.ops.mesh.primitive_cube_add()
settings.material.kind = "cork"
assert bpy.ops.simulacra.apply_material() == {"FINISHED"}
material = bpy.context.object.active_material
assert material.name.startswith("cork") and len(material.node_tree.nodes) > 5
assert "mop_top" in names(bpy.context.object.simulacra.faces.hair, "groom")
print("whole")
"""


@pytest.mark.blender
@pytest.mark.once  # what enables the extension is tested on both
def test_the_sidebar_offers_the_new_things(run, followed):
    pytest.importorskip("bpy")
    assert "whole" in run("-c", SIDEBAR, followed)


@pytest.mark.blender
@pytest.mark.once
def test_the_new_label_and_groom_are_rendered_checked_and_exported(simulacra, rendered, tmp_path):
    from simulacra.datagen.formats.exr import read_exr

    spec = json.loads((rendered / "000000/spec.json").read_text())["spec"]
    assert spec["hair"]["groom"] == "mop_top"
    (height,) = read_exr(rendered / "000000/0000.height.exr").values()
    position = read_exr(rendered / "000000/0000.position.exr")
    assert np.isfinite(height).any() and np.array_equal(height, position["Z"], equal_nan=True)
    figures = json.loads(simulacra("check", rendered, "--json"))["figures"]
    assert next(row for row in figures if row["name"] == "height is z")["ok"]
    simulacra("export", rendered, "--to", "captions", "--out", tmp_path / "captions")
    lines = [json.loads(line) for line in (tmp_path / "captions/captions.jsonl").read_text().splitlines()]
    assert [line["sample"] for line in lines] == ["000000"] and all("mop top" in line["caption"] for line in lines)


@pytest.mark.slow
def test_the_new_system_trains_and_generates(simulacra, rendered, tmp_path):
    pytest.importorskip("torch")
    from simulacra.datagen.formats.png import read_png

    simulacra("train", "mean_picture", "--data", rendered, "--out", tmp_path / "run", "--set", "size=16")
    simulacra("generate", "mean_picture", tmp_path / "run", "--out", tmp_path / "mean.png")
    assert read_png(tmp_path / "mean.png").shape == (16, 16, 3)


@pytest.mark.slow
def test_the_new_regulariser_teaches(simulacra, rendered, tmp_path):
    pytest.importorskip("torch")
    settings = {"size": 16, "raw": 8, "images": 4, "batch": 2, "latent": 8, "style": 8, "planes": 8, "channels": 4, "features": 4,
                "decoder": 8, "samples": 4, "narrowest": 8, "widest": 16, "picture_every": 0, "mean_colour": 2.0}  # fmt: skip
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    simulacra("train", "eg3d", "--data", rendered, "--out", tmp_path / "run", *words)
    rows = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    assert any(
        "mean_colour" in key and value > 0 for row in rows for key, value in row.items() if isinstance(value, float)
    )
