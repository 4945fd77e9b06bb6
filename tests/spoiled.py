"""What each check of ``simulacra check`` must see: a change to a frame's labels, camera or records that it does not allow."""

import numpy as np

from simulacra.datagen.checks import CHECKS, values_of
from simulacra.procgen.distributions import SpecError


def middle(values):
    """The index of the pixel in the middle."""
    return values.shape[0] // 2, values.shape[1] // 2


def other_spec(sample):
    """Let the spec lack a field, as one that another version wrote."""
    document = sample.document("spec.json")
    inner = dict(document["spec"])
    inner.popitem()
    sample.document = lambda file: document | {"spec": inner}


SPOILED = {
    "position re-projects": lambda v, camera, sample: v["position"].__iadd__(0.01),
    "depth is planar": lambda v, camera, sample: v["depth"].__imul__(1.001),
    "rays lead to the surface": lambda v, camera, sample: v["distance"].__imul__(1.01),
    "normals are unit": lambda v, camera, sample: v["normal"].__imul__(1.01),
    "background agrees": lambda v, camera, sample: v["depth"].__setitem__(np.unravel_index(v["depth"].argmin(), v["depth"].shape), np.inf),
    "ids are known": lambda v, camera, sample: v["instance"].__setitem__(middle(v["instance"]), 60000),
    "classes are known": lambda v, camera, sample: v["semantic"].__setitem__(middle(v["semantic"]), 250),
    "boxes are tight": lambda v, camera, sample: v["instance"].__setitem__((slice(None), slice(4)), v["instance"].max()),
    "points lie in their boxes": lambda v, camera, sample: v["position"].__iadd__(0.5),
    "hair is in parts": lambda v, camera, sample: v["hair"].__setitem__((0, 0), 1 - v["hair"][0, 0]),
    "hair alpha agrees": lambda v, camera, sample: v["hair_alpha"].__setitem__(slice(middle(v["hair_alpha"])[0]), 1),
    "landmarks re-project": lambda v, camera, sample: camera["K"][0].__setitem__(0, 1.01 * camera["K"][0][0]),
    "landmarks lie on the surface": lambda v, camera, sample: v["depth"].__iadd__(0.03),
    "dense landmarks re-project": lambda v, camera, sample: v["dense_landmarks"][:, 0].__iadd__(0.5),
    "dense landmarks lie on the surface": lambda v, camera, sample: v["depth"].__iadd__(0.03),
    "flow leads back": lambda v, camera, sample: v["flow"].__iadd__(1.0),
    "disparity agrees": lambda v, camera, sample: v["disparity"].__imul__(1.01),
    "scene flow projects to flow": lambda v, camera, sample: v["scene_flow"].__iadd__(0.1),
    "spec reads back": lambda v, camera, sample: other_spec(sample),
}  # fmt: skip
# Of a thing's own files, which its sample holds as they were read.
SPOILED_THINGS = {
    "points lie on the mesh": lambda v, camera, sample: sample.points.place.__iadd__(3e-4),
    "points face out": lambda v, camera, sample: sample.points.normal.__imul__(-1),
    "mesh lies in its box": lambda v, camera, sample: sample.thing["box"]["extent"].__setitem__(0, 0.1),
    "views show the mesh": lambda v, camera, sample: v["depth"].__iadd__(3e-3),
    "distances are the mesh's": lambda v, camera, sample: sample.distances.near_distance.__imul__(1.1),
    "captions are true": lambda v, camera, sample: sample.thing["captions"][0]["says"].__setitem__("sort", "unicorn"),
}
# A person has no such labels, or only where they are asked for.
ABSENT = {"classes are known", "disparity agrees", "scene flow projects to flow", "rays lead to the surface",
          "dense landmarks re-project", "dense landmarks lie on the surface"}  # fmt: skip
RENDERED = [name for name in SPOILED if name not in ABSENT]


def spoil(name, sample):
    """Assert that a check holds of a sample's first frame, and no longer once it is spoiled."""
    check, bar, _ = CHECKS[name]
    camera = sample.camera(0)
    values = {key: np.array(value) for key, value in values_of(sample, 0, camera).items()}
    assert check(values, camera, sample, 0) <= bar
    (SPOILED | SPOILED_THINGS)[name](values, camera, sample)
    try:
        assert check(values, camera, sample, 0) > bar
    except SpecError:
        assert name == "spec reads back"  # and is told of as a problem
