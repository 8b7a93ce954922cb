"""Images that seem to belong together, such as the frames of a video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from segeval.checks.records import Records
from segeval.data.columns import GroundTruth
from segeval.findings import Finding
from segeval.words import counted

FEWEST = 3
"""Least images of a group."""

MOST_LONELY = 0.2
"""Largest share of images outside of such groups."""


def images_in_groups(records: Records[GroundTruth]) -> Iterator[Finding]:
    """File names that share a prefix before a running number, in several groups of images."""
    names = records.columns.images.file_names
    groups = Counter(before for before in map(before_number, names) if before is not None)
    large = {before: number for before, number in groups.items() if number >= FEWEST}
    within = sum(large.values())
    if len(large) < 2 or within < (1 - MOST_LONELY) * len(names):
        return
    first = next(iter(large))
    yield Finding(
        "warn",
        "file names",
        f"{counted(within, 'image is', 'images are')} numbered in {len(large):,} groups, such as "
        f"{first!r} ({counted(large[first], 'image')})",
        within,
        path=records.columns.source,
        hint="If those of a group belong together, as the frames of a video do, intervals have to "
        "draw them together: `groups` takes a field of the images or a CSV file of image and "
        "group.",
        code="image-groups",
        option="groups",
        noun="image",
    )


def before_number(name: str) -> str | None:
    """What stands before the last number of a name, None if it has no number.

    Example:
        >>> before_number("street_7/frame_0012.png"), before_number("7.png"), before_number("a")
        ('street_7/frame_', '', None)
    """
    end = len(name)
    while end and not name[end - 1].isdecimal():
        end -= 1
    start = end
    while start and name[start - 1].isdecimal():
        start -= 1
    return None if start == end else name[:start]
