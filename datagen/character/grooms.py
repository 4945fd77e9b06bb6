"""The hair of a person as pieces: how many cards each class gets, and their pictures (needs bpy)."""

from __future__ import annotations

import numpy as np

from .cards import STYLES, card_piece, make_cards
from .pictures import Pictures
from .piece import Piece
from .source import Source
from .strand_colour import colour_of
from .strand_pictures import draw_bundles
from .strands import read_strands

STRIPS = 3  # as many strips as cards
LEAST = 256  # pixels
HAIR = ("cards", "strips", "none")
PLAIN = (0.05, 0.03, 0.02)  # linear Rec.709, where nothing says a colour


def hair_pieces(
    source: Source, skin: Piece, pictures: Pictures, level: int, hair: str, count: int, texture: int
) -> list[Piece]:
    """The cards of every groom at a level of detail; ``count`` is that of the scalp at level 0, 0 the usual one."""
    into_rig = np.linalg.inv(np.array(source.rig.matrix_world))
    made = []
    for obj in source.objects if hair != "none" else ():
        kind = obj.get("class")
        if obj.type != "CURVES" or kind not in STYLES or not len(obj.data.curves):
            continue
        style = STYLES[kind]
        strands = read_strands(obj, into_rig)
        cards = style.cards[level]
        if kind == "hair" and count:
            cards = max(1, count * cards // style.cards[0])
        rng = np.random.default_rng(0)
        ribbons = make_cards(strands, kind, cards * (STRIPS if hair == "strips" else 1), style.rows[level], skin, rng)
        edge = max(LEAST, texture >> level >> (kind != "hair"))
        material = obj.material_slots[0].material if obj.material_slots else None
        flat = tuple(material.diffuse_color[:3]) if material else PLAIN
        picture, variant = draw_bundles(
            strands, ribbons, colour_of(source.spec, kind), flat, edge, style.mode == "MASK", rng
        )
        pictures.put(obj["export_name"], "colour", picture[::-1])
        made.append(card_piece(obj, ribbons, skin, style, variant, rng, obj["export_name"]))
    return made
