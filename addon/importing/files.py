"""What operators on a file share: the browser asks for it unless it was given, as by dropping it."""

from bpy.props import StringProperty


class FromFile:
    """What operators on a file share: the browser asks for it unless it was given, as by dropping it."""

    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        name="File", description="The file to bring in", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    def invoke(self, context, event):
        """Ask which file, or take the one that was dropped."""
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}
