"""Characters for other programs: what a written file holds, by its own bytes, by a validator, and as Blender reads it again."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings
from simulacra.procgen.people.expression import ACTIONS

pytestmark = pytest.mark.blender
BONES = {"spine", "neck", "head", "jaw", "eye.L", "eye.R", "shoulder.L", "shoulder.R"}
VALIDATOR = os.environ.get("GLTF_VALIDATOR", "/tmp/gltf_validator/node_modules/gltf-validator")
BALD = ["hair.groom=bald", "beard.style=none", "beard.moustache=none", "wear.glasses=none", "wear.headwear.kind=none"]


def spec_file(folder: Path, settings=()) -> Path:
    """The spec of a person in a file."""
    spec = registry.sample("faces", 7, parse_settings(settings))
    path = folder / "spec.json"
    path.write_text(json.dumps(registry.dump("faces", spec)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    """A bald person of the coarsest level as .glb: its document, its buffer, and what was told of it."""
    pytest.importorskip("bpy")
    from simulacra.datagen.character.export import Wishes, export
    from simulacra.datagen.character.glb import read_glb
    from simulacra.datagen.character.source import open_source

    folder = tmp_path_factory.mktemp("character")
    source = open_source(spec_file(folder, BALD))
    source.rig.name = "Ána 人"
    told, remarks = export(source, folder / "ána.glb", Wishes(texture=128, levels=(2,)))
    return *read_glb(folder / "ána.glb"), told[0], remarks, folder / "ána.glb"


def positions(document: dict, binary: bytes, accessor: int) -> np.ndarray:
    """The values (n, 3) of an accessor, sparse or not."""
    row = document["accessors"][accessor]
    found = np.zeros((row["count"], 3), np.float32)

    def view(holder, dtype, count):
        place = document["bufferViews"][holder["bufferView"]]
        return np.frombuffer(binary, dtype, count, place.get("byteOffset", 0) + holder.get("byteOffset", 0))

    if "bufferView" in row:
        found[:] = view(row, np.float32, row["count"] * 3).reshape(-1, 3)
    if "sparse" in row:
        sparse = row["sparse"]
        kind = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32}[sparse["indices"]["componentType"]]
        index = view(sparse["indices"], kind, sparse["count"])
        found[index] = view(sparse["values"], np.float32, sparse["count"] * 3).reshape(-1, 3)
    return found


def mesh_of(document: dict, name: str) -> dict:
    """The mesh of a node."""
    return document["meshes"][next(node["mesh"] for node in document["nodes"] if node.get("name") == name)]


def test_the_skin_carries_all_actions_by_name_and_the_others_those_that_move_them(coarse):
    document, binary, told, *_ = coarse
    skin = mesh_of(document, "Head")
    assert skin["extras"]["targetNames"] == list(ACTIONS)
    moved = {}
    for action, target in zip(ACTIONS, skin["primitives"][0]["targets"], strict=True):
        moved[action] = np.abs(positions(document, binary, target["POSITION"])).max()
    assert moved["jawOpen"] > 0.01 and moved["eyeBlinkLeft"] > 0.003
    assert {"eyeLookUpLeft", "eyeLookInLeft"} <= set(mesh_of(document, "Eye left")["extras"]["targetNames"])
    assert "jawOpen" in mesh_of(document, "Lower teeth")["extras"]["targetNames"]
    assert "tongueOut" in mesh_of(document, "Tongue")["extras"]["targetNames"]
    assert "eyeBlinkRight" in mesh_of(document, "Lashes")["extras"]["targetNames"]
    assert "browInnerUp" in mesh_of(document, "Brows")["extras"]["targetNames"]
    assert "targets" not in mesh_of(document, "Upper teeth")["primitives"][0]
    assert sum(mesh["targets"] for mesh in told["meshes"]) > 52


def test_it_stands_in_metres_with_y_up_and_faces_z(coarse):
    document, binary, *_ = coarse
    skin = positions(document, binary, mesh_of(document, "Head")["primitives"][0]["attributes"]["POSITION"])
    eyes = positions(document, binary, mesh_of(document, "Eye left")["primitives"][0]["attributes"]["POSITION"])
    width, height, _ = np.ptp(skin, axis=0)
    assert 0.3 < width < 0.7 and 0.4 < height < 0.8  # head and shoulders of an adult
    centre = (eyes.max(0) + eyes.min(0)) / 2
    assert 0.02 < centre[0] < 0.05 and abs(centre[1]) < 0.01  # the person's left is +x, the eyes are at the origin
    assert eyes[:, 2].max() > skin[:, 2].mean()


def test_every_mesh_is_skinned_to_the_bones_that_move_points(coarse):
    document, *_ = coarse
    nodes = document["nodes"]
    joints = {nodes[index]["name"] for skin in document["skins"] for index in skin["joints"]}
    assert joints == BONES
    assert all("skin" in node for node in nodes if "mesh" in node)
    assert {index for index, node in enumerate(nodes) if "mesh" in node} <= set(document["scenes"][0]["nodes"])


def test_names_are_kept(coarse):
    document, *_ = coarse
    names = {node.get("name") for node in document["nodes"]}
    assert {"Ána 人", "Head", "Eye left", "Tongue", "Lashes"} <= names
    assert {material["name"] for material in document["materials"]} >= {"Skin", "Eyes", "Mouth", "Lashes", "Brows"}
    assert not any(".00" in material["name"] for material in document["materials"])


def test_what_is_seen_through_says_so_and_all_else_does_not(coarse):
    document, *_ = coarse
    modes = {material["name"]: material.get("alphaMode", "OPAQUE") for material in document["materials"]}
    assert all(modes[name] == "OPAQUE" for name in ("Skin", "Eyes", "Mouth"))
    assert modes["Lashes"] == modes["Brows"] == "BLEND"
    assert modes["Cornea"] == "BLEND"
    cornea = next(material for material in document["materials"] if material["name"] == "Cornea")
    assert cornea["pbrMetallicRoughness"]["baseColorFactor"][3] < 0.25  # the iris is seen through it
    pictures = {material["name"] for material in document["materials"] if "normalTexture" in material}
    assert {"Skin", "Eyes", "Mouth"} <= pictures


def test_it_is_small_and_says_what_it_lacks(coarse):
    *_, told, remarks, path = coarse
    assert told["bytes"] == path.stat().st_size < 3e6
    assert any("subsurface" in remark for remark in remarks) and any("strands" in remark for remark in remarks)


def test_tangents_are_unit_and_only_where_a_normal_map_is(coarse):
    document, *_ = coarse
    for mesh in document["meshes"]:
        primitive = mesh["primitives"][0]
        material = document["materials"][primitive["material"]]
        assert ("TANGENT" in primitive["attributes"]) == ("normalTexture" in material)


@pytest.mark.parametrize(
    "words, said",
    [
        (["missing.json", "out.glb"], "missing.json"),
        (["spec.json", "out.obj"], ".glb, .fbx, .usdc"),
        (["spec.json", "out.glb", "--person", "Ana"], "--person"),
        (["bad.json", "out.glb"], "JSON"),
        (["place.json", "out.glb"], "allowed is one of a person"),
    ],
)
def test_what_cannot_be_written_is_one_line(tmp_path, monkeypatch, capsys, words, said):
    pytest.importorskip("bpy")
    from simulacra.__main__ import main

    monkeypatch.chdir(tmp_path)
    spec_file(tmp_path)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "place.json").write_text(json.dumps(registry.dump("places", registry.sample("places", 1))))
    assert main(["character", *words]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error and error.count("\n") == 0
    assert not (tmp_path / "out.glb").exists()


def test_strand_colours_darken_with_melanin_and_redden_with_its_kind():
    from simulacra.datagen.character.strand_colour import by_melanin

    shades = by_melanin(np.array([0.1, 0.4, 0.95]), np.array([0.2, 0.2, 0.2]))
    assert (np.diff(shades, axis=0) < 0).all() and (np.diff(shades, axis=1) < 0).all()
    plain, red = by_melanin(np.array([0.5, 0.5]), np.array([0.0, 1.0]))
    assert red[0] / red[2] > plain[0] / plain[2]


def test_bundles_hold_every_strand_once_and_keep_neighbours_together():
    from simulacra.datagen.character.strands import bundles

    rng = np.random.default_rng(3)
    places = np.repeat([[0.0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], 50, axis=0)
    strands = places[:, None] + rng.normal(0, 1e-3, (150, 1, 3)) + np.linspace(0, 0.05, 16)[None, :, None] * [0, 0, 1]
    found = bundles(strands, 12, rng)
    assert found.shape == (150,) and set(found) == set(range(found.max() + 1)) and found.max() < 12
    for bundle in range(found.max() + 1):
        assert np.ptp(places[found == bundle], axis=0).max() == 0


def validated(path: Path) -> dict:
    """The issues that the glTF validator finds; skips where it is not installed."""
    if shutil.which("node") is None or not Path(VALIDATOR).is_dir():
        pytest.skip("needs node and npm's gltf-validator: npm install --prefix /tmp/gltf_validator gltf-validator")
    script = (
        "const v = require(process.argv[1]); const f = require('fs').readFileSync(process.argv[2]);"
        "v.validateBytes(new Uint8Array(f)).then(r => console.log(JSON.stringify(r.issues)));"
    )
    run = subprocess.run(["node", "-e", script, VALIDATOR, str(path)], check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def test_the_validator_finds_nothing(coarse):
    issues = validated(coarse[-1])
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"][:5]
