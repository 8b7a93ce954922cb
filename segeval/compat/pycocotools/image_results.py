"""`COCOeval.evalImgs`: who is matched with whom, one dict per category, range and image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools.mask import mask_iou
from segeval.compat.pycocotools.matched import Matched, Settings, overlaps
from segeval.compat.pycocotools.records import Side
from segeval.data.ids import edges_of
from segeval.frozen import frozen
from segeval.metrics.coco.partners import partners

Result = dict[str, Any]


@frozen(eq=False)
class Cell:
    """One category in one image.

    Attributes:
        preds: predictions of the evaluation.
        gts: annotations of the evaluation.
        rows: of its D predictions by falling score, int64, shape (D,).
        gt_rows: of its G annotations, int64, shape (G,).
        iou: of all pairs, float64, shape (D, G).
    """

    preds: Side
    gts: Side
    rows: NDArray[np.int64]
    gt_rows: NDArray[np.int64]
    iou: NDArray[np.float64]


def all_results(found: Matched, given: Any = None) -> list[Result | None]:
    """The results of all categories, ranges and images, in the order of pycocotools.

    Args:
        found: what was matched.
        given: IoUs (D, G) to use instead, of the only cell; None or empty for its own.
    """
    settings = found.settings
    images, ranges = len(settings.images), len(settings.ranges)
    results: list[Result | None] = [None] * (len(settings.categories) * ranges * images)
    outside = found.preds.outside(settings.ranges), found.gts.outside(settings.ranges)
    for category, image, cell in cells_of(found):
        if given is not None and len(given):
            cell = replace(cell, iou=np.asarray(given, np.float64)[: len(cell.rows)])
        own = cell_results(cell, settings, *outside, limit=settings.caps[-1])
        for area, result in enumerate(own):
            result = {
                "image_id": settings.images[image],
                "category_id": settings.categories[category],
                **result,
            }
            results[(category * ranges + area) * images + image] = result
    return results


def all_overlaps(found: Matched) -> dict[tuple[Any, Any], Any]:
    """IoUs (D, G) by image id and category id, an empty list without any pair.

    Args:
        found: what was matched.
    """
    settings = found.settings
    overlaps: dict[tuple[Any, Any], Any] = {
        (image, category): [] for image in settings.images for category in settings.categories
    }
    for category, image, cell in cells_of(found):
        if cell.iou.size:
            key = settings.images[image], settings.categories[category]
            overlaps[key] = np.asfortranarray(_with_sizes(found, cell))
    return overlaps


def _with_sizes(found: Matched, cell: Cell) -> NDArray[np.float64]:
    """The IoUs of a cell, those of masks of two sizes as `mask.iou` has them."""
    if found.geometry.masks is None:
        return cell.iou
    strings, masks = found.geometry.masks
    own, others = strings.sizes[cell.rows], masks.sizes[cell.gt_rows]
    if (own == others[:1]).all() and (others == others[:1]).all():
        return cell.iou
    crowd = found.gts.crowd[cell.gt_rows]
    compared = mask_iou(strings.take(cell.rows).decode(), masks.take(cell.gt_rows), crowd)
    return np.where(compared < 0, compared, cell.iou)


def cells_of(found: Matched) -> Iterator[tuple[int, int, Cell]]:
    """Places of category and image of every cell that has any record, and the cell."""
    cells, images = found.cells, len(found.settings.images)
    keys, gt_keys = (
        side.category[rows] * np.int64(images) + side.image[rows]
        for side, rows in ((found.preds, cells.preds), (found.gts, cells.gts))
    )
    fill = overlaps(found)
    spans, gt_spans = _spans(keys), _spans(gt_keys)
    nothing = (0, 0)
    for key in sorted({*spans, *gt_spans}):
        begin, end = spans.get(key, nothing)
        gt_begin, gt_end = gt_spans.get(key, nothing)
        iou = np.zeros((end - begin) * (gt_end - gt_begin))
        if iou.size:
            fill(np.array([[begin, end]]), np.array([[gt_begin, gt_end]]), iou)
        cell = Cell(
            found.preds, found.gts, cells.preds[begin:end], cells.gts[gt_begin:gt_end],
            iou.reshape(end - begin, gt_end - gt_begin),
        )  # fmt: skip
        yield key // images, key % images, cell


def cell_results(
    cell: Cell,
    settings: Settings,
    outside: NDArray[np.bool_],
    gt_outside: NDArray[np.bool_],
    *,
    limit: int,
) -> list[Result]:
    """The results of one cell in all ranges, without the ids of its image and category.

    Args:
        cell: the cell.
        settings: of the evaluation.
        outside: whether each prediction is outside of each range, bool, shape (A, N).
        gt_outside: the same of annotations, bool, shape (A, M).
        limit: largest number of predictions.
    """
    rows, gt_rows = cell.rows.tolist(), cell.gt_rows.tolist()
    ids, gt_ids = [cell.preds.ids[row] for row in rows], [cell.gts.ids[row] for row in gt_rows]
    numbers = np.array([*ids, 0], np.float64)  # the last stands for no partner
    gt_numbers = np.array([*gt_ids, 0], np.float64)
    ignored = gt_outside[:, cell.gt_rows] | cell.gts.ignored[cell.gt_rows]
    crowd = cell.gts.crowd[cell.gt_rows]
    of_preds, of_gts = partners(cell.iou, settings.rising, ignored, crowd)
    back = np.argsort(settings.order, kind="stable")
    scores = [cell.preds.scores[row] for row in rows]
    results = []
    for area, (given, drops) in enumerate(zip(settings.given_ranges, ignored, strict=True)):
        last = np.argsort(drops, kind="stable")
        own, own_gts = of_preds[area][back], of_gts[area][back][:, last]
        matches = gt_numbers[own]
        beyond = outside[area, cell.rows]
        gone = np.append(drops, False)[own] | ((matches == 0) & beyond)
        results.append({
            "aRng": given,
            "maxDet": limit,
            "dtIds": list(ids),
            "gtIds": [gt_ids[place] for place in last.tolist()],
            "dtMatches": matches,
            "gtMatches": numbers[own_gts],
            "dtScores": list(scores),
            "gtIgnore": np.array(drops[last].astype(np.int64).tolist()),
            "dtIgnore": gone,
        })  # fmt: skip
    return results


def _spans(keys: NDArray[np.int64]) -> dict[int, tuple[int, int]]:
    """Where each key stands among sorted ones."""
    edges: Sequence[int] = edges_of(keys).tolist()
    return {int(keys[begin]): (begin, end) for begin, end in pairwise(edges)}
