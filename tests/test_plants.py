"""Plants on land: their growth, what seasons and distance change, leaves from geometry nodes, and every kind's geometry."""

import numpy as np
import pytest

from simulacra.procgen.params import child, fields
from simulacra.procgen.places.plants import blades, growth, leaf, tree
from simulacra.procgen.places.plants.bush import BUSHES
from simulacra.procgen.places.plants.catalogue import PLANTS
from simulacra.procgen.places.plants.crown import build_skeleton
from simulacra.procgen.places.plants.foliage import STENCILS, placed, stencil_area
from simulacra.procgen.places.plants.outlines import Arrays, shaped
from simulacra.procgen.places.plants.species import SPECIES
from simulacra.procgen.places.plants.vine import build_vine, sample_vine
from simulacra.procgen.places.plants.weld import welded

GROWN = [name for name, row in SPECIES.items() if row.habit != "palm"]
OTHERS = [generator for generator in PLANTS if generator.name != "tree"]
KINDS = {"tree", "bush", "grass", "fern", "cactus", "succulent", "flower", "mushroom", "vine", "fruit", "dead_wood", "leaf_litter",
         "leaf"}  # fmt: skip


def sampled(species, seed=1, **fixed):
    return tree.sample_tree(child(seed, species), {"species": species, **fixed})


def face_areas(mesh):
    a, b, c = (mesh.vertices[corner] for corner in mesh.triangles().T)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def check_geometry(asset):
    mesh = asset.mesh
    assert asset.kind in KINDS
    assert np.isfinite(mesh.vertices).all() and all(np.isfinite(values).all() for values in mesh.attributes.values())
    assert mesh.faces[:, :3].min() >= 0 and mesh.faces.max() < len(mesh.vertices)
    assert set(np.unique(mesh.slot)) <= set(range(len(asset.surfaces)))
    # A face without area has no normal: neither picture nor label would know it. Of a quad one half may be nothing.
    quad = mesh.faces[:, 3] >= 0
    areas = face_areas(mesh)
    whole = areas[: len(mesh.faces)].copy()
    whole[quad] += areas[len(mesh.faces) :]
    assert whole.min() > 1e-12
    sway, phase = mesh.attributes["sway"], mesh.attributes["phase"]
    assert sway.min() >= 0 and phase.min() >= 0 and phase.max() <= 1
    if any(surface.painted for surface in asset.surfaces):
        painted = np.array([surface.painted for surface in asset.surfaces])[mesh.slot]
        colour = mesh.attributes["colour"][np.unique(mesh.faces[painted][mesh.faces[painted] >= 0])]
        assert colour.min() >= 0 and colour.max() < 1
        assert colour.mean() > 0.01  # painted at all


def options(generator):
    """The name of the field that chooses among kinds, and the kinds."""
    declared = fields(generator.load("spec"))
    key = next((name for name in ("habit", "kind", "shape") if name in declared), None)
    return key, list(declared[key].distribution.options) if key else [None]


# Growth.


@pytest.mark.parametrize("species", GROWN)
def test_branches_follow_the_pipe_model_and_hang_on_the_trunk(species):
    row = SPECIES[species]
    spec = sampled(species)
    skeleton, twigs = build_skeleton(spec, row)
    parent, radius = skeleton.parent, skeleton.radius
    assert parent[0] == -1 and (parent[1:] >= 0).all() and (parent[1:] < np.arange(1, len(parent))).all()
    area = np.bincount(parent[1:], radius[1:] ** row.exponent, len(parent))
    fork = area > 0
    np.testing.assert_allclose(area[fork], radius[fork] ** row.exponent, rtol=1e-9)
    ends = radius[~fork]
    np.testing.assert_allclose(ends, ends[0], rtol=1e-9)
    assert radius[0] == radius.max() and (radius[1:] <= radius[parent[1:]] * (1 + 1e-12)).all()
    assert (np.bincount(parent[1:]) > 1).sum() > 40  # it does branch
    assert skeleton.points[:, 2].max() == pytest.approx(spec.height)
    assert (np.diff(twigs, axis=1) == 1).all()


def test_path_sums_and_depths_agree_with_walking_to_the_root():
    rng = child(4)
    parent = np.concatenate([[-1], [int(rng.integers(0, n)) for n in range(1, 400)]])
    values = rng.uniform(size=400)
    total, depth = values.copy(), np.zeros(400, int)
    for node in range(1, 400):
        total[node] += total[parent[node]]
        depth[node] = depth[parent[node]] + 1
    np.testing.assert_allclose(growth.path_sums(parent, values), total)
    np.testing.assert_array_equal(growth.depths(parent), depth)


