"""Make the statistical model of skin, procgen/people/data/skin.npz, from the CC0 skin textures of MakeHuman.

Usage: python tools/pack_skins.py TEXTURES_2048 TEXTURES_512 [--out FILE] [--pictures FOLDER]   (needs scipy and Pillow)

Read are `*_diffuse*.png` over MakeHuman's uv: twelve of 2048 px an edge, and all 22 at 512 px (the larger one is taken where
both exist). What is painted over (suits) is left out. Each texture is taken to optical density and split into
melanin, blood and a grey residual along the fixed directions of the project's own optical model (after Tsumura et al.,
"Image-based skin color and texture analysis/synthesis by extracting hemoglobin and melanin information in the skin", 2003).
The residual's low frequencies are light and shadow, and go; so does what differs between left and right. Brows, lids,
lashes, lips, nostrils, mouth and shaven scalp are filled in from the skin around them.

Kept are, over the vertices, the mean regional map of melanin and of blood, how they change with age, sex and tone, and the
principal components of what is left; over a crop of the uv, an orthogonal basis of fine residuals, none of which is of
one texture alone; all as 8-bit integers with a scale each.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, gaussian_filter
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from simulacra.procgen.materials.pigment import MELANIN_RANGE, skin_colour
from simulacra.procgen.people.head_data import head_data
from simulacra.procgen.people.regions import region
from simulacra.procgen.people.skin_pictures.texels import texels

ROOT = Path(__file__).resolve().parents[1]
EDGE = 2048  # px of the grid that everything is resampled to
CROP = (slice(256, 1728), slice(1312, 2048))  # rows (bottom first) and columns of the head's island
LOW = 8.5  # px: standard deviation of the filter that parts regional from fine
COMPONENTS, BASIS = 5, 7  # of the regional and of the fine model
BASE = (0.012, 0.006)  # volume fractions of melanin and blood below which a deviation is no longer in proportion
EXPECTED, NOISE = (0.25, 0.45, 0.25), 0.035  # of melanin, blood and light (shares, density); of density
RIDGE = 1.5  # textures' worth of belief that age, sex and tone change nothing
TONE_TRUST = 0.35  # the five dark textures were lit and painted by one hand
AGES = {"young": -1.0, "middleage": 0.0, "old": 1.0}
LEAST = 0.003  # of linear reflectance
FINE_LIMIT = 3.5  # standard deviations beyond which a residual is a mole or a fault of somebody's picture
EVEN = 25  # px: standard deviation of the filter that evens out how strong a residual is
BROW_SHIFT = 62  # px towards the chin: from the bare forehead to the brows
ROTATIONS = 4000  # of the fine basis, tried
QUANTUM = 0.16  # standard deviations of the fine basis that one step of a byte stands for


def read(path: Path) -> np.ndarray:
    """Optical density (EDGE, EDGE, 3), bottom row first, of an sRGB picture."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB").resize((EDGE, EDGE), Image.Resampling.BICUBIC))
    code = pixels[::-1].astype(np.float32) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return -np.log(np.maximum(linear, LEAST))


def pigments_of(density: np.ndarray) -> tuple[float, float]:
    """The melanin and blood (volume fractions) of the model whose colour is nearest a density's (3,), but for its grey."""
    melanin, blood = np.meshgrid(np.geomspace(MELANIN_RANGE[0], 0.35, 80), np.geomspace(0.006, 0.06, 60))
    off = -np.log(skin_colour(melanin, blood)) - density
    off -= 0.7 * off.mean(-1, keepdims=True)
    best = np.argmin((off**2).sum(-1))
    return float(melanin.flat[best]), float(blood.flat[best])


def separation(melanin: float, blood: float) -> np.ndarray:
    """The matrix (3, 2) that takes deviations of density to those of melanin and blood, in shares of what BASE adds to them.

    The likeliest deviations, where pigments, light and noise vary as EXPECTED and NOISE say: what a tone hardly shows
    (blood in dark skin) is then nearly nothing and not amplified noise.
    """
    here, step = -np.log(skin_colour(melanin, blood)), 0.1
    more_melanin = -np.log(skin_colour(melanin + step * (melanin + BASE[0]), blood))
    more_blood = -np.log(skin_colour(melanin, blood + step * (blood + BASE[1])))
    along = np.stack([(more_melanin - here) / step, (more_blood - here) / step, np.ones(3)])
    prior = np.diag(np.array(EXPECTED) ** 2)
    return (np.linalg.solve(along.T @ prior @ along + NOISE**2 * np.eye(3), along.T @ prior))[:, :2]


