"""Writes the open scene with Blender's own exporters: glTF, FBX, USD (needs bpy)."""

from __future__ import annotations

from pathlib import Path

import bpy

import addon_utils  # isort: skip

from ...procgen.people.expression import ACTIONS
from ..errors import BadInput, Unfinished
from ..rendering.scene_file import quiet
from .glb import tidy
from .usd import name_blend_shapes

KINDS = {".glb": "glb", ".fbx": "fbx", ".usdc": "usd"}


def kind_of(path: Path) -> str:
    """The kind of a file by its name; raises BadInput for others."""
    if path.suffix.lower() not in KINDS:
        raise BadInput(f"{path}: is none of what is written; allowed are {', '.join(KINDS)}")
    return KINDS[path.suffix.lower()]


def write(path: Path, kind: str) -> None:
    """Write all objects of the scene to a file."""
    try:
        with quiet():
            {"glb": _gltf, "fbx": _fbx, "usd": _usd}[kind](path)
    except RuntimeError as error:
        raise Unfinished(f"{path}: Blender's exporter failed: {str(error).strip().splitlines()[-1]}") from None
    if not path.is_file():
        raise Unfinished(f"{path}: Blender's exporter wrote nothing")


def _gltf(path: Path) -> None:
    addon_utils.enable("io_scene_gltf2")
    bpy.ops.export_scene.gltf(
        filepath=str(path), export_format="GLB", use_active_scene=True, export_yup=True, export_animations=False,
        export_skins=True, export_def_bones=True, export_morph=True, export_morph_normal=False, export_tangents=True,
        export_try_sparse_sk=True, export_image_format="AUTO", export_rest_position_armature=True,
        export_cameras=False, export_lights=False, export_extras=False, export_apply=False,
    )  # fmt: skip
    if path.is_file():
        tidy(path)


def _fbx(path: Path) -> None:
    addon_utils.enable("io_scene_fbx")
    bpy.ops.export_scene.fbx(
        filepath=str(path), use_selection=False, object_types={"ARMATURE", "MESH"}, use_mesh_modifiers=False,
        add_leaf_bones=False, bake_anim=False, path_mode="COPY", embed_textures=True, axis_forward="-Z", axis_up="Y",
        apply_scale_options="FBX_SCALE_ALL", mesh_smooth_type="FACE", use_tspace=False,
    )  # fmt: skip


def _usd(path: Path) -> None:
    bpy.ops.wm.usd_export(
        filepath=str(path), export_animation=False, export_hair=False, export_armatures=True, export_shapekeys=True,
        only_deform_bones=True, export_materials=True, generate_preview_surface=True, export_textures_mode="NEW",
        overwrite_textures=True, relative_paths=True, convert_orientation=True, export_global_forward_selection="Z",
        export_global_up_selection="Y", export_cameras=False, export_lights=False, convert_world_material=False,
        allow_unicode=True, root_prim_path="/root",
    )  # fmt: skip
    if path.is_file():
        name_blend_shapes(path, ACTIONS)
