"""What others may have put where a model is read: each is one line with the limit, before memory is taken or time spent."""

import json
import os
import struct
import zlib
from dataclasses import dataclass

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
Image = pytest.importorskip("PIL.Image")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core import checkpoint, photographs  # noqa: E402
from simulacra.models.core.settings import LARGEST, configured, restored  # noqa: E402
from simulacra.models.core.trainer import Trainer, TrainerConfig  # noqa: E402
from simulacra.models.core.training import CHECKPOINT  # noqa: E402
from simulacra.models.core.training_log import LOG  # noqa: E402
from simulacra.models.fields import export  # noqa: E402
from simulacra.models.fields.fit import FitConfig, fit, new_decoder, new_planes  # noqa: E402
from simulacra.models.systems import nfd  # noqa: E402
from simulacra.models.systems.gan_baselines import Giraffe, GiraffeConfig, giraffe  # noqa: E402
from simulacra.models.systems.rodin import photo  # noqa: E402

DIGITS = "9" * 5000


@dataclass(frozen=True)
class Config:
    """One field of each kind."""

    width: int = 8
    rate: float = 0.5
    sizes: tuple[int, ...] = (1, 2)
    kind: str = "a"
    on: bool = False
    size: int | None = None
    ema_half_life: int = 7


def line(function, *arguments) -> str:
    """The one short line of BadInput that a call ends with."""
    with pytest.raises(BadInput) as refused:
        function(*arguments)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 600, str(refused.value)[:1000]
    return str(refused.value)


def pipes_and_giants(folder, name):
    """Files of one name that must be refused without being read: a pipe, a folder, and one that is all hole."""
    for kind in ("pipe", "folder", "giant"):
        place = folder / kind
        place.mkdir(exist_ok=True)
        path = place / name
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        else:
            with path.open("wb") as file:
                file.truncate(100 * 2**30)
        yield kind, path


def test_pipes_folders_and_giants_are_no_checkpoints(tmp_path):
    wanted = {"pipe": "no regular file", "folder": "no regular file", "giant": f"allowed are {checkpoint.LARGEST}"}
    for kind, path in pipes_and_giants(tmp_path, checkpoint.WEIGHTS):
        (path.parent / "config.json").write_text(json.dumps({"system": "toy"}))
        assert wanted[kind] in line(checkpoint.load_weights, path.parent, {"net": torch.nn.Linear(1, 1)}, "toy")


def test_pipes_folders_and_giants_are_no_avatars(tmp_path):
    for kind, path in pipes_and_giants(tmp_path, "a.avatar.safetensors"):
        told = line(export.read_avatar_planes, path)
        assert (f"allowed are {export.MOST}" if kind == "giant" else "no regular file") in told