class Head:
    """The head's mesh: how texels and vertices go over into each other, and what of it is not bare skin."""

    def __init__(self):
        data, self.texels = head_data(), texels(EDGE)
        self.members = data.groups["body"]
        self.template = data.template
        t = self.texels
        self.on_island = t.index % EDGE >= CROP[1].start
        x, y, z = np.abs(data.template[:, 0]), data.template[:, 1], data.template[:, 2]
        self.scalp = (z > 0.066 + 0.2 * np.minimum(y, 0.02)) | ((y > 0.045) & (z > -0.01 - 0.3 * (y - 0.045)))
        self.scalp |= (x > 0.055) & (z > 0.025)
        brow = (np.abs(z - 0.022 + 0.12 * np.maximum(x - 0.035, 0)) < 0.012) & (x > 0.006) & (x < 0.066) & (y < 0.03)
        neck = z < -0.106
        inner_ear = region("ears", data.template) > 0.75

        def around(centre, half, front):
            return (np.hypot((x - centre[0]) / half[0], (z - centre[1]) / half[1]) < 1) & (y < front)

        mouth = around((0, -0.068), (0.031, 0.0165), 0.02)
        nostril = around((0.008, -0.047), (0.011, 0.007), 0.0) & (y > -0.045)
        back = y > 0.055
        lids = around((0.0325, -0.002), (0.027, 0.0165), 0.02)  # lit from above and made up: nothing to be learnt
        self.hidden = self.scalp | brow | lids | mouth | nostril | neck | inner_ear | back
        eye, mouth = around((0.0325, 0), (0.0165, 0.0065), 0.02), around((0, -0.068), (0.027, 0.0125), 0.02)
        self.holes, self.brow = self.scalp | eye | mouth | nostril | inner_ear, brow
        self.front = (y < 0.03) & (z > -0.11) & (z < 0.065) & ~self.hidden
        faces = data.faces[data.face_group == "body"]
        ends = np.concatenate([np.stack([faces[:, k], faces[:, (k + 1) % 4]], 1) for k in range(4)])
        ends = np.concatenate([ends, ends[:, ::-1]])
        count = len(data.template)
        adjacent = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (count, count)).tocsr()
        adjacent.data[:] = 1
        self.laplacian = (diags_array(adjacent.sum(1)) - adjacent).tocsc()
        mirrored = data.template * [-1, 1, 1]
        self.mirror = np.arange(count)
        self.mirror[self.members] = self.members[cKDTree(data.template[self.members]).query(mirrored[self.members])[1]]

    def to_vertices(self, picture: np.ndarray) -> np.ndarray:
        """The mean (v, k) of a picture (EDGE, EDGE, k) around each vertex of the head's island; elsewhere zero."""
        t, on = self.texels, self.on_island
        inside = on & (t.weights.min(1) >= 0)
        values = picture.reshape(EDGE * EDGE, -1)[t.index[inside]]
        total = np.zeros((len(self.template), values.shape[1]))
        weight = np.zeros(len(self.template))
        for corner in range(3):
            share, at = t.weights[inside, corner] ** 2, t.corners[inside, corner]
            weight += np.bincount(at, share, len(weight))
            for channel in range(values.shape[1]):
                total[:, channel] += np.bincount(at, share * values[:, channel], len(weight))
        return total / np.maximum(weight, 1e-9)[:, None]

    def filled(self, field: np.ndarray) -> np.ndarray:
        """A field (v, k) whose hidden places go on smoothly from what is around them, pulled towards the mean."""
        known = np.zeros(len(field), bool)
        known[self.members] = True
        known &= ~self.hidden
        free = np.setdiff1d(self.members, np.nonzero(known)[0])
        pull = 0.04  # fades within some six edges
        matrix = self.laplacian[free][:, free] + pull * diags_array(np.ones(len(free)))
        right = -(self.laplacian[free][:, np.nonzero(known)[0]] @ field[known])
        result = field.copy()
        result[free] = splu(matrix.tocsc()).solve(np.asarray(right))
        return result


def regional(head: Head, density: np.ndarray) -> np.ndarray:
    """The symmetric regional maps (v, 2) of a texture: deviations of melanin and blood, shares."""
    around = head.to_vertices(density)
    middle = np.median(around[head.front], 0)
    maps = np.clip((around - middle) @ separation(*pigments_of(middle)), -0.8, 1.5)
    maps = 0.5 * (maps + maps[head.mirror])
    maps -= maps[head.front].mean(0)
    return head.filled(maps)


def fine(head: Head, density: np.ndarray) -> np.ndarray:
    """The fine residual (rows, columns) of a texture in the crop: darkness less its surroundings, density."""
    grey = density.mean(2)
    t = head.texels
    island = np.zeros(EDGE * EDGE, bool)
    island[t.index[head.on_island]] = True
    island = island.reshape(EDGE, EDGE)
    bare = np.zeros(EDGE * EDGE)
    bare[t.index] = 1 - np.clip(t.values(head.holes.astype(float)), 0, 1)
    bare = (bare.reshape(EDGE, EDGE) > 0.5) & island
    weight = gaussian_filter(bare.astype(np.float32), LOW)
    low = gaussian_filter(np.where(bare, grey, 0), LOW) / np.maximum(weight, 1e-3)
    result = np.where(bare, grey - low, 0)
    wide = np.maximum(gaussian_filter(bare.astype(np.float32), EVEN), 1e-3)
    deviation = np.sqrt(gaussian_filter(result**2, EVEN) / wide)
    over = binary_dilation(np.abs(result) > FINE_LIMIT * deviation, iterations=2)
    result = np.where(over, 0.25 * result, result)
    # As strong everywhere: which parts of a face are rough is for the build to say.
    result /= np.maximum(np.sqrt(gaussian_filter(result**2, EVEN) / wide), 0.3 * result[bare].std())
    # Painted brows: the forehead above them is laid there instead.
    brow = np.zeros(EDGE * EDGE)
    brow[t.index] = np.clip(t.values(head.brow.astype(float)), 0, 1)
    share = gaussian_filter(brow.reshape(EDGE, EDGE), 3)
    result = (1 - share) * result + share * np.roll(result, BROW_SHIFT, 1)
    return (result * gaussian_filter(bare.astype(np.float32), 2.5))[CROP]


