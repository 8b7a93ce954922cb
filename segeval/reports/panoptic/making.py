"""From panoptic files to their page."""

from __future__ import annotations

from segeval.reports.asked import Asked
from segeval.reports.found import notes_beside
from segeval.reports.pages import Page
from segeval.reports.panoptic.document import page_of
from segeval.reports.panoptic.gathered import gathered
from segeval.reports.panoptic.sections.galleries import galleries
from segeval.reports.panoptic.sections.images import images_section
from segeval.reports.picture_sections import SHARE_OF_IMAGES, Pictures
from segeval.reports.rendering import room_of


def panoptic_page(asked: Asked) -> Page:
    """The page of panoptic files.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    found = gathered(asked)
    of_files = [note for model in found.models for note in model.errors.notes]
    page = page_of(found, asked.options).noted(notes_beside(found, of_files))
    if not asked.options.top:
        return page
    room = room_of(page, asked.options)
    images = images_section(found, asked.options, int(SHARE_OF_IMAGES * room))
    if images is None:
        return page
    room -= sum(card.characters for card in images.cards)
    crops = galleries(found, asked.options, room)
    return page.filled("images", Pictures(images, crops), images.notes, images=list(images.numbers))
