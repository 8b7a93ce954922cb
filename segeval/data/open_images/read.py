"""Reading the CSV files of Open Images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.open_images.columns import OpenImagesGroundTruth, OpenImagesPredictions
from segeval.data.open_images.join import Located, paired_rows
from segeval.data.open_images.mask_text import mask_column, read_masks
from segeval.data.open_images.table import BOX, FAR, CsvTable, read_table, require_columns
from segeval.errors import FormatError, InputError, Note
from segeval.masks import CompressedMasks
from segeval.words import counted

_IDS = ("ImageID", "LabelName")
_LABELS = (*_IDS, "Confidence")
_SCORED = (*_IDS, "Score")
_MASK = ("ImageWidth", "ImageHeight", "Mask")


def load_open_images_ground_truth(
    masks: str | Path | None = None,
    *,
    boxes: str | Path | None = None,
    labels: str | Path | None = None,
    compat: str | None = None,
    workers: int | None = None,
) -> OpenImagesGroundTruth:
    r"""Read the ground truth of Open Images.

    Masks and boxes belong together if image, label, coordinates and IsGroupOf are equal. A box
    without a mask stays a box; a mask without a box counts as an object too.

    Args:
        masks: CSV file with ImageID, LabelName, XMin, XMax, YMin, YMax (or BoxXMin, ...), and Mask
            or MaskPath. Without the last two it is a file of boxes.
        boxes: CSV file with ImageID, LabelName, XMin, XMax, YMin, YMax, IsGroupOf.
        labels: CSV file of verified labels with ImageID, LabelName, Confidence (1 or 0).
        compat: "official" pairs several boxes and masks at the same place each with each, like the
            official tool; otherwise the first with the first, and so on.
        workers: threads, None for all cores.

    Raises:
        InputError: if there is no such file, or neither boxes nor masks are given.
        FormatError: for a file that cannot be used; the message names the line.
        MismatchError: if there are masks and boxes, but none belong together.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "boxes.csv")
        ...     _ = path.write_text(
        ...         "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\na,cat,0.1,0.5,0.2,0.6,0\n"
        ...     )
        ...     gt = load_open_images_ground_truth(boxes=path)
        >>> gt.boxes_xyxy
        array([[0.1, 0.2, 0.5, 0.6]])
    """
    if masks is None and boxes is None:
        raise InputError(
            "neither masks nor boxes are given, expected one of them", code="no-segmentation"
        )
    with_box = None if boxes is None else _located(boxes, "boxes")
    with_mask = None
    if masks is not None:
        with_mask = _located(masks, "objects" if boxes is None else "masks")
        if with_box is None and mask_column(with_mask.table) is None:
            with_box, with_mask = with_mask, None
    notes: list[Note] = []
    row, mask, packed = _objects(with_box, with_mask, notes, compat, workers)
    located = [one for one in (with_box, with_mask) if one is not None]
    tables = [one.table for one in located]
    verified = None
    if labels is not None:
        verified = _not_empty(read_table(labels, _LABELS, "verified labels"), "verified labels")
        if "XMin" in verified.columns:
            raise FormatError(
                f"{verified.name}: has the column XMin, as a file of boxes; expected verified "
                "labels of images, with ImageID, LabelName, Confidence alone.",
                code="not-labels",
                path=verified.name,
            )
        tables.append(verified)
    image_ids, image = _coded([_column(table, "ImageID") for table in tables])
    names, label = _coded([_column(table, "LabelName") for table in tables])
    flags = [
        np.zeros(len(one.table), bool) if one.is_group_of is None else one.is_group_of
        for one in located
    ]
    objects = sum(len(one.table) for one in located)
    return OpenImagesGroundTruth(
        image_ids=image_ids,
        labels=names,
        image=image[row],
        label=label[row],
        boxes_xyxy=np.concatenate([one.boxes_xyxy for one in located])[row],
        is_group_of=np.concatenate(flags)[row],
        has_box=np.ones(len(row), bool) if with_box is None else row < len(with_box.table),
        mask=mask,
        masks=packed,
        verified_image=image[objects:],
        verified_label=label[objects:],
        verified_present=np.zeros(0, bool) if verified is None else verified.flags("Confidence"),
        source=str(boxes if masks is None else masks),
        files=tuple(table.name for table in tables),
        has_labels=labels is not None,
        notes=tuple(notes),
    )


def load_open_images_predictions(
    path: str | Path, *, needs_masks: bool = False, workers: int | None = None
) -> OpenImagesPredictions:
    r"""Read predictions of Open Images.

    Args:
        path: CSV file with ImageID, LabelName, Score, and ImageWidth, ImageHeight, Mask for masks,
            or XMin, XMax, YMin, YMax for boxes. Boxes may extend a little beyond the image.
        needs_masks: refuse a file of boxes.
        workers: threads, None for all cores.

    Raises:
        InputError: if there is no such file.
        FormatError: for a file that cannot be used; the message names the line.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "preds.csv")
        ...     _ = path.write_text(
        ...         "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\na,cat,0.9,0.1,0.5,0.2,0.6\n"
        ...     )
        ...     preds = load_open_images_predictions(path)
        >>> preds.score
        array([0.9])
    """
    table = read_table(path, _SCORED, "predictions")
    boxes = masks = None
    if needs_masks or mask_column(table) is not None:
        if mask_column(table) is None:
            require_columns(table, (*_SCORED, *_MASK), "predicted masks")
        rows, masks, _ = read_masks(table, workers)
        absent = np.setdiff1d(np.arange(len(table)), rows)
        if len(absent):
            column = mask_column(table) or "Mask"
            raise table.wrong(absent.tolist(), column, "a mask")
    else:
        require_columns(table, (*_SCORED, *BOX), "predictions")
        boxes = table.boxes(beyond=FAR)
    image_ids, image = _coded([_column(table, "ImageID")])
    labels, label = _coded([_column(table, "LabelName")])
    return OpenImagesPredictions(
        image_ids=image_ids,
        labels=labels,
        image=image,
        label=label,
        score=table.numbers("Score"),
        boxes_xyxy=boxes,
        masks=masks,
        source=table.name,
    )


def _located(path: str | Path, what: str) -> Located:
    """A file of boxes or masks."""
    table = _not_empty(read_table(path, _IDS, what), what)
    prefix = "Box" if "BoxXMin" in table.columns else ""
    required = [*_IDS, *(prefix + side for side in BOX)]
    if what == "boxes":
        required.append("IsGroupOf")
    if what == "masks" and mask_column(table) is None:
        required.append("Mask")
    require_columns(table, required, what)
    is_group_of = table.flags("IsGroupOf") if "IsGroupOf" in table.columns else None
    return Located(table, table.boxes(prefix=prefix), is_group_of)


def _not_empty(table: CsvTable, what: str) -> CsvTable:
    """The table, which must have rows."""
    if not len(table):
        raise FormatError(
            f"{table.name}: has a header and no {what}.", code="empty-file", path=table.name
        )
    return table


def _objects(
    boxes: Located | None,
    masks: Located | None,
    notes: list[Note],
    compat: str | None,
    workers: int | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], CompressedMasks]:
    """The row of each object in boxes and masks end to end, its mask or -1, and the masks."""
    if masks is None:
        rows = np.arange(0 if boxes is None else len(boxes.table))
        nothing = CompressedMasks.from_strings([], np.zeros((0, 2), np.int64))
        return rows, np.full(len(rows), -1), nothing
    rows, packed, areas = read_masks(masks.table, workers)
    empty = areas == 0
    if empty.any():
        found = counted(int(empty.sum()), "mask is", "masks are")
        notes.append(Note("empty-mask", f"{found} empty; only their boxes count", int(empty.sum())))
    place = np.full(len(masks.table) + 1, -1)  # the last one is for "no mask"
    place[rows[~empty]] = np.arange(int((~empty).sum()))
    packed = packed.take(np.flatnonzero(~empty))
    if boxes is None:
        return np.arange(len(masks.table)), place[:-1], packed
    box_row, mask_row = paired_rows(boxes, masks, notes, product=compat == "official")
    row = np.where(box_row >= 0, box_row, len(boxes.table) + mask_row)
    return row, place[mask_row], packed


def _column(table: CsvTable, column: str) -> tuple[str, ...]:
    """A column of names, none of which may be missing."""
    values = table.columns[column]
    bad = [row for row, value in enumerate(values) if not value]
    if bad:
        raise table.wrong(bad, column, "a name")
    return values


def _coded(columns: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Distinct names, ascending, and the index of each value among them.

    An array of text would give every name the room of the longest one.
    """
    names = sorted(set(chain.from_iterable(columns)))
    places = {name: place for place, name in enumerate(names)}
    codes = (places[name] for name in chain.from_iterable(columns))
    return tuple(names), np.fromiter(codes, np.int64)
