"""From matches to the numbers of a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import written
from segeval.metrics.coco.compat import OFFICIAL_BUCKETS
from segeval.metrics.coco.curve_source import CurveSource
from segeval.metrics.coco.curves import Curves, threshold_index
from segeval.metrics.coco.request import FREQUENCIES, Request
from segeval.metrics.coco.scores import CategoryScores, FrequencyScores, Scores, SizeScores


def summarise(source: CurveSource, *, pool: bool = False, workers: int | None = None) -> Scores:
    """All tables of one kind of IoU.

    Args:
        source: matches of the evaluation.
        pool: compute AP-pool as well.
        workers: threads, None for all cores.
    """
    caps = source.frame.request.protocol.max_dets
    names = [bucket.name for bucket in source.frame.buckets]
    at = [threshold_index(source.frame.thresholds, threshold) for threshold in (0.5, 0.75)]
    every = source.curves(names[0], workers=workers)
    sizes: list[SizeScores] = []
    by_size: list[NDArray[np.float64]] = []
    for bucket, name in enumerate(names):  # one at a time: precision takes 8 KB a category
        curve = source.curves(name, workers=workers) if bucket else every
        sizes.append(_size_scores(source, bucket, curve, at))
        by_size.append(curve.by_group())
    is_official = source.frame.request.rules.package is not None and names == list(OFFICIAL_BUCKETS)
    return Scores(
        iou=source.frame.request.iou,
        overall=sizes[0],
        ar_by_max_dets={str(cap): every.ar(place) for place, cap in enumerate(caps)},
        sizes=tuple(sizes[1:]),
        categories=_category_scores(source, every, by_size, at),
        frequencies=_frequency_scores(source, every),
        pool=_pool(source, workers) if pool else None,
        official=official_numbers(source, every, sizes[1:], workers) if is_official else None,
        curves=every,
        source=source,
    )


def _at(curve: Curves, threshold: int | None) -> float | None:
    """AP at one threshold, None if that was not evaluated."""
    return None if threshold is None else curve.ap(curve.thresholds[threshold])


def _size_scores(
    source: CurveSource, bucket: int, curve: Curves, at: Sequence[int | None]
) -> SizeScores:
    size = source.frame.buckets[bucket]
    return SizeScores(
        name=size.name,
        min_area=size.min_area,
        max_area=size.max_area,
        gt=int(curve.gt.sum()),
        ap=curve.ap(),
        ap50=_at(curve, at[0]),
        ap75=_at(curve, at[1]),
        ar=curve.ar(),
        relative=size.relative,
    )


def _category_scores(
    source: CurveSource,
    every: Curves,
    by_size: Sequence[NDArray[np.float64]],
    at: Sequence[int | None],
) -> tuple[CategoryScores, ...]:
    """One entry per category, by ascending id; by_size holds AP by bucket, "all" first."""
    frame = source.frame
    number = len(frame.category_ids)
    mean_recall = np.where(every.gt > 0, every.recall[:, -1].mean(axis=1), np.nan)
    at_threshold = [None if t is None else every.by_group(t) for t in at]
    ap, ap50, ap75, ar = (
        _defined(values, number) for values in (by_size[0], *at_threshold, mean_recall)
    )
    of_sizes = {
        bucket.name: _defined(values, number)
        for bucket, values in zip(frame.buckets[1:], by_size[1:], strict=True)
    }
    ids = written(frame.category_ids, frame.category_keys)
    gt, preds = every.gt.tolist(), source.judged.tolist()
    return tuple(
        CategoryScores(
            id=ids[k],
            name=frame.category_names[k],
            frequency=frame.frequencies[k] if frame.frequencies else None,
            gt=gt[k],
            preds=preds[k],
            ap=ap[k],
            ap50=ap50[k],
            ap75=ap75[k],
            ar=ar[k],
            ap_by_size={name: values[k] for name, values in of_sizes.items()},
        )
        for k in range(number)
    )


def _defined(values: NDArray[np.float64] | None, number: int) -> list[float | None]:
    """The values of all categories, None without ground truth."""
    if values is None:
        return [None] * number
    return [None if isnan(value) else value for value in values.tolist()]


def _frequency_scores(source: CurveSource, curve: Curves) -> tuple[FrequencyScores, ...]:
    """Scores of LVIS's groups of categories; none for other data."""
    return tuple(
        FrequencyScores(
            name,
            len(rows),
            int((curve.gt[rows] > 0).sum()),
            curve.ap(groups=rows),
            curve.ar(groups=rows),
        )
        for name, rows in source.frame.frequency_groups.items()
    )


def _pool(source: CurveSource, workers: int | None) -> dict[str, float | None]:
    """AP-pool of all categories and of LVIS's groups."""
    groups = {"all": np.arange(len(source.frame.category_ids)), **source.frame.frequency_groups}
    return source.pooled(groups, workers)


def official_numbers(
    source: CurveSource, every: Curves, by_size: Sequence[SizeScores], workers: int | None
) -> dict[str, float]:
    """The official package's own keys and values, -1 for undefined.

    pycocotools takes its first AP at a cap of exactly 100, everything else at the third cap.
    """
    request = source.frame.request
    # exactly, as the packages look them up: 0.7500000000000001 has no AP75 there
    exact = [np.flatnonzero(source.frame.thresholds == t) for t in (0.5, 0.75)]
    half, three_quarters = (int(place[0]) if len(place) else None for place in exact)
    caps = request.protocol.max_dets
    frequencies = {group.name: group.ap for group in _frequency_scores(source, every)}
    numbers: dict[str, float | None] = {"AP": every.ap()}
    if request.protocol.name == "coco" and caps[-1] != 100:
        hundred = source.curves(max_dets=[100], workers=workers) if 100 in caps else None
        numbers["AP"] = None if hundred is None else hundred.ap()
    numbers["AP50"] = _at(every, half)
    numbers["AP75"] = _at(every, three_quarters)
    numbers |= {f"AP{name}": size.ap for name, size in zip("sml", by_size, strict=True)}
    if request.protocol.name == "coco":
        numbers |= {f"AR{cap}": every.ar(place) for place, cap in enumerate(caps)}
        numbers |= {f"AR{name}": size.ar for name, size in zip("sml", by_size, strict=True)}
    else:
        for letter, name in FREQUENCIES.items():
            numbers[f"AP{letter}"] = frequencies.get(name)
        cap = _cap_name(request)
        numbers[f"AR@{cap}"] = every.ar()
        for name, size in zip("sml", by_size, strict=True):
            numbers[f"AR{name}@{cap}"] = size.ar
    return {key: -1.0 if value is None else value for key, value in numbers.items()}


def _cap_name(request: Request) -> str:
    """How LVIS's packages call the cap in their keys; fixed AP cuts the file before they see it."""
    cap = request.protocol.max_dets[-1]
    if request.rules.cap_per_category:
        return f"{cap}/cat"
    return str(cap) if request.protocol.cap_scope == "image" else "-1"
