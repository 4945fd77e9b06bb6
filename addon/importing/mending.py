"""Mends meshes of generators as they come in: welded, facing one way, opaque where they should be, coloured as they say.

UV, vertex colours and the normals of the file stay. What has shape keys or an armature was made by hand, and is left alone.
"""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
from mathutils import Matrix

NEAR = 1e-6  # of a mesh's size: points that are nearer were one before the file split them at seams
KEPT = "file_normal"  # attribute that carries the normals while faces turn
SOLID = 0.98  # share of a surface that must be covered for its picture's alpha to be stray
PROBES = ((1 / 3, 1 / 3), (0.6, 0.2), (0.2, 0.6), (0.2, 0.2))  # places in a triangle, of two of its corners
MOST = 200_000  # triangles whose alpha is looked at


def mend(objects: list[bpy.types.Object]) -> None:
    """Mend the meshes of objects that have just come in."""
    meshes = {obj.data for obj in objects if obj.type == "MESH" and obj.data.shape_keys is None
              and not any(modifier.type == "ARMATURE" for modifier in obj.modifiers)}  # fmt: skip
    for mesh in meshes:
        _weld(mesh)
        _colour(mesh)
    for obj in objects:
        if obj.type == "MESH":
            _make_solid(obj.data)
        if obj.type == "MESH" and obj.parent is None and not obj.children and obj.data.users == 1:
            obj.rotation_mode = "XYZ"
            _, turn, scale = obj.matrix_basis.decompose()
            obj.data.transform(turn.to_matrix().to_4x4() @ Matrix.Diagonal((*scale, 1.0)))
            obj.rotation_euler, obj.scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


def _weld(mesh: bpy.types.Mesh) -> None:
    """Join points at the same place, and turn faces that look inward; each corner keeps the normal of the file."""
    has_normals = mesh.has_custom_normals
    if has_normals:
        normals = np.zeros(len(mesh.loops) * 3, np.float32)
        mesh.corner_normals.foreach_get("vector", normals)
        mesh.attributes.new(KEPT, "FLOAT_VECTOR", "CORNER").data.foreach_set("vector", normals)
    work = bmesh.new()
    work.from_mesh(mesh)
    size = max((vertex.co.length for vertex in work.verts), default=1.0)
    bmesh.ops.remove_doubles(work, verts=work.verts, dist=NEAR * size)
    if _disagree(work):
        bmesh.ops.recalc_face_normals(work, faces=work.faces)
    work.to_mesh(mesh)
    work.free()
    if has_normals:
        kept = mesh.attributes[KEPT]
        normals = np.zeros(len(mesh.loops) * 3, np.float32)
        kept.data.foreach_get("vector", normals)
        mesh.attributes.remove(kept)
        mesh.normals_split_custom_set(normals.reshape(-1, 3))
    mesh.update()


def _disagree(work: bmesh.types.BMesh) -> bool:
    """Whether two faces that share an edge run along it in the same direction: one of them looks the other way."""
    for edge in work.edges:
        loops = edge.link_loops
        if len(loops) == 2 and loops[0].vert == loops[1].vert:
            return True
    return False


def _colour(mesh: bpy.types.Mesh) -> None:
    """Show vertex colours where no material says otherwise."""
    if any(mesh.materials) or not len(mesh.color_attributes):
        return
    attribute = mesh.color_attributes.active_color or mesh.color_attributes[0]
    material = bpy.data.materials.new(mesh.name)
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    source = tree.nodes.new("ShaderNodeVertexColor")
    source.layer_name = attribute.name
    shader = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    tree.links.new(source.outputs["Color"], shader.inputs["Base Color"])
    mesh.materials.clear()
    mesh.materials.append(material)


def _make_solid(mesh: bpy.types.Mesh) -> None:
    """Take away the alpha of a picture that covers nearly all of the surface: it is stray, and makes holes."""
    for slot, material in enumerate(mesh.materials):
        if material is None or material.node_tree is None:
            continue
        for node in material.node_tree.nodes:
            if node.bl_idname != "ShaderNodeBsdfPrincipled" or not node.inputs["Alpha"].is_linked:
                continue
            image = _image_behind(node.inputs["Alpha"])
            if image is not None and _covered(mesh, slot, image) >= SOLID:
                for link in list(node.inputs["Alpha"].links):
                    material.node_tree.links.remove(link)
                node.inputs["Alpha"].default_value = 1.0
                material.surface_render_method = "DITHERED"


def _image_behind(socket) -> bpy.types.Image | None:
    """The picture whose alpha reaches a socket, maybe through a few nodes."""
    queue, seen = [link for link in socket.links], set()
    while queue:
        link = queue.pop()
        node = link.from_node
        if node.bl_idname == "ShaderNodeTexImage":
            return node.image
        if node.name not in seen:
            seen.add(node.name)
            queue += [other for entry in node.inputs for other in entry.links]
    return None


def _covered(mesh: bpy.types.Mesh, slot: int, image: bpy.types.Image) -> float:
    """The share of places on the faces of a slot where a picture covers at least half; 0 where that cannot be said."""
    if not mesh.uv_layers or image.channels != 4 or not min(image.size):
        return 0.0
    mesh.calc_loop_triangles()
    corners = np.zeros(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("loops", corners)
    slots = np.zeros(len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("material_index", slots)
    corners = corners.reshape(-1, 3)[slots == slot]
    corners = corners[:: max(len(corners) // MOST, 1)]
    if not len(corners):
        return 0.0
    layer = mesh.uv_layers.active or mesh.uv_layers[0]
    uv = np.zeros(len(mesh.loops) * 2, np.float32)
    layer.uv.foreach_get("vector", uv)
    a, b, c = uv.reshape(-1, 2)[corners].transpose(1, 0, 2)
    places = np.concatenate([a + u * (b - a) + v * (c - a) for u, v in PROBES]) % 1.0
    width, height = image.size
    pixels = np.zeros(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    alpha = pixels.reshape(height, width, 4)[..., 3]
    column = np.minimum((places[:, 0] * width).astype(int), width - 1)
    row = np.minimum((places[:, 1] * height).astype(int), height - 1)
    return float((alpha[row, column] >= 0.5).mean())
