"""Images of label maps as models see them: wrong pixels by kind, one image in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.label_maps import NEAR
from segeval.analysis.errors.label_pixels import MAP_VOID, error_map
from segeval.analysis.errors.label_statistics import class_maps
from segeval.checks.label_agreement import label_names
from segeval.checks.swapped_maps import perhaps_swapped_maps
from segeval.data.cityscapes.labels import frame_of
from segeval.data.folder_files import files_below
from segeval.data.folders import existing_folder
from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair, label_pair
from segeval.data.names_by_way import by_way
from segeval.data.pictures.photos import SUFFIXES
from segeval.errors import Note
from segeval.findings import note_of
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import BoundarySettings
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.pictures.photographs import PICTURES_IN_IT, Photograph, photograph_or_placeholder

MOST_CONFUSED = 3
"""Pairs of classes that are named for an image."""


@frozen(eq=False)
class LabelView:
    """One image of label maps as one model sees it.

    Attributes:
        pred: place of each pixel's predicted class among C, C or more for none, (h, w), unsigned.
        kinds: of each pixel's error, values of `error_map`, uint8, shape (h, w).
        pixels: wrong pixels of the whole image by value of `error_map`, of 1 to 3.
        evaluated: pixels of the whole image that the ground truth has a class for.
        confused: places of the true and the predicted class, and how many pixels, of the pairs
            that most pixels are confused in; C is no class.
    """

    pred: NDArray[Any]
    kinds: NDArray[np.uint8]
    pixels: tuple[int, int, int]
    evaluated: int
    confused: tuple[tuple[int, int, int], ...]


@frozen(eq=False)
class LabelTile:
    """One image of label maps, scaled down by picking pixels, which mixes no labels.

    Attributes:
        key: by which its files were paired.
        size: (H, W) of its label maps.
        gt: place of each pixel's true class among C, C or more for void, (h, w), unsigned.
        photo: its photograph, scaled to (h, w) at most.
        views: of each model.
        doubts: what there is to say of the order of the files.
    """

    key: str
    size: tuple[int, int]
    gt: NDArray[Any]
    photo: Photograph
    views: tuple[LabelView, ...]
    doubts: tuple[Note, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What there is to say of its photograph, and of the order of the files."""
        return (*self.photo.notes, *self.doubts)


def label_losses(results: Sequence[MeanIoUResult]) -> list[dict[str, float]]:
    """The loss of every image by its key, of each model: 1 - mIoU of the image alone.

    Args:
        results: of each model; images without an evaluated pixel have no loss.

    Example:
        >>> import segeval
        >>> maps = [np.array([[0, 0, 1, 1]]), np.array([[1, 1, 0, 0]])]
        >>> label_losses([segeval.mean_iou([maps[0], maps[0]], maps, classes=2)])
        [{'0': 0.0, '1': 1.0}]
    """
    return [
        {each.name: 1 - each.miou for each in own.images if each.miou is not None}
        for own in results
    ]


def worst_label_images(losses: Sequence[Mapping[str, float]], most: int) -> list[str]:
    """Keys of the images with the largest loss, or with two models of the largest change.

    Images that lose nothing, or do not change, are left out; of equal ones the first keys come
    first.

    Args:
        losses: of one model, or of two on the same images, as `label_losses` gives them.
        most: number of images.

    Example:
        >>> worst_label_images([{"a.png": 0.2, "b.png": 0.0, "c.png": 0.5}], 24)
        ['c.png', 'a.png']
        >>> worst_label_images([{"a.png": 0.2, "c.png": 0.5}, {"a.png": 0.6, "c.png": 0.4}], 1)
        ['a.png']
    """
    first, *others = losses
    rank = dict(first)
    for other in others:
        rank = {key: abs(other[key] - own) for key, own in first.items() if key in other}
    ordered = sorted(rank, key=lambda key: (-rank[key], key))
    return [key for key in ordered if rank[key] > 0][:most]


def each_label_tile(
    images: Sequence[Sequence[LabelPair]],
    classes: LabelClasses,
    folder: Path | None,
    *,
    longest: int,
) -> Iterator[LabelTile]:
    """Images of label maps, one after the other.

    Args:
        images: of each image its label maps by one model, or by several ones.
        classes: C of the run.
        folder: of the photographs; None for none.
        longest: pixels of the longest side of what is shown.

    Raises:
        InputError: as `LabelPair.load`, and if the folder is missing.

    Example:
        >>> from segeval.data.label_maps.classes import label_classes
        >>> from segeval.data.label_maps.pairs import LabelPair
        >>> classes = label_classes({0: "floor", 1: "wall"})
        >>> gt = np.array([[0, 0, 1, 1], [0, 0, 1, 1]])
        >>> pairs = [LabelPair(gt[:, ::-1], gt, "a", "gt", "0")]
        >>> [tile.key for tile in each_label_tile([pairs], classes, None, longest=100)]
        ['0']
    """
    photos = _photos_in(folder)
    for pairs in images:
        maps = (class_maps(pair, classes)[:2] for pair in pairs)
        yield _tile(pairs[0].key, maps, len(classes), photos, longest)


