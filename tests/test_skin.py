"""Pictures of skin: their zones, relief in metres, seams, bytes that survive a file, and folds that keys drive."""

import dataclasses

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from simulacra.procgen import registry  # noqa: E402
from simulacra.procgen.distributions import SpecError  # noqa: E402
from simulacra.procgen.materials.pigment import face_colour, typology_angle  # noqa: E402
from simulacra.procgen.people.face import build_face  # noqa: E402
from simulacra.procgen.people.head_data import head_data  # noqa: E402
from simulacra.procgen.people.regions import region  # noqa: E402
from simulacra.procgen.people.skin_pictures import creases, lines, measured  # noqa: E402
from simulacra.procgen.people.skin_pictures.fields import AT_CORNERS, TO_CORNERS, SkinFields  # noqa: E402
from simulacra.procgen.people.skin_pictures.pictures import normals, skin_pictures  # noqa: E402
from simulacra.procgen.people.skin_pictures.relief import heights  # noqa: E402
from simulacra.procgen.people.skin_pictures.texels import texels  # noqa: E402
from simulacra.procgen.people.skin_pictures.zones import fold_shares, fold_zones  # noqa: E402

HAIR = (0.03, 0.02, 0.015)
REST = ("wear", "hair", "eyes", "mouth", "brows", "lashes", "beard", "light", "camera")


