"""What configurations of vision systems refuse, field by field, before anything is read or written."""

import pytest

pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput
from simulacra.models.core.settings import configured, described
from simulacra.models.systems.catalogue import find

EVERY = ("batch=0", "learning_rate=-1", "weight_decay=-1", "steps=-1", "ema=1", "seconds=-1", "save_every=0")
ALLOWED = {
    "face_analysis": ("windows.scale=-1", "windows.shift=2", "windows.turn=-1", "net.widths=0,8,8,8,8", "net.widths=0", "net.blocks=-1",
                      "net.blocks=0,1,1,1,-1", "net.paint=8", "net.size=40", "appearance.jpeg=7", "losses.points=-5",
                      "self_training.sure=7", "self_training.batch=0", "self_training.weight=-1"),
    "scene_analysis": ("crops.height=48", "crops.width=40", "crops.colour=1e9", "crops.scale=0.5", "longest=0", "net.blocks=-1",
                       "losses.depth=-1", "appearance.noise=-0.1"),
    "stereo_from_single": ("guesses=0", "applied=0", "net.levels=0", "net.radius=-1", "net.features=0", "net.hidden=0", "net.coarse=5",
                           "crops.height=8", "single.edge=-1", "single.most=-1"),
}  # fmt: skip


@pytest.mark.parametrize("system", ALLOWED)
def test_what_no_training_can_use_is_one_line(system):
    config = find(system).load().Config()
    for setting in (*EVERY, *ALLOWED[system]):
        name = setting.partition("=")[0]
        with pytest.raises(BadInput, match=rf"{name.rpartition('.')[2]}: .*; allowed") as refused:
            configured(config, [setting])
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("system, clip", [("face_analysis", 5.0), ("scene_analysis", 5.0), ("optical_flow", 1.0)])
def test_a_training_is_as_its_configuration_says(system, clip):
    config = find(system).load().Config()
    changed = configured(config, ["steps=7", "seconds=2.5", "ema=0.5", "seed=3", "picture_every=0"])
    training = changed.training
    assert (training.steps, training.seconds, training.ema, training.seed, training.picture_every) == (
        7,
        2.5,
        0.5,
        3,
        0,
    )
    assert (training.schedule, training.final, training.clip) == ("cosine", 0.02, clip)
    assert training.learning_rate == config.learning_rate and training.weight_decay == config.weight_decay
    rows = described(config)
    assert all(row.meaning for row in rows) and len({row.field for row in rows}) == len(rows)
