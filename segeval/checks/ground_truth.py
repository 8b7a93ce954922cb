"""Mistakes in readable ground truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.data import wrong_ids
from segeval.data.coco.conventions import LAST_CATEGORY_ID
from segeval.data.columns import Categories, GroundTruth
from segeval.data.keys import Keys, are_zero, shown_id
from segeval.findings import Finding
from segeval.words import counted, joined, more_like_it


def no_categories(records: Records[GroundTruth]) -> Iterator[Finding]:
    """An empty list of categories."""
    if not len(records.columns.categories):
        yield records.finding(
            "error",
            "categories",
            "the list of categories is empty",
            code="no-categories",
            hint='Add {"id": ..., "name": ...} for every category.',
            field="categories",
        )


def nothing_annotated(records: Records[GroundTruth]) -> Iterator[Finding]:
    """A file without annotations."""
    if not records.total:
        yield records.finding(
            "warn",
            "annotations",
            "the list of annotations is empty: there is nothing to find or to learn",
            code="no-annotations",
            field="annotations",
        )


def lvis_gaps(records: Records[GroundTruth], protocol: str | None = None) -> Iterator[Finding]:
    """Records without LVIS keys that others have.

    Args:
        records: the annotations.
        protocol: the name of the one that asks for LVIS's lists, which the images lack; None where
            the file may be COCO's.
    """
    gt = records.columns
    if gt.lvis_gap:
        yield records.finding(
            "error",
            "LVIS keys",
            f"some records have LVIS keys, but {gt.lvis_gap}",
            code="half-lvis",
            hint='Complete the file, or choose `protocol="coco"`.',
            option="protocol",
        )
    elif protocol is not None:
        yield records.finding(
            "error",
            "LVIS keys",
            f"images have no neg_category_ids, which the {protocol} protocol needs in every image",
            code="not-lvis",
        )


def not_cocofied(records: Records[GroundTruth]) -> Iterator[Finding]:
    """Categories that COCO does not have, where a COCO model is scored by its own ids."""
    ids = records.columns.categories.written_ids
    beyond = sum(isinstance(each, str) or each > LAST_CATEGORY_ID for each in ids)
    if beyond:
        yield records.finding(
            "error",
            "category ids",
            f"{counted(beyond, 'category has an id', 'categories have ids')} above "
            f"{LAST_CATEGORY_ID}, expected COCO's ids",
            code="not-cocofied",
            count=beyond,
            hint="Translate LVIS's annotations first with `cocofy`.",
        )


def missing_file_names(
    records: Records[GroundTruth], rows: NDArray[np.integer] | None = None
) -> Iterator[Finding]:
    """Images without a file name; those of LVIS are named by their ids.

    Args:
        records: the annotations.
        rows: rows of the images needed, increasing; None for all.
    """
    gt = records.columns
    if gt.is_lvis:
        return
    rows = np.arange(len(gt.images)) if rows is None else rows
    bare = [row for row in rows.tolist() if not gt.images.file_names[row]]
    if bare:
        yield Finding(
            "warn",
            "file names",
            f"image {gt.images.shown(bare[0])} has no file_name to find its file by."
            f"{more_like_it(len(bare))}",
            count=len(bare),
            path=gt.source,
            index=bare[0],
            hint="Training needs it.",
            code="no-file-name",
            field="file_name",
        )


def repeated_ids(records: Records[GroundTruth]) -> Iterator[Finding]:
    """Ids that occur more than once."""
    gt = records.columns
    for noun, (ids, keys) in own_ids(gt).items():
        places = records.places if noun == "annotation" else None
        yield from wrong_ids.repeated_ids(noun, ids, source=gt.source, places=places, keys=keys)


def repeated_names(records: Records[GroundTruth]) -> Iterator[Finding]:
    """Categories of one name, which are scored apart."""
    columns = records.columns
    yield from repeated_category_names(columns.categories, columns.source, "category names")


def repeated_category_names(categories: Categories, source: str, kind: str) -> Iterator[Finding]:
    """Categories of one name, which are scored apart.

    Args:
        categories: of the ground truth.
        source: its name.
        kind: what was looked at.
    """
    names = categories.names
    if len(set(names)) == len(names):
        return
    name = next(name for place, name in enumerate(names) if name in names[:place])
    rows = [row for row, each in enumerate(categories.names) if each == name]
    ids = joined([str(shown_id(categories.id[row], categories.keys)) for row in rows])
    others = len(names) - len(set(names)) - len(rows) + 1
    yield Finding(
        "warn",
        kind,
        f"the categories {ids} have one name, {name!r}: each is scored by itself"
        f"{f'.{more_like_it(others + 1)}' if others else ''}",
        count=len(names) - len(set(names)),
        path=source,
        code="repeated-name",
        field="name",
    )


def own_ids(gt: GroundTruth) -> dict[str, tuple[NDArray[np.int64], Keys | None]]:
    """Ids in each list of a file with their keys, by the name of its records in messages."""
    return {
        "annotation": (gt.id, gt.keys),
        "image": (gt.images.id, gt.images.keys),
        "category": (gt.categories.id, gt.categories.keys),
    }


def id_zero(records: Records[GroundTruth]) -> Iterator[Finding]:
    """An annotation with id 0, which pycocotools takes for "unmatched"."""
    gt = records.columns
    rows = np.flatnonzero(are_zero(gt.id, gt.keys))
    if len(rows):
        yield records.finding(
            "warn",
            "id 0",
            f"{records.name(int(rows[0]))} has id 0: pycocotools counts its match as unmatched, "
            "segeval counts it",
            hint="Start ids at 1 to get the same number everywhere.",
            code="id-zero",
            rows=rows,
        )


def unknown_images(records: Records[GroundTruth], *, can_skip: bool = True) -> Iterator[Finding]:
    """Annotations of images that are not listed.

    Args:
        records: the annotations.
        can_skip: whether `skip_unknown` may drop them.
    """
    yield from _unknown(records, "image", can_skip=can_skip)


def unknown_categories(
    records: Records[GroundTruth], *, can_skip: bool = True
) -> Iterator[Finding]:
    """Annotations of categories that are not listed.

    Args as in `unknown_images`.
    """
    if len(records.columns.categories):
        yield from _unknown(records, "category", can_skip=can_skip)


def missing_crowd(records: Records[GroundTruth]) -> Iterator[Finding]:
    """Annotations without `iscrowd`; LVIS has none."""
    gt = records.columns
    rows = np.flatnonzero(gt.crowd_missing)
    if len(rows) and not gt.is_lvis:
        yield records.finding(
            "warn",
            "iscrowd",
            f"{records.many(rows, 'has', 'have')} no iscrowd: taken as 0; pycocotools stops there",
            hint='Write "iscrowd": 0.',
            code="missing-iscrowd",
            rows=rows,
        )


def missing_area(records: Records[GroundTruth]) -> Iterator[Finding]:
    """Annotations without `area`."""
    gt = records.columns
    rows = np.flatnonzero(np.isnan(gt.area))
    if len(rows):
        yield records.finding(
            "warn",
            "area field",
            f"{records.many(rows, 'has', 'have')} no area: that of the mask is taken; "
            "pycocotools stops there",
            hint="Write the area in pixels.",
            code="missing-area",
            rows=rows,
        )


def ignore_field(records: Records[GroundTruth]) -> Iterator[Finding]:
    """Annotations of COCO files marked `ignore`, which only `honour_ignore` reads."""
    gt = records.columns
    rows = np.flatnonzero(gt.ignore & ~gt.is_crowd)
    if len(rows) and not gt.is_lvis:
        yield records.finding(
            "warn",
            "ignore",
            f"{records.many(rows, 'is', 'are')} marked ignore: not used, as in pycocotools, which "
            "overwrites it with iscrowd",
            hint="`honour_ignore=True` uses it.",
            option="honour_ignore",
            code="ignore",
            rows=rows,
        )


def _unknown(
    records: Records[GroundTruth], kind: wrong_ids.Kind, *, can_skip: bool
) -> Iterator[Finding]:
    """Annotations with an id that the file's own list lacks."""
    yield from wrong_ids.unknown_ids_of(
        kind,
        records.columns,
        records.columns,
        place=records.place,
        otherwise="Correct them, or drop them: `skip_unknown=True`" if can_skip else "",
        option="skip_unknown" if can_skip else None,
    )
