"""The 3D views of the window: they show what was made, and tell where the mouse points. Without a window nothing happens."""

from __future__ import annotations

import bpy
from bpy_extras import view3d_utils
from mathutils import Vector

FARTHEST = 100.0  # m; what is dropped toward the horizon lands no farther off


def _views(context):
    """Area, region and view of every 3D view of the window that is no look through a camera."""
    if bpy.app.background or context.window is None:
        return
    for area in context.window.screen.areas:
        region = next((region for region in area.regions if region.type == "WINDOW"), None)
        if area.type == "VIEW_3D" and region is not None:
            view = area.spaces.active.region_3d
            if view is not None and view.view_perspective != "CAMERA":
                yield area, region, view


def frame(context, objects) -> None:
    """Let the 3D views show objects whole, from where they look."""
    chosen, active = list(context.selected_objects), context.view_layer.objects.active
    shown = [obj for obj in objects if obj.name in context.view_layer.objects and obj.visible_get()]
    for area, region, _ in list(_views(context)) if shown else ():
        for obj in chosen:
            obj.select_set(False)
        for obj in shown:
            obj.select_set(True)
        with context.temp_override(window=context.window, area=area, region=region):
            bpy.ops.view3d.view_selected(use_all_regions=False)
        for obj in shown:
            obj.select_set(False)
        for obj in chosen:
            obj.select_set(True)
    context.view_layer.objects.active = active


def stand(context, matrix) -> None:
    """Let the 3D views look from a camera's (4, 4) place in the world, without becoming its picture."""
    for _, _, view in _views(context):
        view.view_perspective = "PERSP"
        view.view_matrix = matrix.inverted()


def look_through_camera(context) -> None:
    """Let the 3D views look through the scene's camera."""
    for _, _, view in list(_views(context)):
        view.view_perspective = "CAMERA"


def under_mouse(context, event) -> Vector:
    """The point of the scene under the mouse, else of the floor at the height of the 3D cursor, else beside the cursor.

    Outside a 3D view it is the 3D cursor. Metres, world.
    """
    cursor = context.scene.cursor.location.copy()
    region, space = context.region, context.space_data
    if region is None or region.type != "WINDOW" or space is None or space.type != "VIEW_3D":
        return cursor
    return under_point(context, region, space.region_3d, (event.mouse_region_x, event.mouse_region_y))


def under_point(context, region, view, point: tuple[float, float]) -> Vector:
    """The same for a point of a region, in pixels from its lower left corner."""
    cursor = context.scene.cursor.location.copy()
    origin = view3d_utils.region_2d_to_origin_3d(region, view, point)
    direction = view3d_utils.region_2d_to_vector_3d(region, view, point).normalized()
    hit, location, *_ = context.scene.ray_cast(context.evaluated_depsgraph_get(), origin, direction)
    if hit:
        return location
    if abs(direction.z) > 1e-6:
        far = (cursor.z - origin.z) / direction.z
        if 0.0 < far < FARTHEST:
            return origin + far * direction
    return view3d_utils.region_2d_to_location_3d(region, view, point, cursor)
