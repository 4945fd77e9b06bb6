"""simulacra transpile: a node graph of a Blender file as Python."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput
from .render import require_blender

# Each option: what it names.
KINDS = {"material": "material", "geometry": "geometry node group", "world": "world"}
LISTED = 20  # names that an error tells


def configure(parser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("scene", metavar="FILE", type=Path, help="a .blend file; it is never written, and its scripts are not run")
    for kind, about in KINDS.items():
        add(f"--{kind}", default="", metavar="NAME", help=f"the {about} to write")
    add("--out", default="", metavar="FILE.py", help="the file to write; standard output by default")


def command(arguments) -> None:
    """Write a node graph of FILE as readable Python which builds it again, node for node.

    The written file needs nothing but Blender. A label such as ~U(0, 1), ~N(0.5, 0.1) or ~C(a, b) on a value, or
    Scale ~U(2, 8) on any node, makes a field of a spec of it, from which each build draws.
    """
    asked = [(kind, getattr(arguments, kind)) for kind in KINDS if getattr(arguments, kind)]
    if len(asked) != 1:
        raise BadInput(f"{len(asked)} graphs are asked for; allowed is one of --{', --'.join(KINDS)}")
    require_blender()
    from ...procgen.nodes.transpile.document import transpile
    from ...procgen.nodes.transpile.errors import TranspileError
    from ..rendering.scene_file import open_scene, quiet

    with quiet():
        open_scene(arguments.scene)
        owner = _find(arguments.scene, *asked[0])
        try:
            source = transpile(owner)
        except TranspileError as error:
            raise BadInput(f"{arguments.scene}: {error}") from None
    if arguments.out:
        Path(arguments.out).write_text(source, encoding="utf-8")
    else:
        print(source, end="", flush=True)


def _find(path: Path, kind: str, name: str):
    import bpy

    lists = {"material": bpy.data.materials, "geometry": bpy.data.node_groups, "world": bpy.data.worlds}
    found = {block.name: block for block in lists[kind] if kind != "geometry" or block.bl_idname == "GeometryNodeTree"}
    if name not in found:
        names = ", ".join(sorted(found)[:LISTED]) + (f" and {len(found) - LISTED} more" if len(found) > LISTED else "")
        raise BadInput(f"{path}: has no {KINDS[kind]} {name}; there are {names or 'none'}")
    return found[name]
