"""The command line: one ``main`` for the console script, ``python -m simulacra`` and Blender's ``--command``."""

import os
import sys  # and nothing more: whatever is imported here comes before Ctrl-C is caught

# Each sub-command: what it does, and the folder of its module, which is imported only when it is called: help works
# without bpy, torch and numpy, and a worker starts fast.
COMMANDS = {
    "list": ("list what can be generated", "datagen"),
    "sample": ("print the spec of a seed", "datagen"),
    "render": ("render a labelled dataset", "datagen"),
    "plan": ("forecast what a run takes", "datagen"),
    "label": ("render the labels of any Blender file", "datagen"),
    "merge": ("join the shards of a dataset", "datagen"),
    "check": ("prove a dataset", "datagen"),
    "view": ("write a gallery page of a dataset", "datagen"),
    "export": ("write a dataset as other tools read it", "datagen"),
    "character": ("write a person for other programs", "datagen"),
    "transpile": ("turn a node graph into Python", "datagen"),
    "train": ("train a system on datasets", "models"),
    "generate": ("let a trained system make avatars, meshes, videos …", "models"),
    "predict": ("let trained nets say what photographs show", "models"),
    "fit": ("fit a person to a photograph", "models"),
    "worth": ("tell what a dataset is worth on photographs", "models"),
    "results": ("write the page of what was measured", "models"),
    "doctor": ("show versions and what is missing", "datagen"),
    "completion": ("print what makes a shell complete commands", "datagen"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 0 if all that was asked exists, 2 for bad input, 1 for a run that could not finish."""
    try:
        if argv is None:
            _leave_working_folder()
            argv = sys.argv[1:]
        words = list(argv)
        from .datagen.cli.boundary import guarded

        return guarded(lambda: _run(words), words)
    except KeyboardInterrupt:  # before anything has begun
        os.write(2, b"simulacra: stopped\n")
        return 1


def _run(words: list[str]) -> int:
    from .datagen.cli.program import Program

    return Program(COMMANDS, __package__).run(words)


def _leave_working_folder() -> None:
    """Let nothing be imported from the folder one stands in, where Python's -m or an empty part of PYTHONPATH put it.

    Where that is the folder that holds this package, it comes last: its child processes must find it.
    """
    try:
        here = os.getcwd()
    except OSError:  # it was deleted
        sys.path[:] = [path for path in sys.path if path]
        return
    before = list(sys.path)
    named = {os.path.dirname(os.__file__), *os.environ.get("PYTHONPATH", "").split(os.pathsep)} - {"", "."}
    installed = ("site-packages", "dist-packages", "lib-dynload")
    sys.path[:] = [
        path for path in before
        if path in named or os.path.basename(path) in installed or os.path.abspath(path or here) != here
    ]  # fmt: skip
    if here == os.path.dirname(os.path.dirname(os.path.abspath(__file__))) and len(sys.path) < len(before):
        sys.path.append(here)


if __name__ == "__main__":
    sys.exit(main())
