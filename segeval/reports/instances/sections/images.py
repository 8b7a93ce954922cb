"""Section 6: the images on which most is lost, or that changed most between two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from segeval.pictures import Seen, worst_images
from segeval.pictures.tiles import losses
from segeval.reports.cards import FOUND, Card, image_cards
from segeval.reports.instances.gathered import Gathered
from segeval.reports.options import ReportOptions
from segeval.reports.picture_sections import (
    ImagesSection,
    fitting_images,
    image_notes,
    noted,
    photo_folder,
    shown_said,
    size_said,
)
from segeval.reports.wording import of_models

LEGEND = (
    ("T", "true"),
    ("F", "false"),
    ("N", "not found"),
    (FOUND, "ground truth that was found"),
)
"""Parts of a picture and what they are, in the order of their switches."""

COUNTS = ("true", "false", "missed")
"""What is counted in an image."""


def images_section(found: Gathered, options: ReportOptions, room: int) -> ImagesSection | None:
    """The worst images.

    Args:
        found: the results.
        options: of the report: the folder of photographs, and how many images there may be.
        room: characters that the section may take; photographs become smaller to fit, and images
            are left out where that is not enough.

    Returns:
        None where nothing is lost.

    Raises:
        InputError: if the folder of the photographs is missing.
    """
    seen = [model.seen for model in found.models]
    places = _worst(seen, options.top)
    if not places:
        return None
    folder = photo_folder(options)
    cards, longest = fitting_images(
        lambda side: list(image_cards(seen, places, folder, side)), room, options
    )
    notes = tuple(image_notes(len(places), [card.lacks for card in cards], options))
    said = _sentences(found, len(cards), longest, options) if cards else ()
    return ImagesSection(
        sentences=(*said, *noted(notes)),
        legend=LEGEND,
        cards=tuple(cards),
        numbers=tuple(_numbers(seen, places, cards)),
        notes=notes,
    )


def _worst(seen: Sequence[Seen], most: int) -> list[int]:
    """Places of the images on which something is lost, or that changed, the worst first."""
    loss = losses(seen)
    return [place for place in worst_images(seen, most) if loss[place] > 0] if len(loss) else []


def _numbers(
    seen: Sequence[Seen], places: Sequence[int], cards: Sequence[Card]
) -> Iterator[dict[str, Any]]:
    """The numbers of every image that is shown."""
    counts = [one.errors.counts(one.matches) for one in seen]
    for place, card in zip(places, cards, strict=False):  # the last ones may be left out
        models = [
            {
                "loss": float(one.errors.loss[place]),
                **dict(zip(COUNTS, own[place].tolist(), strict=True)),
            }
            for one, own in zip(seen, counts, strict=True)
        ]
        yield {"image": card.image_id, "file_name": card.name, "models": models}


def _sentences(found: Gathered, there: int, longest: int, options: ReportOptions) -> list[str]:
    """What is shown."""
    said = [shown_said(there, len(found.first.ap.matches.image_ids), len(found.models))]
    loss = (
        "The loss of an image is the sum of 1 - best IoU over its objects, plus 1 for each false "
        f"prediction, at IoU {found.first.at:.2f}"
    )
    scores = [model.least_score for model in found.models if model.least_score is not None]
    if len(scores) == len(found.models):
        letters = [model.letter for model in found.models]
        least = of_models([f"{score:.3g}" for score in scores], letters)
        loss += f"; predictions count with a score of at least {least}, that of the best F1"
    said.append(f"{loss}.")
    if options.photos is not None:
        said += size_said(longest, options)
    return said
