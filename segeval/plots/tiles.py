"""Images with the outlines of what was found and missed in them, before they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.image_errors import ImageErrors
from segeval.data import GroundTruth
from segeval.data.folders import existing_folder
from segeval.data.keys import written
from segeval.data.paths import is_file
from segeval.data.pictures.photos import read_photo, resize_photo
from segeval.data.segmentations import Format
from segeval.errors import InputError
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.matches import Matches
from segeval.plots.outlines import Lines, box_outline, mask_outlines

Part = Literal["T", "F", "N", ""]
"""True, false, not found; "" for ground truth that was found."""

LONGEST_SIDE = 640
"""Pixels of the longest side of a picture as it is drawn."""


@dataclass(frozen=True, eq=False)
class Shape:
    """One outline.

    Attributes:
        part: what it is.
        lines: in pixels of the image.
        name: of its category.
        score: of a prediction, None for ground truth.
    """

    part: Part
    lines: Lines
    name: str
    score: float | None = None


@dataclass(frozen=True, eq=False)
class Tile:
    """One image as one model sees it.

    Attributes:
        image_id: the image's id.
        name: its file's name, or its id.
        model: name of the model; "" if there is one alone.
        size: (H, W) in pixels.
        shapes: ground truth first, then what was missed, true and false predictions.
        counts: true, false and missed objects.
        loss: as in `ImageErrors`.
        picture: uint8, shape (h, w, 3), scaled down; None without.
    """

    image_id: int | str
    name: str
    model: str
    size: tuple[int, int]
    shapes: tuple[Shape, ...]
    counts: tuple[int, int, int]
    loss: float
    picture: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """The predictions of one model, and what is wrong with them.

    Attributes:
        name: of the model; "" if there is one alone.
        evaluation: of both files.
        errors: of its matches.
    """

    name: str
    evaluation: Evaluation
    errors: ImageErrors

    @property
    def matches(self) -> Matches:
        """The predictions matched to the ground truth."""
        return self.evaluation.matches


def worst_images(models: Sequence[Seen], most: int) -> list[int]:
    """Places of the images with the largest loss, or with two models of the largest change.

    Args:
        models: one, or two on the same images.
        most: number of images.

    Raises:
        InputError: if there are no images.
    """
    loss = models[0].errors.loss
    if not len(loss):
        raise InputError("no image is left to draw.", code="no-images")
    if len(models) > 1:
        loss = np.abs(models[1].errors.loss - loss)
    order: list[int] = np.argsort(-loss, kind="stable")[:most].tolist()
    return order


def image_rows(models: Sequence[Seen]) -> list[tuple[str | int | float, ...]]:
    """The data behind the sheet: a header, then a row for each image and model, all images.

    Args:
        models: one, or two on the same images.
    """
    rows: list[tuple[str | int | float, ...]] = [
        ("model", "image_id", "file_name", "loss", "true", "false", "missed")
    ]
    for one in models:
        ids = written(one.matches.image_ids, one.matches.image_keys)
        counts = one.errors.counts(one.matches).tolist()
        columns = (ids, one.matches.file_names, one.errors.loss.tolist(), counts)
        rows += [
            (one.name, number, name, loss, *of_image)
            for number, name, loss, of_image in zip(*columns, strict=True)
        ]
    return rows


def image_tiles(
    models: Sequence[Seen], places: Sequence[int], folder: Path | None = None
) -> list[Tile]:
    """Tiles of some images, of all models image by image.

    Args:
        models: one, or two on the same images.
        places: of the images in `Matches.image_ids`.
        folder: of the pictures; None draws none.

    Raises:
        InputError: if the folder or one of the pictures is missing.
        FormatError: for a picture that cannot be read.
        MismatchError: for a picture that lacks the size of its image.
    """
    gt, matches = models[0].evaluation.gt, models[0].matches
    sizes = gt.images.sizes_of(matches.image_ids)
    counts = [one.errors.counts(one.matches) for one in models]
    tiles = []
    for place in places:
        shapes = [_shapes(one, gt, place) for one in models]
        size = (int(sizes[place, 0]), int(sizes[place, 1]))
        name = matches.file_names[place]
        picture = None if folder is None else _picture(folder, name, size, matches, place)
        if min(size) <= 0:
            size = _room([each for some in shapes for each in some])
        for one, some, own in zip(models, shapes, counts, strict=True):
            true, false, missed = own[place].tolist()
            tiles.append(
                Tile(
                    image_id=_id(matches, place),
                    name=Path(name).name or f"image {_id(matches, place)}",
                    model=one.name,
                    size=size,
                    shapes=tuple(some),
                    counts=(true, false, missed),
                    loss=float(one.errors.loss[place]),
                    picture=picture,
                )
            )
    return tiles


def _id(matches: Matches, place: int) -> int | str:
    [found] = written(matches.image_ids[place : place + 1], matches.image_keys)
    return found


def _room(shapes: Sequence[Shape]) -> tuple[int, int]:
    """Height and width that hold all shapes of an image whose size is unknown."""
    corners = [line.max(axis=0) for shape in shapes for line in shape.lines]
    width, height = np.ceil(np.max(corners, axis=0)).astype(int) if corners else (4, 3)
    return max(int(height), 1), max(int(width), 1)


def _picture(
    folder: Path, name: str, size: tuple[int, int], matches: Matches, place: int
) -> NDArray[np.uint8]:
    """The picture of an image, scaled down."""
    existing_folder(folder, ", expected the pictures in it")
    path = next((each for each in (folder / name, folder / Path(name).name) if is_file(each)), None)
    if not name or path is None:
        shown = name or f"of image_id {_id(matches, place)}, which has no file_name"
        raise InputError(
            f"{folder}: has no picture {shown}. Name another folder, or none to draw on grey.",
            code="no-file",
            path=str(folder),
        )
    photo = read_photo(path, size if min(size) > 0 else None)
    scale = LONGEST_SIDE / max(photo.shape[:2])
    if scale >= 1:
        return photo
    height, width = (max(round(side * scale), 1) for side in photo.shape[:2])
    return resize_photo(photo, (height, width))


def _shapes(one: Seen, gt: GroundTruth, place: int) -> list[Shape]:
    """What is in one image, for one model."""
    matches, errors = one.matches, one.errors
    names = matches.category_names
    gts = np.flatnonzero((matches.gt_image == place) & matches.gt_counted[0])
    shapes = []
    for each, lines in zip(gts.tolist(), _lines_of_gt(gt, matches, gts), strict=True):
        part: Part = "N" if errors.is_missed[each] else ""
        shapes.append(Shape(part, lines, names[matches.gt_category[each]]))
    shapes.sort(key=lambda shape: shape.part)
    is_true = (errors.object >= 0) & ~errors.is_false
    is_true[is_true] = matches.gt_counted[0][errors.object[is_true]]
    category = matches.category
    for part, chosen in (("T", is_true), ("F", errors.is_false)):
        rows = np.flatnonzero(chosen & (matches.image == place))
        for row, lines in zip(rows.tolist(), _lines_of_preds(one, gt, rows), strict=True):
            name, score = names[category[row]], float(matches.score[row])
            shapes.append(Shape("T" if part == "T" else "F", lines, name, score))
    return shapes


def _lines_of_gt(gt: GroundTruth, matches: Matches, places: NDArray[np.intp]) -> list[Lines]:
    """Outlines of some ground truths, as they were compared."""
    rows = matches.gt[places]
    if matches.request.iou == "bbox":
        return [box_outline(gt.boxes[row]) for row in rows.tolist()]
    masks = gt.segmentations.take(rows).run_lengths(gt.mask_sizes[rows], gt, rows=rows)
    return [mask_outlines(masks, k) for k in range(len(rows))]


def _lines_of_preds(one: Seen, gt: GroundTruth, places: NDArray[np.intp]) -> list[Lines]:
    """Outlines of some predictions: masks, or boxes where there are no masks."""
    preds, rows = one.evaluation.preds, one.matches.prediction[places]
    has_mask = preds.segmentations.format[rows] != Format.NONE
    if one.matches.request.iou == "bbox":
        has_mask &= ~preds.has_box[rows]
    sizes = gt.images.sizes_of(preds.image_id[rows])
    masks = preds.segmentations.take(rows).run_lengths(np.maximum(sizes, 0), preds, rows=rows)
    return [
        mask_outlines(masks, k) if has_mask[k] else box_outline(preds.boxes[row])
        for k, row in enumerate(rows.tolist())
    ]
