"""Videos that nets are asked about: frames with the next one, and limits that are held before anything is unpacked."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")


from simulacra.datagen.errors import BadInput, Unfinished  # noqa: E402
from simulacra.datagen.formats.files import read_label  # noqa: E402


def test_frames_of_a_video_are_asked_about_with_the_next(tmp_path):
    from simulacra.models.cli import clips
    from simulacra.models.core import pictures, videos
    from simulacra.models.kinds.labels import Labels

    class Brighter:
        """Says by how much red is brighter in the second picture, as flow to the right."""

        def predict(self, first, second):
            flow = np.zeros((*first.shape[:2], 2), np.float32)
            flow[..., 0] = second[..., 0].mean() - first[..., 0].mean()
            return Labels(first, {"flow": flow})

    frames = np.stack([np.full((32, 48, 3), level, np.uint8) for level in (40, 90, 200)])
    pictures.write_mp4(tmp_path / "clip.mp4", frames, 8)
    told = []
    files = clips.ask(Brighter(), ("flow",), videos.look_at(tmp_path / "clip.mp4"), tmp_path, True, told.append)
    assert told == [1, 2] and [path.name for path in files] == [
        "clip.flow.overlay.mp4",
        "0000.flow.exr",
        "0001.flow.exr",
    ]
    means = [read_label(path, "flow")[..., 0].mean() for path in files[1:]]
    assert np.allclose(means, [50, 110], atol=6)  # as far as the codec keeps it
    pictures.write_mp4(tmp_path / "still.mp4", frames[:1], 8)
    with pytest.raises(BadInput, match="has one frame; allowed are two or more"):
        clips.ask(Brighter(), ("flow",), videos.look_at(tmp_path / "still.mp4"), tmp_path, True, told.append)
    assert not list(tmp_path.glob("still.flow*")) and not (tmp_path / "still").exists()


def test_videos_beyond_what_is_allowed_are_refused_unread(tmp_path, monkeypatch):
    from simulacra.models.core import pictures, videos

    pictures.write_mp4(tmp_path / "clip.mp4", np.zeros((4, 32, 32, 3), np.uint8), 10)
    assert videos.look_at(tmp_path / "clip.mp4")[1:] == (4, 10.0, (32, 32))
    for name, most, words in (
        ("MOST_FRAMES", 3, "has 4 frames"),
        ("MOST_PIXELS", 100, "32×32"),
        ("MOST_BYTES", 10, "bytes"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(videos, name, most)
            with pytest.raises(BadInput, match=words):
                videos.look_at(tmp_path / "clip.mp4")
    clip = videos.look_at(tmp_path / "clip.mp4")
    monkeypatch.setattr(videos, "MOST_FRAMES", 3)  # a video may say less than it has
    with pytest.raises(BadInput, match="more than 3 frames"):
        list(videos.frames_of(clip))
    with pytest.raises(BadInput, match="has a frame of 32×32 px; allowed are 16×32"):  # its size may change, too
        list(videos.frames_of(clip._replace(size=(16, 32))))
    pictures.write_gif(tmp_path / "thin.gif", np.zeros((2, 40, 1, 3), np.uint8))
    with pytest.raises(BadInput, match="is of 1×40 px; allowed are edges of 2 or more"):
        videos.look_at(tmp_path / "thin.gif")
    monkeypatch.setattr(videos, "find_spec", lambda name: None)
    with pytest.raises(Unfinished, match="needs OpenCV"):
        videos.look_at(tmp_path / "clip.mp4")
