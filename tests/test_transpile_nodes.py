"""Every type of node and interface socket comes back from the transpiler with every choice it has."""

import numpy as np
import pytest
from node_graphs import HOSTILE, assert_same, blocks, group

pytest.importorskip("bpy")


def node_types(kind: str) -> list[str]:
    """Every node type that this Blender can add to a tree of a kind."""
    import bpy

    tree, found = bpy.data.node_groups.new("all", kind), []
    for name in sorted(dir(bpy.types)):
        thing = getattr(bpy.types, name)
        if (
            isinstance(thing, type)
            and issubclass(thing, bpy.types.Node)
            and not name.startswith(("Compositor", "Texture"))
        ):
            try:
                tree.nodes.new(name)
            except RuntimeError:
                continue
            found.append(name)
    bpy.data.node_groups.remove(tree)
    return found


def random_value(prop, now, rng, things):
    """Another value for a property; None where there is none to choose."""
    if prop.type == "BOOLEAN":
        return not now if not prop.is_array else [not value for value in now]
    if prop.type in ("INT", "FLOAT"):
        low, high = max(prop.hard_min, -50), min(prop.hard_max, 50)
        values = rng.uniform(low, high, len(now) if prop.is_array else 1)
        values = [float(value) if prop.type == "FLOAT" else int(np.ceil(value)) for value in values]
        return values if prop.is_array else values[0]
    if prop.type == "STRING":
        return HOSTILE if rng.random() < 0.5 else "plain words"
    if prop.type == "POINTER":
        kind = prop.fixed_type.identifier
        return things.get(kind)
    return None


def shake_settings(owner, rng, things, only=None):
    """Give the settings of a struct other values; what Blender does not take stays."""
    from simulacra.procgen.nodes.transpile.state import ALIASES, PASSING

    for prop in owner.bl_rna.properties:
        name = prop.identifier
        passed = (
            name in PASSING or (owner.bl_rna.identifier, name) in ALIASES or name.startswith("bl_") or prop.is_readonly
        )
        if passed or (only and name not in only) or rng.random() < 0.3:
            continue
        value = random_value(prop, getattr(owner, name), rng, things)
        if prop.type == "ENUM":
            options = [item.identifier for item in prop.enum_items]
            value = options[rng.integers(len(options))] if options and not prop.is_enum_flag else None
        if value is not None and name not in ("socket_type", "subtype", "dimensions"):
            try:
                setattr(owner, name, value)
            except (TypeError, ValueError, AttributeError):
                pass


def shake(node, rng, things):
    """Give a node's settings and free inputs other values."""
    shake_settings(node, rng, things)
    for prop in node.bl_rna.properties:
        if (
            prop.type == "POINTER"
            and prop.is_readonly
            and prop.fixed_type.identifier in ("TexMapping", "ImageUser", "ColorMapping")
        ):
            shake_settings(getattr(node, prop.identifier), rng, things)
    for socket in node.inputs:
        shake_settings(socket, rng, things, only={"default_value"})
        socket.hide = bool(rng.random() < 0.1)


def in_every_way(tree, name: str, rng, things):
    """Add a node type once for each choice of each of its settings, all else at random."""
    from simulacra.procgen.nodes.transpile.state import ALIASES

    first = tree.nodes.new(name)
    for prop in first.bl_rna.properties:
        passed = prop.is_readonly or prop.is_enum_flag if prop.type == "ENUM" else True
        if passed or prop.identifier.startswith("bl_") or (name, prop.identifier) in ALIASES:
            continue
        for item in prop.enum_items:
            node = tree.nodes.new(name)
            shake(node, rng, things)
            try:
                setattr(node, prop.identifier, item.identifier)
            except TypeError:  # a choice that another setting rules out
                continue


@pytest.mark.parametrize("kind", ["ShaderNodeTree", "GeometryNodeTree"])
def test_every_node_type_comes_back_with_every_choice(transpiled, kind):
    import bpy

    from simulacra.procgen.nodes.transpile.errors import REFUSED, TranspileError

    rng, things, wrong = np.random.default_rng(7), blocks(), {}
    kinds = node_types(kind)
    if kind == "GeometryNodeTree":
        kinds = sorted(set(kinds) - set(node_types("ShaderNodeTree")))
    assert len(kinds) > 90
    for name in kinds:
        tree = bpy.data.node_groups.new(name, kind)
        if name in REFUSED:
            tree.nodes.new(name)
            with pytest.raises(TranspileError, match=name):
                transpiled(tree)
            continue
        in_every_way(tree, name, rng, things)
        try:
            _, rebuilt = transpiled(tree)
            assert_same(tree, rebuilt)
        except Exception as error:  # all that is wrong is told at once
            wrong[name] = f"{type(error).__name__}: {error}"[:600]
        bpy.data.node_groups.remove(tree)
    assert wrong == {}


@pytest.mark.parametrize("kind", ["ShaderNodeTree", "GeometryNodeTree"])
def test_every_type_of_interface_socket_comes_back(transpiled, kind):
    """Every socket type with every subtype and number of dimensions, in panels, and all else at random."""
    import bpy

    rng, things = np.random.default_rng(5), blocks()
    tree = group("Sockets", kind)
    face, kinds = (
        tree.interface,
        [item.identifier for item in bpy.types.NodeTreeInterfaceSocket.bl_rna.properties["socket_type"].enum_items],
    )
    kinds += [f"NodeSocket{name}" for name in ("Float", "Int", "Vector", "String", "Color", "Bool", "Menu", "Object", "Image", "Shader", "Geometry",
              "Rotation", "Matrix", "Material", "Collection", "Texture", "Bundle", "Closure", "IntVector", "Font")]  # fmt: skip
    panels, made = [face.new_panel(name) for name in ("One", HOSTILE[:20])], 0
    for name in dict.fromkeys(kinds):
        for number in range(12):
            try:
                place = face.new_socket(f"{name} {number}", in_out=("INPUT", "OUTPUT")[number % 2], socket_type=name,
                                        parent=panels[number] if number < 2 else None).index  # fmt: skip
            except (TypeError, RuntimeError):  # not of this kind of tree
                break
            for setting, values in (("dimensions", (2, 3, 4)), ("subtype", None)):
                item = face.items_tree[place]
                if hasattr(item, setting):
                    options = values or [option.identifier for option in item.bl_rna.properties[setting].enum_items]
                    try:
                        setattr(item, setting, options[number % len(options)])
                    except (TypeError, ValueError):
                        pass
            shake_settings(face.items_tree[place], rng, things)
            made += 1
    assert made > 60
    _, rebuilt = transpiled(tree)
    assert_same(tree, rebuilt)
