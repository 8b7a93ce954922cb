"""What one model sees in a panoptic image: true, false and missed segments, and void."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.panoptic_outcomes import SegmentOutcomes
from segeval.analysis.errors.panoptic_statistics import image_losses
from segeval.data.folders import existing_folder
from segeval.data.ids import rows_of
from segeval.data.keys import written
from segeval.data.panoptic.columns import PanopticSegments
from segeval.frozen import frozen
from segeval.masks import RunLengths
from segeval.masks.regions import regions
from segeval.metrics.panoptic.outcomes import CONFUSION, CROWD, EXCUSED, MISSED, TRUE
from segeval.metrics.panoptic.statistics import PanopticStatistics
from segeval.pictures.outlines import mask_outlines
from segeval.pictures.photographs import PICTURES_IN_IT, Photograph, photograph_or_placeholder
from segeval.pictures.shapes import Part, Shape
from segeval.pictures.tiles import Tile

VOID = "void"
"""What pixels without a true segment are called."""


@frozen(eq=False)
class SeenSegments:
    """The segments of one model, and what became of them.

    Attributes:
        name: of the model; "" if there is one alone.
        outcomes: of every segment.
        loss: what every image takes from PQ, in the order of the ground truth, shape (I,).
    """

    name: str
    outcomes: SegmentOutcomes
    loss: NDArray[np.float64]

    @classmethod
    def of(
        cls, name: str, outcomes: SegmentOutcomes, statistics: PanopticStatistics
    ) -> SeenSegments:
        """From the outcomes and the statistics of one kind of IoU."""
        loss = np.empty(len(outcomes.gt))
        loss[outcomes.order] = image_losses(statistics)
        return cls(name, outcomes, loss)


def segment_losses(models: Sequence[SeenSegments]) -> NDArray[np.float64]:
    """The loss of every image, or with two models how much it changes, float64, shape (I,).

    Args:
        models: one, or two on the same images.
    """
    loss = models[0].loss
    return loss if len(models) == 1 else np.abs(models[1].loss - loss)


def worst_segment_images(models: Sequence[SeenSegments], most: int) -> list[int]:
    """Places of the images in the ground truth that take most from PQ, or change most.

    Images that take nothing, or do not change, are left out; of equal ones the smallest ids come
    first.

    Args:
        models: one, or two on the same images.
        most: number of images.

    Example:
        >>> from segeval.pictures import seen_segments
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     seen, _, _ = seen_segments(gt, gt, 2)
        ...     worst_segment_images([seen], 3)
        []
    """
    loss = segment_losses(models)
    by_id = models[0].outcomes.order
    order = by_id[np.argsort(-loss[by_id], kind="stable")]
    found: list[int] = order[loss[order] > 0][:most].tolist()
    return found


def each_segment_tile(
    models: Sequence[SeenSegments],
    places: Sequence[int],
    folder: Path | None = None,
    *,
    longest: int | None = None,
) -> Iterator[Tile]:
    """Tiles of some images, of all models image by image, one image in memory at a time.

    Args:
        models: one, or two on the same ground truth.
        places: of the images in the ground truth.
        folder: of the photographs; None for none. One that is missing, damaged or of another size
            is a tile without a picture, with a note.
        longest: pixels of the longest side that photographs are scaled down to; None for all.

    Raises:
        InputError: if the folder is missing.

    Example:
        >>> from segeval.pictures import seen_segments
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     seen, _, _ = seen_segments(gt, gt, 2)
        ...     [tile.image_id for tile in each_segment_tile([seen], [0])]
        [2]
    """
    if folder is not None:
        existing_folder(folder, PICTURES_IN_IT)
    gt = models[0].outcomes.gt
    names, ids = gt.photographs(), written(gt.image_id, gt.images.keys)
    counts = [one.outcomes.counts() for one in models]
    for place in places:
        values, masks = regions(gt.picture(place))
        height, width = masks.sizes[0].tolist()
        shown = f"image {ids[place]}"
        photo = Photograph()
        if folder is not None:
            size = (height, width)
            photo = photograph_or_placeholder(folder, names[place], size, shown, longest=longest)
        for one, own in zip(models, counts, strict=True):
            true, false, missed, _ = own[place].tolist()
            yield Tile(
                image_id=ids[place],
                name=Path(names[place]).name or shown,
                model=one.name,
                size=(height, width),
                shapes=segment_shapes(one, place, values, masks),
                counts=(true, false, missed),
                loss=float(one.loss[place]),
                picture=photo.pixels,
                notes=photo.notes,
                is_placeholder=photo.is_placeholder,
            )


def segment_shapes(
    seen: SeenSegments, place: int, values: NDArray[np.integer[Any]], masks: RunLengths
) -> tuple[Shape, ...]:
    """What is in one image: void and crowds, segments found, missed, true and false ones.

    Excused predictions are left out.

    Args:
        seen: the segments of one model.
        place: of the image in the ground truth.
        values: ids in the picture of the ground truth, ascending, 0 for void, shape (V,).
        masks: of these.

    Example:
        >>> from segeval.masks import encode
        >>> from segeval.pictures import seen_segments
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     seen, _, _ = seen_segments(gt, gt, 2)
        ...     masks = encode(np.ones((1, 3, 4), bool))
        ...     [shape.part for shape in segment_shapes(seen, 0, np.array([1]), masks)]
        ['', 'T']
    """
    own = seen.outcomes
    image = rows_of(own.gt.image_id[place : place + 1], own.preds.image_id)
    pred_values, pred_masks = regions(own.preds.picture(int(image[0])))
    shapes = [
        *_void(values, masks),
        *_shapes_of_gt(own, place, values, masks),
        *_shapes_of_preds(own, int(image[0]), pred_values, pred_masks),
    ]
    return tuple(sorted(shapes, key=lambda shape: ORDER.index(shape.part)))


ORDER: tuple[Part, ...] = ("V", "", "N", "T", "F")
"""Parts from back to front."""


def _void(values: NDArray[np.integer[Any]], masks: RunLengths) -> Iterator[Shape]:
    """Pixels without a true segment."""
    if len(values) and values[0] == 0:
        mask = masks.take(np.array([0]))
        yield Shape("V", mask_outlines(mask)[0], VOID, mask=mask)


def _shapes_of_gt(
    own: SegmentOutcomes, place: int, values: NDArray[np.integer[Any]], masks: RunLengths
) -> Iterator[Shape]:
    """True segments: found and missed ones, and crowd regions."""
    gt, rows = own.gt, own.gt.of_image(place)
    names = _names(gt, gt, rows)
    for row, name, mask in _with_masks(gt, rows, names, values, masks):
        state, partner = own.gt_state[row], int(own.gt_partner[row])
        part: Part = "N" if state in (MISSED, CONFUSION) else ""
        about = ""
        if state == CROWD:
            part, name = "V", f"crowd of {name}"
        elif state == CONFUSION:
            about = f", taken for {_name(own.preds, gt, partner)}"
        yield Shape(part, mask_outlines(mask)[0], name, row=row, mask=mask, about=about)


def _shapes_of_preds(
    own: SegmentOutcomes, image: int, values: NDArray[np.integer[Any]], masks: RunLengths
) -> Iterator[Shape]:
    """Predicted segments: true and false ones."""
    preds, rows = own.preds, own.preds.of_image(image)
    names = _names(preds, own.gt, rows)
    for row, name, mask in _with_masks(preds, rows, names, values, masks):
        state, partner = own.state[row], int(own.partner[row])
        if state == EXCUSED:
            continue
        part: Part = "T" if state == TRUE else "F"
        about = ""
        if state == TRUE:
            about = f", IoU {own.iou[row]:.2f}"
        elif state == CONFUSION:
            about = f", is {_name(own.gt, own.gt, partner)} (IoU {own.iou[row]:.2f})"
        yield Shape(part, mask_outlines(mask)[0], name, row=row, mask=mask, about=about)


def _with_masks(
    segments: PanopticSegments,
    rows: slice,
    names: Sequence[str],
    values: NDArray[np.integer[Any]],
    masks: RunLengths,
) -> Iterator[tuple[int, str, RunLengths]]:
    """Rows of segments, the names of their categories, and their masks, those without any left out.

    Args:
        segments: of a file.
        rows: of one image.
        names: of the categories of these rows.
        values: ids in its picture, ascending.
        masks: of these.
    """
    places = rows_of(segments.id[rows], values.astype(np.int64))
    for row, name, place in zip(range(rows.start, rows.stop), names, places.tolist(), strict=True):
        if place >= 0:
            yield row, name, masks.take(np.array([place]))


def _names(segments: PanopticSegments, gt: PanopticSegments, rows: slice) -> list[str]:
    """Names of the categories of some segments, as the ground truth lists them."""
    places = rows_of(segments.category_id[rows], gt.categories.id)
    return [gt.categories.names[place] for place in places.tolist()]


def _name(segments: PanopticSegments, gt: PanopticSegments, row: int) -> str:
    """Name of the category of one segment."""
    [name] = _names(segments, gt, slice(row, row + 1))
    return name
