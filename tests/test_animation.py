"""Animation: what a face does over time is what is known of faces, and captures are read as they were made."""

import dataclasses

import numpy as np
import pytest
from captures import COLUMNS, bvh, live_link

from simulacra.addon.animating import bvh as bvh_files
from simulacra.addon.animating import face_csv
from simulacra.addon.animating.capture import CaptureError
from simulacra.procgen.params import child
from simulacra.procgen.people import pose
from simulacra.procgen.people.animation import (
    blinks,
    breath,
    channels,
    idle,
    phonemes,
    saccades,
    speech,
    spelling,
    track,
)
from simulacra.procgen.people.animation.performance import Life, perform
from simulacra.procgen.people.animation.track import COLUMN
from simulacra.procgen.people.expression import ACTIONS, Expression, action_weights, blend, sample_expression
from simulacra.procgen.people.head_data import head_data

NEUTRAL = Expression(
    name="neutral",
    actions=(0.0,) * len(ACTIONS),
    gaze_yaw=0.0,
    gaze_pitch=0.0,
    head_yaw=0.0,
    head_pitch=0.0,
    head_roll=0.0,
)
FINE = np.arange(0, 60, 0.001)


def drawn(seed):
    return sample_expression(child(seed, "expression"))


def lip_gap(weights):
    """Metres between the lips in the middle: the lower edge of the upper lip, the upper edge of the lower one."""
    points = pose.apply_actions(head_data().template, dict(zip(ACTIONS, weights, strict=True)))
    return points[474, 2] - points[493, 2]


def test_a_motion_is_eased_from_the_first_expression_to_the_last():
    first, last = drawn(1), drawn(2)
    times = np.linspace(0, 3, 7)
    moved = track.eased(times, first, last)
    for index, t in enumerate(times / 3):
        between = blend(first, last, t * t * (3 - 2 * t))
        expected = [action_weights(between)[name] for name in ACTIONS]
        assert np.allclose(moved.key_values()[index], expected, atol=1e-12)
        assert np.allclose(moved.head[index], (between.head_yaw, between.head_pitch, between.head_roll))


def test_a_track_at_other_times_goes_through_its_own():
    moved = track.eased(np.linspace(0, 1, 11), drawn(1), drawn(2))
    assert np.allclose(moved.at(moved.times).weights, moved.weights)
    assert np.allclose(moved.at(np.array([0.05])).head[0], moved.head[:2].mean(0))
    assert np.allclose(moved.at(np.array([-1.0, 9.0])).gaze, moved.gaze[[0, -1]])


def test_eyes_blink_as_often_and_as_fast_as_eyes_do():
    many = [blinks.draw_blinks(np.random.default_rng(seed), 60) for seed in range(60)]
    assert 15 <= np.mean([len(found) for found in many]) <= 20
    for found in many:
        assert all(0.1 <= blink.closing <= 0.15 and blink.opening > 1.5 * blink.closing for blink in found)
        ends = [blink.closed + blink.hold + blink.opening for blink in found]
        assert all(b.closed - b.closing > end for end, b in zip(ends, found[1:], strict=False))


@pytest.mark.parametrize("rate", [12, 24, 60])
def test_every_blink_closes_the_eyes_on_a_frame_and_opens_them_again(rate):
    times = track.frames_of(60, rate)
    found = blinks.draw_blinks(np.random.default_rng(3), 58)
    closed = blinks.lids(times, found)
    assert closed.min() == 0 and closed.max() == 1
    for blink in found:
        near = np.abs(times - blink.closed) <= 0.5 / rate + 1e-9
        assert closed[near].max() == 1
    moved = blinks.with_blinks(track.still(times, drawn(4)), found)
    weights = moved.weights[closed == 1]
    assert np.all(weights[:, [COLUMN["eyeBlinkLeft"], COLUMN["eyeBlinkRight"]]] == 1)
    assert np.all(weights[:, [COLUMN["eyeWideLeft"], COLUMN["eyeSquintRight"]]] == 0)


