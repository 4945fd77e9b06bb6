"""The codecs that need numpy alone, against OpenEXR and OpenCV."""

import struct
import time
import zlib

import numpy as np
import pytest

from simulacra.datagen.errors import BadInput
from simulacra.datagen.filters import blurred
from simulacra.datagen.formats.exr import read_exr, write_exr
from simulacra.datagen.formats.files import read_exr_channels, read_label, write_label
from simulacra.datagen.formats.png import MAX_EDGE, encode_png, read_png, write_png
from simulacra.datagen.gallery import _shrunk
from simulacra.datagen.pictures import rgb_of, viridis, with_landmarks

SHAPES = [(1, 1), (1, 7), (16, 16), (17, 1), (33, 5), (50, 31)]
ODD = [np.inf, -np.inf, np.nan, -0.0, 0.0, 1e-45, -1e-40, 3.4e38, 65504.0]
PIXELS = [(np.uint8, 1), (np.uint8, 3), (np.uint8, 4), (np.uint16, 1), (np.uint16, 3), (np.uint16, 4)]


def floats(shape, seed=0):
    """Smooth, noisy and odd values, so that some blocks pack and some do not."""
    rng = np.random.default_rng([seed, *shape])
    values = np.linspace(0, 1, shape[0] * shape[1]).reshape(shape).astype(np.float32)
    values[shape[0] // 2 :] = rng.integers(0, 2**32, shape, np.uint32).view(np.float32)[shape[0] // 2 :]
    return np.where(rng.random(shape) < 0.2, rng.choice(ODD, shape), values).astype(np.float32)


def assert_same(found, wanted):
    """The same channels, bit for bit."""
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].dtype == np.float32 and found[name].shape == values.shape
        assert np.array_equal(found[name].view(np.uint32), values.astype(np.float32).view(np.uint32)), name


def by_openexr(path):
    """Every channel of a file, read by the library."""
    library = pytest.importorskip("OpenEXR")
    with library.File(str(path), separate_channels=True) as file:
        return {name: np.array(c.pixels, np.float32) for part in file.parts for name, c in part.channels.items()}


def picture(shape, dtype, channels, seed=0):
    """A ramp with noise: all five filters win somewhere."""
    rng = np.random.default_rng([seed, *shape, channels])
    top = np.iinfo(dtype).max
    ramp = np.add.outer(np.linspace(0, top / 2, shape[0]), np.linspace(0, top / 2, shape[1]))[..., None]
    values = ramp + rng.integers(0, 1 + top // 8, (*shape, channels)) * (rng.random((shape[0], 1, 1)) < 0.5)
    values = np.clip(values, 0, top).astype(dtype)
    return values[..., 0] if channels == 1 else values


def bgr(values):
    """OpenCV's order of the channels, and back."""
    return values if values.ndim == 2 else np.ascontiguousarray(values[..., [2, 1, 0, 3][: values.shape[2]]])


# EXR


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("names", ["V", "XY", "RGB", "RGBA"])
def test_openexr_reads_what_is_written(tmp_path, shape, names):
    wanted = {name: floats(shape, index) for index, name in enumerate(names)}
    write_exr(tmp_path / "a.exr", wanted)
    assert_same(by_openexr(tmp_path / "a.exr"), wanted)
    assert_same(read_exr(tmp_path / "a.exr"), wanted)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("packing", ["NO", "ZIPS", "ZIP"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint32])
def test_what_openexr_writes_is_read(tmp_path, shape, packing, dtype):
    library = pytest.importorskip("OpenEXR")
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = {name: floats(shape, index).astype(dtype) for index, name in enumerate(["B", "Z.a b", "é" * 20])}
    wanted["mixed"] = floats(shape, 9)
    header = {"compression": getattr(library, f"{packing}_COMPRESSION"), "type": library.scanlineimage}
    library.File(header, dict(wanted)).write(str(tmp_path / "a.exr"))
    found = read_exr(tmp_path / "a.exr")
    assert_same(found, {name: values.astype(np.float32) for name, values in wanted.items()})
    assert all(values.flags.writeable and values.flags.aligned for values in found.values())


@pytest.mark.parametrize("packing", ["NO", "ZIPS", "ZIP"])
def test_all_parts_are_read(tmp_path, packing):
    library = pytest.importorskip("OpenEXR")
    wanted = {f"{layer}.{name}": floats((21, 9), index) for index, (layer, name) in enumerate(["aX", "aY", "bZ", "cV"])}
    header = {"compression": getattr(library, f"{packing}_COMPRESSION"), "type": library.scanlineimage}
    parts = [
        library.Part(dict(header), {n: v for n, v in wanted.items() if n.startswith(layer)}, layer) for layer in "abc"
    ]
    library.File(parts).write(str(tmp_path / "a.exr"))
    assert_same(read_exr(tmp_path / "a.exr"), wanted)


def test_a_window_that_does_not_begin_at_zero_is_read(tmp_path):
    library = pytest.importorskip("OpenEXR")
    wanted = {"V": floats((20, 9))}
    window = np.array([-3, -5], np.int32), np.array([5, 14], np.int32)
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage, "dataWindow": window}
    library.File(header, dict(wanted)).write(str(tmp_path / "a.exr"))
    assert_same(read_exr(tmp_path / "a.exr"), wanted)


