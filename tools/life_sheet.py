"""Remake the pictures of the pages on animation and export.

python tools/life_sheet.py speaking docs/animation.jpg [--seed 7]
python tools/life_sheet.py exported docs/character_export.jpg [--seed 7]
"""

import json
import subprocess
import tempfile
from pathlib import Path

import bpy
import click
import numpy as np
from mathutils import Matrix
from PIL import Image

from simulacra.procgen import processes, registry
from simulacra.procgen.params import parse_settings
from simulacra.procgen.people.animation import action, phonemes, speech, spelling
from simulacra.procgen.people.animation.channels import channels
from simulacra.procgen.people.animation.performance import Life, perform
from simulacra.procgen.people.animation.track import frames_of

WORDS, STARTS, RATE, SECONDS = "Maybe Bob likes you", 16, 24, 3.0  # what is said, the frame before it, frames a second
MANY = Life(blinks=1.5)
ACROSS, DOWN = 6, 2
TEXTURE = 1024  # edge of the pictures of an exported skin, pixels
NEAR, LENS = 0.9, 55.0  # m from the face, mm


def person_of(seed: int, wishes: tuple[str, ...], neutral: bool = False):
    """The person of a seed, alone in a file."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    spec = registry.sample("faces", seed, parse_settings(wishes))
    if neutral:
        from simulacra.datagen.character.source import neutral as at_rest

        spec = at_rest(spec)
    person = registry.build("faces", spec)
    bpy.context.scene.camera = person.cameras[0]
    return spec, person


def render(path: Path, size: int, samples: int) -> Image.Image:
    """The scene as a picture."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.transparent_max_bounces = "CYCLES", samples, 64
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    with Image.open(path) as picture:
        return picture.convert("RGB")


def in_rows(pictures: list[Image.Image], across: int) -> Image.Image:
    """Pictures of one size in rows."""
    size = pictures[0].width
    sheet = Image.new("RGB", (size * across, size * -(-len(pictures) // across)))
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (index % across * size, index // across * size))
    return sheet


OPTIONS = (
    click.argument("out", type=click.Path(dir_okay=False, path_type=Path)),
    click.option("--seed", default=7, show_default=True),
    click.option("--size", default=176, show_default=True, help="edge of a picture, pixels"),
    click.option("--samples", default=48, show_default=True),
    click.option("--set", "wishes", multiple=True, help="path=value of the person's spec"),
)


def options(command):
    """What both commands take."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Remake the pictures of the pages on animation and export."""


@main.command()
@options
def speaking(out: Path, seed: int, size: int, samples: int, wishes: tuple[str, ...]) -> None:
    """Write frames of a person who speaks, blinks and looks around to OUT."""
    spec, person = person_of(seed, wishes)
    owners = action.Owners(person.armature, person.head.data.shape_keys)
    times = frames_of(SECONDS, RATE)
    spoken = speech.speech(phonemes.segments(spelling.phonemes(WORDS)))
    track = speech.with_speech(perform(times, spec.expression, spec.motion, seed, MANY), spoken, start=STARTS / RATE)
    action.new_action(owners, "Speaking")
    action.write(owners, channels(track), 1 + times * RATE)
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for frame in np.linspace(1, times[-1] * RATE, ACROSS * DOWN).round().astype(int).tolist():
            bpy.context.scene.frame_set(frame)
            pictures.append(render(Path(folder, f"{frame}.png"), size, samples))
    in_rows(pictures, ACROSS).save(out, quality=88)


@main.command()
@options
def exported(out: Path, seed: int, size: int, samples: int, wishes: tuple[str, ...]) -> None:
    """Write a person, and what Blender reads again from its .glb, to OUT."""
    spec, person = person_of(seed, wishes, neutral=True)
    camera = person.cameras[0]
    camera.parent = None
    camera.matrix_world = Matrix.Translation((0.0, -NEAR, -0.03)) @ Matrix.Rotation(np.pi / 2, 4, "X")
    camera.data.lens, camera.data.dof.use_dof = LENS, False
    camera.data.shift_x = camera.data.shift_y = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "spec.json").write_text(json.dumps(registry.dump("faces", spec)), encoding="utf-8")
        words = ("character", str(folder / "spec.json"), str(folder / "out.glb"), "--texture", str(TEXTURE))
        processes.run(processes.python_module("simulacra", *words), check=True, stdout=subprocess.DEVNULL)
        pictures = [render(folder / "first.png", size, samples)]
        for obj in person.objects:
            if obj.type not in ("CAMERA", "LIGHT"):
                bpy.data.objects.remove(obj)
        bpy.ops.import_scene.gltf(filepath=str(folder / "out.glb"))
        pictures.append(render(folder / "second.png", size, samples))
    in_rows(pictures, 2).save(out, quality=88)


if __name__ == "__main__":
    main()
