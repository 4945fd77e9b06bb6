"""simulacra character: a person for other programs."""

from __future__ import annotations

from ..terminal import emit, say
from . import options
from .render import require_blender

TEXTURES = ("512", "1024", "2048", "4096")
LEVELS = ("0", "1", "2", "all")
HAIR = ("cards", "strips", "none")


@options.command()
@options.argument("source", metavar="SPEC|BLEND", type=options.FILE)
@options.argument("out", metavar="OUT", type=options.FILE)
@options.option("--person", default="", metavar="NAME", help="which person of a .blend file, where it has several")
@options.option("--texture", default="2048", metavar="PIXELS", type=options.OneOf(TEXTURES),
                help="edge of the skin's pictures at level 0; each level halves it")  # fmt: skip
@options.option("--level", default="0", metavar="0|1|2|all", type=options.OneOf(LEVELS),
                help="level of detail; all writes a file each, OUT_LOD0 …")  # fmt: skip
@options.option("--hair", default="cards", metavar="cards|strips|none", type=options.OneOf(HAIR),
                help="how strands are shown: cards of many each, or narrower strips")  # fmt: skip
@options.option("--hair-count", type=options.Whole(1, 50_000), show_default=False,
                help="cards of the scalp's hair at level 0; the usual number by default")  # fmt: skip
@options.json_option(help="print JSON lines, the report of each file among them")
def command(source, out, person, texture, level, hair, hair_count, as_json) -> None:
    """Write a person as OUT, a .glb, .fbx or .usdc file: plain meshes on one skeleton, with pictures and 52 morph targets.

    SPEC is what simulacra sample faces prints; BLEND is a Blender file that holds a person. It is never written, and its
    scripts are not run. What the file cannot carry is told.
    """
    from ..storage.held import temporaries_of_its_own

    temporaries_of_its_own()  # before Blender is here and makes one
    require_blender()
    from ..character.export import LEVELS as EVERY
    from ..character.export import STAGES, Wishes, export
    from ..character.source import open_source
    from ..character.writing import kind_of
    from ..progress import Progress
    from ..rendering.scene_file import quiet

    kind_of(out)
    levels = EVERY if level == "all" else (int(level),)
    wishes = Wishes(int(texture), levels, hair, hair_count or 0)
    with quiet():
        found = open_source(source, person)
    with Progress(as_json, "character", STAGES + len(levels), 0) as progress:
        files, remarks = export(found, out, wishes, progress.tell)
    for file in files:
        if as_json:
            emit({"event": "file", **file})
        else:
            triangles = sum(mesh["triangles"] for mesh in file["meshes"])
            say(f"{file['file']}: {file['bytes'] / 1e6:.1f} MB, {len(file['meshes'])} meshes, {triangles} triangles")
    for remark in remarks:
        emit({"event": "remark", "message": remark}) if as_json else say(f"not carried: {remark}")
    if as_json:
        emit({"event": "done", "done": len(files), "total": len(files), "out": str(out)})
