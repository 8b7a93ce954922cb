"""From matches to the numbers of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.metrics.coco.accumulate import precision_recall
from segeval.metrics.coco.compat import CHALLENGE_2021
from segeval.metrics.coco.evaluate import cap_limits
from segeval.metrics.coco.matching import Matches, threshold_index
from segeval.metrics.coco.pool import pooled_ap
from segeval.metrics.coco.result import CategoryScores, FrequencyScores, Scores, SizeScores
from segeval.metrics.coco.selection import Request, Selection

FREQUENCIES = {"r": "rare", "c": "common", "f": "frequent"}


@dataclass(frozen=True, eq=False)
class Curves:
    """Precision and recall of one size bucket.

    Attributes:
        precision: at the largest cap, float64, shape (K, T, R); -1 where undefined.
        recall: at every cap, float64, shape (K, D, T); -1 where undefined.
        gt: counted ground truths of each category, int64, shape (K,).
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    gt: NDArray[np.int64]

    def ap(
        self, threshold: int | None = None, rows: NDArray[np.intp] | None = None
    ) -> float | None:
        """Mean precision over thresholds (or at one), recall points and defined categories.

        The values are added in the official packages' order: thresholds, recall points, categories.
        """
        chosen = self._defined(rows)
        values = self.precision[chosen]
        if threshold is not None:
            values = values[:, threshold : threshold + 1]
        return float(values.transpose(1, 2, 0).ravel().mean()) if len(chosen) else None

    def ar(self, cap: int = -1, rows: NDArray[np.intp] | None = None) -> float | None:
        """Mean over thresholds and defined categories of the largest recall under a cap."""
        chosen = self._defined(rows)
        return float(self.recall[chosen, cap].T.ravel().mean()) if len(chosen) else None

    def _defined(self, rows: NDArray[np.intp] | None) -> NDArray[np.intp]:
        """Categories that have ground truth, of all or of some."""
        if rows is None:
            return np.flatnonzero(self.gt)
        return rows[self.gt[rows] > 0]


def summarise(
    matches: Matches,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    *,
    iou: str,
    pool: bool = False,
    workers: int | None = None,
) -> Scores:
    """All tables of one kind of IoU.

    Args:
        matches: of the evaluation.
        gt: the ground truth, for names.
        selection: the records that took part.
        request: how they were judged.
        iou: "segm", "boundary" or "bbox".
        pool: with AP-pool.
        workers: threads, None for all cores.
    """
    caps = request.protocol.max_dets
    curves = [
        bucket_curves(matches, bucket, cap_limits(caps), workers)
        for bucket in range(len(matches.buckets))
    ]
    at = [threshold_index(matches.thresholds, threshold) for threshold in (0.5, 0.75)]
    sizes = [_size_scores(matches, bucket, curve, at) for bucket, curve in enumerate(curves)]
    official = None
    if request.compat is not None:
        names = tuple(bucket.name for bucket in matches.buckets)
        if names == ("all", "small", "medium", "large"):
            official = official_numbers(matches, gt, selection, request, curves, workers)
    return Scores(
        iou=iou,
        overall=sizes[0],
        ar_by_max_dets={str(cap): curves[0].ar(place) for place, cap in enumerate(caps)},
        sizes=tuple(sizes[1:]),
        categories=_category_scores(matches, gt, selection, curves, at),
        frequencies=_frequency_scores(gt, selection, curves[0]),
        pool=_pool(matches, gt, selection, workers) if pool else None,
        official=official,
        precision=curves[0].precision.transpose(1, 2, 0),
        recall=curves[0].recall[:, -1].T,
        matches=matches,
        file_names=tuple(gt.images.file_names[row] for row in selection.image_rows),
    )


def bucket_curves(
    matches: Matches, bucket: int, caps: NDArray[np.int64], workers: int | None = None
) -> Curves:
    """Precision and recall of one size bucket.

    Args:
        matches: of the evaluation.
        bucket: its place in `matches.buckets`.
        caps: increasing, int64, shape (D,).
        workers: threads, None for all cores.
    """
    counted = matches.gt_category[matches.gt_counted[bucket]]
    positives = np.bincount(counted, minlength=len(matches.category_ids))
    precision, recall = precision_recall(
        matched=matches.matched_bits[bucket],
        ignored=matches.ignored_bits[bucket],
        rank=matches.rank,
        offsets=matches.offsets,
        positives=positives,
        caps=caps,
        thresholds=len(matches.thresholds),
        workers=workers,
    )
    return Curves(precision, recall, positives)


def _at(curve: Curves, threshold: int | None) -> float | None:
    """AP at one threshold, None if that was not evaluated."""
    return None if threshold is None else curve.ap(threshold)


def _size_scores(
    matches: Matches, bucket: int, curve: Curves, at: Sequence[int | None]
) -> SizeScores:
    size = matches.buckets[bucket]
    return SizeScores(
        name=size.name,
        min_area=size.min_area,
        max_area=size.max_area,
        gt=int(curve.gt.sum()),
        ap=curve.ap(),
        ap50=_at(curve, at[0]),
        ap75=_at(curve, at[1]),
        ar=curve.ar(),
    )


