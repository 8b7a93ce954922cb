"""Masks of records as columns: compressed ones, lists of counts, and polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools.coco import COCO
from segeval.compat.pycocotools.encoded import from_counts, sound_strings, strings_of
from segeval.compat.pycocotools.mask import polygon_runs
from segeval.compat.pycocotools.records import Record, Side, refused
from segeval.errors import InputError
from segeval.masks import CompressedMasks, RunLengths, check_totals, compress
from segeval.masks.proofs import proven_sizes
from segeval.masks.run_lengths import assemble
from segeval.words import beginning

STRING, COUNTS, POLYGON = range(3)
"""Forms of a mask."""

NO_MASK: Record = {"size": [0, 0], "counts": b"0"}


def runs_of(side: Side, coco: Any) -> RunLengths:
    """Masks as sound runs.

    Args:
        side: the records.
        coco: the data set with their images, whose sizes polygons are drawn in.

    Raises:
        FormatError: for a mask that is malformed, or whose runs are not H x W pixels.
    """
    masks, forms = _masks(side, coco)
    columns, places = [], []
    for form in range(3):
        rows = np.flatnonzero(forms == form)
        if len(rows):
            columns.append(_runs(side, coco, masks, form, rows))
            places.append(rows)
    return assemble(columns, places)


def strings_of_side(side: Side, coco: Any) -> CompressedMasks:
    """Masks as sound compressed strings.

    Args and errors as in `runs_of`.
    """
    masks, forms = _masks(side, coco)
    strings: CompressedMasks = _named(
        side,
        np.arange(len(side)),
        lambda: sound_strings(
            NO_MASK if form else mask for mask, form in zip(masks, forms.tolist(), strict=True)
        )[0],
    )
    for form in (COUNTS, POLYGON):
        rows = np.flatnonzero(forms == form)
        if len(rows):
            strings = strings.replaced(rows, compress(_runs(side, coco, masks, form, rows)))
    return strings


def _masks(side: Side, coco: Any) -> tuple[list[Any], NDArray[np.int8]]:
    """Segmentations, and the form of each, int8, shape (N,)."""
    records = side.records
    own = getattr(type(coco), "annToRLE", None)
    if own is not COCO.annToRLE and not str(own.__module__).startswith("pycocotools."):
        return [coco.annToRLE(record) for record in records], np.zeros(len(side), np.int8)
    masks: list[Any] = []
    forms = np.zeros(len(side), np.int8)
    for row, record in enumerate(records):
        mask = record.get("segmentation")
        if isinstance(mask, dict):
            if isinstance(mask.get("counts"), list):
                forms[row] = COUNTS
        elif isinstance(mask, list) and mask and isinstance(mask[0], dict):
            mask = _named(side, np.array([row]), lambda record=record: coco.annToRLE(record))
        elif isinstance(mask, list) and mask and np.size(mask[0]) > 4:
            forms[row] = POLYGON
        else:
            shown = "missing" if "segmentation" not in record else beginning(repr(mask), 60)
            text = (
                f"segmentation is {shown}, expected a dict with size and counts, or a list of "
                "polygons with at least three points."
            )
            raise refused(records, [row], side.noun, text, "segmentation")
        masks.append(mask)
    return masks, forms


def _runs(side: Side, coco: Any, masks: list[Any], form: int, rows: NDArray[np.intp]) -> RunLengths:
    """Masks of one form as sound runs."""
    own = [masks[row] for row in rows.tolist()]

    def made() -> RunLengths:
        if form == STRING:
            return strings_of(own).decode()
        found = from_counts(own) if form == COUNTS else polygon_runs(own, _sizes(side, coco, rows))
        check_totals(found)
        return found

    runs: RunLengths = _named(side, rows, made)
    return runs


def _sizes(side: Side, coco: Any, rows: NDArray[np.intp]) -> NDArray[np.int32]:
    """(H, W) of the images of some records, int32, shape (n, 2)."""
    sizes = []
    for row in rows.tolist():
        image = coco.imgs.get(side.records[row]["image_id"], {})
        if "height" not in image or "width" not in image:
            text = "has a polygon, but its image has no height and width."
            raise refused(side.records, [row], side.noun, text, "segmentation")
        sizes.append((image["height"], image["width"]))
    return proven_sizes(np.array(sizes).reshape(-1, 2), len(rows), against=f"{len(rows)} polygons")


def _named(side: Side, rows: NDArray[np.intp], made: Any) -> Any:
    """What a function makes of some records; an error names the record."""
    try:
        return made()
    except InputError as error:
        row = int(rows[error.index or 0])
        reason = error.reason.removeprefix(f"mask #{error.index}: ")
        reason = reason.removeprefix(f"mask #{error.index} ")
        raise refused(side.records, [row], side.noun, reason, "segmentation") from None