def known(name: str) -> tuple[float, float, float]:
    """Age -1…1, sex -1 man … 1 woman, and tone 0 pale … 1 dark that a texture's name says."""
    return (
        next(value for word, value in AGES.items() if name.startswith(word)),
        1.0 if "female" in name else -1.0,
        1.0 if "dark" in name else 0.0,
    )


def bytes_of(fields: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Fields as 8-bit integers of a step each."""
    return np.clip(np.round(fields / step), -127, 127).astype(np.int8)


def fine_basis(residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The basis (BASIS, rows, columns) of fine residuals (n, rows, columns), standard deviation one, and where it is not zero."""
    seen = np.abs(residuals).max(0) > 0
    flat = residuals[:, seen]
    flat /= flat.std(1)[:, None]
    left, values, right = np.linalg.svd(flat, full_matrices=False)
    click.echo(f"fine: {np.round(values**2 / (values**2).sum(), 3)} of the variance")
    # A rotation of the principal directions: all are as strong, and of many rotations the one whose results are least like a texture.
    strength = (values[:BASIS] / values[0]) ** 0.25
    own = left * values
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    best, turn = np.inf, np.eye(BASIS)
    rng = np.random.Generator(np.random.PCG64(6))
    for _ in range(ROTATIONS):
        tried = np.linalg.qr(rng.normal(size=(BASIS, BASIS)))[0]
        rows = tried * strength
        likeness = np.abs(rows @ own[:, :BASIS].T / np.linalg.norm(rows, axis=1, keepdims=True)).max()
        if likeness < best:
            best, turn = likeness, tried
    mixed = turn @ (strength[:, None] * right[:BASIS])
    mixed /= mixed.std(1)[:, None]
    click.echo(f"correlation of the basis with any texture: at most {best:.2f}")
    basis = np.zeros((BASIS, *seen.shape))
    basis[:, seen] = mixed
    return basis, seen


@click.command()
@click.argument("large", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("small", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", default=ROOT / "procgen/people/data/skin.npz", type=click.Path(path_type=Path))
def main(large: Path, small: Path, out: Path) -> None:
    """Read the textures and write the model."""
    files = {path.name: path for folder in (small, large) for path in sorted(folder.glob("*_diffuse*.png"))}
    head = Head()
    maps, residuals, about = [], [], []
    for name, path in sorted(files.items()):
        density = read(path)
        maps.append(regional(head, density))
        about.append(known(name))
        if path.parent == large:
            residuals.append(fine(head, density))
        click.echo(f"{name}: {pigments_of(np.median(head.to_vertices(density)[head.front], 0))}")
    maps, about = np.array(maps)[:, head.members], np.array(about)
    design = np.concatenate([np.ones((len(about), 1)), about], 1)
    design[:, 3] -= about[:, 2].mean()
    flat = maps.reshape(len(maps), -1)
    belief = np.diag([0.0, RIDGE, RIDGE, RIDGE])
    effects = np.linalg.solve(design.T @ design + belief, design.T @ flat)
    trusted = effects.copy()
    effects[3] *= TONE_TRUST
    _, s, vt = np.linalg.svd(flat - design @ trusted, full_matrices=False)
    components = vt[:COMPONENTS] * s[:COMPONENTS, None] / np.sqrt(len(maps) - 1)
    click.echo(f"regional: {np.round((s**2 / (s**2).sum())[:COMPONENTS], 3)} of the variance")
    fields = np.clip(np.concatenate([effects, components]), -0.8, 0.8).reshape(-1, *maps.shape[1:]).transpose(0, 2, 1)
    step = np.abs(fields).max((2,), keepdims=True) / 127
    basis, seen = fine_basis(np.array(residuals))
    full = np.zeros((EDGE, EDGE, 1), np.float32)
    full[CROP] = gaussian_filter(seen.astype(np.float32), 4)[..., None]
    share = head.to_vertices(full)[head.members, 0]
    np.savez_compressed(
        out, regional=bytes_of(fields, step), regional_step=step[:, :, 0].astype(np.float32),
        fine=bytes_of(basis, np.array(QUANTUM)), fine_step=np.float32(QUANTUM),
        tone_mean=np.float32(about[:, 2].mean()), fine_share=np.round(255 * share).astype(np.uint8), fine_corner=np.array([CROP[0].start, CROP[1].start], np.int32),
    )  # fmt: skip
    click.echo(f"{out}: {out.stat().st_size} bytes; regional {fields.shape}, fine {basis.shape}")


if __name__ == "__main__":
    main()
