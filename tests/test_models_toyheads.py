"""The cartoon people: what they show against their own implicit surface, and between cameras."""

from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.attributes import ATTRIBUTES  # noqa: E402
from simulacra.models.core.cameras import Cameras, camera_rays, orbit, project  # noqa: E402
from simulacra.models.core.data import composite, frontal  # noqa: E402
from simulacra.models.core.toyheads import draw_attributes, toy_cameras, toy_depth, toy_head, view  # noqa: E402
from simulacra.models.core.toyshapes import Shapes, Solids, box_interval, trace  # noqa: E402
from simulacra.models.vision.toypeople import toy_people  # noqa: E402
from simulacra.procgen.people.parts import CLASSES, PART  # noqa: E402

PLAIN = {"hair_length": "short", "glasses": "none", "headwear": "none", "beard": "none"}
RICH = {
    "gender": "man",
    "age": "old",
    "hair_length": "long",
    "glasses": "glasses",
    "headwear": "none",
    "beard": "beard",
    "expression": "smile",
}


@pytest.fixture(scope="module")
def rich():
    """A head with most kinds of parts, four cameras, and what they see at 48 px."""
    head = toy_head(np.random.default_rng(3), RICH)
    cameras = orbit(torch.tensor([0.0, 20.0, 90.0, -160.0]), torch.tensor([0.0, 15.0, -5.0, 20.0]), 4.0, 29.0)
    return head, cameras, view(head, cameras, 48, 48)


def lifted(cameras, depth):
    """The points (V, H, W, 3) at a depth."""
    count, height, width = depth.shape
    origins, directions = camera_rays(cameras, height, width)
    share = (directions * cameras.c2w[:, None, :3, 2]).sum(-1)
    points = origins + directions * (depth.reshape(count, -1) / share)[..., None]
    return points.reshape(count, height, width, 3)


def one(kind, *numbers, **options):
    shapes = Shapes()
    getattr(shapes, kind)((1, "plain", (1.0, 1.0, 1.0)), *numbers, **options)
    return shapes.freeze()


def test_distances_of_solids_have_their_closed_forms():
    points = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    x, y, z = points.unbind(1)
    ball = one("ellipsoid", (0.1, 0, 0), (0.5, 0.5, 0.5)).distance(points)
    assert torch.allclose(ball, (points - torch.tensor([0.1, 0, 0])).norm(dim=1) - 0.5, atol=1e-5)
    rod = one("capsule", (0, 0, -1.0), (0, 0, 1.0), 0.2).distance(points)
    assert torch.allclose(rod, torch.stack([x, y, (z.abs() - 1).clamp(min=0)]).norm(dim=0) - 0.2, atol=1e-5)
    ring = one("ring", (0, 0, 0.0), 0.6, 0.1).distance(points)
    assert torch.allclose(ring, torch.hypot(torch.hypot(x, z) - 0.6, y) - 0.1, atol=1e-5)
    half = one("ellipsoid", (0, 0, 0.0), (0.5, 0.5, 0.5), cut=(0.0, 0.0, 1.0, 0.1)).distance(points)
    assert torch.equal(half < 0, (points.norm(dim=1) < 0.5) & (z < 0.1))
    disc = one("disc", (0, 0, 0.0), 0.5, 0.2, 0.05).distance(points)
    sharp = (torch.hypot(x, y) < 0.45) & (z.abs() < 0.2) | (torch.hypot(x, y) < 0.5) & (z.abs() < 0.15)
    assert (disc[sharp] < 0).all() and (disc[(torch.hypot(x, y) > 0.5) | (z.abs() > 0.2)] > 0).all()


