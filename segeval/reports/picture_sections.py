"""Section 6 of any page: images, and errors cut out of them, within the size of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.reports.cards import LONGEST_SIDES, Card, fitting, notes_of_photos
from segeval.reports.options import ReportOptions
from segeval.words import counted

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

T = TypeVar("T")


@dataclass(frozen=True)
class ImagesSection:
    """The worst images.

    Attributes:
        sentences: what is shown, and what was left out.
        legend: letters and meanings of the layers.
        cards: the images, the worst first.
        numbers: of the images, as plain values.
    """

    sentences: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    numbers: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Gallery:
    """Some errors of one kind.

    Attributes:
        heading: of the gallery.
        sentence: what its errors are.
        cards: at most `MOST`, of as many categories as there are.
    """

    heading: str
    sentence: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Pictures:
    """What the section of images shows.

    Attributes:
        images: the worst ones.
        galleries: errors of each kind, cut out of their images.
    """

    images: ImagesSection
    galleries: tuple[Gallery, ...] = ()

    @property
    def photo_notes(self) -> tuple[str, ...]:
        """What there is to say of photographs, each once, and how much more there would be."""
        several = (self.images.cards, *(own.cards for own in self.galleries))
        return notes_of_photos(card for cards in several for card in cards)


def photo_folder(options: ReportOptions) -> Path | None:
    """The folder of the photographs; None for masks on grey."""
    return None if options.photos is None else Path(options.photos)


def fitting_images(
    cards: Callable[[int], list[Card]], room: int, options: ReportOptions
) -> tuple[list[Card], int]:
    """Cards of whole images that fit into some characters, and their photographs' longest side.

    Args:
        cards: makes them, with photographs of some longest side.
        room: characters that they may take.
        options: of the report: whether there are photographs.
    """
    sides = LONGEST_SIDES if options.photos is not None else LONGEST_SIDES[:1]
    return fitting(cards, room, sides)


def limits_said(asked: int, there: int, longest: int, options: ReportOptions) -> Iterator[str]:
    """What became smaller, and what was left out.

    Args:
        asked: number of images to show.
        there: number of those that are shown.
        longest: pixels of the longest side of photographs.
        options: of the report.
    """
    limit = f"the page is kept below {options.max_mb:g} MB"
    if options.photos is not None and longest < LONGEST_SIDES[0]:
        yield f"Photographs are {longest} pixels wide or high: {limit}."
    if there < asked:
        yield f"{counted(asked - there, 'image is', 'images are')} left out: {limit}."


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
    sides = SIDES if options.photos is not None else SIDES[:1]
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
        if len(found) < len(items):
            left = counted(len(items) - len(found), "crop is", "crops are")
            sentence += f" {left} left out: the page is kept below {options.max_mb:g} MB."
        title = f"{letter}: {heading}" if letter else heading
        made.append(Gallery(title, sentence, tuple(found)))
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


def by_image(places: Sequence[int]) -> dict[int, list[int]]:
    """Which errors are in each image, by its place, so that every image is read once."""
    found: dict[int, list[int]] = {}
    for number, place in enumerate(places):
        found.setdefault(place, []).append(number)
    return found
