"""COCO and LVIS files as files of Open Images."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import rows_of
from segeval.data.keys import Key, shown_key
from segeval.data.kinds_of_ids import paired
from segeval.data.open_images.mask_text import mask_text
from segeval.data.open_images.table import BOX
from segeval.data.segmentations import Format
from segeval.data.wrong_ids import ID_KINDS, unknown_ids_of
from segeval.data.wrong_sizes import unknown_sizes_of
from segeval.errors import InputError, MismatchError, Note
from segeval.findings import raise_first, refusal
from segeval.masks import CompressedMasks, boxes
from segeval.words import counted


def coco_to_open_images(
    gt: GroundTruth,
    preds: Predictions | None = None,
    *,
    class_ids: Mapping[str, int] | None = None,
) -> tuple[dict[str, str], tuple[Note, ...]]:
    """The files of Open Images for ground truth and predictions of COCO or LVIS.

    ImageID is the name of the image file without suffix, or the id if such names repeat. Crowds
    become groups. Verified labels: COCO looks for every category in every image, so any that is not
    annotated is verified absent; in LVIS only those that `neg_category_ids` lists.

    Args:
        gt: ground truth.
        preds: predictions of the same images and categories.
        class_ids: id of every LabelName; None for the names of the categories.

    Returns:
        Text by file name (`masks.csv`, `boxes.csv`, `labels.csv`, `classes.csv`, and with
        predictions `preds.csv`), and notes on what is lost.

    Raises:
        FormatError: for a mask that is malformed, or an image without a size.
        MismatchError: for predictions of unknown images or categories.

    Example:
        >>> import segeval
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 30]}
        >>> gt = {
        ...     "images": [{"id": 1, "width": 80, "height": 60, "file_name": "a.jpg"}],
        ...     "categories": [{"id": 1, "name": "cat"}],
        ...     "annotations": [{**box, "id": 1, "area": 1200, "iscrowd": 0}],
        ... }
        >>> files, notes = coco_to_open_images(segeval.load_ground_truth(gt))
        >>> print(files["boxes.csv"], end="")
        ImageID,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf
        a,cat,1,0.0,0.5,0.0,0.5,0
    """
    if preds is not None:
        preds, gt = paired(preds, gt)
    labels = _labels(gt, class_ids)
    names = _image_names(gt)
    _require_sizes(gt, preds)
    located, masks = _objects(gt, names, labels)
    files = {
        "boxes.csv": _csv(
            ("ImageID", "LabelName", "Confidence", *BOX, "IsGroupOf"),
            ((image, label, 1, *sides, group) for image, label, *sides, group in located),
        ),
        "labels.csv": _csv(("ImageID", "LabelName", "Confidence"), _verified(gt, names, labels)),
        "classes.csv": _csv(("id", "LabelName"), _listed(gt, labels)),
    }
    sizes = gt.mask_sizes.tolist()
    with_mask = np.flatnonzero(gt.segmentations.format != Format.NONE).tolist()
    if with_mask:
        files["masks.csv"] = _csv(
            ("ImageID", "LabelName", "ImageWidth", "ImageHeight", *BOX, "IsGroupOf", "Mask"),
            (
                (*located[row][:2], *sizes[row][::-1], *located[row][2:], _text(masks, row))
                for row in with_mask
            ),
        )
    if preds is not None:
        files["preds.csv"] = _predictions(preds, gt, names, labels)
    notes = []
    ignored = int((gt.ignore & ~gt.is_crowd).sum())
    if ignored:
        found = counted(ignored, "annotation has", "annotations have")
        notes.append(
            Note("ignore", f"{found} ignore set, which Open Images does not know", ignored)
        )
    return files, tuple(notes)


def _labels(gt: GroundTruth, class_ids: Mapping[str, int] | None) -> dict[int, str]:
    """LabelName of every category id."""
    if class_ids is None:
        found = dict(zip(gt.categories.id.tolist(), gt.categories.names, strict=True))
        if len(set(found.values())) < len(found):
            raise InputError(
                f"{gt.source}: two categories have one name, expected a LabelName for each. "
                "Give a list: `class_ids`",
                code="class-names",
                option="class_ids",
                path=gt.source,
            )
        return found
    by_id: dict[Key, str] = {number: label for label, number in class_ids.items()}
    known = dict(zip(gt.categories.id.tolist(), gt.categories.written_ids, strict=True))
    missing = [key for key in known.values() if key not in by_id]
    if missing:
        raise refusal(
            gt.source,
            f"category {shown_key(missing[0])} has no LabelName in the list of classes",
            code="unknown-class",
            count=len(missing),
            error=MismatchError,
        )
    return {number: by_id[key] for number, key in known.items()}


def _listed(gt: GroundTruth, labels: Mapping[int, str]) -> list[tuple[int, str]]:
    """Id and LabelName of every class; ids of text are numbered from 1, as Open Images' are."""
    first = 0 if gt.categories.keys is None else 1
    return [(first + number, labels[number]) for number in sorted(labels)]


