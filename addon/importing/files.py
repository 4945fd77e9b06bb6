"""What operators on a file share: the browser asks for it unless it was given, as by dropping it."""

from bpy.props import FloatVectorProperty, StringProperty

from .. import views


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


class ToPlace(FromFile):
    """What operators share that put into the scene what a file holds: dropped under the mouse, else at the 3D cursor."""

    location: FloatVectorProperty(
        name="Location", description="Where it comes to", subtype="TRANSLATION", unit="LENGTH", options={"SKIP_SAVE"}
    )

    def invoke(self, context, event):
        """Take the place under the mouse for what was dropped there."""
        if self.filepath and not self.properties.is_property_set("location"):
            self.location = views.under_mouse(context, event)
        return super().invoke(context, event)

    def place(self, context):
        """Where to put it, metres in the world."""
        if not self.properties.is_property_set("location"):
            self.location = context.scene.cursor.location
        return self.location.copy()