def test_an_ellipsoids_distance_is_exact_on_it_and_seldom_too_long():
    solids = one("ellipsoid", (0, 0, 0.0), (0.4, 0.2, 0.05))
    rng = torch.Generator().manual_seed(0)
    surface = torch.nn.functional.normalize(torch.randn(4000, 3, generator=rng), dim=1) * torch.tensor([0.4, 0.2, 0.05])
    assert solids.distance(surface).abs().max() < 1e-6
    points = torch.rand(300, 3, generator=rng) * 2 - 1
    found, nearest = solids.distance(points), torch.cdist(points, surface).amin(1)
    assert (found < nearest + 0.01)[found > 0].all()


def test_depth_lies_on_the_implicit_surface(rich):
    head, cameras, seen = rich
    points = lifted(cameras, seen.depth)[seen.depth > 0]
    assert len(points) > 2000 and head.sdf(points).abs().max() < 1e-3
    assert points.abs().max() <= 1 + 1e-5
    known = seen.parts != PART["background"]
    assert torch.equal(known, seen.depth > 0) and torch.equal(known, seen.rgba[:, 3] == 255)
    assert torch.equal(~known, seen.rgba[:, 3] == 0)
    assert torch.equal(toy_depth(head, cameras, 48, 48), seen.depth)


def test_nothing_lies_before_the_depth():
    # Sphere tracing would miss what a distance that is too long jumps over.
    head = toy_head(np.random.default_rng(3), RICH)
    cameras = orbit(torch.tensor([25.0]), torch.tensor([10.0]), 4.0, 29.0)
    origins, directions = (rays[0] for rays in camera_rays(cameras, 24, 24))
    far = trace(head.solids, origins, directions)
    low, high = box_interval(origins, directions)
    end = torch.minimum(far, high)
    for share in torch.linspace(0, 1, 200):
        along = low + share * (end - low - 2e-3).clamp(min=0)
        assert (head.sdf(origins + along[:, None] * directions)[low < high] > 0).all()


def test_normals_are_the_slope_of_the_surface(rich):
    head, cameras, seen = rich
    normals = seen.normals.permute(0, 2, 3, 1)[seen.depth > 0]
    assert torch.allclose(normals.norm(dim=1), torch.ones(len(normals)), atol=1e-5)
    points = lifted(cameras, seen.depth)[seen.depth > 0]
    step = 2e-3 * torch.eye(3)
    slope = torch.stack([head.sdf(points + s) - head.sdf(points - s) for s in step], 1)
    agree = (torch.nn.functional.normalize(slope, dim=1) * normals).sum(1)
    assert agree.median() > 0.9999 and (agree > 0.99).float().mean() > 0.9  # else an edge is within the step
    towards = torch.nn.functional.normalize(cameras.c2w[:, None, None, :3, 3] - lifted(cameras, seen.depth), dim=-1)
    facing = (towards[seen.depth > 0] * normals).sum(1)
    assert (facing > -0.05).float().mean() > 0.99  # what is seen faces the camera, but for edges: 0.999


def test_the_left_ear_is_red_and_on_the_right_of_a_frontal_picture():
    for seed in range(2):
        head = toy_head(np.random.default_rng(seed), PLAIN)
        cameras = orbit(torch.tensor([0.0, 90.0, -90.0]), torch.zeros(3), 4.0, 29.0)
        seen = view(head, cameras, 48, 48)
        columns = torch.arange(48).expand(48, 48)
        left, right = seen.parts == PART["left_ear"], seen.parts == PART["right_ear"]
        assert (
            (columns[left[0]] > 27).all()
            and (columns[right[0]] < 21).all()
            and left[0].sum() > 3
            and right[0].sum() > 3
        )
        colour = seen.rgba.permute(0, 2, 3, 1)[..., :3].float()
        red = (colour[..., 0] > 60) & (colour[..., 0] > 4 * colour[..., 1]) & (colour[..., 0] > 4 * colour[..., 2])
        assert red[left].all() and not red[right].any()
        # The camera on the person's left sees only that ear.
        assert left[1].sum() > 12 and not right[1].any() and right[2].sum() > 12 and not left[2].any()


