"""What the Animate panel keeps."""

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty

from ...procgen.people.animation.track import LONGEST

SPELLINGS = [
    ("TEXT", "Text", "English text; what is not English is read as if it were"),
    ("PHONEMES", "Phonemes", "ARPAbet or visemes apart by spaces: HH AH0 L OW1, viseme_pp, aa:0.2"),
]
HOW_MUCH = {"min": 0.0, "max": 1.0, "subtype": "FACTOR"}
SECONDS = {"name": "Length", "description": "How long it lasts", "min": 0.1, "max": LONGEST, "unit": "TIME_ABSOLUTE"}
BLINKS = {"name": "Blinks", "description": "How often the eyes blink; 1 is 17 times a minute", **HOW_MUCH}
BREATH = {"name": "Breath", "description": "How much chest, shoulders and nostrils breathe", **HOW_MUCH}
SACCADES = {"name": "Saccades", "description": "How far the eyes jump from what they look at", **HOW_MUCH}
IDLE = {"name": "Idle", "description": "How much the head sways while the eyes stay on what they look at", **HOW_MUCH}
SEED = {"name": "Seed", "description": "The same seed gives the same motion", "min": 0, "max": 2**31 - 1}
PACE = {"name": "Pace", "description": "How fast one speaks; 1 is an ordinary pace", "min": 0.25, "max": 4.0}
STRENGTH = {
    "name": "Strength",
    "description": "How far the mouth opens and rounds; lips that must meet do so anyway",
    "min": 0.0,
    "max": 1.5,
}
SPOKEN = {"name": "Spoken", "description": "What is spoken"}
SPELLING = {"name": "As", "description": "How it is written", "items": SPELLINGS}


class SIMULACRA_PG_animate(bpy.types.PropertyGroup):
    """How a person is animated, and what it says."""

    seconds: FloatProperty(**SECONDS, default=4.0)
    blinks: FloatProperty(**BLINKS, default=1.0)
    breath: FloatProperty(**BREATH, default=1.0)
    saccades: FloatProperty(**SACCADES, default=0.5)
    idle: FloatProperty(**IDLE, default=0.5)
    seed: IntProperty(**SEED)
    spoken: StringProperty(**SPOKEN, default="Hello, my name is Bob.")
    spelling: EnumProperty(**SPELLING)
    pace: FloatProperty(**PACE, default=1.0)
    strength: FloatProperty(**STRENGTH, default=0.8)
