"""From files of instances to their page."""

from __future__ import annotations

from segeval.metrics.coco.arguments import Arguments
from segeval.reports.asked import Asked, hash_of
from segeval.reports.instances.document import Pictures, page_of
from segeval.reports.instances.gathered import gathered
from segeval.reports.instances.sections.galleries import galleries
from segeval.reports.instances.sections.images import images_section
from segeval.reports.pages import Page
from segeval.reports.rendering import room_of

SHARE_OF_IMAGES = 0.6
"""How much of the room for pictures whole images may take; crops have the rest."""


def instances_page(asked: Asked) -> Page:
    """The page of files in COCO's or LVIS's format.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    found = gathered(
        asked.preds,
        asked.truth,
        Arguments(**asked.arguments),
        asked.options,
        gt_sha256=hash_of(asked.gt),
        workers=asked.workers,
        on_progress=asked.on_progress,
    )
    page = page_of(found, asked.options)
    room = room_of(page, asked.options)
    images = images_section(found, asked.options, int(SHARE_OF_IMAGES * room))
    if images is None:
        return page
    room -= sum(card.characters for card in images.cards)
    crops = galleries(found, asked.options, room)
    return page.filled("images", Pictures(images, crops), images=list(images.numbers))
