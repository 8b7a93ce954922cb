"""Section 6: the images on which most is lost, or that changed most, with their wrong pixels."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import LabelClasses
from segeval.data.pictures.encoding import one_bit_png, palette_png, webp
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.pictures import (
    LabelTile,
    LabelView,
    each_label_tile,
    label_losses,
    worst_label_images,
)
from segeval.reports.cards import LONGEST_SIDES, data_address, lacking, told_once
from segeval.reports.label_maps.gathered import Gathered
from segeval.reports.label_maps.sections.kinds import LETTERS, ORDER
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
from segeval.reports.picture_sections import (
    image_notes,
    noted,
    photo_folder,
    shown_said,
    size_said,
)
from segeval.reports.room import escaped_bytes, fitting
from segeval.words import percent

MOST_COLOURS = 255
"""Classes that have a colour of their own; more begin again."""

OPAQUE = 255

AROUND_A_CARD = 300
"""Bytes of the elements around views."""

AROUND_A_VIEW = 1000
"""Bytes of the elements around the pictures of a view, and of its numbers."""

AROUND_A_KIND = 350
"""Bytes of the elements around the pixels of a kind of error."""

OF_A_COLOUR = 150
"""Bytes that the colour of a class takes, without its name."""

LEGEND = (
    *((LETTERS[kind], kind) for kind in ORDER),
    ("G", "ground truth"),
    ("P", "prediction"),
)
"""Letters and meanings of the layers, in the order of their switches."""

AT_FIRST = "BES"
"""Layers that are shown until somebody switches them."""


@frozen
class LabelLayers:
    """One image as one model sees it, as pictures that lie on each other.

    Attributes:
        letter: of the model; "" if there is one alone.
        kinds: letter of each kind of error that occurs, and its pixels as a picture of one bit.
        pred: predicted classes as a picture.
        caption: its numbers.
        confused: which classes are taken for which, in words; "" where nothing is wrong.
    """

    letter: str
    kinds: tuple[tuple[str, str], ...]
    pred: str
    caption: str
    confused: str


@frozen
class LabelCard:
    """One image of label maps.

    Attributes:
        name: by which its files were paired.
        width: of its pictures, in pixels.
        height: of its pictures.
        photo: its photograph as a data address; "" without.
        lacks: what is wrong with a photograph that should be there; "" for nothing.
        gt: true classes as a picture.
        views: of each model.
        places: of the classes that occur in it.
        notes: what there is to say of the photograph.
        numbers: its numbers as plain values.
    """

    name: str
    width: int
    height: int
    photo: str
    lacks: str
    gt: str
    views: tuple[LabelLayers, ...]
    places: frozenset[int]
    notes: tuple[Note, ...]
    numbers: Mapping[str, Any]

    @property
    def characters(self) -> int:
        """At most as many bytes as it takes on the page, names that have to be escaped included."""
        pictures = [picture for view in self.views for _, picture in view.kinds]
        pictures += [self.photo, self.gt, *(view.pred for view in self.views)]
        words = [*(len(self.views) + 3) * [self.name], *(note.message for note in self.notes)]
        for view in self.views:
            words += [view.caption, view.caption, view.confused]
        around = AROUND_A_CARD + AROUND_A_VIEW * len(self.views)
        around += AROUND_A_KIND * sum(len(view.kinds) for view in self.views)
        return sum(map(len, pictures)) + escaped_bytes(words) + around


@frozen
class LabelImages:
    """The worst images.

    Attributes:
        sentences: what is shown, and what was left out.
        legend: letters, meanings of the layers, and whether they are shown at first.
        colours: of the classes that occur: colour and name.
        cards: the images, the worst first.
        photo_notes: what there is to say of photographs.
        numbers: of the images, as plain values.
        notes: images that were left out, and photographs that are missing or cannot be used.
    """

    sentences: tuple[str, ...]
    legend: tuple[tuple[str, str, bool], ...]
    colours: tuple[tuple[str, str], ...]
    cards: tuple[LabelCard, ...]
    photo_notes: tuple[str, ...]
    numbers: tuple[Mapping[str, Any], ...]
    notes: tuple[Note, ...] = ()


def images_section(found: Gathered, options: ReportOptions, room: int) -> LabelImages | None:
    """The worst images.

    Args:
        found: the results.
        options: of the report: the folder of photographs, and how many images there may be.
        room: characters that the section may take; pictures become smaller to fit, and images are
            left out where that is not enough.

    Returns:
        None where nothing is lost.
    """
    loss = label_losses([model.miou for model in found.models])
    keys = worst_label_images(loss, options.top)
    if not keys:
        return None
    folder = photo_folder(options)
    names = found.classes.names
    colours_take = OF_A_COLOUR * len(names) + escaped_bytes(map(name_of, names))
    cards, longest = fitting(
        lambda side: list(_cards(found, loss, keys, folder, side)),
        room - colours_take,
        LONGEST_SIDES,
    )
    notes = tuple(image_notes(len(keys), [card.lacks for card in cards], options))
    said = _sentences(found, len(cards), longest, options) if cards else ()
    occurring = sorted(frozenset().union(*(card.places for card in cards)))
    colours = class_colours(len(names))
    return LabelImages(
        sentences=(*said, *noted(notes)),
        legend=tuple((letter, meaning, letter in AT_FIRST) for letter, meaning in LEGEND),
        colours=tuple((_hex(colours[place]), name_of(names[place])) for place in occurring),
        cards=tuple(cards),
        photo_notes=told_once(note.message for card in cards for note in card.notes),
        numbers=tuple(card.numbers for card in cards),
        notes=notes,
    )


def _cards(
    found: Gathered,
    loss: Sequence[Mapping[str, float]],
    keys: Sequence[str],
    folder: Path | None,
    longest: int,
) -> Iterator[LabelCard]:
    """Cards of some images, one image in memory at a time."""
    by_key = [{pair.key: pair for pair in model.pairs} for model in found.models]
    images = [[own[key] for own in by_key] for key in keys]
    letters = [model.letter for model in found.models]
    for tile in each_label_tile(images, found.classes, folder, longest=longest):
        yield _card(tile, found.classes, letters, [own[tile.key] for own in loss])


def _card(
    tile: LabelTile, classes: LabelClasses, letters: Sequence[str], loss: Sequence[float]
) -> LabelCard:
    """One image."""
    height, width = tile.gt.shape
    pixels = tile.photo.pixels
    views = [
        _layers(view, letter, own, classes)
        for view, letter, own in zip(tile.views, letters, loss, strict=True)
    ]
    maps = (tile.gt, *(view.pred for view in tile.views))
    places = frozenset(place for own in maps for place in np.unique(own).tolist())
    return LabelCard(
        name=name_of(tile.key),
        width=width,
        height=height,
        photo="" if pixels is None else data_address("webp", webp(pixels)),
        lacks=lacking(tile.notes),
        gt=_class_picture(tile.gt, len(classes)),
        views=tuple(views),
        places=frozenset(place for place in places if place < len(classes)),
        notes=tile.notes,
        numbers={
            "image": tile.key,
            "models": [_numbers(*each) for each in zip(tile.views, loss, strict=True)],
        },
    )


def _numbers(view: LabelView, loss: float) -> dict[str, Any]:
    """The numbers of one image and model as plain values."""
    wrong = dict(zip(ORDER, view.pixels, strict=True))
    return {"loss": loss, "pixels": view.evaluated, "wrong": {**wrong, "all": sum(view.pixels)}}


def _layers(view: LabelView, letter: str, loss: float, classes: LabelClasses) -> LabelLayers:
    """One image as one model sees it."""
    kinds = []
    for value, kind in enumerate(ORDER, 1):
        mask = view.kinds == value
        if mask.any():
            kinds.append((LETTERS[kind], data_address("png", one_bit_png(mask))))
    return LabelLayers(
        letter=letter,
        kinds=tuple(kinds),
        pred=_class_picture(view.pred, len(classes)),
        caption=_caption(view, loss),
        confused=_confused(view, classes),
    )


def _caption(view: LabelView, loss: float) -> str:
    """The numbers of an image."""
    wrong = sum(view.pixels)
    said = f"mIoU {percent(1 - loss)}, {percent(wrong / view.evaluated)} % of the pixels wrong"
    parts = [
        f"{kind} {percent(number / view.evaluated)}"
        for kind, number in zip(ORDER, view.pixels, strict=True)
        if number
    ]
    return f"{said} ({', '.join(parts)})" if parts else said


def _confused(view: LabelView, classes: LabelClasses) -> str:
    """Which classes are taken for which, in words."""
    names = [*map(name_of, classes.names), "an ignored label"]
    return "; ".join(
        f"{names[true]} taken for {names[taken]} ({percent(number / view.evaluated)} %)"
        for true, taken, number in view.confused
    )


def class_colours(number: int) -> NDArray[np.uint8]:
    """Colours of classes, far from each other for neighbours, uint8, shape (number, 4)."""
    found = np.full((number, 4), OPAQUE, np.uint8)
    for place in range(number):
        hue = (place * 0.618034) % 1.0  # the golden ratio spreads any number of hues
        light, strong = ((0.62, 0.75), (0.45, 0.85), (0.75, 0.6))[place % 3]
        red, green, blue = colorsys.hls_to_rgb(hue, light, strong)
        found[place, :3] = [round(255 * each) for each in (red, green, blue)]
    return found


def _class_picture(places: NDArray[Any], classes: int) -> str:
    """Classes as a picture with a palette; pixels of none are transparent."""
    own = np.where(places < classes, places % MOST_COLOURS + 1, 0).astype(np.uint8)
    colours = np.vstack([
        np.zeros((1, 4), np.uint8), class_colours(min(classes, MOST_COLOURS))
    ])  # fmt: skip
    return data_address("png", palette_png(own, colours))


def _hex(colour: NDArray[np.uint8]) -> str:
    """A colour as CSS writes it."""
    return "#" + "".join(f"{each:02x}" for each in colour[:3].tolist())


def _sentences(found: Gathered, there: int, longest: int, options: ReportOptions) -> Iterator[str]:
    """What is shown."""
    yield shown_said(there, found.first.miou.scores.images, len(found.models))
    yield (
        "The loss of an image is 1 - mIoU of the image alone. Shares of wrong pixels are of all "
        "evaluated pixels of the image."
    )
    yield from size_said(longest, options, "Pictures")
