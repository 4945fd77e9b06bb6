"""simulacra transpile: a node graph of a Blender file as Python."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput
from ..formats.writing import write_whole
from ..terminal import write
from . import options
from .render import require_blender

# Each option: what it names.
KINDS = {"material": "material", "geometry": "geometry node group", "world": "world"}
LISTED = 20  # names that an error tells


@options.command()
@options.argument("scene", metavar="FILE", type=options.FILE)
@options.option("--material", default="", metavar="NAME", help=f"the {KINDS['material']} to write")
@options.option("--geometry", default="", metavar="NAME", help=f"the {KINDS['geometry']} to write")
@options.option("--world", default="", metavar="NAME", help=f"the {KINDS['world']} to write")
@options.option("--out", type=options.FILE, metavar="FILE.py", help="the file to write; standard output by default")
def command(scene, out, **names) -> None:
    """Write a node graph of FILE, a .blend file, as readable Python which builds it again, node for node.

    The written file needs nothing but Blender. A label such as ~U(0, 1), ~N(0.5, 0.1) or ~C(a, b) on a value, or
    Scale ~U(2, 8) on any node, makes a field of a spec of it, from which each build draws.
    """
    asked = [(kind, names[kind]) for kind in KINDS if names[kind]]
    if len(asked) != 1:
        raise BadInput(f"{len(asked)} graphs are asked for; allowed is one of --{', --'.join(KINDS)}")
    from ..storage.held import temporaries_of_its_own

    temporaries_of_its_own()  # before Blender is here and makes one
    require_blender()
    from ...procgen.nodes.transpile.document import transpile
    from ...procgen.nodes.transpile.errors import TranspileError
    from ..jobs.opening import require_openable
    from ..rendering.scene_file import open_scene, quiet

    require_openable(scene)
    with quiet():
        open_scene(scene)
        owner = _find(scene, *asked[0])
        try:
            source = transpile(owner)
        except TranspileError as error:
            raise BadInput(f"{scene}: {error}") from None
        except UnicodeDecodeError:  # a node's or a socket's: open_scene names whole blocks anew
            raise BadInput(f"{scene}: a name in {names[asked[0][0]]} is no UTF-8; rename it in Blender") from None
    if out:
        write_whole(out, source.encode())
    else:
        write(source)


def _find(path: Path, kind: str, name: str):
    import bpy

    lists = {"material": bpy.data.materials, "geometry": bpy.data.node_groups, "world": bpy.data.worlds}
    found = {block.name: block for block in lists[kind] if kind != "geometry" or block.bl_idname == "GeometryNodeTree"}
    if name not in found:
        names = ", ".join(sorted(found)[:LISTED]) + (f" and {len(found) - LISTED} more" if len(found) > LISTED else "")
        raise BadInput(f"{path}: has no {KINDS[kind]} {name}; there are {names or 'none'}")
    return found[name]
