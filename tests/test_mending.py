"""Meshes of generators as they come in: one skin, one side out, opaque, and with the file's UV, colours and normals."""

import json
import struct

import numpy as np
import pytest

pytestmark = pytest.mark.blender
# The corners of a cube's faces, anticlockwise from outside; glTF has each face's points apart from the others'.
CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
FACES = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


def cube(path, *, flipped=(), picture=None, colours=False, mode="BLEND", rotation=None):
    """Write a cube as a careless generator does: every face on its own."""
    points = np.concatenate([CORNERS[face] for face in FACES])
    normals = np.repeat(np.cross(points[1::4] - points[0::4], points[3::4] - points[0::4]), 4, 0)
    triangles = np.concatenate([4 * index + np.array([[0, 1, 2], [0, 2, 3]]) for index in range(6)])
    for face in flipped:
        triangles[2 * face : 2 * face + 2] = triangles[2 * face : 2 * face + 2, ::-1]
    arrays = {"POSITION": points, "NORMAL": normals, "TEXCOORD_0": np.tile(SQUARE, (6, 1))}
    if colours:
        arrays["COLOR_0"] = np.column_stack([points, np.full(24, 0.3, np.float32)])
    blobs = [np.ascontiguousarray(values, np.float32).tobytes() for values in arrays.values()]
    blobs.append(triangles.astype(np.uint16).tobytes())
    blobs += [picture] if picture else []
    views, start = [], 0
    for blob in blobs:
        views.append({"buffer": 0, "byteOffset": start, "byteLength": len(blob)})
        start += len(blob) + -len(blob) % 4
    accessors = [
        {"bufferView": i, "componentType": 5126, "count": 24, "type": f"VEC{values.shape[1]}"}
        | ({"min": [0, 0, 0], "max": [1, 1, 1]} if name == "POSITION" else {})
        for i, (name, values) in enumerate(arrays.items())
    ]
    accessors.append({"bufferView": len(arrays), "componentType": 5123, "count": 36, "type": "SCALAR"})
    primitive = {"attributes": {name: i for i, name in enumerate(arrays)}, "indices": len(arrays), "material": 0}
    node = {"mesh": 0, "name": "Cube"} | ({"rotation": rotation} if rotation else {})
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [node],
        "meshes": [{"primitives": [primitive]}], "materials": [{"name": "Skin", "alphaMode": mode}],
        "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": start}],
    }  # fmt: skip
    if picture:
        document["materials"][0]["pbrMetallicRoughness"] = {"baseColorTexture": {"index": 0}}
        document |= {"textures": [{"source": 0}], "images": [{"bufferView": len(views) - 1, "mimeType": "image/png"}]}
    binary = b"".join(blob + b"\0" * (-len(blob) % 4) for blob in blobs)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    path.write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body)


def png(alpha: np.ndarray) -> bytes:
    """A red picture with this alpha (h, w), 0…1, first row on top."""
    from simulacra.datagen.formats.png import encode_png

    pixels = np.zeros((*alpha.shape, 4), np.uint8)
    pixels[..., 0], pixels[..., 3] = 200, np.round(alpha * 255)
    return encode_png(pixels)


@pytest.fixture
def brought(scene, sidebar, tmp_path):
    """A function that writes a cube, imports it, and gives its object."""
    import bpy

    def bring(**options):
        cube(tmp_path / "cube.glb", **options)
        assert bpy.ops.simulacra.import_mesh(filepath=str(tmp_path / "cube.glb")) == {"FINISHED"}
        return next(obj for obj in bpy.data.objects if obj.type == "MESH")

    return bring


def alpha_of(obj):
    """Whether the alpha of the material is linked, and its value."""
    shader = next(
        node for node in obj.data.materials[0].node_tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled"
    )
    return shader.inputs["Alpha"].is_linked, shader.inputs["Alpha"].default_value


def test_points_are_welded_and_uv_and_normals_kept(brought):
    mesh = brought().data
    assert len(mesh.vertices) == 8 and len(mesh.polygons) == 12
    uv = np.zeros(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", uv)
    assert set(map(tuple, uv.reshape(-1, 2).tolist())) == set(map(tuple, SQUARE.tolist()))
    for polygon in mesh.polygons:  # flat as in the file, though the points are shared
        for corner in polygon.loop_indices:
            assert np.dot(mesh.corner_normals[corner].vector, polygon.normal) == pytest.approx(1, abs=1e-3)


def test_all_faces_look_outward(brought):
    mesh = brought(flipped=(1, 4)).data
    for polygon in mesh.polygons:
        outward = np.array(polygon.center) - np.mean([vertex.co for vertex in mesh.vertices], 0)
        assert np.dot(outward, polygon.normal) > 0


def test_stray_alpha_goes_and_meant_alpha_stays(brought):
    stray = np.ones((16, 16))
    stray[0, 0] = 0.0
    assert alpha_of(brought(picture=png(stray))) == (False, 1.0)


def test_alpha_that_is_meant_stays(brought):
    meant = np.ones((16, 16))
    meant[:, :8] = 0.0
    assert alpha_of(brought(picture=png(meant)))[0]


def test_vertex_colours_are_kept_and_shown(brought):
    obj = brought(colours=True, mode="OPAQUE")
    colours = obj.data.color_attributes[0]
    assert len(colours.data) in (8, 36)
    tree = obj.data.materials[0].node_tree
    assert any(link.to_socket.name == "Base Color" and link.from_node.bl_idname == "ShaderNodeVertexColor"
               for link in tree.links)  # fmt: skip
    assert alpha_of(obj) == (False, 1.0)


def test_vertex_colours_without_a_material_are_shown(scene, sidebar, tmp_path):
    import bpy

    lines = [f"{x} {y} {z} 255 0 0" for x, y, z in CORNERS]
    head = ("ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\nproperty float y\nproperty float z\n"
            "property uchar red\nproperty uchar green\nproperty uchar blue\nelement face 6\n"
            "property list uchar int vertex_indices\nend_header\n")  # fmt: skip
    faces = [" ".join(map(str, (4, *face))) for face in FACES]
    (tmp_path / "cube.ply").write_text(head + "\n".join([*lines, *faces]) + "\n")
    assert bpy.ops.simulacra.import_mesh(filepath=str(tmp_path / "cube.ply")) == {"FINISHED"}
    obj = next(obj for obj in bpy.data.objects if obj.type == "MESH")
    assert len(obj.data.vertices) == 8 and len(obj.data.materials) == 1


def test_the_turn_of_a_node_goes_into_its_points(brought):
    obj = brought(rotation=[0.7071068, 0, 0, 0.7071068])
    assert obj.rotation_mode == "XYZ" and tuple(obj.rotation_euler) == (0, 0, 0) and tuple(obj.scale) == (1, 1, 1)
    assert len(obj.data.vertices) == 8