def _image_names(gt: GroundTruth) -> dict[int, str]:
    """ImageID of every image id."""
    stems = [PurePosixPath(Path(name).as_posix()).stem for name in gt.images.file_names]
    ids = gt.images.id.tolist()
    if not all(stems) or len(set(stems)) < len(stems):
        stems = [str(key) for key in gt.images.written_ids]
    return dict(zip(ids, stems, strict=True))


def _require_sizes(gt: GroundTruth, preds: Predictions | None) -> None:
    """Refuse images with records, but without a size, which boxes are fractions of."""
    ids = gt.image_id if preds is None else np.concatenate([gt.image_id, preds.image_id])
    rows = np.unique(rows_of(ids, gt.images.id))
    needed = "Open Images gives boxes as parts of it."
    raise_first(unknown_sizes_of(gt.images, rows[rows >= 0], source=gt.source, needed=needed))


def _objects(
    gt: GroundTruth, names: Mapping[int, str], labels: Mapping[int, str]
) -> tuple[list[tuple[Any, ...]], CompressedMasks]:
    """Image, label, box and group flag of every annotation, and the masks."""
    masks = gt.segmentations.compressed(gt.mask_sizes, gt)
    found = gt.boxes.copy()
    missing = np.flatnonzero(np.isnan(found).any(axis=1) & (gt.segmentations.format != Format.NONE))
    found[missing] = boxes(masks.take(missing).decode())
    sides = _parts(np.nan_to_num(found), gt.mask_sizes).clip(0, 1)
    rows = zip(
        [names[number] for number in gt.image_id.tolist()],
        [labels[number] for number in gt.category_id.tolist()],
        *sides[:, [0, 2, 1, 3]].T.tolist(),
        gt.is_crowd.astype(int).tolist(),
        strict=True,
    )
    return list(rows), masks


def _parts(xywh: NDArray[np.float64], sizes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Boxes in pixels (N, 4) as fractions of the image, xyxy."""
    corners = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
    return corners / sizes[:, [1, 0, 1, 0]]


def _verified(
    gt: GroundTruth, names: Mapping[int, str], labels: Mapping[int, str]
) -> Iterable[tuple[str, str, int]]:
    """Every verified label of every image."""
    present: dict[int, set[int]] = {number: set() for number in names}
    for image, category in zip(gt.image_id.tolist(), gt.category_id.tolist(), strict=True):
        present[image].add(category)
    negative = gt.images.negative
    for place, image in enumerate(gt.images.id.tolist()):
        absent = set(labels)
        if negative is not None:
            absent = set(negative.ids[slice(*negative.offsets[place : place + 2])].tolist())
        for category in sorted(present[image] | (absent & labels.keys())):
            yield names[image], labels[category], int(category in present[image])


def _predictions(
    preds: Predictions, gt: GroundTruth, names: Mapping[int, str], labels: Mapping[int, str]
) -> str:
    """Predictions as CSV text."""
    for kind in ID_KINDS:
        raise_first(unknown_ids_of(kind, preds, gt))
    order = np.argsort(gt.images.id, kind="stable")
    place = order[np.searchsorted(gt.images.id[order], preds.image_id)]
    image_sizes = gt.images.sizes[place]
    sizes = preds.segmentations.mask_sizes(image_sizes)
    images = [names[number] for number in preds.image_id.tolist()]
    categories = [labels[number] for number in preds.category_id.tolist()]
    scores = preds.score.tolist()
    without = np.flatnonzero(preds.segmentations.format == Format.NONE)
    if not len(without):
        masks = preds.segmentations.compressed(image_sizes, preds)
        return _csv(
            ("ImageID", "ImageWidth", "ImageHeight", "LabelName", "Score", "Mask"),
            (
                (images[row], *sizes[row].tolist()[::-1], categories[row], scores[row],
                 _text(masks, row))
                for row in range(len(preds))
            ),
        )  # fmt: skip
    if len(without) < len(preds):
        raise refusal(
            preds,
            "has no mask, others have one; expected masks for all or for none",
            code="mixed-masks",
            rows=without,
            error=InputError,
        )
    sides = _parts(preds.boxes, image_sizes)[:, [0, 2, 1, 3]].tolist()
    return _csv(
        ("ImageID", "LabelName", "Score", *BOX),
        zip(images, categories, scores, *zip(*sides, strict=True), strict=True),
    )


def _text(masks: CompressedMasks, row: int) -> str:
    """One mask."""
    return mask_text(masks.bytes_of(row))


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
