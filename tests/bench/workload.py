"""Seeded synthetic ground truth and predictions of any number, to measure speed with.

    python -m tests.bench.workload coco|lvis|3dfuture FOLDER [--images N] [--no-boxes] ...

FOLDER receives gt.json, preds.json and workload.json (what they were made from). Equal arguments
give equal files on one machine, however many cores it has. With `--models N` there are also
model_2.json to model_N.json: what others make of the same objects.

An object is a closed outline: its radius is a random walk around the centre that ends where it
began, stretched, turned and placed at random. Ground truth gives some of the corners as polygons of
two decimals; a prediction is the same outline moved, resized and made rough in proportion to its
error, as a compressed mask. The score knows the error, but not exactly. Beside the predictions that
find an object there are duplicates, those of a wrong category, and inventions.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from segeval.masks import area, boxes, compress, rasterise
from tests.bench.outlines import CORNERS, Objects, draw_cuts, draw_outlines, place, polygons

BATCH = 100
"""Images that are made together."""

FOUND, DUPLICATE, CONFUSED, INVENTED = range(4)
"""Kinds of predictions."""

QUALITY = np.array([[7.0, 2.0], [3.0, 3.0], [5.0, 3.0], [2.0, 5.0]])
"""Parameters of the beta distribution of the quality of each kind."""

BONUS = np.array([0.4, -1.8, -2.2, -1.6])
"""What each kind adds to the logit of the score."""

FREQUENCY_SHARES = {"f": 0.34, "c": 0.38, "r": 0.28}
"""LVIS v1's share of frequent, common and rare categories."""


@dataclass(frozen=True)
class Workload:
    """What a data set is made from.

    Attributes:
        images: number of images, I.
        categories: number of categories, K; with `lvis` also their frequencies and the categories
            that were verified per image.
        objects: mean number of ground truths per image.
        predictions: number of predictions per image.
        sizes: (H, W) in pixels that images may have.
        side: median square root of the area of an object's box, in pixels.
        spread: standard deviation of its logarithm.
        crowds: share of crowd regions among the ground truth.
        lvis: LVIS's keys instead of COCO's.
        boxes: whether predictions carry a box beside their mask.
        models: number of files of predictions.
        seed: of the random numbers.
    """

    images: int
    categories: int
    objects: float
    predictions: int
    sizes: tuple[tuple[int, int], ...]
    side: float
    spread: float
    crowds: float = 0.0
    lvis: bool = False
    boxes: bool = True
    models: int = 1
    seed: int = 0


PHOTOGRAPHS = ((480, 640), (480, 640), (640, 480), (427, 640), (640, 427), (375, 500))

WORKLOADS = {
    "coco": Workload(5000, 80, 7.0, 100, PHOTOGRAPHS, side=50.0, spread=1.1, crowds=0.012),
    "lvis": Workload(2000, 1203, 12.0, 300, PHOTOGRAPHS, side=50.0, spread=1.1, lvis=True),
    "3dfuture": Workload(2000, 34, 4.0, 30, ((1200, 1200),), side=250.0, spread=0.55, crowds=0.012),
}
"""The published workloads in full size."""


def write(workload: Workload, folder: Path) -> None:
    """Write gt.json, preds.json and, when they are complete, workload.json."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = category_weights(workload.categories)
    outlines = draw_outlines(np.random.default_rng(workload.seed))
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with ExitStack() as stack:
        files = [
            stack.enter_context((folder / name).open("w", encoding="ascii"))
            for name in names_of(workload.models)
        ]
        for file in files:
            file.write("[")
        for first in range(0, workload.images, BATCH):
            rng = np.random.default_rng([workload.seed, first])
            count = min(BATCH, workload.images - first)
            size_of = np.array(workload.sizes, np.int32)
            sizes = size_of[rng.integers(len(size_of), size=count)]
            objects, is_crowd = draw_objects(workload, sizes, weights, rng)
            records = annotation_records(objects, is_crowd, outlines, sizes, first, rng)
            for record in records:
                annotations.append({"id": len(annotations) + 1, **record})
            images += image_records(workload, objects, sizes, first, weights, rng)
            solid = objects.take(np.flatnonzero(~is_crowd))
            for model, file in enumerate(files):
                own = rng if model == 0 else np.random.default_rng([workload.seed, first, model])
                found = predicted_records(workload, solid, outlines, sizes, first, weights, own)
                write_records(file, found, is_first=first == 0)
        for file in files:
            file.write("]")
    gt = {
        "images": images,
        "annotations": annotations,
        "categories": category_records(workload, annotations),
    }
    (folder / "gt.json").write_text(json.dumps(gt), encoding="ascii")
    made_from = json.dumps(asdict(workload), indent=1)
    (folder / "workload.json").write_text(made_from, encoding="ascii")


def names_of(models: int) -> list[str]:
    """Names of the files of predictions."""
    return ["preds.json", *(f"model_{number}.json" for number in range(2, models + 1))]


def write_records(file: TextIO, records: Iterator[dict[str, Any]], *, is_first: bool) -> None:
    """Go on writing a list, with the spaces that Python's json puts into most people's files."""
    text = ", ".join(json.dumps(record) for record in records)
    file.write(text if is_first or not text else f", {text}")


def category_weights(categories: int) -> NDArray[np.float64]:
    """How often each category is seen, falling, of sum 1, float64, shape (K,)."""
    weights = 1 / (np.arange(categories) + 3.0)
    total: NDArray[np.float64] = weights / weights.sum()
    return total


def category_id(category: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids with gaps, as COCO's have."""
    return category + 1 + category // 8


