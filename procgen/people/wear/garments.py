"""Upper garments: cut from the posed body in one or two layers, with what is sewn on them."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...params import child
from ..parts import PART
from ..surface import vertex_normals
from . import collars
from .tailor import Piece, between, chains, clip, ellipsoid, folds, keep_outside, loop_around, resampled, smooth, tube

NECK_AXIS = np.array([0.0, 0.085])


@dataclasses.dataclass(frozen=True)
class Cut:
    """How a garment is cut: neckline in the template, room over the skin, what is sewn on and worn below; metres."""

    says: str
    front: float = -0.170  # height of the neckline in front
    back: float = -0.122
    vee: float = 0.0  # depth of a V
    scoop: float = 0.0  # depth of a round neckline
    wide: float = 0.062  # half width of a round neckline
    open: float = 0.0  # half width of an open front at the neck
    button: float = -0.60  # height where an open front closes
    room: float = 0.006
    rounds: int = 14
    folds: float = 0.006
    collar: str = "rib"  # rib, hem, shirt, turtle, hood, lapel, leaf, stand, scarf, band
    under: str = ""  # the garment below
    placket: float = 0.0  # half width of a button band
    tie: bool = False
    zipped: bool = False
    sleeveless: bool = False
    fabrics: tuple[str, ...] = ("cotton", "jersey")
    male: float = 1.0
    female: float = 1.0


GARMENTS = {
    "crew_tee": Cut("a T-shirt", male=1.8, female=1.1),
    "v_neck": Cut("a V-neck shirt", vee=0.060, male=0.8, female=1.0),
    "polo": Cut("a polo shirt", front=-0.156, vee=0.045, collar="shirt", placket=0.014, fabrics=("jersey",), male=1.0, female=0.3),
    "shirt": Cut("a shirt", front=-0.150, vee=0.050, collar="shirt", placket=0.016, room=0.007, folds=0.008,
                 fabrics=("cotton", "linen", "denim"), male=1.3, female=0.8),
    "buttoned_shirt": Cut("a buttoned shirt", front=-0.146, collar="shirt", placket=0.016, room=0.007, folds=0.008,
                          fabrics=("cotton", "linen", "denim"), male=0.5, female=0.25),
    "hoodie": Cut("a hoodie", front=-0.162, room=0.013, rounds=26, folds=0.010, collar="hood", fabrics=("jersey",), male=1.0, female=0.7),
    "turtleneck": Cut("a turtleneck", front=-0.152, back=-0.117, room=0.007, collar="turtle", fabrics=("wool", "jersey"), male=0.4, female=0.6),
    "sweater": Cut("a knitted sweater", front=-0.168, room=0.011, rounds=20, folds=0.007, fabrics=("knit", "wool"), male=0.9, female=1.0),
    "cardigan": Cut("a cardigan", front=-0.150, open=0.066, button=-0.34, room=0.013, rounds=22, folds=0.006, collar="band", under="crew_tee",
                    fabrics=("knit", "wool"), male=0.3, female=0.7),
    "blazer": Cut("a blazer", front=-0.146, open=0.070, button=-0.37, room=0.015, rounds=24, folds=0.004, collar="lapel", under="shirt",
                  fabrics=("wool", "linen"), male=0.6, female=0.6),
    "suit": Cut("a suit and tie", front=-0.146, open=0.068, button=-0.36, room=0.015, rounds=24, folds=0.004, collar="lapel", under="buttoned_shirt",
                tie=True, fabrics=("wool",), male=0.6, female=0.05),
    "tank_top": Cut("a tank top", scoop=0.055, wide=0.075, room=0.004, folds=0.003, sleeveless=True, collar="hem", fabrics=("jersey",), male=0.2, female=0.5),
    "scoop_neck": Cut("a scoop-neck top", scoop=0.060, wide=0.080, room=0.004, folds=0.004, collar="hem", fabrics=("jersey", "silk"), male=0.02, female=1.2),
    "blouse": Cut("a blouse", front=-0.160, vee=0.085, room=0.008, folds=0.012, collar="hem", fabrics=("silk", "linen"), male=0.0, female=0.7),
    "jacket": Cut("a zipped jacket", front=-0.150, open=0.040, button=-0.55, room=0.016, rounds=26, folds=0.008, collar="stand", under="crew_tee",
                  zipped=True, fabrics=("leather", "nylon"), male=0.7, female=0.5),
    "denim_jacket": Cut("a denim jacket", front=-0.150, open=0.052, button=-0.55, room=0.015, rounds=22, folds=0.008, collar="leaf", under="crew_tee",
                        placket=0.024, fabrics=("denim",), male=0.5, female=0.5),
    "coat": Cut("a coat", front=-0.146, open=0.074, button=-0.34, room=0.020, rounds=30, folds=0.005, collar="lapel", under="turtleneck",
                fabrics=("wool",), male=0.35, female=0.45),
    "scarf": Cut("a scarf", front=-0.165, room=0.012, rounds=22, folds=0.008, collar="scarf", fabrics=("wool", "knit"), male=0.3, female=0.5),
}  # fmt: skip


def neckline(cut: Cut, template: np.ndarray) -> np.ndarray:
    """Signed height (n,) below the neckline in the template: positive is covered."""
    x, y, z = template.T
    t = np.clip((y - 0.02) / (0.150 - 0.02), 0, 1)
    line = cut.front + (cut.back - cut.front) * t
    front = np.clip(1 - (y - 0.0) / 0.09, 0, 1)
    if cut.vee:
        line = line - cut.vee * np.clip(1 - np.abs(x) / (0.030 + 0.35 * cut.vee), 0, 1) * front
    if cut.scoop:
        line = line - cut.scoop * np.exp(-((x / cut.wide) ** 4)) * np.clip(1.4 * front, 0, 1)
    return line - z


def opening(cut: Cut, template: np.ndarray) -> np.ndarray:
    """Horizontal distance (n,) from the edge of an open front, positive on the cloth; metres, far behind it large."""
    x, y, z = template.T
    down = np.clip((z - cut.button) / (cut.front + 0.01 - cut.button), 0, 1.2)
    edge = np.abs(x) - cut.open * down**0.85
    return np.where(y < 0.085, edge, edge + 2 * (y - 0.085) + 0.01)


def field_of(cut: Cut, template: np.ndarray) -> np.ndarray:
    """Positive (n,) where a cut covers the body."""
    field = neckline(cut, template)
    if cut.open:
        field = np.minimum(field, opening(cut, template))
    if cut.sleeveless:
        x, _, z = template.T
        # Straps over the shoulders, widening to under the arms.
        field = np.minimum(
            field, np.interp(-z, [0.0, 0.19, 0.25, 0.31, 0.40], [0.112, 0.112, 0.112, 0.128, 0.150]) - np.abs(x)
        )
    return field


class Layer:
    """A finished layer of cloth: positions, template (n, 3), triangles (m, 3), and a BVH of it made once."""

    def __init__(self, cut: Cut, surface, seed: int, below: Layer | None):
        piece = Piece(surface, field_of(cut, surface.template), cut.room, cut.rounds)
        self.cut, self.triangles, self.template, self.uv = cut, piece.triangles, piece.template, piece.uv
        flowing = folds(piece.positions, piece.triangles, cut.folds, 15.0, seed % 10007)
        edge = np.clip(field_of(cut, piece.template) / 0.035, 0, 1)[:, None]
        positions = piece.positions * (1 - edge) + flowing * edge
        positions = keep_outside(positions, surface.bvh(), min(cut.room, 0.004))
        if below is not None:
            positions = keep_outside(positions, below.tree, 0.0045)
            positions = smooth(positions, piece.triangles, 3)
            positions = keep_outside(positions, below.tree, 0.0030)
        self.positions = positions

    @property
    def tree(self):
        """A BVH of the cloth."""
        if not hasattr(self, "_tree"):
            from mathutils.bvhtree import BVHTree

            self._tree = BVHTree.FromPolygons(self.positions.tolist(), self.triangles.tolist())
        return self._tree

    def patch(self, field: np.ndarray, lift: np.ndarray | float):
        """A piece (vertices, triangles, uv) laid on the layer where a field (n,) is positive, lifted by metres (n,)."""
        pairs, shares, triangles = clip(self.positions, self.triangles, field)
        normals = vertex_normals(self.positions, self.triangles)
        raised = self.positions + normals * np.broadcast_to(lift, len(field))[:, None]
        return between(raised, pairs, shares), triangles, between(self.uv, pairs, shares)

    def at(self, x: float, z: float):
        """The place and normal on the front of the layer at a template x and z."""
        template = self.template
        index = (
            (template[:, 0] - x) ** 2 + (template[:, 2] - z) ** 2 + 9 * np.clip(template[:, 1] - 0.09, 0, 1)
        ).argmin()
        normal = self.tree.find_nearest(self.positions[index].tolist())[1]
        return self.positions[index], np.array(normal)

    def edge(self, closed_only: bool = False) -> tuple[np.ndarray, bool]:
        """The neck edge (k,) in order, and whether it closes; an open front's edge runs from hem to hem."""
        best, score = np.zeros(0, int), -1
        for loop in chains(self.triangles):
            near = field_of(self.cut, self.template[loop]) < 0.002
            near &= (self.template[loop, 2] > -0.395) & (np.abs(self.template[loop, 0]) < 0.12)
            if near.sum() > score:
                score, best, keep = near.sum(), loop, near
        if keep.mean() > 0.98:
            return best, True
        start = int(np.argmin(keep))
        best, keep = np.roll(best, -start), np.roll(keep, -start)
        return best[keep], False


