"""simulacra predict: trained nets say what photographs show."""

from __future__ import annotations

from pathlib import Path

from ...datagen.cli import options
from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.terminal import emit, say
from ..core.photographs import SUFFIXES
from ..core.videos import SUFFIXES as VIDEOS
from ..core.videos import Clip
from ..systems.tasks import TASKS, system_of
from .needs import require_torch, run_of


@options.command()
@options.argument("task", type=options.OneOf(TASKS))
@options.argument("photos", nargs=-1, required=True, type=options.FILE, metavar="PHOTO...")
@options.option(
    "--out", required=True, type=options.FOLDER, metavar="DIR", help="folder of what is found; made if needed"
)
@options.option("--run", type=options.FOLDER, metavar="RUN", help="folder of a run; the weights that ship by default")
@options.json_option(help="print JSON lines")
def command(task, photos, out, run, as_json) -> None:
    """Say what photographs show: of faces landmarks, parsing, depth, normals, pose, or face, which is all of them; of places scene,
    flow and stereo.

    A PHOTO is a PNG or JPEG, a video (MP4, GIF …), or a folder of such; of a face it shows one person. Each is answered by files in the formats of our datasets and
    a picture to look at: NAME.landmarks.json, NAME.parts.png, NAME.depth.exr, NAME.normal.exr, NAME.pose.json, and
    NAME.LABEL.overlay.png. Depth of a head is in metres behind its pivot, directions are those of a camera that looks at the face; that of a scene has no
    scale.
    For flow each picture is compared with the next one of its size; for stereo they are pairs, left and right. A video is answered a frame
    at a time: NAME.LABEL.jsonl has a row a frame, NAME/0000.LABEL.png or .exr the maps, NAME.LABEL.overlay.mp4 shows them.
    """
    system = system_of(task)
    stills, films = listed(photos)
    found = asked(task, stills) if stills or not films else {}
    if films and TASKS[task].asked == "pairs":
        raise BadInput(
            f"{task}: is asked of pairs of photographs, left and right; {next(iter(films.values()))} is a video"
        )
    inside = next((path for path in photos if out.resolve() in (path.resolve(), path.resolve().parent)), None)
    if inside is not None:
        raise BadInput(f"out: {out} holds {inside.name}, which is asked about; allowed is another folder")
    run = run_of(system, run)
    require_torch()
    from ...datagen.jobs.stopping import stoppable
    from ...datagen.progress import Progress
    from ..core.videos import look_at
    from ..kinds.labels import write_files
    from .clips import ask

    clips = [look_at(path) for path in films.values()]
    model = system.load().load(run)
    files, failed = [], []
    try:
        out.mkdir(parents=True, exist_ok=True)
        with stoppable(), Progress(as_json) as progress:
            for number, (stem, paths) in enumerate(found.items()):
                try:
                    answer = model.predict(*paths)
                    if answer.record.get("detected") is False:
                        told = f"photo: {paths[0]} shows no face that is seen; all of it was looked at"
                        progress.tell({"event": "warning", "message": told})
                    for label in TASKS[task].labels:
                        files += write_files(out, stem, label, answer)
                except BadInput as error:
                    failed.append(stem)
                    progress.tell({"event": "warning", "message": str(error)})
                progress.tell({"stage": task, "done": number + 1, "total": len(found)})
            for clip in clips:
                try:
                    files += ask(
                        model, TASKS[task].labels, clip, out, TASKS[task].asked == "next", counted(progress.tell, clip)
                    )
                except BadInput as error:
                    failed.append(clip.path.stem)
                    progress.tell({"event": "warning", "message": str(error)})
    except KeyboardInterrupt:
        raise Unfinished(f"{out}: stopped; it holds {len(files)} files") from None
    except OSError as error:
        refused = Unfinished if error.errno in NO_SPACE else BadInput
        raise refused(f"{out}: {error.strerror or error}") from None
    if as_json:
        emit({"event": "done", "out": str(out), "files": [str(path) for path in files]})
    else:
        say(f"{len(files)} files in {out}")
    if failed:
        raise Unfinished(f"{len(failed)} of {len(found) + len(clips)} questions got no answer")


def asked(task: str, found: dict[str, Path]) -> dict[str, tuple[Path, ...]]:
    """The photographs of each question, by the name of its first one."""
    paths, way = list(found.values()), TASKS[task].asked
    if way == "each":
        return {path.stem: (path,) for path in paths}
    if len(paths) < 2 or (way == "pairs" and len(paths) % 2):
        allowed = "two or more" if way == "next" else "pairs, left and right"
        raise BadInput(f"{task}: is asked of {len(paths)} photographs; allowed are {allowed}")
    step = 1 if way == "next" else 2
    return {a.stem: (a, b) for a, b in zip(paths[::step], paths[1::step], strict=False)}


def counted(tell, clip: Clip):
    """What tells how many frames of a video are done; one that does not say how many it has is told no end of."""
    return lambda done: tell({"stage": clip.path.name, "done": done, "total": max(clip.frames, done)})


def listed(photos: tuple[Path, ...]) -> tuple[dict[str, Path], dict[str, Path]]:
    """The files of photographs and of videos, and of folders of them, in order, by the names that their answers get."""
    found: dict[str, Path] = {}
    known = (*SUFFIXES, *VIDEOS)
    for path in photos:
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in known) if path.is_dir() else [path]
        if not inside:
            raise BadInput(f"{path}: holds no photograph and no video; allowed are {', '.join(known)}")
        for file in inside:
            if not file.is_file():
                raise BadInput(f"photo: {file} is not a file")
            if file.stem in found:
                raise BadInput(f"photo: {file} and {found[file.stem]} have one name; allowed are different ones")
            found[file.stem] = file
    films = {stem: file for stem, file in found.items() if file.suffix.lower() in VIDEOS}
    return {stem: file for stem, file in found.items() if stem not in films}, films
