"""What strategies gain over the best single model, on images that chose nothing.

    python -m tests.bench ensemble-gain [--data FOLDER] [--scale 0.5] [--strategies interp,wbf]

FOLDER has ground truth (instances_val.json or gt.json) and predictions of two models or more
(*_segm.json, or else every other .json file of predictions). Without it, the demo's two models are
merged, whose files the project makes. `--scale` takes that share of the images. The table in
Markdown goes to standard output: no gain without its interval.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval import average_precision, fuse
from segeval.data import GroundTruth, Predictions, load_predictions
from segeval.data.image_subsets import predictions_within
from segeval.data.synthetic import furniture
from segeval.ensemble import Gain
from segeval.ensemble.strategies import STRATEGIES
from segeval.errors import InputError
from segeval.metrics.coco.inputs import loaded_ground_truth
from tests.bench.processes import FOLDER, say

GROUND_TRUTH = ("instances_val.json", "gt.json")
DEMO_IMAGES = 200
SEARCH = "search"

ASKED = ("nms", "interp", "reweight", "s003", "vote", "wbf", "modern", SEARCH)
"""Strategies that are measured, of those that there are."""

Row = tuple[str, float, Gain, float | None]
"""Name of a strategy, seconds, its gain, and AP of what all images choose."""


@dataclass(frozen=True)
class Data:
    """What is merged.

    Attributes:
        title: what it is.
        gt: the ground truth.
        names: of the models.
        models: their predictions.
    """

    title: str
    gt: GroundTruth
    names: tuple[str, ...]
    models: tuple[Predictions, ...]


def main() -> int:
    """Measure and print the table."""
    asked = arguments()
    data = of_folder(asked.data, asked.scale) if asked.data else of_demo(asked.scale)
    lines = [f"{data.title}: {len(data.gt.images)} images, {len(data.models)} models", ""]
    lines += [*single_models(data), ""]
    lines += table(measured(data, asked.strategies.split(",")))
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "ensemble-gain.md").write_text(text, encoding="utf-8")
    return 0


def arguments() -> argparse.Namespace:
    """The command line; `--runs` and `--full` are those of the other benchmarks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, help="folder of ground truth and predictions")
    add("--scale", type=float, default=1.0, help="share of the images")
    add(
        "--strategies", default=",".join(ASKED), help="some of: " + ", ".join([*STRATEGIES, SEARCH])
    )
    add("--runs", type=int, help=argparse.SUPPRESS)
    add("--full", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def of_demo(scale: float) -> Data:
    """The demo's two models, for more images."""
    images = max(round(DEMO_IMAGES * scale), 10)
    scene = furniture(images=images)
    models = tuple(load_predictions(each) for each in (scene.better, scene.weaker))
    gt = loaded_ground_truth(scene.ground_truth)
    return Data("demo", gt, ("model_a", "model_b"), models)


def of_folder(folder: Path, scale: float) -> Data:
    """Predictions and ground truth of a folder."""
    found = [folder / name for name in GROUND_TRUTH if (folder / name).is_file()]
    if not found:
        raise SystemExit(f"{folder}: has none of {', '.join(GROUND_TRUTH)}")
    gt = ground_truth(found[0], scale)
    paths = sorted(folder.glob("*_segm.json")) or list(predicted(folder, found[0]))
    if len(paths) < 2:
        raise SystemExit(f"{folder}: has predictions of {len(paths)} models, expected two or more")
    models = tuple(predictions_within(load_predictions(path), gt) for path in paths)
    return Data(folder.name, gt, tuple(path.stem for path in paths), models)


def ground_truth(path: Path, scale: float) -> GroundTruth:
    """A share of the images of a file, the first ones, with what is on them."""
    data = json.loads(path.read_text(encoding="utf-8"))
    images = data["images"][: max(round(len(data["images"]) * scale), 10)]
    ids = {image["id"] for image in images}
    annotations = [each for each in data["annotations"] if each["image_id"] in ids]
    return loaded_ground_truth({**data, "images": images, "annotations": annotations})


def predicted(folder: Path, gt: Path) -> Iterator[Path]:
    """Files of a folder that hold predictions."""
    for path in sorted(folder.glob("*.json")):
        if path == gt:
            continue
        try:
            load_predictions(path)
        except InputError as problem:
            say(f"{path.name} is left out: {str(problem).splitlines()[0]}")
        else:
            yield path


def single_models(data: Data) -> list[str]:
    """AP of each model alone."""
    lines = ["| model | predictions | AP |", "|---|---|---|"]
    for name, preds in zip(data.names, data.models, strict=True):
        ap = average_precision(preds, data.gt).ap
        lines.append(f"| {name} | {len(preds)} | {percent(ap)} |")
    return lines


def measured(data: Data, strategies: Sequence[str]) -> Iterator[Row]:
    """The strategies one by one."""
    for name in strategies:
        if name not in (*STRATEGIES, "s000"):
            say(f"{name} is left out: there is no such strategy")
            continue
        started = time.perf_counter()
        found = fuse(list(data.models), strategy=name, fit=data.gt)
        seconds = time.perf_counter() - started
        ap = average_precision(found.predictions, data.gt).ap
        say(f"{name}: {seconds:.1f} s")
        if found.scores.gain is None:
            raise SystemExit("too few images for a gain")
        yield name, seconds, found.scores.gain, ap


def table(found: Iterator[Row]) -> Iterator[str]:
    """The gains, in Markdown."""
    yield "Gains are of five folds: what is measured on one was chosen on the other four."
    yield ""
    yield (
        "| strategy | AP seen | AP held out | gain over the best model | 95 % | verdict "
        "| gain over NMS | 95 % | optimism | s |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, seconds, gain, ap in found:
        best, nms = gain.over_best, gain.over_nms
        yield (
            f"| {name} | {percent(ap)} | {percent(best.b)} | {signed(best.difference)} "
            f"| {interval(best)} | {best.verdict} | {signed(nms.difference)} | {interval(nms)} "
            f"| {signed(gain.optimism)} | {seconds:.1f} |"
        )


def percent(value: float | None) -> str:
    """AP in points."""
    return "-" if value is None else f"{100 * value:.2f}"


def signed(value: float | None) -> str:
    """A difference in points."""
    return "-" if value is None else f"{100 * value:+.2f}"


def interval(difference: Any) -> str:
    """Both ends of an interval."""
    if difference.interval is None:
        return "-"
    low, high = difference.interval
    return f"{signed(low)} .. {signed(high)}"


if __name__ == "__main__":
    sys.exit(main())
