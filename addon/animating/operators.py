"""The operators that animate a person: by its own motion, and by what it says."""

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ...procgen.people.animation import action, phonemes, spelling
from ...procgen.people.animation import speech as speeches
from ...procgen.people.animation.channels import Channels, channels
from ...procgen.people.animation.performance import Life, perform
from ...procgen.people.animation.track import Track, frames_of
from ...procgen.people.expression import ACTIONS
from ..errors import expect, reported
from ..people.person import rig_of, spec_of
from . import settings
from .animated import OnFace, kept, owners_of, rate_of, show, span

expect(phonemes.SpeechError)


class FromPanel(OnFace):
    """An operator on a face whose options the panel keeps."""

    taken: tuple[str, ...] = ()  # not "options": Blender has those of its own

    def invoke(self, context, event):
        """Take what is not given from the sidebar."""
        for name in self.taken:
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(context.scene.simulacra.animate, name))
        self.first_frame(context)
        return self.execute(context)


class SIMULACRA_OT_animate(FromPanel, bpy.types.Operator):
    """Make an Action of the selected person's motion: from its expression to the motion's, with blinks, breath and glances"""

    bl_idname = "simulacra.animate"
    bl_label = "Animate"
    taken = ("seconds", "blinks", "breath", "saccades", "idle", "seed")

    seconds: FloatProperty(**settings.SECONDS, default=4.0)
    blinks: FloatProperty(**settings.BLINKS, default=1.0)
    breath: FloatProperty(**settings.BREATH, default=1.0)
    saccades: FloatProperty(**settings.SACCADES, default=0.5)
    idle: FloatProperty(**settings.IDLE, default=0.5)
    seed: IntProperty(**settings.SEED)

    @reported
    def execute(self, context):
        """Make the track and key it."""
        rig, rate = rig_of(context.object), rate_of(context.scene)
        owners, spec = owners_of(rig), spec_of(rig)[1]
        times = frames_of(self.seconds, rate)
        life = Life(self.blinks, self.breath, self.saccades, self.idle)
        track = perform(times, spec.expression, spec.motion, self.seed, life)
        frames = self.first_frame(context) + times * rate
        before = action.new_action(owners, f"{rig.name} motion")
        count = action.write(owners, channels(track), frames)
        show(context)
        self.report({"INFO"}, f"{rig.name}: {count} curves on frames {span(frames)}{kept(before)}")
        return {"FINISHED"}


class SIMULACRA_OT_speak(FromPanel, bpy.types.Operator):
    """Key the mouth of the selected person to a text or phonemes from the current frame on; other keys stay as they are"""

    bl_idname = "simulacra.speak"
    bl_label = "Speak"
    taken = ("spoken", "spelling", "pace", "strength")

    spoken: StringProperty(**settings.SPOKEN)
    spelling: EnumProperty(**settings.SPELLING)
    pace: FloatProperty(**settings.PACE, default=1.0)
    strength: FloatProperty(**settings.STRENGTH, default=0.8)
    markers: BoolProperty(
        name="Markers", description="Put the name of each viseme onto the Action where it begins", default=True
    )

    @reported
    def execute(self, context):
        """Find the visemes and key them."""
        rig, rate = rig_of(context.object), rate_of(context.scene)
        owners, start = owners_of(rig), self.first_frame(context)
        listed = spelling.phonemes(self.spoken) if self.spelling == "TEXT" else self.spoken
        spoken = speeches.speech(phonemes.segments(listed, self.pace))
        frames = start + np.arange(np.ceil(spoken.seconds * rate) + 1)
        names = [ACTIONS[column] for column in speeches.REPLACED]
        action.ensure_action(owners, f"{rig.name} speech")
        track = speeches.with_speech(_mouth_of(owners, names, frames, rate), spoken, self.strength)
        moved = {name: track.weights[:, column] for name, column in zip(names, speeches.REPLACED, strict=True)}
        action.write(owners, Channels(moved, {}), frames)
        if self.markers:
            action.mark(owners, [(viseme.viseme, round(start + viseme.start * rate)) for viseme in spoken.visemes])
        show(context)
        self.report({"INFO"}, f"{rig.name}: {len(spoken.visemes)} visemes on frames {span(frames)}")
        return {"FINISHED"}


def _mouth_of(owners, names: list[str], frames: np.ndarray, rate: float) -> Track:
    """What the mouth does by now on frames (n,), as a track from 0 s."""
    count = len(frames)
    weights = np.zeros((count, len(ACTIONS)))
    weights[:, speeches.REPLACED] = action.values_of(owners, names, frames)
    return Track((frames - frames[0]) / rate, weights, np.zeros((count, 2)), np.zeros((count, 3)), np.zeros(count))


CLASSES = (SIMULACRA_OT_animate, SIMULACRA_OT_speak)
