"""Images as one model or two see them, before they are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.folders import existing_folder
from segeval.data.keys import written
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches
from segeval.pictures.photographs import (
    PICTURES_IN_IT,
    Photograph,
    photograph,
    photograph_or_placeholder,
)
from segeval.pictures.shapes import Seen, Shape, image_shapes

LONGEST_SIDE = 640
"""Pixels of the longest side of a picture as it is drawn in a sheet."""


@frozen(eq=False)
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
        notes: what there is to say of the picture.
        is_placeholder: whether there should be a picture, and it is missing or cannot be used.
    """

    image_id: int | str
    name: str
    model: str
    size: tuple[int, int]
    shapes: tuple[Shape, ...]
    counts: tuple[int, int, int]
    loss: float
    picture: NDArray[np.uint8] | None = None
    notes: tuple[Note, ...] = ()
    is_placeholder: bool = False


def losses(models: Sequence[Seen]) -> NDArray[np.float64]:
    """The loss of every image, or with two models how much it changes, float64, shape (I,).

    Args:
        models: one, or two on the same images.
    """
    loss = models[0].errors.loss
    return loss if len(models) == 1 else np.abs(models[1].errors.loss - loss)


def worst_images(models: Sequence[Seen], most: int) -> list[int]:
    """Places of the images with the largest loss, or with two models of the largest change.

    Args:
        models: one, or two on the same images.
        most: number of images.

    Raises:
        InputError: if there are no images.

    Example:
        >>> from segeval.analysis.image_errors import image_errors
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.weaker, scene.ground_truth, Arguments(), None)
        >>> len(worst_images([Seen("weaker", found, image_errors(found, threshold=0.5))], 3))
        3
    """
    loss = losses(models)
    if not len(loss):
        raise InputError("no image is left to draw.", code="no-images")
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
    """Tiles of some images, of all models image by image; every photograph must be there.

    Args:
        models: one, or two on the same images.
        places: of the images in `Matches.image_ids`.
        folder: of the photographs; None draws none.

    Raises:
        InputError: if the folder or one of the photographs is missing.
        FormatError: for a photograph that cannot be read.
        MismatchError: for a photograph that lacks the size of its image.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.pictures import seen_image
        >>> scene = furniture(images=8)
        >>> seen, place = seen_image(scene.weaker, scene.ground_truth, Arguments(thresholds=0.5), 3)
        >>> [tile] = image_tiles([seen], [place])
        >>> tile.image_id
        3
    """
    return list(each_tile(models, places, folder))


def each_tile(
    models: Sequence[Seen],
    places: Sequence[int],
    folder: Path | None = None,
    *,
    longest: int | None = LONGEST_SIDE,
    placeholders: bool = False,
) -> Iterator[Tile]:
    """As `image_tiles`, one image in memory at a time.

    Args:
        models: one, or two on the same images.
        places: of the images in `Matches.image_ids`.
        folder: of the photographs; None draws none.
        longest: pixels of the longest side that photographs are scaled down to; None for all.
        placeholders: let tiles without a picture, and with a note, stand for photographs that are
            missing, damaged or of another size, instead of refusing them.

    Raises:
        InputError: if the folder is missing; others as `image_tiles`, unless with placeholders.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.pictures import seen_image
        >>> scene = furniture(images=8)
        >>> seen, place = seen_image(scene.weaker, scene.ground_truth, Arguments(thresholds=0.5), 3)
        >>> [tile.image_id for tile in each_tile([seen], [place])]
        [3]
    """
    if folder is not None:
        existing_folder(folder, PICTURES_IN_IT)
    gt, matches = models[0].evaluation.gt, models[0].matches
    sizes = gt.images.sizes_of(matches.image_ids)
    counts = [one.errors.counts(one.matches) for one in models]
    read = photograph_or_placeholder if placeholders else photograph
    for place in places:
        shapes = [image_shapes(one, place) for one in models]
        size = (int(sizes[place, 0]), int(sizes[place, 1]))
        name, image_id = matches.file_names[place], _id(matches, place)
        shown = f"image {image_id}"
        photo = Photograph() if folder is None else read(folder, name, size, shown, longest=longest)
        if min(size) <= 0:
            size = _room([each for some in shapes for each in some])
        for one, some, own in zip(models, shapes, counts, strict=True):
            true, false, missed = own[place].tolist()
            yield Tile(
                image_id=image_id,
                name=Path(name).name or shown,
                model=one.name,
                size=size,
                shapes=some,
                counts=(true, false, missed),
                loss=float(one.errors.loss[place]),
                picture=photo.pixels,
                notes=photo.notes,
                is_placeholder=photo.is_placeholder,
            )


def _id(matches: Matches, place: int) -> int | str:
    [found] = written(matches.image_ids[place : place + 1], matches.image_keys)
    return found


def _room(shapes: Sequence[Shape]) -> tuple[int, int]:
    """Height and width that hold all shapes of an image whose size is unknown."""
    corners = [line.max(axis=0) for shape in shapes for line in shape.lines]
    width, height = np.ceil(np.max(corners, axis=0)).astype(int) if corners else (4, 3)
    return max(int(height), 1), max(int(width), 1)
