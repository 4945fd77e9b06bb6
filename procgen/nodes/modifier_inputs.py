"""The inputs of a geometry-nodes modifier by the identifier of their socket; the two releases keep them in different places."""

from __future__ import annotations


def inputs_of(modifier) -> dict:
    """The plain values and datablocks that a geometry-nodes modifier gives to its group."""
    if hasattr(modifier, "properties"):
        sockets = modifier.properties.inputs
        names = [prop.identifier for prop in sockets.bl_rna.properties if prop.identifier.startswith("Socket")]
        return {name: getattr(sockets, name).value for name in names if hasattr(getattr(sockets, name), "value")}
    return {name: value for name, value in modifier.items() if name.startswith("Socket") and name.count("_") == 1}


def set_input(modifier, name: str, value) -> None:
    """Give an input of a geometry-nodes modifier a value."""
    if hasattr(modifier, "properties"):
        getattr(modifier.properties.inputs, name).value = value
    else:
        modifier[name] = value


def set_named(modifier, name: str, value) -> None:
    """Set the input that its group calls by this name."""
    set_input(
        modifier, next(item.identifier for item in modifier.node_group.interface.items_tree if item.name == name), value
    )