def label_tile(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Sequence[Any],
    image: int | str,
    *,
    classes: LabelClasses,
    photos: Path | None = None,
    longest: int,
) -> LabelTile:
    """One image of label maps, without reading the others.

    Args:
        preds: as in `mean_iou`.
        gt: as in `mean_iou`.
        image: its name: the path of its label map in the folder, or its end without folders; each
            with or without suffix.
        classes: C of the run.
        photos: folder of the photographs; None for none.
        longest: pixels of the longest side of what is shown.

    Raises:
        InputError: for an image that does not exist, with its nearest names.
        FormatError: for a file that is not a label map.
        MismatchError: if it has no prediction, or several, or their sizes differ.

    Example:
        >>> from segeval.data.label_maps.classes import label_classes
        >>> gt = np.array([[0, 0, 1, 1], [0, 0, 1, 1]])
        >>> classes = label_classes({0: "floor", 1: "wall"})
        >>> label_tile([gt[:, ::-1]], [gt], "0", classes=classes, longest=100).size
        (2, 4)
    """
    pair = label_pair(preds, gt, classes, image)
    found = _photos_in(photos)
    maps = class_maps(pair, classes)[:2]
    preds_void, gt_void = (bool((each >= len(classes)).any()) for each in maps)
    doubts = perhaps_swapped_maps(label_names(preds, gt), int(preds_void), 1, gt_has_void=gt_void)
    tile = _tile(pair.key, [maps], len(classes), found, longest)
    return replace(tile, doubts=tuple(map(note_of, doubts)))


def _photos_in(folder: Path | None) -> PhotosByName | None:
    """The photographs of a folder; None without one."""
    return None if folder is None else PhotosByName(existing_folder(folder, PICTURES_IN_IT))


def _tile(
    key: str,
    maps: Iterable[tuple[NDArray[Any], NDArray[Any]]],
    classes: int,
    photos: PhotosByName | None,
    longest: int,
) -> LabelTile:
    """One image.

    Args:
        key: its name.
        maps: places of the classes in the prediction of each model, and in the ground truth.
        classes: how many there are.
        photos: to find its photograph in; None for none.
        longest: pixels of the longest side of what is shown.
    """
    views, gt = [], np.zeros((0, 0), np.uint8)
    for pred, gt in maps:
        views.append(_view(pred, gt, classes, longest))
    size = gt.shape[0], gt.shape[1]
    photo = Photograph() if photos is None else photographed(photos, key, size, longest)
    return LabelTile(key, size, picked(gt, longest), photo, tuple(views))


class PhotosByName:
    """The photographs of a folder, found by the names of label maps.

    A photograph belongs to a label map if its path in the folder is the same but for the suffix,
    else its name, else Cityscapes' city, sequence and frame; never if several have that name.

    Attributes:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = files_below(folder, *(f"*{suffix}" for suffix in SUFFIXES))
        files = [path.relative_to(folder) for path in found]
        self._ways = by_way(((path, _names(path)) for path in files), 3)

    def of(self, key: str) -> str:
        """The path below the folder of the photograph of an image; its key if there is none."""
        for way, name in zip(self._ways, _names(Path(key)), strict=True):
            found = way.get(name, [])
            if len(found) == 1:
                return found[0].as_posix()
        return key


def photographed(
    photos: PhotosByName, key: str, size: tuple[int, int], longest: int | None
) -> Photograph:
    """The photograph of a label map, or a placeholder with a note."""
    return photograph_or_placeholder(
        photos.folder, photos.of(key), size, f"image {key}", longest=longest
    )


def picked(labels: NDArray[Any], longest: int) -> NDArray[Any]:
    """A map scaled down to a longest side by picking pixels, so that labels do not mix.

    Example:
        >>> picked(np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), 2)
        array([[6, 8]])
    """
    height, width = labels.shape
    scale = longest / max(height, width)
    if scale >= 1:
        return labels
    rows, columns = (
        ((2 * np.arange(new) + 1) * old) // (2 * new)
        for old, new in ((side, max(round(side * scale), 1)) for side in (height, width))
    )
    found: NDArray[Any] = labels[rows[:, np.newaxis], columns]
    return found


def _names(path: Path) -> tuple[str, str, str]:
    """Names of a file by the three ways in which photographs are found, "" for none."""
    return path.with_suffix("").as_posix(), path.stem, frame_of(path) or ""


def _view(pred: NDArray[Any], gt: NDArray[Any], classes: int, longest: int) -> LabelView:
    """What one model makes of an image."""
    near = BoundarySettings(NEAR, None).pixels(gt.shape)
    kinds = error_map(pred, gt, classes, near)
    counts = np.bincount(kinds.ravel(), minlength=MAP_VOID + 1).tolist()
    return LabelView(
        pred=picked(pred, longest),
        kinds=picked(kinds, longest),
        pixels=(counts[1], counts[2], counts[3]),
        evaluated=kinds.size - counts[MAP_VOID],
        confused=_confused(pred, gt, classes),
    )


def _confused(
    pred: NDArray[Any], gt: NDArray[Any], classes: int
) -> tuple[tuple[int, int, int], ...]:
    """The pairs of classes that most pixels are confused in."""
    wrong = (gt < classes) & (gt != pred)
    true, taken = gt[wrong].astype(np.int64), np.minimum(pred[wrong].astype(np.int64), classes)
    pairs, number = np.unique(true * (classes + 1) + taken, return_counts=True)
    order = np.argsort(-number, kind="stable")[:MOST_CONFUSED]
    return tuple(
        (pair // (classes + 1), pair % (classes + 1), count)
        for pair, count in zip(pairs[order].tolist(), number[order].tolist(), strict=True)
    )
