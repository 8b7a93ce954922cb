"""What cascades, Hybrid Task Cascade and Swin do on drawn pictures: three seeds of each.

python -m examples.cascade_htc_swin.run [cascade htc swin] [--seeds 0 1 2] [--smoke]

Each of the three prints a line per seed, then means and standard deviations, and whether what was
expected of it before the first run holds. It takes about five minutes of one core for each.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from functools import partial

import torch

from examples.cascade_htc_swin import cascade, htc, swin
from examples.rare_classes.study import OBJECTS, Columns, on_scenes, parser_of, study

UPDATES = {"cascade": 300, "htc": 300, "swin": 200}


def claims_of_cascade(found: Columns) -> dict[str, bool]:
    """What was expected of the cascade."""
    mean = {name: statistics.mean(values) for name, values in found.items()}
    return {
        "IoU after stage 3 is at least 2 points above that after stage 1": (
            mean["cascade IoU 3"] >= mean["cascade IoU 1"] + 2
        ),
        "box AP75 is not below that of one stage": (
            mean["cascade box AP75"] >= mean["one stage box AP75"]
        ),
    }


def claims_of_htc(found: Columns) -> dict[str, bool]:
    """What was expected of Hybrid Task Cascade."""
    least = statistics.mean(found["head 1 AP"]) - 1
    return {"head 3 is at most 1 AP below head 1": statistics.mean(found["head 3 AP"]) >= least}


def claims_of_swin(found: Columns) -> dict[str, bool]:
    """What was expected of Swin, of every seed."""
    return {"the loss halves in every seed": max(found["ratio"]) <= 0.5}


CLAIMS: Mapping[str, Callable[[Columns], dict[str, bool]]] = {
    "cascade": claims_of_cascade,
    "htc": claims_of_htc,
    "swin": claims_of_swin,
}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"{', '.join(CLAIMS)}; all")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    objects, pictures = ((2, 1), (2, 1)) if arguments.smoke else (OBJECTS, swin.PICTURES)
    train = {
        "cascade": partial(on_scenes, cascade.numbers, objects=objects),
        "htc": partial(on_scenes, htc.numbers, objects=objects),
        "swin": partial(swin.numbers, pictures=pictures),
    }
    for model in arguments.models or CLAIMS:
        updates = 2 if arguments.smoke else UPDATES[model]
        print(f"{model}, {updates} updates")
        study(partial(train[model], updates=updates), arguments.seeds, CLAIMS[model])


if __name__ == "__main__":
    main()
