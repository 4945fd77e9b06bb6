"""The README's example runs, and its table counts what is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


@pytest.mark.blender
def test_the_ten_lines_run():
    pytest.importorskip("bpy")
    code = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    assert len(code.strip().splitlines()) <= 10
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-1500:]
    assert re.search(r"(afro|locs) 75 True", result.stdout) and "52 shape keys 3" in result.stdout


def test_the_table_counts_what_is_there():
    from simulacra.procgen.people.expression import LIBRARY
    from simulacra.procgen.people.head_data import head_data
    from simulacra.procgen.people.wear import EARRINGS, GARMENTS, GLASSES, HEADWEAR, MASKS

    data = head_data()
    assert (
        f"{len(data.sliders)} sliders, {sum(name.startswith('macro/') for name in data.targets)} phenotype targets"
        in README
    )
    assert f"{len(LIBRARY)} named expressions" in README
    worn = f"{len(GARMENTS)} garments, {len(HEADWEAR)} kinds of headwear, {len(GLASSES)} glasses, {len(MASKS)} masks, {len(EARRINGS)} earrings"
    assert worn in README
