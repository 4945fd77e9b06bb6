"""Writes the interface of a node group: its panels and sockets."""

from __future__ import annotations

from .names import Ref
from .state import plain, settings


def write_interface(writer) -> None:
    """Write the panels and sockets in their order; a setting that waits for the nodes is left for later."""
    writer.interface = {}  # place in the list: what was made
    panels = {}
    variable = Ref("tree", writer.scratch)
    parents = {item.parent.index for item in writer.tree.interface.items_tree}
    for item in writer.tree.interface.items_tree:
        inside = {}
        if item.parent.index >= 0:
            inside = {"panel" if item.item_type == "SOCKET" else "inside": panels[item.parent.index]}
        scratch = writer.scratch.interface
        if item.item_type == "PANEL":
            made = scratch.new_panel(item.name)
            if inside:
                parent = inside["inside"].value
                scratch.move_to_parent(made, parent, len(parent.interface_items))
            name = writer.names.take(f"{item.name} panel", "panel") if item.index in parents else ""
            panels[item.index] = Ref(name, made)
            arguments = [variable, item.name]
        else:
            made = scratch.new_socket(
                item.name,
                in_out=item.in_out,
                socket_type=item.socket_type,
                parent=inside["panel"].value if inside else None,
            )
            name = ""
            arguments = [variable, item.in_out, item.socket_type, item.name]
        changed = _settled(writer, item, made)
        helper = "panel" if item.item_type == "PANEL" else "socket"
        writer.write_call(helper, *arguments, made=name, **inside, **changed)


def settle_interface(writer) -> None:
    """Write what could not be set before the nodes were there, as the default of a menu."""
    for item, made in zip(writer.tree.interface.items_tree, writer.scratch.interface.items_tree, strict=False):
        for name, value in settings(item).items():
            aim = writer.wanted(value)
            if hasattr(made, name) and plain(getattr(made, name)) != (aim.value if isinstance(aim, Ref) else aim):
                writer.assign(Ref(f"tree.interface.items_tree[{item.index}]", made), name, aim)


def _settled(writer, item, made) -> dict:
    """The settings in which an item differs from a new one, made on it, in an order that works."""
    found, index = {}, made.index
    for _ in range(3):
        moved = False
        for name, value in sorted(settings(item).items(), key=lambda row: row[0] in ("default_value", "default_input")):
            aim = writer.wanted(value)
            wish = aim.value if isinstance(aim, Ref) else aim
            made = writer.scratch.interface.items_tree[index]  # another subtype is another Python type
            if not hasattr(made, name) or plain(getattr(made, name)) == wish:
                continue
            try:
                setattr(made, name, wish)
            except (TypeError, AttributeError, ValueError):
                continue
            found.pop(name, None)
            found[name], moved = aim, True
        if not moved:
            break
    return found