def test_colonising_reaches_the_attractors_and_stays_near_them():
    rng = child(2)
    cloud = rng.normal(size=(500, 3)) * [1.5, 1.5, 0.8] + [0, 0, 5]
    start = growth.stem(np.column_stack([np.zeros((8, 2)), np.linspace(0, 3, 8)]))
    grown = growth.colonise(start, cloud, rng, step=0.2, kill=0.4, influence=3.0)
    gap = np.linalg.norm(cloud[:, None] - grown.points[None], axis=2).min(1)
    assert np.quantile(gap, 0.95) < 0.5
    new = grown.points[8:]
    assert np.linalg.norm(new - grown.points[grown.parent[8:]], axis=1) == pytest.approx(0.2)
    assert np.linalg.norm(new[:, None] - cloud[None], axis=2).min(1).max() < 3.5
    assert np.bincount(grown.parent[1:]).max() <= growth.CHILDREN


def test_chains_hold_every_node_once():
    skeleton, _ = build_skeleton(sampled("oak"), SPECIES["oak"])
    branches = growth.chains(skeleton)
    own = np.concatenate([branches[0], *(branch[1:] for branch in branches[1:])])
    np.testing.assert_array_equal(np.sort(own), np.arange(len(skeleton.points)))
    for branch in branches:
        np.testing.assert_array_equal(skeleton.parent[branch[1:]], branch[:-1])


# Trees as assets.


@pytest.mark.parametrize("species", list(SPECIES))
def test_a_tree_is_sound_repeats_and_keeps_its_box_at_every_detail(species):
    spec = sampled(species, season="summer", dead_wood=0.05)
    low, high = SPECIES[species].height
    assert low <= spec.height <= high
    hero = tree.build_tree(spec)
    check_geometry(hero)
    assert hero.kind == "tree"
    assert tree.build_tree(spec).mesh.digest() == hero.mesh.digest()
    assert len(hero.mesh.faces) <= 90_000
    assert hero.mesh.vertices[:, 2].max() == pytest.approx(spec.height, rel=0.1)
    for detail, most in ((0.25, 8000), (0.05, 1200)):
        far = tree.build_tree(spec, detail=detail)
        check_geometry(far)
        assert len(far.mesh.faces) <= most
        np.testing.assert_allclose(far.mesh.size, hero.mesh.size, rtol=0.15)
    # The wind leaves the foot alone and moves what is high up most.
    z, sway = hero.mesh.vertices[:, 2], hero.mesh.attributes["sway"]
    assert sway[z <= 0].max() < 1e-3 and sway[z < 0.02 * spec.height].max() < 0.35 * sway.max()
    assert 0.15 < np.quantile(sway[z > 0.7 * spec.height], 0.9) < 1.5


@pytest.mark.parametrize("species", ["oak", "apple", "spruce"])
def test_seasons_change_only_what_hangs_on_the_branches(species):
    built = {
        season: tree.build_tree(sampled(species, season=season, snow=0.0, turned=0.9), detail=0.5)
        for season in tree.SEASONS
    }
    wood = {}
    for season, asset in built.items():
        check_geometry(asset)
        bark = asset.mesh.faces[asset.mesh.slot == 0]
        assert asset.surfaces[0].material.endswith("bark")
        wood[season] = asset.mesh.vertices[: bark.max() + 1]
    for season in tree.SEASONS:
        np.testing.assert_array_equal(wood[season], wood["summer"])
    leaves = {season: int((asset.mesh.slot == 1).sum()) for season, asset in built.items()}
    if SPECIES[species].autumn is None:
        assert len(set(leaves.values())) == 1
        return
    assert leaves["winter"] < 0.1 * leaves["summer"] and leaves["autumn"] < leaves["summer"]

    def redness(asset):
        colour = asset.mesh.attributes["colour"][asset.mesh.faces[asset.mesh.slot == 1][:, 0]]
        return (colour[:, 0] / colour[:, 1]).mean()

    assert redness(built["summer"]) < 0.9 < 1.2 < redness(built["autumn"])


def test_spring_blossoms_autumn_fruits_and_winter_snow_have_their_surfaces():
    def materials(**fixed):
        return [surface.material for surface in tree.build_tree(sampled("apple", **fixed), detail=0.5).surfaces]

    assert "petal" in materials(season="spring") and "petal" not in materials(season="summer")
    assert "fruit_skin" in materials(season="autumn")
    assert "snow" in materials(season="winter", snow=0.8) and "snow" not in materials(season="winter", snow=0.0)


