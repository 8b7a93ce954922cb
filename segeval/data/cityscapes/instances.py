"""Cityscapes' instances of one image as run-length masks, and of all images as COCO's columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.frames import FrameFiles
from segeval.data.cityscapes.labels import (
    FIRST_INSTANCE,
    INSTANCE_CLASSES,
    INSTANCE_FILE,
    INSTANCES,
    LABEL_FILE,
    LABELS,
    TRAIN_FILE,
    label_of,
)
from segeval.data.coco.from_arrays import predictions_from_arrays
from segeval.data.columns import Categories, GroundTruth, Images, Predictions
from segeval.data.pictures.png import read_label_map, read_object
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError, MismatchError
from segeval.frozen import frozen
from segeval.masks import RunLengths, area, boxes, compress, concatenate, encode, merge
from segeval.masks.regions import encode_object, regions
from segeval.words import size_text

VOID_IDS = tuple(label.id for label in LABELS if label.ignored)


@frozen(eq=False)
class InstanceFrame:
    """Ground truth and predictions of one image of Cityscapes.

    Attributes:
        frame: city, sequence and frame.
        size: (H, W) in pixels.
        gt_id: values of the pixels of each ground truth of the eight classes, ascending, int64,
            shape (G,); below `FIRST_INSTANCE` it is a group.
        gt: G masks.
        void: one mask, the pixels of ignored labels. As in the official tool it leaves out single
            caravans and trailers, such as 29001.
        label: label ids of the predictions, int64, shape (N,).
        score: float64, shape (N,).
        preds: N masks, which may be empty.
        has_8_bits: whether the picture of ids has 8 bits, which cannot hold single objects.
    """

    frame: str
    size: tuple[int, int]
    gt_id: NDArray[np.int64]
    gt: RunLengths
    void: RunLengths
    label: NDArray[np.int64]
    score: NDArray[np.float64]
    preds: RunLengths
    has_8_bits: bool = False

    @property
    def gt_label(self) -> NDArray[np.int64]:
        """Label ids of the ground truths, int64, shape (G,)."""
        return label_of(self.gt_id)

    @property
    def is_group(self) -> NDArray[np.bool_]:
        """Whether a ground truth is a group of objects, bool, shape (G,)."""
        return np.asarray(self.gt_id < FIRST_INSTANCE)


def read_frame(files: FrameFiles, *, compat: str | None = None) -> InstanceFrame:
    """Read the pictures of one image; one mask at a time is dense.

    Args:
        files: files of the image, from `find_frames`.
        compat: "official" also accepts ground truth of 8 bits, which cannot hold single objects.

    Raises:
        FormatError: if a file is not a picture of the expected kind.
        MismatchError: if a mask differs in size from its image.
    """
    labels = _read_instance_ids(files.gt, compat)
    values, masks = regions(labels)
    kinds = label_of(values)
    _check_values(files.gt, values, kinds)
    evaluated = np.flatnonzero(np.isin(kinds, INSTANCE_CLASSES))
    void = masks.take(np.flatnonzero(np.isin(values, VOID_IDS)))
    size = (int(labels.shape[0]), int(labels.shape[1]))
    preds = [_read_prediction(files, place, size) for place in range(len(files.masks))]
    return InstanceFrame(
        frame=files.frame,
        size=size,
        gt_id=values[evaluated].astype(np.int64),
        gt=masks.take(evaluated),
        void=merge(void) if len(void) else encode([np.zeros(size, bool)]),
        label=files.label,
        score=files.score,
        preds=concatenate(preds),
        has_8_bits=labels.dtype == np.uint8,
    )


def _of_labels(path: Path) -> str:
    """The hint where a file's name is that of labels."""
    if not path.name.endswith((LABEL_FILE, TRAIN_FILE)):
        return ""
    return f" This is a file of labels; give *{INSTANCE_FILE}."


def _read_instance_ids(path: Path, compat: str | None) -> NDArray[np.integer[Any]]:
    """The values of a picture of instance ids."""
    labels = read_label_map(path).labels
    if labels.dtype == np.uint8 and compat is None:
        raise FormatError(
            f"{path}: has 8 bits per pixel, expected 16: an object is 1000 label + number, such as "
            f"26003. Values here are {labels.min()}..{labels.max()}.{_of_labels(path)}",
            code="picture-bits",
            path=str(path),
        )
    return labels


def _check_values(path: Path, values: NDArray[np.integer[Any]], kinds: NDArray[np.int64]) -> None:
    """Refuse pixels of labels that do not exist."""
    wrong = values[~np.isin(kinds, [label.id for label in LABELS])]
    if len(wrong):
        raise FormatError(
            f"{path}: has pixels of value {wrong[0]}, expected a label id up to "
            f"{INSTANCES[-1].id}, or {FIRST_INSTANCE} label + number.",
            code="unknown-label",
            path=str(path),
            field="label",
            count=len(wrong),
        )


def _read_prediction(files: FrameFiles, place: int, size: tuple[int, int]) -> RunLengths:
    """The mask of one prediction."""
    path = files.masks[place]
    pixels, corner, own_size = read_object(path)
    if own_size != size:
        raise MismatchError(
            f"{path}: mask is {size_text(own_size)}, its image {size_text(size)} "
            f"({files.listing} line {files.line[place]}). Sizes are height x width.",
            code="mask-size",
            path=str(path),
            field="mask",
        )
    return encode_object(pixels, corner, size)


def coco_ground_truth(frames: Sequence[InstanceFrame], source: str) -> GroundTruth:
    """The ground truth of all images in COCO's form.

    Objects are annotations of the eight classes, groups are crowd regions, whatever their size;
    void is left out. Image i of the frames has the id i + 1.

    Args:
        frames: I images.
        source: name for messages.
    """
    masks = concatenate([frame.gt for frame in frames])
    count = len(masks)
    is_group = _concatenated([frame.is_group for frame in frames], np.bool_)
    return GroundTruth(
        images=Images(
            id=np.arange(1, len(frames) + 1),
            sizes=np.array([frame.size for frame in frames], np.int32).reshape(-1, 2),
            file_names=tuple(frame.frame for frame in frames),
        ),
        categories=Categories(
            id=np.array(INSTANCE_CLASSES, np.int64), names=tuple(label.name for label in INSTANCES)
        ),
        id=np.arange(1, count + 1),
        image_id=np.repeat(np.arange(1, len(frames) + 1), [len(frame.gt) for frame in frames]),
        category_id=_concatenated([frame.gt_label for frame in frames], np.int64),
        area=area(masks).astype(np.float64),
        boxes=boxes(masks),
        is_crowd=is_group,
        crowd_missing=np.zeros(count, np.bool_),
        ignore=np.zeros(count, np.bool_),
        segmentations=Segmentations(np.full(count, Format.STRING, np.uint8), compress(masks)),
        source=source,
    )


def coco_predictions(frames: Sequence[InstanceFrame], source: str) -> Predictions:
    """The predictions of all images in COCO's form, by image, then in the order of the list.

    Args:
        frames: I images; image i has the id i + 1.
        source: name for messages.
    """
    counts = [len(frame.preds) for frame in frames]
    return predictions_from_arrays(
        image_id=np.repeat(np.arange(1, len(frames) + 1), counts),
        category_id=_concatenated([frame.label for frame in frames], np.int64),
        score=_concatenated([frame.score for frame in frames], np.float64),
        masks=concatenate([frame.preds for frame in frames]),
        source=source,
    )


def _concatenated(columns: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    """Columns end to end."""
    return np.concatenate([np.empty(0, dtype), *columns]).astype(dtype)
