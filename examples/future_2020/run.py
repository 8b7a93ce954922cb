"""The chain of the winner of 3D-FUTURE 2020 on drawn pictures, from training to the ensemble.

    python -m examples.future_2020.run             # the numbers of the README
    python -m examples.future_2020.run --smoke     # two updates of each model, to see that it runs

Five small PointRend models learn, predict with the mirrored image, are merged by `interp`, and are
evaluated by the size buckets of 3D-FUTURE. `--keep FOLDER` keeps all files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from examples.chains.commands import asked, main, percent, run, table, trained
from examples.chains.files import drawn, joined, write_json, write_pictures
from examples.chains.shrunk import BACKBONE, INPUT, PARTS, schedule
from segeval.models.config import Config, changed, read_config

CLASSES = (0, 3, 5, 10)
"""Of the drawn classes: few, as the models learn for seconds."""

PER_PICTURE = 3
TRAIN, FIT, TEST = 200, 20, 40
"""Pictures to learn from, to choose weights on, and to judge on."""

FACTOR = 8
"""Judged pictures are so many times as large as those of training: 3D-FUTURE has large objects."""

HALF = (5.0, 20.0)
"""Half the width of an object, at least and at most, in pixels before that."""

UPDATES = 40

BALANCED = {"balance": "non-local"}
RES2NET = {
    "kind": "res2net", "depth": 14, "base_channels": 16, "deformable": 1,
    "deformable_stages": ("res5",),
}  # fmt: skip
ENRICHED = {"coarse_layers": 4, "point_layers": 5, "point_width": 128}

MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "x101": {},
    "x101-bfp": {"pyramid": BALANCED},
    "x101-bfp-enrich": {"pyramid": BALANCED, "mask": {"point_width": 128}},
    "r2-101-bfp-enrich": {
        "backbone": RES2NET,
        "pyramid": BALANCED,
        "mask": ENRICHED,
        "boxes": {"layers": 4},
    },
    "r2-101-bfp2": {
        "backbone": RES2NET,
        "pyramid": {**BALANCED, "balance_blocks": 2},
        "boxes": {"side": 10},
    },
}
"""What the members change in `3dfuture-released`, the winner's best model: the other four."""

MASK = {
    "grid": 14,
    "coarse_channels": 32,
    "coarse_width": 128,
    "point_width": 64,
    "train_points": 98,
    "subdivision_points": 196,
    "subdivision_steps": 3,
}


def small(name: str, updates: int) -> Config:
    """A member with few channels, for pictures of 64 pixels."""
    fewer = PARTS | {
        "backbone": {
            **BACKBONE, "groups": 4, "width_per_group": 8, "deformable_stages": ("res5",),
        },
        "input": {**INPUT, "test_flip": True},
        "mask": MASK,
        "schedule": schedule(updates),
    }  # fmt: skip
    return changed(changed(read_config("3dfuture-released"), name, **fewer), name, **MEMBERS[name])


def draw(seed: int, *, smoke: bool) -> None:
    """Write train.json, fit.json, test.json and held.json, which joins the last two."""
    rng = np.random.default_rng(seed)
    numbers = (4, 10, 10) if smoke else (TRAIN, FIT, TEST)
    classes = CLASSES[:1] if smoke else CLASSES  # of few, untrained models may have none in common
    contents = []
    for part, number in zip(("train", "fit", "test"), numbers, strict=True):
        kinds = [rng.choice(classes, PER_PICTURE).tolist() for _ in range(number)]
        folder, factor = ("train", 1) if part == "train" else ("held", 2 if smoke else FACTOR)
        first = {"train": 1, "fit": 1001, "test": 2001}[part]
        pictures = drawn(kinds, rng, half=HALF)
        content = write_pictures(
            pictures, Path(folder), first=first, factor=factor, classes=classes
        )
        write_json(Path(f"{part}.json"), content)
        contents.append(content)
    write_json(Path("held.json"), joined(*contents[1:]))


def chain(seed: int, updates: int, *, smoke: bool) -> None:
    """All stages, in the current folder."""
    draw(seed, smoke=smoke)
    rows = [
        trained(
            small(name, updates),
            *("--images", "train", "--annotations", "train.json", "--seed", seed + place),
        )
        for place, name in enumerate(MEMBERS)
    ]
    table("Trained", ("member", "numbers", "loss at first", "at the end", "CPU s"), rows)

    Path("preds").mkdir(exist_ok=True)
    found = []
    for name in MEMBERS:
        weights, output = f"{name}/best.safetensors", f"preds/{name}.json"
        told = asked(
            *("predict", "held.json", "--images", "held", "--weights", weights, "--batch", 8),
            *("--device", "cpu", "-o", output),
        )
        ap = asked("ap", output, "fit.json", "--skip-unknown")
        found.append((name, told["results"]["predictions"], percent(ap["results"]["segm"]["ap"])))
    table("Predicted, with flips", ("member", "predictions", "AP on fit.json"), found)

    files = [f"preds/{name}.json" for name in MEMBERS]
    run(
        *("ensemble", *files, "--strategy", "interp", "--fit", "fit.json", "--gt", "test.json"),
        *("-o", "ensemble.json"),
    )
    best = max(found, key=lambda row: row[2] or 0.0)[0]
    judged = ("test.json", "--sizes", "3dfuture", "--skip-unknown")
    run("ap", "ensemble.json", *judged)
    run("compare", f"preds/{best}.json", "ensemble.json", *judged, "--by", "size")


if __name__ == "__main__":
    main(__doc__, chain, updates=UPDATES)
