"""AP against the maximum number of predictions per image."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of, rank_among
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.coco.arguments import named_protocol
from segeval.metrics.coco.average_precision import match
from segeval.metrics.coco.curves import threshold_index
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource, loaded
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.request import FREQUENCIES
from segeval.metrics.coco.rule_values import shown
from segeval.metrics.kinds import kinds_title
from segeval.metrics.result import Description, Result, amounts, versus
from segeval.metrics.tables import Field, Table
from segeval.words import counted, thousands

QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9, "max": 1.0}
"""Quantiles of the predictions per image."""

UNSAID = {"max-dets", "area-from-mask", "area-from-bbox"}
"""Notes of an evaluation that do not concern a sweep, which has its own caps and no buckets."""

Number = float | None


@frozen
class SweepPoint:
    """Scores under one cap.

    Attributes:
        max_dets: cap on the predictions of an image, over all categories.
        ap: AP of the predictions kept, a fraction; None if undefined.
        ap50: AP at IoU 0.50; None also if that is not among the thresholds.
        ap75: AP at IoU 0.75; None also if that is not among the thresholds.
        ap_rare: AP of LVIS's rare categories; None also for data without frequencies.
        ap_common: AP of the common ones; None also for data without frequencies.
        ap_frequent: AP of the frequent ones; None also for data without frequencies.
        images_at_cap: share of the images with at least this many predictions, a fraction; None
            without images.
        predictions: number of predictions in the file that the cap keeps.
    """

    max_dets: int
    ap: Number
    ap50: Number
    ap75: Number
    ap_rare: Number
    ap_common: Number
    ap_frequent: Number
    images_at_cap: Number
    predictions: int


@frozen(eq=False, repr=False)
class SweepScores(Brief):
    """AP at every cap, and quantiles of the predictions per image.

    Attributes:
        iou: "segm", "boundary" or "bbox".
        points: one per cap, increasing.
        per_image: quantiles of the number of predictions per image, over the ground truth's images;
            None without images.
        has_frequencies: whether the data has LVIS's groups of categories.
    """

    iou: str
    points: tuple[SweepPoint, ...]
    per_image: dict[str, Number]
    has_frequencies: bool


def _headline(result: Result[SweepScores]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    rules = [f"{result.settings['protocol']} protocol", boundary_of(result.settings).text()]
    title = kinds_title([result.scores.iou], "AP against max_dets")
    return (title, versus(result.inputs), ", ".join(filter(None, rules)))


def _summary(result: Result[SweepScores]) -> str:
    """How much was evaluated."""
    inputs = result.inputs
    return amounts(inputs["gt"], counted(inputs["preds"]["count"], "prediction"))


def _tables(result: Result[SweepScores]) -> tuple[Table, ...]:
    """The caps, and the quantiles of the predictions per image."""
    scores = result.scores
    fields = [
        Field("max_dets", "max_dets", "count"),
        Field("ap", "AP"),
        Field("ap50", "AP50", drop=3),
        Field("ap75", "AP75", drop=3),
    ]
    if scores.has_frequencies:
        fields += [
            Field("ap_rare", "APr"), Field("ap_common", "APc"), Field("ap_frequent", "APf"),
        ]  # fmt: skip
    fields += [
        Field("images_at_cap", "at cap %", drop=1),
        Field("predictions", "kept", "count", drop=2),
    ]
    rows = tuple(tuple(getattr(point, f.key) for f in fields) for point in scores.points)
    titles = {"min": "min", "q25": "25 %", "median": "median", "q75": "75 %", "q90": "90 %"}
    drops = {"q25": 2, "q75": 2, "q90": 1}
    quantiles = [
        Field(key, titles.get(key, key), "number", drop=drops.get(key, 0)) for key in QUANTILES
    ]
    name = Field("quantity", "", "text")
    numbers = ("predictions per image", *(scores.per_image[key] for key in QUANTILES))
    return (
        Table("max_dets", tuple(fields), rows),
        Table("predictions_per_image", (name, *quantiles), (numbers,)),
    )


def _values(scores: SweepScores) -> dict[str, Any]:
    """The numbers as plain values."""
    return {
        "sweep": [asdict(point) for point in scores.points],
        "predictions_per_image": scores.per_image,
    }


def _flat(scores: SweepScores) -> dict[str, Any]:
    """The numbers at every cap, for a logger."""
    points = {f"max_dets_{point.max_dets}": asdict(point) for point in scores.points}
    for point in points.values():
        del point["max_dets"]
    return {**points, "predictions_per_image": scores.per_image}


SWEEP: Description[SweepScores] = Description(
    place=f"{__name__}:SWEEP",
    schema="segeval/sweep/1",
    primary=lambda scores: scores.points[-1].ap,
    brief=lambda scores: f"max_dets {', '.join(str(each.max_dets) for each in scores.points)}",
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
    flat=_flat,
)


@frozen(eq=False, repr=False, kw_only=True)
class SweepResult(Result[SweepScores]):
    """AP against the maximum number of predictions per image."""

    about: Description[SweepScores] = SWEEP

    @property
    def points(self) -> tuple[SweepPoint, ...]:
        """The numbers at every cap, increasing."""
        return self.scores.points


def sweep_max_dets(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    *,
    at: Sequence[int],
    iou: str | None = None,
    protocol: str | Protocol | None = None,
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    skip_unknown: bool = False,
    workers: int | None = None,
) -> SweepResult:
    """AP under several caps on the number of predictions per image.

    A cap keeps the best predictions of an image over all its categories; the protocol's own cap
    then applies to those kept. Masks are compared and matched once: a cap keeps the best of each
    category in an image, and matching goes by falling score, so a cut changes no other match.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        at: caps, increasing, each at least 1.
        iou: "segm", "boundary" or "bbox"; by default what the protocol compares.
        protocol: as in `average_precision`.
        boundary_ratio: as in `average_precision`.
        boundary_px: as in `average_precision`.
        skip_unknown: as in `average_precision`.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for caps that do not increase, and as `average_precision`.
        FormatError: as `average_precision`.
        MismatchError: as `average_precision`.

    Source:
        Table 5 of the report of team FuXi-Fresher, LVIS challenge 2021. Every number equals that of
        `average_precision` on the predictions that the cap keeps, to the last bit.

    Example:
        >>> box = {"image_id": 1, "category_id": 1}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [
        ...         {**box, "id": k, "bbox": [20 * k, 0, 9, 9], "area": 81, "iscrowd": 0}
        ...         for k in (1, 2)
        ...     ],
        ... }
        >>> found = [{**box, "bbox": [20 * k, 0, 9, 9], "score": 1 / k} for k in (1, 2)]
        >>> sweep = sweep_max_dets(found, gt, at=[1, 2], iou="bbox")
        >>> [round(point.ap, 2) for point in sweep.points]
        [0.5, 1.0]
    """
    started = time.perf_counter()
    caps = _caps(at)
    preds, gt = loaded(preds, gt, workers)
    rank = rank_among(preds.image_id, preds.score)
    matches = match(
        preds,
        gt,
        iou=iou,
        protocol=replace(named_protocol(protocol, None, gt), sizes=()),  # only "all" is shown
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        skip_unknown=skip_unknown,
        workers=workers,
    )
    rules = matches.request.protocol
    counts = _counts(preds, np.unique(gt.images.id))
    points = [_point(cap, rank < cap, matches, counts, workers) for cap in caps]
    notes = [note for note in matches.notes if note.code not in UNSAID]
    beyond = _beyond_own_cap(preds, gt, rank < caps[-1], rules)
    if beyond:
        notes.append(_cap_note(rules, caps[-1], beyond))
    most = int(counts.max(initial=0))
    idle = sum(cap > most for cap in caps)
    if idle > 1 or (idle and len(caps) == 1):
        message = f"no image has more than {counted(most, 'prediction')}: larger caps keep them all"
        notes.append(Note("no-more", message, idle))
    return SweepResult(
        scores=SweepScores(
            iou=matches.request.iou,
            points=tuple(points),
            per_image=_quantiles(counts),
            has_frequencies=matches.frequencies is not None,
        ),
        inputs={**matches.inputs, "preds": {"path": preds.source, "count": len(preds)}},
        settings={
            "protocol": rules.name,
            "iou": [matches.request.iou],
            **matches.request.boundary.settings(),
            "thresholds": list(rules.thresholds),
            "max_dets": list(rules.max_dets),
            "cap_scope": rules.cap_scope,
        },
        notes=tuple(notes),
        seconds=time.perf_counter() - started,
    )


def _caps(at: Sequence[int]) -> tuple[int, ...]:
    """The caps; refused if there are none, or if they do not increase."""
    given: Any = at
    caps: list[Any] = [given] if isinstance(given, Real | str) else list(given)
    whole = all(isinstance(cap, Integral) and not isinstance(cap, bool) for cap in caps)
    if not caps or not whole or caps[0] < 1 or any(low >= high for low, high in pairwise(caps)):
        raise InputError(
            f"`at={shown(given)}`: expected increasing whole numbers of at least 1, such as "
            "100, 300, 1000.",
            code="at",
            option="at",
        )
    return tuple(map(int, caps))


def _counts(preds: Predictions, images: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of predictions of each image, int64, shape (I,), for ascending ids (I,)."""
    place = index_of(preds.image_id, images)
    return np.bincount(place[place >= 0], minlength=len(images))


