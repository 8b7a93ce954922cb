"""Open Images as COCO: ground truth and predictions with numbers for images and classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Categories, GroundTruth, Images, Predictions
from segeval.data.open_images.columns import OpenImagesGroundTruth, OpenImagesPredictions
from segeval.data.open_images.table import read_table
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError, InputError, MismatchError, Note
from segeval.findings import refusal
from segeval.masks import CompressedMasks
from segeval.masks.proofs import check_side_and_pixels
from segeval.words import counted

Sizes = Mapping[str, tuple[int, int]]
"""(H, W) in pixels by ImageID."""


def open_images_to_coco(
    gt: OpenImagesGroundTruth,
    preds: OpenImagesPredictions | None = None,
    *,
    class_ids: Mapping[str, int] | None = None,
    sizes: Sizes | None = None,
) -> tuple[GroundTruth, Predictions | None]:
    r"""Ground truth and predictions of Open Images as COCO's.

    Groups become crowds. In a set with masks, an object without one becomes a crowd with the shape
    of its box. COCO has no verified labels: every prediction will be judged. If every ImageID is a
    number, it becomes the image's id; otherwise ids are positions from 1.

    Args:
        gt: ground truth.
        preds: predictions of the same images; those of other images are dropped and counted.
        class_ids: id of every label, None for positions from 1 in the order of names.
        sizes: sizes of images without masks.

    Returns:
        Both as columns, with notes.

    Raises:
        MismatchError: for an image with boxes whose size is unknown, and for labels without an id.

    Example:
        >>> import tempfile
        >>> from segeval.data.open_images import load_open_images_ground_truth
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "boxes.csv")
        ...     _ = path.write_text(
        ...         "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\n7,cat,0.25,0.5,0.5,1,0\n"
        ...     )
        ...     truth = load_open_images_ground_truth(boxes=path)
        >>> gt, _ = open_images_to_coco(truth, sizes={"7": (60, 80)})
        >>> gt.boxes
        array([[20., 30., 20., 30.]])
    """
    labels = sorted({*gt.labels, *(preds.labels if preds is not None else ())})
    ids = dict(class_ids or {name: place for place, name in enumerate(labels, 1)})
    missing = [name for name in labels if name not in ids]
    if missing:
        raise refusal(
            gt.source,
            f"the label {missing[0]!r} has no id in the list of classes",
            code="unknown-class",
            count=len(missing),
            field="LabelName",
            error=MismatchError,
        )
    image_ids = _numbers(gt.image_ids)
    known = _image_sizes(gt, preds, sizes or {})
    return (
        _ground_truth(gt, image_ids, ids, known),
        None if preds is None else _predictions(preds, gt, image_ids, ids, known),
    )


LONGEST_ID = 18
"""Digits of an id that fits into 64 bits."""


def load_class_ids(path: str | Path) -> dict[str, int]:
    r"""The id of every label from a CSV file with the columns `id` and `LabelName`.

    Raises:
        InputError: if there is no such file.
        FormatError: for an id that is not a whole number, or a repeated id or label.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "classes.csv")
        ...     _ = path.write_text("id,LabelName\n7,/m/01yrx\n")
        ...     load_class_ids(path)
        {'/m/01yrx': 7}
    """
    table = read_table(path, ("id", "LabelName"), "classes")
    ids: dict[str, int] = {}
    taken: set[int] = set()
    for line, text, label in zip(
        table.lines.tolist(), table.columns["id"], table.columns["LabelName"], strict=True
    ):
        problem = ""
        if not text.isdecimal():
            problem = f"id is {text!r}, expected a whole number"
        elif len(text) > LONGEST_ID:
            problem = f"id is {text[:40]!r}, expected a number of at most {LONGEST_ID} digits"
        elif label in ids:
            problem = f"LabelName {label!r} occurs twice"
        elif int(text) in taken:
            problem = f"id {text} occurs twice"
        if problem:
            raise FormatError(
                f"{table.name}: line {line}: {problem}.", code="bad-class", path=table.name
            )
        ids[label] = int(text)
        taken.add(int(text))
    return ids


def load_image_sizes(path: str | Path) -> dict[str, tuple[int, int]]:
    r"""(H, W) of every image from a CSV file with ImageID, ImageWidth, ImageHeight.

    Raises:
        InputError: if there is no such file.
        FormatError: for a size that is not a whole number.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "sizes.csv")
        ...     _ = path.write_text("ImageID,ImageWidth,ImageHeight\na,80,60\n")
        ...     load_image_sizes(path)
        {'a': (60, 80)}
    """
    table = read_table(path, ("ImageID", "ImageWidth", "ImageHeight"), "image sizes")
    height, width = table.sides("ImageHeight").tolist(), table.sides("ImageWidth").tolist()
    return dict(zip(table.columns["ImageID"], zip(height, width, strict=True), strict=True))


def _numbers(image_ids: tuple[str, ...]) -> NDArray[np.int64]:
    """The id of every image."""
    if all(name.isdecimal() and len(name) <= LONGEST_ID for name in image_ids):
        numbers = np.array([int(name) for name in image_ids], np.int64)
        if len(np.unique(numbers)) == len(numbers):
            return numbers
    return np.arange(1, len(image_ids) + 1)


def _image_sizes(
    gt: OpenImagesGroundTruth, preds: OpenImagesPredictions | None, given: Sizes
) -> NDArray[np.int32]:
    """(H, W) of every image, int32, shape (I, 2); -1 where unknown."""
    sizes = np.full((len(gt.image_ids), 2), -1, np.int32)
    for place, name in enumerate(gt.image_ids):
        size = given.get(name, (-1, -1))
        check_side_and_pixels(f"image {name}", max(size), size[0] * size[1], source="`sizes`")
        sizes[place] = np.maximum(size, -1)
    if preds is not None and preds.masks is not None:
        places = preds.images_among(gt.image_ids)[preds.image]
        sizes[places[places >= 0]] = preds.masks.sizes[places >= 0]
    rows = gt.mask >= 0
    sizes[gt.image[rows]] = gt.masks.sizes[gt.mask[rows]]
    return sizes


def _require_size(source: str, name: str, count: int) -> InputError:
    """The error for boxes that cannot be turned into pixels."""
    return refusal(
        source,
        f"image {name} has boxes, but no mask that gives its size in pixels",
        code="unknown-size",
        count=count,
        option="sizes",
        error=MismatchError,
        hint="Give a CSV file with ImageID, ImageWidth, ImageHeight: `sizes`",
    )


def _pixels(sides: NDArray[np.float64], sizes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Boxes (N, 4), xyxy as fractions of the image, as xywh in pixels."""
    scale = sizes[:, [1, 0]].astype(np.float64)
    corner = sides[:, :2] * scale
    return np.concatenate([corner, sides[:, 2:] * scale - corner], axis=1)


