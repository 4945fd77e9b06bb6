"""The helpers that a written file carries at its top: each is copied there as it stands here, where the file uses it."""

import bpy


def find(sockets, key):
    """The socket of this name (those in use first), identifier or place."""
    named = [socket for socket in sockets if socket.enabled and socket.name == key]
    named += [socket for socket in sockets if socket.identifier == key]
    return named[0] if named else sockets[key]


class Node:
    """A node that is wired: node["Name"] is one of its outputs."""

    def __init__(self, node):
        self.node = node

    def __getitem__(self, key):
        return find(self.node.outputs, key)


def add(tree, kind, inputs=(), at=(0, 0), frame=None, **properties):
    """Add a node, set its properties, then set or link its inputs."""
    made = tree.nodes.new(kind)
    made.parent, made.location_absolute = frame and frame.node, at
    for name, value in properties.items():
        setattr(made, name, value)
    return put(Node(made), dict(inputs))


def put(node, inputs):
    """Set inputs to values, or link them to outputs; a list is links in their order."""
    for key, value in inputs.items():
        target = find(node.node.inputs, key)
        sources = value if isinstance(value, list) else [value]
        if isinstance(sources[0], (Node, bpy.types.NodeSocket)):
            for source in reversed(sources):  # the latest link comes first
                node.node.id_data.links.new(source[0] if isinstance(source, Node) else source, target)
        else:
            target.default_value = value
    return node


def choose(node, name, value, later_name, later_value):
    """Set what Blender 4 keeps as a property and Blender 5 as an input, or under another name."""
    if hasattr(node.node, name):
        setattr(node.node, name, value)
    elif hasattr(node.node, later_name):
        setattr(node.node, later_name, later_value)
    else:
        put(node, {later_name: later_value})


def option(node, name, *values):
    """Set the first of the values that this Blender knows: another release calls the same choice otherwise."""
    known = node.node.bl_rna.properties[name].enum_items.keys()
    setattr(node.node, name, next(value for value in values if value in known))


def items(collection, *rows):
    """Make the items of a node anew from rows (arguments of new, further settings)."""
    collection.clear()
    for arguments, settings in rows:
        item = collection.new(*arguments)
        for name, value in settings.items():
            setattr(item, name, value)


def ramp(colour_ramp, *stops, **properties):
    """Set a colour ramp from stops (place, colour)."""
    for name, value in properties.items():
        setattr(colour_ramp, name, value)
    elements = colour_ramp.elements
    while len(elements) > 1:
        elements.remove(elements[-1])
    while len(elements) < len(stops):
        elements.new(1.0)
    for element, (place, colour) in zip(elements, stops, strict=True):
        element.position, element.color = place, colour


def curve(mapping, index, *points):
    """Set one curve of a mapping from points (x, y, type of handle)."""
    present = mapping.curves[index].points
    while len(present) > 2:
        present.remove(present[1])
    while len(present) < len(points):
        present.new(1.0, 1.0)
    for point, (x, y, handle) in zip(present, points, strict=True):
        point.location, point.handle_type = (x, y), handle
    mapping.update()


def data(kind, name):
    """Something that the nodes refer to by name."""
    found = getattr(bpy.data, kind).get(name)
    if found is None:
        raise KeyError(f"these nodes need {name!r} in bpy.data.{kind}; append it first")
    return found


def image(name, path, colour_space):
    """An image by name, read from its file where this Blender does not have it yet."""
    found = bpy.data.images.get(name)
    if found is None:
        found = bpy.data.images.load(path)
        found.name, found.colorspace_settings.name = name, colour_space
    return found


def drawn_image(name, width, height, colour_space, **properties):
    """A generated image by name, made where this Blender does not have it yet."""
    found = bpy.data.images.get(name)
    if found is None:
        found = bpy.data.images.new(name, width, height)
        for key, value in properties.items():
            setattr(found, key, value)
        found.colorspace_settings.name = colour_space
    return found


def socket(tree, in_out, kind, name, panel=None, **properties):
    """Add a socket to a group's interface."""
    place = tree.interface.new_socket(name, in_out=in_out, socket_type=kind, parent=panel).index
    for key, value in properties.items():  # looked up each time: another subtype is another Python type
        setattr(tree.interface.items_tree[place], key, value)


def panel(tree, name, inside=None, **properties):
    """Add a panel to a group's interface."""
    made = tree.interface.new_panel(name)
    if inside:
        tree.interface.move_to_parent(made, inside, len(inside.interface_items))
    for key, value in properties.items():
        setattr(made, key, value)
    return made


def hide(sockets, *keys):
    """Fold away sockets that are not linked."""
    for key in keys:
        find(sockets, key).hide = True
