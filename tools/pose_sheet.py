"""Bring one person into poses by hand and put the pictures in a row: python tools/pose_sheet.py OUT.jpg [--seed 7]."""

import dataclasses
import tempfile
from pathlib import Path

import bpy
import click
import numpy as np
from mathutils import Vector
from PIL import Image

from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings
from simulacra.procgen.people.expression import NEUTRAL
from simulacra.procgen.people.pose import rotation
from simulacra.procgen.people.rig import FOLLOW, set_neutral, set_turn

WIDER = 1.15  # the head moves about in the frame


def still(rig, keys) -> None:
    """Nothing."""


def turned(rig, keys) -> None:
    """Head and neck turn, one corner of the mouth goes up."""
    set_turn(rig, "neck", rotation(np.radians(14), 0, 0))
    set_turn(rig, "head", rotation(np.radians(24), np.radians(-6), np.radians(8)))
    keys["mouthSmileLeft"].value, keys["cheekSquintLeft"].value = 0.8, 0.5


def open_mouth(rig, keys) -> None:
    """The jaw's bone opens the mouth, the tongue's key brings it out."""
    set_turn(rig, "jaw", rotation(0, np.radians(-18), 0))
    set_turn(rig, "head", rotation(0, np.radians(10), 0))
    keys["tongueOut"].value, keys["browInnerUp"].value, keys["eyeWideLeft"].value = 0.9, 0.9, 0.6
    keys["eyeWideRight"].value = 0.6


def looking(rig, keys) -> None:
    """Both eyes look at their target, and one blinks."""
    look = rig.pose.bones["look"]
    look[FOLLOW] = 1.0
    look.location = look.bone.matrix_local.to_3x3().inverted() @ Vector((-0.25, 0.0, 0.12))
    set_turn(rig, "head", rotation(np.radians(-8), 0, np.radians(-6)))
    keys["mouthPucker"].value = 0.6


POSES = (still, turned, open_mouth, looking)


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", default=7, show_default=True)
@click.option("--size", default=320, show_default=True, help="edge of a picture, pixels")
@click.option("--samples", default=48, show_default=True)
@click.option("--set", "wishes", multiple=True, help="path=value of the person's spec")
def main(out: Path, seed: int, size: int, samples: int, wishes: tuple[str, ...]) -> None:
    """Write the row of pictures to OUT."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    person = registry.build("faces", registry.sample("faces", seed, parse_settings(wishes)))
    person.set_expression(dataclasses.replace(NEUTRAL))
    scene, rig, keys = bpy.context.scene, person.armature, person.head.data.shape_keys.key_blocks
    scene.camera = person.cameras[0]
    scene.camera.data.sensor_width = scene.camera.data.sensor_height = scene.camera.data.sensor_width * WIDER
    scene.render.engine, scene.cycles.samples = "CYCLES", samples
    scene.render.resolution_x = scene.render.resolution_y = size
    sheet = Image.new("RGB", (size * len(POSES), size))
    with tempfile.TemporaryDirectory() as folder:
        for index, pose in enumerate(POSES):
            set_neutral(rig, person.head)
            pose(rig, keys)
            rig.update_tag()
            scene.render.filepath = str(Path(folder, f"{index}.png"))
            bpy.ops.render.render(write_still=True)
            with Image.open(scene.render.filepath) as picture:
                sheet.paste(picture.convert("RGB"), (index * size, 0))
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main()
