"""How well anchors fit the boxes of a data set, and which would fit better."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segeval.brief import Brief
from segeval.checks.ground_truth import unknown_images
from segeval.checks.records import Records
from segeval.data import GroundTruth, load_ground_truth
from segeval.data.ids import rows_of
from segeval.errors import FormatError, InputError, Note
from segeval.findings import raise_first
from segeval.masks import boxes
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.models.anchors.clusters import Shapes, best_on_levels, cluster_shapes, level_strides
from segeval.models.anchors.grid import AnchorGrid, nearest_grid
from segeval.models.config import Config
from segeval.models.config.kinds import unread_by
from segeval.models.image_sizes import resized_size
from segeval.words import counted

PRESENT, FREE, GRID = "present", "free", "grid"
"""Names of the three sets of anchors."""

THINNEST, WIDEST = 1e-6, 1e9
"""Least and largest side of a box, in pixels; others are empty, or mistakes."""

WORDS = {PRESENT: "of the configuration", FREE: "k-means, free", GRID: "ratios x scales"}


@dataclass(frozen=True, eq=False, repr=False)
class AnchorFit(Brief):
    """How well a set of anchors fits.

    Attributes:
        anchors: width and height in cells of a level, float64, shape (K, 2).
        shares: of the boxes that each fits best, shape (K,).
        mean_iou: mean over the boxes of the largest IoU with an anchor of any level, centres in
            common.
        half: share of the boxes with at least 0.5.
        seventy: share with at least 0.7, which a region proposal network calls an object.
        grid: its ratios and scales; None for free shapes.
    """

    anchors: Shapes
    shares: Shapes
    mean_iou: float
    half: float
    seventy: float
    grid: AnchorGrid | None = None

    @classmethod
    def of(cls, shapes: Shapes, anchors: Shapes, grid: AnchorGrid | None = None) -> AnchorFit:
        """The fit of anchors in cells and of shapes in pixels, float64, shape (N, 2)."""
        iou, place = best_on_levels(shapes, anchors)
        shares = np.bincount(place, minlength=len(anchors)) / len(shapes)
        mean, half, seventy = (float(each.mean()) for each in (iou, iou >= 0.5, iou >= 0.7))
        return cls(anchors, shares, mean, half, seventy, grid)


@dataclass(frozen=True, eq=False, repr=False)
class AnchorScores(Brief):
    """Anchors of a data set.

    Attributes:
        boxes: number of boxes.
        fits: by name: "present", "free" and "grid".
    """

    boxes: int
    fits: Mapping[str, AnchorFit]


def _tables(result: Result[AnchorScores]) -> tuple[Table, ...]:
    """The three fits; then the free shapes."""
    fits = result.scores.fits
    fields = (
        Field("anchors", "anchors", "text"),
        Field("number", "number", "count"),
        Field("mean_iou", "mean IoU"),
        Field("half", "IoU >= 0.5"),
        Field("seventy", "IoU >= 0.7"),
    )
    rows = tuple(
        (WORDS[name], len(fit.anchors), fit.mean_iou, fit.half, fit.seventy)
        for name, fit in fits.items()
    )
    of_shapes = (
        Field("width", "width", "number"),
        Field("height", "height", "number"),
        Field("scale", "scale", "number"),
        Field("ratio", "ratio", "number"),
        Field("share", "boxes"),
    )
    shapes = tuple(tuple(each.values()) for each in _shapes(fits[FREE]))
    return Table("anchors", fields, rows), Table("shape", of_shapes, shapes)


def _shapes(fit: AnchorFit) -> list[dict[str, float]]:
    """The anchors of a fit, as plain values."""
    return [
        {
            "width": width,
            "height": height,
            "scale": (width * height) ** 0.5,
            "ratio": height / width,
            "share": share,
        }
        for (width, height), share in zip(fit.anchors.tolist(), fit.shares.tolist(), strict=True)
    ]


def _values(scores: AnchorScores) -> dict[str, Any]:
    """Everything, as plain values."""
    fits = {
        name: {
            "number": len(fit.anchors),
            "mean_iou": fit.mean_iou,
            "half": fit.half,
            "seventy": fit.seventy,
            "scales": None if fit.grid is None else list(fit.grid.scales),
            "ratios": None if fit.grid is None else list(fit.grid.ratios),
        }
        for name, fit in scores.fits.items()
    }
    return {"boxes": scores.boxes, "anchors": fits, "shapes": _shapes(scores.fits[FREE])}


def _flat(scores: AnchorScores) -> dict[str, Any]:
    """The fits alone."""
    names = ("mean_iou", "half", "seventy")
    return {key: {name: getattr(fit, name) for name in names} for key, fit in scores.fits.items()}


def _headline(result: Result[AnchorScores]) -> tuple[str, ...]:
    """What was clustered."""
    path = str(result.inputs["gt"]["path"])
    return ("Anchors", Path(path).name, f"k-means of {result.settings['k']} shapes")


ANCHORS: Description[AnchorScores] = Description(
    place=f"{__name__}:ANCHORS",
    schema="segeval/anchors/1",
    brief=lambda scores: f"mean IoU {100 * scores.fits[FREE].mean_iou:.1f}",
    headline=_headline,
    summary=lambda result: counted(result.scores.boxes, "box", "boxes"),
    tables=_tables,
    values=_values,
    primary=lambda scores: scores.fits[FREE].mean_iou,
    flat=_flat,
)


def suggest_anchors(
    gt: str | Path | Mapping[str, Any] | GroundTruth,
    *,
    k: int = 9,
    config: Config | None = None,
    scaled: bool = False,
    seed: int = 0,
) -> Result[AnchorScores]:
    """Anchors for the boxes of a data set: free shapes by k-means, and the nearest grid.

    Shapes are in cells of the level of the pyramid that fits their size, as scales of anchors are.

    Args:
        gt: a COCO file or dictionary, or ground truth that was read. Crowd regions are left out.
            An annotation without a box has that of its mask.
        k: number of anchors in a cell.
        config: its anchors are measured too; None for those of the defaults.
        scaled: whether boxes have the size that they have when `config` predicts; otherwise they
            have the pixels of the file.
        seed: of the first centres.

    Raises:
        FormatError: if there is no box to cluster.
        InputError: if fewer than k shapes differ, `k` is below 1, or the model has no anchors.

    Example:
        >>> sides = [(10, 10), (12, 10), (10, 40), (10, 44)]
        >>> gt = {
        ...     "images": [{"id": 1, "width": 99, "height": 99}],
        ...     "categories": [{"id": 1, "name": "cup"}],
        ...     "annotations": [
        ...         {"id": i, "image_id": 1, "category_id": 1, "bbox": [0, 0, w, h]}
        ...         for i, (w, h) in enumerate(sides, start=1)
        ...     ],
        ... }
        >>> result = suggest_anchors(gt, k=2)
        >>> result.scores.fits["free"].anchors.round(4)
        array([[ 2.7386,  2.5   ],
               [ 2.5   , 10.4881]])
        >>> round(result.scores.fits["free"].mean_iou, 5)
        0.93317
    """
    started = time.perf_counter()
    config = config or Config()
    if "proposals" in unread_by(config.detector):
        raise InputError(
            f"{config.name} has no anchors: detector.kind is {config.detector.kind!r}. Name the "
            "configuration of a model with proposals.",
            code="config",
            option="config",
        )
    truth = gt if isinstance(gt, GroundTruth) else load_ground_truth(gt)
    pixels, notes = _shapes_of(truth, config if scaled else None)
    shapes = pixels / level_strides(pixels)[:, None]
    free = cluster_shapes(shapes, k, seed=seed, source=truth.source)
    grid = nearest_grid(pixels, free)
    present = AnchorGrid(config.proposals.scales, config.proposals.ratios)
    fits = {
        PRESENT: AnchorFit.of(pixels, present.shapes, present),
        FREE: AnchorFit.of(pixels, free),
        GRID: AnchorFit.of(pixels, grid.shapes, grid),
    }
    if fits[GRID].mean_iou < fits[PRESENT].mean_iou:
        text = (
            f"the grid of {k} fits these boxes less well than the anchors of {config.name}: take "
            "more (`k`), or keep those"
        )
        notes = (*notes, Note("grid", text, option="k"))
    return Result(
        scores=AnchorScores(len(shapes), fits),
        inputs={"gt": {"path": truth.source, "count": len(truth), "images": len(truth.images)}},
        settings={
            "k": k,
            "config": config.name,
            "size": [config.input.test_size, config.input.test_max] if scaled else None,
            "seed": seed,
        },
        notes=notes,
        seconds=time.perf_counter() - started,
        about=ANCHORS,
    )


def _shapes_of(gt: GroundTruth, config: Config | None) -> tuple[Shapes, tuple[Note, ...]]:
    """Widths and heights of the boxes, in pixels, and notes on what was left out.

    Raises:
        FormatError: if there are none, or a size of an image to scale by is missing.
    """
    rows = np.flatnonzero(~gt.is_crowd)
    sides = gt.boxes[rows, 2:].copy()
    missing = np.flatnonzero(np.isnan(gt.boxes[rows]).any(axis=1))
    if len(missing):
        sides[missing] = boxes(gt.masks.take(rows[missing]))[:, 2:]
    is_empty = ~(sides >= THINNEST).all(axis=1)
    is_large = (sides > WIDEST).any(axis=1) & ~is_empty
    usable = ~is_empty & ~is_large
    counts = [
        ("crowd", int(gt.is_crowd.sum()), "crowd region", "crowd regions"),
        ("empty-box", int(is_empty.sum()), "empty box", "empty boxes"),
        ("large-box", int(is_large.sum()), "box beyond any image", "boxes beyond any image"),
    ]
    notes = [
        Note(code, f"{counted(number, one, many)} left out", number)
        for code, number, one, many in counts
        if number
    ]
    if not usable.any():
        found = "; ".join(note.message for note in notes) or "there is no annotation"
        raise FormatError(
            f"{gt.source}: has no box to cluster ({found}), expected annotations with a bbox or a "
            "mask.",
            code="no-annotations",
            path=gt.source,
            field="annotations",
        )
    rows, sides = rows[usable], sides[usable]
    if config is not None:
        raise_first(unknown_images(Records(gt, gt), can_skip=False))
        sides *= _factors(gt, config)[rows_of(gt.image_id[rows], gt.images.id)]
    return sides, (*gt.notes, *notes)


def _factors(gt: GroundTruth, config: Config) -> Shapes:
    """Of the width and the height of each image in inference, float64, shape (I, 2)."""
    own = gt.images.sizes
    unknown = np.flatnonzero((own < 1).any(axis=1))
    if len(unknown):
        raise FormatError(
            f"{gt.source}: image {gt.images.shown(int(unknown[0]))} has no size, expected a width "
            "and a height to scale its boxes by. Add them, or keep the pixels of the file: leave "
            "out `config`.",
            code="sizes",
            path=gt.source,
            count=len(unknown),
            option="config",
        )
    sizes = [
        resized_size((high, wide), config.input.test_size, config.input.test_max)
        for high, wide in own.tolist()
    ]
    return (np.array(sizes, np.float64) / own)[:, ::-1]
