"""Files that contradict themselves or each other: errors if numbers mean nothing, or notes."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.checks.agreement import SAMPLE, agreement, located
from segeval.checks.masks import flat_boxes
from segeval.checks.records import AnyRecords, Records
from segeval.data import GroundTruth, Predictions
from segeval.errors import Note
from segeval.findings import note_of
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection

Side = tuple[AnyRecords, NDArray[np.int64]]
"""The records of one file, and the rows of those that take part, increasing."""


def agreement_notes(
    preds: Predictions, gt: GroundTruth, selection: Selection, request: Request
) -> list[Note]:
    """What contradicts itself in the records that take part.

    Args:
        preds: all predictions.
        gt: all ground truth.
        selection: the records of both that take part.
        request: how they are judged.

    Raises:
        InputError: unless in a compat mode, if the numbers would mean nothing.
    """
    by_mask = request.iou != "bbox"
    found = Records(preds, gt), _increasing(selection.preds)
    truth = Records(gt, gt), _increasing(selection.gt)
    sides: list[tuple[Side, Side]] = [(found, truth), (truth, found)]
    notes = []
    for (records, rows), (others, other_rows) in sides:
        where = partial(located, others, other_rows, masks=by_mask)
        findings = agreement(records, rows, where, masks=by_mask, boxes=not by_mask, sample=SAMPLE)
        flat = () if by_mask else flat_boxes(records, rows)
        for finding in (*flat, *findings):
            if finding.level == "error" and request.rules.is_strict:
                raise finding.refusal()
            notes.append(note_of(finding))
    return notes


def _increasing(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows in order; they are unless categories are merged or a package looks them up by id."""
    return rows if (rows[1:] > rows[:-1]).all() else np.unique(rows)
