"""Which mistakes stop an evaluation, and which become notes in a compat mode.

The default mode refuses what would give a plausible wrong number; a compat mode scores what the
package scores, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.checks import ground_truth as of_gt
from segeval.checks import masks as of_masks
from segeval.checks import predictions as of_preds
from segeval.checks.listed_names import contradicting_lists
from segeval.checks.records import AnyRecords, Records
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import are_zero
from segeval.data.wrong_ids import repetition
from segeval.errors import Note
from segeval.findings import Finding, raise_first, refusal
from segeval.metrics.coco.compat import CompatRules
from segeval.metrics.coco.protocol import Protocol
from segeval.tallies import tallied

Rows = list[NDArray[np.integer]]
"""Rows in lots."""


def check_ids(
    preds: Predictions,
    gt: GroundTruth,
    rules: CompatRules,
    *,
    skip_unknown: bool,
    agnostic: bool = False,
) -> list[Note]:
    """Check for repeated and unknown ids, and for scores that are not finite.

    Where categories are ignored (`agnostic`), those of predictions may be any.

    Returns:
        Notes on what is tolerated.

    Raises:
        FormatError: for ids that contradict their own file, and scores that are not finite.
        MismatchError: for ids of predictions that the ground truth lacks.
    """
    found, truth = Records(preds, gt), Records(gt, gt)
    strict = rules.is_strict
    if strict:
        raise_first(of_gt.no_categories(truth))
    notes = _or_notes(of_gt.repeated_ids(truth), partial(_replaced, gt), strict=strict)
    for findings in (of_gt.unknown_images(truth), of_gt.unknown_categories(truth)):
        notes += _or_notes(findings, _dropped, strict=strict and not skip_unknown)
    notes += _or_notes(of_preds.unknown_images(found), _dropped, strict=not skip_unknown)
    ignores = agnostic and strict
    unknown = [] if ignores else of_preds.unknown_categories(found)
    dropped = partial(_dropped_too, preds, gt)
    notes += _or_notes(unknown, dropped, strict=strict and not skip_unknown)
    for finding in contradicting_lists(found):
        if ignores and finding.field == "category_id":
            continue
        if finding.level == "error" and strict and not skip_unknown:
            raise finding.refusal()
        notes.append(Note(finding.code, f"{finding.path}: {finding.message.rstrip('.')}"))
    notes += _or_notes(of_preds.scores_not_finite(found), partial(_last, preds), strict=strict)
    return notes


def check_zero_id(gt: GroundTruth, rows: NDArray[np.int64], rules: CompatRules) -> list[Note]:
    """A note on annotation id 0, which pycocotools and lvis take for "unmatched"."""
    zeros = int(are_zero(gt.id[rows], gt.keys).sum())
    if not zeros:
        return []
    if not rules.zero_id_is_void:
        message = (
            f"{gt.source} has an annotation with id 0: it counts here; the official packages "
            "take its match for a miss"
        )
    else:
        message = (
            f"{gt.source} has an annotation with id 0: {rules.package} takes its match for a miss, "
            "so the numbers are too low"
        )
    return [Note("id-zero", message, zeros)]


def check_mask_sizes(
    records: AnyRecords,
    rows: NDArray[np.int64],
    sizes: NDArray[np.int32],
    image_sizes: NDArray[np.int32],
    rules: CompatRules,
) -> list[Note]:
    """Check that masks have the (H, W) of their image.

    Args:
        records: columns that hold the masks.
        rows: rows to check, shape (n,).
        sizes: (H, W) of their masks, int32, shape (n, 2).
        image_sizes: (H, W) of their images, int32, shape (n, 2).
        rules: rules of the package, which refuse or note a difference.
    """
    findings = of_masks.mask_sizes(records, rows, sizes, image_sizes)
    if rules.is_strict:
        raise_first(findings)
        return []
    wrong = sum(finding.count for finding in findings)
    if not wrong:
        return []
    differs = (sizes != image_sizes).any(axis=1) & (image_sizes > 0).all(axis=1)
    images = records.columns.image_id[rows[differs]]
    whose = _whose(records.columns)
    text = (
        f"{{n:mask|masks}} of {{{whose}}} {{n?differs|differ}} in size from "
        "{n?its image|their images} and {n?matches|match} nothing"
    )
    names = {whose: records.columns.source}
    return [tallied("mask-size", text, images=images, n=wrong, **names)]


def check_fields(
    gt: GroundTruth,
    rows: NDArray[np.int64],
    has_predictions: NDArray[np.bool_],
    rules: CompatRules,
    protocol: Protocol,
) -> None:
    """Refuse ground truth without the fields that an official package needs.

    Args:
        gt: the ground truth.
        rows: annotations that take part, shape (G,).
        has_predictions: whether their image and category has predictions, bool, shape (G,).
        rules: rules of the package.
        protocol: the protocol it follows.
    """
    compat, federated = rules.package, protocol.federated
    needs_frequency = federated and rules.needs_lists and len(gt.categories) > 0
    if needs_frequency and gt.categories.frequencies is None:
        raise refusal(
            gt.source,
            f'not every category has the frequency "r", "c" or "f", without which {compat} stops; '
            "expected ground truth of LVIS.",
            code="missing-frequency",
            field="frequency",
        )
    for field, lacking in (
        ("area", np.isnan(gt.area[rows]) & ~(gt.is_crowd[rows] & (not federated))),
        ("iscrowd", gt.crowd_missing[rows] & has_predictions & (not federated)),
    ):
        if lacking.any():
            raise refusal(
                gt,
                f"has no {field}, without which {compat} stops.",
                rows=rows[lacking],
                code=f"missing-{field}",
                field=field,
                hint="The default mode makes up for it.",
            )


def odd_polygons(
    columns: Predictions | GroundTruth, short: Rows, odd: Rows, rules: CompatRules
) -> list[Note]:
    """Notes on polygons that a package draws although a part of them makes no polygon.

    Args:
        columns: of the file.
        short: rows of those with a later part of fewer than three points, in lots.
        odd: rows of those with a part of an odd number of coordinates, likewise.
        rules: rules of the package.
    """
    notes, whose = [], _whose(columns)
    for code, lots, what in (
        ("short-part", short, f"a part of fewer than three points, drawn as {rules.package} does"),
        (
            "odd-part",
            odd,
            f"a part of an odd number of coordinates, the last of which {rules.package} leaves out",
        ),
    ):
        if lots:
            text = f"{{n:polygon|polygons}} of {{{whose}}} with {what}"
            images = columns.image_id[np.concatenate(lots)]
            names = {whose: columns.source}
            notes.append(tallied(code, text, images=images, n=len(images), **names))
    return notes


def _whose(columns: Predictions | GroundTruth) -> str:
    """The name of a file in notes that count, of `segeval.tallies.FILES`."""
    return "gt" if isinstance(columns, GroundTruth) else "preds"


def _or_notes(
    findings: Iterable[Finding], note: Callable[[Finding], Note], *, strict: bool
) -> list[Note]:
    """The findings as notes; if strict, the first one is raised."""
    if strict:
        raise_first(findings)
    return [each for each in map(note, findings) if each.count]


def _replaced(gt: GroundTruth, finding: Finding) -> Note:
    """A note on repeated ids."""
    ids, keys = of_gt.own_ids(gt)[finding.noun]
    found = repetition(finding.noun, ids, keys=keys)
    message = f"{gt.source}: {found}: the later record replaces the earlier one"
    return Note(finding.code, message, finding.count)


def _dropped(finding: Finding, images: NDArray[np.int64] | None = None) -> Note:
    """A note on records of unknown images or categories."""
    kinds = {"image_id": "images", "category_id": "categories"}[str(finding.field)]
    noun = finding.noun
    whose = "gt" if noun == "annotation" else "preds"
    text = f"{{n:{noun}|{noun}s}} of {{{whose}}} for unknown {kinds} dropped"
    names = {whose: str(finding.path)}
    return tallied(finding.code, text, images=images, n=finding.count, **names)


def _dropped_too(preds: Predictions, gt: GroundTruth, finding: Finding) -> Note:
    """A note on predictions of unknown categories; those of unknown images have one already."""
    wrong = index_of(preds.category_id, np.unique(gt.categories.id)) < 0
    wrong &= index_of(preds.image_id, np.unique(gt.images.id)) >= 0
    return _dropped(replace(finding, count=int(wrong.sum())), preds.image_id[wrong])


def _last(preds: Predictions, finding: Finding) -> Note:
    """A note on scores that are not finite."""
    shown = of_preds.shown_score(preds.score[finding.index or 0])
    message = f"{preds.source}: {finding.first}: score is {shown}; NaN is ranked last"
    return Note(finding.code, message, finding.count)
