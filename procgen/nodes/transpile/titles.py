"""What the variable of a node is called: its label, what it does, or its type."""

from __future__ import annotations

# The commonest sums by their result.
NOUNS = {"ADD": "total", "SUBTRACT": "difference", "MULTIPLY": "product", "DIVIDE": "ratio"}


def title(node) -> tuple[str, ...]:
    """Wishes for a name, best first."""
    label = "" if "~" in node.label else node.label
    return (label, *_does(node), node.bl_label, node.bl_idname)


def _does(node) -> tuple[str, ...]:
    if node.bl_idname in ("ShaderNodeGroup", "GeometryNodeGroup") and node.node_tree:
        return (node.node_tree.name,)
    if hasattr(node, "operation") and node.bl_idname.endswith("Math"):
        if node.bl_idname == "ShaderNodeMath" and node.operation in NOUNS:
            return (NOUNS[node.operation],)
        prefix = {"ShaderNodeMath": "", "ShaderNodeVectorMath": "vector "}.get(node.bl_idname, f"{node.bl_label} ")
        return (prefix + node.operation.lower(),)
    if node.bl_idname == "ShaderNodeMix":
        return ("mix",)
    return ()
