"""Upper garments: cut from the posed body, with necklines, collars, hoods and lapels."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..parts import PART
from .tailor import Piece, folds, loop_around, sweep

NECK_AXIS = np.array([0.0, 0.085])


@dataclasses.dataclass(frozen=True)
class Cut:
    """How a garment is cut: neckline in the template, room over the skin, and what is sewn on; metres."""

    says: str
    front: float = -0.170  # height of the neckline in front
    back: float = -0.122
    vee: float = 0.0  # depth of a V
    scoop: float = 0.0  # depth of a round neckline
    room: float = 0.006
    rounds: int = 14
    folds: float = 0.006
    collar: str = "rib"  # rib, shirt, turtle, hood, lapel, none, scarf
    sleeveless: bool = False
    fabrics: tuple[str, ...] = ("cotton", "jersey")
    male: float = 1.0
    female: float = 1.0


GARMENTS = {
    "crew_tee": Cut("a T-shirt", male=1.8, female=1.1),
    "v_neck": Cut("a V-neck shirt", vee=0.065, male=0.8, female=1.0),
    "polo": Cut("a polo shirt", front=-0.158, vee=0.035, collar="shirt", fabrics=("jersey",), male=1.0, female=0.3),
    "shirt": Cut("a shirt", front=-0.150, vee=0.055, collar="shirt", room=0.008, folds=0.010, fabrics=("cotton", "linen", "denim"), male=1.5, female=0.9),
    "hoodie": Cut("a hoodie", front=-0.158, room=0.014, rounds=26, folds=0.012, collar="hood", fabrics=("jersey",), male=1.0, female=0.7),
    "turtleneck": Cut("a turtleneck", front=-0.150, back=-0.115, room=0.007, collar="turtle", fabrics=("wool", "jersey"), male=0.4, female=0.6),
    "sweater": Cut("a knitted sweater", room=0.011, rounds=20, folds=0.008, collar="rib", fabrics=("knit", "wool"), male=0.9, female=1.0),
    "blazer": Cut("a blazer", front=-0.150, vee=0.14, room=0.012, rounds=24, folds=0.006, collar="lapel", fabrics=("wool", "linen"), male=0.8, female=0.6),
    "tank_top": Cut("a tank top", scoop=0.045, room=0.004, sleeveless=True, collar="none", fabrics=("jersey",), male=0.3, female=0.7),
    "scoop_neck": Cut("a scoop-neck top", scoop=0.075, room=0.004, collar="none", fabrics=("jersey", "silk"), male=0.02, female=1.2),
    "jacket": Cut("a jacket", front=-0.158, vee=0.05, room=0.016, rounds=26, folds=0.010, collar="stand", fabrics=("leather", "denim", "nylon"), male=0.8, female=0.6),
    "scarf": Cut("a scarf", room=0.010, rounds=20, folds=0.008, collar="scarf", fabrics=("wool", "knit"), male=0.3, female=0.5),
}  # fmt: skip


def neckline(cut: Cut, template: np.ndarray) -> np.ndarray:
    """Signed height (n,) below the neckline in the template: positive is covered."""
    x, y, z = template.T
    t = np.clip((y - 0.02) / (0.150 - 0.02), 0, 1)
    line = cut.front + (cut.back - cut.front) * t
    front = np.clip(1 - (y - 0.0) / 0.09, 0, 1)
    if cut.vee:
        line = line - cut.vee * np.clip(1 - np.abs(x) / (0.040 + 0.25 * cut.vee), 0, 1) * front
    if cut.scoop:
        line = line - cut.scoop * np.exp(-((x / 0.062) ** 2)) * front
    return line - z


def _field(cut: Cut, template: np.ndarray) -> np.ndarray:
    field = neckline(cut, template)
    if cut.sleeveless:
        strap = 0.135 - np.abs(template[:, 0]) - 0.9 * np.clip(-0.26 - template[:, 2], -0.2, 0)
        field = np.minimum(field, strap)
    return field


def build_garment(kind: str, person, material, trim, seed: int) -> list:
    """Build a garment in the world from the posed skin (needs bpy)."""
    from ...blender import mesh_object

    cut = GARMENTS[kind]
    surface = person.surface
    piece = Piece(surface, _field(cut, surface.template), cut.room, cut.rounds)
    positions = folds(piece.positions, piece.triangles, cut.folds, 15.0, seed % 10007)
    near_edge = np.clip(neckline(cut, piece.template) / 0.04, 0, 1)[:, None]
    positions = piece.positions * (1 - near_edge) + positions * near_edge
    obj = mesh_object(
        f"Garment {kind}", positions, piece.triangles, part=PART["clothing"],
        attributes={"cloth": ("FLOAT_VECTOR", "POINT", np.column_stack([piece.uv, np.zeros(len(positions))]))},
    )  # fmt: skip
    obj.data.materials.append(material)
    thick = obj.modifiers.new("Thickness", "SOLIDIFY")
    thick.thickness, thick.offset = 0.0018, 1.0
    objects = [person.link(obj, "garment")]
    rim = piece.rim(lambda template: np.abs(neckline(cut, template)) < 0.004)
    if cut.collar != "none" and len(rim) > 20:
        loop = loop_around(positions[rim], NECK_AXIS)
        for name, vertices, faces in _collar(cut.collar, loop, cut.room):
            uv = np.column_stack([np.arctan2(vertices[:, 0], vertices[:, 1] - 0.085) * 0.07, vertices[:, 2], np.zeros(len(vertices))])
            band = mesh_object(
                f"{name} {kind}", vertices, faces, part=PART["clothing"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", uv)}
            )
            band.data.materials.append(trim if name == "Rib" else material)
            if name in ("Collar", "Hood", "Lapel", "Stand"):
                shell = band.modifiers.new("Thickness", "SOLIDIFY")
                shell.thickness, shell.offset = (0.005 if name == "Hood" else 0.0022), 1.0
            soft = band.modifiers.new("Subdivision", "SUBSURF")
            soft.levels = soft.render_levels = 1
            objects.append(person.link(band, "garment"))
    return objects


def _front(loop: np.ndarray) -> np.ndarray:
    """How far each point of a loop lies in front (k,): 1 at the throat, 0 at the sides and back."""
    angle = np.arctan2(np.abs(loop[:, 0]), -(loop[:, 1] - NECK_AXIS[1]))
    return np.clip(1 - angle / 1.35, 0, 1)


def _collar(kind: str, loop: np.ndarray, room: float) -> list:
    """The bands (name, vertices, faces) of a collar along the neckline's loop."""
    axis = np.array([*NECK_AXIS, 0.0])
    front = _front(loop)[:, None]
    if kind == "rib":
        angle = np.linspace(0, 2 * np.pi, 13)
        profile = np.stack([0.0026 * np.cos(angle) + 0.0004, 0.0085 * np.sin(angle)], 1)
        return [("Rib", *sweep(loop, axis, profile))]
    if kind == "turtle":
        profile = np.array([[0.004, -0.012], [0.003, 0.0], [0.001, 0.022], [0.002, 0.040], [0.006, 0.046], [0.011, 0.042], [0.013, 0.022], [0.012, 0.004], [0.007, -0.006]])
        return [("Rib", *sweep(loop, axis, profile))]
    if kind == "scarf":
        bands = []
        for index, (lift, out, width) in enumerate(((0.000, 0.016, 0.026), (0.026, 0.012, 0.024), (-0.022, 0.026, 0.026))):
            angle = np.linspace(0, 2 * np.pi, 17)
            wave = 1 + 0.18 * np.sin(np.arange(len(loop)) * (0.23 + 0.06 * index) + index)[:, None]
            profile = np.stack([out + width * 0.55 * np.cos(angle) * wave, lift + width * np.sin(angle) * wave], -1)
            bands.append(("Scarf", *sweep(loop, axis, profile)))
        return bands
    if kind == "hood":
        back = 1 - front
        angle = np.linspace(-0.3, 2 * np.pi - 0.3, 21)
        size = 0.010 + 0.019 * back**1.5
        profile = np.stack([0.010 + size * (1.0 + np.cos(angle)) * 0.75, -0.004 + size * np.sin(angle) + 0.006 * back], -1)
        return [("Scarf", *sweep(loop, axis, profile))]
    # Open in front: keep the loop from one side of the throat around the back to the other.
    gap = {"shirt": 0.985, "lapel": 0.93, "stand": 0.95}[kind]
    start = len(loop) // 2
    ordered, f = np.roll(loop, -start, 0), np.roll(front[:, 0], -start)
    if f[0] < 0.5:
        ordered, f = np.roll(ordered, start, 0), np.roll(f, start)
    inside = f < gap
    ordered, f = ordered[inside], f[inside]
    if kind == "stand":
        profile = np.array([[0.004, -0.014], [0.002, 0.0], [0.003, 0.02], [0.007, 0.040]])
        return [("Stand", *sweep(ordered, axis, profile, closed=False))]
    tip = np.clip((f - 0.55) / 0.45, 0, 1)[:, None]
    rise, fall = (0.026, 0.044) if kind == "shirt" else (0.022, 0.060)
    out = 0.010 + 0.018 * tip
    stand = rise * (1 - 0.75 * tip)
    zero = np.zeros_like(tip)
    profile = np.stack([
        np.concatenate([zero + 0.001, zero + 0.000, zero + 0.001, 0.3 * out + 0.003, 0.75 * out + 0.004, out + 0.010 * tip + 0.004], 1),
        np.concatenate([zero - 0.008, 0.5 * stand, stand, stand + 0.002, stand - 0.5 * fall * (0.7 + 0.3 * tip), stand - fall * (0.8 + 0.35 * tip)], 1),
    ], -1)  # fmt: skip
    return [("Collar" if kind == "shirt" else "Lapel", *sweep(ordered, axis, profile, closed=False))]
