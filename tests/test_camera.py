"""Cameras: what people own, and what such a camera does to light and to the picture, in closed form."""

import io
import json

import numpy as np
import pytest

from simulacra.datagen.rendering.compression import through_jpeg
from simulacra.datagen.rendering.develop import LUMA, developed, toned
from simulacra.datagen.rendering.development import STANDARD, Development, of_camera, quality
from simulacra.datagen.rendering.sensor import balance, deviation, exposed, falloff, illuminant
from simulacra.datagen.rendering.tone import MIDDLE, SHOWN, tone_curve
from simulacra.procgen import registry
from simulacra.procgen.camera import sample_camera, sensor_width
from simulacra.procgen.camera_kinds import KIND_WEIGHTS, KINDS, NEAR, NEUTRAL
from simulacra.procgen.params import Range, SpecError, child, fields, parse_settings, to_dict

NOTHING = Development()
# What is done to the picture alone, and what is done to the light before.
SHAPING = {"contrast": 0.4, "shadows": 0.5, "saturation": 1.2, "smear": 2.0, "sharpening": 0.8}
EXPOSING = {"softness": 0.8, "vignette": 0.6, "exposure": 0.5, "noise": 0.5, "white": 5200.0, "tint": 0.02}


def rng():
    return np.random.default_rng(7)


def light(height=64, width=48):
    return np.random.default_rng(1).gamma(1.0, 0.4, (height, width, 3)).astype(np.float32)