def _quantiles(counts: NDArray[np.int64]) -> dict[str, Number]:
    """`QUANTILES` of the predictions per image, None without images."""
    if not len(counts):
        return dict.fromkeys(QUANTILES)
    values: list[float] = np.quantile(counts, list(QUANTILES.values())).tolist()
    return dict(zip(QUANTILES, values, strict=True))


def _point(
    cap: int,
    kept: NDArray[np.bool_],
    matches: Matches,
    counts: NDArray[np.int64],
    workers: int | None,
) -> SweepPoint:
    """Scores of the predictions kept, from the matches of all.

    Args:
        cap: cap of the sweep.
        kept: whether each evaluated prediction is under it, bool, shape (N,).
        matches: matches of all evaluated predictions.
        counts: number of predictions of each image, int64, shape (I,).
        workers: threads, None for all cores.
    """
    some = matches.take(kept[matches.prediction], kept[matches.unjudged.prediction])
    curve = some.curves(workers=workers)
    half, three_quarters = (threshold_index(matches.thresholds, at) for at in (0.5, 0.75))
    groups: dict[str, Number] = dict.fromkeys(FREQUENCIES.values())
    groups |= {name: curve.ap(groups=rows) for name, rows in matches.frequency_groups.items()}
    return SweepPoint(
        max_dets=cap,
        ap=curve.ap(),
        ap50=None if half is None else curve.ap(0.5),
        ap75=None if three_quarters is None else curve.ap(0.75),
        ap_rare=groups["rare"],
        ap_common=groups["common"],
        ap_frequent=groups["frequent"],
        images_at_cap=float((counts >= cap).mean()) if len(counts) else None,
        predictions=int(np.minimum(counts, cap).sum()),
    )


def _beyond_own_cap(
    preds: Predictions, gt: GroundTruth, kept: NDArray[np.bool_], rules: Protocol
) -> int:
    """How many of the predictions that a sweep keeps, bool (N,), the protocol's own cap cuts."""
    image = index_of(preds.image_id, np.unique(gt.images.id)).astype(np.int64)
    category = index_of(preds.category_id, np.unique(gt.categories.id))
    rows = np.flatnonzero(kept)
    group = {
        "image": image,
        "category": category.astype(np.int64),
        "image and category": image * (len(gt.categories) + 1) + category,
    }[rules.cap_scope]
    place = rank_among(group[rows], preds.score[rows])
    known = (image[rows] >= 0) & (category[rows] >= 0)
    return int((known & (place >= (rules.max_dets[-1] or len(preds)))).sum())


def _cap_note(rules: Protocol, cap: int, beyond: int) -> Note:
    """A note that the protocol's own cap applies too, so larger caps change little or nothing."""
    found = counted(beyond, "prediction is", "predictions are")
    message = (
        f"of those kept at max_dets {cap}, {found} beyond the {rules.name} protocol's own cap of "
        f"{thousands(rules.max_dets[-1])} per {rules.cap_scope}"
    )
    return Note("max-dets", message, beyond)
