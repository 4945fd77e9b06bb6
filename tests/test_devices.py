"""The device of a render: chosen by speed from what is there, told of, and never in the way of a render or of labels."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulacra.__main__ import main
from simulacra.datagen import devices
from simulacra.datagen.devices import DEVICES, FASTEST_FIRST, Device, choose
from simulacra.datagen.errors import BadInput
from simulacra.datagen.jobs import pool as jobs
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.dataset import DatasetFolder

HERE = Path(__file__).parent
RYZEN = ("Ryzen", "CPU")


class Preferences:
    """Those of Cycles: lists devices when it is refreshed, refuses some kinds and takes no notice of others."""

    def __init__(self, *there, refused=(), deaf=(), crash=False):
        self.there, self.refused, self.deaf, self.crash = there, refused, deaf, crash
        self.devices, self.asked, self.kind = [], 0, "NONE"

    def refresh_devices(self):
        self.asked += 1
        if self.crash:
            raise RuntimeError("driver\nof another version")
        self.devices = [SimpleNamespace(name=name, type=kind, use=kind != "CUDA") for name, kind in self.there]

    def get_devices_for_type(self, kind):
        return [SimpleNamespace(name=name) for name, there in self.there if there == kind]

    @property
    def compute_device_type(self):
        return self.kind

    @compute_device_type.setter
    def compute_device_type(self, kind):
        if kind in self.refused:
            raise TypeError(f'enum "{kind}" not found')
        if kind not in self.deaf:
            self.kind = kind

    def used(self):
        return [(device.name, device.type) for device in self.devices if device.use]


@pytest.mark.parametrize("place", range(len(FASTEST_FIRST)))
def test_the_fastest_kind_that_is_there_is_used_and_nothing_beside_it(place):
    kinds = FASTEST_FIRST[place:]
    preferences = Preferences(RYZEN, *[("Card", kind) for kind in reversed(kinds)])
    assert choose("auto", preferences) == Device(kinds[0], ("Card",))
    assert preferences.used() == [("Card", kinds[0])] and preferences.kind == kinds[0]
    assert choose("auto", preferences).cycles == "GPU"


def test_all_cards_of_the_kind_are_used_two_alike_too():
    preferences = Preferences(("H", "OPTIX"), ("H", "CUDA"), ("H", "OPTIX"), ("H", "CUDA"), RYZEN)
    assert choose("auto", preferences).record() == {"type": "OPTIX", "names": ["H", "H"]}
    assert preferences.used() == [("H", "OPTIX")] * 2
    assert choose("cuda", preferences).record() == {"type": "CUDA", "names": ["H", "H"]}
    assert preferences.used() == [("H", "CUDA")] * 2


def test_without_a_card_the_processor_renders():
    preferences = Preferences(RYZEN)
    preferences.kind = "METAL"  # the default of Blender's preferences on some machines
    assert choose("auto", preferences) == Device("CPU", ("Ryzen",)) and preferences.kind == "NONE"
    assert choose("auto", preferences).cycles == "CPU"


def test_for_the_processor_no_driver_is_asked():
    preferences = Preferences(("Card", "OPTIX"), RYZEN, crash=True)
    assert choose("cpu", preferences) == Device("CPU", ("Ryzen",)) and preferences.asked == 0


@pytest.mark.parametrize("fault", [{"refused": ["OPTIX"]}, {"deaf": ["OPTIX"]}])
def test_a_kind_that_cannot_be_enabled_leaves_its_place_to_the_next(fault):
    chosen = choose("auto", Preferences(("Card", "OPTIX"), ("Card", "CUDA"), RYZEN, **fault))
    assert (chosen.type, chosen.names) == ("CUDA", ("Card",)) and chosen.reason.startswith("OPTIX cannot be enabled (")
    preferences = Preferences(("Card", "OPTIX"), RYZEN, **fault)
    chosen = choose("auto", preferences)
    assert (chosen.type, chosen.names, chosen.cycles) == ("CPU", ("Ryzen",), "CPU") and preferences.kind == "NONE"
    assert chosen.record()["reason"].startswith("OPTIX cannot be enabled (")


@pytest.mark.parametrize("wanted", DEVICES[2:])
def test_a_device_that_was_asked_for_and_is_not_there_is_told_with_what_is(wanted):
    kind = wanted.upper()
    other = "hip" if wanted != "hip" else "cuda"
    with pytest.raises(BadInput) as error:
        choose(wanted, Preferences(("Card", other.upper()), RYZEN))
    assert str(error.value) == (
        f"device: {wanted} cannot be used: there is none; allowed on this machine are auto, cpu, {other}"
    )
    with pytest.raises(
        BadInput, match=rf"{kind} cannot be enabled \(TypeError.*allowed on this machine are auto, cpu$"
    ):
        choose(wanted, Preferences(("Card", kind), RYZEN, refused=[kind]))


def test_a_driver_that_fails_is_a_reason_and_no_fault():
    chosen = choose("auto", Preferences(("Card", "OPTIX"), crash=True))
    assert chosen == Device("CPU", (), "the devices cannot be listed (RuntimeError: driver of another version)")
    with pytest.raises(BadInput, match="optix cannot be used: the devices cannot be listed"):
        choose("optix", Preferences(crash=True))


@pytest.mark.parametrize("wanted", ["auto", "cpu"])
def test_a_blender_without_cycles_preferences_is_left_to_the_processor(wanted, monkeypatch):
    context = SimpleNamespace(preferences=SimpleNamespace(addons={}))
    monkeypatch.setitem(sys.modules, "bpy", SimpleNamespace(context=context))
    assert choose(wanted) == Device("CPU", (), "the devices cannot be listed (KeyError: 'cycles')")


def test_the_device_is_free_in_a_recipe_and_checked():
    assert Recipe("faces", device="cuda").differing(Recipe("faces")) == []
    for wrong in ("gpu", "OPTIX", ""):
        with pytest.raises(BadInput, match="allowed are auto, cpu, optix, cuda, hip, metal, oneapi"):
            Recipe("faces", device=wrong)
    with pytest.raises(BadInput, match="allowed is a text"):
        Recipe.from_dict({"generator": "faces", "device": 5})


def test_workers_get_the_device_and_their_answers_and_samples_name_what_was_used(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    folder = DatasetFolder.open(tmp_path / "d", Recipe("faces", 2, device="oneapi"))
    events = []
    assert jobs.run(folder, range(2), jobs.Pool(1, renderer="fake_renderer:device"), events.append) == {}
    used = {"type": "ONEAPI", "names": ["a card"]}
    assert [event["device"] for event in events] == [used, used]
    records = [json.loads(path.read_text()) for path in (tmp_path / "d").glob("*/sample.json")]
    assert [record["device"] for record in records] == [used, used]
    DatasetFolder.open(tmp_path / "d", Recipe("faces", 3))  # goes on with another


@pytest.mark.blender
def test_an_option_that_cannot_be_met_is_one_line_and_makes_nothing(tmp_path, capsys, monkeypatch):
    pytest.importorskip("bpy")
    monkeypatch.setattr(devices, "cycles_preferences", lambda: Preferences(("Card", "CUDA"), RYZEN))
    assert main(["render", "faces", str(tmp_path / "d"), "--device", "metal"]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        "simulacra: device: metal cannot be used: there is none; allowed on this machine are auto, cpu, cuda\n"
    )
    assert not captured.out and not (tmp_path / "d").exists()
    assert main(["render", "faces", str(tmp_path / "d"), "--device", "gpu"]) == 2
    assert "gpu is not allowed; allowed are auto, cpu, optix" in capsys.readouterr().err


@pytest.mark.blender
def test_pictures_alone_leave_the_processor():
    bpy = pytest.importorskip("bpy")
    from simulacra.datagen.rendering import passes, place_passes

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    passes.configure(scene, (16, 16), 1)
    assert scene.cycles.device == "CPU"
    for settle in (passes.picture_settings, place_passes.picture_settings):
        settle(scene, 1, False, "GPU")
        assert scene.cycles.device == "GPU" and scene.cycles.denoising_use_gpu
        passes.label_settings(scene, 1, 0.01)
        assert scene.cycles.device == "CPU"
        settle(scene, 1, False, "CPU")
        assert scene.cycles.device == "CPU" and not scene.cycles.denoising_use_gpu


@pytest.mark.blender
@pytest.mark.once
def test_a_sample_names_the_processor_that_made_it(face_dataset):
    with devices.quiet():
        expected = choose("cpu")
    record = json.loads((face_dataset / "000000" / "sample.json").read_text())
    assert record["device"] == {"type": "CPU", "names": list(expected.names)} and expected.names
