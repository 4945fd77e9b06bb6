"""Render the small pictures by which the sidebar's menus are chosen from.

    python tools/render_thumbnails.py [OUT] [--only groom,glasses] [--again]

OUT is addon/thumbnails/shipped by default. What is there already stays, so a run that was stopped goes on; ``--again`` renders it
anew. Every picture has a fixed person, light, framing and seed, so the same tree and release give the same one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from simulacra.addon.presets import files as presets
from simulacra.addon.thumbnails.families import FIELDS, FOLDER, families, options
from simulacra.procgen import processes, registry
from simulacra.procgen.params import from_dict, to_dict
from simulacra.procgen.people.face import build_part
from simulacra.procgen.people.hair.grooms import GROOMS
from simulacra.procgen.people.wear.cuts import GARMENTS

EDGE = 128  # pixels
SAMPLES = 32
TEXTURE = 1024  # edge of the skin's pictures, pixels
QUALITY = 82  # of the JPEGs
EXPOSURE, LIGHT_SEED = 1.0, 4
WOMAN, MAN = 23, 34  # seeds of the people that show everything
PLAIN = {
    "identity.age": 27.0, "expression.name": "neutral", "expression.head_yaw": 0.0, "expression.head_pitch": 0.0,
    "expression.head_roll": 0.0, "expression.gaze_yaw": 0.0, "expression.gaze_pitch": 0.0, "skin.makeup_on": False, "hair.colour.family": "brown",
    "hair.colour.dye": "none", "hair.colour.grey": 0.0, "beard.style": "none", "beard.moustache": "none", "wear.garment.kind": "crew_tee",
    "wear.garment.cloth.pattern": "plain", "wear.headwear.kind": "none", "wear.glasses": "none", "wear.mask": "none",
    "wear.earrings": "none", "light.kind": "studio", "light.studio": "clamshell", "light.warmth": 5200.0, "camera.focal_length": 85.0,
    "camera.distance": 1.4, "camera.framing": 0.72, "camera.azimuth": 0.0, "camera.elevation": 0.0, "camera.roll": 0.0,
    "camera.shift_x": 0.0, "camera.shift_y": 0.0, "camera.f_stop": 16.0, "camera.noise": 0.0, "camera.vignette": 0.0,
}  # fmt: skip
SHORT, TIED = {"hair.groom": "crop"}, {"hair.groom": "bun", "hair.density": 0.4}
# What the picture of a family shows: whose, and what else is fixed.
SHOWN: dict[str, tuple[int, dict]] = {
    "expression": (WOMAN, TIED | {"camera.framing": 0.95, "camera.azimuth": 8.0}),
    "groom": (WOMAN, {"camera.azimuth": 25.0, "camera.framing": 0.66, "camera.shift_y": 0.04}),
    "brows": (WOMAN, TIED | {"camera.framing": 0.95, "camera.shift_y": -0.05}),
    "beard": (MAN, SHORT | {"camera.framing": 0.8, "camera.shift_y": 0.1, "camera.azimuth": 15.0}),
    "moustache": (MAN, SHORT | {"camera.framing": 0.9, "camera.shift_y": 0.14}),
    "garment": (WOMAN, TIED | {"camera.framing": 0.42, "camera.shift_y": 0.22}),
    "headwear": (WOMAN, {"hair.groom": "lob", "camera.framing": 0.58, "camera.azimuth": 20.0, "camera.shift_y": -0.04}),
    "glasses": (WOMAN, TIED | {"wear.frame": "black", "camera.framing": 0.95, "camera.azimuth": 12.0}),
    "mask": (WOMAN, TIED | {"camera.azimuth": 15.0}),
    "earrings": (WOMAN, TIED | {"camera.framing": 0.8, "camera.azimuth": 50.0}),
    "light": (
        WOMAN,
        TIED | {"camera.framing": 0.5, "light.panorama": "living_room_day", "light.panorama_rotation": 30.0},
    ),
    "studio": (WOMAN, TIED | {"camera.framing": 0.72}),
    "preset": (WOMAN, {"hair.groom": "lob", "camera.framing": 0.6}),
}  # fmt: skip

# What an option of these changes alone, so that the rest of the person stays.
ALONE = {"brows": "brows", "beard": "beard", "moustache": "beard", "garment": "wear", "glasses": "wear", "mask": "wear", "earrings": "wear",
         "light": "light", "studio": "light"}  # fmt: skip


def face_of(family: str, option: str):
    """The spec of the person that shows an option."""
    seed, more = SHOWN[family]
    if family == "preset":
        preset = presets.read(presets.SHIPPED / f"{option}.json")
        return presets.apply(
            preset, mannequin(registry.sample("faces", seed, PLAIN | more | {"identity.gender": 0.95}))
        )
    for name, rows in (("groom", GROOMS), ("garment", GARMENTS)):
        if family == name and rows[option].male > rows[option].female:
            seed = MAN
            more = more | (SHORT if name == "garment" else {})
    path = next(path for (_, path), name in FIELDS.items() if name == family)
    return mannequin(
        registry.sample(
            "faces", seed, PLAIN | more | {"identity.gender": 0.95 if seed == WOMAN else 0.05, path: option}
        )
    )


def mannequin(face):
    """The same person with the mean shape of its age and gender, and even skin: nothing that draws the eye from what is shown."""
    document = to_dict(face)
    for name in ("shape", "asymmetry"):
        document["identity"][name] = dict.fromkeys(document["identity"][name], 0.0)
    document["identity"] |= {"ancestry": {"african": 0.2, "asian": 0.2, "european": 0.6}, "weight": 0.45, "muscle": 0.5}
    document["skin"] |= {
        "melanin": 0.04,
        "redness": 0.3,
        "blemishes": 0.0,
        "moles": 0.1,
        "freckles": 0.0,
        "unevenness": 0.3,
    }
    document["eyes"] |= {"redness": 0.1, "yellowing": 0.0, "difference": 0.0}
    document["light"] |= {"exposure": EXPOSURE, "seed": LIGHT_SEED} if face.light.kind == "studio" else {}
    return from_dict(type(face), document)


def render(out: Path, samples: int) -> None:
    """Render the open scene into a JPEG."""
    import bpy

    from simulacra.datagen.rendering import passes

    scene = bpy.context.scene
    passes.configure(scene, (EDGE, EDGE), int(os.environ.get("OMP_NUM_THREADS", "0")))
    passes.picture_settings(scene, samples)
    # Small pictures spend their time on what comes before the first ray: keep what did not change, and map light coarsely.
    scene.cycles.debug_bvh_type, scene.cycles.denoising_prefilter = "DYNAMIC_BVH", "FAST"
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 256
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_mode, settings.quality = "JPEG", "RGB", QUALITY
    scene.render.filepath, scene.render.use_file_extension = str(out), False
    bpy.ops.render.render(write_still=True)


def empty() -> None:
    """Begin with an empty file."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


