"""Shared fixtures; Blender's user folder is moved aside before bpy is imported."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("procgen", "datagen", "models", "addon")
# Before bpy is first imported: the user's own extensions and settings must not be seen by a test.
_RESOURCES = tempfile.mkdtemp(prefix="simulacra-blender-")
os.environ["BLENDER_USER_RESOURCES"] = _RESOURCES
# Before torch and numpy are: tests run side by side, and threads that wait for each other take many times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")
NEED_BLENDER = {"scene", "sidebar", "blender_tool", "extension_zip", "face_dataset"}
# The files of tests side by side that take longest, longest first: with them last, one core would wait for the other.
LONGEST = (
    "models_gan_training", "jobs", "cluster", "facial_hair", "worker", "models_diffusion", "people", "contributing", "rig", "hair",
    "render_place", "models_vision_learned", "stock_blender", "wear", "labels", "layers", "tools", "sidebar_places", "sidebar_edits",
    "packaging", "orbit", "wheel", "render_face", "sidebar_model", "transpile_nodes", "survival", "materials", "sidebar", "registry",
    "creatures", "devices", "boundary", "sea_life", "character", "weather", "models_fields", "merge", "make", "plants", "things",
    "models_rodin", "destinations", "terrain", "scene_labels", "engines", "dense_landmarks", "models_toyheads", "scene_files",
    "every_field", "sidebar_guest", "clouds_and_particles", "scene_simulations", "processes", "water", "transpile",
)  # fmt: skip
# One worker takes the files of a line: what they share is made once.
TOGETHER = {"labels": "a dataset", "imports": "a dataset", "likeness": "a dataset", "devices": "a dataset",
            "sidebar_edits": "ada", "sidebar_copies": "ada", "sidebar_files": "ada", "worker": "ada",
            "sidebar_places": "a place", "sidebar_guest": "a place"}  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What uses a fixture of Blender's is run on both releases; long files come first."""
    for item in items:
        if NEED_BLENDER & set(getattr(item, "fixturenames", ())):
            item.add_marker("blender")
    place = {f"test_{name}.py": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file goes to one worker, in the order of collection, with those that share what it makes."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return TOGETHER.get(Path(file).stem.removeprefix("test_"), file)

    config.option.loadscopereorder = False  # which puts files of few tests last, and those are long ones
    return Scheduling(config, log)


def pytest_unconfigure():
    """Leave nothing behind."""
    shutil.rmtree(_RESOURCES, ignore_errors=True)


@pytest.fixture
def scene():
    """An empty scene."""
    bpy = pytest.importorskip("bpy")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return bpy.context.scene


@pytest.fixture
def stage(scene, tmp_path):
    """A small scene with a camera, to be filled, saved and labelled."""
    from scene_stage import Stage

    return Stage(scene, tmp_path)


@pytest.fixture
def sidebar(scene):
    """The extension enabled from this source tree as Blender loads it; calling it with a name gives a module of addon."""
    import addon_utils

    name = "bl_ext.user_default.simulacra"
    place = Path(_RESOURCES, "extensions", "user_default", "simulacra")
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(ROOT, target_is_directory=True)
        addon_utils.extensions_refresh()
    assert addon_utils.enable(name, default_set=True) is not None
    yield lambda module: import_module(f"{name}.{'' if module.split('.')[0] in PACKAGES else 'addon.'}{module}")
    addon_utils.disable(name, default_set=True)


@pytest.fixture(scope="session")
def ada_file(tmp_path_factory):
    """Where a person of the sidebar's is kept once a test has built it."""
    return tmp_path_factory.mktemp("people") / "person.blend"


@pytest.fixture
def ada(ada_file, sidebar):
    """The rig of a person with little on it, keyed, in a file of its own."""
    import bpy
    from sidebar_state import open_kept

    def make():
        registry, params = sidebar("procgen.registry"), sidebar("procgen.params")
        wishes = ("hair.groom=bald", "wear.headwear.kind=none", "wear.garment.kind=crew_tee")
        spec = registry.sample("faces", 12, params.parse_settings(wishes))
        sidebar("people.person").generate("faces", spec, name="Ada").keyframe_insert("location", frame=1)

    open_kept(ada_file, make)
    return bpy.data.objects["Ada"]


@pytest.fixture(scope="session")
def bare_file(tmp_path_factory):
    """Where a bare plain is kept once a test has built it."""
    return tmp_path_factory.mktemp("places") / "bare.blend"


@pytest.fixture
def bare(bare_file, sidebar):
    """A bare plain in a file of its own, which is opened: that such a file can be edited on has a test of its own."""
    import bpy
    from sidebar_state import grown, open_kept

    open_kept(bare_file, lambda: grown(sidebar))
    return bpy.data.collections["Place"]


@pytest.fixture(scope="session")
def blender_tool():
    """Blender's own command line tool for extensions."""
    bpy = pytest.importorskip("bpy")
    return Path(bpy.utils.system_resource("SCRIPTS"), "addons_core/bl_pkg/cli/blender_ext.py")


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory, blender_tool):
    """The extension, built by that tool."""
    path = tmp_path_factory.mktemp("dist") / "simulacra.zip"
    command = [sys.executable, blender_tool, "build", "--source-dir", ROOT, "--output-filepath", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture(scope="session")
def face_dataset(tmp_path_factory):
    """A small dataset through the command line: one face, two frames of a sequence."""
    pytest.importorskip("bpy")
    out = tmp_path_factory.mktemp("data") / "faces"
    command = [sys.executable, "-m", "simulacra", "render", "faces", out, "--count", "1", "--seed", "3", "--size", "96",
               "--samples", "1", "--frames", "2", "--set", "hair.density=0.3", "--set", "beard.density=0.3",
               "--device", "cpu", "--json"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return out


@pytest.fixture
def transpiled(scene):
    """A function that writes a data-block as Python, runs it, and gives the source and what it built."""
    from simulacra.procgen.nodes.transpile.document import transpile

    def run(owner, spec=None):
        source = transpile(owner)
        module = {"__name__": "written"}
        exec(compile(source, "written.py", "exec"), module)
        build = next(module[name] for name in module if name.startswith("build_"))
        return source, build(*([spec(module)] if spec else []))

    return run


@pytest.fixture
def seeded_torch():
    """Torch's own generator seeded, and given back as it was: networks are built by it."""
    import torch

    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def fake(monkeypatch):
    """The fake system, listed beside the real ones."""
    import fake_system

    from simulacra.models.systems import catalogue

    monkeypatch.setitem(sys.modules, "simulacra.models.systems.fake", fake_system.module())
    monkeypatch.setattr(catalogue, "SYSTEMS", (*catalogue.SYSTEMS, fake_system.row()))


@pytest.fixture
def run(fake, tmp_path):
    """A folder that holds a trained fake system."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(json.dumps({"system": "fake"}))
    return tmp_path / "run"


@pytest.fixture(scope="module")
def drawn_dataset(tmp_path_factory):
    """Twelve people of two frames whose labels are drawn numbers."""
    from loading_stage import make_dataset

    return make_dataset(tmp_path_factory.mktemp("loading") / "faces", 12, frames=2)


@pytest.fixture(scope="module")
def drawn_shards(drawn_dataset):
    """The same as tar shards."""
    from simulacra.datagen.export import export

    return export(drawn_dataset, "webdataset", drawn_dataset.with_name("shards"), per_shard=5)


@pytest.fixture
def gone():
    """The id of a process that is dead."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