def build_garment(kind: str, person, material_of, seed: int) -> list:
    """Build a garment in the world from the posed skin (needs bpy).

    ``material_of(role)`` gives the material of main, rib, inner, inner_rib, tie, button and metal.
    """
    cut = GARMENTS[kind]
    objects, below = [], None
    if cut.under:
        under = GARMENTS[cut.under]
        if cut.tie:
            under = dataclasses.replace(under, vee=0.0)
        below, objects = _dressed(under, person, material_of, seed + 1, None, "inner", cut.tie)
    _, outer = _dressed(cut, person, material_of, seed, below, "main", False)
    return objects + outer


def _dressed(cut: Cut, person, material_of, seed: int, below: Layer | None, role: str, tie: bool):
    """A layer and its objects."""
    surface = person.surface
    layer = Layer(cut, surface, seed, below)
    rng = child(seed, "garment")
    main, rib = material_of(role), material_of("rib" if role == "main" else "inner_rib")
    positions, triangles, uv = _extended(layer)
    objects = [_add(person, "Garment", positions, triangles, uv, main, 0.0018, 0)]

    def sew(name, vertices, faces, uv=None, material=main, thick=0.0, soft=1):
        objects.append(_add(person, name, vertices, faces, uv, material, thick, soft))

    ring = _neck_ring(cut, surface)
    edge, closed = layer.edge()
    path = resampled(layer.positions[edge], 0.004, closed, 3) if len(edge) > 20 else None
    if path is not None and cut.collar in ("rib", "hem", "band"):
        into, out, thickness = {
            "rib": (0.003, 0.014, 0.0024),
            "hem": (0.0015, 0.004, 0.0020),
            "band": (0.004, 0.022, 0.0032),
        }[cut.collar]
        sew(
            "Rib",
            *collars.binding(path, layer.tree, closed, into, out, thickness),
            material=main if cut.collar == "hem" else rib,
        )
    if cut.collar == "shirt":
        buttoned = not cut.vee
        sew(
            "Collar",
            *collars.leaf(
                ring, layer.tree, surface.bvh(), 0.04 if buttoned else 0.30, spread=rng.uniform(0.018, 0.040)
            ),
            thick=0.0016,
        )
    elif cut.collar == "leaf":
        sew(
            "Collar",
            *collars.leaf(ring, layer.tree, surface.bvh(), 0.62, fall=0.060, stand=0.020, spread=0.030),
            thick=0.0024,
        )
    elif cut.collar == "lapel":
        sew(
            "Collar",
            *collars.leaf(ring, layer.tree, surface.bvh(), 0.86, fall=0.062, stand=0.024, spread=0.004),
            thick=0.0024,
        )
        template = layer.template
        away, z = opening(cut, template), template[:, 2]
        width = np.interp(-z, [0.14, 0.185, 0.22, -cut.button], [0.050, 0.078, 0.070, 0.004])
        notch = -0.146 - 0.42 * (np.abs(template[:, 0]) - 0.050) - z
        shape = np.minimum.reduce([width - away, notch, away - 0.0002, 0.075 - template[:, 1]])
        sew("Lapel", *layer.patch(shape, 0.0032 + 0.0030 * np.exp(-np.clip(away, 0, 1) / 0.012)), thick=0.0018, soft=0)
    elif cut.collar == "stand":
        sew(
            "Stand",
            *collars.stand(ring, surface.bvh(), 0.42, 0.045),
            material=main if cut.zipped else rib,
            thick=0.0026,
        )
    elif cut.collar == "turtle":
        sew("Rib", *collars.turtle(ring, surface.bvh()), material=rib)
    elif cut.collar == "hood":
        for mesh in collars.hood(ring, surface.bvh(), layer.tree, rng):
            sew("Hood", *mesh)
        for side in (1.0, -1.0):
            sew("Drawstring", *collars.drawstring(layer, side, rng), material=rib)
    elif cut.collar == "scarf":
        for mesh in collars.scarf(ring, surface.bvh(), rng):
            sew("Scarf", *mesh)
    if cut.placket:
        _, y, z = layer.template.T
        # A band has its width in the world, however broad the chest makes the template there.
        lap = opening(cut, layer.template) if cut.open else np.abs(layer.positions[:, 0])
        lowest = -0.27 if cut.says == "a polo shirt" else -0.5
        band = np.minimum.reduce([cut.placket - lap, 0.08 - y, z - lowest, lap + 1.0])
        sew("Placket", *layer.patch(band, 0.0010), thick=0.0010, soft=0)
        first = (cut.front - cut.vee - 0.010) if not cut.open else -0.19
        for step in range(3):
            height = first - 0.075 * step
            if height < lowest:
                break
            place, normal = layer.at(0.0 if not cut.open else cut.open + 0.012, height)
            turn = np.linalg.qr(np.stack([normal, [0, 0, 1.0], [1.0, 0, 0]], 1))[0]
            big = 0.0052 if not cut.open else 0.0075
            button = ellipsoid(place + normal * 0.0030, (0.0011, big, big), turn)
            sew("Button", *button, material=material_of("button" if not cut.open else "metal"))
    if cut.zipped and path is not None:
        for side in (1.0, -1.0):
            line = path[(path[:, 0] * side > 0) & (path[:, 2] < path[:, 2].min() * 0.45 + path[:, 2].max() * 0.55)]
            if len(line) > 6:
                sew("Zip", *tube(line[np.argsort(line[:, 2])], 0.0022, 8), material=material_of("metal"))
    if tie:
        for mesh in collars.tie(layer, ring):
            sew("Tie", *mesh, material=material_of("tie"), soft=0)
    return layer, objects


