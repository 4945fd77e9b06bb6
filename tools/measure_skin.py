"""Print how skins of every tone come out: the tone that was asked for and got, and how much their colour differs by region.

python tools/measure_skin.py [--count 8] [--textures FOLDER]

Tones are individual typology angles (ITA, degrees; Chardon et al. 1991) of the colour picture's mean over the bare face. Contrast
is the standard deviation of regional means, CIE L* and a*. With ``--textures`` (folders of the pictures of which tools/pack_skins.py
makes the model) the likeness of each skin's fine residual to each texture's is printed too: of no skin may it come near one.
"""

from pathlib import Path

import click
import numpy as np

from simulacra.procgen import registry
from simulacra.procgen.materials.pigment import XYZ_TO_RGB, face_colour, skin_colour, typology_angle
from simulacra.procgen.people.head_data import head_data
from simulacra.procgen.people.regions import region
from simulacra.procgen.people.skin_pictures.pictures import skin_pictures
from simulacra.procgen.people.skin_pictures.texels import texels
from simulacra.procgen.people.skin_pictures.zones import bare_face

ANGLES = {1: 57.0, 2: 48.0, 3: 34.5, 4: 19.0, 5: -10.0, 6: -45.0}  # degrees: in the middle of each Fitzpatrick type
BLOOD = 0.026  # volume fraction
REGIONS = (
    "forehead",
    "cheeks",
    "nose_tip",
    "chin",
    "under_eyes",
    "lids",
    "nasolabial",
    "upper_lip_skin",
    "jaw_sides",
    "ears",
)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (…, 3), D65, of linear sRGB."""
    xyz = rgb @ np.linalg.inv(XYZ_TO_RGB).T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def shown(skin, size: int = 1024) -> np.ndarray:
    """The linear colours (n, 3) of a skin's picture at its texels."""
    picture = skin_pictures(skin, (0.03, 0.02, 0.015), None, size)["colour"]
    code = picture.reshape(-1, 3)[texels(size).index] / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


@click.command()
@click.option("--count", default=8, show_default=True, help="skins of each type")
@click.option("--textures", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(count: int, textures: tuple[Path, ...]) -> None:
    """Print a row for each Fitzpatrick type."""
    t = texels(1024)
    face = t.values(bare_face()) > 0.5
    template = head_data().template
    masks = np.stack([t.values(region(name, template)) for name in REGIONS])
    masks *= t.index % 1024 > 656
    click.echo("type  ITA asked  ITA got  off (mean, most)  contrast L*  contrast a*")
    melanins = np.geomspace(0.0055, 0.34, 400)
    angles = typology_angle(skin_colour(melanins, np.full(400, BLOOD)))
    for kind, angle in ANGLES.items():
        melanin = float(np.interp(-angle, -angles, melanins))
        rows = []
        for seed in range(count):
            settings = {
                "skin.melanin": melanin,
                "skin.haemoglobin": BLOOD,
                "skin.makeup_on": False,
                "skin.stubble_shadow": 0.0,
                "skin.undertone": "neutral",
            }
            skin = registry.sample("faces", 1000 * kind + seed, settings).skin
            colour = shown(skin)
            asked = float(typology_angle(face_colour(skin)))
            got = float(typology_angle(colour[face].mean(0)))
            means = lab((masks @ colour) / masks.sum(1, keepdims=True))
            rows.append((asked, got, abs(got - asked), means[:, 0].std(), means[:, 1].std()))
        rows = np.array(rows)
        mean = rows.mean(0)
        click.echo(
            f"{kind:4d}  {mean[0]:9.1f}  {mean[1]:7.1f}  {mean[2]:7.1f} {rows[:, 2].max():9.1f}  {mean[3]:11.2f}  {mean[4]:11.2f}"
        )
    if textures:
        _likeness(textures, count)


def _likeness(folders: tuple[Path, ...], count: int) -> None:
    """Print the correlation of skins' fine residuals with those of the textures."""
    from pack_skins import CROP, EDGE, Head, fine, read

    from simulacra.procgen.people.skin_pictures.fields import SkinFields

    head, t = Head(), texels(EDGE)
    files = [path for folder in folders for path in sorted(folder.glob("*_diffuse*.png"))]
    known = [fine(head, read(path)) for path in files]
    rows, columns = t.index // EDGE - CROP[0].start, t.index % EDGE - CROP[1].start
    inside = (rows >= 0) & (rows < known[0].shape[0]) & (columns >= 0) & (columns < known[0].shape[1])
    most = []
    for seed in range(2 * count):
        residual = SkinFields(registry.sample("faces", seed).skin, EDGE, None).residual[inside]
        for path, other in zip(files, known, strict=True):
            value = other[rows[inside], columns[inside]]
            most.append((abs(np.corrcoef(residual[value != 0], value[value != 0])[0, 1]), path.name))
    click.echo(
        f"likeness of {2 * count} skins to {len(files)} textures: mean {np.mean([m for m, _ in most]):.3f}, most {max(most)}"
    )


if __name__ == "__main__":
    main()