def picture(height=64, width=48):
    smooth = np.random.default_rng(2).normal(size=(height // 8, width // 8, 3)).repeat(8, 0).repeat(8, 1)
    return np.clip(128 + 40 * smooth, 0, 255).astype(np.uint8)


def test_a_camera_that_does_nothing_leaves_light_and_picture_as_they_are():
    before, shown = light(), picture()
    assert exposed(before, NOTHING, rng()) is before and developed(shown, NOTHING) is shown
    assert np.array_equal(developed(shown.astype(np.uint16) * 257, NOTHING), shown)


@pytest.mark.parametrize("name", [*SHAPING, *EXPOSING])
def test_every_setting_does_something_and_the_same_each_time(name):
    d = NOTHING._replace(electrons=900.0, read=4.0, **({name: (SHAPING | EXPOSING)[name]}))
    if name in EXPOSING:
        first, second = (exposed(light(STANDARD), d, rng()) for _ in range(2))
        assert first.dtype == np.float32 and not np.array_equal(first, light(STANDARD))
    else:
        first, second = (developed(picture(STANDARD), d) for _ in range(2))
        assert first.dtype == np.uint8 and not np.array_equal(first, picture(STANDARD))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("electrons", "read", "share"), [(400.0, 6.0, 1.0), (5000.0, 20.0, 0.5)])
def test_the_variance_of_noise_rises_with_the_signal_as_photons_do(electrons, read, share):
    d = NOTHING._replace(noise=share, electrons=electrons, read=read)
    levels = np.array([0.3, 0.6, 1.2, 2.4])
    flat = np.broadcast_to(levels.astype(np.float32)[:, None, None], (4, 40000, 3))
    noisy = exposed(flat, d, rng())
    slope, dark = np.polyfit(levels, noisy.reshape(4, -1).astype(float).var(1), 1)
    assert slope == pytest.approx(share**2 / electrons, rel=0.02)
    assert dark == pytest.approx((share * read / electrons) ** 2, abs=0.02 * share**2 / electrons)
    assert np.allclose(deviation(flat, d)[:, 0, 0] ** 2, (levels + read**2 / electrons) / electrons, rtol=1e-5)
    assert np.abs(noisy.mean((1, 2)) - levels).max() < 5 * noisy.std() / 300


def test_noise_grows_with_iso_and_shrinks_with_the_sensor():
    def electrons(height=512, **wishes):
        wishes = parse_settings(
            [f"{name}={value}" for name, value in ({"kind": "phone", "iso": 100, "distance": 1} | wishes).items()]
        )
        return of_camera(sample_camera(child(3), wishes), height).electrons

    assert electrons() / electrons(iso=800) == pytest.approx(8)
    assert electrons() / electrons(1024) == pytest.approx(4)  # half the edge of a pixel
    assert electrons() / electrons(distance=2) == pytest.approx(4)  # half the sensor


@pytest.mark.parametrize("white", [2500.0, 4000.0, NEUTRAL, 12000.0])
def test_the_white_balance_shows_its_illuminant_as_grey(white):
    card = 0.4 * np.broadcast_to(illuminant(white), (2, 2, 3)).astype(np.float32)
    shown = exposed(card, NOTHING._replace(white=white), rng())
    assert np.ptp(shown) < 1e-6 and shown.mean() == pytest.approx(0.4, abs=0.002)
    red, green, blue = exposed(card, NOTHING._replace(white=white, tint=0.05), rng())[0, 0]
    assert green / red == pytest.approx(1.05) and red == pytest.approx(blue)
    assert (balance(3000, 0)[2] > 1 > balance(3000, 0)[0]) and (balance(9000, 0)[2] < 1 < balance(9000, 0)[0])


def test_exposure_doubles_the_light_and_corners_lose_theirs():
    assert np.array_equal(exposed(light(), NOTHING._replace(exposure=1.0), rng()), 2 * light())
    kept = falloff((65, 65), 0.5)
    assert kept[32, 32] == 1 and kept[0, 0] == kept[64, 64] == pytest.approx(0.75)
    assert kept[0, 32] == pytest.approx(0.875)


def test_sharpening_and_colour_leave_flat_areas_and_greys_alone():
    flat = np.broadcast_to(np.array([200, 90, 31], np.uint8), (40, 40, 3))
    for change in ({"sharpening": 1.5}, {"smear": 3.0}, {"softness": 2.0}):
        assert np.array_equal(developed(flat, NOTHING._replace(**change)), flat)
    grey = np.repeat(np.arange(0, 240, 6, dtype=np.uint8)[:, None, None], 3, 2).repeat(40, 1)
    for change in ({"saturation": 1.6}, {"saturation": 0.0}, {"smear": 3.0}):
        assert np.array_equal(developed(grey, NOTHING._replace(**change)), grey)


def test_sharpening_steepens_an_edge_and_smearing_keeps_its_brightness():
    edge = np.full((STANDARD, 32, 3), 90, np.uint8)
    edge[:, 16:] = 160
    sharp = developed(edge, NOTHING._replace(sharpening=0.8))[200, :, 0].astype(int)
    assert sharp[15] < 90 - 10 and sharp[16] > 160 + 10 and sharp[0] == 90 and sharp[31] == 160
    coloured = np.full((STANDARD, 32, 3), (150, 90, 60), np.uint8)
    coloured[:, 16:] = (60, 120, 150)
    smeared = developed(coloured, NOTHING._replace(smear=2.0))
    assert np.abs((smeared * LUMA).sum(-1) - (coloured * LUMA).sum(-1)).max() < 1
    assert np.abs(smeared[200, 16].astype(int) - coloured[200, 16]).max() > 10


@pytest.mark.parametrize("slope", [1.2, 1.6, 2.0])
def test_a_camera_s_curve_shows_the_middle_and_rises_by_its_slope_in_the_dark(slope):
    steps = np.linspace(0, 40, 4001, dtype=np.float32)[:, None, None].repeat(3, 2)
    shown = tone_curve(steps, slope)[:, 0, 0] / 65535
    screen = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    assert shown[0] == 0 and np.all(np.diff(shown) >= 0) and 0.99 < shown[-1] < 1
    assert screen[40] == pytest.approx(SHOWN, abs=1e-4) and steps[40, 0, 0] == pytest.approx(MIDDLE)
    # In the logarithm of y / (1 - y) the curve is a straight line.
    inner = slice(2, 400)
    line = np.polyfit(np.log(steps[inner, 0, 0]), np.log(screen[inner] / (1 - screen[inner])), 1)
    assert line[0] == pytest.approx(slope, rel=2e-3)


def test_the_tone_curve_keeps_its_ends_and_rises():
    values = np.linspace(0, 1, 1001, dtype=np.float32)
    for contrast in (-0.5, 0.0, 0.6, 1.0):
        for shadows in (0.0, 0.5, 1.0):
            curve = toned(values, contrast, shadows)
            assert curve[0] == 0 and curve[-1] == 1 and np.diff(curve).min() > -1e-6
    middle = np.diff(toned(values, 0.6, 0.0))[500] / np.diff(values)[500]
    assert middle == pytest.approx(1.3, abs=0.01)


@pytest.mark.parametrize("level", [95, 80, 60, 30, 5])
def test_compression_is_that_of_jpeg(level):
    from PIL import Image

    before = picture(72, 104) // 2 + np.linspace(0, 120, 104).astype(np.uint8)[:, None]
    stream = io.BytesIO()
    Image.fromarray(before).save(stream, "JPEG", quality=level, subsampling=2)
    wanted = np.asarray(Image.open(stream)).astype(int)
    found = through_jpeg(before, level).astype(int)
    assert np.abs(found - wanted).mean() < 1.2  # libjpeg rounds colours and transforms to whole numbers
    assert np.abs(found - before).mean() == pytest.approx(np.abs(wanted - before).mean(), rel=0.1, abs=0.1)


def test_compression_is_named_by_its_quality():
    assert [quality(value) for value in (0.1, 0.25, 0.95)] == [90, 75, 5]


def test_cameras_are_drawn_as_their_kinds_are():
    drawn = [sample_camera(child(seed, "camera")) for seed in range(400)]
    kinds = {kind: [camera for camera in drawn if camera.kind == kind] for kind in KIND_WEIGHTS}
    for kind, share in KIND_WEIGHTS.items():
        assert len(kinds[kind]) / 400 == pytest.approx(share, abs=0.08)
    median = {kind: {name: np.median([getattr(c, name) for c in found]) for name in ("distance", "iso", "compression")}
              for kind, found in kinds.items()}  # fmt: skip
    assert (
        median["phone_selfie"]["distance"]
        < median["webcam"]["distance"]
        < median["phone"]["distance"]
        < median["slr"]["distance"]
    )
    distances = np.array([camera.distance for camera in drawn])
    assert (distances < NEAR).mean() < 1 / 8 and (distances > 1.0).mean() > 0.68
    assert median["slr"]["compression"] < median["phone"]["compression"] < median["webcam"]["compression"]
    # The sensors behind the crop are those that such cameras have, mm: at most a full frame, and what phones hold.
    widths = {kind: np.array([sensor_width(camera) for camera in found]) for kind, found in kinds.items()}
    assert np.quantile(widths["slr"], 0.95) < 36 and np.quantile(widths["phone_selfie"], 0.95) < 5
    assert np.quantile(widths["phone"], 0.95) < 9


def test_the_odds_of_kinds_lie_within_what_a_camera_allows():
    declared = fields(type(sample_camera(child(1))))
    for kind, odds in KINDS.items():
        assert set(odds) <= set(declared), kind
        for name, field in odds.items():
            inner, outer = field.metadata["param"].distribution, declared[name].distribution
            assert outer.low <= inner.low < inner.high <= outer.high, (kind, name)


def test_a_wish_holds_whatever_the_kind():
    for seed in range(8):
        camera = sample_camera(child(seed), {"distance": Range(2.2, 2.4), "iso": Range(20000, 21000)})
        assert 2.2 <= camera.distance <= 2.4 and 20000 <= camera.iso <= 21000


def test_specs_from_before_there_were_kinds_still_load():
    spec = registry.sample("faces", 3)
    document = json.loads(json.dumps(registry.dump("faces", spec)))
    later = [name for name, param in fields(type(spec.camera)).items() if param.absent is not None]
    assert len(later) == 14
    for name in later:
        del document["spec"]["camera"][name]
    _, read = registry.parse(document)
    assert read.camera.kind == "slr" and read.camera.white == NEUTRAL and read.camera.compression == 0
    assert {name: value for name, value in to_dict(read.camera).items() if name not in later} == document["spec"][
        "camera"
    ]
    del document["spec"]["camera"]["distance"]
    with pytest.raises(SpecError, match=r"camera\.distance: is missing"):
        registry.parse(document)


@pytest.mark.blender
@pytest.mark.parametrize("wishes", [{"kind": "phone_selfie", "distance": 3}, {"kind": "slr"}])
def test_a_built_camera_has_the_framing_and_aperture_of_its_spec(wishes):
    from types import SimpleNamespace

    import bpy

    from simulacra.procgen.camera import HEAD_HEIGHT, build_cameras

    camera = sample_camera(child(5), parse_settings([f"{name}={value}" for name, value in wishes.items()]))
    eye = SimpleNamespace(centre=np.zeros(3))
    pose = SimpleNamespace(bones={"head": np.eye(4)}, eyes={"left": eye, "right": eye})
    (built,) = build_cameras(camera, SimpleNamespace(pose=pose, cameras=[], link=lambda *_, **__: None))
    data = built.data
    assert data.sensor_width / data.lens * camera.distance == pytest.approx(HEAD_HEIGHT / camera.framing, rel=1e-5)
    assert data.lens / data.dof.aperture_fstop == pytest.approx(camera.focal_length / camera.f_stop, rel=1e-5)
    bpy.data.objects.remove(built)


@pytest.mark.blender
def test_light_is_shown_as_a_render_is(tmp_path):
    """The road over an image of light gives what Blender writes of the render itself, but for its dither."""
    import bpy

    from simulacra.datagen.formats.png import read_png
    from simulacra.datagen.rendering import passes

    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene, seen = bpy.context.scene, []
    passes.configure(scene, (48, 32), 1)
    passes.picture_settings(scene, 2)
    kept = passes.render_picture(scene, tmp_path / "a.png", passes.CyclesClock(), lambda _: 0.7, lambda x: x)
    passes.render_picture(scene, tmp_path / "b.png", passes.CyclesClock(), None, lambda x: seen.append(x) or x.copy())
    a, b = read_png(tmp_path / "a.png"), read_png(tmp_path / "b.png")
    assert a.dtype == np.uint8 and b.dtype == np.uint16 and a.std() > 5
    assert np.abs(a.astype(float) - b / 257).max() <= 1.5
    assert np.allclose(seen[0], kept["linear"] * 2.0**0.7, rtol=1e-6)
    assert scene.view_settings.exposure == pytest.approx(0.7)
