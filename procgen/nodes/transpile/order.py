"""The order in which the nodes of a tree read well: what a node needs stands just before it."""

from __future__ import annotations


def in_reading_order(tree, into: dict[int, list]) -> tuple[list, list]:
    """Frames from the outermost in, and all other nodes, each after those that it is linked to where no loop forbids it.

    The input of a zone comes after what flows into it and before the zone's output.
    """
    frames = [node for node in tree.nodes if node.bl_idname == "NodeFrame"]
    others = [node for node in tree.nodes if node.bl_idname != "NodeFrame"]
    frames.sort(key=_depth)
    opened = {node.paired_output.name: node for node in others if getattr(node, "paired_output", None)}
    feeding = {link.from_node.name for link in tree.links}

    def needs(node) -> list:
        found = [opened[node.name]] if node.name in opened else []
        for socket in node.inputs:
            found += [link.from_node for link in into.get(socket.as_pointer(), ())]
        return found

    # The author's own order where it does, as in trees that a script has built.
    numbers = {node.name: number for number, node in enumerate(others)}
    if all(numbers[need.name] < numbers[node.name] for node in others for need in needs(node)):
        return frames, others
    ordered, seen = [], set()
    for root in [node for node in others if node.name not in feeding] + others:
        stack = [(root, iter(needs(root)))] if root.name not in seen else []
        seen.add(root.name)
        while stack:
            node, waiting = stack[-1]
            following = next((other for other in waiting if other.name not in seen), None)
            if following is None:
                ordered.append(node)
                stack.pop()
            else:
                seen.add(following.name)
                stack.append((following, iter(needs(following))))
    return frames, ordered


def _depth(node) -> int:
    depth = 0
    while node.parent:
        node, depth = node.parent, depth + 1
    return depth
