"""From files of instances to their page."""

from __future__ import annotations

from dataclasses import replace

from segeval.data import GroundTruth
from segeval.errors import Note
from segeval.reports.asked import Asked
from segeval.reports.found import notes_beside
from segeval.reports.instances.document import page_of
from segeval.reports.instances.gathered import gathered
from segeval.reports.instances.sections.galleries import galleries
from segeval.reports.instances.sections.images import images_section
from segeval.reports.instances.sections.suspects import (
    chosen_suspects,
    suspects_section,
    with_crops,
)
from segeval.reports.pages import Page
from segeval.reports.picture_sections import SHARE_OF_IMAGES, Pictures
from segeval.reports.rendering import room_of

SHARE_OF_SUSPECTS = 0.2
"""How much of the room for crops those of label suspects may take."""


def instances_page(asked: Asked) -> Page:
    """The page of files in COCO's or LVIS's format.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    said: tuple[Note, ...] = ()
    if isinstance(asked.truth, GroundTruth):
        said = asked.check_labels(asked.truth.images.written_ids, asked.truth.images.file_names)
    found = replace(gathered(asked), label_notes=said)
    page = page_of(found, asked.options).noted(notes_beside(found))
    if not asked.options.top:
        return page
    room = room_of(page, asked.options)
    images = images_section(found, asked.options, int(SHARE_OF_IMAGES * room))
    if images is None:
        return page
    room -= sum(card.characters for card in images.cards)
    shown, suspects = chosen_suspects(found.suspects), suspects_section(found)
    if suspects is not None:
        limit = int(SHARE_OF_SUSPECTS * room)
        suspects = with_crops(suspects, shown, found, asked.options, limit)
        room -= suspects.characters
    crops = galleries(found, asked.options, room, shown.rows(len(found.models) - 1))
    pictures = Pictures(images, crops)
    if suspects is not None:
        page = page.filled("suspects", suspects.without_notes(pictures.photo_notes))
    return page.filled("images", pictures, images.notes, images=list(images.numbers))
