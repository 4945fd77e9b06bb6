"""How upper garments are cut: a table of them, and where each covers the body."""

from __future__ import annotations

import dataclasses

import numpy as np


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
    folds: float = 0.006  # height
    stiff: float = 1.0  # how wide folds are: 1 for thin cotton
    loose: float = 0.7  # how freely it hangs, 0…1
    collar: str = "rib"  # rib, hem, shirt, turtle, hood, hooded (it is up), lapel, leaf, stand, scarf, band
    under: str = ""  # the garment below
    placket: float = 0.0  # half width of a button band
    tie: bool = False
    zipped: bool = False
    sleeveless: bool = False
    fabrics: tuple[str, ...] = ("cotton", "jersey")
    male: float = 1.0
    female: float = 1.0
    old: float = 1.0  # how much more often people of 70 wear it than people of 20


GARMENTS = {
    "crew_tee": Cut("a T-shirt", male=1.8, female=1.1, old=0.5),
    "v_neck": Cut("a V-neck shirt", vee=0.060, male=0.8, female=1.0, old=0.9),
    "polo": Cut("a polo shirt", front=-0.156, vee=0.045, collar="shirt", placket=0.014, fabrics=("jersey",), male=1.0, female=0.3, old=1.6),
    "shirt": Cut("a shirt", front=-0.150, vee=0.050, collar="shirt", placket=0.016, room=0.007, folds=0.008,
                 fabrics=("cotton", "linen", "denim"), male=1.3, female=0.8, old=1.5),
    "buttoned_shirt": Cut("a buttoned shirt", front=-0.146, collar="shirt", placket=0.016, room=0.007, folds=0.008,
                          fabrics=("cotton", "linen", "denim"), male=0.5, female=0.25, old=1.4),
    "hoodie": Cut("a hoodie", front=-0.162, room=0.013, rounds=26, folds=0.010, collar="hood", fabrics=("jersey",), stiff=1.45, loose=0.95, male=1.0, female=0.7, old=0.12),
    "turtleneck": Cut("a turtleneck", front=-0.152, back=-0.117, room=0.007, collar="turtle", fabrics=("wool", "jersey"), stiff=1.25, loose=0.45, male=0.4, female=0.6, old=1.5),
    "sweater": Cut("a knitted sweater", front=-0.168, room=0.011, rounds=20, folds=0.007, fabrics=("knit", "wool"), stiff=1.35, loose=0.85, male=0.9, female=1.0, old=1.3),
    "cardigan": Cut("a cardigan", front=-0.150, open=0.066, button=-0.34, room=0.013, rounds=22, folds=0.006, collar="band", under="crew_tee",
                    fabrics=("knit", "wool"), stiff=1.3, loose=0.7, male=0.3, female=0.7, old=3.0),
    "blazer": Cut("a blazer", front=-0.146, open=0.070, button=-0.37, room=0.015, rounds=24, folds=0.004, collar="lapel", under="shirt",
                  fabrics=("wool", "linen"), stiff=1.7, loose=0.5, male=0.6, female=0.6, old=1.4),
    "suit": Cut("a suit and tie", front=-0.146, open=0.068, button=-0.36, room=0.015, rounds=24, folds=0.004, collar="lapel", under="buttoned_shirt",
                tie=True, fabrics=("wool",), stiff=1.7, loose=0.5, male=0.6, female=0.05, old=1.2),
    "tank_top": Cut("a tank top", scoop=0.055, wide=0.075, room=0.004, folds=0.003, sleeveless=True, collar="hem", fabrics=("jersey",), loose=0.15, male=0.2, female=0.5, old=0.15),
    "scoop_neck": Cut("a scoop-neck top", scoop=0.060, wide=0.080, room=0.004, folds=0.004, collar="hem", fabrics=("jersey", "silk"), stiff=0.8, loose=0.4, male=0.02, female=1.2, old=0.8),
    "blouse": Cut("a blouse", front=-0.160, vee=0.085, room=0.008, folds=0.008, collar="hem", fabrics=("silk", "linen"), stiff=0.75, loose=0.9, male=0.0, female=0.7, old=2.2),
    "jacket": Cut("a zipped jacket", front=-0.150, open=0.040, button=-0.55, room=0.016, rounds=26, folds=0.008, collar="stand", under="crew_tee",
                  zipped=True, fabrics=("leather", "nylon"), stiff=1.6, loose=0.8, male=0.7, female=0.5, old=0.9),
    "denim_jacket": Cut("a denim jacket", front=-0.150, open=0.052, button=-0.55, room=0.015, rounds=22, folds=0.008, collar="leaf", under="crew_tee",
                        placket=0.024, fabrics=("denim",), stiff=1.5, loose=0.7, male=0.5, female=0.5, old=0.35),
    "coat": Cut("a coat", front=-0.146, open=0.074, button=-0.34, room=0.020, rounds=30, folds=0.005, collar="lapel", under="turtleneck",
                fabrics=("wool",), stiff=1.9, loose=0.6, male=0.35, female=0.45, old=1.5),
    "scarf": Cut("a scarf", front=-0.165, room=0.012, rounds=22, folds=0.008, collar="scarf", fabrics=("wool", "knit"), stiff=1.3, loose=0.8, male=0.3, female=0.5, old=1.4),
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
