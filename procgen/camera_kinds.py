"""The cameras that people own: the odds of lens, place, exposure and development by kind of camera."""

from __future__ import annotations

from .params import beta, lognormal, normal

NEUTRAL = 6504.0  # K, the white of a picture: sRGB's D65

# What portraits are taken with, a choice of ours: most from farther than a metre. What is nearer than NEAR enlarges nose
# and brow so that it shows (the nose stands a tenth of a metre before the ears); fewer than one in eight are.
KIND_WEIGHTS = {"phone_selfie": 0.08, "phone": 0.30, "slr": 0.58, "webcam": 0.04}
NEAR = 0.60  # metres from the eyes

# Focal lengths and apertures are those that makers print: a phone's front camera 2.2-2.8 mm at f/1.9-2.4, its back ones
# 5-7 mm at f/1.6-1.9 and 9 mm at f/2.8; a webcam 3.7 mm at f/2.2; portrait lenses of 35 to 135 mm. An arm holds a
# phone, of 24 to 28 mm equivalent, 0.45 to 0.65 m from the face, and SLRs stand 1.2 to 2.5 m away with 50 to 135 mm
# (Ward et al. 2018, JAMA Facial Plastic Surgery, take 0.3 m for the worst selfie and 1.5 m for a portrait). Focus,
# exposure, white, tone and compression are choices of ours, by what phones, laptops and photographers' pictures look
# like; nothing here was fitted to photographs.
KINDS = {
    "phone_selfie": {
        "focal_length": lognormal(2.6, 0.12, 2.0, 4.0),
        "distance": lognormal(0.55, 0.13, 0.35, 0.9),
        "framing": normal(0.66, 0.07, 0.35, 0.9),
        "azimuth": normal(0, 11, -50, 50),
        "elevation": normal(6, 7, -20, 40),
        "roll": normal(0, 4, -25, 25),
        "shift_x": normal(0, 0.045, -0.2, 0.2),
        "f_stop": lognormal(2.1, 0.08, 1.7, 2.6),
        "focus": normal(0.0, 0.03, -0.1, 0.1),
        "exposure": normal(0.08, 0.22, -1, 1),
        "white": lognormal(NEUTRAL, 0.06, 5000, 8500),
        "tint": normal(0, 0.015, -0.06, 0.06),
        "iso": lognormal(160, 0.8, 25, 2500),
        "noise": normal(0.40, 0.12, 0.1, 0.9),
        "vignette": beta(1.5, 6),
        "softness": lognormal(0.55, 0.25, 0.2, 1.6),
        "slope": normal(1.55, 0.08, 1.2, 2.0),
        "contrast": normal(0.16, 0.12, -0.3, 0.6),
        "shadows": beta(1.5, 6),
        "saturation": normal(1.05, 0.08, 0.8, 1.4),
        "smear": lognormal(1.3, 0.4, 0.3, 4),
        "sharpening": normal(0.85, 0.2, 0.1, 1.6),
        "compression": normal(0.20, 0.08, 0.04, 0.5),
    },
    "phone": {
        "focal_length": lognormal(6.2, 0.2, 4.0, 9.5),
        "distance": lognormal(1.35, 0.26, 0.6, 3.0),
        "framing": normal(0.66, 0.07, 0.3, 0.9),
        "azimuth": normal(0, 15, -70, 70),
        "elevation": normal(2, 6, -25, 35),
        "roll": normal(0, 2.2, -20, 20),
        "shift_x": normal(0, 0.045, -0.2, 0.2),
        "f_stop": lognormal(1.8, 0.14, 1.5, 2.8),
        "focus": normal(0.0, 0.02, -0.1, 0.1),
        "exposure": normal(0.05, 0.2, -1, 1),
        "white": lognormal(NEUTRAL, 0.055, 5000, 8500),
        "tint": normal(0, 0.012, -0.06, 0.06),
        "iso": lognormal(110, 0.8, 25, 2500),
        "noise": normal(0.45, 0.12, 0.1, 0.9),
        "vignette": beta(1.5, 6),
        "softness": lognormal(0.45, 0.25, 0.15, 1.4),
        "slope": normal(1.6, 0.08, 1.2, 2.0),
        "contrast": normal(0.22, 0.12, -0.25, 0.7),
        "shadows": beta(1.5, 7),
        "saturation": normal(1.06, 0.08, 0.8, 1.45),
        "smear": lognormal(0.9, 0.4, 0.2, 3),
        "sharpening": normal(0.85, 0.2, 0.1, 1.6),
        "compression": normal(0.17, 0.07, 0.03, 0.45),
    },
    "slr": {
        "focal_length": lognormal(85, 0.25, 35, 200),
        "distance": lognormal(2.0, 0.25, 0.9, 4.5),
        "f_stop": lognormal(4.2, 0.4, 1.4, 13),
        "focus": normal(0.0, 0.006, -0.03, 0.03),
        "exposure": normal(0.0, 0.15, -0.8, 0.8),
        "white": lognormal(NEUTRAL, 0.04, 5300, 8000),
        "tint": normal(0, 0.008, -0.04, 0.04),
        "iso": lognormal(320, 0.8, 64, 12800),
        "noise": normal(0.70, 0.12, 0.3, 1),
        "softness": lognormal(0.30, 0.25, 0.1, 0.8),
        "slope": normal(1.6, 0.1, 1.2, 2.0),
        "contrast": normal(0.28, 0.13, -0.3, 0.8),
        "shadows": beta(1.2, 10),
        "saturation": normal(1.03, 0.07, 0.8, 1.35),
        "smear": lognormal(0.4, 0.4, 0.05, 1.5),
        "sharpening": normal(0.75, 0.2, 0, 1.5),
        "compression": normal(0.10, 0.04, 0.01, 0.25),
    },
    "webcam": {
        "focal_length": lognormal(3.5, 0.12, 2.2, 5.0),
        "distance": lognormal(0.70, 0.16, 0.4, 1.2),
        "framing": normal(0.60, 0.07, 0.3, 0.85),
        "azimuth": normal(0, 12, -45, 45),
        "elevation": normal(-1, 7, -25, 25),
        "shift_x": normal(0, 0.05, -0.2, 0.2),
        "f_stop": lognormal(2.2, 0.1, 1.8, 2.8),
        "focus": normal(0.05, 0.08, -0.15, 0.25),
        "exposure": normal(0.0, 0.35, -1.3, 1.3),
        "white": lognormal(NEUTRAL, 0.09, 4500, 9500),
        "tint": normal(0, 0.025, -0.1, 0.1),
        "iso": lognormal(400, 0.6, 50, 3200),
        "noise": normal(0.50, 0.15, 0.1, 1),
        "softness": lognormal(1.0, 0.25, 0.4, 2.5),
        "slope": normal(1.45, 0.12, 1.1, 1.9),
        "contrast": normal(0.12, 0.15, -0.4, 0.6),
        "shadows": beta(1.5, 7),
        "saturation": normal(1.02, 0.1, 0.6, 1.4),
        "smear": lognormal(1.8, 0.35, 0.5, 5),
        "sharpening": normal(0.85, 0.25, 0.1, 1.6),
        "compression": normal(0.38, 0.12, 0.1, 0.75),
    },
}  # fmt: skip
