"""Bad input: one clear line, the right exit code, nothing half-written."""

import json

import pytest

from simulacra.__main__ import main


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["sample", "faces", "--set", "identity.agee=3"], "agee: no such field; allowed are age"),
        (["sample", "faces", "--set", "identity.age=300"], "age: 300..300 is not allowed; allowed is 18..88"),
        (["sample", "dragons"], "dragons: no such generator; allowed are faces"),
        (["render", "faces", "OUT", "--labels", "depht"], "depht is not a label; allowed are rgb"),
        (["render", "faces", "OUT", "--labels", "flow"], "flow needs a sequence"),
        (["render", "faces", "OUT", "--size", "0"], "size: 0 is not allowed"),
        (["render", "faces", "OUT", "--shard", "4/3"], "shard: 4/3"),
        (["render", "faces", "OUT", "--hdri", "nowhere"], "nowhere is not a folder"),
        (["render", "faces", "OUT", "--workers", "many"], "workers: many"),
        (["render", "faces", "OUT", "--spec", "nowhere.json"], "nowhere.json: is missing"),
        (["render", "faces", "OUT", "--count", "x"], "is not a valid integer"),
        (["check", "OUT"], "dataset.json: is missing"),
        (["export", "OUT", "--to", "paper"], "paper is not a format; allowed are facesynthetics"),
        (["frobnicate"], "No such command"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(arguments, words, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([str(out) if argument == "OUT" else argument for argument in arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and "\n" not in error
    assert not out.exists()


def test_a_folder_that_holds_something_else_is_refused(tmp_path, capsys):
    pytest.importorskip("bpy")
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["render", "faces", str(tmp_path)]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_sample_narrows_and_prints_json(capsys):
    assert main(["sample", "faces", "--seed", "7", "--set", "identity.age=30..40", "--set", "hair.groom=afro,locs"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert 30 <= document["spec"]["identity"]["age"] <= 40 and document["spec"]["hair"]["groom"] in ("afro", "locs")


def test_caption_is_a_sentence(capsys):
    assert main(["sample", "faces", "--seed", "7", "--caption"]) == 0
    text = capsys.readouterr().out.strip()
    assert text.startswith("A portrait of") and text.endswith(".")


def test_list_counts_what_the_issue_of_variety_is_about():
    from simulacra.datagen.cli.list import options
    from simulacra.procgen.registry import find

    found = options(find("faces").load("spec"))
    assert len(found["hair.groom"]) >= 20 and len(found["brows.shape"]) >= 8 and len(found["beard.style"]) >= 9
    assert len(found["beard.moustache"]) >= 9 and len(found["wear.garment.kind"]) >= 8 and len(found["wear.headwear.kind"]) >= 7
    assert len(found["wear.glasses"]) >= 7 and len(found["expression.name"]) >= 24 and len(found["light.kind"]) >= 8
