"""The carpenter of the sets: boxes, tubes, profiles and sheets that are gathered by surface and become one object each."""

from __future__ import annotations

from collections import defaultdict

import bpy
import numpy as np

from simulacra.procgen.blender import mesh_object, new_material
from simulacra.procgen.nodes.shader import Nodes
from simulacra.procgen.places.scatter import scatter, upright
from simulacra.procgen.places.site import Site
from simulacra.procgen.places.things import asset_object, thing_asset, thing_spec

# Roughness, metallic, and the noise on colour: (size of its cells along x, y and z in metres, strength), of a surface.
SURFACES = {
    "matte": (0.85, 0.0, (0.25, 0.25, 0.25), 0.10), "satin": (0.42, 0.0, (0.4, 0.4, 0.4), 0.05),
    "gloss": (0.12, 0.0, (0.6, 0.6, 0.6), 0.03), "metal": (0.3, 1.0, (0.3, 0.3, 0.3), 0.08),
    "wood": (0.45, 0.0, (0.018, 0.018, 0.45), 0.45), "boards": (0.35, 0.0, (0.9, 0.03, 0.5), 0.45),
    "fabric": (0.95, 0.0, (0.012, 0.012, 0.012), 0.35), "wall": (0.8, 0.0, (0.7, 0.7, 0.7), 0.06),
    "facade": (0.85, 0.0, (0.5, 0.5, 0.5), 0.10), "stone": (0.7, 0.0, (0.09, 0.09, 0.09), 0.35), "asphalt": (0.75, 0.0, (0.03, 0.03, 0.03), 0.35),
    "lawn": (0.95, 0.0, (0.35, 0.35, 0.35), 0.55), "leaves": (0.6, 0.0, (0.05, 0.05, 0.05), 0.9),
}  # fmt: skip
SEGMENTS = 20  # of a tube


def painted(name: str):
    """The material of a surface: the mesh's own colour under the surface's noise."""
    roughness, metallic, cells, strength = SURFACES[name]
    material, tree = new_material(f"Set {name}")
    g = Nodes(tree)
    place = g.vector_math("DIVIDE", g.add("ShaderNodeNewGeometry")["Position"], cells)
    grain = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 1.0, "Detail": 3.0, "Roughness": 0.6}).out(0)
    shade = g.map_range(grain, 0.25, 0.75, 1 - strength, 1 + strength)
    patch = g.add(
        "ShaderNodeTexNoise", {"Scale": 0.9, "Detail": 2.0, "Vector": g.add("ShaderNodeNewGeometry")["Position"]}
    )
    shade = g.math("MULTIPLY", shade, g.map_range(patch.out(0), 0.3, 0.7, 1 - strength / 3, 1 + strength / 3))
    colour = g.vector_math("SCALE", g.attribute("colour"), Scale=shade)
    inputs = {"Base Color": colour, "Roughness": roughness, "Metallic": metallic}
    g.surface(g.add("ShaderNodeBsdfPrincipled", inputs).out())
    return material


def glowing():
    """The material of what shines: the mesh's own colour as radiance."""
    material, tree = new_material("Set glow")
    g = Nodes(tree)
    g.surface(g.add("ShaderNodeEmission", {"Color": g.attribute("colour"), "Strength": 1.0}).out())
    return material


def pane():
    """Window glass seen from outside: dark, and a mirror at grazing angles."""
    material, tree = new_material("Set pane")
    g = Nodes(tree)
    inputs = {"Base Color": g.attribute("colour"), "Roughness": 0.04, "IOR": 1.7}
    g.surface(g.add("ShaderNodeBsdfPrincipled", inputs).out())
    return material


def canvas():
    """A picture on a wall: shapes of many colours."""
    material, tree = new_material("Set canvas")
    g = Nodes(tree)
    place = g.add("ShaderNodeNewGeometry")["Position"]
    tint = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 3.5, "Detail": 5.0, "Roughness": 0.55}).out(1)
    cell = g.add("ShaderNodeTexVoronoi", {"Vector": place, "Scale": 7.0})["Color"]
    colour = g.mix(0.35, tint, cell)
    colour = g.vector_math("MULTIPLY", g.vector_math("MULTIPLY", colour, colour), g.attribute("colour"))
    g.surface(g.add("ShaderNodeBsdfPrincipled", {"Base Color": colour, "Roughness": 0.5}).out())
    return material


def cloth():
    """A thin curtain that lets light through."""
    material, tree = new_material("Set cloth")
    g = Nodes(tree)
    diffuse = g.add("ShaderNodeBsdfDiffuse", {"Color": g.attribute("colour")}).out()
    through = g.add("ShaderNodeBsdfTranslucent", {"Color": g.attribute("colour")}).out()
    g.surface(g.add("ShaderNodeMixShader", {0: 0.45, 1: diffuse, 2: through}).out())
    return material


