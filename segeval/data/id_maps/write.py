"""COCO's columns as a folder of id maps: PNG files of 16 bits."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import rows_of
from segeval.data.joining import numbered_alike
from segeval.data.label_maps.write import write_label_map
from segeval.data.whole_files import whole_folder
from segeval.errors import FormatError, MismatchError, Note
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.limits import check_limit
from segeval.masks import RunLengths, area
from segeval.words import counted, size_text

MOST_OBJECTS = 65535
"""Objects of an image that a picture of 16 bits can hold."""

SCORES_FILE = "scores.csv"
"""Name of the file with the scores of predictions."""


@frozen(eq=False)
class WrittenIdMaps:
    """What became of the objects.

    Attributes:
        images: number of files.
        objects: number of objects that have pixels in them.
        notes: what was left out, and what overlapped.
    """

    images: int
    objects: int
    notes: tuple[Note, ...]


@frozen(eq=False)
class _Painted:
    """One image: the rows of its objects with a pixel left, and how its objects overlap.

    Attributes:
        kept: id in the map and row of each object that can be seen, shape (n,) each.
        shared: pixels that several objects have.
        covered: objects of which no pixel is left.
    """

    kept: tuple[NDArray[np.int64], NDArray[np.int64]]
    shared: int
    covered: int


def coco_to_id_maps(
    gt: GroundTruth,
    folder: str | Path,
    *,
    preds: Predictions | None = None,
    overwrite: bool = False,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> WrittenIdMaps:
    """Write an id map for every image of ground truth: of its objects, or of predictions.

    The objects of an image are numbered from 1 in the order of the file, whatever their category;
    crowd regions are left out. A pixel belongs to one object: of several ground truths the smallest
    lies on top, of several predictions the one with the highest score; among equals the first of
    the file. An image "val/7.jpg" becomes "val/7.png", one without a name gets its id.

    Args:
        gt: ground truth whose images have sizes.
        folder: a new or empty folder, which appears whole or not at all.
        preds: predictions to write in place of the objects, with their scores in `SCORES_FILE`.
        overwrite: whether the folder may hold files; those of the same names are replaced.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: if the folder has files.
        FormatError: for an image without a size, a mask that cannot be drawn, two images of one
            name, or more than `MOST_OBJECTS` objects in an image.
        MismatchError: for predictions of unknown images, or a mask of another size than its image.

    Example:
        >>> import tempfile
        >>> from segeval.data import load_ground_truth
        >>> mask = {"size": [2, 3], "counts": [2, 4]}
        >>> gt = load_ground_truth(
        ...     {
        ...         "images": [{"id": 7, "file_name": "a.jpg", "height": 2, "width": 3}],
        ...         "annotations": [
        ...             {"id": 1, "image_id": 7, "category_id": 1, "segmentation": mask}
        ...         ],
        ...         "categories": [{"id": 1}],
        ...     }
        ... )
        >>> with tempfile.TemporaryDirectory() as name:
        ...     written = coco_to_id_maps(gt, Path(name, "maps"))
        ...     [path.name for path in Path(name, "maps").iterdir()], written.objects
        (['a.png'], 1)
    """
    names = _names(gt)
    source: GroundTruth | Predictions = gt
    rank: NDArray[np.float64] | None = None
    is_kept = ~gt.is_crowd
    if preds is not None:
        both: list[Any] = [preds, gt]
        preds, gt = numbered_alike(both)
        source, rank, is_kept = preds, -preds.score, np.ones(len(preds), np.bool_)
    image = _images_of(source, gt)
    _check_sizes(gt)
    order = np.flatnonzero(is_kept)[np.argsort(image[is_kept], kind="stable")]
    starts = np.searchsorted(image[order], np.arange(len(gt.images) + 1))
    with whole_folder(Path(folder), replaces=overwrite) as hidden:

        def one(place: int) -> _Painted:
            rows = order[starts[place] : starts[place + 1]]
            drawn, painted = _painted(source, gt, place, rows, rank)
            write_label_map(hidden / names[place], drawn)
            return painted

        found = list(in_order(one, range(len(names)), workers, on_progress=on_progress))
        if preds is not None:
            text = _scores_text(names, found, preds.score)
            (hidden / SCORES_FILE).write_text(text, encoding="utf-8")
    return WrittenIdMaps(
        images=len(names),
        objects=sum(len(each.kept[0]) for each in found),
        notes=_notes(source, gt, found, crowds=0 if preds is not None else int(gt.is_crowd.sum())),
    )


def _painted(
    source: GroundTruth | Predictions,
    gt: GroundTruth,
    place: int,
    rows: NDArray[np.int64],
    rank: NDArray[np.float64] | None,
) -> tuple[NDArray[np.uint16], _Painted]:
    """The id map of one image, and what became of its objects.

    Args:
        source: the columns of the objects.
        gt: the ground truth with the images.
        place: of the image.
        rows: of its n objects, ascending.
        rank: of all objects, the lowest on top; None for their area.
    """
    height, width = gt.images.sizes[place].tolist()
    name = f"image {gt.images.shown(place)}"
    what = f"{name} has {size_text((height, width))} = {height * width:,} pixels"
    check_limit("picture_pixels", height * width, what, source=gt.source)
    if len(rows) > MOST_OBJECTS:
        raise FormatError(
            f"{source.source}: {name} has {len(rows):,} objects, expected at most {MOST_OBJECTS:,} "
            "in a picture of 16 bits.",
            code="too-many-objects",
            path=source.source,
        )
    sizes = np.tile(gt.images.sizes[place], (len(rows), 1))
    masks = source.segmentations.take(rows).run_lengths(sizes, source, rows=rows, workers=1)
    _check_masks(masks, sizes, source, rows)
    areas = area(masks).astype(np.int64)
    above = areas if rank is None else rank[rows]
    flat = np.zeros(height * width, np.uint16)
    for index in np.lexsort((np.arange(len(rows)), above))[::-1].tolist():
        ends = np.cumsum(masks.runs(index).astype(np.int64))
        for start, stop in zip(ends[0::2].tolist(), ends[1::2].tolist(), strict=False):
            flat[start:stop] = index + 1
    pixels = np.bincount(flat, minlength=len(rows) + 1)[1:]
    seen = np.flatnonzero(pixels)
    painted = _Painted(
        kept=(seen + 1, rows[seen]),
        shared=int(areas.sum() - pixels.sum()),
        covered=int(((pixels == 0) & (areas > 0)).sum()),
    )
    return np.ascontiguousarray(flat.reshape(width, height).T), painted


def _images_of(source: GroundTruth | Predictions, gt: GroundTruth) -> NDArray[np.int64]:
    """The place of the image of every object."""
    image = rows_of(source.image_id, gt.images.id)
    unknown = np.flatnonzero(image < 0)
    if len(unknown):
        raise refusal(
            source,
            f"{gt.source} has no such image",
            rows=unknown,
            code="unknown-image",
            error=MismatchError,
        )
    return image


def _check_sizes(gt: GroundTruth) -> None:
    """Refuse images without a size, also those without objects."""
    wrong = np.flatnonzero((gt.images.sizes < 1).any(axis=1))
    if len(wrong):
        raise refusal(
            gt.source,
            f"image {gt.images.shown(int(wrong[0]))} has no height or no width, which its id map "
            "needs",
            code="no-size",
            count=len(wrong),
        )


def _check_masks(
    masks: RunLengths,
    sizes: NDArray[np.int32],
    source: GroundTruth | Predictions,
    rows: NDArray[np.int64],
) -> None:
    """Refuse a mask of another size than its image."""
    wrong = np.flatnonzero((masks.sizes != sizes).any(axis=1))
    if len(wrong):
        first = int(wrong[0])
        raise refusal(
            source,
            f"mask is {size_text(masks.sizes[first])}, its image {size_text(sizes[first])}",
            rows=rows[wrong],
            code="mask-size",
            field="segmentation",
            error=MismatchError,
        )


def _names(gt: GroundTruth) -> list[str]:
    """The name of the file of every image, within the folder."""
    found: dict[str, int] = {}
    for place, own in enumerate(gt.images.file_names):
        written = PurePosixPath(own or f"{gt.images.written_ids[place]}")
        if written.is_absolute() or ".." in written.parts or not written.name:
            raise FormatError(
                f"{gt.source}: image {gt.images.shown(place)} is named {str(written)!r}, expected "
                "a path within a folder.",
                code="file-name",
                path=gt.source,
            )
        name = (written.with_suffix("") if own else written).as_posix() + ".png"
        if found.setdefault(name, place) != place:
            raise FormatError(
                f"{gt.source}: images {gt.images.shown(found[name])} and {gt.images.shown(place)} "
                f"would both be written to {name}.",
                code="file-name",
                path=gt.source,
            )
    return list(found)


def _scores_text(
    names: Sequence[str], found: Sequence[_Painted], scores: NDArray[np.float64]
) -> str:
    """The CSV file of the scores of all objects that can be seen."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("image", "id", "score"))
    for name, each in zip(names, found, strict=True):
        ids, own = each.kept
        rows.writerows(
            (name, number, repr(score))
            for number, score in zip(ids.tolist(), scores[own].tolist(), strict=True)
        )
    return text.getvalue()


def _notes(
    source: GroundTruth | Predictions, gt: GroundTruth, found: Sequence[_Painted], *, crowds: int
) -> tuple[Note, ...]:
    """What was left out, and what overlapped."""
    notes = []
    kinds = len(np.unique(source.category_id))
    if kinds > 1:
        message = f"{source.source}: {counted(kinds, 'category', 'categories')} became one"
        notes.append(Note("one-category", message, kinds))
    if crowds:
        message = f"{gt.source}: {counted(crowds, 'crowd region')} left out: not single objects"
        notes.append(Note("crowd", message, crowds))
    shared = sum(each.shared for each in found)
    if shared:
        on_top = "the highest score" if isinstance(source, Predictions) else "the smallest"
        message = (
            f"{source.source}: {counted(shared, 'pixel')} of several objects given to {on_top}"
        )
        notes.append(Note("overlap", message, shared))
    covered = sum(each.covered for each in found)
    if covered:
        message = f"{source.source}: {counted(covered, 'object')} covered by others left out"
        notes.append(Note("covered", message, covered))
    return tuple(notes)
