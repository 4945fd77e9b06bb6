"""The grooms: one row each. A new cut is a new row."""

from __future__ import annotations

from typing import NamedTuple

STRAIGHT, LOOSE, CURLY = ("straight",), ("straight", "wavy"), ("curly", "coily")
ANY = ("straight", "wavy", "curly", "coily")


class Groom(NamedTuple):
    """How a cut is grown and styled; lengths in metres, heights in the head's frame (eyes at 0, chin at -0.118)."""

    says: str
    top: float  # length on the top of the head
    side: float
    back: float
    male: float = 1.0  # how often men and women wear it
    female: float = 1.0
    texture: tuple[str, ...] = LOOSE  # natural textures that wear it
    comb: str = "back"  # forward, back, side, middle, down, up, free, round
    hold: float = 0.06  # length over which the comb's direction lasts, metres
    lift: float = 0.30  # 0 lies flat at the root … 1 stands
    volume: float = 0.006  # how far outer strands stay off the head, metres
    gravity: float = 0.3
    clump: float = 0.6  # 0 loose … 1 tight locks
    messy: float = 0.5  # disorder among locks
    frizz: float = 0.0008  # disorder of single strands, metres
    strands: int = 38000
    points: int = 14
    fringe: float = 0.0  # height that hair over the forehead is cut at; 0 has none
    hem: float = -1.0  # height that all hair is cut at
    layered: float = 0.01  # softness of the hem, metres
    tie: str = ""  # bun, high_bun, ponytail, low_ponytail, braid, two_braids
    fade: float = 0.0  # how far the sides are shorter from the ears up: 1 shaves them
    recession: float = 0.0
    balding: float = 0.0
    locks: int = 0  # ropes of hair in place of free strands
    thick: float = 1.0  # radius of strands, relative: short hair is seen from its side less often
    hat: bool = True  # can be worn under a hat


