"""What one model predicts and another does not: images, categories, masks, pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.together.lineup import Lineup, Overlaps
from segeval.data.columns import Predictions
from segeval.data.file_lists import shown_category
from segeval.data.ids import distinct, index_of
from segeval.data.keys import shown_id, shown_ids, written
from segeval.data.segmentations import Format
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import counted, first_few, joined

LEAST = 10
"""Fewer predictions may be chance."""

MOST = 0.5
"""Share of the overlapping predictions of which the cause of all is read."""

ONE_OBJECT = 0.7
"""IoU from which on two predictions are taken for one object, whatever their categories."""

FEW = 5
"""Most categories that a message names."""

PIXELS = 2.0
"""Coordinates beyond this are pixels, and not fractions."""


def empty_models(lineup: Lineup) -> Iterator[Finding]:
    """Files without a single prediction."""
    for model, preds in enumerate(lineup.models):
        if not len(preds):
            yield lineup.finding(
                "warn",
                "models",
                "holds no predictions, and adds nothing",
                model=model,
                code="no-predictions",
                hint="If a model wrote it, its score threshold may be too high.",
            )


def other_images(lineup: Lineup) -> Iterator[Finding]:
    """Images that other files have predictions for, and a file has none."""
    every = distinct(np.concatenate(lineup.image_ids))
    is_first = True
    for model, own in enumerate(lineup.image_ids):
        preds = lineup.models[model]
        missing = every[index_of(every, own) < 0]
        is_alone, is_first = is_first, is_first and not len(preds)
        if not len(missing) or not len(preds):
            continue
        others = [ids for place, ids in enumerate(lineup.image_ids) if place != model and len(ids)]
        if not any((index_of(own, ids) >= 0).any() for ids in others):
            if is_alone and len(others) == 1:
                continue  # said of the other one
            yield lineup.finding(
                "error",
                "images of models",
                f"has no image in common with the other files (image ids "
                f"{shown_ids(own, preds.image_keys)}, theirs "
                f"{shown_ids(distinct(np.concatenate(others)), preds.image_keys)})",
                model=model,
                code="no-common-image",
                count=len(own),
                hint="Are they predictions for another split?",
                field="image_id",
                error=MismatchError,
            )
            continue
        if len(missing) < lineup.least_share * len(every):
            continue
        yield lineup.finding(
            "warn",
            "images of models",
            f"has no prediction for {len(missing):,} of the {counted(len(every), 'image')} of all "
            f"files, first image_id {shown_id(missing[0], preds.image_keys)}",
            model=model,
            code="images-of-others",
            count=len(missing),
            hint="Did its run end early, or is its score threshold higher?",
            field="image_id",
        )


def other_categories(lineup: Lineup) -> Iterator[Finding]:
    """Categories that are numbered otherwise, or that a file has no prediction of."""
    wrong = [
        finding
        for (a, b), found in lineup.overlaps.items()
        for finding in _numbered_otherwise(lineup, a, b, found)
    ]
    yield from wrong
    if wrong:
        return
    every = distinct(np.concatenate(lineup.category_ids))
    for model, own in enumerate(lineup.category_ids):
        preds = lineup.models[model]
        missing = every[index_of(every, own) < 0]
        if not len(missing) or not len(preds):
            continue
        rows = sum(int((index_of(each.category_id, missing) >= 0).sum()) for each in lineup.models)
        if rows < lineup.least_share * sum(map(len, lineup.models)):
            continue
        kinds = counted(len(missing), "category", "categories")
        yield lineup.finding(
            "warn",
            "categories of models",
            f"has no prediction of {kinds} that other files have, "
            f"{_shown(missing, lineup, model)} ({counted(rows, 'prediction')} there)",
            model=model,
            code="categories-of-others",
            count=len(missing),
            hint="Was it trained on other categories? Then merge them with "
            f"`covers={_covers(len(lineup.models), model)}`, or a list of those that it knows in "
            'place of "found": its silence about the others is no vote then.',
            field="category_id",
            option="covers",
        )


def _shown(ids: NDArray[np.int64], lineup: Lineup, model: int) -> str:
    """Categories that a model lacks: ids with their names where a file has these."""
    keys = lineup.models[model].category_keys
    if lineup.categories is None:
        return f"id {shown_ids(ids, keys)}"
    texts = [shown_category(key, lineup.categories) for key in written(ids, keys)]
    return first_few(texts, FEW)


def _covers(number: int, model: int) -> list[str | None]:
    """The argument by which a model knows what its file has, and the others know everything."""
    return ["found" if place == model else None for place in range(number)]


def _numbered_otherwise(lineup: Lineup, a: int, b: int, found: Overlaps) -> Iterator[Finding]:
    """Categories of one file that are others in another, as the predictions of both show."""
    one, other = lineup.models[a], lineup.models[b]
    pairs = found.take(found.iou >= ONE_OBJECT)
    mine, theirs = one.category_id[pairs.first], other.category_id[pairs.second]
    differs = mine != theirs
    kinds = len(np.unique(mine))
    if len(mine) < LEAST or kinds < 2 or differs.mean() <= MOST:
        return
    text, hint = "", ""
    if one.category_keys is None:
        shifts, counts = np.unique(theirs.astype(np.float64) - mine, return_counts=True)
        shift = int(shifts[counts.argmax()])
        if shift and abs(shift) < 100 and counts.max() > MOST * len(mine):
            change = "higher" if shift > 0 else "lower"
            text = (
                f"category ids are {abs(shift)} {change} than those of {one.source} in "
                f"{counts.max():,} of {counted(len(mine), 'overlapping prediction')}"
            )
            hint = "Ids must be equal: do both files count from the same number?"
    disjoint = not (index_of(lineup.category_ids[a], lineup.category_ids[b]) >= 0).any()
    if not text and disjoint:
        text = (
            f"has no category in common with {one.source} (ids "
            f"{shown_ids(lineup.category_ids[b], other.category_keys)}, there "
            f"{shown_ids(lineup.category_ids[a], one.category_keys)}), although "
            f"{counted(len(mine), 'prediction')} of both lie on each other"
        )
        hint = "Are the categories numbered otherwise? A map makes them equal."
    if text:
        yield lineup.finding(
            "error", "categories of models", text,
            model=b, code="other-category-ids", rows=pairs.second[differs], hint=hint,
            field="category_id", error=MismatchError,
        )  # fmt: skip


def boxes_beside_masks(lineup: Lineup) -> Iterator[Finding]:
    """Predictions without a mask in one file, where all of another have one."""
    bare = [np.flatnonzero(each.segmentations.format == Format.NONE) for each in lineup.models]
    with_masks = [
        each.source
        for each, rows in zip(lineup.models, bare, strict=True)
        if len(each) and not len(rows)
    ]
    for model, rows in enumerate(bare):
        if not len(rows) or not with_masks:
            continue
        whole = len(lineup.models[model])
        part = "no prediction has a mask" if len(rows) == whole else ""
        yield lineup.finding(
            "warn",
            "masks of models",
            (part or f"{len(rows):,} of {counted(whole, 'prediction')} have no mask")
            + f", and all of {joined(with_masks[:3])} have one: boxes are compared, and masks are "
            "neither fused nor judged",
            model=model,
            code="boxes-beside-masks",
            rows=rows,
            hint="Export masks, or leave this model out.",
            field="segmentation",
        )


def fractions_beside_pixels(lineup: Lineup) -> Iterator[Finding]:
    """Boxes within 0..1 in one file, where those of another are in pixels."""
    fractions = [k for k, each in enumerate(lineup.models) if _are_within_one(each.boxes)]
    if not fractions:
        return
    extents = [max(_extent(each.boxes), _side(each)) for each in lineup.models]
    rival = lineup.models[int(np.argmax(extents))].source
    for model in fractions:
        boxed = np.flatnonzero(lineup.models[model].has_box)
        if len(boxed) < LEAST or max(extents) <= PIXELS:
            continue
        yield lineup.finding(
            "error",
            "coordinates of models",
            f"all {counted(len(boxed), 'box', 'boxes')} lie within 0..1, and images have up to "
            f"{max(extents):g} pixels a side by {rival}: fractions of the image, expected pixels",
            model=model,
            code="fractions-beside-pixels",
            rows=boxed,
            hint="Multiply x and width by the image's width, y and height by its height.",
            field="bbox",
            error=MismatchError,
        )


def _are_within_one(boxes: NDArray[np.float64]) -> bool:
    """Whether boxes lie within 0..1, after a look at some; boxes that are missing do."""
    return all(_extent(part) <= 1.0 + 1e-6 for part in (boxes[:1000], boxes))


def _side(preds: Predictions) -> float:
    """The longest side of the images of masks; 0 without masks that say it."""
    return float(preds.segmentations.strings.sizes.max(initial=0))


def _extent(boxes: NDArray[np.float64]) -> float:
    """The farthest coordinate of boxes x, y, w, h from 0; 0 without boxes."""
    with np.errstate(all="ignore"):
        ends = np.concatenate([np.abs(boxes[:, :2]), np.abs(boxes[:, :2] + boxes[:, 2:])])
    known = ends[np.isfinite(ends)]
    return float(known.max()) if len(known) else 0.0
