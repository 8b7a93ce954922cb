"""Section 6 of any page: images, and errors cut out of them, within the size of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.errors import Note
from segeval.frozen import frozen
from segeval.reports.cards import LACKS, LONGEST_SIDES, Card, notes_of_photos
from segeval.reports.options import ReportOptions
from segeval.reports.room import fitting
from segeval.words import counted, stopped

MOST = 12
"""Crops of a gallery."""

GOOD = 0.75
"""IoU from which the mask of what is true is not poor."""

SIDES = (240, 180, 120)
"""Pixels of the longest side of crops: the first is usual, the others save room."""

SHARE_OF_IMAGES = 0.6
"""How much of the room for pictures whole images may take; crops have the rest."""

LOOKS = ("pictures.js", "pictures.css")
"""What a page with pictures needs beside its own script and style."""

HAS = ("has", "have")

OF_PHOTOS = {
    "no-photo": "no photograph in {folder}",
    "bad-photo": "a photograph in {folder} that cannot be used",
}
"""What images have, by the code of the note on their photograph."""

T = TypeVar("T")
U = TypeVar("U")


@frozen
class ImagesSection:
    """The worst images.

    Attributes:
        sentences: what is shown, and what was left out.
        legend: letters and meanings of the layers.
        cards: the images, the worst first.
        numbers: of the images, as plain values.
        notes: images that were left out, and photographs that are missing or cannot be used.
    """

    sentences: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    numbers: tuple[Mapping[str, Any], ...]
    notes: tuple[Note, ...] = ()


@frozen
class Gallery:
    """Some errors of one kind.

    Attributes:
        heading: of the gallery.
        sentence: what its errors are.
        cards: at most `MOST`, of as many categories as there are.
        left_out: number of those for which there is no room.
    """

    heading: str
    sentence: str
    cards: tuple[Card, ...]
    left_out: int = 0


@frozen
class Pictures:
    """What the section of images shows.

    Attributes:
        images: the worst ones.
        galleries: errors of each kind, cut out of their images.
    """

    images: ImagesSection
    galleries: tuple[Gallery, ...] = ()

    @property
    def shown(self) -> tuple[Gallery, ...]:
        """The galleries that have a crop."""
        return tuple(own for own in self.galleries if own.cards)

    @property
    def has_pictures(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.images.cards or self.shown)

    @property
    def crops_left_out(self) -> str:
        """What is said of the galleries without a crop; "" for nothing."""
        number = sum(own.left_out for own in self.galleries if not own.cards)
        if not number:
            return ""
        return f"{counted(number, 'crop of an error is', 'crops of errors are')} left out too."

    @property
    def photo_notes(self) -> tuple[str, ...]:
        """What there is to say of photographs, each once, and how much more there would be."""
        several = (self.images.cards, *(own.cards for own in self.galleries))
        return notes_of_photos(card for cards in several for card in cards)


def photo_folder(options: ReportOptions) -> Path | None:
    """The folder of the photographs; None for masks on grey."""
    return None if options.photos is None else Path(options.photos)


def sides_of(sides: Sequence[int], options: ReportOptions) -> Sequence[int]:
    """The sides that pictures may have: the first alone where no photograph can become smaller.

    Args:
        sides: from the largest one down.
        options: of the report: whether there are photographs.
    """
    return sides if options.photos is not None else sides[:1]


def fitting_images(
    cards: Callable[[int], list[Card]], room: int, options: ReportOptions
) -> tuple[list[Card], int]:
    """Cards of whole images that fit into some characters, and their photographs' longest side.

    Args:
        cards: makes them, with photographs of some longest side.
        room: characters that they may take.
        options: of the report: whether there are photographs.
    """
    return fitting(cards, room, sides_of(LONGEST_SIDES, options))


def shown_said(there: int, images: int, models: int) -> str:
    """Which images are shown.

    Args:
        there: how many are shown.
        images: how many there are.
        models: 1 or 2.

    Example:
        >>> shown_said(24, 80, 1), shown_said(21, 21, 1)
        ('The 24 images with the largest loss.', 'All 21 images, the largest loss first.')
        >>> shown_said(1, 80, 2)
        'The 1 image whose loss changes most from A to B, side by side.'
    """
    some = f"The {counted(there, 'image')}"
    if there == images > 1:
        order = "the largest loss" if models == 1 else "the largest change of loss"
        beside = "" if models == 1 else ", A and B side by side"
        return f"All {counted(there, 'image')}, {order} first{beside}."
    if models > 1:
        return f"{some} whose loss changes most from A to B, side by side."
    return f"{some} with the largest loss."


def poor_iou(iou: float) -> str:
    """The IoU of a mask that is below `GOOD`, rounded so that it still is.

    Example:
        >>> poor_iou(0.7432), poor_iou(0.7468)
        ('IoU 0.74', 'IoU just below 0.75')
    """
    said = f"{iou:.2f}"
    return f"IoU just below {GOOD:g}" if float(said) >= GOOD else f"IoU {said}"


def size_said(longest: int, options: ReportOptions, what: str = "Photographs") -> Iterator[str]:
    """That pictures became smaller to fit.

    Args:
        longest: pixels of the longest side of pictures.
        options: of the report.
        what: what the pictures are.
    """
    if longest < LONGEST_SIDES[0]:
        limit = f"the page is kept below {options.max_mb:g} MB"
        yield f"{what} are {longest} pixels wide or high: {limit}."


def image_notes(asked: int, lacks: Sequence[str], options: ReportOptions) -> Iterator[Note]:
    """What became of the images that were asked for, which is said on the page and beside it.

    Args:
        asked: number of images to show.
        lacks: of those that are shown, what is wrong with their photograph; "" for nothing.
        options: of the report.
    """
    there = len(lacks)
    if there < asked:
        limit = f"{options.max_mb:g} MB"
        left = counted(asked - there, "image is", "images are")
        why = f"the page is kept below {limit}" if there else f"{limit} have no room for any"
        yield Note("images-left-out", f"{left} left out: {why}", asked - there)
    for code, what in OF_PHOTOS.items():
        number = lacks.count(LACKS[code])
        if number:
            said = f"{number:,} of {counted(there, 'image')} {HAS[number > 1]}"
            yield Note(code, f"{said} {what.format(folder=options.photos)}", number)


def noted(notes: Iterable[Note]) -> tuple[str, ...]:
    """Notes as sentences of a section."""
    return tuple(stopped(note.message) for note in notes)


def fitting_galleries(
    about: Mapping[str, tuple[str, str]],
    chosen: Mapping[str, Sequence[T]],
    cards: Callable[[str, Sequence[T], int], list[Card]],
    room: int,
    options: ReportOptions,
    letter: str,
) -> tuple[Gallery, ...]:
    """Galleries of the kinds that have errors.

    Args:
        about: heading and sentence of each kind.
        chosen: the errors of each kind that are shown.
        cards: makes the cards of some errors of a kind, with photographs of some longest side.
        room: characters that all galleries may take together.
        options: of the report.
        letter: of the model; "" for the only one.
    """
    filled = {kind: items for kind, items in chosen.items() if items}
    sides = sides_of(SIDES, options)
    made = []
    for number, (kind, items) in enumerate(filled.items()):
        share = room // (len(filled) - number)
        found, _ = fitting(
            lambda side, kind=kind, items=items: cards(kind, items, side),  # type: ignore[misc]
            share,
            sides,
        )
        room -= sum(card.characters for card in found)
        heading, sentence = about[kind]
        left_out = len(items) - len(found)
        if left_out:
            left = counted(left_out, "crop is", "crops are")
            sentence += f" {left} left out: the page is kept below {options.max_mb:g} MB."
        title = f"{letter}: {heading}" if letter else heading
        made.append(Gallery(title, sentence, tuple(found), left_out))
    return tuple(made)


def spread(category: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which of some errors are shown: the highest of every category, then the second, and so on.

    Args:
        category: of every error, shape (E,).
        value: by which they are ordered, shape (E,).

    Returns:
        Places of at most `MOST`.
    """
    order = np.lexsort((-value, category))
    starts = np.flatnonzero(np.diff(category[order], prepend=-1))
    turn = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    found: NDArray[np.intp] = order[np.lexsort((-value[order], turn))][:MOST]
    return found


@frozen
class Item:
    """An error that is cut out of its image.

    Attributes:
        place: of its image, as tiles count them.
        row: of the prediction; -1 for what was not found.
        target: of the ground truth; -1 for none.
    """

    place: int
    row: int
    target: int


def cards_in_order(
    places: Sequence[int],
    tiles: Callable[[list[int]], Iterable[U]],
    card: Callable[[int, U], Card],
) -> list[Card]:
    """Cards of some errors, one image in memory at a time, each read once.

    Args:
        places: of the image of each error.
        tiles: of images by their places, each as one model sees it, or as all do.
        card: makes the card of an error, by its number in places, from its image.
    """
    images: dict[int, list[int]] = {}
    for number, place in enumerate(places):
        images.setdefault(place, []).append(number)
    made: dict[int, Card] = {}
    for tile, numbers in zip(tiles(list(images)), images.values(), strict=True):
        for number in numbers:
            made[number] = card(number, tile)
    return [made[number] for number in range(len(places))]