def test_two_cameras_agree(rich):
    head, cameras, seen = rich
    first, second = Cameras(*(c[:1] for c in cameras)), Cameras(*(c[1:2] for c in cameras))
    known = seen.depth[0] > 0
    points = lifted(first, seen.depth[:1])[0][known]
    pixels, depth = project(second, points)
    # A ray of the second camera to each point: it ends there, or at what hides it.
    there = torch.nn.functional.normalize(points - second.c2w[0, :3, 3], dim=1)
    along = trace(head.solids, second.c2w[0, :3, 3].expand_as(points), there)
    distance = (points - second.c2w[0, :3, 3]).norm(dim=1)
    assert (along < distance + 5e-3).all()
    visible = along > distance - 5e-3
    assert 0.6 < visible.float().mean() < 1
    # The picture of the second camera shows the same part and colour there, but for its pixels' edges.
    column, row = (pixels[0] * 48).floor().long().clamp(0, 47).unbind(1)
    parts = seen.parts[1][row, column] == seen.parts[0][known]
    assert parts[visible].float().mean() > 0.83  # 0.87 on seeds 3 … 6; the rest is a pixel across an edge
    assert parts[visible].float().mean() > parts[~visible].float().mean() + 0.2
    near = (seen.depth[1][row, column] - depth[0]).abs() < 0.06
    assert near[visible].float().mean() > 0.88  # 0.92 … 0.94
    colour = (seen.rgba[1, :3][:, row, column].float() - seen.rgba[0, :3][:, known].float()).abs().mean(0)
    assert colour[visible & parts].median() < 8  # of 255; 2 … 4
    # A mirrored picture would agree on 0.60 … 0.63 of the parts.
    mirrored = seen.parts[1].flip(1)[row, column] == seen.parts[0][known]
    assert mirrored[visible].float().mean() < parts[visible].float().mean() - 0.15


def test_parts_follow_the_attributes():
    cameras = orbit(torch.zeros(1), torch.zeros(1), 4.0, 29.0)

    def parts(**attributes):
        head = toy_head(np.random.default_rng(5), PLAIN | {"gender": "man", "expression": "neutral"} | attributes)
        return {
            CLASSES[i]
            for i, count in Counter(view(head, cameras, 64, 64).parts.flatten().tolist()).items()
            if count > 1
        }

    always = {"background", "skin", "nose", "right_eye", "left_eye", "right_brow", "left_brow", "right_ear", "left_ear",
              "top_lip", "bottom_lip", "neck", "clothing"}  # fmt: skip
    assert parts() == always | {"hair"}
    assert parts(hair_length="bald") == always
    assert parts(beard="beard") == parts(beard="moustache") == always | {"hair", "beard"}
    assert parts(glasses="glasses") == always | {"hair", "glasses"}
    assert parts(glasses="sunglasses") == (always | {"hair", "glasses"}) - {"right_eye", "left_eye"}
    assert "headwear" in parts(headwear="hat")
    assert parts(expression="smile") == always | {"hair", "mouth_interior"}
    with pytest.raises(BadInput, match="beard: long is not allowed; allowed are none, stubble"):
        parts(beard="long")


def test_every_attribute_changes_the_picture():
    cameras = orbit(torch.tensor([0.0, 150.0]), torch.tensor([0.0, 0.0]), 4.0, 29.0)
    base = PLAIN | {"gender": "man", "age": "young", "hair_colour": "brown", "expression": "neutral"}
    base |= {"hair_length": "long"}

    def picture(**attributes):
        return composite(view(toy_head(np.random.default_rng(1), base | attributes), cameras, 32, 32).rgba)

    start = picture()
    for name, values in ATTRIBUTES.items():
        for value in set(values) - {base[name]}:
            # The least seen is 0.0012, of a moustache; the same head twice differs by 0.
            assert (picture(**{name: value}) - start).abs().mean() > 5e-4, (name, value)
    assert torch.equal(start, picture())