def test_pipes_folders_giants_and_bombs_are_no_photos(tmp_path):
    for kind, path in pipes_and_giants(tmp_path, "a.png"):
        told = line(photo.read_portrait, path)
        assert (f"allowed are {photographs.MOST_BYTES}" if kind == "giant" else "no regular file") in told

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for edge in (11_000, 60_000, 2**31 - 1):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, 8, 0, 0, 0, 0))
        (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")))
        assert f"allowed are {photographs.MOST_PIXELS} in all" in line(photo.read_portrait, tmp_path / "bomb.png")
    for data in (b"", b"a cat", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + bytes(100)):
        (tmp_path / "no.png").write_bytes(data)
        assert "is not a picture that can be read; allowed are PNG and JPEG" in line(
            photo.read_portrait, tmp_path / "no.png"
        )


def test_a_photo_may_be_a_link_of_the_users(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "real.png")
    (tmp_path / "link.png").symlink_to("real.png")
    assert "shows no face" in line(photo.read_portrait, tmp_path / "link.png")


@pytest.mark.parametrize("document, words", [
    ([], "allowed is an object"), ({"none": 1}, "none' is not known"), ({"width": "8"}, "width is '8'"),
    ({"width": True}, "width is True"), ({"width": 10**4000}, "a number of many digits"), ({"width": 1e400}, "width is inf"),
    ({"rate": float("nan")}, "rate is nan"), ({"sizes": 3}, "sizes is 3; allowed is a list"),
    ({"sizes": [1] * 2000}, "at most 1000"), ({"sizes": [[1]]}, "sizes is"), ({"kind": "a" * 2000}, "a text of 2000 letters"),
    ({"on": 1}, "on is 1"), ({"size": {}}, "size is"), ({"kind": None}, "kind is None"),
])  # fmt: skip
def test_a_config_of_another_shape_is_one_line(document, words):
    assert words in line(restored, Config(), document)


def test_what_older_versions_wrote_is_taken_for_todays():
    assert restored(Config(), {"average": 3, "rate": 1, "size": 4, "sizes": [5]}) == Config(
        ema_half_life=3, rate=1, size=4, sizes=(5,)
    )


@pytest.mark.parametrize("setting, words", [
    (f"width={DIGITS}", f"allowed is a whole number up to {LARGEST}"), (f"rate={DIGITS}", "allowed is a number"),
    (f"sizes=1,{DIGITS}", "allowed is a whole number"), (f"width=-{'9' * 99}", "allowed is a whole number up to"),
    (f"{DIGITS}=1", "no such field"), ("rate=nan", "allowed is a number"), (f"size={DIGITS}", "allowed is a whole number"),
])  # fmt: skip
def test_thousands_of_digits_in_a_setting_are_one_line(setting, words):
    told = line(configured, Config(), [setting])
    assert words in told and len(told) < 300


def test_a_field_that_may_be_left_out_is_set_to_a_number():
    assert configured(Config(), ["size=32"]).size == 32 and configured(Config(size=32), ["size=32"]).size == 32
    assert configured(Config(), ["size=none"]).size is None


def saved_giraffe(folder, **about):
    config = GiraffeConfig(size=16, raw=8, width=16, features=8, narrowest=8, widest=16)
    torch.manual_seed(0)
    model = Giraffe(config)
    document = {"system": "giraffe", "config": config.__dict__, "half": 0.2} | about
    checkpoint.save_weights(folder, {"model": model}, document)
    return model


def test_a_folder_of_an_older_version_is_loaded(tmp_path):
    """Its config says average, which is now the half-life of the averaged generator."""
    model = saved_giraffe(tmp_path)
    document = json.loads((tmp_path / "config.json").read_text())
    document["config"]["average"] = document["config"].pop("ema_half_life")
    document["shown"] = 12
    (tmp_path / "config.json").write_text(json.dumps(document))
    found = giraffe.load(tmp_path)
    assert found.half == 0.2 and found.config == model.config
    assert all(torch.equal(value, found.state_dict()[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("about, words", [
    ({"half": None}, "half is None; allowed is a number above 0"), ({"half": -1}, "half is -1"), ({"half": 10**4000}, "half is"),
    ({"config": None}, "config: None is not allowed"), ({"config": {"width": "wide"}}, "width is 'wide'"),
    ({"config": {"width": 2**50}}, "config"), ({"config": {"width": -3}}, "config"), ({"config": {"raw": 0}}, "config"),
    ({"config": {"width": 48, "size": 16, "raw": 8}}, "model.safetensors: holds"), ({"system": "eg3d"}, "is a checkpoint of eg3d"),
])  # fmt: skip
def test_a_config_that_lies_is_refused_before_memory_is_taken(about, words, tmp_path):
    saved_giraffe(tmp_path)
    document = json.loads((tmp_path / "config.json").read_text()) | about
    (tmp_path / "config.json").write_text(json.dumps(document))
    assert words in line(giraffe.load, tmp_path)


def test_a_denoiser_that_is_larger_than_its_file_is_refused(tmp_path):
    small = nfd.Config(
        base=8, multipliers=(1,), attention=(), occupancy=nfd.OccupancyConfig(channels=2, resolution=8, width=8)
    )
    model = nfd.NFD(small)
    about = {"system": "nfd", "config": json.loads(json.dumps(nfd.asdict(small))), "half": 0.2}
    checkpoint.save_weights(tmp_path, model.parts(), about)
    assert torch.equal(nfd.load(tmp_path).decoder.net[0].weight, model.decoder.net[0].weight)
    about["config"]["base"] = 2**20  # a convolution of 2^40 * 9 weights
    (tmp_path / "config.json").write_text(json.dumps(about))
    assert "model.safetensors: holds" in line(nfd.load, tmp_path)


def small_trainer(folder, steps=2) -> Trainer:
    net = torch.nn.Linear(1, 1)
    return Trainer(folder, {"net": net}, lambda *_: {"loss": net.weight.sum()}, TrainerConfig(steps, save_every=1))


def test_a_trainings_checkpoint_that_lies_is_refused(tmp_path):
    small_trainer(tmp_path).run()
    path = tmp_path / CHECKPOINT
    with checkpoint.open_tensors(path) as file:
        tensors, about = {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["training"])
    for change in (
        {"step": "2"},
        {"step": True},
        {"step": -1},
        {"step": 10**300},
        {"settings": []},
        {"seconds": "long"},
    ):
        checkpoint.write_tensors(path, tensors, {"training": json.dumps(about | change)})
        assert "names no step" in line(small_trainer(tmp_path, 4).run)
    for text in ("[" * 10**5, DIGITS, "[]", ""):
        checkpoint.write_tensors(path, tensors, {"training": text})
        assert "has no training in its header" in line(small_trainer(tmp_path, 4).run)


def test_an_adversarial_training_of_an_older_version_is_refused_in_one_line(tmp_path):
    """Its checkpoint named weights and moments otherwise; it is not gone on with by halves."""
    from gan_stage import small_giraffe, trainer_of

    trainer = trainer_of("giraffe", small_giraffe(images=8), tmp_path)
    old = {f"{name}.{key}": value for name in ("generator", "discriminator")
           for key, value in getattr(trainer, name).state_dict().items()}  # fmt: skip
    about = {"step": 1, "seconds": 1.0, "settings": {"average": 2000}}
    checkpoint.write_tensors(tmp_path / CHECKPOINT, old, {"training": json.dumps(about)})
    before = (tmp_path / CHECKPOINT).read_bytes()
    assert "lacks average/generator" in line(trainer.run)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_a_log_that_is_torn_or_odd_does_not_stop_a_training(tmp_path):
    small_trainer(tmp_path).run()
    whole = (tmp_path / LOG).read_text()
    odd = ["[]\n", '{"step": "2"}\n', f'{{"step": {DIGITS}}}\n', "[" * 2000 + "\n", '{"step": 2, "lo']
    (tmp_path / LOG).write_text(whole + "".join(odd))
    small_trainer(tmp_path, 3).run()
    lines = (tmp_path / LOG).read_text()
    assert lines.startswith(whole) and [json.loads(row)["step"] for row in lines.splitlines()] == [1, 2, 3]


def test_a_fits_state_that_lies_is_refused(tmp_path):
    import numpy as np

    from simulacra.models.core.data import Person
    from simulacra.models.core.toyheads import toy_cameras, toy_head, view

    drawn = np.random.default_rng(0)
    head, cameras = toy_head(drawn), toy_cameras(3, drawn)
    person = Person("one", view(head, cameras, 16, 16).rgba, cameras, {}, ())
    config = FitConfig(
        channels=2, resolution=8, width=8, depth=1, steps=2, people=1, rays=16, samples=4, importance=4, lowest=0
    )

    def run():
        fit([person], new_planes(1, config), new_decoder(config), config, folder=tmp_path)

    run()
    path = tmp_path / "fit.safetensors"
    with checkpoint.open_tensors(path) as file:
        tensors, about = {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())
    run()  # as it is, it is read
    for change, words in (({"step": DIGITS}, "names no step"), ({"step": "-1"}, "names no step"),
                          ({"config": "[]"}, "has no config"), ({"config": '{"rays": 17}'}, "another configuration"),
                          ({"config": f'{{"rays": {DIGITS}}}'}, "has no config")):  # fmt: skip
        checkpoint.write_tensors(path, tensors, about | change)
        assert words in line(run)
    checkpoint.write_tensors(path, {name: value for name, value in tensors.items() if name != "plane_mean"}, about)
    assert "lacks plane_mean" in line(run)