def test_a_packing_that_is_not_known_is_refused(tmp_path):
    library = pytest.importorskip("OpenEXR")
    header = {"compression": library.PIZ_COMPRESSION, "type": library.scanlineimage}
    library.File(header, {"V": floats((20, 9))}).write(str(tmp_path / "a.exr"))
    with pytest.raises(BadInput, match="compression 4; allowed are none, ZIPS and ZIP"):
        read_exr(tmp_path / "a.exr")


@pytest.mark.blender
@pytest.mark.parametrize("codec", ["NONE", "ZIP", "ZIPS"])
def test_blenders_passes_are_read(tmp_path, scene, codec):
    import bpy

    bpy.ops.object.camera_add(location=(0, 0, 5))
    scene.camera = bpy.context.object
    bpy.ops.mesh.primitive_uv_sphere_add()
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 40, 24, 100
    for name in ("z", "normal", "position", "uv", "object_index", "vector", "diffuse_color"):
        setattr(scene.view_layers[0], f"use_pass_{name}", True)
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format, settings.color_depth, settings.exr_codec = "OPEN_EXR_MULTILAYER", "32", codec
    for interleave in (True, False) if hasattr(settings, "use_exr_interleave") else (None,):
        if interleave is not None:
            settings.use_exr_interleave = interleave
        scene.render.filepath = str(tmp_path / f"{interleave}.exr")
        bpy.ops.render.render(write_still=True)
        found = read_exr_channels(tmp_path / f"{interleave}.exr")
        assert_same(found, by_openexr(tmp_path / f"{interleave}.exr"))
        assert len(found) > 15 and found["ViewLayer.Depth.Z"].shape == (24, 40)


@pytest.mark.parametrize("channels", [
    {}, {"a": np.zeros(3)}, {"a": np.zeros((2, 2)), "b": np.zeros((2, 3))}, {"a": np.zeros((0, 2))}, {"": np.zeros((2, 2))},
    {"a\0b": np.zeros((2, 2))}, {"a" * 256: np.zeros((2, 2))}, {"a": np.zeros((1, MAX_EDGE + 1))},
])  # fmt: skip
def test_what_is_no_exr_is_not_written(tmp_path, channels):
    with pytest.raises(ValueError):
        write_exr(tmp_path / "a.exr", channels)
    assert not (tmp_path / "a.exr").exists()


