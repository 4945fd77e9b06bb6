"""The systems as menus show them."""

from typing import NamedTuple


class SystemChoice(NamedTuple):
    """A system as the menu shows it: what it makes avatars or things from, the suffix of what it writes, whether it samples in
    steps, whether it shows a coarse avatar before, and whether what it made can be pulled at."""

    name: str
    title: str
    about: str
    can: tuple[str, ...] = ("unconditional",)
    suffix: str = ".avatar.safetensors"
    steps: bool = False
    things: bool = False
    coarse: bool = False
    drag: bool = False


# The systems that make people, then those that make things. Their catalogue belongs to models, which the extension comes without: a test keeps the two equal.
SYSTEM_CHOICES = (
    SystemChoice(
        "rodin",
        "Rodin",
        "Triplanes by roll-out diffusion",
        ("prompt", "photo", "edit", "unconditional"),
        steps=True,
        coarse=True,
    ),
    SystemChoice(
        "rodin_hd", "RodinHD", "Triplanes from a portrait seen at three scales", ("photo", "unconditional"), steps=True
    ),
    SystemChoice("nfd", "NFD", "Triplanes by diffusion of plain channels", steps=True),
    SystemChoice("eg3d", "EG3D", "Triplanes by a style GAN; arrives as a mesh", suffix=".glb"),
    SystemChoice("pi_gan", "pi-GAN", "A sine network by a GAN; arrives as a mesh", suffix=".glb"),
    SystemChoice("giraffe", "GIRAFFE", "A feature field by a GAN; arrives as a mesh without colours", suffix=".glb"),
    SystemChoice("auto_encoder", "Auto-encoder", "Portrait to triplane, sampled by a Gaussian"),
    SystemChoice(
        "get3d",
        "GET3D",
        "Things with a texture, by a style GAN; handles pull at them",
        suffix=".glb",
        things=True,
        drag=True,
    ),
    SystemChoice(
        "point_e",
        "Point-E",
        "Things from a prompt or a picture, by clouds of points",
        ("prompt", "photo", "unconditional"),
        suffix=".glb",
        steps=True,
        things=True,
    ),
    SystemChoice(
        "shap_e",
        "Shap-E",
        "Things from a prompt or a picture, by latents that write a field",
        ("prompt", "photo", "unconditional"),
        suffix=".glb",
        steps=True,
        things=True,
    ),
    SystemChoice(
        "zero123",
        "Zero-1-to-3",
        "The thing that a picture shows, from all sides",
        ("photo",),
        suffix=".glb",
        steps=True,
        things=True,
    ),
    SystemChoice(
        "ivid",
        "iVID",
        "Things or heads as pictures with depth, view after view",
        ("prompt", "unconditional"),
        suffix=".glb",
        steps=True,
        things=True,
    ),
)
SYSTEMS = [(row.name, row.title, row.about) for row in SYSTEM_CHOICES]
MODES = [
    ("unconditional", "From nothing", "Somebody whom the seed draws"),
    ("prompt", "From a prompt", "Somebody as the prompt says"),
    ("photo", "From a photo", "Somebody who resembles a photo"),
    ("edit", "Edit", "An avatar, changed as the prompt says"),
]
