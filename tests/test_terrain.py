"""Ground, its mesh for a camera, caves and rocks: what must be true of any of them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import trimesh

from simulacra.procgen import registry
from simulacra.procgen.geometry.mesh import Mesh
from simulacra.procgen.params import child
from simulacra.procgen.places.terrain import erosion, ground, quadtree, solids
from simulacra.procgen.places.terrain.catalogue import TERRAIN
from simulacra.procgen.places.terrain.cave_mesh import cave_mesh
from simulacra.procgen.places.terrain.caves import RELIEF, build_cave
from simulacra.procgen.places.terrain.fields import Grid, plane, waves
from simulacra.procgen.places.terrain.rivers import meander, near_curve
from simulacra.procgen.places.terrain.spec import KINDS, sample_terrain
from simulacra.procgen.places.terrain.view_mesh import view_mesh

THINGS = [generator.name for generator in TERRAIN]


@cache
def built(kind: str, seed: int = 1, count: int = 256):
    """A ground on a coarse base grid."""
    terrain = sample_terrain(child(seed, "terrain"), {"kind": kind})
    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr(ground, "COUNT", count)
        patched.setattr(ground, "DROPS", 4000)
        patched.setattr(ground, "FIRST", count // 8)
        return ground.build_ground(terrain)


def spread(size: float, count: int = 1500) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1.5, 1.5, (count, 2)) * size


@pytest.mark.parametrize("kind", KINDS)
def test_ground_is_defined_far_beyond_its_rim_and_has_no_steps(kind):
    """Heights are finite, smooth, and differ no more across the rim than within; masks are shares."""
    land = built(kind)
    points = spread(land.size)
    height, masks = land.sample(points, 2.0)
    assert np.isfinite(height).all()
    assert set(masks) == set(ground.MASKS)
    assert all((0 <= values).all() and (values <= 1).all() for values in masks.values())
    assert np.array_equal(height, land.height(points, 2.0))
    # A tenth of the step, a tenth of the rise: no jumps, inside, outside or on the rim.
    edge = points.copy()
    edge[:, 0] = np.where(points[:, 0] > 0, land.size / 2, -land.size / 2)
    for place in (points, edge):
        rises = [
            np.abs(land.height(place + (step, 0), 5.0) - land.height(place - (step, 0), 5.0)) for step in (1e-2, 1e-3)
        ]
        assert (rises[1] <= 2e-3 * 40 + 1e-9).all()
        assert np.median(rises[1]) <= 0.13 * np.median(rises[0]) + 1e-6


@pytest.mark.parametrize("kind", ["mountain", "canyon", "coast", "glacier", "reef"])
def test_the_same_terrain_is_the_same_ground(kind):
    terrain = built(kind).terrain
    again = built.__wrapped__(kind)
    assert again.terrain == terrain
    assert np.array_equal(again.grid.values, built(kind).grid.values)
    assert not np.array_equal(built.__wrapped__(kind, 2).grid.values, again.grid.values)


def test_kinds_are_what_they_are_called():
    """Each by its own mark: water, walls, slip faces, snow, a crater, a cut river."""
    walls = {kind: np.percentile(built(kind).slope(spread(built(kind).size) / 3), 97) for kind in KINDS}
    assert min(walls[kind] for kind in ("mountain", "canyon", "mesa")) > 0.7 > 0.3 > walls["plain"]
    dunes = built("dunes").slope(spread(2000) / 3, 0.5)
    assert 0.4 < np.percentile(dunes, 96) < 0.95  # sand rests at 0.62
    for kind in ("coast", "islands", "river_valley"):
        height = built(kind).height(spread(built(kind).size) / 3)
        assert (built(kind).water_level == 0 and 0.02 < (height < 0).mean() < 0.98) or kind == "river_valley"
    for kind in ("sea_floor", "reef"):
        assert built(kind).height(spread(built(kind).size)).max() < 0
    assert built("glacier").masks(spread(built("glacier").size))["snow"].mean() > 0.6
    volcano = built("volcano")
    ring = volcano.size * 0.05 * np.stack([np.cos(np.arange(24)), np.sin(np.arange(24))], 1)
    assert volcano.height(np.zeros((1, 2)))[0] < volcano.height(ring).mean() - 0.05 * volcano.terrain.relief
    river = built("river_valley").river
    assert built("river_valley").height(river[::20, :2]).max() < 0
    assert np.allclose(river[[0, -1], 0], np.array([-0.5, 0.5]) * built("river_valley").size, rtol=1e-6)


def test_a_spline_of_a_plane_is_that_plane_and_the_rim_is_a_mirror():
    x, y = plane(32, 64.0)
    grid = Grid((2 * x - 3 * y + 5)[..., None], 64.0)
    points = np.random.default_rng(1).uniform(-27, 27, (500, 2))
    assert np.allclose(grid.at(*points.T)[:, 0], 2 * points[:, 0] - 3 * points[:, 1] + 5, atol=1e-4)
    inside, beyond = grid.at(np.array([25.0]), np.array([3.0])), grid.at(np.array([39.0]), np.array([3.0]))
    assert np.allclose(inside, beyond, atol=1e-4)


def test_detail_that_a_cell_could_not_show_is_left_out():
    x, y = np.random.default_rng(2).uniform(0, 900, (2, 4000))
    assert np.array_equal(waves(x, y, 3, 10.0, 4, cell=np.full(4000, 5.0)), np.zeros(4000))
    assert np.allclose(waves(x, y, 3, 10.0, 1, cell=np.full(4000, 2.5)), waves(x, y, 3, 10.0, 1))


def test_drainage_is_what_a_plain_walk_counts():
    rng = np.random.default_rng(4)
    height = rng.random((24, 24))
    base = np.zeros((24, 24), bool)
    base[0] = True
    receiver, _, _ = erosion._receivers(height, 1.0, np.ones((24, 24)), base)
    expected = np.ones(height.size)
    for index in np.argsort(-height.ravel()):  # from the highest down
        if receiver[index] != index:
            expected[receiver[index]] += expected[index]
    # A base cell may be higher than what drains to it: only the count of the others is a plain walk's.
    assert np.array_equal(erosion.drainage(receiver)[24:], expected[24:])


def test_a_river_in_balance_has_the_slope_of_the_stream_power_law():
    """Uplift U and erosion K·A^½·S balance: S = U / (K·A^½) along the longest river (Whipple & Tucker 1999)."""
    base = np.zeros((48, 48), bool)
    base[0] = True
    start = np.random.default_rng(5).random((48, 48)) * 0.01
    height, area = erosion.carve(start, 10.0, 400, strength=0.02, uplift=0.1, base=base, rng=np.random.default_rng(6))
    receiver, length, _ = erosion._receivers(height, 10.0, np.ones((48, 48)), base)
    slope = (height.ravel() - height.ravel()[receiver]) / length
    river = (area.ravel() > 1000) & (receiver != np.arange(height.size))
    fitted = np.polyfit(np.log(area.ravel()[river]), np.log(slope[river]), 1)
    assert abs(fitted[0] + 0.5) < 0.06
    assert abs(np.exp(fitted[1]) / (0.1 / 0.02) - 1) < 0.5


def test_crumbling_and_snow_keep_their_mass_and_slopes():
    rng = np.random.default_rng(7)
    height = np.cumsum(rng.normal(0, 3, (40, 40)), 1)
    worn = erosion.crumble(height, 1.0, 0.8, 400)
    assert np.isclose(worn.sum(), height.sum(), rtol=1e-9)
    assert np.abs(np.diff(worn, axis=1)).max() < 0.1 + 0.8
    # A steep slope over a flat: it sheds nearly all, and what it shed lies at its foot.
    slope = np.broadcast_to(np.maximum(2.0 * (np.arange(40) - 20), 0.0), (40, 40)).copy()
    snow = erosion.snowfall(slope, 1.0, np.ones((40, 40)), times=200)
    assert (snow >= 0).all()
    assert snow[:, 24:36].mean() < 0.2 * snow[:, 2:12].mean()
    assert snow[:, 17:20].mean() > 1.3 * snow[:, 2:8].mean()


def test_rain_moves_what_it_takes():
    x, y = plane(128, 128.0)
    height = 0.3 * y + waves(x, y, 8, 20.0, 3)
    worn, deposits, visits = erosion.rain(height, 1.0, np.random.default_rng(9), 3000)
    assert np.isfinite(worn).all() and visits.sum() > 0
    assert np.allclose(worn - height, deposits, atol=1e-3)
    assert deposits.min() < -0.05 and deposits.sum() < 0  # some leaves over the rim


def test_distance_to_a_curve():
    curve = meander(3, 400.0, 120.0, 1.0)
    x, y = plane(64, 400.0)
    near = near_curve(curve, x, y, 50.0)
    points = np.stack([x, y], -1)
    exact = np.linalg.norm(points[:, :, None] - curve[None, None], axis=-1).min(-1)
    gap = np.linalg.norm(np.diff(curve, axis=0), axis=1).max()
    assert (near <= np.minimum(exact, 50) + 1e-9).all() and (near >= np.minimum(exact, 50) - gap).all()


def edges_of(mesh: Mesh) -> np.ndarray:
    faces = mesh.faces
    fourth = np.where(faces[:, 3] < 0, faces[:, 0], faces[:, 3])
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], np.column_stack([faces[:, 2], fourth]),
                            np.column_stack([fourth, faces[:, 0]])])  # fmt: skip
    return edges[edges[:, 0] != edges[:, 1]]


@pytest.mark.parametrize("kind", ["mountain", "coast", "dunes"])
def test_a_view_mesh_is_one_sheet_on_the_ground(kind):
    """Each inner edge has two faces, the outer ones are the square's; vertices have the ground's own heights."""
    land = built(kind)
    eye = np.array([10.0, -20.0, 0.0])
    eye[2] = land.height(eye[None, :2])[0] + 1.7
    mesh = view_mesh(land, eye, (0.3, 1.0, 0.0), 1.0, (320, 240), budget=40000)
    assert 0.6 * 40000 < len(mesh.faces) <= 40000
    edges = np.sort(edges_of(mesh), axis=1)
    unique, times = np.unique(edges, axis=0, return_counts=True)
    assert set(times) == {1, 2}
    low, high = mesh.vertices[:, :2].min(0), mesh.vertices[:, :2].max(0)
    rim = mesh.vertices[unique[times == 1]][..., :2]
    on = (np.abs(rim - low) < 1e-6) | (np.abs(rim - high) < 1e-6)
    assert on.all(1).any(1).all()
    flat = Mesh(mesh.vertices * (1, 1, 0), mesh.faces)
    a, b, c = (flat.vertices[corner] for corner in flat.triangles().T)
    area = np.cross(b - a, c - a)[:, 2] / 2
    assert (area > 0).all() and np.isclose(area.sum(), np.prod(high - low), rtol=1e-9)
    assert np.array_equal(mesh.vertices[:, 2], land.height(mesh.vertices[:, :2], mesh.attributes["cell"]))
    assert set(mesh.attributes) == {*ground.MASKS, "cell"}


def test_twice_as_far_is_twice_as_large():
    """On a plain seen from high above, cells in view grow with the distance; behind the camera they are larger."""
    land = built("plain")
    eye = np.array([0.0, 0.0, 60.0])
    mesh = view_mesh(land, eye, (0.0, 1.0, -0.1), 1.0, (400, 300), budget=60000)
    way = mesh.vertices - eye
    distance = np.linalg.norm(way, axis=1)
    ahead = way[:, 1] > 0.95 * np.linalg.norm(way[:, :2], axis=1)
    behind = way[:, 1] < -0.95 * np.linalg.norm(way[:, :2], axis=1)
    sizes = []
    for far in (900, 1800, 3600):
        ring = (distance > 0.8 * far) & (distance < 1.25 * far)
        sizes.append(np.exp(np.log(mesh.attributes["cell"][ring & ahead]).mean()))
        assert mesh.attributes["cell"][ring & behind].mean() > 3 * sizes[-1]
    growth = np.log2(np.array(sizes[1:]) / sizes[:-1])
    assert np.allclose(growth, 1, atol=0.3)


def test_a_quadtree_of_any_refinement_is_balanced_and_whole():
    rng = np.random.default_rng(11)
    for _ in range(5):
        spot = rng.uniform(-30, 30, 2)
        levels = quadtree.split_cells(
            64.0, lambda at, edge, spot=spot: edge / (0.1 + 0.2 * np.hypot(*(at - spot).T)), 10**6
        )
        area = sum(len(cells) * (64.0 / 2**level) ** 2 for level, (cells, _) in enumerate(quadtree.leaves_of(levels)))
        assert np.isclose(area, 64.0**2)
        places, faces, _ = quadtree.triangulated(levels, 64.0)
        mesh = Mesh(np.column_stack([places, np.zeros(len(places))]), faces)
        assert len(faces) == quadtree.count_faces(levels)
        _, times = np.unique(np.sort(edges_of(mesh), axis=1), axis=0, return_counts=True)
        assert times.max() == 2
        inner = edges_of(mesh)
        border = (np.abs(places[inner]) > 32 - 1e-9).any(1).any(1)
        _, times = np.unique(np.sort(inner[~border], axis=1), axis=0, return_counts=True)
        assert (times == 2).all()


@cache
def hollow(seed: int):
    return build_cave(sample_terrain(child(seed, "terrain"), {"kind": "cave"}))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_cave_can_be_walked_and_is_in_rock(seed):
    cave = hollow(seed)
    assert cave.distance(cave.path).min() > 0.5
    steps = np.linalg.norm(np.diff(cave.path, axis=0), axis=1)
    assert steps.max() < 1.0 and steps.sum() > 30
    assert np.allclose(cave.path[:, 2] - cave.floor(cave.path), 1.6)
    deep = cave.path + (0, 0, -1.6 - 2)
    assert (cave.distance(deep) < 0).all()
    for opening in cave.openings:  # outside is air, and so is the way out
        way = opening.centre + np.linspace(0, 12, 30)[:, None] * opening.outward + (0, 0, 0.0)
        assert (cave.distance(way) > 0).all()
    rock = cave.hollow(np.array([[0.0, 30.0, cave.roof - 0.5], [60.0, 40.0, 3.0]]))
    assert (rock < 0).all()


def test_a_cave_mesh_lies_on_the_cave_and_looks_inward():
    cave = hollow(1)
    place = len(cave.path) // 2
    eye, ahead = cave.path[place], cave.path[place + 8] - cave.path[place]
    mesh = cave_mesh(cave, eye, ahead, 1.1, (160, 120), budget=30000)
    assert 8000 < len(mesh.faces) <= 30000
    assert np.isfinite(mesh.vertices).all()
    near = np.linalg.norm(mesh.vertices - eye, axis=1) < 6
    hit = np.abs(cave.hollow(mesh.vertices[near]))
    rock = cave.dripstone(mesh.vertices[near]) > 0.3
    assert np.percentile(hit[rock], 95) < RELIEF + 0.1
    # No way out but the openings: rays from the eye hit the mesh, and its front.
    solid = trimesh.Trimesh(mesh.vertices, mesh.triangles(), process=False)
    rng = np.random.default_rng(3)
    rays = rng.normal(size=(60, 3))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    rays = rays[np.abs(rays[:, 1]) < 0.6]
    a, b, c = (solid.vertices[corner] for corner in solid.faces.T)
    normal = np.cross(b - a, c - a)
    for ray in rays:  # Möller & Trumbore over all triangles
        across = np.cross(ray, c - a)
        scale = np.einsum("ij,ij->i", b - a, across)
        scale = np.where(np.abs(scale) < 1e-14, np.inf, scale)
        u = np.einsum("ij,ij->i", eye - a, across) / scale
        up = np.cross(eye - a, b - a)
        v, t = up @ ray / scale, np.einsum("ij,ij->i", c - a, up) / scale
        hits = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (t > 0)
        if not hits.any():
            assert cave.shaft[2] > 0 and ray[2] > 0.2  # through the hole in the roof
            continue
        first = np.flatnonzero(hits)[np.argmin(t[hits])]
        assert normal[first] @ ray < 0


def test_a_closed_shape_halves_into_four_times_the_faces():
    from simulacra.procgen.geometry.primitives import icosphere, tube
    from simulacra.procgen.places.terrain.cave_mesh import halved

    for mesh in (icosphere(2), tube(np.array([(0, 0, 0), (0, 0, 1), (0.2, 0, 2)]), 0.3)):
        fine = halved(mesh)
        assert len(fine.faces) == (4 * (mesh.faces[:, 3] >= 0) + 4 * (mesh.faces[:, 3] < 0)).sum()
        solid = trimesh.Trimesh(fine.vertices, fine.triangles(), process=False)
        assert solid.is_watertight and solid.volume > 0


@pytest.mark.parametrize("name", THINGS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rocks_are_closed_solids_of_their_size(name, seed):
    generator = registry.find(name)
    thing = registry.sample(name, seed)
    build = generator.load("build")
    asset = build(thing, detail=0.1)
    mesh = asset.mesh
    assert mesh.digest() == build(thing, detail=0.1).mesh.digest()
    assert np.isfinite(mesh.vertices).all()
    solid = trimesh.Trimesh(mesh.vertices, mesh.triangles(), process=False)
    # Each edge is run through as often forth as back: a closed surface, even where two of its sheets touch in an edge.
    edges = edges_of(mesh).astype(np.int64)
    forth, back = edges @ (len(mesh.vertices), 1), edges[:, ::-1] @ (len(mesh.vertices), 1)
    assert np.array_equal(np.sort(forth), np.sort(back))
    assert solid.volume > 0
    assert (solid.area_faces > 0).mean() > 0.999
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    assert low[2] < 0 < high[2]  # it stands in the ground
    wide = max(high[:2] - low[:2])
    expected = {"boulder": lambda: thing.width, "pebble": lambda: thing.width, "arch": lambda: 2.2 * thing.span,
                "sea_stack": lambda: thing.height * thing.width, "overhang": lambda: thing.width, "iceberg": lambda: thing.width}[name]()  # fmt: skip
    assert 0.5 < wide / expected < 1.6
    assert asset.kind in {"boulder", "pebble", "rock", "ice"}
    assert mesh.digest() != build(replace(thing, seed=thing.seed + 1), detail=0.1).mesh.digest()


def test_detail_is_a_share_of_the_faces():
    counts = [
        len(registry.find("boulder").load("build")(registry.sample("boulder", 4), detail=detail).mesh.faces)
        for detail in (1, 0.25, 1 / 16)
    ]
    assert counts == [20480, 5120, 1280]
    pebble = registry.find("pebble").load("build")
    assert [len(pebble(registry.sample("pebble", 4), detail=detail).mesh.faces) for detail in (1, 0.25)] == [320, 80]
    arch = registry.find("arch").load("build")
    few, many = (len(arch(registry.sample("arch", 4), detail=detail).mesh.faces) for detail in (0.05, 0.2))
    assert 2.5 < many / few < 6


def test_smooth_union_never_leaves_what_it_joins():
    a, b = np.random.default_rng(12).normal(size=(2, 1000))
    joined = solids.smooth_union(a, b, 0.5)
    assert (joined <= np.minimum(a, b)).all() and (joined >= np.minimum(a, b) - 0.125 - 1e-12).all()
    assert np.array_equal(solids.smooth_cut(a, b, 0.5), -solids.smooth_union(-a, -b, 0.5))