@pytest.mark.parametrize("fixed", [("cherry", "spring", 0.0), ("spruce", "winter", 1.0), ("apple", "autumn", 0.0)])
def test_blossoms_fruit_and_snow_stay_within_the_faces_of_a_far_tree(fixed):
    species, season, snow = fixed
    spec = sampled(species, season=season, snow=snow, density=1.6, age=1.0)
    for detail, most in ((1.0, 90_000), (0.25, 8000), (0.05, 1200)):
        assert len(tree.build_tree(spec, detail=detail).mesh.faces) <= most


def test_snow_is_drawn_in_winter_only():
    for seed in range(40):
        spec = tree.sample_tree(child(seed))
        assert spec.season == "winter" or spec.snow == 0


def test_dead_wood_bares_its_share_of_the_crown():
    full, bare = (tree.build_tree(sampled("oak", season="summer", dead_wood=share)) for share in (0.0, 0.5))
    assert (bare.mesh.slot == 1).sum() < 0.7 * (full.mesh.slot == 1).sum()
    assert (bare.mesh.slot == 0).sum() == (full.mesh.slot == 0).sum()


def test_lean_moves_the_crown_and_not_the_foot():
    upright, leaning = (build_skeleton(sampled("birch", lean=lean), SPECIES["birch"])[0].points for lean in (0, 14))
    np.testing.assert_array_equal(upright[0], leaning[0])
    top = upright[:, 2].argmax()
    height = upright[top, 2]
    assert np.linalg.norm((leaning - upright)[top, :2]) == pytest.approx(np.tan(np.radians(14)) * height, rel=1e-6)


# Everything else that grows.


@pytest.mark.parametrize("generator", OTHERS, ids=lambda generator: generator.name)
def test_every_kind_is_sound_and_repeats(generator):
    key, kinds = options(generator)
    sample, build = generator.load("sample"), generator.load("build")
    for number, kind in enumerate(kinds if len(kinds) > 2 else kinds * 3):
        spec = sample(child(number, generator.name), {key: kind} if kind else None)
        hero, far = build(spec), build(spec, detail=0.25)
        for asset in (hero, far):
            check_geometry(asset)
        assert build(spec).mesh.digest() == hero.mesh.digest()
        assert len(far.mesh.faces) <= len(hero.mesh.faces) <= 60_000
        if len(hero.mesh.faces) > 6000:
            assert len(far.mesh.faces) < 0.55 * len(hero.mesh.faces)
        assert hero.mesh.vertices[:, 2].min() > -0.35 * hero.mesh.size.max()  # roots only
        np.testing.assert_allclose(far.mesh.size.max(), hero.mesh.size.max(), rtol=0.25)


@pytest.mark.parametrize("name", ["bush", "grass", "cactus", "flower", "mushroom", "monocot"])
def test_height_is_what_the_spec_says(name):
    generator = next(row for row in PLANTS if row.name == name)
    key, kinds = options(generator)
    for number, kind in enumerate(kinds):
        spec = generator.load("sample")(child(number, name), {key: kind})
        top = generator.load("build")(spec).mesh.vertices[:, 2].max()
        assert 0.45 * spec.height < top < 1.45 * spec.height, kind


def test_the_habits_of_bushes_are_lower_than_trees():
    assert max(row.height[1] for row in BUSHES.values()) < min(row.height[1] for row in SPECIES.values())


@pytest.mark.parametrize("kind", ["ivy", "jungle"])
def test_a_vine_follows_its_support(kind):
    t = np.linspace(0, 1, 30)[:, None]
    support = np.concatenate([2 * np.sin(2 * t), 0 * t, 3 * t], 1)
    spec = sample_vine(child(3), {"kind": kind, "radius": 0.1, "hang": 0.0})
    mesh = build_vine(spec, support).mesh
    gap = np.linalg.norm(mesh.vertices[::9, None] - support[None], axis=2).min(1)
    assert np.quantile(gap, 0.9) < 0.45 and gap.max() < 1.2
    stem = mesh.vertices[np.unique(mesh.faces[mesh.slot == 0])][::3]
    reach = np.linalg.norm(support[:, None] - stem[None], axis=2).min(1)
    assert reach.max() < 0.2  # all the way along


# Parts.