GROOMS = {
    # Shaven, thin and very short.
    "bald": Groom("a bald head", 0, 0, 0, 0.6, 0.01, ANY, strands=0),
    "shaved": Groom("a shaved head", 0.0014, 0.0014, 0.0014, 0.8, 0.01, ANY, "round", lift=0.8, clump=0, messy=0.2, frizz=0.0001,
                    strands=52000, points=3, thick=1.35),
    "buzz": Groom("a buzz cut", 0.0065, 0.0050, 0.0050, 1.3, 0.02, ANY, "round", lift=0.6, volume=0.002, gravity=0, clump=0.15, messy=0.3,
                  frizz=0.0004, strands=60000, points=5, thick=1.25),
    "receding": Groom("receding hair", 0.030, 0.016, 0.018, 0.7, 0.0, LOOSE, "back", lift=0.3, volume=0.003, clump=0.45, frizz=0.0012,
                      strands=34000, points=8, recession=0.85, balding=0.30),
    "balding": Groom("a balding crown", 0.022, 0.017, 0.020, 0.6, 0.0, LOOSE, "down", lift=0.25, volume=0.003, clump=0.4, frizz=0.0012,
                     strands=32000, points=8, recession=0.75, balding=0.95),
    # Short.
    "crew_cut": Groom("a crew cut", 0.017, 0.010, 0.010, 1.6, 0.01, LOOSE, "up", hold=0.03, lift=0.55, volume=0.004, gravity=0, clump=0.5, messy=0.9,
                      frizz=0.0011, strands=54000, points=7, fade=0.65, thick=1.1),
    "fade": Groom("a fade", 0.034, 0.008, 0.008, 1.3, 0.01, ("straight", "wavy", "curly"), "up", hold=0.04, lift=0.5, volume=0.007, gravity=0.05, clump=0.65,
                  messy=0.9, frizz=0.0012, strands=50000, points=9, fade=1.0, thick=1.1),
    "crop": Groom("a textured crop", 0.045, 0.014, 0.015, 1.0, 0.01, LOOSE, "forward", hold=0.03, lift=0.42, volume=0.010, gravity=0.15, clump=0.8,
                  messy=1.5, frizz=0.0011, strands=46000, points=10, fringe=0.054, fade=0.5, thick=1.1),
    "caesar": Groom("a short fringe cut", 0.036, 0.015, 0.015, 0.35, 0.02, ("straight", "wavy", "curly"), "forward", lift=0.28, volume=0.006,
                    gravity=0.2, clump=0.65, messy=1.0, frizz=0.0010, strands=46000, points=9, fringe=0.052, fade=0.4, thick=1.1),
    "side_part": Groom("side-parted hair", 0.090, 0.024, 0.026, 1.8, 0.02, LOOSE, "side", hold=0.09, lift=0.62, volume=0.020, gravity=0.22,
                       clump=0.65, messy=0.7, frizz=0.0010, strands=44000, points=14, fade=0.35),
    "slicked_back": Groom("slicked-back hair", 0.115, 0.060, 0.060, 0.9, 0.03, LOOSE, "back", hold=0.3, lift=0.30, volume=0.009, gravity=0.05,
                          clump=0.75, messy=0.35, frizz=0.0006, strands=42000, points=14),
    "quiff": Groom("a quiff", 0.075, 0.014, 0.016, 1.4, 0.02, LOOSE, "up", hold=0.12, lift=0.55, volume=0.020, gravity=0.06, clump=0.75, messy=0.8,
                   frizz=0.0011, strands=44000, points=13, fade=0.5, hat=False),
    "messy": Groom("messy hair", 0.070, 0.038, 0.042, 1.5, 0.08, LOOSE, "free", hold=0.03, lift=0.5, volume=0.018, gravity=0.22, clump=0.85,
                   messy=2.0, frizz=0.0014, strands=42000, points=14, fringe=0.034),
    "curtains": Groom("curtain hair", 0.135, 0.075, 0.075, 0.5, 0.2, LOOSE, "middle", hold=0.04, lift=0.5, volume=0.016, gravity=0.45, clump=0.7,
                      messy=0.8, strands=40000, points=17, hem=-0.045, layered=0.03),
    "pixie": Groom("a pixie cut", 0.075, 0.040, 0.036, 0.05, 0.4, LOOSE, "side", hold=0.07, lift=0.45, volume=0.014, gravity=0.28, clump=0.75,
                   messy=1.0, strands=42000, points=13, fringe=0.030),
    # Middle and long.
    "bob": Groom("a bob", 0.25, 0.19, 0.17, 0.02, 1.4, LOOSE, "side", hold=0.04, lift=0.40, volume=0.017, gravity=0.55, clump=0.6, messy=0.5,
                 strands=40000, points=20, hem=-0.105, layered=0.010),
    "fringe_bob": Groom("a bob with a fringe", 0.25, 0.19, 0.17, 0.01, 0.8, STRAIGHT, "middle", hold=0.035, lift=0.33, volume=0.015, gravity=0.6,
                        clump=0.55, messy=0.35, strands=40000, points=20, fringe=0.020, hem=-0.098, layered=0.006),
    "lob": Groom("shoulder-length hair", 0.33, 0.27, 0.25, 0.12, 1.5, LOOSE, "middle", hold=0.04, lift=0.38, volume=0.016, gravity=0.5, clump=0.65,
                 messy=0.7, strands=40000, points=24, hem=-0.165, layered=0.030),
    "long": Groom("long hair", 0.46, 0.40, 0.38, 0.12, 2.2, ("straight", "wavy", "curly"), "middle", hold=0.04, lift=0.36, volume=0.015,
                  gravity=0.55, clump=0.65, messy=0.7, strands=40000, points=28, hem=-0.30, layered=0.09),
    "long_side": Groom("long side-parted hair", 0.46, 0.40, 0.38, 0.04, 1.9, ("straight", "wavy", "curly"), "side", hold=0.05, lift=0.46,
                       volume=0.020, gravity=0.5, clump=0.7, messy=0.9, strands=40000, points=28, hem=-0.28, layered=0.10),
    "long_fringe": Groom("long hair with a fringe", 0.44, 0.39, 0.37, 0.01, 1.0, LOOSE, "middle", hold=0.035, lift=0.32, volume=0.014,
                         gravity=0.58, clump=0.6, messy=0.5, strands=40000, points=28, fringe=0.018, hem=-0.29, layered=0.07),
    # Tied.
    "bun": Groom("a bun", 0.2, 0.2, 0.2, 0.05, 0.5, ANY, clump=0.6, messy=0.5, frizz=0.0006, strands=34000, points=21, volume=0.005, tie="bun",
                 hat=False),
    "top_knot": Groom("a top knot", 0.2, 0.2, 0.2, 0.25, 0.2, ANY, clump=0.65, messy=0.7, frizz=0.0007, strands=34000, points=21, volume=0.005,
                      tie="high_bun", hat=False),
    "ponytail": Groom("a ponytail", 0.3, 0.3, 0.3, 0.1, 0.6, ANY, clump=0.6, messy=0.5, frizz=0.0006, strands=34000, points=21, volume=0.005,
                      tie="ponytail", hat=False),
    "low_ponytail": Groom("a low ponytail", 0.3, 0.3, 0.3, 0.2, 0.45, ANY, clump=0.6, messy=0.6, frizz=0.0007, strands=34000, points=21,
                          volume=0.008, tie="low_ponytail"),
    "braid": Groom("a braid", 0.36, 0.36, 0.36, 0.02, 0.4, ANY, clump=0.55, messy=0.5, frizz=0.0006, strands=18000, points=52, thick=1.25, volume=0.007,
                   tie="braid"),
    "two_braids": Groom("two braids", 0.32, 0.32, 0.32, 0.01, 0.2, ANY, comb="middle", clump=0.55, messy=0.4, frizz=0.0006, strands=18000,
                        points=48, thick=1.25, volume=0.005, tie="two_braids"),
    # Curly and coily.
    "curly_top": Groom("short curly hair", 0.085, 0.028, 0.030, 1.6, 0.1, CURLY, "free", hold=0.02, lift=0.7, volume=0.016, gravity=0.12,
                       clump=0.8, messy=1.2, frizz=0.0010, strands=30000, points=30, hat=False),
    "curly_bob": Groom("a curly bob", 0.21, 0.17, 0.16, 0.15, 1.8, ("curly",), "side", hold=0.03, lift=0.6, volume=0.026, gravity=0.34, clump=0.85,
                       messy=1.2, frizz=0.0012, strands=24000, points=46, hem=-0.13, layered=0.05, hat=False),
    "curly_long": Groom("long curly hair", 0.34, 0.30, 0.28, 0.1, 1.4, ("curly",), "side", hold=0.03, lift=0.5, volume=0.024, gravity=0.42,
                        clump=0.85, messy=1.2, frizz=0.0013, strands=20000, points=58, hem=-0.24, layered=0.08, hat=False),
    "coily_short": Groom("short coily hair", 0.020, 0.013, 0.013, 2.2, 0.2, CURLY, "free", hold=0.0, lift=0.95, volume=0.004, gravity=0, clump=0.7,
                         messy=0.4, frizz=0.0012, strands=46000, points=20, thick=1.1),
    "afro": Groom("an afro", 0.080, 0.070, 0.062, 0.8, 1.3, ("coily",), "free", hold=0.0, lift=1.0, volume=0.004, gravity=0, clump=0.6, messy=0.6,
                  frizz=0.0030, strands=34000, points=34, hat=False),
    "afro_fade": Groom("an afro with faded sides", 0.055, 0.012, 0.012, 1.2, 0.01, CURLY, "free", hold=0.0, lift=1.0, volume=0.003, gravity=0,
                       clump=0.65, messy=0.5, frizz=0.0020, strands=40000, points=28, fade=0.9, hat=False),
    "locs": Groom("locs", 0.27, 0.24, 0.22, 0.9, 0.9, ("coily",), "middle", hold=0.03, lift=0.6, volume=0.022, gravity=0.5, clump=0.0, messy=1.0,
                  frizz=0.0006, strands=26000, points=28, locks=190),
    "short_locs": Groom("short locs", 0.10, 0.07, 0.06, 0.8, 0.2, ("coily",), "free", hold=0.02, lift=0.8, volume=0.016, gravity=0.25, clump=0.0,
                        messy=1.2, frizz=0.0006, strands=28000, points=20, locks=210),
    "cornrows": Groom("cornrows", 0.2, 0.2, 0.2, 0.5, 0.3, ("coily",), clump=0.0, messy=0.2, frizz=0.0003, strands=26000, points=40, locks=1),
}  # fmt: skip
# Curl radius and pitch of each natural texture, metres.
TEXTURES = {"straight": (0.0, 0.1), "wavy": (0.0060, 0.070), "curly": (0.0070, 0.027), "coily": (0.0028, 0.0095)}
