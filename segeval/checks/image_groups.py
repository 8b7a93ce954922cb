"""Images that seem to belong together, such as the frames of a video."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from segeval.data.coco.image_fields import fields_of_images
from segeval.data.columns import GroundTruth
from segeval.data.keys import shown_key
from segeval.data.panoptic.columns import PanopticSegments
from segeval.findings import Finding
from segeval.words import counted

ImageFields = str | Path | Mapping[str, Any]
"""Ground truth whose images may have fields of any name: a path, or a dict like a file."""

WithImages = GroundTruth | PanopticSegments
"""Ground truth as columns, with the list of its images."""

FEWEST = 3
"""Least images of a group."""

MOST_LONELY = 0.2
"""Largest share of images outside of such groups."""

FEWEST_ALIKE = 2
"""Least images that share a value of a field, on average."""

FEWEST_VALUES = 10
"""Least values of a field whose name tells nothing, and least groups that a comparison takes."""

TELLING = {
    "animal", "case", "city", "clip", "drive", "episode", "event", "folder", "group", "location",
    "parent", "patient", "plot", "recording", "room", "scan", "scene", "seq", "sequence", "series",
    "session", "shot", "site", "slide", "specimen", "study", "subject", "take", "tile", "trip",
    "video", "vid", "volume",
}  # fmt: skip
"""Words in names of fields that tell what several images may be parts of."""

COUNTING = {
    "count", "date", "frame", "height", "idx", "index", "length", "no", "num", "number",
    "position", "size", "time", "timestamp", "width",
}  # fmt: skip
"""Words in names of fields that number or measure an image within its group."""

LAST_NUMBER = re.compile(r"\D*\d+")
"""The last number of a name that is read from its end, and what stands behind it."""

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
"""A word within a name such as `video_id` or `patientId`."""


def images_in_groups(
    source: ImageFields | None, gt: WithImages, *, fewest: int = FEWEST_VALUES
) -> Iterator[Finding]:
    """A field of the images, such as `video_id`, or else file names that tell groups of images.

    Args:
        source: the ground truth, None if it has no fields.
        gt: the same as columns.
        fewest: least groups; `compare` and intervals refuse fewer than the default.
    """
    by_field = list(_by_field(source, gt, fewest))
    yield from by_field or _by_name(gt, fewest)


def _by_name(gt: WithImages, fewest: int) -> Iterator[Finding]:
    """File names that share a prefix before a running number, in several groups of images."""
    names = gt.images.file_names
    groups = Counter(before for before in map(before_number, names) if before is not None)
    large = {before: number for before, number in groups.items() if number >= FEWEST}
    within = sum(large.values())
    if len(large) < fewest or within < (1 - MOST_LONELY) * len(names):
        return
    first = next(iter(large))
    yield Finding(
        "warn",
        "file names",
        f"{counted(within, 'image is', 'images are')} numbered in {len(large):,} groups, such as "
        f"{first!r} ({counted(large[first], 'image')})",
        within,
        path=gt.source,
        hint="If those of a group belong together, as the frames of a video do, intervals have to "
        "draw them together: `groups` takes a field of the images or a CSV file of image and "
        "group.",
        code="image-groups",
        option="groups",
        noun="image",
    )


def _by_field(source: ImageFields | None, gt: WithImages, fewest: int) -> Iterator[Finding]:
    """A field of the images whose values several images share."""
    total = len(gt.images)
    best = None
    fields = {} if source is None else fields_of_images(source)
    for field, values in fields.items():
        alike = Counter(values)
        share = len(values) >= max((1 - MOST_LONELY) * total, FEWEST_ALIKE * len(alike))
        if len(alike) < fewest or not share or not _may_group(field, values, len(alike)):
            continue
        rank = _is_telling(field), len(alike)
        if best is None or rank > best[0]:
            best = rank, field, len(values), alike
    if best is None:
        return
    _, field, number, alike = best
    value, often = alike.most_common(1)[0]
    yield Finding(
        "warn",
        "image fields",
        f"{counted(number, 'image has', 'images have')} the field {shown_key(field)}, "
        f"which has {len(alike):,} values; {counted(often, 'image has', 'images share')} "
        f"{shown_key(value)}",
        number,
        path=gt.source,
        hint="If those that share one belong together, as the frames of a video do, intervals have "
        f"to draw them together: `groups={field!r}` does.",
        code="image-field-groups",
        field=field,
        option="groups",
        noun="image",
    )


def _may_group(field: str, values: Sequence[str | int], different: int) -> bool:
    """Whether a field may tell groups: by its name, or by values that follow each other in blocks.

    Images of a group are listed together, those of one weather or licence are not.
    """
    if _is_telling(field):
        return True
    words = _words(field)
    changes = sum(one != other for one, other in pairwise(values))
    return not words & COUNTING and different >= FEWEST_VALUES and changes < 1.5 * different


def _is_telling(field: str) -> bool:
    """Whether the name of a field tells that its values are groups."""
    words = _words(field)
    return bool(words & TELLING) and not words & COUNTING


def _words(field: str) -> set[str]:
    """The words of a name.

    Example:
        >>> sorted(_words("videoID")), sorted(_words("scene_id"))
        (['id', 'video'], ['id', 'scene'])
    """
    return {word.lower() for word in WORD.findall(field)}


def before_number(name: str) -> str | None:
    """What stands before the last number of a name, None if it has no number.

    Example:
        >>> before_number("street_7/frame_0012.png"), before_number("7.png"), before_number("a")
        ('street_7/frame_', '', None)
    """
    number = LAST_NUMBER.match(name[::-1])
    return None if number is None else name[: len(name) - number.end()]