class Faces:
    """The person that stands in the scene: what an option changes alone is built again, for hair takes longest."""

    def __init__(self):
        self.shown, self.person = (), None

    def show(self, family: str, option: str, out: Path) -> None:
        """Render the person that shows an option."""
        import bpy

        spec = face_of(family, option)
        shown = (family, spec.identity)
        if family == "expression" and shown == self.shown:
            self.person.set_expression(spec.expression)
        elif family in ALONE and shown == self.shown:
            for obj in [obj for obj in self.person.objects if obj.get("part_of") == ALONE[family]]:
                self.person.objects.remove(obj)
                bpy.data.objects.remove(obj)
            self.person.spec = spec
            build_part(ALONE[family], self.person)
        else:
            empty()
            self.person, self.shown = registry.build("faces", spec, texture=TEXTURE), shown
            for obj in self.person.objects if family in ALONE else ():
                if (
                    obj.type == "CURVES"
                ):  # which follow a skin that does not move here, and would be traced anew each time
                    obj.modifiers.clear()
        bpy.context.scene.camera = self.person.cameras[0]
        render(out, SAMPLES)


class Materials:
    """A ball above a floor, in soft light from the left."""

    def __init__(self):
        self.ball = None

    def show(self, family: str, option: str, out: Path) -> None:
        """Render the ball in a material."""
        from simulacra.procgen.materials.build import build_material

        if self.ball is None:
            empty()
            self.ball = ball_on_floor()
        self.ball.data.materials.clear()
        self.ball.data.materials.append(build_material(option, registry.sample(option, 1)))
        render(out, SAMPLES)


