"""Label adaptation: it learns a convention of points, and is kept and read."""

import json
import math

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

import shot_stage  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.export.keypoints import mirrored  # noqa: E402
from simulacra.models.vision.faces import adaptation  # noqa: E402


def test_label_adaptation_learns_a_convention_and_nothing_of_where_a_face_is():
    generator = torch.Generator().manual_seed(0)
    mean = torch.tensor(shot_stage.POINTS[:, [0, 2]], dtype=torch.float32) * torch.tensor([1000.0, -1000.0])

    def shapes(count):
        """Faces of many widths and smiles, turned, scaled and placed in pictures."""
        wide, long, smile = (
            torch.randn(3, count, 1, generator=generator) * torch.tensor([0.06, 0.06, 3.0])[:, None, None]
        )
        local = mean * torch.stack([1 + wide, 1 + long], -1)
        local[:, 48:, 1] -= smile * ((local[:, 48:, 0] / 25) ** 2)
        return local

    def convention(local):
        """Annotators put the jaw outwards by a tenth, and brows up by what the face is long."""
        moved = local.clone()
        moved[:, :17, 0] *= 1.1
        moved[:, 17:27, 1] -= 0.04 * (local[:, 8, 1] - local[:, 27, 1])[:, None]
        return moved

    def placed(local, turn, scale, shift):
        c, s = math.cos(turn), math.sin(turn)
        return local @ torch.tensor([[c, s], [-s, c]]) * scale + torch.tensor(shift)

    few, others = shapes(60), shapes(200)
    fresh = adaptation.Adaptation()
    assert torch.equal(fresh(few), few)
    net = adaptation.fit_adaptation(few, convention(few), steps=150, rate=4e-3)
    error = lambda a, b: ((a - b).norm(dim=-1) / adaptation.eye_distance(b)[..., 0]).mean().item()  # noqa: E731
    before, after = error(others, convention(others)), error(net(others), convention(others))
    assert after < before / 4, (before, after)
    for turn, scale, shift in ((0.5, 3.0, (100.0, 40.0)), (-2.0, 0.2, (0.0, 0.0))):
        there = placed(net(others), turn, scale, shift)
        assert torch.allclose(net(placed(others, turn, scale, shift)), there, atol=1e-3 * scale * 60)
    order, flip = torch.tensor(mirrored())[:68], torch.tensor([-1.0, 1.0])
    assert torch.allclose(net(others[:, order] * flip), net(others)[:, order] * flip, atol=1e-3)
    with pytest.raises(BadInput, match="landmarks: are 5; allowed are 68 or 70"):
        adaptation.Adaptation(5)


def test_label_adaptation_is_kept_and_read(tmp_path):
    points = torch.rand(6, 70, 2, generator=torch.Generator().manual_seed(1)) * 100
    net = adaptation.fit_adaptation(points, points + 1, steps=5)
    adaptation.save_adaptation(tmp_path, net, {"faces": 6})
    assert torch.equal(adaptation.load_adaptation(tmp_path)(points), net(points))
    assert json.loads((tmp_path / "config.json").read_text())["faces"] == 6
