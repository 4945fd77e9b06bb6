"""What cannot be written as Python, and why."""


class TranspileError(ValueError):
    """A graph that cannot be written; the message names what and why in one line."""


# Node types that are refused, with the reason.
REFUSED = {
    "ShaderNodeScript": "its sockets come from a script that has to be compiled",
    "GeometryNodeClosureInput": "its zone is an unfinished experiment of Blender 4.5; Blender 5 has NodeClosureInput",
}
