"""Render the same people in Cycles and EEVEE, and print how alike the two are, part by part.

python tools/compare_engines.py OUT [--seeds 3,8,21] [--shots eye] [--size 256] [--set PATH=VALUE]

Each person is taken three times: a portrait, an eye from near, and a mouth from near. OUT gets every picture and sheet.png, Cycles
above EEVEE. The figure is SSIM (Wang et al. 2004, a Gaussian of 1.5 px, colour) over the pixels of a part, which Cycles' labels
tell. Ends with 1 where the eye's region misses the bar.

EEVEE draws on the CPU where there is no GPU: bpy of both releases makes itself a context without a window by Mesa's llvmpipe (Debian:
libegl1, libegl-mesa0, libgl1-mesa-dri; LIBGL_ALWAYS_SOFTWARE=1 passes over a GPU). Without any OpenGL, Blender aborts: this is tried
in a process of its own first.
"""

import subprocess
import sys
from pathlib import Path

import click
import numpy as np

BAR = 0.70  # of the region of an eye at 256 px
PROBE = """
import bpy
bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 8
bpy.ops.render.render()
"""
# What each shot shows: metres across, and the parts that are judged in it. No part: the whole picture.
SHOTS = {
    "portrait": (0.34, {"skin": ("skin", "nose", "neck", "right_ear", "left_ear"), "brows": ("right_brow", "left_brow"), "hair": ("hair",),
                        "beard": ("beard",), "cloth": ("clothing", "headwear", "facewear"), "glasses": ("glasses",)}),
    "eye": (0.045, {"eye region": (), "eye": ("left_eye",)}),
    "mouth": (0.075, {"mouth region": (), "teeth and tongue": ("mouth_interior",)}),
}  # fmt: skip
DISTANCE, LENS = 0.9, 85.0  # m of the camera, mm
FEWEST = 40  # pixels; fewer say nothing


def can_draw() -> bool:
    """Whether this Blender finds OpenGL; in a process of its own, which aborts where it does not."""
    return subprocess.run([sys.executable, "-c", PROBE], capture_output=True).returncode == 0


def eevee_name(bpy) -> str:
    """The identifier of EEVEE on this release."""
    return "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"


def build(seed: int, wishes: dict):
    """The person of a seed, who smiles with open lips, and its camera (needs bpy)."""
    import bpy

    from simulacra.procgen import registry

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    wishes = {"expression.name": "open_smile", "wear.mask": "none", "camera.azimuth": 12.0} | wishes
    person = registry.build("faces", registry.sample("faces", seed, wishes))
    camera = person.cameras[0]
    camera.data.dof.use_dof = False
    camera.data.shift_x = camera.data.shift_y = 0.0
    camera.data.lens, camera.data.sensor_fit = LENS, "HORIZONTAL"
    bpy.context.scene.camera = camera
    return person


def aim(person, shot: str) -> None:
    """Turn the camera to what a shot shows."""
    import bpy
    from mathutils import Matrix

    from simulacra.procgen.camera import HEAD_CENTRE, look_at

    head = np.array(person.pose.bones["head"])
    place = head[:3, :3] @ (HEAD_CENTRE if shot == "portrait" else (0.0, -0.02, -0.076)) + head[:3, 3]
    if shot == "eye":
        eye = person.pose.eyes["left"]
        place = eye.centre + eye.radius * (head[:3, :3] @ np.array([0.0, -1.0, 0.0]))
    away = head[:3, :3] @ np.array([0.2, -1.0, 0.03])
    camera = person.cameras[0]
    position = place + away / np.linalg.norm(away) * DISTANCE
    camera.matrix_world = Matrix(look_at(position, place, 0.0).tolist())
    camera.data.sensor_width = camera.data.sensor_height = LENS * SHOTS[shot][0] / DISTANCE
    bpy.context.view_layer.update()


