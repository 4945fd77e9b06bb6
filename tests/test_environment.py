"""Environment pictures from outside: broken ones are named before anything renders, odd pixels give no odd light."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from simulacra.datagen.formats.exr import write_exr  # noqa: E402
from simulacra.procgen import registry  # noqa: E402
from simulacra.procgen.light.environment import check_environments, read_environment  # noqa: E402
from simulacra.procgen.light.light import build_light, sample_light  # noqa: E402
from simulacra.procgen.params import SpecError  # noqa: E402

pytestmark = pytest.mark.blender


def write(path, values):
    write_exr(path, {name: np.ascontiguousarray(values[..., place]) for place, name in enumerate("RGB")})
    return path


@pytest.fixture
def sky():
    """A sky (h, w, 3) that is brighter to one side, first row at the top."""
    x = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    return np.stack([np.broadcast_to(1 + share * np.cos(x), (32, 64)) for share in (0.2, 0.5, 0.7)], -1).astype(
        np.float32
    )


class Nobody:
    """Whoever is lit."""

    def link(self, obj, *_, **__):
        return obj


def world_of(path, rotation=0.0):
    """The radiance that the world's picture holds and the meter's gain, for an environment picture."""
    rng = np.random.default_rng(0)
    light = sample_light(rng, {"hdri": str(path), "hdri_rotation": rotation, "exposure": 0.0})
    assert build_light(light, Nobody()) == []
    tree = bpy.context.scene.world.node_tree
    image = next(node.image for node in tree.nodes if node.type == "TEX_ENVIRONMENT")
    pixels = np.zeros(image.size[0] * image.size[1] * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    mix = next(node for node in tree.nodes if node.type in ("MIX", "MIX_RGB"))
    gains = [
        np.array(socket.default_value)[:3] for socket in mix.inputs if socket.type == "RGBA" and not socket.is_linked
    ]
    return pixels.reshape(*tuple(image.size)[::-1], -1)[..., :3], gains[-1]


@pytest.mark.parametrize("values", [(np.inf,) * 3, (np.nan,) * 3, (1.0, np.nan, np.inf)], ids=["inf", "nan", "mixed"])
def test_one_odd_pixel_changes_neither_the_meter_nor_the_world(scene, tmp_path, sky, values):
    _, plain = world_of(write(tmp_path / "plain.exr", sky), 40.0)
    odd = sky.copy()
    odd[10, 20] = values
    shown, gain = world_of(write(tmp_path / "odd.exr", odd), 40.0)
    assert np.isfinite(plain).all() and np.isfinite(gain).all()
    assert np.abs(gain / plain - 1).max() < 0.01
    assert np.isfinite(shown).all() and shown.min() >= 0 and shown.max() <= sky.max() + 1e-6
    usual = np.ones((32, 64), bool)
    usual[31 - 10, 20] = False
    assert np.array_equal(shown[usual], sky[::-1][usual]), "no other pixel is touched"
    assert read_environment(tmp_path / "odd.exr")[1] == 1 and read_environment(tmp_path / "plain.exr")[1] == 0


def test_pictures_of_one_channel_light_too(scene, tmp_path):
    write_exr(tmp_path / "grey.exr", {"Y": np.full((8, 16), 2.0, np.float32)})
    radiance, bad = read_environment(tmp_path / "grey.exr")
    assert radiance.shape == (8, 16, 3) and bad == 0 and np.allclose(radiance, 2.0)


def test_what_is_broken_is_named(scene, tmp_path, sky):
    whole = write(tmp_path / "whole.exr", np.random.default_rng(0).random((32, 64, 3)).astype(np.float32))
    data = whole.read_bytes()
    cases = {
        "cut.exr": data[: len(data) // 2], "empty.hdr": b"", "text.hdr": b"#?RADIANCE\nnothing", "none.exr": None,
        "nan.exr": write(tmp_path / "nan.exr", np.full((8, 16, 3), np.nan, np.float32)).read_bytes(),
    }  # fmt: skip
    for name, content in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(SpecError) as caught:
            check_environments([whole, tmp_path / name])
        assert name in str(caught.value) and "\n" not in str(caught.value), name
    assert registry.find("faces") and len(bpy.data.images) == 0


def test_a_broken_picture_is_told_before_anything_renders(scene, tmp_path, capsys):
    from simulacra.__main__ import main

    (tmp_path / "skies").mkdir()
    (tmp_path / "skies" / "broken.hdr").write_bytes(b"#?RADIANCE\n\n-Y 4 +X 8\n")
    out = tmp_path / "out"
    assert main(["render", "faces", str(out), "--hdri", str(tmp_path / "skies"), "--size", "32"]) == 2
    said = capsys.readouterr().err.strip()
    assert "broken.hdr" in said.splitlines()[-1] and not out.exists()
