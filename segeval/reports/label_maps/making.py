"""From label maps to their page."""

from __future__ import annotations

from segeval.reports.asked import Asked
from segeval.reports.found import notes_beside
from segeval.reports.label_maps.document import page_of
from segeval.reports.label_maps.gathered import gathered
from segeval.reports.label_maps.sections.images import images_section
from segeval.reports.pages import Page
from segeval.reports.rendering import room_of


def label_maps_page(asked: Asked) -> Page:
    """The page of label maps.

    Raises:
        InputError: for arguments that make no sense, or missing files.
        FormatError: for a file that is not a label map, or a label that is not a class.
        MismatchError: for files without a partner, or of different sizes.
    """
    found = gathered(asked)
    of_files = [note for model in found.models for note in model.miou.notes]
    page = page_of(found, asked.options).noted(notes_beside(found, of_files))
    if not asked.options.top:
        return page
    images = images_section(found, asked.options, room_of(page, asked.options))
    if images is None:
        return page
    return page.filled("images", images, images.notes, images=list(images.numbers))