def test_saccades_follow_the_main_sequence():
    sizes = np.array([1.0, 2, 5, 10, 15])
    peaks = []
    for size in sizes:
        offsets = saccades.offsets(FINE[:400], [(0.1, np.array([0.0, size]))])[:, 1]
        moving = np.flatnonzero(np.diff(offsets) > 0)
        assert len(moving) == pytest.approx(1000 * (0.021 + 0.0022 * size), abs=2)
        assert offsets[-1] == pytest.approx(size)
        peaks.append(np.diff(offsets).max() * 1000)
    # Bahill et al. 1975, figure 1: some 400 degrees a second at ten degrees, and a peak that grows ever less.
    assert 300 < peaks[3] < 500
    assert np.all(np.diff(peaks) > 0) and np.all(np.diff(np.diff(peaks) / np.diff(sizes)) < 0)


def test_eyes_are_mostly_on_what_they_look_at():
    gaze = np.concatenate(
        [saccades.offsets(FINE, saccades.draw_targets(np.random.default_rng(seed), 60)) for seed in range(4)]
    )
    away = np.linalg.norm(gaze, axis=1)
    assert away.max() < 20
    assert 0.6 < (away < 3).mean() < 0.95


def test_breath_goes_in_and_out_twelve_to_sixteen_times_a_minute():
    for seed in range(20):
        begins = breath.draw_breaths(np.random.default_rng(seed), 300)
        assert 11.5 < 60 / np.diff(begins).mean() < 16.5
        moved = breath.with_breath(track.still(FINE, NEUTRAL), begins, 1.0)
        assert moved.breath.min() < 1e-3 and moved.breath.max() > 0.999
        rising = (np.diff(moved.breath) > 0).mean()
        assert 0.35 < rising < 0.45


def test_a_swaying_head_keeps_its_eyes_where_they_were():
    moved = idle.with_idle(track.still(FINE, NEUTRAL), idle.draw_sway(np.random.default_rng(0)), 1.0)
    assert np.allclose(moved.head.std(0), idle.SWAY, rtol=0.35)
    assert np.allclose(moved.head[:, :2] + moved.gaze, 0)


def test_a_performance_is_the_same_for_a_seed_and_without_life_the_plain_motion():
    times = track.frames_of(4, 24)
    first, last = drawn(1), drawn(2)
    assert np.array_equal(perform(times, first, last, 7).weights, perform(times, first, last, 7).weights)
    assert not np.array_equal(perform(times, first, last, 7).gaze, perform(times, first, last, 8).gaze)
    plain = perform(times, first, last, 7, Life(0, 0, 0, 0))
    assert np.array_equal(plain.weights, track.eased(times, first, last).weights)
    assert np.array_equal(plain.head, track.eased(times, first, last).head)


def test_rotations_are_those_of_a_pose_and_come_back_as_angles():
    angles = np.random.default_rng(0).uniform(-60, 60, (50, 3))
    made = channels.rotations(*angles.T)
    assert np.allclose(made, [pose.rotation(*np.radians(row)) for row in angles])
    assert np.allclose(channels.angles_of(made[:1])[0], angles[0])


@pytest.mark.parametrize("seed", range(5))
def test_bones_turn_as_a_pose_does_and_a_breath_leaves_the_head_upright(seed):
    actions = np.random.default_rng(seed).uniform(0, 0.5, len(ACTIONS))
    expression = dataclasses.replace(drawn(seed), actions=tuple(actions))
    bones = channels.channels(track.still(np.zeros(1), expression)).bones
    neck, head = pose.head_turns(expression)
    assert np.allclose(bones["neck"][0], neck) and np.allclose(bones["head"][0], head)
    for bone, side in (("eye.L", "left"), ("eye.R", "right")):
        by_keys, whole = pose.eye_rotations(expression)[side]
        assert np.allclose(by_keys @ bones[bone][0], whole)
    breathing = channels.channels(track.still(np.zeros(1), expression).replace(breath=np.ones(1))).bones
    assert np.allclose(breathing["spine"][0] @ breathing["neck"][0], neck)
    assert not np.allclose(breathing["spine"][0], np.eye(3))