@pytest.fixture(scope="module")
def skin():
    """A skin with every kind of mark, made up."""
    return dataclasses.replace(
        registry.sample("faces", 3).skin, freckles=0.5, moles=0.6, age_spots=0.5, blemishes=0.6, under_eye=0.6,
        stubble_shadow=0.6, wrinkles=0.6, melanin=0.03, makeup_on=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def pictures(skin):
    return skin_pictures(skin, HAIR, None, 1024)


@pytest.fixture(scope="module")
def person():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return build_face(registry.sample("faces", 3), without=REST)


def sampled(picture, uv):
    """The texel (n, 3) of a picture, bottom row first, at places (n, 2)."""
    column, row = np.clip((uv * len(picture)).astype(int), 0, len(picture) - 1).T
    return picture[row, column].astype(float)


def test_the_same_skin_gives_the_same_bytes_and_another_seed_does_not(skin, pictures):
    again = skin_pictures(skin, HAIR, None, 1024)
    assert all(np.array_equal(again[name], picture) for name, picture in pictures.items())
    other = skin_pictures(dataclasses.replace(skin, seed=skin.seed + 1), HAIR, None, 1024)
    at = texels(1024).index
    differ = [np.any(other[name] != picture, 2).ravel()[at].mean() for name, picture in pictures.items()]
    assert min(differ[:3]) > 0.5  # folds fill only part of the face


@pytest.mark.parametrize("size", [512, 1000, 8192, 1024.5, "2k"])
def test_other_sizes_are_refused_in_one_line(size):
    with pytest.raises(SpecError, match=r"texture: .* allowed are 1024, 2048, 4096$"):
        texels(size)


def test_texels_show_the_template_that_lies_under_them():
    """Against the corners of the faces, whose place the mesh itself tells."""
    data, t = head_data(), texels(1024)
    body = data.face_group == "body"
    inside = t.weights.min(1) >= 0
    assert len(np.unique(t.index)) == len(t.index)
    covered = inside.sum() / 1024**2
    uv = data.uv[data.uv_faces[body]]
    across, up = uv[:, 2] - uv[:, 0], uv[:, 3] - uv[:, 1]
    assert covered == pytest.approx(0.5 * np.abs(across[:, 0] * up[:, 1] - across[:, 1] * up[:, 0]).sum(), rel=0.002)
    # The texel at a vertex lies no further from it than half a texel's diagonal is long there.
    slot = np.full(1024**2, -1)
    slot[t.index] = np.arange(len(t.index))
    corners, vertices = data.uv[data.uv_faces[body]].reshape(-1, 2), data.faces[body].ravel()
    at = slot[(corners[:, 1] * 1024).astype(int) * 1024 + (corners[:, 0] * 1024).astype(int)]
    assert (at >= 0).all()
    away = np.linalg.norm(t.place[at] - data.template[vertices], axis=1)
    assert np.quantile(away / t.pitch[at], 0.99) < 1.5 and np.median(away / t.pitch[at]) < 0.6


def test_a_ramp_of_known_slope_tilts_the_normal_by_its_angle():
    """Heights that grow by 0.3 m a metre along an axis: the slope is 0.3 times how much of it lies in the surface."""
    data, t = head_data(), texels(1024)
    triangle_normal = np.cross(
        data.template[t.corners[:, 1]] - data.template[t.corners[:, 0]],
        data.template[t.corners[:, 2]] - data.template[t.corners[:, 0]],
    )
    triangle_normal /= np.linalg.norm(triangle_normal, axis=1, keepdims=True)
    front = (t.weights.min(1) > 0) & (t.place[:, 1] < 0.05) & (np.abs(t.place[:, 0]) < 0.07) & (t.place[:, 2] > 0.02)
    for axis in range(3):
        normal = normals(t, 0.3 * t.place[:, axis]).astype(float) / 127.5 - 1
        slope = np.hypot(normal[:, 0], normal[:, 1]) / normal[:, 2]
        expected = 0.3 * np.sqrt(1 - triangle_normal[:, axis] ** 2)
        assert np.abs(slope - expected)[front].mean() < 0.012
        assert np.quantile(np.abs(slope - expected)[front], 0.99) < 0.06
    flat = normals(t, np.full(len(t.index), 0.1, np.float32))
    assert np.array_equal(np.unique(flat, axis=0), [[128, 128, 255]])


def test_both_sides_of_a_seam_look_alike(skin):
    """Edges that lie twice in the uv: they differ no more than neighbours do. (Lipstick ends where the mouth begins.)"""
    data = head_data()
    body = data.face_group == "body"
    faces, uv_faces = data.faces[body], data.uv_faces[body]
    ends = np.stack([faces, np.roll(faces, -1, 1)], 2).reshape(-1, 2)
    drawn = np.stack([uv_faces, np.roll(uv_faces, -1, 1)], 2).reshape(-1, 2)
    turned = ends[:, 0] > ends[:, 1]
    ends[turned], drawn[turned] = ends[turned, ::-1], drawn[turned, ::-1]
    order = np.lexsort(ends.T)
    ends, drawn = ends[order], drawn[order]
    same = (ends[1:] == ends[:-1]).all(1) & (drawn[1:] != drawn[:-1]).any(1)
    first, second = (data.uv[drawn[part]].mean(1) for part in (np.nonzero(same)[0], np.nonzero(same)[0] + 1))
    assert len(first) > 150
    pictures = skin_pictures(dataclasses.replace(skin, makeup_on=False), HAIR, None, 1024)
    for name in ("colour", "surface"):
        apart = np.abs(sampled(pictures[name], first) - sampled(pictures[name], second))
        t = texels(1024)
        beside = np.abs(np.diff(pictures[name].astype(float).reshape(-1, 3)[t.index], axis=0))
        beside = beside[np.diff(t.index) == 1]
        assert apart.mean() < 1.5 * beside.mean() + 1


def test_zones_are_where_they_must_be(skin):
    bare = dataclasses.replace(skin, freckles=0.0, moles=0.0, age_spots=0.0, blemishes=0.0, makeup_on=False)
    painted = dataclasses.replace(
        bare, makeup_on=True,
        makeup=dataclasses.replace(skin.makeup, lipstick=1.0, lip_hue=0.5, liner=0.0, eyeshadow=0.0, blush=0.0, foundation=0.0),
    )  # fmt: skip
    plain, made_up = (skin_pictures(each, HAIR, None, 1024) for each in (bare, painted))
    t = texels(1024)
    changed = np.any(plain["colour"] != made_up["colour"], 2).ravel()[t.index]
    lips = head_data().masks["lips"][::-1].ravel()[t.index]
    assert changed[lips > 220].all() and not changed[lips == 0].any()
    colour = plain["colour"].reshape(-1, 3)[t.index].astype(float)
    red = colour[:, 0] / colour.sum(1)
    x, y, z = t.place.T
    nose, forehead = np.hypot(x, z + 0.037) < 0.008, np.hypot(x, z - 0.052) < 0.02
    assert red[lips > 220].mean() > red[nose & (y < 0)].mean() > red[forehead & (y < 0.02)].mean()
    bald = skin_pictures(bare, HAIR, np.ones(len(head_data().template)), 1024)["colour"].reshape(-1, 3)[t.index]
    assert bald.mean() < 0.5 * colour.mean()


def linear(skin):
    """The linear colours (n, 3) of a skin's picture of 1024 px at its texels."""
    code = skin_pictures(skin, HAIR, None, 1024)["colour"].reshape(-1, 3)[texels(1024).index] / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def bare_face(t):
    """Texels of the face without lids and lips."""
    x, y, z = np.abs(t.place[:, 0]), t.place[:, 1], t.place[:, 2]
    inside = (y < 0.03) & (z > -0.11) & (z < 0.065) & (t.index % t.size > 0.64 * t.size)
    return inside & (np.hypot((x - 0.0325) / 0.027, z / 0.0165) > 1) & (np.hypot(x / 0.031, (z + 0.068) / 0.0165) > 1)


@pytest.mark.parametrize("melanin", [0.0083, 0.0138, 0.03, 0.052, 0.1, 0.195])
def test_the_mean_of_a_face_has_the_tone_that_was_asked_for(melanin):
    """One melanin in the middle of each Fitzpatrick type; blood of another seed with each."""
    skin = registry.sample("faces", int(melanin * 1e4), {
        "skin.melanin": melanin, "skin.makeup_on": False, "skin.stubble_shadow": 0.0, "skin.undertone": "neutral",
        "skin.moles": 0.0, "skin.age_spots": 0.0, "skin.freckles": 0.0, "skin.blemishes": 0.0,
    }).skin  # fmt: skip
    asked = face_colour(skin)
    got = linear(skin)[bare_face(texels(1024))].mean(0)
    assert typology_angle(got) == pytest.approx(float(typology_angle(asked)), abs=1.0)
    np.testing.assert_allclose(got, asked, rtol=0.02)


def test_faces_redden_and_darken_where_faces_do(skin):
    """Against the regions of the head, on both sides alike."""
    even = dataclasses.replace(
        skin, freckles=0.0, moles=0.0, age_spots=0.0, blemishes=0.0, mottling=0.0, unevenness=0.3, makeup_on=False, melanin=0.02,
        stubble_shadow=0.0, wrinkles=0.1,
    )  # fmt: skip
    colour, t = linear(even), texels(1024)
    red, light = colour[:, 0] / colour[:, 1], colour @ [0.2126, 0.7152, 0.0722]

    def mean(field, name, side=0):
        weight = t.values(region(name, head_data().template)) * (t.index % 1024 > 656) * (side * t.place[:, 0] >= 0)
        return field @ weight / weight.sum()

    face = bare_face(t)
    for name in ("nose_tip", "nostrils", "ears"):
        assert mean(red, name) > 1.03 * red[face].mean(), name
    assert mean(light, "lids") < 0.97 * light[face].mean()
    for name in ("lids", "cheeks", "ears", "nasolabial"):
        for field in (red, light):
            assert mean(field, name, 1) == pytest.approx(mean(field, name, -1), rel=0.06)


def test_fine_skin_is_nobodys(skin):
    """Of no fine residual that ships comes a copy, and no two people share one; what ships is small."""
    model = measured.model()
    assert measured.PATH.stat().st_size < 6e6
    t = texels(1024)
    at = np.nonzero(t.values(model.share) > 0.9)[0]
    basis = measured._basis(2)
    row, column = t.index[at] // 1024 - model.corner[0] // 2, t.index[at] % 1024 - model.corner[1] // 2
    shipped = basis[:, row, column]
    people = []
    for seed in range(6):
        fields = SkinFields(dataclasses.replace(skin, seed=seed), 1024, None)
        people.append(fields.residual[at])
        assert 0.5 < people[-1].std() < 1.5
        assert np.abs([np.corrcoef(people[-1], each)[0, 1] for each in shipped]).max() < 0.5
    apart = np.corrcoef(people)[np.triu_indices(6, 1)]
    assert np.abs(apart).max() < 0.5 and np.abs(apart).mean() < 0.15


def test_lines_lie_where_folds_do_and_deepen_with_wrinkles(skin):
    t = texels(1024)
    smooth, lined = (SkinFields(dataclasses.replace(skin, wrinkles=w), 1024, None) for w in (0.1, 0.8))
    for name, family in lines.FAMILIES.items():
        at, relief = lined.lines[name]
        np.testing.assert_array_equal(relief, smooth.lines[name][1])  # what deepens is the same line
        x, z = np.abs(t.place[at, 0]), t.place[at, 2]
        assert family.box[0] <= 1000 * x.min() and 1000 * z.max() <= family.box[3]
        assert -2.5 * family.depth < 1000 * relief.min() < -0.4 * family.depth
    at = lined.lines["crows_feet"][0]
    assert lined.lines_at_rest[at].std() > 4 * smooth.lines_at_rest[at].std()
    folds = heights(lined)[1]
    assert (folds[np.abs(t.place[:, 0]) > 0.08] == 0).all() and folds.min() < -0.0005


def test_marks_keep_clear_of_seams_and_grow_in_number(skin):
    t = texels(1024)
    bare = dataclasses.replace(skin, freckles=0.0, moles=0.0, age_spots=0.0, blemishes=0.0)
    plain = skin_pictures(bare, HAIR, None, 1024)["colour"].reshape(-1, 3)[t.index].astype(int)
    changed = []
    for amount in (0.3, 0.9):
        freckled = dataclasses.replace(bare, freckles=amount, moles=amount, age_spots=amount)
        drawn = skin_pictures(freckled, HAIR, None, 1024)["colour"].reshape(-1, 3)[t.index].astype(int)
        changed.append((np.abs(drawn - plain).max(1) > 2).mean())
        assert (drawn[t.weights.min(1) < -0.01] == plain[t.weights.min(1) < -0.01]).all()
    assert 0 < changed[0] < changed[1] < 0.5


def test_pictures_lie_in_the_file_and_survive_it(person, tmp_path):
    def read():
        found = {}
        for image in bpy.data.images:
            if image.name.startswith("Skin"):
                pixels = np.zeros(image.size[0] * image.size[1] * 4, np.float32)
                image.pixels.foreach_get(pixels)
                found[image.name] = (pixels, image.colorspace_settings.name, image.alpha_mode, image.is_float)
        return found

    spec = person.spec.skin
    before = read()
    made = skin_pictures(spec, HAIR, None, 1024)
    assert set(before) == {"Skin colour", "Skin normal", "Skin surface", "Skin folds"}
    for name, picture in made.items():
        pixels, space, _, is_float = before[f"Skin {name}"]
        assert np.array_equal(np.round(pixels.reshape(1024, 1024, 4)[..., :3] * 255), picture)
        assert space == ("sRGB" if name == "colour" else "Non-Color") and not is_float
    packed = sum(image.packed_file.size for image in bpy.data.images if image.packed_file)
    assert packed < 2.5e6
    path = str(tmp_path / "person.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    after = read()
    assert all(
        np.array_equal(after[name][0], before[name][0]) and after[name][1:] == before[name][1:] for name in before
    )


def test_keys_fold_the_skin_and_a_face_at_rest_is_smooth():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    person = build_face(registry.sample("faces", 3), without=REST)
    keys = person.head.data.shape_keys.key_blocks
    tree = person.head.data.materials[0].node_tree
    for driver in tree.animation_data.drivers:
        assert driver.driver.is_valid and driver.driver.is_simple_expression

    def folds(**weights):
        for key in keys[1:]:
            key.value = weights.get(key.name, 0.0)
        bpy.context.view_layer.update()
        graph = bpy.context.evaluated_depsgraph_get()
        nodes = person.head.evaluated_get(graph).data.materials[0].evaluated_get(graph).node_tree.nodes
        return {name: nodes[f"folds {name}"].outputs[0].default_value for name in fold_zones()}

    w = person.spec.skin.wrinkles
    rest = dict.fromkeys(fold_zones(), 0.0)
    assert folds() == rest
    raised = pytest.approx(rest | {"brow": 0.25 + 0.8 * w}, abs=1e-3)
    assert folds(browInnerUp=1.0) == raised and folds(browOuterUpRight=1.0) == raised
    assert folds(browDownLeft=1.0, browDownRight=1.0)["frown"] == pytest.approx(0.4 + 0.8 * w, abs=1e-3)
    left = {"eye_left": 0.7 * (0.25 + w), "smile_left": 0.3}
    assert folds(mouthSmileLeft=1.0) == pytest.approx(rest | left, abs=1e-3)


def test_shares_of_folds_sum_to_one_where_skin_folds():
    shares, deepest = fold_shares(), np.stack(list(fold_zones().values())).max(0)
    np.testing.assert_allclose(shares[deepest > 0.01].sum(1), 1, atol=1e-9)
    assert set(np.round(shares.sum(1), 6)) == {0.0, 1.0}
    forehead = np.argmin(np.linalg.norm(head_data().template - [0, -0.02, 0.052], axis=1))
    assert shares[forehead, 0] > 0.9


def test_creases_shade_where_skin_lies_against_skin_and_nowhere_else():
    """Along every line the light that is lost is what the line declares, both sides alike, and none a centimetre away."""
    t = texels(1024)
    places = t.place * 1000
    left = np.ones((len(places), 3), np.float32)
    at, factors = creases.shaded(1024)
    left[at] = factors
    np.testing.assert_array_equal(creases.left_at(1024, np.arange(len(places))), left)
    lost = 1 - left[:, 1]
    for crease in creases.CREASES:
        line = np.array(crease.line)
        middle = line[len(line) // 2]
        for side in (1, -1):
            off = np.linalg.norm(places - middle * [side, 1, 1], axis=1)
            assert lost[off < 1.0].max() == pytest.approx(crease.dark, rel=0.25), crease
    nostril = np.linalg.norm((np.abs(places) * [1, 0, 0] + places * [0, 1, 1]) - creases.NOSTRIL, axis=1)
    assert lost[nostril < 1.0].min() > 0.85
    lines = [np.array(crease.line) for crease in creases.CREASES] + [np.array([creases.NOSTRIL])]
    mirrored = np.column_stack([np.abs(places[:, 0]), places[:, 1:]])
    near = np.min([np.linalg.norm(mirrored[:, None] - line, axis=2).min(1) for line in lines], 0)
    assert not lost[near > 11].any()


def test_lips_colour_goes_over_into_the_skins_at_their_corners():
    """In the middle it is the lips' whole colour, at the corners the declared share of it at most."""
    skin = registry.sample("faces", 3).skin
    fields = SkinFields(skin, 1024, None)
    x = np.abs(fields.texels.place[:, 0])
    assert fields.outer_lips[x < TO_CORNERS[0]].max() == pytest.approx(1.0, abs=1e-6)
    assert 0 < fields.outer_lips[x > TO_CORNERS[1] - 0.001].max() < AT_CORNERS**2 * (3 - 2 * AT_CORNERS) + 0.08
