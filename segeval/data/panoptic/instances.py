"""Instances from panoptic pictures: one mask per segment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Categories, GroundTruth, Images
from segeval.data.ids import rows_of
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.wrong_ids import NO_ISTHING, unknown_categories, unseen_segments
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import MismatchError, Note
from segeval.findings import raise_first, refusal
from segeval.kernels.threads import OnProgress, in_order
from segeval.masks import CompressedMasks, area, boxes, compress
from segeval.masks.regions import regions
from segeval.words import counted, size_text

Found = tuple[list[bytes], NDArray[np.float64], NDArray[np.float64], tuple[int, int]]
"""Compressed masks of one picture, their areas (n,) and boxes (n, 4), and (H, W)."""


def panoptic_to_instances(
    panoptic: PanopticSegments,
    *,
    stuff: bool = False,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> GroundTruth:
    """Panoptic ground truth as instances with run-length masks, for `save_ground_truth`.

    Areas, boxes and `iscrowd` are those of the panoptic file, or else those of the mask.
    Annotations are numbered from 1 in file order.

    Args:
        panoptic: segments from `load_panoptic`, whose categories must have `isthing`.
        stuff: keep the segments and categories of stuff as well.
        workers: threads, None for all cores.
        on_progress: called with the number of pictures done, and of all.

    Raises:
        FormatError: if categories lack `isthing`, a segment has an unknown category, or a picture
            does not hold ids.
        MismatchError: if a segment has no pixels, or a picture differs in size from its image.

    Source:
        Masks, areas, boxes and categories equal to panopticapi 7bb4655,
        panoptic2detection_coco_format.py, which numbers annotations from 0 (the id that
        pycocotools takes for "unmatched").

    Example:
        >>> import tempfile
        >>> from segeval.data.panoptic.read import load_panoptic
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder, images=1)
        ...     found = panoptic_to_instances(load_panoptic(gt))
        >>> found.image_id.tolist(), found.boxes.tolist(), found.masks.counts.tolist()
        ([1], [[0.0, 0.0, 4.0, 3.0]], [0, 12])
    """
    kept_categories = _kept_categories(panoptic, stuff=stuff)
    kept = np.isin(panoptic.category_id, panoptic.categories.id[kept_categories])
    found = list(
        in_order(
            lambda image: _encoded(panoptic, image, kept),
            range(len(panoptic)),
            workers,
            on_progress=on_progress,
        )
    )
    return _columns(panoptic, kept_categories, kept, found)


def _columns(
    panoptic: PanopticSegments,
    kept_categories: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    found: Sequence[Found],
) -> GroundTruth:
    """The kept segments and categories, with their masks from all pictures."""
    sizes = np.array([one[3] for one in found], np.int32).reshape(-1, 2)
    segments = np.diff(panoptic.offsets)
    image = np.repeat(np.arange(len(panoptic)), segments)[kept]
    strings = list(chain.from_iterable(one[0] for one in found))
    measured = np.concatenate([np.empty(0), *(one[1] for one in found)])
    mask_boxes = np.concatenate([np.empty((0, 4)), *(one[2] for one in found)])
    given, given_boxes = panoptic.area[kept], panoptic.boxes[kept]
    no_box = np.isnan(given_boxes).any(axis=1, keepdims=True)
    count = len(strings)
    return GroundTruth(
        images=_images(panoptic, sizes),
        categories=Categories(
            id=panoptic.categories.id[kept_categories],
            keys=panoptic.categories.keys,
            names=tuple(
                name
                for name, is_kept in zip(panoptic.categories.names, kept_categories, strict=True)
                if is_kept
            ),
        ),
        id=np.arange(1, count + 1),
        image_id=panoptic.image_id[image],
        category_id=panoptic.category_id[kept],
        area=np.where(np.isnan(given), measured, given),
        boxes=np.where(no_box, mask_boxes, given_boxes),
        is_crowd=panoptic.is_crowd[kept],
        crowd_missing=np.zeros(count, np.bool_),
        ignore=np.zeros(count, np.bool_),
        segmentations=Segmentations(
            np.full(count, Format.STRING, np.uint8),
            CompressedMasks.from_strings(strings, sizes[image]),
        ),
        source=panoptic.source,
        notes=_notes(panoptic, int((~kept).sum())),
    )


def _kept_categories(panoptic: PanopticSegments, *, stuff: bool) -> NDArray[np.bool_]:
    """Which categories are written, bool, shape (K,)."""
    raise_first(unknown_categories(panoptic))
    if stuff:
        return np.ones(len(panoptic.categories), np.bool_)
    if panoptic.is_thing is None:
        raise refusal(
            panoptic.source,
            NO_ISTHING,
            code="no-isthing",
            field="isthing",
            hint="Write both with `stuff=True`.",
            option="stuff",
        )
    return panoptic.is_thing


def _encoded(panoptic: PanopticSegments, image: int, kept: NDArray[np.bool_]) -> Found:
    """The masks of the kept segments of one picture."""
    ids = panoptic.picture(image)
    part = panoptic.of_image(image)
    wanted = panoptic.id[part][kept[part]]
    values, every = regions(ids)
    rows = rows_of(wanted, values.astype(np.int64))
    missing = wanted[rows < 0]
    if len(missing):
        raise unseen_segments(panoptic, image, missing).refusal()
    masks = every.take(rows)
    strings = compress(masks)
    texts = [strings.bytes_of(i) for i in range(len(strings))]
    height, width = ids.shape
    return texts, area(masks).astype(np.float64), boxes(masks), (height, width)


def _images(panoptic: PanopticSegments, sizes: NDArray[np.int32]) -> Images:
    """The images with the sizes of their pictures, and the names of the photographs."""
    rows = rows_of(panoptic.image_id, panoptic.images.id)
    given = np.concatenate([panoptic.images.sizes, np.full((1, 2), -1, np.int32)])[rows]
    wrong = np.flatnonzero((given > 0).all(axis=1) & (given != sizes).any(axis=1))
    if len(wrong):
        image = int(wrong[0])
        raise refusal(
            str(panoptic.path(image)),
            f"is {size_text(sizes[image])} pixels, but {panoptic.source} says "
            f"{size_text(given[image])} for image_id {panoptic.shown_image(image)}",
            code="size-differs",
            count=len(wrong),
            error=MismatchError,
        )
    return Images(
        id=panoptic.image_id,
        keys=panoptic.images.keys,
        sizes=sizes,
        file_names=panoptic.photographs(),
    )


def _notes(panoptic: PanopticSegments, left_out: int) -> tuple[Note, ...]:
    """Notes on what the file lacks, and on what was left out."""
    if not left_out:
        return panoptic.notes
    message = f"{counted(left_out, 'segment')} of stuff left out; `stuff=True` keeps them"
    return (*panoptic.notes, Note("stuff", message, left_out, option="stuff"))