@pytest.mark.parametrize("rate", [12, 24, 60])
def test_lips_meet_for_p_b_and_m_on_a_frame_at_least(rate):
    spoken = speech.speech(
        phonemes.segments(spelling.phonemes("Maybe Bob put my big map up above the lamp."), pace=1.5)
    )
    times = track.frames_of(spoken.seconds, rate)
    smiling = track.still(times, drawn(9)).replace(weights=np.tile(_smile(), (len(times), 1)))
    weights = speech.with_speech(smiling, spoken, strength=1.5).weights
    rest = lip_gap(np.zeros(len(ACTIONS)))
    gaps = np.array([lip_gap(row) for row in weights])
    closing = [viseme for viseme in spoken.visemes if viseme.viseme == "viseme_pp"]
    assert len(closing) == 13
    for viseme in closing:
        near = np.abs(times - (viseme.start + viseme.end) / 2) <= 0.5 / rate + 1e-9
        assert gaps[near].min() < rest
        assert weights[near, COLUMN["jawOpen"]].min() < 1e-9
    assert gaps.max() > rest + 0.008


def _smile():
    weights = np.zeros(len(ACTIONS))
    for name in ("mouthSmileLeft", "mouthSmileRight", "browInnerUp"):
        weights[COLUMN[name]] = 0.7
    weights[COLUMN["mouthUpperUpLeft"]] = 0.4
    return weights


def test_visemes_run_into_each_other_and_the_mouth_comes_from_where_it_was():
    rounded = speech.speech(phonemes.segments("T UW1"))
    spread = speech.speech(phonemes.segments("T IY1"))
    at = np.array([(rounded.visemes[1].start + rounded.visemes[1].end) / 2])
    times = np.concatenate([at, at + 0.01])
    pucker = [speech.mouth(times, spoken)[0, COLUMN["mouthPucker"]] for spoken in (rounded, spread)]
    assert pucker[0] > 0.1 and pucker[1] < 0.01  # the lips are round before the vowel comes
    times = track.frames_of(rounded.seconds + 2, 60)
    before = track.still(times, drawn(9)).replace(weights=np.tile(_smile(), (len(times), 1)))
    after = speech.with_speech(before, rounded, start=1.0)
    outside = (times < 1.0) | (times > 1.0 + rounded.seconds)
    assert np.array_equal(after.weights[outside], before.weights[outside])
    others = [column for column in range(len(ACTIONS)) if column not in speech.REPLACED]
    assert np.array_equal(after.weights[:, others], before.weights[:, others])
    assert np.abs(np.diff(after.weights, axis=0)).max() < 0.2  # a sixtieth of a second apart


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "HH AH1 L OW0"), ("ship", "SH IH1 P"), ("nation", "N EY1 SH AH0 N"), ("thought", "TH AO1 T"), ("make", "M EY1 K"),
        ("wanted", "W AA1 N T AH0 D"), ("knife", "N AY1 F"), ("café 2!", "K EY1 F T UW1 ."), ("one, two", "W AH1 N , T UW1"),
    ],
)  # fmt: skip
def test_text_is_read_as_english(text, expected):
    assert spelling.phonemes(text) == expected


def test_phonemes_and_visemes_by_name_have_their_lengths():
    found = phonemes.segments("HH OW1:0.2 viseme_aa:0.3 pp AH0 .")
    assert [segment.viseme.removeprefix("viseme_") for segment in found] == "kk o u aa pp aa sil".split()
    assert [segment.seconds for segment in found[1:4]] == pytest.approx([0.1, 0.1, 0.3])
    assert phonemes.segments("AA1", pace=2)[0].seconds == pytest.approx(phonemes.segments("AA1")[0].seconds / 2)


@pytest.mark.parametrize(
    ("listed", "told"),
    [("XQ", "XQ: is no phoneme"), ("AA:9", "lasts 9 s"), ("A;", "A;: is no phoneme"), ("AA " * 5001, "5001 phonemes")],
)
def test_what_is_no_phoneme_is_told(listed, told):
    with pytest.raises(phonemes.SpeechError, match=told):
        phonemes.segments(listed)


@pytest.mark.parametrize("text", ["", "…", "a" * 4001, "你好"])
def test_a_text_that_cannot_be_read_is_told(text):
    with pytest.raises(phonemes.SpeechError):
        spelling.phonemes(text)


