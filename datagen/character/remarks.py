"""What a file for other programs cannot carry of a person, in words."""

from __future__ import annotations

from .source import Source

OWN_MODIFIERS = {"ARMATURE", "SUBSURF", "SOLIDIFY", "NODES"}  # that are applied, or said otherwise
TARGETS = {"glb": "glTF", "fbx": "FBX", "usd": "USD"}


def remarks_on(source: Source, kind: str, hair: str) -> list[str]:
    """Lines about a person in the open file, before it is brought to rest."""
    name = TARGETS[kind]
    found = [
        f"subsurface scattering of skin, eyes and teeth: {name} has base colour, normal, roughness and metal; skin looks harder",
        "refraction of the cornea: it is a clear shell that only shines, so the iris looks a little smaller",
        "the look-at control, the pose at hand, actions and drivers: the bones of the skeleton are plain, at rest; "
        "the actions eyeLook… turn the eyes as morph targets do, along straight lines",
        "lamps, cameras and the world",
    ]
    curves = sorted({obj["class"] for obj in source.objects if obj.type == "CURVES" and "class" in obj})
    if curves and hair == "none":
        found.append(f"strands ({', '.join(curves)}): --hair none leaves them out")
    elif curves:
        found.append(
            f"strands ({', '.join(curves)}): they are {hair} whose pictures are drawn from them, lit as a surface"
        )
    if any(obj.get("class") in ("garment", "headwear", "facewear") for obj in source.objects):
        found.append(
            "procedural cloth: weave and pattern are baked at the pictures' size, without sheen; one sheet for two"
        )
    lenses = [obj.name for obj in source.objects if obj.get("class") == "glasses"]
    if lenses:
        found.append("lenses: clear and tinted, without their coating")
    for obj in source.objects:
        own = [modifier.name for modifier in obj.modifiers if modifier.type not in OWN_MODIFIERS]
        if own:
            found.append(f"{obj.name}: {', '.join(own)} is applied as it stands")
        if obj.type in ("CURVE", "SURFACE", "FONT", "META", "VOLUME", "POINTCLOUD"):
            found.append(f"{obj.name}: is a {obj.type.lower()}, and only meshes and strands are written")
    if kind == "usd":
        found.append("alpha cut: USD takes the cover of cards as it is")
    if kind == "fbx":
        found.append("metal: FBX takes one picture a channel, and none of metal")
    return found