def test_drawn_attributes_are_all_of_them_and_make_sense():
    rng = np.random.default_rng(0)
    drawn = [draw_attributes(rng) for _ in range(600)]
    for name, values in ATTRIBUTES.items():
        assert {person[name] for person in drawn} == set(values)
    assert all(person["beard"] == "none" for person in drawn if person["gender"] == "woman")
    old = [person["hair_colour"] == "grey" for person in drawn if person["age"] == "old"]
    young = [person["hair_colour"] == "grey" for person in drawn if person["age"] == "young"]
    assert np.mean(old) > 2 * np.mean(young)


def test_people_are_a_function_of_their_seed():
    few, many = toy_people(2, 7, views=4, size=24), toy_people(3, 7, views=4, size=24)
    for a, b in zip(few, many, strict=False):
        assert a.name == b.name and a.attributes == b.attributes and a.captions == b.captions
        for name in ("rgba", "depth", "parts"):
            assert torch.equal(getattr(a, name), getattr(b, name))
        assert torch.equal(a.cameras.c2w, b.cameras.c2w)
    assert few.digest == toy_people(2, 7, views=4, size=24).digest != toy_people(2, 8, views=4, size=24).digest
    assert len(many) == 3 and len(many.splits) == 3 and len({person.name for person in many}) == 3


def test_people_have_the_readers_schema():
    people = toy_people(2, 1, views=8, size=32)
    for person in people:
        assert person.rgba.shape == (8, 4, 32, 32) and person.rgba.dtype == torch.uint8
        assert person.depth.shape == person.parts.shape == (8, 32, 32) and person.parts.dtype == torch.uint8
        assert person.attributes.keys() == ATTRIBUTES.keys() and len(person.captions) >= 2
        assert frontal(person)[0] == 0
        seen = lifted(person.cameras, person.depth)[person.depth > 0]
        assert 0.15 < (person.depth > 0).float().mean() < 0.7 and seen.abs().max() <= 1 + 1e-5


def test_cameras_go_all_around():
    cameras = toy_cameras(24, np.random.default_rng(0))
    azimuth = torch.rad2deg(torch.atan2(cameras.c2w[:, 0, 3], -cameras.c2w[:, 1, 3])).sort().values
    assert azimuth.diff().max() < 30 and azimuth[0] < -150 and azimuth[-1] > 150
    assert torch.allclose(cameras.c2w[0, :3, 3], torch.tensor([0.0, -4.0, 0.0]), atol=1e-5)


def test_more_rays_a_pixel_smooth_edges_of_pictures_only():
    rough, smooth = (toy_people(1, 4, views=2, size=24, samples=samples)[0] for samples in (1, 2))
    assert torch.equal(rough.depth, smooth.depth) and torch.equal(rough.parts, smooth.parts)
    assert set(rough.rgba[:, 3].unique().tolist()) == {0, 255} < set(smooth.rgba[:, 3].unique().tolist())
    truth = composite(toy_people(1, 4, views=2, size=24, samples=5)[0].rgba)
    wrong = [(composite(person.rgba) - truth).abs().mean() for person in (rough, smooth)]
    assert wrong[1] < 0.6 * wrong[0]  # 0.31 … 0.37 on three seeds


def test_blended_solids_never_lie_beyond_their_union():
    shapes = Shapes()
    for x in (-0.2, 0.2):
        shapes.ellipsoid((1, "plain", (1.0, 1.0, 1.0)), (x, 0, 0), (0.3, 0.3, 0.3), blend=True)
    solids = shapes.freeze()
    points = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    apart = solids.distances(points).amin(1)
    joined = solids.distance(points)
    # log-sum-exp of two lies within w log 2 of the smaller one.
    assert (joined <= apart + 1e-6).all() and (joined >= apart - Solids.SMOOTH * np.log(2) - 1e-6).all()