def test_an_arc_keeps_its_length_and_bends_by_its_sag():
    path = blades.arcs(2.0, np.radians(80), 0.3, 1.2, 400)[0]
    step = np.diff(path, axis=0)
    assert np.linalg.norm(step, axis=1).sum() == pytest.approx(2.0, rel=1e-6)
    slope = np.arcsin(step[:, 2] / np.linalg.norm(step, axis=1))
    assert slope[0] - slope[-1] == pytest.approx(1.2, rel=0.01)


def test_copies_of_a_stencil_keep_its_area_and_colours():
    rng = child(1)
    along = growth.unit(rng.normal(size=(50, 3)))
    size = rng.uniform(0.5, 2, 50)
    colour = rng.uniform(0.1, 0.3, (50, 3))
    for stencil in STENCILS.values():
        mesh = placed(stencil, rng.normal(size=(50, 3)), along, rng.normal(size=(50, 3)), size, colour=colour)
        flat = placed(stencil, np.zeros((1, 3)), np.array([[0, 1.0, 0]]), np.array([[0, 0, 1.0]]), 1.0)
        assert face_areas(mesh).sum() == pytest.approx((size**2).sum() * face_areas(flat).sum(), rel=1e-9)
        assert stencil_area(stencil) == pytest.approx(face_areas(flat).sum(), rel=1e-9)
        np.testing.assert_array_equal(mesh.attributes["colour"][:: len(stencil[0])], colour)


# Leaves.


@pytest.mark.parametrize("shape", list(leaf.SHAPES))
def test_a_leaf_is_symmetric_and_as_long_as_it_says(shape):
    spec = leaf.sample_leaf(child(2, shape), {"shape": shape, "curl": 0.0, "fold": 0.0, "wave": 0.0})
    flat = leaf.flat_outline(spec)[0]
    assert flat[:, 0].max() == pytest.approx(-flat[:, 0].min(), rel=1e-9)
    assert 0.85 < flat[:, 1].max() <= 1.2
    mesh = leaf.build_leaf(spec).mesh
    assert 0.7 * spec.length < mesh.size[1:].max() < 1.9 * spec.length
    assert mesh.attributes["vein"].min() >= 0 and mesh.attributes["vein"].max() <= 1


def test_bending_keeps_the_length_of_the_midrib():
    y = np.linspace(0, 1, 500)
    bent = np.stack(shaped(Arrays, 0 * y, y, 0.3, np.radians(80), 0.2), 1)
    assert np.linalg.norm(np.diff(bent, axis=0), axis=1).sum() == pytest.approx(1, rel=1e-4)


def test_nodes_make_the_leaf_that_numpy_makes(scene):
    import bpy

    for shape in leaf.SHAPES:
        spec = leaf.sample_leaf(child(1, shape), {"shape": shape})
        obj = leaf.leaf_object(spec)
        scene.collection.objects.link(obj)
        made = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
        flat, faces, _, _ = leaf.flat_outline(spec)
        bent = shaped(Arrays, flat[:, 0], flat[:, 1], np.radians(spec.fold), np.radians(spec.curl), spec.wave)
        mesh = welded(leaf.Mesh(spec.length * np.stack(bent, 1), faces))
        assert sum(face.area for face in made.polygons) == pytest.approx(face_areas(mesh).sum(), rel=0.02), shape
        places = np.zeros(3 * len(made.vertices), np.float32)
        made.vertices.foreach_get("co", places)
        places = places.reshape(-1, 3)
        assert len(places) == len(mesh.vertices), shape
        np.testing.assert_allclose(places.min(0), mesh.vertices.min(0), atol=1e-4 * spec.length)
        np.testing.assert_allclose(places.max(0), mesh.vertices.max(0), atol=1e-4 * spec.length)


def test_the_inputs_of_a_leafs_nodes_shape_it(scene):
    import bpy

    spec = leaf.sample_leaf(child(1), {"shape": "oak", "length": 0.1})
    obj = leaf.leaf_object(spec)
    scene.collection.objects.link(obj)
    names = [item.name for item in obj.modifiers[0].node_group.interface.items_tree if item.in_out == "INPUT"]
    assert names == ["Length", "Width", "Fold", "Curl", "Wave"]
    before = np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).dimensions)
    node_group = obj.modifiers[0].node_group
    source = next(node for node in node_group.nodes if node.bl_idname == "NodeGroupInput")
    for link in list(source.outputs["Length"].links):
        socket = link.to_socket
        node_group.links.remove(link)
        socket.default_value = 0.2
    after = np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).dimensions)
    np.testing.assert_allclose(after, 2 * before, rtol=1e-4)
