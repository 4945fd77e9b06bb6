"""Choosing by eye: every option has its small picture, menus show it, and a preset that is saved gets its own."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simulacra.addon.thumbnails.families import FIELDS, FOLDER, OTHERS, families, options, path_of

ROOT = Path(__file__).resolve().parents[1]
EDGE = 128


def size_of_jpeg(path: Path) -> tuple[int, int]:
    """Width and height as the frame header says them; source: ITU T.81, B.2.2."""
    data, at = path.read_bytes(), 2
    assert data[:2] == b"\xff\xd8", path
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")


def test_every_option_has_its_picture_and_nothing_else_ships():
    wanted = {path_of(family, option) for family in families() for option in options(family)}
    held = {path for path in FOLDER.rglob("*") if path.is_file()}
    assert sorted(path.relative_to(FOLDER).as_posix() for path in wanted ^ held) == []
    assert {size_of_jpeg(path) for path in held} == {(EDGE, EDGE)}
    assert sum(path.stat().st_size for path in held) < 2.5e6
    assert len({path.read_bytes() for path in held}) > 0.9 * len(held)  # pictures of different things differ


class Previews(dict):
    """Stands for Blender's own collection, which has no icons without a window."""

    def load(self, name, path, kind):
        assert name not in self and kind == "IMAGE" and Path(path).is_file()
        self[name] = SimpleNamespace(icon_id=1000 + len(self))
        return self[name]


def test_what_has_no_picture_has_no_icon_and_nothing_fails(sidebar, tmp_path, monkeypatch):
    pictures, path = sidebar("thumbnails.pictures"), tmp_path / "one.jpg"
    path.write_bytes(b"a picture")
    assert pictures.icon(path) == 0 and pictures.icon(tmp_path / "two.jpg") == 0  # this Blender is in the background
    monkeypatch.setattr(pictures, "_held", [Previews()])
    assert pictures.icon(path) == pictures.icon(path) == 1000 and pictures.icon(tmp_path / "two.jpg") == 0
    path.write_bytes(b"another one")
    os.utime(path, ns=(1, 1))
    assert pictures.icon(path) == 1001
    pictures._held.clear()
    assert pictures.icon(path) == 0


def test_menus_carry_icons_and_files_keep_their_numbers(sidebar):
    import bpy

    for (kind, path), family in FIELDS.items():
        *groups, _ = path.split(".")
        holder = sidebar("fields.properties")
        control = next(row for row in holder.CONTROLS[kind] if row.path == path)
        assert control.family == family
        owner = bpy.types.Object if kind == "faces" else bpy.types.Collection
        rna = owner.bl_rna.properties["simulacra"].fixed_type.properties[kind].fixed_type
        for group in groups:
            rna = rna.properties[group].fixed_type
        items = rna.properties[control.attribute].enum_items
        assert [row.identifier for row in items] == list(options(family))
        assert [row.value for row in items] == list(range(len(items)))  # as files from before hold them
    others = [row for rows in holder.CONTROLS.values() for row in rows if row.family]
    assert len(others) == len(FIELDS)


def test_a_menu_of_pictures_sets_what_the_plain_one_shows(sidebar):
    import bpy

    settings = bpy.context.scene.simulacra
    assert settings.material.picture == settings.material.kind == "soil"
    settings.material.picture = "granite"
    assert settings.material.kind == settings.material.picture == "granite"
    settings.material.kind = "marble"
    assert settings.material.picture == "marble"
    settings.generate.place_picture = "desert"
    assert settings.generate.place == "desert"
    settings.generate.place = "ANY"
    assert settings.generate.place_picture == "ANY"
    assert len(OTHERS["material"]) == 93
    settings.presets.chosen = "shipped/neon_night.json"
    with pytest.raises(TypeError):
        settings.material.picture = "cheese"


def test_a_preset_that_is_saved_gets_its_own_picture(sidebar, monkeypatch):
    """The worker's part is played by a line of Python: what it renders is tested elsewhere."""
    import bpy

    made = sidebar("presets.pictures")
    write = "import sys, pathlib; p = pathlib.Path(sys.argv[1]) / '000000'; p.mkdir(parents=True); (p / '0000.rgb.png').write_bytes(b'a picture')"
    asked = []

    def caller():
        def call(words):
            asked.append(words)
            return [sys.executable, "-c", write, words[2]]

        return call

    monkeypatch.setattr(made, "caller", caller)
    bpy.ops.simulacra.generate(seed=12, light=False, camera=False)
    assert bpy.ops.simulacra.save_preset(title="Seen", scope="LOOK", picture=True, wait=True) == {"FINISHED"}
    path = made.picture_of("user/seen.json")
    assert path.read_bytes() == b"a picture" and path.parent == sidebar("presets.files").user_folder()
    assert (
        asked[0][:2] == ["render", "faces"]
        and asked[0][3] == "--spec"
        and not list(path.parent.parent.glob("preset_pictures/*"))
    )
    assert bpy.ops.simulacra.save_preset(title="Seen", scope="ALL", picture=False) == {"FINISHED"}
    assert not path.exists()  # it was of the one before
    bpy.ops.simulacra.save_preset(title="Seen", picture=True, wait=True)
    bpy.context.scene.simulacra.presets.chosen = "user/seen.json"
    assert bpy.ops.simulacra.delete_preset(preset="user/seen.json") == {"FINISHED"} and not path.exists()
    assert made.picture_of("shipped/laughing.json") == sidebar("thumbnails.families").path_of("preset", "laughing")


@pytest.mark.slow
@pytest.mark.blender
def test_the_script_renders_what_ships(tmp_path):
    """One of each kind, near the shipped picture: releases and machines differ in noise alone."""
    from PIL import Image

    pytest.importorskip("bpy")
    chosen = ["material/granite", "glasses/round"]
    command = [sys.executable, ROOT / "tools/render_thumbnails.py", tmp_path, "--only", ",".join(chosen)]
    subprocess.run(command, check=True, capture_output=True)
    for name in chosen:
        with Image.open(tmp_path / f"{name}.jpg") as mine, Image.open(FOLDER / f"{name}.jpg") as theirs:
            away = np.asarray(mine.convert("RGB"), float) - np.asarray(theirs.convert("RGB"), float)
        assert np.abs(away).mean() < 6.0, name
    before = (tmp_path / "material/granite.jpg").stat().st_mtime_ns
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "material/granite.jpg").stat().st_mtime_ns == before  # what is there stays
