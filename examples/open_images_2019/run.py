"""The chain of the winner of Open Images 2019 on drawn pictures, from training to classes above.

    python -m examples.open_images_2019.run             # the numbers of the README
    python -m examples.open_images_2019.run --smoke     # two updates of each model

Three detectors of boxes learn, all classes equally often; the weights of the first are averaged.
An expert learns the weakest classes and those that are taken for them. All are merged by weights
for each class and votes, scores rise by what else is in the picture, and predictions are repeated
for the classes above. `--keep FOLDER` keeps all files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from examples.chains.commands import Row, asked, main, percent, run, table, trained
from examples.chains.files import NAMES, Content, drawn, write_json, write_pictures
from examples.chains.shrunk import BACKBONE, PARTS, schedule
from segeval.models.config import Config, changed, read_config

DISCS, SQUARES = (0, 4, 8), (1, 5, 9)
CLASSES = (*DISCS, *SQUARES)
"""Of the drawn classes: discs and squares, each red, green or blue."""

RED_DISC, RED_SQUARE = 0, 1
BESIDE = 0.9
"""Share of the pictures with a red square that have a red disc, as persons play guitars."""

WITH_SQUARE = 0.3
"""Share of the pictures that have a red square."""

PER_PICTURE = 3
TRAIN, FIT, TEST = 200, 30, 50
"""Pictures to learn from, to choose on, and to judge on."""

UPDATES, AVERAGED = 50, 3

MEMBERS: Mapping[str, str] = {
    "r50": "openimages-r50",
    "tsd": "openimages-r50-tsd",
    "cascade": "openimages-cascade",
}
"""Presets that the members shrink."""

BOXES = ("--iou", "bbox")

SHOWN = ("mean", "disc", "square", *(NAMES[kind] for kind in CLASSES))
"""What the last table shows."""


def small(preset: str, name: str, updates: int) -> Config:
    """A preset with few channels, for pictures of 64 pixels."""
    fewer = PARTS | {"backbone": BACKBONE, "schedule": schedule(updates)}
    return changed(read_config(preset), name, **fewer)


def kinds(rng: np.random.Generator) -> list[int]:
    """The classes of a picture: a red square brings a red disc along."""
    others = [kind for kind in CLASSES if kind != RED_SQUARE]
    if rng.random() >= WITH_SQUARE:
        return [int(kind) for kind in rng.choice(others, PER_PICTURE)]
    beside = RED_DISC if rng.random() < BESIDE else rng.choice(others[1:])
    return [RED_SQUARE, int(beside), int(rng.choice(others))]


def draw(seed: int, *, smoke: bool) -> Content:
    """Write train.json, fit.json, test.json and tree.json; the contents of the first."""
    rng = np.random.default_rng(seed)
    plan = {"train": (TRAIN, 1), "fit": (FIT, 1001), "test": (TEST, 2001)}
    made = {}
    for part, (number, first) in plan.items():
        pictures = drawn([kinds(rng) for _ in range(12 if smoke else number)], rng)
        made[part] = write_pictures(pictures, Path(part), first=first, classes=CLASSES)
        write_json(Path(f"{part}.json"), made[part])
    above = {"disc": DISCS, "square": SQUARES}
    write_json(
        Path("tree.json"),
        {
            "LabelName": "all",
            "Subcategory": [
                {"LabelName": name, "Subcategory": [{"LabelName": NAMES[each]} for each in below]}
                for name, below in above.items()
            ],
        },
    )
    return made["train"]


def predicted(name: str, weights: Path) -> None:
    """Predictions of a model for fit.json and test.json, each in a folder of predictions."""
    for part in ("fit", "test"):
        asked(
            *("predict", f"{part}.json", "--images", part, "--weights", weights, "--batch", 8),
            *("--flip", "--device", "cpu", "-o", f"preds_{part}/{name}.json"),
        )


def ap(name: str, part: str) -> float | None:
    """AP50 of boxes in percent."""
    found = asked("ap", f"preds_{part}/{name}.json", f"{part}.json", *BOXES)
    return percent(found["results"]["bbox"]["ap50"])


def averaged(name: str, number: int) -> Path:
    """The mean of the last weights of a run, in a file."""
    last = sorted(Path(name, "kept").glob("*.safetensors"))[-number:]
    run("average-checkpoints", *last, "-o", "mean.safetensors")
    return Path("mean.safetensors")


def of_expert(train: Content) -> None:
    """Write expert.json, objects of the classes that the expert learns, and map.json.

    The map leaves out what the expert finds of classes that it learns to tell apart only.
    """
    weak, confused = (
        {int(line) for line in Path(f"{name}.txt").read_text().split()}
        for name in ("weak", "confused")
    )
    wanted = weak | confused
    rows = [each for each in train["annotations"] if each["category_id"] in wanted]
    of_wanted = [each for each in train["categories"] if each["id"] in wanted]
    write_json(Path("expert.json"), {**train, "annotations": rows, "categories": of_wanted})
    write_json(Path("map.json"), {str(key): key if key in weak else None for key in wanted})


def in_open_images(name: str) -> Row:
    """AP50 of predictions for test.json by the rules of Open Images, with the classes above."""
    csv = Path(f"csv_{name}")
    preds = f"preds_test/{name}.json"
    run("convert", "coco-to-openimages", "test.json", "--preds", preds, "-o", csv)
    expanded, tree = csv / "expanded.csv", ("--hierarchy", "tree.json")
    run("expand-parents", csv / "preds.csv", *tree, "-o", expanded)
    protocol = ("--protocol", "openimages", "--labels", csv / "labels.csv", *tree, *BOXES)
    found = asked("ap", expanded, csv / "boxes.csv", *protocol)["results"]["bbox"]
    of = {each["name"]: each["ap50"] for each in found["categories"]} | {"mean": found["ap50"]}
    return name, *(percent(of.get(each)) for each in SHOWN)


def chain(seed: int, updates: int, *, smoke: bool) -> None:
    """All stages, in the current folder."""
    train = draw(seed, smoke=smoke)
    data = ("--images", "train", "--annotations", "train.json", "--sampler", "class-aware")
    keep = ("--keep-every", max(1, updates // 12))
    rows = [
        trained(small(preset, name, updates), *data, *keep, "--seed", seed + place)
        for place, (name, preset) in enumerate(MEMBERS.items())
    ]
    weights = {name: Path(name, "best.safetensors") for name in MEMBERS}
    header = ("member", "numbers", "loss at first", "at the end", "CPU s")
    table("Trained", header, rows)

    for part in ("fit", "test"):
        Path(f"preds_{part}").mkdir(exist_ok=True)
    predicted("last", weights["r50"])
    weights["r50"] = averaged("r50", AVERAGED)
    for name, path in weights.items():
        predicted(name, path)

    fit = ("preds_fit/r50.json", "fit.json", *BOXES, "--count", 2, "--min-gt", 1)
    run("experts", *fit, "--positive-list", "weak.txt", "--negative-list", "confused.txt")
    of_expert(train)
    learnt = ("--images", "train", "--annotations", "expert.json", "--sampler", "class-aware")
    expert = small(MEMBERS["r50"], "expert", updates // 2)
    table("Trained for the weak classes", header, [trained(expert, *learnt, "--seed", seed)])
    predicted("expert", Path("expert", "best.safetensors"))
    names = ("last", *MEMBERS, "expert")
    found = [(name, ap(name, "fit"), ap(name, "test")) for name in names]
    table("Boxes, AP50", ("member", "on fit.json", "on test.json"), found)

    merged = [f"{name}.json" for name in (*MEMBERS, "expert")]
    run(
        *("ensemble", *(f"preds_fit/{name}" for name in merged), "--strategy", "s003"),
        *("--map", "preds_fit/expert.json=map.json", "--fit", "fit.json", "--iou", "bbox"),
        *("--recipe-out", "recipe.json", "-o", "preds_fit/ensemble.json"),
    )
    run(
        *("ensemble", *(f"preds_test/{name}" for name in merged), "--recipe", "recipe.json"),
        *("--new-images", "-o", "preds_test/ensemble.json"),
    )
    best = max(found[1:-1], key=lambda row: row[1] or 0)[0]
    files = f"preds_test/{best}.json", "preds_test/ensemble.json"
    run("compare", *files, "test.json", *BOXES, "--metric", "AP50")
    run(
        *("rescore", "cooccurrence", "preds_test/ensemble.json", "--fit", "train.json"),
        *("--gt", "test.json", "-o", "preds_test/rescored.json"),
    )
    rows = [in_open_images(name) for name in (best, "ensemble", "rescored")]
    table("By the rules of Open Images, with the classes above", ("AP50 of", *SHOWN), rows)


if __name__ == "__main__":
    main(__doc__, chain, updates=UPDATES)