def draw_objects(
    workload: Workload, sizes: NDArray[np.int32], weights: NDArray[np.float64], rng: Generator
) -> tuple[Objects, NDArray[np.bool_]]:
    """Ground truth for images of (H, W), and which of it is crowd regions."""
    mean = rng.gamma(1.5, workload.objects / 1.5, len(sizes))
    image = np.repeat(np.arange(len(sizes)), np.maximum(rng.poisson(mean), 1))
    themes = rng.choice(len(weights), (len(sizes), 6 if workload.lvis else 3), p=weights)
    category = themes[image, rng.integers(themes.shape[1], size=len(image))]
    objects = place(image, category, sizes, workload.side, workload.spread, rng)
    return objects, rng.random(len(image)) < workload.crowds


def annotation_records(
    objects: Objects,
    is_crowd: NDArray[np.bool_],
    outlines: NDArray[np.float64],
    sizes: NDArray[np.int32],
    first_image: int,
    rng: Generator,
) -> Iterator[dict[str, Any]]:
    """Ground truth without ids; what covers no pixel is left out."""
    count = len(objects)
    keep = rng.random((count, CORNERS)) < rng.uniform(0.05, 0.4, (count, 1))
    keep[:, :: CORNERS // 8] = True
    room = sizes[objects.image]
    drawn = polygons(objects.corners(outlines), keep, draw_cuts(0.08, count, rng), room)
    masks = rasterise(drawn, room)
    areas, xywh = area(masks), boxes(masks)
    for i in np.flatnonzero(areas).tolist():
        segmentation: Any = [part.ravel().tolist() for part in drawn.parts(i)]
        if is_crowd[i]:
            segmentation = {"counts": masks.runs(i).tolist(), "size": room[i].tolist()}
        yield {
            "image_id": first_image + int(objects.image[i]) + 1,
            "category_id": int(category_id(objects.category[i])),
            "segmentation": segmentation,
            "area": float(areas[i]),
            "bbox": xywh[i].astype(np.float64).tolist(),
            "iscrowd": int(is_crowd[i]),
        }


def image_records(
    workload: Workload,
    objects: Objects,
    sizes: NDArray[np.int32],
    first_image: int,
    weights: NDArray[np.float64],
    rng: Generator,
) -> Iterator[dict[str, Any]]:
    """Images; for LVIS with the categories that are verified to be absent or not exhaustive."""
    for image, (height, width) in enumerate(sizes.tolist()):
        number = first_image + image + 1
        record = {"id": number, "file_name": f"{number:012}.jpg", "height": height, "width": width}
        if workload.lvis:
            present = np.unique(objects.category[objects.image == image])
            drawn = rng.choice(len(weights), rng.integers(4, 18), replace=False, p=weights)
            partly = present[rng.random(len(present)) < 0.08]
            record["neg_category_ids"] = category_id(np.setdiff1d(drawn, present)).tolist()
            record["not_exhaustive_category_ids"] = category_id(partly).tolist()
        yield record


def category_records(workload: Workload, annotations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Categories; for LVIS with their frequencies, the first ones being seen most often."""
    ids = category_id(np.arange(workload.categories)).tolist()
    records: list[dict[str, Any]] = [{"id": key, "name": f"category {key}"} for key in ids]
    if workload.lvis:
        ends = np.cumsum(list(FREQUENCY_SHARES.values())) * workload.categories
        letters = np.array(list(FREQUENCY_SHARES))
        group = np.searchsorted(ends[:-1], np.arange(workload.categories), side="right")
        images: dict[int, set[int]] = {}
        for annotation in annotations:
            images.setdefault(annotation["category_id"], set()).add(annotation["image_id"])
        for record, letter in zip(records, letters[group].tolist(), strict=True):
            record |= {"frequency": letter, "image_count": len(images.get(record["id"], ()))}
    return records


def draw_predictions(
    workload: Workload,
    objects: Objects,
    sizes: NDArray[np.int32],
    weights: NDArray[np.float64],
    rng: Generator,
) -> tuple[Objects, NDArray[np.int64]]:
    """What a model sees before it errs: objects and inventions, and the kind of each."""
    shape = (len(sizes), workload.predictions)
    first = np.searchsorted(objects.image, np.arange(len(sizes)))[:, None]
    present = np.bincount(objects.image, minlength=len(sizes))[:, None]
    slot = np.broadcast_to(np.arange(shape[1]), shape)
    kind = rng.choice([DUPLICATE, CONFUSED, INVENTED], shape, p=[0.2, 0.3, 0.5])
    kind[(slot < present) & (rng.random(shape) < 0.9)] = FOUND
    kind[(present == 0)[:, 0]] = INVENTED
    nearest = np.minimum(slot, np.maximum(present - 1, 0))
    other = np.floor(rng.random(shape) * present).astype(np.int64)
    source = np.minimum(first + np.where(kind == FOUND, nearest, other), max(len(objects) - 1, 0))
    image = np.repeat(np.arange(shape[0]), shape[1])
    strange = rng.choice(len(weights), image.size, p=weights)
    seen = place(image, strange, sizes, workload.side, workload.spread, rng)
    kinds, sources = kind.ravel(), source.ravel()
    of_object = np.flatnonzero((kinds == FOUND) | (kinds == DUPLICATE) | (kinds == CONFUSED))
    likeness = objects.take(sources[of_object])
    for column, copied in zip(vars(seen).values(), vars(likeness).values(), strict=True):
        column[of_object] = copied
    themed = (kinds == INVENTED) & (rng.random(len(kinds)) < 0.5) & (present > 0).repeat(shape[1])
    seen.category[themed] = objects.category[sources[themed]]
    wrong = (kinds == CONFUSED) | ((kinds == FOUND) & (rng.random(len(kinds)) < 0.1))
    seen.category[wrong] += rng.geometric(0.4, int(wrong.sum()))
    seen.category[:] %= len(weights)
    return seen, kinds


def predicted_records(
    workload: Workload,
    objects: Objects,
    outlines: NDArray[np.float64],
    sizes: NDArray[np.int32],
    first_image: int,
    weights: NDArray[np.float64],
    rng: Generator,
) -> Iterator[dict[str, Any]]:
    """Predictions by image and falling score."""
    seen, kinds = draw_predictions(workload, objects, sizes, weights, rng)
    count = len(seen)
    quality = rng.beta(*QUALITY[kinds].T)
    error = (1 - quality)[:, None]
    side = np.sqrt(np.abs(np.linalg.det(seen.frame)))[:, None] * 2
    centre = seen.centre + rng.normal(0, 0.2, (count, 2)) * error * side
    scale = np.exp(rng.normal(0, 0.25, (count, 2)) * error)
    seen = replace(seen, centre=centre, frame=seen.frame * scale[:, :, None])
    rough = rng.normal(0, 1, (count, CORNERS, 2)) * (0.002 + 0.01 * error[:, :, None])
    corners = seen.corners(outlines) + rough * side[:, :, None]
    room = sizes[seen.image]
    every = np.ones(corners.shape[:2], np.bool_)
    masks = rasterise(polygons(corners, every, draw_cuts(0.06, count, rng), room), room)
    xywh = np.maximum(boxes(masks) + rng.normal(0, 0.01, (count, 4)) * side, [0, 0, 0.5, 0.5])
    logit = 5.5 * (quality - 0.55) + BONUS[kinds] + rng.normal(0, 0.8, count)
    # models write float32, which is why real files have that many digits
    score = (1 / (1 + np.exp(-logit))).astype(np.float32).astype(np.float64)
    box = xywh.astype(np.float32).astype(np.float64).tolist()
    strings = compress(masks).strings()
    ids = category_id(seen.category).tolist()
    for i in np.lexsort((-score, seen.image)).tolist():
        record = {"image_id": first_image + int(seen.image[i]) + 1, "category_id": ids[i]}
        if workload.boxes:
            record["bbox"] = box[i]
        record["score"] = float(score[i])
        record["segmentation"] = {"size": room[i].tolist(), "counts": strings[i]}
        yield record


def main() -> None:
    """Write the workload that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=WORKLOADS)
    parser.add_argument("folder", type=Path)
    for name, kind in (("images", int), ("categories", int), ("objects", float), ("models", int)):
        parser.add_argument(f"--{name}", type=kind)
    parser.add_argument("--predictions", type=int, help="per image")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--no-boxes", dest="boxes", action="store_false", default=None)
    asked = vars(parser.parse_args())
    name, folder = asked.pop("name"), asked.pop("folder")
    given = {key: value for key, value in asked.items() if value is not None}
    write(replace(WORKLOADS[name], **given), folder)


if __name__ == "__main__":
    main()
