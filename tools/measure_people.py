"""Print what drawn heads measure beside what people do, and their landmark ratios beside those of photographs.

python tools/measure_people.py [--count 400] [--neutral]
"""

from __future__ import annotations

import click
import numpy as np

from simulacra.procgen import registry
from simulacra.procgen.people.anthropometry import FROM_ANSUR, PUBLISHED, RECALLED
from simulacra.procgen.people.expression import action_weights
from simulacra.procgen.people.identity import neutral_shape
from simulacra.procgen.people.measures import MEASURES, measured, probe, probed
from simulacra.procgen.people.pose import apply_actions

CAMERA = 1.2  # metres before the eyes
# Lengths over the distance of the outer eye corners on 80 near-frontal photographs (LFPW test set, 68 points by iBUG):
# mean and standard deviation.
PHOTOGRAPHS = {
    "eye length": (0.283, 0.017), "eye opening over length": (0.315, 0.066), "between inner corners": (0.436, 0.032),
    "mouth width": (0.665, 0.093), "nose base width": (0.300, 0.042), "contour 0-16": (1.586, 0.085),
    "contour 4-12": (1.307, 0.088), "contour 6-10": (0.766, 0.070), "face height 27-8": (1.311, 0.114),
    "nose length 27-33": (0.559, 0.048), "nose to lip 33-51": (0.154, 0.040), "lips 51-57": (0.216, 0.084),
    "upper lip 51-62": (0.059, 0.020), "lower lip 66-57": (0.099, 0.026), "mouth opening 62-66": (0.060, 0.075),
    "brow above eye": (0.199, 0.050), "brow length": (0.505, 0.049), "chin 57-8": (0.385, 0.067),
}  # fmt: skip


def ratios(marks: np.ndarray) -> np.ndarray:
    """The ratios (n, 18) of PHOTOGRAPHS of landmarks (n, 68, 3) in metres, seen by a camera before the eyes."""
    flat = marks[..., [0, 2]] * (CAMERA / (CAMERA + marks[..., 1]))[..., None]

    def between(i: int, j: int) -> np.ndarray:
        return np.linalg.norm(flat[:, i] - flat[:, j], axis=-1)

    def both(right: tuple[int, int], left: tuple[int, int]) -> np.ndarray:
        return (between(*right) + between(*left)) / 2

    eye = both((36, 39), (42, 45))
    opening = (both((37, 41), (38, 40)) + both((43, 47), (44, 46))) / 2
    brow = flat[:, 17:27, 1].mean(1) - flat[:, 36:48, 1].mean(1)
    whole = between(36, 45)
    found = [eye, opening, between(39, 42), between(48, 54), between(31, 35), between(0, 16), between(4, 12), between(6, 10),
             between(27, 8), between(27, 33), between(33, 51), between(51, 57), between(51, 62), between(66, 57), between(62, 66),
             brow, both((17, 21), (22, 26)), between(57, 8)]  # fmt: skip
    return np.stack([opening / eye if index == 1 else each / whole for index, each in enumerate(found)], 1)


def table(found: np.ndarray, men: np.ndarray, women: np.ndarray) -> None:
    """Print the measures of men and women beside the published ones."""
    print(
        "| distance, mm | ours men | ours women | published men | published women | off, σ | source |\n|---|---|---|---|---|---|---|"
    )
    for index, name in enumerate(MEASURES):
        published, row, off = PUBLISHED[name], [], []
        for chosen, (mean, spread) in ((men, published.men), (women, published.women)):
            row.append(f"{found[chosen, index].mean():.1f} ± {found[chosen, index].std():.1f}")
            off.append(f"{(found[chosen, index].mean() - mean) / spread:+.2f}")
        row += [f"{mean:.1f} ± {spread:.1f}" for mean, spread in (published.men, published.women)]
        print(f"| {name.replace('_', ' ')} | {' | '.join(row)} | {', '.join(off)} | {published.source} |")


@click.command()
@click.option("--count", default=400, show_default=True, help="seeds from 0")
@click.option("--neutral", is_flag=True, help="landmark ratios without the drawn expressions")
def main(count: int, neutral: bool) -> None:
    """Draw people and print the tables."""
    people = [registry.sample("faces", seed) for seed in range(count)]
    cages = [neutral_shape(each.identity) for each in people]
    gender = np.array([each.identity.gender for each in people])
    years = np.array([each.identity.age for each in people])
    found = np.array([measured(probed(cage)) for cage in cages])
    men, women = gender < 0.35, gender > 0.65
    table(found, men, women)
    between = np.mean([np.corrcoef(found[chosen].T) for chosen in (men, women)], 0)
    place = {name: index for index, name in enumerate(MEASURES)}
    print("\n| correlation | ours | published |\n|---|---|---|")
    for pairs, source in ((FROM_ANSUR, "ANSUR II"), (RECALLED, "recalled")):
        for (first, second), value in pairs.items():
            names = f"{first.replace('_', ' ')}, {second.replace('_', ' ')}"
            print(f"| {names} | {between[place[first], place[second]]:.2f} | {value:.2f} ({source}) |")
    if not neutral:
        cages = [apply_actions(cage, action_weights(each.expression)) for cage, each in zip(cages, people, strict=True)]
    marks = np.array([probed(cage)[probe().rows["landmarks"]] for cage in cages])
    seen = ratios(marks)
    print("\n| ratio | photographs | ours | off, σ | with age, r |\n|---|---|---|---|---|")
    for name, column in zip(PHOTOGRAPHS, seen.T, strict=True):
        mean, spread = PHOTOGRAPHS[name]
        ours, aged = f"{column.mean():.3f} ± {column.std():.3f}", np.corrcoef(column, years)[0, 1]
        print(f"| {name} | {mean:.3f} ± {spread:.3f} | {ours} | {(column.mean() - mean) / spread:+.1f} | {aged:+.2f} |")


if __name__ == "__main__":
    main()
