"""Precision against recall: what lies above the curve is what AP lacks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.curves import RECALLS, Curves
from segeval.metrics.kinds import prefix
from segeval.reports.figures.curves import Axes, Curve, curves
from segeval.reports.figures.drawing import Drawing, role_of
from segeval.reports.instances.gathered import Gathered
from segeval.reports.page_table import Cell, PageTable, cell, column
from segeval.words import joined, percent

STEP = 10
"""Recall points between two rows of the table."""


def precision_figure(found: Gathered, kind: str) -> Drawing | None:
    """Precision against recall by one kind of IoU, the mean over categories with objects.

    Args:
        found: the results.
        kind: of IoU.

    Returns:
        The curves of each model at the IoU at which errors are told apart, and of the mean over all
        thresholds; None where no object counts.
    """
    lines = list(_lines(found, kind))
    if not lines:
        return None
    title = f"{prefix(kind) or 'mask '}precision against recall, in %"
    areas = joined([f"{percent(float(each.mean()))} ({name})" for _, name, each in lines])
    fields = (column("recall", "text"), *(column(name) for _, name, _ in lines))
    rows = tuple(
        (Cell(f"{100 * RECALLS[place]:.0f}"), *(cell(float(each[place])) for _, _, each in lines))
        for place in range(0, len(RECALLS), STEP)
    )
    return curves(
        f"precision-{kind}",
        title[0].upper() + title[1:],
        f"What lies below a curve is AP, what lies above it is lacking: {areas}.",
        [
            Curve(role, name, tuple(zip((100 * RECALLS).tolist(), each.tolist(), strict=True)))
            for role, name, each in lines
        ],
        Axes("recall (%)", "precision", high=100.0),
        PageTable("Interpolated precision, the mean over categories, in %", fields, rows),
    )


def _lines(found: Gathered, kind: str) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """Role, name and precision at `RECALLS` of every curve."""
    at = found.first.at
    for model in found.models:
        own: Curves = model.ap.scores[kind].curves
        precision = own.mean_precision
        if precision is None:
            continue
        role = f"of-{role_of(model.letter)}"
        name = f"{model.letter}, " if model.letter else ""
        place = int(np.abs(own.thresholds - at).argmin())  # it is one of them
        yield role, f"{name}IoU {at:.2f}", precision[place]
        if len(own.thresholds) > 1:
            every = f"{own.thresholds[0]:.2f} to {own.thresholds[-1]:.2f}"
            yield f"{role} mean", f"{name}mean of IoU {every}", precision.mean(axis=0)
