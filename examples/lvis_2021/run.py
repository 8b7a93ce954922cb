"""The chain of a winner of LVIS 2021 on drawn pictures: four trainings, then several views.

    python -m examples.lvis_2021.run             # the numbers of the README
    python -m examples.lvis_2021.run --smoke     # two updates of each model, to see that it runs

Hybrid Task Cascade with the Seesaw loss learns twelve classes of very different frequency, drawn by
repeat factors: as it is, with copy-paste, with mosaic too, and all with averaged weights. The model
that is best on `fit.json` then predicts with several views. Everything is evaluated by boundary,
fixed AP. `--keep FOLDER` keeps all files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from examples.chains.commands import (
    Row,
    asked,
    main,
    percent,
    run,
    table,
    trained,
)  # fmt: skip
from examples.chains.files import Content, drawn, joined, write_json, write_pictures
from examples.chains.shrunk import BACKBONE, BOXES, INPUT, PARTS, schedule
from examples.rare_classes.scenes import CLASSES
from segeval.models.config import Config, changed, read_config

MOST, LEAST = 200, 4
"""Objects of the most frequent and of the rarest class in training."""

FIT, TEST = 4, 10
"""Objects of each class in the pictures to choose and to judge by, which are balanced."""

PER_PICTURE = 3
UPDATES, DECAY = 150, 0.95

ROWS: Mapping[str, str] = {
    "baseline": "lvis-htc-swin-l",
    "paste": "lvis-htc-swin-l-paste",
    "mosaic": "lvis-htc-swin-l-mosaic",
}
"""Presets of the rows of the report's first table."""

PROTOCOL = ("--protocol", "lvis-2021", "--skip-unknown")


def small(name: str, updates: int) -> Config:
    """A row's preset with a small ResNet, which learns from nothing faster than a Swin does."""
    config = read_config(ROWS[name])
    return changed(
        config,
        name,
        **PARTS
        | {
            "backbone": {"kind": "resnet", **BACKBONE},
            "input": {**INPUT, "crop": None},
            "boxes": {**BOXES, "max_dets": 20},
            "mask": {"pool": 7, "layers": 2},
            "schedule": schedule(updates),
        },
    )


def lists(counts: Sequence[int], rng: np.random.Generator) -> list[list[int]]:
    """The classes of each picture, so many objects of each class in all."""
    every = rng.permutation(np.repeat(np.arange(CLASSES), counts)).tolist()
    return [every[first : first + PER_PICTURE] for first in range(0, len(every), PER_PICTURE)]


def with_lvis_keys(content: Content, training: Content) -> Content:
    """What LVIS adds: the frequency of the categories in training, and what images lack."""
    seen: dict[int, set[int]] = {each["id"]: set() for each in content["categories"]}
    for each in training["annotations"]:
        seen[each["category_id"]].add(each["image_id"])
    counts = {key: len(images) for key, images in seen.items()}
    categories = [
        {**each, "image_count": counts[each["id"]], "frequency": frequency(counts[each["id"]])}
        for each in content["categories"]
    ]
    present: dict[int, set[int]] = {each["id"]: set() for each in content["images"]}
    for each in content["annotations"]:
        present[each["image_id"]].add(each["category_id"])
    images = [
        {
            **each,
            "neg_category_ids": sorted(seen.keys() - present[each["id"]]),
            "not_exhaustive_category_ids": [],
        }
        for each in content["images"]
    ]
    return {**content, "images": images, "categories": categories}


def frequency(images: int) -> str:
    """LVIS's groups: rare in up to 10 images of training, common in up to 100, else frequent."""
    return "r" if images <= 10 else "c" if images <= 100 else "f"


def draw(seed: int, *, smoke: bool) -> None:
    """Write train.json, fit.json, test.json and held.json, which joins the last two."""
    rng = np.random.default_rng(seed)
    counts = np.rint(np.geomspace(MOST, LEAST, CLASSES)).astype(int).tolist()
    plan = {
        "train": ([2] * CLASSES if smoke else counts, 1),
        "fit": ([1 if smoke else FIT] * CLASSES, 1001),
        "test": ([3 if smoke else TEST] * CLASSES, 2001),
    }
    made = {}
    for part, (numbers, first) in plan.items():
        folder = Path("train" if part == "train" else "held")
        made[part] = write_pictures(drawn(lists(numbers, rng), rng), folder, first=first)
    found = {part: with_lvis_keys(content, made["train"]) for part, content in made.items()}
    for part, content in (*found.items(), ("held", joined(found["fit"], found["test"]))):
        write_json(Path(f"{part}.json"), content)


def measured(name: str, gt: str) -> Row:
    """AP of all, rare, common and frequent categories: boundaries, fixed AP."""
    scores = asked("ap", f"preds/{name}.json", gt, *PROTOCOL)["results"]["boundary"]
    groups = scores["frequencies"]
    names = ("rare", "common", "frequent")
    return name, percent(scores["ap"]), *(percent(groups[each]["ap"]) for each in names)


def predicted(name: str, weights: str, *words: object) -> None:
    """Predictions of a model for all pictures that are held out."""
    asked(
        *("predict", "held.json", "--images", "held", "--weights", f"{weights}/best.safetensors"),
        *("--batch", 8, "--device", "cpu", *words, "-o", f"preds/{name}.json"),
    )


def chain(seed: int, updates: int, *, smoke: bool) -> None:
    """All stages, in the current folder."""
    draw(seed, smoke=smoke)
    data = ("--images", "train", "--annotations", "train.json")
    how = ("--sampler", "repeat-factor", "--repeat-threshold", 0.1, "--ema", DECAY)
    rows = [trained(small(name, updates), *data, *how, "--seed", seed) for name in ROWS]
    table("Trained", ("row", "numbers", "loss at first", "at the end", "CPU s"), rows)

    Path("preds").mkdir(exist_ok=True)
    header = ("boundary, fixed AP", "AP", "rare", "common", "frequent")
    for name in ROWS:
        predicted(name, name)
    chosen = [measured(name, "fit.json") for name in ROWS]
    table("On fit.json, which chooses", header, chosen)
    best = str(max(chosen, key=lambda row: float(row[1] or 0))[0])

    predicted("views", best, "--flip", "--scales", "56,80")
    predicted("more", best, "--flip", "--scales", "56,80", "--max-dets", 100)
    names = [*ROWS, "views", "more"]
    table("On test.json", header, [measured(name, "test.json") for name in names])
    run("ap", "preds/more.json", "test.json", *PROTOCOL)
    for a, b in (("baseline", best), (best, "more")):
        if a != b:
            run("compare", f"preds/{a}.json", f"preds/{b}.json", "test.json", *PROTOCOL)


if __name__ == "__main__":
    main(__doc__, chain, updates=UPDATES)
