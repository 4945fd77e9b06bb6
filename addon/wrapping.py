"""Long texts in panels: in lines that fit the region that is drawn."""

import textwrap

import bpy

LETTER = 0.56  # mean width of a letter as a share of the font's size
EDGES = 64  # pixels at scale 1 that a box, its icon and the scroll bar take
WITHOUT_REGION = 38  # letters of a line where nothing is drawn


def letters() -> int:
    """How many letters a line of the region holds that is drawn now."""
    context = bpy.context
    if context.region is None or not context.region.width:
        return WITHOUT_REGION
    points = context.preferences.ui_styles[0].widget.points * LETTER
    return max(int((context.region.width / context.preferences.system.ui_scale - EDGES) / points), 16)


def draw_wrapped(layout, text: str, icon: str = "NONE", most: int = 8) -> None:
    """Labels below each other that hold a text, the icon before the first; what is beyond ``most`` lines is left out."""
    column = layout.column(align=True)
    column.scale_y = 0.8
    for index, line in enumerate(textwrap.wrap(text, letters(), max_lines=most, placeholder=" …")):
        column.label(text=line, icon=icon if index == 0 or icon == "NONE" else "BLANK1", translate=False)
