"""Section 6: the images that take most from PQ, or that changed most between two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from segeval.analysis.errors.panoptic_outcomes import COUNTED
from segeval.pictures import Tile, each_segment_tile, worst_segment_images
from segeval.reports.cards import FOUND, VOID, Card, cards_of_tiles
from segeval.reports.options import ReportOptions
from segeval.reports.panoptic.gathered import Gathered
from segeval.reports.picture_sections import (
    ImagesSection,
    fitting_images,
    image_notes,
    noted,
    photo_folder,
    shown_said,
    size_said,
)
from segeval.words import counted, percent

LEGEND = (
    ("T", "true"),
    ("F", "false"),
    ("N", "not found"),
    (FOUND, "true segment that was found"),
    (VOID, "void and crowd regions"),
)
"""Parts of a picture and what they are, in the order of their switches."""

LONG_OUTLINE = 24_000
"""Characters of an outline from which a picture of one bit may take its place. Stuff has longer
outlines than objects, and filled it would hide what lies in front of it."""


def images_section(found: Gathered, options: ReportOptions, room: int) -> ImagesSection | None:
    """The worst images.

    Args:
        found: the results.
        options: of the report: the folder of photographs, and how many images there may be.
        room: characters that the section may take; photographs become smaller to fit, and images
            are left out where that is not enough.

    Returns:
        None where nothing is lost.
    """
    seen = [model.seen for model in found.models]
    places = worst_segment_images(seen, options.top)
    if not places:
        return None
    folder = photo_folder(options)
    ids = {found.first.images[place].id: place for place in places}
    by_letter = {model.letter: model for model in found.models}
    counts = {model.letter: model.outcomes.counts() for model in found.models}

    def caption(tile: Tile) -> str:
        place = ids[tile.image_id]
        own = by_letter[tile.model].images[place]
        return _caption(tile, own.pq, int(counts[tile.model][place, -1]))

    def cards(side: int) -> list[Card]:
        tiles = each_segment_tile(seen, places, folder, longest=side)
        return list(cards_of_tiles(tiles, caption, long_path=LONG_OUTLINE))

    shown, longest = fitting_images(cards, room, options)
    notes = tuple(image_notes(len(places), [card.lacks for card in shown], options))
    said = _sentences(found, len(shown), longest, options) if shown else ()
    return ImagesSection(
        sentences=(*said, *noted(notes)),
        legend=LEGEND,
        cards=tuple(shown),
        numbers=tuple(_numbers(found, places, shown)),
        notes=notes,
    )


def _caption(tile: Tile, pq: float | None, excused: int) -> str:
    """What one model sees in an image."""
    true, false, missed = tile.counts
    said = f"{counted(true, 'true segment')}, {false} false, {missed} not found"
    if excused:
        said += f", {excused} excused"
    return f"{said}; PQ {percent(pq)}, loses {100 * tile.loss:.2f} points"


def _numbers(
    found: Gathered, places: Sequence[int], cards: Sequence[Card]
) -> Iterator[dict[str, Any]]:
    """The numbers of every image that is shown."""
    counts = [model.outcomes.counts() for model in found.models]
    for place, card in zip(places, cards, strict=False):  # the last ones may be left out
        models = [
            {
                "loss": float(model.seen.loss[place]),
                "pq": model.images[place].pq,
                **dict(zip(COUNTED, own[place].tolist(), strict=True)),
            }
            for model, own in zip(found.models, counts, strict=True)
        ]
        yield {"image": card.image_id, "file_name": card.name, "models": models}


def _sentences(found: Gathered, there: int, longest: int, options: ReportOptions) -> Iterator[str]:
    """What is shown."""
    yield shown_said(there, found.first.errors.inputs["gt"]["images"], len(found.models))
    yield (
        "The loss of an image is what it takes from PQ: for every category, 1 - IoU of its true "
        "segments and one half for each that is false or missed, over TP + FP/2 + FN/2 of the "
        "category in all images, and over the number of categories. The losses of all images add "
        "up to what PQ lacks, so a mistake in a rare category weighs more. PQ is that of the "
        "image alone."
    )
    if options.photos is not None:
        yield from size_said(longest, options)
