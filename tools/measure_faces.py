"""Measure face analysis on photographs that people annotated: landmarks as they are, and through label adaptation.

    python tools/measure_faces.py RUN PHOTOGRAPHS --learn odd --test even [--adaptation FOLDER]

PHOTOGRAPHS is a folder in the layout of 300-W: pictures with .pts files beside them. The adaptation learns from one half, the
figures are of the other one, and it is kept in FOLDER. Errors are shares of the distance of the outer eye corners.
"""

import argparse
from pathlib import Path

from simulacra.models.systems import face_analysis
from simulacra.models.vision.faces.adaptation import fit_adaptation, save_adaptation
from simulacra.models.vision.faces.annotated import COUNT, PARTS, figures, read_annotated

WORST = 12


def landmarks(model, photographs):
    """What the net finds in each photograph."""
    import numpy as np

    return [np.asarray(model.predict(photograph.path).record["points_2d"]) for photograph in photographs]


def main():
    """Print the figures and the worst photographs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--learn", choices=PARTS, default="odd", help="photographs that the adaptation learns from")
    parser.add_argument("--test", choices=PARTS, default="even", help="photographs that the figures are of")
    parser.add_argument("--adaptation", type=Path, help="a folder for the adaptation")
    options = parser.parse_args()
    import numpy as np
    import torch

    model = face_analysis.load(options.run)
    learn, test = (read_annotated(options.photographs, part) for part in (options.learn, options.test))
    known = torch.from_numpy(np.stack([points[:COUNT] for points in landmarks(model, learn)])).float()
    net = fit_adaptation(known, torch.stack([photograph.points for photograph in learn]).float())
    if options.adaptation:
        save_adaptation(options.adaptation, net, {"learned from": f"{len(learn)} photographs, {options.learn}"})
    found = landmarks(model, test)
    for words, adapted in (("as they are", None), ("through label adaptation", net)):
        row = figures(found, test, adapted)
        print(
            f"{words}: {row.mean:.2%} of the outer eye corners' distance, {row.failed:.1%} over 10 %, {len(test)} photographs"
        )
        print("  worst: " + ", ".join(f"{test[i].path.name} {float(row.errors[i]):.1%}" for i in row.worst[:WORST]))


if __name__ == "__main__":
    main()