def test_a_take_of_live_link_face_is_read_as_the_app_wrote_it():
    lines, values = live_link()
    face = face_csv.parse(lines)
    there = np.delete(np.arange(90), 30)
    assert face.missing == []
    assert np.allclose(face.track.times, there / 60, atol=1e-9)
    for action, column in COLUMN.items():
        if not action.startswith("eyeLook"):
            name = action[0].upper() + action[1:]
            assert np.allclose(face.track.weights[:, column], values[there, COLUMNS.index(name)])
    turn = np.degrees(np.linspace(-0.3, 0.3, 90))[there]
    assert np.allclose(face.track.head[:, 0], turn) and np.allclose(face.track.head[:, 2], -turn)
    # The eyes' angles count the other way in this take: the look actions tell.
    assert np.allclose(face.track.gaze, np.stack([turn, turn / 2], 1))
    assert np.all(face.track.weights[:, COLUMN["eyeLookOutLeft"]] == 0)


def test_a_take_goes_over_midnight_and_counts_the_frames_of_its_rate():
    stamps = [f"23:59:{58 + i // 30:02d}:{i % 30:02d}" for i in range(60)] + [f"00:00:00:{i:02d}" for i in range(30)]
    lines = ["Timecode,BlendShapeCount,JawOpen", *(f"{stamp},1,0.5" for stamp in stamps)]
    assert np.allclose(face_csv.parse(lines).track.times, np.arange(90) / 30)


def test_tables_of_other_programs_are_read():
    face = face_csv.parse(["time,jawOpen,eyeLookOutLeft,headYaw", "2.0,0.25,0.5,-20", "2.5,1.5,0,20"])
    assert np.allclose(face.track.times, [0, 0.5])
    assert np.allclose(face.track.weights[:, COLUMN["jawOpen"]], [0.25, 1])
    assert np.allclose(face.track.weights[:, COLUMN["eyeLookOutLeft"]], [0.5, 0])  # no angles of eyes: they stay
    assert np.allclose(face.track.head[:, 0], [-20, 20])  # further than a head turns in radians
    assert len(face.missing) == 50
    assert np.allclose(face_csv.parse(["jawOpen", "0", "1", "0"]).track.times, np.arange(3) / 60)