def ball_on_floor():
    """Build the scene of materials; returns the ball."""
    import bpy
    from mathutils import Vector

    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=48, radius=0.15, location=(0, 0, 0.15))
    ball = bpy.context.object
    bpy.ops.object.shade_smooth()
    bpy.ops.mesh.primitive_plane_add(size=30)
    floor = bpy.data.materials.new("Floor")
    floor.use_nodes = True
    nodes, links = floor.node_tree.nodes, floor.node_tree.links
    checks = nodes.new("ShaderNodeTexChecker")
    checks.inputs["Scale"].default_value = 400.0
    checks.inputs["Color1"].default_value, checks.inputs["Color2"].default_value = (0.28,) * 3 + (1,), (0.2,) * 3 + (1,)
    links.new(checks.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    bpy.context.object.data.materials.append(floor)
    scene, world = bpy.context.scene, bpy.data.worlds.new("Sky")
    scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.5, 0.52, 0.55, 1.0)
    for place, power, size in (((-0.7, -0.7, 0.9), 14.0, 0.7), ((0.9, 0.3, 0.5), 5.0, 0.5)):
        lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "AREA"))
        lamp.data.energy, lamp.data.size, lamp.location = power, size, place
        lamp.rotation_euler = (Vector((0, 0, 0.15)) - lamp.location).to_track_quat("-Z", "Y").to_euler()
        scene.collection.objects.link(lamp)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens, camera.location = 85.0, (0.0, -0.98, 0.4)
    camera.rotation_euler = (Vector((0, 0, 0.145)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    return ball


def show_place(family: str, option: str, out: Path) -> None:
    """Render a place through the command line, which sets its exposure, and shrink it."""
    import bpy

    with tempfile.TemporaryDirectory(prefix="simulacra-thumbnail-") as folder:
        words = ["render", "places", f"{folder}/one", "--seed", "7", "--size", f"{2 * EDGE}x{2 * EDGE}", "--samples", "24",
                 "--labels", "depth", "--set", f"kind={option}", "--workers", "1", "--json"]  # fmt: skip
        answer = processes.run(processes.python_module("simulacra", *words), capture_output=True, text=True)
        picture = Path(folder, "one", "000000", "0000.rgb.png")
        if answer.returncode or not picture.exists():
            raise click.ClickException(f"{option}: {answer.stderr.strip()[-300:] or answer.stdout[-300:]}")
        empty()
        image = bpy.data.images.load(str(picture))
        image.scale(EDGE, EDGE)
        image.filepath_raw, image.file_format = str(out), "JPEG"
        image.save(filepath=str(out), quality=QUALITY)


def make(rows: list[tuple[str, str]], out: Path) -> None:
    """Render the pictures of options to OUT/FAMILY/OPTION.jpg, each there whole or not at all."""
    stages: dict[str, Callable] = {}
    for done, (family, option) in enumerate(rows, 1):
        if family not in stages:  # what a family leaves in the scene is its own
            stages = {family: {"material": Materials().show, "place": show_place}.get(family, Faces().show)}
        began, path = time.process_time(), out / family / f"{option}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}")
        stages[family](family, option, beside)
        beside.replace(path)
        row = {
            "done": done,
            "of": len(rows),
            "picture": f"{family}/{option}",
            "seconds": round(time.process_time() - began, 1),
        }
        print(json.dumps(row), flush=True)


def sheet(folder: Path, names: list[str], columns: int = 9) -> np.ndarray:
    """The pictures of a family side by side, (height, width, 3) uint8, for the eye."""
    from PIL import Image

    rows = -(-len(names) // columns)
    found = np.zeros((rows * EDGE, columns * EDGE, 3), np.uint8)
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        with Image.open(folder / f"{name}.jpg") as picture:
            found[row * EDGE : (row + 1) * EDGE, column * EDGE : (column + 1) * EDGE] = np.asarray(
                picture.convert("RGB")
            )
    return found


@click.command()
@click.argument("out", default=FOLDER, type=click.Path(file_okay=False, path_type=Path))
@click.option("--only", default="", help="comma-separated families, or FAMILY/OPTION")
@click.option("--again", is_flag=True, help="render what is there anew")
@click.option(
    "--sheets", default=None, type=click.Path(file_okay=False, path_type=Path), help="write a sheet a family here"
)
def main(out: Path, only: str, again: bool, sheets: Path | None) -> None:
    """Render the pictures of all options of all families into OUT/FAMILY/OPTION.jpg."""
    wanted = [word for word in only.split(",") if word]
    rows = [(family, option) for family in families() for option in options(family)]
    rows.sort(key=lambda row: (families().index(row[0]), row[0] in SHOWN and face_of(*row).identity.gender < 0.5))
    rows = [row for row in rows if not wanted or row[0] in wanted or "/".join(row) in wanted]
    if not rows:
        raise click.UsageError(f"{only}: allowed are {', '.join(families())}")
    make([row for row in rows if again or not (out / row[0] / f"{row[1]}.jpg").exists()], out)
    if sheets:
        from PIL import Image

        sheets.mkdir(parents=True, exist_ok=True)
        for family in dict.fromkeys(family for family, _ in rows):
            names = [option for name, option in rows if name == family]
            Image.fromarray(sheet(out / family, names)).save(sheets / f"{family}.png")


if __name__ == "__main__":
    sys.exit(main())
