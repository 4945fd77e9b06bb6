"""Measured disparity and flow of photographs: files read with limits, layouts found, and OpenCV's answer on shifted pictures."""

import struct

import numpy as np
import pytest

from simulacra.datagen.errors import BadInput
from simulacra.datagen.formats.png import write_png
from simulacra.models.vision.matching import layouts, measured


def write_pfm(path, values, order="<"):
    header = f"Pf\n{values.shape[1]} {values.shape[0]}\n{'-' if order == '<' else ''}1.0\n".encode()
    path.write_bytes(header + values[::-1].astype(order + "f4").tobytes())


def write_flo(path, flow):
    path.write_bytes(struct.pack("<fii", measured.FLO, flow.shape[1], flow.shape[0]) + flow.astype("<f4").tobytes())


def write_kitti(path, flow):
    known = np.isfinite(flow).all(-1)
    values = np.zeros((*known.shape, 3), np.uint16)
    values[..., :2] = np.where(known[..., None], np.rint(np.nan_to_num(flow) * 64 + 2**15), 0)
    values[..., 2] = known
    write_png(path, values)


def test_written_truth_is_read_as_it_was(tmp_path):
    rng = np.random.default_rng(0)
    disparity = rng.uniform(0.5, 150, (5, 7)).astype(np.float32)
    disparity[1, 2] = np.inf
    known = np.where(np.isfinite(disparity), disparity, np.nan)
    for order in "<>":
        write_pfm(tmp_path / "disp0.pfm", disparity, order)
        assert np.array_equal(measured.read_disparity(tmp_path / "disp0.pfm"), known, equal_nan=True)
    quarters = np.where(np.isfinite(disparity), np.rint(disparity.clip(0, 60) * 4), 0).astype(np.uint8)
    write_png(tmp_path / "disp2.png", quarters)
    wanted = np.where(quarters > 0, quarters / 4, np.nan)
    assert np.array_equal(measured.read_disparity(tmp_path / "disp2.png"), wanted, equal_nan=True)
    write_png(tmp_path / "disp1.png", quarters)
    with pytest.raises(BadInput, match=r"does not tell its scale; allowed is a scale\.txt"):
        measured.read_disparity(tmp_path / "disp1.png")
    (tmp_path / "scale.txt").write_text("3\n")
    assert np.allclose(measured.read_disparity(tmp_path / "disp1.png"), wanted * 4 / 3, equal_nan=True)
    assert np.allclose(measured.read_disparity(tmp_path / "disp2.png"), wanted * 4 / 3, equal_nan=True)
    write_png(tmp_path / "fine.png", np.rint(np.nan_to_num(known) * 256).astype(np.uint16))
    assert np.nanmax(np.abs(measured.read_disparity(tmp_path / "fine.png") - known)) <= 1 / 512 + 1e-6

    flow = rng.normal(scale=40, size=(6, 5, 2)).astype(np.float32)
    write_flo(tmp_path / "flow10.flo", np.where(np.arange(5)[None, :, None] == 3, 1e10, flow))
    flow[:, 3] = np.nan
    assert np.array_equal(measured.read_flow(tmp_path / "flow10.flo"), flow, equal_nan=True)
    write_kitti(tmp_path / "000000_10.png", flow)
    found = measured.read_flow(tmp_path / "000000_10.png")
    assert np.array_equal(np.isnan(found), np.isnan(flow)) and np.nanmax(np.abs(found - flow)) <= 1 / 128 + 1e-5


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pfm", b"PF\n2 2\n-1.0\n" + bytes(48), "is no grey PFM"),
        ("a.pfm", b"Pf\n2 2\n-1.0\n" + bytes(15), "holds 15 bytes after its header; allowed are 16"),
        ("a.pfm", b"Pf\n99999 99999\n-1.0\n", "says 99999×99999 px"),
        ("a.pfm", b"", "is no grey PFM"),
        ("a.flo", struct.pack("<fii", measured.FLO, -1, 4), "says -1×4 px"),
        ("a.flo", struct.pack("<fii", measured.FLO, 2**14, 2**14), "says 16384×16384 px"),
        ("a.flo", struct.pack("<fii", measured.FLO, 1, 1) + bytes(12), "holds 12 bytes"),
        ("a.flo", b"PIEH", "is no .flo file"),
        ("a.png", b"\x89PNG", "is not a whole PNG"),
    ],
)
def test_what_is_no_truth_is_refused_in_a_line(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    read = measured.read_disparity if name.endswith("pfm") else measured.read_flow
    with pytest.raises(BadInput, match=words) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_colours_and_scales_that_are_none_are_refused(tmp_path):
    colours = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    write_png(tmp_path / "a.png", colours)
    with pytest.raises(BadInput, match="has colours"):
        measured.read_disparity(tmp_path / "a.png")
    with pytest.raises(BadInput, match="is no flow of KITTI's"):
        measured.read_flow(tmp_path / "a.png")
    write_png(tmp_path / "a.png", colours[..., 0])
    for text in ("0", "-1", "nan", "4 4", "1e3"):
        (tmp_path / "scale.txt").write_text(text)
        with pytest.raises(BadInput, match="allowed is a number above 0"):
            measured.read_disparity(tmp_path / "a.png")


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_layouts_are_told_by_their_names(tmp_path):
    touch(tmp_path, "motor/im0.png", "motor/im1.png", "motor/disp0.pfm", "cones/im2.png", "cones/im6.png", "cones/disp2.png",
          "aloe/view1.png", "aloe/view5.png", "half/im0.png", "teddy_left.png", "teddy_right.png", "teddy_gt.png")  # fmt: skip
    pairs = layouts.stereo_pairs(tmp_path)
    assert [pair.name for pair in pairs] == ["cones", "motor", "teddy"]
    assert pairs[0].truth == tmp_path / "cones" / "disp2.png" and pairs[2].second == tmp_path / "teddy_right.png"
    assert [pair.name for pair in layouts.stereo_pairs(tmp_path / "motor")] == ["motor"]
    assert not layouts.flow_pairs(tmp_path)
    flows = tmp_path / "flows"
    touch(flows, "one/frame10.png", "one/frame11.png", "one/flow10.flo", "other-data/two/frame10.png", "other-data/two/frame11.png",
          "other-gt-flow/two/flow10.flo", "image_2/000003_10.png", "image_2/000003_11.png", "flow_noc/000003_10.png",
          "flow_occ/000003_10.png", "flow_occ/000004_10.png")  # fmt: skip
    pairs = layouts.flow_pairs(flows)
    assert [pair.name for pair in pairs] == ["one", "two", "000003"]
    assert pairs[2].truth.parent.name == "flow_occ"  # all pixels, where both are there
    with pytest.raises(BadInput, match="nowhere: holds no flow pairs"):
        layouts.require(layouts.flow_pairs(tmp_path / "nowhere"), tmp_path / "nowhere", "flow pairs")