HEADER = "Timecode,BlendShapeCount,JawOpen"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "holds no frame"), ([HEADER], "holds no frame"), (["a,b", "1,2"], "no column is an action"),
        ([HEADER, "00:00:00:00,1,nan"], "line 2: nan is not allowed"), ([HEADER, "00:00:00:00,1,1e999"], "line 2: 1e999"),
        ([HEADER, "00:00:00:00,1,x"], "line 2: could not convert"), ([HEADER, "00:00:00:00,1"], "line 2: has 2 values; allowed are 3"),
        ([HEADER, "noon,1,0"], "noon: is no timecode"), ([HEADER, "00:00:00:99,1,0"], "counts 99 frames"),
        ([HEADER, "00:00:05:00,1,0", "00:00:01:00,1,0"], "time goes backward at frame 2"), ([HEADER, "00:00:00:00,0"], "no frame has a face"),
        (["jawOpen,JawOpen", "0,0"], "column jawopen is there twice"), ([",".join(f"c{i}" for i in range(500)), "0"], "has 500 columns"),
        (['jawOpen,"', "0," + "x" * 200_000], "is no table"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_told_in_one_line(lines, told):
    with pytest.raises(CaptureError, match=told) as error:
        face_csv.parse(lines)
    assert "\n" not in str(error.value)


def test_files_that_are_no_text_or_too_large_are_told(tmp_path, monkeypatch):
    path = tmp_path / "take.csv"
    with pytest.raises(CaptureError, match="is missing"):
        face_csv.read(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CaptureError, match=r"take\.csv: is no text"):
        face_csv.read(path)
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(CaptureError, match="allowed are"):
        bvh_files.read(path)
    path.write_text("\ufeff" + "\n".join(live_link()[0]))
    assert len(face_csv.read(path).track.times) == 89


@pytest.mark.parametrize("order", ["ZXY", "YXZ", "XYZ"])
def test_a_head_that_turns_by_one_axis_turns_by_that_angle(order):
    turns = np.zeros((4, 3))
    turns[1, order.index("Y")], turns[2, order.index("X")], turns[3, order.index("Z")] = 30, 20, 10
    motion = bvh_files.parse(bvh(turns, order))
    assert motion.joints == ["Neck", "Head"]
    assert np.allclose(motion.times, np.arange(4) * 0.0333333)
    # About +y to the person's left; about +x the face goes down; about +z the head tilts to the person's right.
    assert np.allclose(motion.angles, [[0, 0, 0], [30, 0, 0], [0, -20, 0], [0, 0, -10]], atol=1e-9)


def test_turns_apply_in_the_order_of_their_channels_and_the_neck_counts():
    yaw, pitch, roll = 40.0, 25.0, -15.0
    one = bvh_files.parse(bvh([[yaw, -pitch, -roll]], "YXZ"))
    assert np.allclose(one.angles, [[yaw, pitch, roll]])
    split = bvh_files.parse(bvh([[0, -pitch, -roll]], "YXZ", neck=(yaw, 0, 0), joint="mixamorig:Head"))
    assert np.allclose(split.angles, [[yaw, pitch, roll]])
    spun = bvh_files.parse(bvh([[170, 0, 0], [190, 0, 0]], "YXZ"))
    assert spun.angles[:, 0] == pytest.approx([170, 190])


@pytest.mark.parametrize("joint", ["head", "mixamorig:Head", "Bip01 Head", "b_head", "head_01"])
def test_the_head_is_found_under_the_names_that_programs_give_it(joint):
    assert bvh_files.parse(bvh([[0, 30, 0]], joint=joint)).joints[-1] == joint


def test_a_figure_whose_up_is_z_is_read_as_well():
    lines = [
        line.replace("OFFSET 0.0 50.0 0.0", "OFFSET 0.0 0.0 50.0").replace("0.0 10.0 0.0", "0.0 0.0 10.0")
        for line in bvh([[0, 0, 30]], "XYZ")
    ]
    assert np.allclose(bvh_files.parse(lines).angles, [[30, 0, 0]])


def _without(word):
    return [line for line in bvh([[0, 0, 0]]) if word not in line]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "is no BVH file"), (["HIERARCHY"], "has no MOTION"), (_without("Frames:"), "MOTION is followed by"),
        (bvh([[0, 0, 0]], joint="Tail"), "no joint is named head"), ([*bvh([[0, 0, 0]]), "1 2"], "says 1 frames, and there are 2"),
        (bvh([["nan", 0, 0]]), "nan is not allowed"), (bvh([["x", 0, 0]]), "could not convert"), (bvh([[0, 0]]), "has 11 numbers; allowed are 12"),
        (["HIERARCHY", "ROOT a", *["{", "JOINT b"] * 300], "200 inside each other"), (["HIERARCHY", "ROOT a", "{", "MOTION"], "inside a joint"),
        (["HIERARCHY", "ROOT a", "{", "CHANNELS 3 Xrotation"], "allowed is CHANNELS"), (["HIERARCHY", "rm -rf"], "not allowed in a hierarchy"),
        ([line.replace("0.0333333", "inf") for line in bvh([[0, 0, 0]])], "inf is not allowed"),
        ([line.replace("0.0333333", "-1") for line in bvh([[0, 0, 0]])], "allowed is a frame time"),
    ],
)  # fmt: skip
def test_a_motion_that_cannot_be_used_is_told_in_one_line(lines, told):
    with pytest.raises(CaptureError, match=told) as error:
        bvh_files.parse(lines)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", range(4))
def test_spoiled_files_are_refused_or_read_and_never_crash(seed):
    rng = np.random.default_rng(seed)
    for make, parse in ((lambda: live_link(12)[0], face_csv.parse), (lambda: bvh([[1, 2, 3]] * 5), bvh_files.parse)):
        for _ in range(60):
            text = list("\n".join(make()))
            for _ in range(rng.integers(1, 8)):
                at = rng.integers(len(text))
                text[at] = rng.choice(["", "\n", ",", "-", "9", "e", "\x00", "{", "}", " ", "é"])
            try:
                found = parse("".join(text).splitlines())
            except CaptureError as error:
                assert "\n" not in str(error)
            else:
                values = found.track.head if hasattr(found, "track") else found.angles
                assert np.isfinite(values).all()