# PNG


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype, channels", PIXELS)
def test_opencv_reads_what_is_written(tmp_path, shape, dtype, channels):
    cv2 = pytest.importorskip("cv2")
    wanted = picture(shape, dtype, channels)
    write_png(tmp_path / "a.png", wanted)
    found = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert found.dtype == dtype and np.array_equal(bgr(found), wanted)
    again = read_png(tmp_path / "a.png")
    assert again.dtype == dtype and np.array_equal(again, wanted)


@pytest.mark.parametrize("shape", [*SHAPES, (700, 40), (530, 3)])
@pytest.mark.parametrize("dtype, channels", PIXELS)
def test_what_opencv_writes_is_read(tmp_path, shape, dtype, channels):
    cv2 = pytest.importorskip("cv2")
    wanted = picture(shape, dtype, channels)
    cv2.imwrite(str(tmp_path / "a.png"), bgr(wanted), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    found = read_png(tmp_path / "a.png")
    assert found.dtype == dtype and np.array_equal(found, wanted)


@pytest.mark.parametrize("filters", [[0], [1], [2], [3], [4], [3, 4], [4, 1, 0, 2, 3], [1, 2, 0], [2, 2, 1]])
def test_every_filter_is_undone(tmp_path, filters):
    """Against a plain reading of the specification, pixel by pixel."""
    height, width, step = 23, 11, 3
    rng = np.random.default_rng(filters)
    raw = rng.integers(0, 256, (height, 1 + width * step), dtype=np.uint8)
    raw[:, 0] = np.resize(filters, height)
    deltas, wanted = raw[:, 1:].astype(int), np.zeros((height + 1, width + 1, step), int)
    for y in range(1, height + 1):
        for x in range(1, width + 1):
            a, b, c = wanted[y, x - 1], wanted[y - 1, x], wanted[y - 1, x - 1]
            nearest = [min((abs(p + q - 2 * r), 2, r), (abs(q - r), 0, p), (abs(p - r), 1, q))[2]
                       for p, q, r in zip(a, b, c, strict=True)]  # fmt: skip
            guess = [0, a, b, (a + b) // 2, nearest][raw[y - 1, 0]]
            wanted[y, x] = (deltas[y - 1, (x - 1) * step : x * step] + guess) % 256
    (tmp_path / "a.png").write_bytes(png_of(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), raw.tobytes()))
    assert np.array_equal(read_png(tmp_path / "a.png"), wanted[1:, 1:])


def png_of(header, raw, more=b""):
    """A PNG file of a header and filtered rows."""
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks]
    return b"\x89PNG\r\n\x1a\n" + packed[0] + more + packed[1] + packed[2]


@pytest.mark.parametrize("header, raw, reason", [
    ((4, 2, 8, 3, 0, 0, 0), 5 * 2, "colour type 3"), ((4, 2, 4, 0, 0, 0, 0), 3 * 2, "of 4 bits"), ((4, 2, 8, 0, 0, 0, 1), 10, "interlaced"),
    ((0, 2, 8, 0, 0, 0, 0), 2, "0×2 px"), ((MAX_EDGE + 1, 1, 8, 0, 0, 0, 0), MAX_EDGE + 2, "allowed are 1…16384"),
    ((2**32 - 1, 2**32 - 1, 16, 6, 0, 0, 0), 9, "px"), ((8192, 8192, 16, 6, 0, 0, 0), 9, "ends too early"),
    ((MAX_EDGE, MAX_EDGE, 8, 0, 0, 0, 0), 9, "allowed are 67108864 in all"), ((8193, 8192, 8, 0, 0, 0, 0), 9, "67108864 in all"),
    ((4, 2, 8, 0, 0, 0, 0), 9, "ends too early"), ((4, 2, 8, 0, 0, 0, 0), 11, "goes on"),
])  # fmt: skip
def test_a_header_that_is_not_allowed_is_refused(tmp_path, header, raw, reason):
    (tmp_path / "a.png").write_bytes(png_of(struct.pack(">IIBBBBB", *header), bytes(raw)))
    with pytest.raises(BadInput, match=f"a.png: is not a whole PNG file .*{reason}"):
        read_png(tmp_path / "a.png")


