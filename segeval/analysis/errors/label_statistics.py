"""Wrong pixels of label maps by image, class and kind, which merge and can be weighted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.label_pixels import COLUMNS, OF_GT, error_counts
from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.read import index_map
from segeval.data.label_maps.unknown_labels import labels_seen, unknown_label
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import BoundarySettings
from segeval.metrics.image_columns import ImageStatistics, narrow, offsets_of, rules_of


@frozen(eq=False, kw_only=True, repr=False)
class LabelErrorStatistics(ImageStatistics):
    """Pixels by image, class present and kind of error.

    Attributes:
        rules: other settings that decide the numbers, such as `ignore=(255,)`.
        keys: keys of I images, by which files were paired, ascending.
        category_id: values of the pixels of C categories, int64, shape (C,).
        category_names: C names.
        boundary_ratio: within which of a boundary pixels are near it, as a fraction of the image's
            diagonal, or None.
        boundary_px: the same in pixels, or None.
        offsets: image i has the rows `offsets[i]:offsets[i + 1]`, one per class present on either
            side; int64, shape (I + 1,).
        category: place among the C, unsigned, shape (R,).
        pixels: right pixels; false and missed ones at boundaries, in extents, in segments; and
            those missed that are predicted as labels that are not evaluated; unsigned, (R, 8).
    """

    BY_ROW: ClassVar = {"offsets": ("category", "pixels")}

    rules: tuple[str, ...]
    keys: tuple[str, ...]
    category_id: NDArray[np.int64]
    category_names: tuple[str, ...]
    boundary_ratio: float | None
    boundary_px: int | None
    offsets: NDArray[np.int64]
    category: NDArray[np.unsignedinteger]
    pixels: NDArray[np.unsignedinteger]

    @property
    def true_pixels(self) -> NDArray[np.int64]:
        """Pixels of the ground truth of every row, int64, shape (R,)."""
        pixels: NDArray[np.int64] = self.pixels[:, list(OF_GT)].sum(axis=1, dtype=np.int64)
        return pixels

    @property
    def images_with(self) -> NDArray[np.int64]:
        """Images whose ground truth has each class, int64, shape (C,)."""
        known = self.category[self.true_pixels > 0]
        return np.bincount(known, minlength=len(self.category_id)).astype(np.int64)


@frozen(eq=False)
class ImagePixelErrors:
    """Wrong pixels of one image.

    Attributes:
        rows: one per class present on either side: its place, and the columns of `error_counts`,
            int64, shape (R, 9).
        palettes: how many of the two files have a palette.
        with_void: whether the ground truth has pixels that are not evaluated.
    """

    rows: NDArray[np.int64]
    palettes: int
    with_void: bool


def image_pixel_errors(
    pair: LabelPair,
    classes: LabelClasses,
    near: BoundarySettings,
    pairs: Sequence[LabelPair] = (),
) -> ImagePixelErrors:
    """Wrong pixels of one pair of label maps.

    Args:
        pair: label maps of the image.
        classes: of the run.
        near: how far from a boundary pixels are near it.
        pairs: all label maps of the run, which an error about labels looks at.

    Raises:
        InputError: as `LabelPair.load`; or if a label is not among the run's.
    """
    pred_index, gt_index, palettes = class_maps(pair, classes, pairs)
    number = len(classes)
    counts = error_counts(pred_index, gt_index, number, near.pixels(gt_index.shape))
    rows = np.hstack([np.arange(number)[:, np.newaxis], counts])
    with_void = bool(gt_index.max(initial=0) >= number)
    return ImagePixelErrors(rows[counts.any(axis=1)], palettes, with_void)


def class_maps(
    pair: LabelPair, classes: LabelClasses, pairs: Sequence[LabelPair] = ()
) -> tuple[NDArray[Any], NDArray[Any], int]:
    """The class of every predicted and true pixel, and how many of the two files have a palette.

    Args:
        pair: label maps of the image.
        classes: C of the run.
        pairs: all label maps of the run, which an error about labels looks at.

    Returns:
        Places among the classes, C for labels that are not evaluated, unsigned, (H, W) each.

    Raises:
        InputError: as `LabelPair.load`; or if a label is not among the run's.
    """
    pred, gt, palettes = pair.load()
    table = classes.table(gt.dtype.type)
    pred_index, gt_index = index_map(pred, table), index_map(gt, table)
    for labels, index, name in ((gt, gt_index, pair.gt_name), (pred, pred_index, pair.pred_name)):
        if index.max(initial=0) > len(classes):
            seen = labels_seen([pair, *pairs])
            raise unknown_label(labels, name, classes, is_gt=labels is gt, seen=seen).refusal()
    return pred_index, gt_index, palettes


def label_error_statistics(
    images: Sequence[ImagePixelErrors],
    keys: Sequence[str],
    classes: LabelClasses,
    near: BoundarySettings,
) -> LabelErrorStatistics:
    """Statistics of images counted one by one.

    Args:
        images: wrong pixels of I images.
        keys: key of each image, in any order.
        classes: of the run.
        near: how far from a boundary pixels are near it.
    """
    none = np.zeros((0, COLUMNS + 1), np.int64)
    rows = np.concatenate([none, *(each.rows for each in images)])
    is_large = bool((rows > np.iinfo(np.uint32).max).any())
    in_given_order = LabelErrorStatistics(
        rules=rules_of({"ignore": classes.ignored_ids}),
        keys=tuple(keys),
        category_id=np.array(classes.ids, np.int64),
        category_names=classes.names,
        boundary_ratio=near.ratio,
        boundary_px=near.px,
        offsets=offsets_of([len(each.rows) for each in images]),
        category=narrow(rows[:, 0]),
        pixels=rows[:, 1:].astype(np.int64 if is_large else np.uint32),
    )
    return LabelErrorStatistics.merge([in_given_order])