def _category_scores(
    matches: Matches,
    gt: GroundTruth,
    selection: Selection,
    curves: Sequence[Curves],
    at: Sequence[int | None],
) -> tuple[CategoryScores, ...]:
    """One entry per category, by ascending id."""
    preds = np.diff(matches.offsets)
    points = curves[0].precision.shape[1] * curves[0].precision.shape[2]
    by_size = [curve.precision.reshape(len(preds), points).mean(axis=1) for curve in curves]
    ar = curves[0].recall[:, -1].mean(axis=1)
    at_threshold = [None if t is None else curves[0].precision[:, t].mean(axis=1) for t in at]
    merged = len(selection.category_rows) == 0
    scores = []
    for k, number in enumerate(matches.category_ids):
        row = -1 if merged else int(selection.category_rows[k])
        frequencies = gt.categories.frequencies
        scores.append(
            CategoryScores(
                id=int(number),
                name="all categories" if merged else gt.categories.names[row],
                frequency=frequencies[row] if frequencies and not merged else None,
                gt=int(curves[0].gt[k]),
                preds=int(preds[k]),
                ap=_defined(by_size[0], k, curves[0]),
                ap50=_defined(at_threshold[0], k, curves[0]),
                ap75=_defined(at_threshold[1], k, curves[0]),
                ar=_defined(ar, k, curves[0]),
                ap_by_size={
                    bucket.name: _defined(values, k, curve)
                    for bucket, values, curve in zip(
                        matches.buckets[1:], by_size[1:], curves[1:], strict=True
                    )
                },
            )
        )
    return tuple(scores)


def _defined(values: NDArray[np.float64] | None, k: int, curve: Curves) -> float | None:
    """One category's value, None without ground truth."""
    return float(values[k]) if values is not None and curve.gt[k] else None


def _frequency_groups(gt: GroundTruth, selection: Selection) -> dict[str, NDArray[np.intp]]:
    """Categories of each of LVIS's groups, by the group's name; none for other data."""
    if gt.categories.frequencies is None or len(selection.category_rows) == 0:
        return {}
    letters = np.array([gt.categories.frequencies[row] for row in selection.category_rows])
    return {name: np.flatnonzero(letters == letter) for letter, name in FREQUENCIES.items()}


def _frequency_scores(
    gt: GroundTruth, selection: Selection, curve: Curves
) -> tuple[FrequencyScores, ...]:
    """LVIS's groups of categories; none for other data."""
    return tuple(
        FrequencyScores(name, len(rows), curve.ap(rows=rows), curve.ar(rows=rows))
        for name, rows in _frequency_groups(gt, selection).items()
    )


def _pool(
    matches: Matches, gt: GroundTruth, selection: Selection, workers: int | None
) -> dict[str, float | None]:
    """AP-pool of all categories and of LVIS's groups."""
    groups = {"all": np.arange(len(matches.category_ids)), **_frequency_groups(gt, selection)}
    return {name: pooled_ap(matches, rows, workers) for name, rows in groups.items()}


def official_numbers(
    matches: Matches,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    curves: Sequence[Curves],
    workers: int | None,
) -> dict[str, float]:
    """The official package's own keys and values, -1 for undefined.

    pycocotools takes its first AP at a cap of exactly 100, everything else at the third cap.
    """
    every, *by_size = curves
    # exactly, as the packages look them up: 0.7500000000000001 has no AP75 there
    exact = [np.flatnonzero(matches.thresholds == t) for t in (0.5, 0.75)]
    half, three_quarters = (int(place[0]) if len(place) else None for place in exact)
    caps = request.protocol.max_dets
    frequencies = {group.name: group.ap for group in _frequency_scores(gt, selection, every)}
    numbers: dict[str, float | None] = {"AP": every.ap()}
    if request.protocol.name == "coco" and caps[-1] != 100:
        hundred = bucket_curves(matches, 0, np.array([100]), workers) if 100 in caps else None
        numbers["AP"] = hundred.ap() if hundred is not None else None
    numbers["AP50"] = _at(every, half)
    numbers["AP75"] = _at(every, three_quarters)
    numbers |= {f"AP{name}": curve.ap() for name, curve in zip("sml", by_size, strict=True)}
    if request.protocol.name == "coco":
        numbers |= {f"AR{cap}": every.ar(place) for place, cap in enumerate(caps)}
        numbers |= {f"AR{name}": curve.ar() for name, curve in zip("sml", by_size, strict=True)}
    else:
        for letter, name in FREQUENCIES.items():
            numbers[f"AP{letter}"] = frequencies.get(name)
        cap = _cap_name(request)
        numbers[f"AR@{cap}"] = every.ar()
        for name, curve in zip("sml", by_size, strict=True):
            numbers[f"AR{name}@{cap}"] = curve.ar()
    return {key: -1.0 if value is None else value for key, value in numbers.items()}


def _cap_name(request: Request) -> str:
    """How LVIS's packages call the cap in their keys; fixed AP cuts the file before they see it."""
    cap = request.protocol.max_dets[-1]
    if request.compat == CHALLENGE_2021:
        return f"{cap}/cat"
    return str(cap) if request.protocol.cap_scope == "image" else "-1"
