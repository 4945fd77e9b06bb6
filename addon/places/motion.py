"""Moves what moves by a law of its own (waves, jellyfish) when the frame changes; laws are known until the file is closed."""

from __future__ import annotations

import bpy
import numpy as np

from ...procgen.blender import set_attribute

_laws: dict[
    int, list[tuple[str, object]]
] = {}  # by a place's number: an object's name and its mesh at a time in seconds


def learn(number: int, laws) -> None:
    """Keep the laws of a place, (object, law) each, in place of those it had."""
    _laws.pop(number, None)
    if laws:
        _laws[number] = [(obj.name_full, law) for obj, law in laws]


def is_known(number: int) -> bool:
    """Whether a place's laws are known."""
    return number in _laws


@bpy.app.handlers.persistent
def on_frame(scene, *_) -> None:
    """Put every object to the moment of the frame; objects are found by name, for an undo leaves no other hold on them."""
    seconds = scene.frame_current_final / (scene.render.fps / scene.render.fps_base)
    for laws in _laws.values():
        for name, law in laws:
            obj = scene.objects.get(name)
            if obj is not None:
                show(obj.data, law(seconds))


def show(data: bpy.types.Mesh, mesh) -> None:
    """Give a mesh the vertices and attributes of a moment."""
    if len(data.vertices) != len(mesh.vertices):
        return  # another object of that name
    data.vertices.foreach_set("co", mesh.vertices.astype(np.float32).ravel())
    for name, values in mesh.attributes.items():
        if name in data.attributes and data.attributes[name].data_type in ("FLOAT", "FLOAT_VECTOR"):
            set_attribute(data, name, data.attributes[name].data_type, "POINT", values)
    data.update()


@bpy.app.handlers.persistent
def forget(*_) -> None:
    """Another file is open."""
    _laws.clear()


def register() -> None:
    """Listen to the frame."""
    bpy.app.handlers.frame_change_post.append(on_frame)
    bpy.app.handlers.load_pre.append(forget)


def unregister() -> None:
    """Stop listening."""
    bpy.app.handlers.load_pre.remove(forget)
    bpy.app.handlers.frame_change_post.remove(on_frame)
    forget()