@pytest.mark.parametrize("values", [
    np.zeros((2, 2)), np.zeros((2, 2, 2), np.uint8), np.zeros(4, np.uint8), np.zeros((0, 3), np.uint8), np.zeros((2, 2), bool),
    np.zeros((2, 2, 1), np.uint8), np.zeros((1, MAX_EDGE + 1), np.uint8),
])  # fmt: skip
def test_what_is_no_picture_is_not_encoded(values):
    with pytest.raises(ValueError, match="png: "):
        encode_png(values)


def test_files_are_hardly_larger_than_opencvs():
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(5)
    photo = cv2.GaussianBlur(rng.normal(128, 400, (256, 256, 3)), (0, 0), 6) + rng.normal(0, 2, (256, 256, 3))
    y, x = np.mgrid[:256, :256]
    regions = ((np.hypot(x - 128, y - 100) / 20).astype(int) % 5 + (x > 2 * y)).astype(np.uint8)
    for values in (np.clip(photo, 0, 255).astype(np.uint8), regions, regions.astype(np.uint16) * 300):
        theirs = cv2.imencode(".png", values, [cv2.IMWRITE_PNG_COMPRESSION, 6])[1]
        assert len(encode_png(values)) < 1.15 * len(theirs)


# Broken files


def broken(whole, count=200):
    """Copies of a file with bytes changed, cut off, repeated, or numbers made huge."""
    rng = np.random.default_rng(len(whole))
    for index in range(count):
        data = bytearray(whole)
        at = int(rng.integers(len(data) if index % 2 else min(len(data), 400)))  # every other one in the header
        kind = index % 5
        if kind == 0:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", bytes(4)])
        elif kind == 3:
            data[at:at] = data[at : at + int(rng.integers(1, 40))]
        else:
            del data[at : at + int(rng.integers(1, 40))]
        yield bytes(data)


def test_broken_png_files_are_refused(tmp_path):
    path, wanted, refused = tmp_path / "a.png", picture((40, 30), np.uint8, 3), 0
    for data in broken(encode_png(wanted)):
        path.write_bytes(data)
        started = time.perf_counter()
        try:
            assert np.array_equal(read_png(path), wanted)
        except BadInput as error:
            assert str(error).startswith(f"{path}: is not a whole PNG file (") and "\n" not in str(error)
            refused += 1
        assert time.perf_counter() - started < 1
    assert refused > 180


@pytest.mark.parametrize("packing", ["NO", "ZIPS", "ZIP"])
@pytest.mark.parametrize("parts", [1, 2])
def test_broken_exr_files_are_refused(tmp_path, packing, parts):
    library = pytest.importorskip("OpenEXR")
    path, refused = tmp_path / "a.exr", 0
    planes = {name: floats((40, 30), index) for index, name in enumerate("XYZ")}
    header = {"compression": getattr(library, f"{packing}_COMPRESSION"), "type": library.scanlineimage}
    library.File([library.Part(dict(header), {f"{i}.{n}": v for n, v in planes.items()}, str(i)) for i in range(parts)]
                 ).write(str(path))  # fmt: skip
    for data in broken(path.read_bytes()):
        path.write_bytes(data)
        started = time.perf_counter()
        try:
            found = read_exr(path)
            # Pixels that are not packed have no checksum: one may differ, its place may not.
            assert all(values.dtype == np.float32 and values.ndim == 2 for values in found.values())
            assert sum(values.nbytes for values in found.values()) < 1032 * len(data)
        except BadInput as error:
            assert str(error).startswith(f"{path}: is not a whole EXR file (") and "\n" not in str(error)
            refused += 1
        assert time.perf_counter() - started < 1
    assert refused > 80


