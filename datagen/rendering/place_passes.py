"""The passes of a place: pictures of land and water, and the label pass that tells things and their motion apart (needs bpy)."""

from __future__ import annotations

import numpy as np

from ...procgen.blender import new_material
from ...procgen.nodes.shader import Nodes
from ...procgen.places.site import FACE_ID, INSTANCE_ID, OBJECT_ID
from ..labels import NOTHING
from . import passes

MIDDLE, FOLLOW = 0.27, 0.8  # linear level of the middle tones, and how far the exposure follows to it
WHITE = 6.0  # linear level that AgX shows as near white
IDENTITY, MOVES = "identity", ("next", "previous")  # AOVs


def picture_settings(scene, samples: int, shading: bool, device: str, quick: bool = False) -> None:
    """The settings of a place's picture: fewer bounces than a face needs, and a little less patience with noise.

    ``quick`` has light bounce once, and guides the denoiser by what it finds: half of the time of a small picture.
    """
    passes.picture_settings(scene, samples, shading, device)
    cycles = scene.cycles
    cycles.adaptive_threshold = 0.03
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 5, 2, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces, cycles.volume_bounces = 4, 16, 1
    cycles.use_fast_gi = False
    if quick:
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 2, 1, 1
        cycles.denoising_prefilter = "FAST"


def meter(picture: np.ndarray) -> float:
    """The exposure in EV for a linear picture (h, w, 3): its middle tones come to where a photographer puts them.

    As a camera's matrix meter does, part of what the scene is dark or light by is kept, and highlights are held.
    """
    luminance = np.maximum(picture @ [0.2126, 0.7152, 0.0722], 1e-6)
    level = float(np.exp(np.log(luminance).mean()))
    bright = float(np.quantile(luminance, 0.97))
    wanted = np.log2(MIDDLE / level) * FOLLOW
    highest = np.log2(WHITE / bright)  # more would burn out the brightest parts
    return float(np.clip(min(wanted, max(highest, 0.5 * wanted)), -4.0, 7.0))


def label_material():
    """A black material that writes a thing's number, and its vertices' way to the frames before and after in the world."""
    material, tree = new_material("Label")
    g = Nodes(tree)
    number = g.total(
        g.attribute(f'["{OBJECT_ID}"]', "Fac", "OBJECT"), g.attribute(INSTANCE_ID, "Fac", "INSTANCER"),
        g.attribute(FACE_ID, "Fac"),
    )  # fmt: skip
    g.add("ShaderNodeOutputAOV", {"Value": number}, aov_name=IDENTITY)
    for name in MOVES:
        turned = g.add("ShaderNodeVectorTransform", {"Vector": g.attribute(name)}, vector_type="VECTOR",
                       convert_from="OBJECT", convert_to="WORLD")  # fmt: skip
        g.add("ShaderNodeOutputAOV", {"Color": turned.out()}, aov_name=name)
    g.surface(g.add("ShaderNodeBsdfDiffuse", {"Color": (0, 0, 0)}).out())
    return material


def add_outputs(layer) -> None:
    """Give the view layer the AOVs that the label material writes; they stay, so that no material is compiled anew."""
    for name in (IDENTITY, *MOVES):
        if name not in layer.aovs:
            layer.aovs.add().name = name
            layer.aovs[name].type = "VALUE" if name == IDENTITY else "COLOR"


def render_labels(scene, override, clock: passes.CyclesClock) -> dict[str, np.ndarray]:
    """Render one sample at every pixel's centre: depth, normal and position (h, w[, 3]) float32, number (h, w) int64, and the
    motion (h, w, 3) to the next and the previous frame, metres in the world."""
    if scene.render.use_motion_blur or scene.camera.data.dof.use_dof:
        raise RuntimeError("labels: motion blur or depth of field is on; the points would be blurred")
    layer = scene.view_layers[0]
    passes.label_settings(scene, 1, passes.LABEL_FILTER)
    layer.material_override = override
    passes.choose_passes(layer, z=True, normal=True, position=True)
    channels = passes.render_channels(scene, clock)
    raw = {name: passes.pick(channels, name) for name in ("depth", "normal", "position")}
    number = passes.aov(channels, IDENTITY)
    whole = np.rint(number)
    if np.abs(number - whole).max() > 1e-3:
        raise RuntimeError("instance: the pass holds mixed numbers")
    raw["identity"] = np.where(raw["depth"] < NOTHING, whole, 0).astype(np.int64)
    for name in MOVES:
        raw[name] = np.stack([channels[f"{name}.{axis}"] for axis in "RGB"], -1)
    return raw
