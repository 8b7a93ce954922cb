"""Crops of label suspects: what models predict there, and what is annotated around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.suspects.result import DisputedLabel, LabelSuspect, Suspect, UnfoundObject
from segeval.analysis.suspects.shapes import (
    SuspectShape,
    annotated_shapes,
    predicted_shapes,
)
from segeval.data.folders import existing_folder
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.pictures.crops import Box, crop_box, cropped
from segeval.pictures.outlines import Lines, box_outline, mask_outlines
from segeval.pictures.photographs import (
    PICTURES_IN_IT,
    Photograph,
    photograph_or_placeholder,
    scaled_down,
)
from segeval.pictures.shapes import Part, Shape
from segeval.pictures.tiles import LONGEST_SIDE, Tile
from segeval.words import counted

MARGIN = 0.5
"""Margin of a crop on every side, as a fraction of the side of the suspect's box."""

LEAST = 64
"""Pixels of the shortest side of a crop, where the image has as many."""


ORDER: tuple[Part, ...] = ("", "P", "A")
"""Parts as they are drawn, one above the other: what is in doubt is dashed, and hides nothing."""


@frozen(eq=False)
class SuspectTile:
    """One suspect, cut out of its image.

    Attributes:
        tile: the crop, in whose pixels its shapes are: "P" what models predict, "A" the annotation
            in doubt, "" what else is annotated there.
        caption: what may be wrong.
        certainty: the score, and how many of several models say so; "" without a score.
    """

    tile: Tile
    caption: str
    certainty: str


def suspect_tiles(
    suspects: Sequence[Suspect], models: Sequence[Evaluation], folder: Path | None = None
) -> list[SuspectTile]:
    """Crops of suspects, in their order; every photograph is read once.

    Args:
        suspects: of `segeval.analysis.label_suspects`.
        models: those that they are of, as `segeval.analysis.evaluated` gives them for the same
            arguments.
        folder: of the photographs; None draws none. One that is missing, damaged or of another
            size is a crop without a picture, with a note.

    Raises:
        InputError: if the folder is missing.

    Example:
        >>> from segeval.analysis import evaluated, label_suspects
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> found = label_suspects(scene.better, scene.ground_truth)
        >>> model = evaluated(scene.better, scene.ground_truth)
        >>> [each.caption for each in suspect_tiles(list(found.listed()), [model])]
        ['no table?', 'no cabinet?']
    """
    if folder is not None:
        existing_folder(folder, PICTURES_IN_IT)
    by_image = sorted(range(len(suspects)), key=lambda number: suspects[number].place)
    found: dict[int, SuspectTile] = {}
    for place, several in groupby(by_image, lambda number: suspects[number].place):
        numbers = list(several)
        own = [suspects[number] for number in numbers]
        found |= zip(numbers, _of_image(own, place, models, folder), strict=True)
    return [found[number] for number in range(len(suspects))]


def _caption(suspect: Suspect) -> str:
    """What may be wrong, as a question."""
    if isinstance(suspect, DisputedLabel):
        return f"{suspect.category}, or {suspect.predicted}?"
    return f"{'no ' * isinstance(suspect, UnfoundObject)}{suspect.category}?"


def _certainty(suspect: Suspect) -> str:
    """The score, and how many of several models say so."""
    if isinstance(suspect, UnfoundObject):
        return ""
    by = f" by {counted(suspect.models, 'model')}" if len(suspect.scores) > 1 else ""
    return f"{suspect.score:.2f}{by}"


def _of_image(
    suspects: Sequence[Suspect], place: int, models: Sequence[Evaluation], folder: Path | None
) -> Iterator[SuspectTile]:
    """The crops of suspects of one image."""
    gt, matches = models[0].gt, models[0].matches
    image_id, name = matches.image_ids[place], matches.file_names[place]
    height, width = gt.images.sizes_of(np.array([image_id]))[0].tolist()
    shown = f"image {suspects[0].image_id}"
    photo = Photograph()
    if folder is not None:
        photo = photograph_or_placeholder(folder, name, (height, width), shown)
    rows = np.flatnonzero(gt.image_id == image_id)
    around = annotated_shapes(models[0], rows)
    names = dict(zip(gt.categories.id.tolist(), gt.categories.names, strict=True))
    called = [names[category] for category in gt.category_id[rows].tolist()]
    for suspect in suspects:
        doubted = -1 if isinstance(suspect, LabelSuspect) else int(matches.gt[suspect.target])
        predicted = list(_predictions(suspect, models))
        boxes = [shape.box for shape, _ in predicted]
        boxes += [shape.box for row, shape in zip(rows, around, strict=True) if row == doubted]
        size = (height, width) if min(height, width) > 0 else _room([*boxes, *_boxes(around)])
        box = crop_box(boxes, size, margin=MARGIN, least=LEAST)
        shapes = [
            _shape(shape, "A" if row == doubted else "", name, box)
            for row, shape, name in zip(rows.tolist(), around, called, strict=True)
            if _is_in(shape.box, box)
        ]
        suggested = suspect.predicted if isinstance(suspect, DisputedLabel) else suspect.category
        shapes += [_shape(shape, "P", suggested, box, score) for shape, score in predicted]
        shapes.sort(key=lambda each: ORDER.index(each.part))
        picture = None
        if photo.pixels is not None:
            picture = scaled_down(cropped(photo.pixels, box), LONGEST_SIDE)
        yield SuspectTile(
            Tile(
                image_id=suspect.image_id,
                name=Path(name).name or shown,
                model="",
                size=(box.height, box.width),
                shapes=tuple(shapes),
                counts=(0, 0, 0),
                loss=0.0,
                picture=picture,
                notes=photo.notes,
                is_placeholder=photo.is_placeholder,
            ),
            _caption(suspect),
            _certainty(suspect),
        )


def _predictions(
    suspect: Suspect, models: Sequence[Evaluation]
) -> Iterator[tuple[SuspectShape, float | None]]:
    """Where the models predict a suspect, and with which scores."""
    if isinstance(suspect, UnfoundObject):
        return
    for model, row, score in zip(models, suspect.rows, suspect.scores, strict=True):
        if row is not None:
            [shape] = predicted_shapes(model, [row])
            yield shape, score


def _shape(
    shape: SuspectShape, part: Part, name: str, box: Box, score: float | None = None
) -> Shape:
    """A shape in pixels of a crop."""
    lines: Lines = box_outline(shape.box) if shape.mask is None else mask_outlines(shape.mask)[0]
    corner = np.array((box.left, box.top), np.float64)
    return Shape(part, [line - corner for line in lines], name, score)


def _boxes(shapes: Sequence[SuspectShape]) -> list[NDArray[np.float64]]:
    return [shape.box for shape in shapes]


def _room(boxes: Sequence[NDArray[np.float64]]) -> tuple[int, int]:
    """Height and width that hold all boxes of an image whose size is unknown."""
    corners = np.array([box[:2] + box[2:] for box in boxes])
    width, height = np.ceil(np.nanmax(corners, axis=0)).astype(int).tolist()
    return max(height, 1), max(width, 1)


def _is_in(shape: NDArray[np.float64], box: Box) -> bool:
    """Whether a part of a shape can be seen in a crop."""
    left, top, width, height = shape.tolist()
    return bool(
        left < box.left + box.width
        and left + width > box.left
        and top < box.top + box.height
        and top + height > box.top
    )