SPECIAL = {"glow": glowing, "pane": pane, "canvas": canvas, "cloth": cloth}


class Set:
    """A stage that is being built: z is up, the floor is at 0, and who looks stands at x = y = 0."""

    def __init__(self, seed: int):
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self.site = Site(None, "Set")
        self.parts: dict[tuple[str, float], list] = defaultdict(list)
        self.portals: list[tuple] = []

    def add(self, surface: str, vertices, faces, colour, bevel: float = 0.0) -> None:
        """Gather vertices (n, 3) m and faces, lists of places, of one colour (3,)."""
        self.parts[surface, bevel].append((np.asarray(vertices, float), faces, np.asarray(colour, float)))

    def box(self, surface: str, centre, size, colour, yaw: float = 0.0, bevel: float | None = None) -> None:
        """A box of a size (3,) m around its centre; edges are rounded as far as it is thick."""
        size = np.abs(np.asarray(size, float))
        half = size / 2
        corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
        faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
        if bevel is None:
            bevel = 0.006
        bevel = bevel if size.min() > 2.5 * bevel else 0.0
        self.add(surface, turned(corners, yaw) + np.asarray(centre, float), faces, colour, bevel)

    def tube(self, surface: str, base, top, radius, colour, top_radius=None, bevel: float = 0.0) -> None:
        """A tube or cone with closed ends between two points (3,) m."""
        base, top = np.asarray(base, float), np.asarray(top, float)
        axis = (top - base) / max(np.linalg.norm(top - base), 1e-9)
        side = np.cross(axis, [1.0, 0, 0] if abs(axis[0]) < 0.9 else [0, 1.0, 0])
        side /= np.linalg.norm(side)
        other = np.cross(axis, side)
        angle = np.arange(SEGMENTS) * 2 * np.pi / SEGMENTS
        ring = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
        top_radius = radius if top_radius is None else top_radius
        vertices = np.concatenate([base + ring * radius, top + ring * top_radius])
        k = SEGMENTS
        faces = [(i, (i + 1) % k, (i + 1) % k + k, i + k) for i in range(k)]
        faces += [tuple(range(k - 1, -1, -1)), tuple(range(k, 2 * k))]
        self.add(surface, vertices, faces, colour, bevel)

    def ball(self, surface: str, centre, radius, colour, flat: float = 1.0) -> None:
        """A ball, or a flattened one."""
        rings, k = 9, SEGMENTS
        polar = np.linspace(0, np.pi, rings)
        angle = np.arange(k) * 2 * np.pi / k
        unit = np.stack([np.sin(polar)[:, None] * np.cos(angle), np.sin(polar)[:, None] * np.sin(angle),
                         np.cos(polar)[:, None] * flat * np.ones(k)], -1).reshape(-1, 3)  # fmt: skip
        faces = [
            (i * k + j, (i + 1) * k + j, (i + 1) * k + (j + 1) % k, i * k + (j + 1) % k)
            for i in range(rings - 1) for j in range(k)
        ]  # fmt: skip
        self.add(surface, unit * radius + np.asarray(centre, float), faces, colour)

    def profile(self, surface: str, outline, low: float, high: float, place, yaw: float, colour, bevel: float = 0.0):
        """An outline (k, 2) in x and z, drawn out along y from low to high, turned and put in its place (3,) m."""
        outline = np.asarray(outline, float)
        k = len(outline)
        near = np.stack([outline[:, 0], np.full(k, low), outline[:, 1]], 1)
        far = np.stack([outline[:, 0], np.full(k, high), outline[:, 1]], 1)
        faces = [(i, i + k, (i + 1) % k + k, (i + 1) % k) for i in range(k)]
        faces += [tuple(range(k)), tuple(range(2 * k - 1, k - 1, -1))]
        self.add(surface, turned(np.concatenate([near, far]), yaw) + np.asarray(place, float), faces, colour, bevel)

    def sheet(self, surface: str, start, end, low: float, high: float, colour, wave: float = 0.0, folds: float = 9.0):
        """A hanging sheet between two points (2,) of the plan, in folds a metre."""
        start, end = np.asarray(start, float), np.asarray(end, float)
        length = np.linalg.norm(end - start)
        along, count = (end - start) / length, max(int(length * folds * 8), 2)
        t = np.linspace(0, length, count)
        push = wave * (np.sin(t * folds * 2 * np.pi) + 0.5 * np.sin(t * folds * 3.7 + 1))
        plan = start + t[:, None] * along + push[:, None] * np.array([-along[1], along[0]])
        vertices = np.concatenate([np.column_stack([plan, np.full(count, z)]) for z in (low, high)])
        self.add(surface, vertices, [(i, i + 1, i + 1 + count, i + count) for i in range(count - 1)], colour)

    def wall(self, surface: str, start, end, low: float, high: float, colour, openings=(), thick: float = 0.25) -> None:
        """A wall between points (2,) of the plan, its face on the line and its thickness to the right of the way;
        ``openings`` are (from, to, low, high) m along it and above the floor."""
        start, end = np.asarray(start, float), np.asarray(end, float)
        length = np.linalg.norm(end - start)
        along = (end - start) / length
        right = np.array([along[1], -along[0]])
        yaw = np.arctan2(along[1], along[0])
        us = sorted({0.0, length, *(u for o in openings for u in o[:2])})
        for u0, u1 in zip(us, us[1:], strict=False):
            holes = sorted((o[2], o[3]) for o in openings if o[0] < (u0 + u1) / 2 < o[1])
            z = low
            for bottom, top in [*holes, (high, high)]:
                if bottom - z > 1e-3:
                    middle = start + along * (u0 + u1) / 2 + right * thick / 2
                    self.box(surface, (*middle, (z + bottom) / 2), (u1 - u0, thick, bottom - z), colour, yaw, 0.0)
                z = top

    def thing(self, name: str, places, seed: int, variants: int = 1, scale=(0.9, 1.1), detail: float = 0.6, **fixed):
        """Plants and stones of the project's own places, at places (n, 3) m."""
        places = np.asarray(places, float).reshape(-1, 3)
        sources = []
        for number in range(variants):
            asset = thing_asset(name, thing_spec(name, seed + number, fixed), detail)
            obj = asset_object(self.site, f"{name} {seed + number}", asset)
            self.site.add_source(obj, False)
            sources.append(obj)
        rng = np.random.Generator(np.random.PCG64(seed))
        matrices = upright(places, rng.uniform(0, 2 * np.pi, len(places)), rng.uniform(*scale, len(places)))
        scatter(
            self.site, f"{name} {seed}", "plant", "life", sources, matrices, rng.integers(variants, size=len(places))
        )

    def portal(self, centre, size, yaw: float) -> None:
        """An opening (width, height) m through which the sky lights a room; yaw is where its inner side looks."""
        self.portals.append((centre, size, yaw))

    def finish(self) -> None:
        """Make the objects."""
        for (surface, bevel), pieces in self.parts.items():
            shift, vertices, faces, colours = 0, [], [], []
            for points, corners, colour in pieces:
                vertices.append(points)
                faces += [tuple(index + shift for index in face) for face in corners]
                colours.append(np.broadcast_to(np.append(colour, 1.0), (len(points), 4)))
                shift += len(points)
            attributes = {"colour": ("FLOAT_COLOR", "POINT", np.concatenate(colours))}
            obj = mesh_object(f"Set {surface} {bevel}", np.concatenate(vertices), faces, part=0, attributes=attributes,
                              smooth=bevel > 0 or surface in ("cloth",))  # fmt: skip
            obj.data.materials.append(SPECIAL[surface]() if surface in SPECIAL else painted(surface))
            if bevel:
                modifier = obj.modifiers.new("Edges", "BEVEL")
                modifier.width, modifier.segments, modifier.limit_method = bevel, 2 if bevel < 0.02 else 4, "ANGLE"
                modifier.use_clamp_overlap, modifier.harden_normals = False, True
            self.site.collection.objects.link(obj)
        for number, (centre, size, yaw) in enumerate(self.portals):
            data = bpy.data.lights.new(f"Portal {number}", "AREA")
            data.shape, data.size, data.size_y = "RECTANGLE", size[0], size[1]
            data.cycles.is_portal = True
            obj = bpy.data.objects.new(data.name, data)
            obj.location = centre
            obj.rotation_euler = (np.pi / 2, 0, yaw)
            self.site.collection.objects.link(obj)


def turned(points, yaw: float) -> np.ndarray:
    """Points (n, 3) turned around z."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.asarray(points, float) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])


def tint(rng, low: float = 0.08, high: float = 0.6, saturation: float = 0.5) -> np.ndarray:
    """A colour (3,) of random hue, most of them muted and warm."""
    hue = 1 + 0.6 * saturation * rng.random() ** 1.5 * np.cos(rng.uniform(0, 2 * np.pi) + np.array([0, 2.094, 4.189]))
    return np.clip(hue * rng.uniform(low, high) * np.array([1.05, 1.0, 0.93]), 0.01, 0.9)
