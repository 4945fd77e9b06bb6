"""Node graphs as Python: what is written builds the same graph again, for every node type of the running Blender."""

import ast
import re

import numpy as np
import pytest

pytest.importorskip("bpy")

HOSTILE = "\"\"\"'); __import__('os').abort() #\n\\\u202e é {x}"


@pytest.fixture
def transpiled(scene):
    """A function that writes a data-block as Python, runs it, and gives the source and what it built."""
    from simulacra.procgen.nodes.transpile.document import transpile

    def run(owner, spec=None):
        source = transpile(owner)
        module = {"__name__": "written"}
        exec(compile(source, "written.py", "exec"), module)
        build = next(module[name] for name in module if name.startswith("build_"))
        return source, build(*([spec(module)] if spec else []))

    return run


def assert_same(original, rebuilt):
    """Two trees are the same in everything, down to the groups that they use."""
    from simulacra.procgen.nodes.transpile.dump import differences, dump

    pairs, names = [(original, rebuilt)], {}
    for one, other in pairs:
        groups = {node.name: node.node_tree for node in other.nodes if getattr(node, "node_tree", None)}
        for node in one.nodes:
            group = getattr(node, "node_tree", None)
            if group and (group, groups[node.name]) not in pairs:
                assert groups[node.name] != group, "the group is the original, not a rebuilt one"
                pairs.append((group, groups[node.name]))
                names[groups[node.name]] = group.name
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    for one, other in pairs:
        assert differences(dump(one), dump(other, names)) == []


def node_types(kind: str) -> list[str]:
    """Every node type that this Blender can add to a tree of a kind."""
    import bpy

    tree, found = bpy.data.node_groups.new("all", kind), []
    for name in sorted(dir(bpy.types)):
        thing = getattr(bpy.types, name)
        if isinstance(thing, type) and issubclass(thing, bpy.types.Node) and not name.startswith(("Compositor", "Texture")):
            try:
                tree.nodes.new(name)
            except RuntimeError:
                continue
            found.append(name)
    bpy.data.node_groups.remove(tree)
    return found


def blocks() -> dict:
    """A data-block of each kind that a node may refer to."""
    import bpy

    obj = bpy.data.objects.new(HOSTILE, None)
    bpy.context.scene.collection.objects.link(obj)
    return {
        "Object": obj, "Material": bpy.data.materials.new("Bark"), "Collection": bpy.data.collections.new("Stones"),
        "Image": bpy.data.images.new("Grain", 8, 4, float_buffer=True), "Text": bpy.data.texts.new("notes"),
        "VectorFont": bpy.data.fonts.load("<builtin>"), "Texture": bpy.data.textures.new("clouds", "CLOUDS"),
        "Scene": bpy.context.scene,
    }  # fmt: skip


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


def shake(node, rng, things):
    """Give a node's settings and free inputs other values; what Blender does not take stays."""
    from simulacra.procgen.nodes.transpile.state import ALIASES, PASSING

    def attempt(owner, prop):
        if prop.identifier in PASSING or (owner.bl_rna.identifier, prop.identifier) in ALIASES or prop.identifier.startswith("bl_") or prop.is_readonly or rng.random() < 0.3:
            return
        value = random_value(prop, getattr(owner, prop.identifier), rng, things)
        if prop.type == "ENUM":
            options = [item.identifier for item in prop.enum_items]
            value = options[rng.integers(len(options))] if options and not prop.is_enum_flag else None
        if value is not None:
            try:
                setattr(owner, prop.identifier, value)
            except (TypeError, ValueError, AttributeError):
                pass

    for prop in node.bl_rna.properties:
        attempt(node, prop)
        if prop.type == "POINTER" and prop.is_readonly and prop.fixed_type.identifier in ("TexMapping", "ImageUser", "ColorMapping"):
            part = getattr(node, prop.identifier)
            for inner in part.bl_rna.properties:
                attempt(part, inner)
    for socket in node.inputs:
        if hasattr(socket, "default_value"):
            attempt(socket, socket.bl_rna.properties["default_value"])
        socket.hide = bool(rng.random() < 0.1)


@pytest.mark.parametrize("kind", ["ShaderNodeTree", "GeometryNodeTree"])
def test_every_node_type_comes_back_with_every_choice(transpiled, kind):
    import bpy

    from simulacra.procgen.nodes.transpile.errors import REFUSED
    from simulacra.procgen.nodes.transpile.state import ALIASES

    rng, things, wrong = np.random.default_rng(7), blocks(), {}
    kinds = node_types(kind)
    assert len(kinds) > 90
    for name in kinds:
        if name in REFUSED:
            continue
        tree = bpy.data.node_groups.new(name, kind)
        nodes = [tree.nodes.new(name)]
        for prop in nodes[0].bl_rna.properties:
            if prop.type == "ENUM" and (name, prop.identifier) not in ALIASES and not prop.is_readonly and not prop.is_enum_flag and not prop.identifier.startswith("bl_"):
                for item in prop.enum_items:
                    node = tree.nodes.new(name)
                    shake(node, rng, things)
                    try:
                        setattr(node, prop.identifier, item.identifier)
                    except TypeError:
                        continue
        try:
            _, rebuilt = transpiled(tree)
            assert_same(tree, rebuilt)
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"[:600]
        bpy.data.node_groups.remove(tree)
    assert wrong == {}
