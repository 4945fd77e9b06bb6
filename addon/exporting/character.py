"""The operator that writes a person for other programs, through the worker, and its entry in File ▸ Export."""

import json
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..datasets.render import Follows
from ..errors import reported
from ..people.person import rig_of
from ..preferences import caller, user_path
from ..worker import jobs

KINDS = (
    (".glb", "glTF (.glb)", "For engines, the web and most viewers"),
    (".fbx", "FBX (.fbx)", "For engines and animation programs"),
    (".usdc", "USD (.usdc)", "For film tools; pictures lie in a folder beside it"),
)
TEXTURES = (("1024", "1024", "1024 pixels"), ("2048", "2048", "2048 pixels"), ("4096", "4096", "4096 pixels"))
LEVELS = (
    ("0", "Finest", "The subdivided head"), ("1", "Middle", "The head without subdivision, all else thinned out"),
    ("2", "Coarsest", "For the distance"), ("all", "All Three", "A file each: _LOD0, _LOD1, _LOD2"),
)  # fmt: skip
HAIR = (
    ("cards", "Cards", "Ribbons that show many strands each"), ("strips", "Strips", "Narrower ribbons, three times as many"),
    ("none", "None", "Leave hair, brows and lashes out"),
)  # fmt: skip
UNSUITABLE = '<>:"/\\|?*'  # in the names of files


class SIMULACRA_OT_export_character(Follows, bpy.types.Operator):
    """Write the selected person for other programs: one skeleton, baked pictures, hair cards and 52 morph targets"""

    bl_idname = "simulacra.export_character"
    bl_label = "Export Character"

    filepath: StringProperty(name="File", description="The file to write", subtype="FILE_PATH", options={"SKIP_SAVE"})
    kind: EnumProperty(name="Format", description="What kind of file", items=KINDS)
    texture: EnumProperty(
        name="Pictures", description="Edge of the skin's pictures at the finest level", items=TEXTURES, default="2048"
    )
    level: EnumProperty(name="Detail", description="Which level of detail", items=LEVELS)
    hair: EnumProperty(name="Strands As", description="What strands of hair become", items=HAIR)
    hair_count: IntProperty(
        name="Cards", description="Cards of the scalp at the finest level; 0 takes the usual number", min=0, max=50000
    )
    filter_glob: StringProperty(default="*.glb;*.fbx;*.usdc", options={"HIDDEN"})

    @classmethod
    def poll(cls, context):
        """A person must be selected."""
        if context.mode != "OBJECT":
            cls.poll_message_set(tip_("Switch to Object Mode first"))
            return False
        if rig_of(context.object) is None:
            cls.poll_message_set(tip_("Select a person, or press Generate to make one"))
            return False
        return cls.idle("character", tip_("A character is being written; cancel that, or wait for it"))

    def invoke(self, context, event):
        """Ask for the file, which is offered the person's name."""
        name = "".join("_" if letter in UNSUITABLE else letter for letter in rig_of(context.object).name)
        folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        self.filepath = self.filepath or str(folder / f"{name}{self.kind}")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context):
        """Keep the name's end what the format says."""
        path = Path(self.filepath)
        if path.name and path.suffix.lower() != self.kind:
            self.filepath = str(path.with_suffix(self.kind) if path.suffix.lower() in _ENDS else f"{path}{self.kind}")
            return True
        return False

    def draw(self, context):
        """Draw the options beside the browser."""
        self.layout.use_property_split = True
        for name in ("kind", "texture", "level", "hair"):
            self.layout.prop(self, name)
        if self.hair != "none":
            self.layout.prop(self, "hair_count")

    @reported
    def execute(self, context):
        """Save a copy for the worker and start it."""
        out = Path(bpy.path.abspath(self.filepath))
        if out.suffix.lower() not in _ENDS:
            out = out.with_name(f"{out.name}{self.kind}")
        rig = rig_of(context.object)
        copy = user_path("scenes") / "character.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(copy), copy=True, compress=False, relative_remap=True)
        found = [
            "character",
            str(copy),
            str(out),
            "--person",
            rig.name,
            "--texture",
            self.texture,
            "--level",
            self.level,
        ]
        found += ["--hair", self.hair]
        if self.hair_count and self.hair != "none":
            found += ["--hair-count", str(self.hair_count)]
        jobs.start("character", out.name, [caller()([*found, "--json"])], lambda job: _tell(job, copy))
        return self.follow("character")


_ENDS = {row[0] for row in KINDS}


def _tell(job, copy: Path) -> None:
    """Keep what the files hold, and what they cannot carry, as a text of the file."""
    copy.unlink(missing_ok=True)
    if job.state != "finished":
        return
    lines = []
    for line in job.log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("event") == "file":
            meshes = event["meshes"]
            triangles = sum(mesh["triangles"] for mesh in meshes)
            lines.append(
                iface_("{file}: {size} MB, {meshes} meshes, {triangles} triangles").format(
                    file=event["file"], size=f"{event['bytes'] / 1e6:.1f}", meshes=len(meshes), triangles=triangles
                )
            )
        elif isinstance(event, dict) and event.get("event") == "remark":
            lines.append(iface_("not carried: {what}").format(what=event["message"]))
    name = iface_("{file}: what it holds").format(file=job.title)
    text = bpy.data.texts.get(name) or bpy.data.texts.new(name)
    text.clear()
    text.write("\n".join(lines) + "\n")


def _draw_export(self, context):
    """File ▸ Export ▸ Simulacra Character."""
    self.layout.operator_context = "INVOKE_DEFAULT"
    self.layout.operator("simulacra.export_character", text="Simulacra Character (.glb .fbx .usdc)")


CLASSES = (SIMULACRA_OT_export_character,)


def register() -> None:
    """Append the entry."""
    bpy.types.TOPBAR_MT_file_export.append(_draw_export)


def unregister() -> None:
    """Take it away."""
    bpy.types.TOPBAR_MT_file_export.remove(_draw_export)
