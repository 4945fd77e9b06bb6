"""The grooms: one row each. A new cut is a new row."""

from __future__ import annotations

from typing import NamedTuple


class Groom(NamedTuple):
    """How a cut is grown and styled; lengths in metres."""

    says: str
    top: float  # length on the top of the head
    side: float
    back: float
    comb: str = "back"  # forward, back, side, middle, down, up, free, tie
    lift: float = 0.35  # 0 lies flat at the root … 1 stands
    volume: float = 0.006  # how far outer layers stay off the head, metres
    gravity: float = 0.25
    texture: tuple[str, ...] = ("straight", "wavy")  # natural textures that wear it
    clump: float = 0.45
    frizz: float = 0.0012  # metres
    strands: int = 34000
    points: int = 16
    fringe: float = 0.0  # length of hair that falls on the forehead, metres
    tie: str = ""  # bun, high_bun, ponytail, low_ponytail, braid, two_braids
    fade: float = 0.0  # 1 shaves the sides from the ears up
    recession: float = 0.0
    balding: float = 0.0
    locks: int = 0  # ropes of hair in place of free strands
    male: float = 1.0  # how often men and women wear it
    female: float = 1.0
    hat: bool = True  # can be worn under a hat


ANY = ("straight", "wavy", "curly", "coily")
GROOMS = {
    "bald": Groom("a bald head", 0, 0, 0, strands=0, texture=ANY, male=0.6, female=0.01),
    "shaved": Groom("a shaved head", 0.0016, 0.0016, 0.0016, "free", 0.9, 0, 0, ANY, 0, 0.0001, 46000, 4, male=0.8, female=0.04),
    "buzz": Groom("a buzz cut", 0.006, 0.004, 0.004, "forward", 0.75, 0, 0, ANY, 0, 0.0003, 48000, 5, male=1.3, female=0.05),
    "receding": Groom("receding hair", 0.022, 0.014, 0.015, "back", 0.35, 0.001, 0.1, ANY, 0.2, 0.0008, 32000, 8,
                      recession=0.85, balding=0.35, male=0.7, female=0.0),
    "balding": Groom("a balding crown", 0.018, 0.018, 0.02, "down", 0.25, 0.001, 0.2, ANY, 0.25, 0.0010, 26000, 8,
                     recession=0.8, balding=0.95, male=0.6, female=0.0),
    "crew_cut": Groom("a crew cut", 0.024, 0.008, 0.008, "forward", 0.62, 0.002, 0, ("straight", "wavy"), 0.25, 0.0009, 46000, 8, male=1.6, female=0.03),
    "fade": Groom("a fade", 0.030, 0.006, 0.006, "forward", 0.5, 0.003, 0, ("straight", "wavy", "curly"), 0.35, 0.0011, 44000, 9,
                  fade=1.0, male=1.5, female=0.02),
    "crop": Groom("a textured crop", 0.042, 0.014, 0.014, "forward", 0.42, 0.004, 0.1, ("straight", "wavy"), 0.6, 0.0018, 40000, 10,
                  fringe=0.04, male=1.4, female=0.1),
    "caesar": Groom("a short fringe cut", 0.034, 0.018, 0.018, "forward", 0.3, 0.002, 0.2, ("straight", "wavy", "curly"), 0.4, 0.0010, 42000, 9,
                    fringe=0.035, male=0.8, female=0.05),
    "side_part": Groom("side-parted hair", 0.095, 0.026, 0.026, "side", 0.32, 0.005, 0.15, ("straight", "wavy"), 0.5, 0.0014, 40000, 14, male=1.5, female=0.15),
    "slicked_back": Groom("slicked-back hair", 0.105, 0.045, 0.05, "back", 0.22, 0.003, 0.12, ("straight", "wavy"), 0.6, 0.0009, 40000, 14, male=0.9, female=0.15),
    "quiff": Groom("a quiff", 0.075, 0.016, 0.016, "up", 0.75, 0.010, 0.05, ("straight", "wavy"), 0.55, 0.0014, 42000, 12, male=1.1, female=0.06, hat=False),
    "messy": Groom("messy hair", 0.075, 0.045, 0.05, "free", 0.6, 0.010, 0.2, ("straight", "wavy"), 0.65, 0.0040, 38000, 14,
                   fringe=0.05, male=1.1, female=0.3),
    "curtains": Groom("curtain hair", 0.13, 0.09, 0.09, "middle", 0.38, 0.007, 0.35, ("straight", "wavy"), 0.5, 0.0020, 38000, 16, male=0.5, female=0.3),
    "pixie": Groom("a pixie cut", 0.065, 0.04, 0.035, "side", 0.35, 0.005, 0.25, ("straight", "wavy"), 0.6, 0.0018, 40000, 12,
                   fringe=0.06, male=0.05, female=0.7),
    "bob": Groom("a bob", 0.21, 0.165, 0.15, "side", 0.25, 0.010, 0.55, ("straight", "wavy"), 0.45, 0.0014, 40000, 20, male=0.02, female=1.4),
    "fringe_bob": Groom("a bob with a fringe", 0.20, 0.16, 0.15, "middle", 0.25, 0.010, 0.6, ("straight",), 0.45, 0.0012, 40000, 20,
                        fringe=0.088, male=0.01, female=0.8),
    "lob": Groom("shoulder-length hair", 0.29, 0.25, 0.24, "middle", 0.28, 0.010, 0.55, ("straight", "wavy"), 0.5, 0.0018, 40000, 24, male=0.12, female=1.5),
    "long": Groom("long hair", 0.40, 0.37, 0.36, "middle", 0.25, 0.009, 0.55, ("straight", "wavy", "curly"), 0.5, 0.0016, 42000, 28, male=0.12, female=2.2),
    "long_side": Groom("long side-parted hair", 0.40, 0.36, 0.35, "side", 0.32, 0.011, 0.5, ("straight", "wavy", "curly"), 0.55, 0.0018, 42000, 28, male=0.04, female=1.9),
    "long_fringe": Groom("long hair with a fringe", 0.38, 0.35, 0.34, "middle", 0.25, 0.009, 0.58, ("straight", "wavy"), 0.5, 0.0014, 42000, 28,
                         fringe=0.092, male=0.01, female=1.0),
    "bun": Groom("a bun", 0.2, 0.2, 0.2, "tie", 0.06, 0.002, 0.0, ANY, 0.55, 0.0008, 36000, 26, tie="bun", male=0.05, female=1.0, hat=False),
    "top_knot": Groom("a top knot", 0.2, 0.2, 0.2, "tie", 0.08, 0.002, 0.0, ANY, 0.55, 0.0010, 36000, 26, tie="high_bun", male=0.25, female=0.6, hat=False),
    "ponytail": Groom("a ponytail", 0.3, 0.3, 0.3, "tie", 0.06, 0.002, 0.0, ANY, 0.5, 0.0009, 36000, 28, tie="ponytail", male=0.1, female=1.1, hat=False),
    "low_ponytail": Groom("a low ponytail", 0.3, 0.3, 0.3, "tie", 0.08, 0.003, 0.0, ANY, 0.5, 0.0010, 36000, 28, tie="low_ponytail", male=0.2, female=0.7),
    "braid": Groom("a braid", 0.4, 0.4, 0.4, "tie", 0.08, 0.003, 0.0, ANY, 0.5, 0.0008, 32000, 40, tie="braid", male=0.02, female=0.6),
    "two_braids": Groom("two braids", 0.4, 0.4, 0.4, "tie", 0.07, 0.002, 0.0, ANY, 0.5, 0.0008, 32000, 40, tie="two_braids", male=0.01, female=0.4),
    "curly_top": Groom("short curly hair", 0.075, 0.025, 0.025, "free", 0.7, 0.008, 0.05, ("curly", "coily"), 0.7, 0.0020, 30000, 26, male=1.6, female=0.2, hat=False),
    "curly_bob": Groom("a curly bob", 0.19, 0.16, 0.15, "free", 0.55, 0.014, 0.35, ("curly",), 0.7, 0.0025, 30000, 34, male=0.15, female=1.8, hat=False),
    "coily_short": Groom("short coily hair", 0.020, 0.014, 0.014, "free", 0.95, 0.002, 0, ("coily", "curly"), 0.55, 0.0012, 44000, 18, male=2.2, female=0.8),
    "afro": Groom("an afro", 0.075, 0.065, 0.06, "free", 1.0, 0.004, 0, ("coily",), 0.55, 0.0030, 36000, 34, male=0.8, female=1.6, hat=False),
    "afro_fade": Groom("an afro with faded sides", 0.055, 0.010, 0.010, "free", 1.0, 0.003, 0, ("coily", "curly"), 0.55, 0.0022, 38000, 28,
                       fade=0.9, male=1.2, female=0.1, hat=False),
    "locs": Groom("locs", 0.24, 0.22, 0.2, "middle", 0.45, 0.014, 0.5, ("coily",), 0.0, 0.0006, 26000, 26, locks=120, male=0.9, female=0.9, hat=False),
    "short_locs": Groom("short locs", 0.10, 0.07, 0.06, "free", 0.75, 0.010, 0.25, ("coily",), 0.0, 0.0005, 26000, 18, locks=150, male=0.8, female=0.3, hat=False),
}  # fmt: skip
# Curl radius and pitch of each natural texture, metres.
TEXTURES = {"straight": (0.0, 0.1), "wavy": (0.0055, 0.075), "curly": (0.0062, 0.026), "coily": (0.0030, 0.0095)}
