"""Runs inside a windowed Blender: a scenario is a generator, each yield waits a moment, events are simulated."""

import json
import subprocess
import sys
import time
import traceback
from pathlib import Path

import bpy

PLACE = Path(sys.argv[sys.argv.index("--") + 1])  # where pictures and the verdict go
STEP = 0.06  # seconds between two yields
WIDTH = 420  # of the sidebar, pixels
facts: dict = {}


class Stage:
    """What a person does: opens the tab, looks for a button, presses it, drags a slider, types."""

    @property
    def window(self):
        """The window; opening a file makes another one."""
        return bpy.context.window_manager.windows[0]

    @property
    def area(self):
        """The viewport."""
        return max((a for a in self.window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.width * a.height)

    @property
    def region(self):
        """Its sidebar."""
        return next(region for region in self.area.regions if region.type == "UI")

    def event(self, kind, value="PRESS", x=None, y=None, **more):
        """Send one event."""
        self.x, self.y = (self.x, self.y) if x is None else (int(x), int(y))
        self.window.event_simulate(type=kind, value=value, x=self.x, y=self.y, **more)

    def move(self, x, y):
        """Move the mouse there."""
        for dx in (3, 0):
            self.event("MOUSEMOVE", "NOTHING", x + dx, y)
            yield

    def click(self, x, y):
        """Press the left button there."""
        yield from self.move(x, y)
        self.event("LEFTMOUSE", "PRESS")
        yield
        self.event("LEFTMOUSE", "RELEASE")
        yield

    def open_tab(self):
        """Open the sidebar on our tab."""
        self.area.spaces.active.show_region_ui = True
        yield from self.wait(3)
        self.region.active_panel_category = "Simulacra"
        self.area.tag_redraw()
        yield from self.wait(4)

    def wait(self, ticks):
        """Let Blender draw."""
        for _ in range(ticks):
            yield

    def until(self, done, seconds, what):
        """Wait for something; an error if it does not come."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise AssertionError(f"{what}: not within {seconds} s")
            yield

    def under_mouse(self):
        """What the widget under the mouse calls or shows, as Blender tells it: a command, or a data path."""
        manager = bpy.context.window_manager
        manager.clipboard = ""
        override = {"window": self.window, "area": self.area, "region": self.region}
        with bpy.context.temp_override(**override):
            for name, more in (("copy_python_command_button", {}), ("copy_data_path_button", {"full_path": True})):
                operator = getattr(bpy.ops.ui, name)
                try:
                    if operator.poll():
                        operator("EXEC_DEFAULT", **more)
                except RuntimeError:
                    continue
        return manager.clipboard

    def find(self, words, column=0.5, top=None):
        """Move down the sidebar until the widget under the mouse is called that; its place is ``self.x, self.y``."""
        region = self.region
        x = region.x + region.width * column
        y = (region.y + region.height - 30) if top is None else top
        seen = []
        while y > region.y + 8:
            yield from self.move(x, y)
            yield
            found = self.under_mouse()
            if found and found not in seen:
                seen.append(found)
            if words in found:
                return
            y -= 7
        raise AssertionError(f"no widget {words!r} in the sidebar; there are {seen}")

    def press(self, words, column=0.5):
        """Find a button and press it."""
        yield from self.find(words, column)
        yield from self.click(self.x, self.y)

    def type(self, text):
        """Replace the text of the field that is being edited."""
        self.event("A", "PRESS", ctrl=True)
        yield
        self.event("A", "RELEASE", ctrl=True)
        yield
        for letter in text:
            kind = (
                letter.upper()
                if letter.isalpha()
                else {" ": "SPACE", "_": "MINUS"}.get(letter, "NUMPAD_" + letter if letter.isdigit() else "A")
            )
            self.event(kind, "PRESS", unicode=letter)
            yield
            self.event(kind, "RELEASE")
            yield
        self.event("RET", "PRESS")
        yield
        self.event("RET", "RELEASE")
        yield

    def drag(self, x, y, to_x, to_y, steps=5):
        """Press there, move, and let go."""
        yield from self.move(x, y)
        self.event("LEFTMOUSE", "PRESS")
        yield
        for step in range(1, steps + 1):
            self.event("MOUSEMOVE", "NOTHING", x + (to_x - x) * step / steps, y + (to_y - y) * step / steps)
            yield
            yield
        self.event("LEFTMOUSE", "RELEASE")
        yield
        yield

    def number(self, text):
        """Type a number into what goes on under the mouse, and end it by Return."""
        names = dict(
            zip("0123456789.-", "ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE PERIOD MINUS".split(), strict=True)
        )
        for letter in [*text, None]:
            kind = names.get(letter, "RET")
            self.event(kind, "PRESS", **({"unicode": letter} if letter else {}))
            yield
            self.event(kind, "RELEASE")
            yield
        yield from self.wait(3)

    def key(self, kind, **modifiers):
        """Press a key over the viewport."""
        area = self.area
        yield from self.move(area.x + 200, area.y + area.height // 2)
        self.event(kind, "PRESS", **modifiers)
        yield
        self.event(kind, "RELEASE", **modifiers)
        yield from self.wait(3)

    def picture(self, name, region=False):
        """Take a picture of the window, or of the sidebar alone; hair is shown, whatever ``spare`` hides."""
        space = self.area.spaces.active
        hidden = not space.show_object_viewport_curves
        space.show_object_viewport_curves = True
        self.area.tag_redraw()
        yield from self.wait(6)
        command = ["import", "-window", "root"]
        if region:
            r, height = self.region, self.window.height
            command += ["-crop", f"{r.width}x{r.height}+{r.x}+{height - r.y - r.height}", "+repage"]
        subprocess.run([*command, str(PLACE / f"{name}.png")], check=True)
        self.spare(hidden)

    def spare(self, hair=True):
        """Draw no hair between pictures, and no outlines: a processor takes seconds for each redraw of some people."""
        space = self.area.spaces.active
        space.show_object_viewport_curves, space.overlay.show_outline_selected = not hair, not hair

    def face_front(self, distance=0.75, axis="FRONT", x=0.0):
        """Look at the person from the front, or along another axis, from so many metres, or at what stands at ``x``."""
        region = next(region for region in self.area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=self.window, area=self.area, region=region):
            bpy.ops.view3d.view_axis(type=axis)
            view = self.area.spaces.active.region_3d
            view.view_location, view.view_distance = (x, 0.0, -0.06), distance
        yield from self.wait(6)

    def toggle(self, panel):
        """Open or fold a panel by its header, where all above it are folded; it is told by the end of its class's name."""
        region, scale = self.region, bpy.context.preferences.system.ui_scale
        row = HEADER * scale * ROWS.index(panel)
        yield from self.click(region.x + 100 * scale, region.y + region.height - 16 * scale - row)
        yield from self.wait(16)  # panels glide to their places

    def open_only(self, name, opened):
        """Fold the panels that are open, from the top down, and open another."""
        for panel in (*opened, name):
            yield from self.toggle(panel)

    def scroll_to_top(self):
        """Bring the sidebar's first panel back into view."""
        region = self.region
        yield from self.move(region.x + region.width / 2, region.y + region.height / 2)
        for _ in range(40):
            self.event("WHEELUPMOUSE", "PRESS")
        yield from self.wait(3)


# Modules that hold panels, in the order of registration.
PANELS = (
    "subjects.panel", "presets.panel", "datasets.panels", "importing.panel", "systems.panel", "people.panels", "animating.panel",
    "places.panels", "materials.panel", "exporting.panel",
)  # fmt: skip
HEADER = 28  # pixels from one folded panel to the next
ROWS = ("generate", "person", "presets", "animate", "things", "materials", "dataset", "labels", "import", "export")


def open_panels(*names):
    """Register the sidebar's panels anew: these open, all others closed, as if the user had left them so."""
    found = [sys.modules[f"bl_ext.user_default.simulacra.addon.{name}"].CLASSES for name in PANELS]
    classes = [cls for group in found for cls in group]
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
    for cls in classes:
        always = cls.__name__ in ("SIMULACRA_PT_generate", "SIMULACRA_PT_person", "SIMULACRA_PT_place") and not names
        cls.bl_options = set() if cls.__name__ in names or always else {"DEFAULT_CLOSED"}
        if cls.__name__ == "SIMULACRA_PT_person" and any("_faces_" in name for name in names):
            cls.bl_options = set()
        bpy.utils.register_class(cls)


def run(scenario):
    """Play a scenario, write its verdict and leave Blender."""
    stage = Stage()
    stage.x = stage.y = 50
    steps = scenario(stage)

    def tick():
        try:
            wait = next(steps)
            (PLACE / "heartbeat").write_text(str(time.time()))
            return wait or STEP
        except StopIteration:
            verdict = {"ok": True, "facts": facts}
        except BaseException as error:
            traceback.print_exc()
            subprocess.run(["import", "-window", "root", str(PLACE / "failed.png")], check=False)
            verdict = {"ok": False, "error": f"{type(error).__name__}: {error}", "facts": facts}
        (PLACE / "verdict.json").write_text(json.dumps(verdict, indent=1))
        sys.exit(0 if verdict["ok"] else 1)

    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.system.viewport_aa = "FXAA"  # a processor draws; others draw each frame again and again
    bpy.app.timers.register(tick, first_interval=1.0, persistent=True)  # a scenario may open files
