"""What Cycles renders pictures on: the fastest kind of device that is there, or the processor."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import BadInput

FASTEST_FIRST = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")  # Cycles' names; what a NVIDIA card can do is told twice
DEVICES = ("auto", "cpu", *(kind.lower() for kind in FASTEST_FIRST))


@dataclass(frozen=True)
class Device:
    """What was chosen for a render."""

    type: str = "CPU"  # in Cycles' preferences
    names: tuple[str, ...] = ()
    reason: str = ""  # why no faster kind that is there is used

    @property
    def cycles(self) -> str:
        """The value of ``scene.cycles.device``."""
        return "CPU" if self.type == "CPU" else "GPU"

    def record(self) -> dict:
        """As sample.json holds it."""
        record = {"type": self.type, "names": list(self.names)}
        return record | {"reason": self.reason} if self.reason else record


def cycles_preferences():
    """The preferences of Cycles in the Blender that runs; raises where it is not enabled."""
    import bpy

    return bpy.context.preferences.addons["cycles"].preferences


def available(preferences) -> dict[str, list[str]]:
    """The names of the devices that are here, by Cycles' name of their kind; two cards alike are two."""
    preferences.refresh_devices()
    kinds: dict[str, list[str]] = {}
    for device in preferences.devices:
        kinds.setdefault(device.type, []).append(device.name)
    return kinds


def choose(wanted: str = "auto", preferences=None) -> Device:
    """Set Cycles up for a device of ``DEVICES``, and tell which.

    ``auto`` is the fastest kind that can be enabled, and the processor where none can, whatever a driver does; processors
    beside a card would slow it down and are not used. Raises BadInput where another one was asked for and cannot be used.
    """
    there, reasons = {}, []
    try:
        preferences = preferences or cycles_preferences()
        if wanted == "cpu":  # no driver is asked
            return Device(names=tuple(device.name for device in preferences.get_devices_for_type("CPU")))
        there = available(preferences)
    except Exception as error:  # drivers and builds fail in many ways
        reasons.append(f"the devices cannot be listed ({_words(error)})")
    for kind in FASTEST_FIRST if wanted == "auto" else (wanted.upper(),):
        if kind in there:
            try:
                return Device(kind, _enable(preferences, kind), "; ".join(reasons))
            except Exception as error:
                reasons.append(f"{kind} cannot be enabled ({_words(error)})")
    with contextlib.suppress(Exception):
        preferences.compute_device_type = "NONE"  # nothing half-enabled is left
    if wanted not in ("auto", "cpu"):
        others = ", ".join(
            ["auto", "cpu", *(kind.lower() for kind in FASTEST_FIRST if kind in there and kind != wanted.upper())]
        )
        why = "; ".join(reasons) or "there is none"
        raise BadInput(f"device: {wanted} cannot be used: {why}; allowed on this machine are {others}")
    return Device("CPU", tuple(there.get("CPU", ())), "; ".join(reasons))


def require(wanted: str) -> None:
    """Raise BadInput where a device that was asked for by name is not there."""
    if wanted not in ("auto", "cpu"):
        with quiet():
            choose(wanted)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What Cycles says of its devices goes to standard error: what a program reads is alone on standard output."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except OSError:  # a program without a console
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _enable(preferences, kind: str) -> tuple[str, ...]:
    """Use all devices of a kind and no others; their names."""
    preferences.compute_device_type = kind
    names = []
    for device in preferences.devices:
        device.use = device.type == kind
        if device.use:
            names.append(device.name)
    if preferences.compute_device_type != kind or not names:
        raise RuntimeError("Cycles did not take it")
    return tuple(names)


def _words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