def _neck_ring(cut: Cut, surface) -> np.ndarray:
    """The closed loop (k, 3) around the neck where a collar stands, over the skin; it starts at the back."""
    round_cut = dataclasses.replace(cut, vee=0.0, scoop=0.0)
    near = (np.abs(neckline(round_cut, surface.template)) < 0.0025) & (np.abs(surface.template[:, 0]) < 0.13)
    points = surface.positions[near] + surface.normals[near] * cut.room
    return loop_around(points, NECK_AXIS, rounds=10)


def _extended(layer: Layer):
    """The layer with its sleeves carried past where the body ends, so that no view looks into them."""
    positions, template, uv, triangles = layer.positions, layer.template, layer.uv, layer.triangles
    for loop in chains(triangles):
        side = template[loop, 0].mean()
        sleeve = np.abs(side) > 0.19
        hem = not sleeve and template[loop, 2].mean() < -0.385
        if not (sleeve or hem):
            continue
        near = (template[:, 0] * np.sign(side) > 0.17) if sleeve else (template[:, 2] < -0.33)
        axis = positions[loop].mean(0) - positions[near & ~np.isin(np.arange(len(positions)), loop)].mean(0)
        axis = (axis / np.linalg.norm(axis) + [0, 0, -0.4]) if sleeve else np.array([0.0, 0.0, -1.0])
        axis /= np.linalg.norm(axis)
        previous = loop
        for step in range(1, 5):
            start = len(positions)
            positions = np.concatenate([positions, positions[loop] + axis * 0.03 * step])
            template = np.concatenate([template, template[loop]])
            uv = np.concatenate([uv, uv[loop] - [0, 0.03 * step]])
            ring = np.arange(start, start + len(loop))
            a, b = np.roll(previous, -1), np.roll(ring, -1)
            strip = np.concatenate([np.stack([previous, a, ring], 1), np.stack([a, b, ring], 1)])
            # Turn the strip's faces outward.
            first = strip[0]
            normal = np.cross(positions[first[1]] - positions[first[0]], positions[first[2]] - positions[first[0]])
            if normal @ (positions[first[0]] - positions[loop].mean(0)) < 0:
                strip = strip[:, ::-1]
            triangles = np.concatenate([triangles, strip])
            previous = ring
    return positions, triangles, uv


def _add(person, name: str, vertices: np.ndarray, faces, uv, material, thick: float, soft: int):
    from ...blender import mesh_object

    if uv is None:
        uv = np.column_stack([np.arctan2(vertices[:, 0], -(vertices[:, 1] - 0.085)) * 0.08, vertices[:, 2]])
    cloth = np.column_stack([uv[:, :2], np.zeros(len(vertices))])
    obj = mesh_object(
        name, vertices, faces, part=PART["clothing"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", cloth)}
    )
    obj.data.materials.append(material)
    if thick:
        shell = obj.modifiers.new("Thickness", "SOLIDIFY")
        shell.thickness, shell.offset = thick, 1.0
    if soft:
        smoother = obj.modifiers.new("Subdivision", "SUBSURF")
        smoother.levels = smoother.render_levels = soft
    return person.link(obj, "garment")
