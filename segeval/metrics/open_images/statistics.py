"""Statistics of AP on Open Images per image: entries of rankings, and counts by class.

A curve needs every entry with its score: 11 bytes each, and 8 bytes per image and class present.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.data.joining import checked_parts
from segeval.frozen import frozen
from segeval.metrics.image_columns import ImageStatistics, narrow, offsets_of, rules_of
from segeval.metrics.open_images.blocks import Entries
from segeval.metrics.open_images.matching import BOX, GROUPS
from segeval.metrics.open_images.prepare import JudgedRows


@frozen(eq=False, kw_only=True, repr=False)
class OpenImagesStatistics(ImageStatistics):
    """Entries and counts by image, the source of every number of one kind of IoU follows.

    Attributes:
        iou: "segm" or "bbox".
        group_of_weight: what a group counts as a positive.
        rules: other settings that decide the numbers, such as `max_dets=100`.
        keys: ids of I images, ascending.
        category_names: K names, ascending: every label that the ground truth has after expansion.
        offsets: image i has the rows `offsets[i]:offsets[i + 1]`, one per class with an object, a
            group or a judged prediction; int64, shape (I + 1,).
        category: place among the K, unsigned, shape (R,).
        singles: number of single objects that recall counts, unsigned, shape (R,).
        groups: number of groups that recall counts, unsigned, shape (R,).
        judged: number of predictions within the cap, unsigned, shape (R,).
        entry_offsets: image i has the entries `entry_offsets[i]:entry_offsets[i + 1]`, int64, shape
            (I + 1,).
        entry_category: place among the K, unsigned, shape (E,).
        score: score of each entry, by class, then in the order of the official tool's lists;
            float64, shape (E,).
        state: 0 for a false positive, 1 for a true one, 2 for a group that was found, int8, (E,).
    """

    BY_ROW: ClassVar = {
        "offsets": ("category", "singles", "groups", "judged"),
        "entry_offsets": ("entry_category", "score", "state"),
    }

    iou: str
    group_of_weight: float
    rules: tuple[str, ...]
    keys: tuple[str, ...]
    category_names: tuple[str, ...]
    offsets: NDArray[np.int64]
    category: NDArray[np.unsignedinteger]
    singles: NDArray[np.unsignedinteger]
    groups: NDArray[np.unsignedinteger]
    judged: NDArray[np.unsignedinteger]
    entry_offsets: NDArray[np.int64]
    entry_category: NDArray[np.unsignedinteger]
    score: NDArray[np.float64]
    state: NDArray[np.int8]

    @classmethod
    def merge(cls, parts: Sequence[OpenImagesStatistics]) -> OpenImagesStatistics:
        """As `ImageStatistics.merge`, but the parts may know different categories."""
        parts = checked_parts(parts, cls)
        names = tuple(sorted({name for part in parts for name in part.category_names}))
        return super().merge([_with_names(part, names) for part in parts])


def open_images_statistics(
    rows: JudgedRows,
    entries: Entries,
    image_ids: tuple[str, ...],
    group_of_weight: float,
    settings: Mapping[str, Any],
) -> OpenImagesStatistics:
    """Statistics of matched images.

    Args:
        rows: the rows matched.
        entries: their outcomes.
        image_ids: I ids, ascending.
        group_of_weight: what a group counts as a positive.
        settings: other settings that decide the numbers.
    """
    number = max(len(rows.classes), 1)
    # where masks are compared, recall counts the ground truth that has a mask
    counts = (rows.gt_kinds < BOX) == (rows.kind == "segm")
    is_group = np.isin(rows.gt_kinds, GROUPS)
    gt_cell = rows.gt_image * number + rows.gt_class
    columns = (gt_cell[counts & ~is_group], gt_cell[counts & is_group], entries.judged_cell)
    cells = np.unique(np.concatenate(columns))
    singles, groups, judged = (
        narrow(np.bincount(np.searchsorted(cells, each), minlength=len(cells))) for each in columns
    )
    return OpenImagesStatistics(
        iou=rows.kind,
        group_of_weight=group_of_weight,
        rules=rules_of(settings),
        keys=image_ids,
        category_names=rows.classes,
        offsets=offsets_of(np.bincount(cells // number, minlength=len(image_ids))),
        category=narrow(cells % number),
        singles=singles,
        groups=groups,
        judged=judged,
        entry_offsets=offsets_of(np.bincount(entries.image, minlength=len(image_ids))),
        entry_category=narrow(entries.class_number),
        score=entries.score,
        state=entries.state,
    )


def _with_names(part: OpenImagesStatistics, names: tuple[str, ...]) -> OpenImagesStatistics:
    """The same statistics with places among more categories."""
    if part.category_names == names:
        return part
    places = {name: place for place, name in enumerate(names)}
    place = np.array([places[name] for name in part.category_names], np.int64)
    return replace(
        part,
        category_names=names,
        category=narrow(place[part.category]),
        entry_category=narrow(place[part.entry_category]),
    )