def test_sizes_are_checked_before_memory_is_taken(tmp_path):
    """A small file that claims a large picture is refused at once."""
    path = tmp_path / "a.exr"
    write_exr(path, {"V": np.zeros((16, 16))})
    data = path.read_bytes()
    window = struct.pack("<4i", 0, 0, 15, 15)
    for corner in ((MAX_EDGE - 1, 15), (MAX_EDGE - 1, MAX_EDGE - 1), (2**31 - 1, 2**31 - 1), (-1, 15)):
        path.write_bytes(data.replace(window, struct.pack("<4i", 0, 0, *corner)))
        with pytest.raises(BadInput, match="is not a whole EXR file"):
            read_exr(path)


def test_a_broken_label_is_bad_input_and_a_broken_render_is_not(tmp_path):
    write_label(tmp_path / "a.exr", "depth", np.ones((8, 8)))
    write_label(tmp_path / "a.png", "parts", np.ones((8, 8)))
    for name, label in (("a.exr", "depth"), ("a.png", "parts")):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(BadInput, match=f"{name}: is not a whole {name[2:].upper()} file"):
            read_label(path, label)
    with pytest.raises(RuntimeError, match="is not a whole EXR file"):
        read_exr_channels(tmp_path / "a.exr")


# Pictures


@pytest.mark.parametrize("sigma", [0.03, 0.2, 0.9, 1.8, 5.3])
def test_blur_is_opencvs(sigma):
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(0).random((60, 47, 3), np.float32)
    assert np.abs(blurred(image, sigma) - cv2.GaussianBlur(image, (0, 0), sigma)).max() < 2e-6


def test_viridis_is_opencvs():
    cv2 = pytest.importorskip("cv2")
    entries = np.arange(256)
    wanted = cv2.applyColorMap(entries.astype(np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
    assert np.abs(viridis(entries / 255) - wanted.astype(int)).max() <= 2


def test_hues_are_opencvs():
    cv2 = pytest.importorskip("cv2")
    hsv = np.random.default_rng(0).random((50, 50, 3), np.float32) * [360, 1, 1]
    wanted = cv2.cvtColor(hsv.astype(np.float32), cv2.COLOR_HSV2RGB)
    assert np.abs(rgb_of(*np.moveaxis(hsv, -1, 0)) - wanted).max() < 1e-5


@pytest.mark.parametrize(
    "old, new", [((64, 64), (32, 32)), ((51, 37), (24, 17)), ((512, 300), (240, 141)), ((9, 400), (1, 40))]
)
def test_smaller_pictures_are_opencvs(old, new):
    cv2 = pytest.importorskip("cv2")
    image = picture(old, np.uint8, 3)
    wanted = cv2.resize(image, new[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(_shrunk(image, *new) - wanted.astype(int)).max() <= 1


def test_landmarks_are_drawn_where_they_are():
    points = np.full((70, 2), np.nan)
    points[0], points[1], points[68], points[69] = (30.5, 20.5), (50.0, 60.0), (-5, -5), (90.5, 10.5)
    record = {"points_2d": points.tolist(), "visible": [True] * 70, "gaze": {"right": [0, 0, 1], "left": [0, 1, 0]}}
    image = np.zeros((440, 440, 3), np.uint8)
    drawn = with_landmarks(image, record).astype(float)
    assert not image.any()
    green = drawn[..., 1] / 255
    for (x, y), box in (((30.5, 20.5), np.s_[10:30, 20:40]), ((50, 60), np.s_[50:70, 40:60])):
        grid = np.mgrid[: drawn.shape[0], : drawn.shape[1]] + 0.5
        mass = green[box].sum()
        assert np.isclose(mass, np.pi * 2.5**2, rtol=0.1)
        assert np.allclose([(grid[i][box] * green[box]).sum() / mass for i in (1, 0)], (x, y), atol=0.02)
    column = drawn[:, 90, 0]
    assert (column[15:60] == 255).all() and not column[70:].any()  # 0.12 of the height along the gaze
