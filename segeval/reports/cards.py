"""Images of a page: a photograph, and above it what models found and missed, layer by layer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.encoding import webp
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.masks import RunLengths
from segeval.pictures import (
    Box,
    Seen,
    Shape,
    Tile,
    crop_box,
    cropped,
    each_tile,
    mask_layers,
    poor_masks,
    svg_path,
)
from segeval.pictures.photographs import scaled_down
from segeval.reports.page_table import name_of
from segeval.reports.room import escaped_bytes
from segeval.words import counted, stopped

FOUND = "G"
"""The letter of ground truth that was found."""

VOID = "V"
"""The letter of void and crowd regions, which are areas."""

LONGEST_SIDES = (480, 400, 320, 240, 160)
"""Pixels of the longest side of photographs: the first is usual, the others save room."""

LONG_PATH = 6000
"""Characters of an outline from which a picture of one bit may take its place: outlines show by
the style of their line what they are, a picture only by its colour and its frame."""

LACKS = {"no-photo": "no photograph", "bad-photo": "unusable photograph"}
"""What a caption says of an image, by the code of the note on its photograph."""

AROUND_A_LAYER = (200, 500)
"""Bytes of the elements of an outline, and of a mask of one bit, around what they show."""

AROUND_A_VIEW = 500

AROUND_A_CARD = 500
"""Bytes of elements around what they show, and of the numbers of an image."""

MOST_NOTES = 12
"""Remarks on photographs that a page makes."""

DRAWN_AT = 480
"""Pixels of the longest side for which letters have their size."""


@frozen
class Layer:
    """One prediction or object.

    Attributes:
        part: "T" true, "F" false, "N" not found, "G" ground truth that was found, "V" void; "A" and
            "B" what these models predict, "P" what the only one predicts.
        path: SVG path data of its outline; "" where a picture is shorter, and for empty masks.
        picture: a mask of one bit as a data address; "" where the outline is shorter.
        box: left, top, width and height, in pixels of the image.
        title: its letter and category, and the score of a prediction.
        letter: x and y of its letter: the highest point of what is true, the rightmost one of what
            is false and the lowest one of what was not found, so that they do not hide each other.
    """

    part: str
    path: str
    picture: str
    box: tuple[float, float, float, float]
    title: str
    letter: tuple[float, float]


@frozen
class View:
    """One image, or a part of it, as one model sees it.

    Attributes:
        letter: of the model; "" if there is one alone.
        caption: what there is to see.
        layers: ground truth first.
    """

    letter: str
    caption: str
    layers: tuple[Layer, ...]


@frozen
class Card:
    """One image, or a part of it.

    Attributes:
        name: of its file, or its id.
        image_id: its id, as text.
        box: the part, in pixels of the image.
        photo: the photograph of the part as a data address; "" without.
        lacks: what is wrong with a photograph that should be there, one of `LACKS`; "" for nothing.
        views: one for each model.
        notes: what there is to say of the photograph.
    """

    name: str
    image_id: str
    box: Box
    photo: str
    lacks: str
    views: tuple[View, ...]
    notes: tuple[str, ...]

    @property
    def letter_scale(self) -> float:
        """Pixels of the image to one of the size for which letters are made."""
        return max(self.box.width, self.box.height) / DRAWN_AT

    @property
    def characters(self) -> int:
        """At most as many bytes as it takes on the page, names that have to be escaped included."""
        layers = [layer for view in self.views for layer in view.layers]
        masks = sum(
            len(layer.path) + len(layer.picture) + AROUND_A_LAYER[bool(layer.picture)]
            for layer in layers
        )
        titles = [*(layer.title for layer in layers), *self.notes]
        captions = 2 * [view.caption for view in self.views]
        names = (len(self.views) + 2) * [self.name, self.image_id]
        words = escaped_bytes([*titles, *captions, *names])
        around = AROUND_A_CARD + AROUND_A_VIEW * len(self.views)
        return len(self.photo) + masks + words + around


def image_cards(
    models: Sequence[Seen], places: Sequence[int], folder: Path | None, longest: int
) -> Iterator[Card]:
    """Cards of some images, one photograph in memory at a time.

    Args:
        models: one, or two on the same images.
        places: of the images in `Matches.image_ids`.
        folder: of the photographs; None for masks on grey.
        longest: pixels of the longest side of photographs.

    Raises:
        InputError: if the folder is missing.
    """
    tiles = each_tile(models, places, folder, longest=longest, placeholders=True)
    return cards_of_tiles(tiles, _caption)


def cards_of_tiles(
    tiles: Iterable[Tile], caption: Callable[[Tile], str], *, long_path: int = LONG_PATH
) -> Iterator[Card]:
    """Cards of whole images, one photograph in memory at a time.

    Args:
        tiles: of all models image by image.
        caption: what there is to see in one of them.
        long_path: as `LONG_PATH`.
    """
    for _, several in groupby(tiles, lambda tile: tile.image_id):
        of_image = list(several)
        tile = of_image[0]
        height, width = tile.size
        views = tuple(
            View(
                each.model,
                caption(each),
                tuple(layer_of(shape, long_path=long_path) for shape in each.shapes),
            )
            for each in of_image
        )
        yield card_of(tile, Box(0, 0, width, height), tile.picture, views)


def crop_card(
    tile: Tile,
    own: Sequence[Shape],
    caption: str,
    longest: int,
    behind: tuple[Layer, ...] = (),
    *,
    long_path: int = LONG_PATH,
) -> Card:
    """The card of an error, cut out of its image with a margin.

    Args:
        tile: the image, whose photograph has its full size.
        own: what the error is about.
        caption: what it is, in a few words.
        longest: pixels of the longest side of the crop.
        behind: areas behind the outlines.
        long_path: as `LONG_PATH`.
    """
    layers = tuple(layer_of(shape, long_path=long_path) for shape in own)
    box = crop_box([layer.box for layer in layers], tile.size)
    photo = None if tile.picture is None else scaled_down(cropped(tile.picture, box), longest)
    return card_of(tile, box, photo, (View("", caption, (*behind, *layers)),))


def difference_layers(
    pred: RunLengths, gt: RunLengths, *, ratio: float, px: int | None
) -> Iterator[Layer]:
    """The boundary band of a poor mask, and the pixels that differ, as areas.

    Args:
        pred: one mask.
        gt: the mask that it should be.
        ratio: width of the boundary as a fraction of the image's diagonal.
        px: the same in pixels, which overrules the ratio.
    """
    found = poor_masks(pred, gt, ratio=ratio, px=px)
    for part in ("band", "extra", "lacking"):
        yield area_layer(part, part, getattr(found, part))


def area_layer(part: str, title: str, mask: RunLengths) -> Layer:
    """Some pixels as an area: their outline or a picture, whichever is shorter."""
    [layer] = mask_layers(mask)
    picture = data_address("png", layer.png)
    return Layer(part, layer.path, picture, layer.box, title, (0.0, 0.0))


def card_of(tile: Tile, box: Box, photo: NDArray[np.uint8] | None, views: tuple[View, ...]) -> Card:
    """The card of an image, or of a part of it.

    Args:
        tile: the image.
        box: the part, in pixels of the image.
        photo: the photograph of the part, uint8, shape (h, w, 3); None without.
        views: what there is to see.
    """
    return Card(
        name=name_of(tile.name),
        image_id=name_of(str(tile.image_id)),
        box=box,
        photo="" if photo is None else data_address("webp", webp(photo)),
        lacks=lacking(tile.notes),
        views=views,
        notes=tuple(note.message for note in tile.notes),
    )


def lacking(notes: Iterable[Note]) -> str:
    """What is wrong with the photograph of an image, one of `LACKS`; "" for nothing.

    Args:
        notes: what there is to say of the photograph.

    Example:
        >>> lacking([Note("no-photo", "photos: has no picture 1.jpg")]), lacking([])
        ('no photograph', '')
    """
    return next((LACKS[note.code] for note in notes if note.code in LACKS), "")


def notes_of_photos(cards: Iterable[Card]) -> tuple[str, ...]:
    """What there is to say of photographs, each once, and how much more there would be."""
    return told_once(note for card in cards for note in card.notes)


def told_once(remarks: Iterable[str]) -> tuple[str, ...]:
    """Remarks on photographs, each once, and how much more there would be."""
    notes = list(dict.fromkeys(map(stopped, remarks)))
    if len(notes) > MOST_NOTES:
        more = counted(len(notes) - MOST_NOTES, "more remark")
        notes[MOST_NOTES:] = [f"There are {more} like these."]
    return tuple(notes)


def data_address(kind: str, content: bytes) -> str:
    """A picture as an address that holds it; "" for none.

    Example:
        >>> data_address("png", b"abc"), data_address("png", b"")
        ('data:image/png;base64,YWJj', '')
    """
    if not content:
        return ""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _caption(tile: Tile) -> str:
    """What one model sees."""
    true, false, missed = tile.counts
    predictions, objects = counted(true, "true prediction"), counted(missed, "object")
    return f"{predictions}, {false} false, {objects} not found"


def layer_of(shape: Shape, part: str = "", *, long_path: int = LONG_PATH) -> Layer:
    """One shape: its outline, or where that is long the shorter of outline and picture.

    Args:
        shape: a prediction or an object.
        part: as what it is shown; "" for what it is.
        long_path: as `LONG_PATH`.
    """
    score = "" if shape.score is None else f" {shape.score:.3g}"
    part = part or shape.part or FOUND
    title = f"{part} {name_of(shape.name)}{score}{name_of(shape.about)}"
    if part == VOID and shape.mask is not None:
        return area_layer(part, title, shape.mask)
    path, picture = svg_path(shape.lines), ""
    if shape.mask is not None and len(path) > long_path:
        [mask] = mask_layers(shape.mask)
        path, picture = mask.path, data_address("png", mask.png)
    points = np.concatenate([np.zeros((0, 2)), *shape.lines])
    if not len(points):  # a mask without pixels
        return Layer(part, "", "", (0.0, 0.0, 0.0, 0.0), title, (0.0, 0.0))
    low, high = points.min(axis=0), points.max(axis=0)
    left, top, width, height = np.concatenate([low, high - low]).tolist()
    above, right = points[:, 1].argmin(), points[:, 0].argmax()
    outermost = {"T": above, "A": above, "F": right, "B": right}
    x, y = points[outermost.get(part, points[:, 1].argmax())].tolist()
    return Layer(part, path, picture, (left, top, width, height), title, (x, y))
