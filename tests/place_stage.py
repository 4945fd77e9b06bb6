"""A small place whose every motion is known in closed form: ground, swaying crowd, a thing that is carried, a sheet of waves."""

import numpy as np

SWAY = 0.5  # metres at the top of a stalk
BALL, RADIUS = np.array([0.5, 3.5, 1.2]), 0.6  # metres
AWAY = np.array([0.06, 0.02, 0.0])  # metres a frame that the ball is carried


def wave_height(x, seconds):
    """Height of the sheet of waves at x metres."""
    return 0.15 * np.sin(2 * x + 3 * seconds)


def stage_shot():
    """A shot of middling noise."""
    from simulacra.procgen.places.shot import sample_shot

    return sample_shot(np.random.Generator(np.random.PCG64(np.random.SeedSequence(3))))


class Law:
    """A sheet of waves at a time."""

    def __init__(self, rest):
        self.rest = rest

    def __call__(self, seconds):
        points = self.rest.vertices
        return self.rest.moved(np.stack([0 * points[:, 0], 0 * points[:, 0], wave_height(points[:, 0], seconds)], 1))


def build_stage(frames=3, eyes=1, resolution=(96, 64), moves=True):
    """The site, built in the open scene."""
    import bpy

    from simulacra.procgen.geometry.primitives import grid, icosphere, tube
    from simulacra.procgen.places.scatter import scatter, upright
    from simulacra.procgen.places.shot import Way, build_cameras
    from simulacra.procgen.places.site import Site, mesh_object
    from simulacra.procgen.places.wind import add_wind

    site = Site(None)
    rng = np.random.default_rng(4)
    site.link(mesh_object("Ground", grid(12, 12, rng.uniform(0, 0.3, (12, 12)), 40.0)), "terrain", "terrain")
    stalk = tube(np.array([[0, 0, 0], [0, 0, 0.7], [0, 0, 1.4]]), [0.12, 0.1, 0.07], 7)
    stalk = stalk.with_attributes(sway=SWAY * stalk.vertices[:, 2], phase=rng.random(len(stalk.vertices)) * 0.1)
    variants = [
        site.add_source(mesh_object(f"stalk {n}", stalk.transformed(np.eye(3) * (1 + 0.3 * n))), moves)
        for n in range(2)
    ]
    if moves:
        for variant in variants:
            add_wind(variant, 8.0, 0.7)
    points = np.column_stack([rng.uniform(-4, 4, 40), rng.uniform(2, 12, 40), np.zeros(40)])
    matrices = upright(points, rng.uniform(0, 6.28, 40), rng.uniform(0.6, 1.4, 40))
    scatter(site, "Stalks", "tree", "life", variants, matrices, rng.integers(2, size=40))
    ball = mesh_object("Ball", icosphere(4, RADIUS))
    ball.location = BALL
    if moves:
        for frame in range(-1, frames + 1):
            ball.location = BALL + frame * AWAY
            ball.keyframe_insert("location", frame=frame)
    site.link(ball, "fish", "life")
    sheet = grid(40, 40, 0.0, 4.0).moved([-2.5, 4.5, 0.8])
    water = site.link(mesh_object("Sheet", sheet), "water", "water", moves=moves)
    if moves:
        site.laws.append((water, Law(sheet)))
    shot = stage_shot()
    step = np.arange(frames)[:, None] * (np.array([[0.05, 0.03, 0.01]]) if moves else 0.08)
    eyes_at = np.array([[0.0, -1.0, 1.9]]) + step
    forward = np.array([[0.05, 1.0, -0.12]]) / np.linalg.norm([0.05, 1.0, -0.12])
    forward = np.repeat(forward, frames, 0)
    right = np.cross(forward, [0, 0, 1.0])
    way = Way(eyes_at, forward, right / np.linalg.norm(right, axis=1, keepdims=True))
    build_cameras(site, shot, way, eyes, 1000.0)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    site.collection.objects.link(sun)
    return site, shot