def take(person, out: Path, name: str, shots: list[str], size: int, samples: int) -> None:
    """Render shots in both engines, and the labels of the first: OUT/NAME_SHOT_ENGINE.png and NAME_SHOT_parts.npy."""
    import bpy

    from simulacra.datagen.rendering import passes

    scene, clock = bpy.context.scene, passes.CyclesClock()
    passes.configure(scene, (size, size), 0)
    scene.eevee.taa_render_samples = max(samples // 4, 8)
    scene.render.hair_type = "STRIP"  # strands as wide as they are
    for engine in ("cycles", "eevee"):
        passes.picture_settings(scene, samples)
        scene.render.engine = "CYCLES" if engine == "cycles" else eevee_name(bpy)
        for shot in shots:
            aim(person, shot)
            passes.set_format(scene.render.image_settings, "PNG")
            scene.render.filepath = str((out / f"{name}_{shot}_{engine}.png").resolve())
            bpy.ops.render.render(write_still=True)
    scene.render.engine = "CYCLES"
    for obj in person.objects:
        obj.hide_render = bool(obj.get("label_hidden"))
    override = passes.label_material()
    for shot in shots:
        aim(person, shot)
        parts = passes.render_labels(scene, override, False, clock)["part"]
        np.save(out / f"{name}_{shot}_parts.npy", np.rint(parts).astype(np.uint8))


def picture(path: Path) -> np.ndarray:
    """A picture (h, w, 3) of whole numbers."""
    from simulacra.datagen.formats.png import read_png

    return read_png(path)[..., :3]


def likeness(out: Path, name: str, shots: list[str]) -> dict[str, float]:
    """SSIM of each part of a person that is seen."""
    from skimage.metrics import structural_similarity

    from simulacra.procgen.people.parts import PART

    found = {}
    for shot in shots:
        pair = [picture(out / f"{name}_{shot}_{engine}.png") for engine in ("cycles", "eevee")]
        alike = structural_similarity(
            *pair, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
        )[1]
        parts = np.load(out / f"{name}_{shot}_parts.npy")
        for part, classes in SHOTS[shot][1].items():
            mask = np.isin(parts, [PART[each] for each in classes]) if classes else np.ones(parts.shape, bool)
            if mask.sum() >= FEWEST:
                found[part] = float(alike[mask].mean())
    return found


def sheet(out: Path, names: list[str], shots: list[str]) -> None:
    """Write OUT/sheet.png: a column a shot, Cycles above EEVEE, a pair of rows a person."""
    from simulacra.datagen.formats.png import write_png

    rows = [
        np.concatenate([picture(out / f"{name}_{shot}_{engine}.png") for shot in shots], 1)
        for name in names
        for engine in ("cycles", "eevee")
    ]
    write_png(out / "sheet.png", np.ascontiguousarray(np.concatenate(rows)))


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seeds", default="3,8,21", show_default=True, help="people, by commas")
@click.option("--shots", default=",".join(SHOTS), show_default=True, help="what is taken of each, by commas")
@click.option("--size", default=256, show_default=True, help="edge of a picture, pixels")
@click.option("--samples", default=64, show_default=True, help="of Cycles a pixel; EEVEE takes a quarter")
@click.option(
    "--set", "wishes", multiple=True, metavar="PATH=VALUE", help="a field of all people, as of simulacra sample"
)
@click.option("--judge-only", is_flag=True, help="judge the pictures that OUT has")
def main(out: Path, seeds: str, shots: str, size: int, samples: int, wishes: tuple[str, ...], judge_only: bool) -> None:
    """Compare EEVEE with Cycles into OUT."""
    out.mkdir(parents=True, exist_ok=True)
    numbers, taken = [int(seed) for seed in seeds.split(",")], shots.split(",")
    if set(taken) - set(SHOTS):
        raise click.BadParameter(f"{shots}: allowed are {', '.join(SHOTS)}", param_hint="--shots")
    if not judge_only:
        if not can_draw():
            raise click.ClickException(
                "EEVEE cannot draw here: Blender finds no OpenGL; Mesa's llvmpipe (libegl-mesa0) will do"
            )
        for number in numbers:
            take(build(number, dict(wish.split("=", 1) for wish in wishes)), out, str(number), taken, size, samples)
    people = {number: likeness(out, str(number), taken) for number in numbers}
    sheet(out, [str(number) for number in numbers], taken)
    parts = [part for shot in taken for part in SHOTS[shot][1]]
    click.echo("SSIM of EEVEE against Cycles" + "".join(f"{number:>8}" for number in numbers) + "    mean")
    means = {}
    for part in parts:
        values = [found[part] for found in people.values() if part in found]
        if values:
            means[part] = float(np.mean(values))
            cells = "".join(f"{found[part]:8.3f}" if part in found else f"{'-':>8}" for found in people.values())
            click.echo(f"{part:28}{cells}{means[part]:8.3f}")
    if "eye region" in means:
        click.echo(f"eye region {means['eye region']:.3f} (bar {BAR})")
        sys.exit(means["eye region"] < BAR)


if __name__ == "__main__":
    main()