def _ground_truth(
    gt: OpenImagesGroundTruth,
    image_ids: NDArray[np.int64],
    ids: Mapping[str, int],
    sizes: NDArray[np.int32],
) -> GroundTruth:
    """Ground truth as columns of COCO."""
    own_sizes = sizes[gt.image]
    unknown = np.flatnonzero((own_sizes < 1).any(axis=1))
    if len(unknown):
        raise _require_size(gt.source, gt.image_ids[gt.image[unknown[0]]], len(unknown))
    boxes = _pixels(gt.boxes_xyxy, own_sizes)
    with_mask = gt.mask >= 0
    areas = boxes[:, 2] * boxes[:, 3]
    areas[with_mask] = gt.masks.measure()[0][gt.mask[with_mask]]
    notes = list(gt.notes)
    crowd = gt.is_group_of.copy()
    strings = [b""] * len(gt)
    form = np.full(len(gt), Format.NONE, np.uint8)
    for row in np.flatnonzero(with_mask).tolist():
        strings[row] = gt.masks.bytes_of(int(gt.mask[row]))
    form[with_mask] = Format.STRING
    box_only = np.flatnonzero(~with_mask)
    if with_mask.any() and len(box_only):
        crowd[box_only] = True
        form[box_only] = Format.POLYGON
        for row in box_only.tolist():
            x, y, width, height = boxes[row].tolist()
            right, bottom = x + width, y + height
            strings[row] = f"[[{x},{y},{right},{y},{right},{bottom},{x},{bottom}]]".encode()
        found = counted(len(box_only), "object has", "objects have")
        message = f"{found} a box and no mask; written as crowds of the shape of the box"
        notes.append(Note("box-only", message, len(box_only)))
    mask_sizes = np.where(with_mask[:, None], own_sizes, 0)
    label_ids = np.array([ids[name] for name in gt.labels], np.int64)
    names = sorted(ids, key=lambda name: ids[name])
    return GroundTruth(
        images=Images(image_ids, sizes, tuple(f"{name}.jpg" for name in gt.image_ids)),
        categories=Categories(np.array([ids[name] for name in names], np.int64), tuple(names)),
        id=np.arange(1, len(gt) + 1),
        image_id=image_ids[gt.image],
        category_id=label_ids[gt.label],
        area=areas,
        boxes=boxes,
        is_crowd=crowd,
        crowd_missing=np.zeros(len(gt), bool),
        ignore=np.zeros(len(gt), bool),
        segmentations=Segmentations(form, CompressedMasks.from_strings(strings, mask_sizes)),
        source=gt.source,
        notes=tuple(notes),
    )


def _predictions(
    preds: OpenImagesPredictions,
    gt: OpenImagesGroundTruth,
    image_ids: NDArray[np.int64],
    ids: Mapping[str, int],
    sizes: NDArray[np.int32],
) -> Predictions:
    """Predictions as columns of COCO."""
    place = preds.images_among(gt.image_ids)[preds.image]
    kept = np.flatnonzero(place >= 0)
    notes = list(preds.notes)
    dropped = len(preds) - len(kept)
    if not len(kept):
        raise MismatchError(
            f"{preds.source}: no image is in the ground truth: ImageID is {preds.image_ids[0]!r} "
            f"here and {gt.image_ids[0]!r} there. Are both of the same set?",
            code="unknown-image",
            path=preds.source,
            field="ImageID",
            count=dropped,
        )
    if dropped:
        message = f"{counted(dropped, 'prediction')} of images without ground truth dropped"
        notes.append(Note("unknown-image", message, dropped))
    place = place[kept]
    boxes = np.full((len(kept), 4), np.nan)
    if preds.masks is not None:
        segments = Segmentations(
            np.full(len(kept), Format.STRING, np.uint8), preds.masks.take(kept)
        )
    else:
        unknown = np.flatnonzero((sizes[place] < 1).any(axis=1))
        if len(unknown):
            raise _require_size(preds.source, gt.image_ids[place[unknown[0]]], len(unknown))
        nothing = CompressedMasks.from_strings(
            [b""] * len(kept), np.zeros((len(kept), 2), np.int64)
        )
        segments = Segmentations(np.full(len(kept), Format.NONE, np.uint8), nothing)
    if preds.boxes_xyxy is not None:
        boxes = _pixels(preds.boxes_xyxy[kept], sizes[place])
    return Predictions(
        image_id=image_ids[place],
        category_id=np.array([ids[name] for name in preds.labels], np.int64)[preds.label[kept]],
        score=preds.score[kept],
        boxes=boxes,
        segmentations=segments,
        source=preds.source,
        notes=tuple(notes),
    )
