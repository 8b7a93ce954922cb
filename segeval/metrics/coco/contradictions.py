"""What contradicts itself in the records that are looked at, and why predictions may fit few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.checks.agreement import agreement
from segeval.checks.ground_truth import repeated_names
from segeval.checks.masks import flat_boxes
from segeval.checks.near_repeats import NearRepeats
from segeval.checks.records import AnyRecords, Records
from segeval.data import Categories, GroundTruth, Predictions
from segeval.data.file_lists import IdLists, Images
from segeval.data.keys import Keys, shown_key
from segeval.findings import Finding
from segeval.frozen import frozen
from segeval.metrics.coco.looked_at import LookedAt
from segeval.words import counted

if TYPE_CHECKING:
    from segeval.checks.other_readings import Located


@frozen
class Known:
    """What is known of the files besides.

    Attributes:
        preds: name of the predictions.
        gt: name of the ground truth.
        masks: whether masks are compared, not boxes.
        agnostic: whether categories are taken as one.
        is_lvis: whether the ground truth is LVIS.
    """

    preds: str
    gt: str
    masks: bool
    agnostic: bool
    is_lvis: bool


@frozen(eq=False)
class Evaluated:
    """The K categories that are evaluated.

    Attributes:
        ids: ascending, int64, shape (K,).
        names: of each.
        keys: ids that are no int64.
        annotated: ids of those with annotations.
    """

    ids: NDArray[np.int64]
    names: Sequence[str]
    keys: Keys | None
    annotated: NDArray[np.int64]


def contradictions(looked: LookedAt, known: Known, categories: Evaluated) -> list[Finding]:
    """What contradicts itself in the records that are looked at."""
    if known not in looked.told:
        looked.told[known] = list(_contradictions(looked, known, categories))
    found: list[Finding] = looked.told[known]
    return found


def causes_of_misses(
    looked: LookedAt, known: Known, categories: Evaluated, told: Sequence[Finding]
) -> list[Finding]:
    """Why predictions may fit few objects, but for what was told already."""
    from segeval.checks.disagreement import disagreement  # only now: most runs find enough

    found, truth = _records(looked, known, categories)
    hints = {finding.hint for finding in told}
    why = disagreement(
        found,
        truth,
        _rows(found),
        _rows(truth),
        masks=known.masks,
        categories=not known.agnostic,
        annotated=categories.annotated,
    )
    return [finding for finding in why if finding.hint not in hints]


def _contradictions(looked: LookedAt, known: Known, categories: Evaluated) -> Iterator[Finding]:
    """All of them, in order."""
    preds, gt = _records(looked, known, categories)
    both: list[AnyRecords] = [preds, gt]
    for side in (0, 1):
        yield from _near_repeats(looked, side, both[side])
    if not known.agnostic:
        yield from repeated_names(gt)
    for side, (records, others) in enumerate((both, both[::-1])):
        where = partial(_located, others, masks=known.masks)
        rows = _rows(records)
        found = [] if known.masks else list(flat_boxes(records, rows))
        found += agreement(
            records, rows, where, masks=known.masks, boxes=not known.masks, sample=len(rows)
        )
        for finding in found:
            yield finding if looked.is_whole(side) else _of_some(finding, records)


def _near_repeats(looked: LookedAt, side: int, records: AnyRecords) -> Iterator[Finding]:
    """Records that occur several times with one field changed."""
    by_image, more = looked.repeats[side].known, looked.repeats[side].more
    found = NearRepeats.together(by_image.values())
    if not found.are_many:
        return
    first = min(
        (key for key, own in by_image.items() if own.groups),
        key=lambda key: (isinstance(key, str), key),
    )
    message, hint = found.message(records.noun, f"first in image {shown_key(first)}")
    if more:
        hint = f"{hint} {counted(len(by_image), 'image was', 'images were')} looked at."
    yield records.finding(
        "warn", "repeats", message, code="near-repeats", count=found.groups, hint=hint
    )


def _of_some(finding: Finding, records: AnyRecords) -> Finding:
    """A finding that says of how many records it is."""
    noun = records.noun
    told = f"{counted(len(records.columns), f'{noun} was', f'{noun}s were')} looked at."
    return replace(finding, hint=f"{finding.hint} {told}".strip())


def _records(
    looked: LookedAt, known: Known, categories: Evaluated
) -> tuple[Records[Predictions], Records[GroundTruth]]:
    """The records of both files, known by their images."""
    found, truth = looked.sides
    images = np.arange(len(looked.keys))
    no_list = IdLists(np.zeros(0, np.int64), np.zeros(len(images) + 1, np.int64))
    lists = no_list if known.is_lvis else None
    letters = ("f",) * len(categories.ids) if known.is_lvis else None
    none = np.zeros(len(truth), np.bool_)
    gt = GroundTruth(
        images=Images(
            images,
            looked.images[:, :2].astype(np.int32),
            ("",) * len(images),
            lists,
            lists,
            looked.keys,
        ),
        categories=Categories(categories.ids, tuple(categories.names), letters, categories.keys),
        id=np.arange(len(truth)),
        image_id=truth.image,
        category_id=categories.ids[truth.category],
        area=truth.number,
        boxes=truth.boxes,
        is_crowd=truth.is_crowd,
        crowd_missing=none,
        ignore=none,
        segmentations=truth.segmentations,
        source=known.gt,
    )
    if looked.drawn is not None:
        vars(gt)["masks"] = looked.drawn
    preds = Predictions(
        image_id=found.image,
        category_id=categories.ids[found.category],
        score=found.number,
        boxes=found.boxes,
        segmentations=found.segmentations,
        source=known.preds,
        image_keys=looked.keys,
        category_keys=categories.keys,
    )
    return Records(preds, gt, by_image=True), Records(gt, gt, by_image=True)


def _rows(records: AnyRecords) -> NDArray[np.int64]:
    """All rows."""
    return np.arange(len(records.columns))


def _located(records: AnyRecords, images: NDArray[np.int64], *, masks: bool) -> Located:
    """As `segeval.checks.disagreement.located`, which most runs do not need."""
    from segeval.checks.disagreement import located

    return located(records, _rows(records), images, masks=masks)
