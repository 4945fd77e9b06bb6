"""Imports Blender's module whole: it loses a Ctrl-C that comes in the middle, runs on half made, or dies of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder

NAME = "bpy"


class WholeImport(MetaPathFinder):
    """Finds the module as Python does, and keeps a Ctrl-C that comes while it is imported until it is there."""

    def __init__(self) -> None:
        self.depth = 0  # it imports a part of its own under the same name
        self.before: Callable | int | None = None  # what an interrupt is answered with
        self.interrupted = False

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        """As in Python, for this one name."""
        spec = PathFinder.find_spec(name, path, target) if name == NAME else None
        if spec is not None and spec.loader is not None:
            create, execute = spec.loader.create_module, spec.loader.exec_module
            spec.loader.create_module = lambda spec: self._begin(create, spec)
            spec.loader.exec_module = lambda module: self._end(execute, module)
        return spec

    def _begin(self, create, spec):
        if not self.depth:
            try:
                self.before = signal.signal(signal.SIGINT, self._note)
            except ValueError:  # not the main thread, which alone is interrupted
                self.before = None
        self.depth += 1
        try:
            return create(spec)
        except BaseException:
            self._give_back()
            raise

    def _end(self, execute, module) -> None:
        try:
            execute(module)
        finally:
            self._give_back()

    def _note(self, *_) -> None:
        self.interrupted = True

    def _give_back(self) -> None:
        self.depth -= 1
        if self.depth:
            return
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)
        if self.interrupted:
            self.interrupted = False
            signal.raise_signal(signal.SIGINT)


def import_whole() -> None:
    """Let Blender's module be imported so from now on; inside Blender, where it is there already, nothing is done."""
    if NAME not in sys.modules and not any(isinstance(finder, WholeImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, WholeImport())
