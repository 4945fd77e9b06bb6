"""simulacra transpile: files of graphs that stand alone, and nothing else left behind."""

import os
import subprocess
import sys

import pytest
from node_graphs import with_groups

pytest.importorskip("bpy")


def test_the_command_writes_a_file_that_stands_alone(scene, tmp_path, capsys):
    import bpy

    from simulacra.datagen.cli import transpile
    from simulacra.datagen.errors import BadInput

    tree = with_groups()
    tree.use_fake_user = True
    for name in ("Iron", "Bare"):
        bpy.data.materials.new(name).use_fake_user = True
    bpy.data.materials["Iron"].use_nodes = True
    path = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    before = path.read_bytes()

    def run(*words):
        with transpile.command.make_context("transpile", [*map(str, words)]) as context:
            transpile.command.invoke(context)

    counts = [str(len(tree.nodes)), str(len(tree.links))]
    out = tmp_path / "tree.py"
    capsys.readouterr()
    run(path, "--geometry", "Tree", "--out", out)
    run(path, "--material", "Iron")
    printed = capsys.readouterr().out
    assert printed.startswith('"""The material Iron') and "ShaderNodeBsdfPrincipled" in printed
    assert path.read_bytes() == before
    code = f"import runpy, bpy; tree = runpy.run_path({str(out)!r}, run_name='__main__'); t = bpy.data.node_groups['Tree']; print(len(t.nodes), len(t.links))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert result.stdout.split()[-2:] == counts
    for words, told in [
        ((tmp_path / "none.blend", "--material", "Iron"), "is missing"),
        ((path, "--material", "Gold"), "there are Bare, Iron"),
        ((path, "--geometry", "Gold"), "Twig"),
        ((path, "--world", "Gold"), "there are none"),
        ((path,), "0 graphs"),
        ((path, "--material", "Iron", "--world", "x"), "2 graphs"),
    ]:
        with pytest.raises(BadInput, match=told) as caught:
            run(*words)
        assert "\n" not in str(caught.value)
    if bpy.app.version < (5,):
        with pytest.raises(BadInput, match="'Bare' has no nodes"):
            run(path, "--material", "Bare")


def test_nothing_temporary_is_left(tmp_path):
    """Neither by the process that opens the file first, which does not end as Blender does, nor by this one."""
    import bpy

    temporary, file = tmp_path / "temporary", tmp_path / "any.blend"
    temporary.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(file), check_existing=False)
    words = [sys.executable, "-m", "simulacra", "transpile", file, "--material", "none of this name"]
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    result = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120)
    assert result.returncode == 2 and "has no material" in result.stderr, result.stderr
    assert not list(temporary.iterdir())
