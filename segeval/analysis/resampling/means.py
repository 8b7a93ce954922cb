"""Which numbers are means over categories, and over which numbers."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.resampled import CategoryMean
from segeval.metrics.coco.scores import MEANS


def means_of(paths: Sequence[KeyPath]) -> tuple[CategoryMean, ...]:
    """The AP and AR that are means over categories: over all, and in each size bucket.

    Args:
        paths: where each number is in JSON.

    Example:
        >>> means_of([("segm", "ap"), ("segm", "categories", 3, "ap"), ("segm", "miou")])
        (CategoryMean(place=0, members=(1,), alike=()),)
    """
    at = {path: place for place, path in enumerate(paths)}
    members: dict[KeyPath, list[int]] = {}
    for place, path in enumerate(paths):
        if path[-3:-2] == ("categories",):
            members.setdefault((*path[:-3], path[-1]), []).append(place)
        elif path[-2:-1] == ("ap_by_size",):
            size = (*path[:-4], "sizes", path[-1])
            members.setdefault((*size, "ap"), []).append(place)
    return tuple(
        CategoryMean(at[mean], tuple(own), _alike(mean, at, members))
        for mean, own in members.items()
        if mean in at and mean[-1] in MEANS
    )


def _alike(
    mean: KeyPath, at: dict[KeyPath, int], members: dict[KeyPath, list[int]]
) -> tuple[int, ...]:
    """Places of means beside one that categories do not have: of a size, and AR under a cap."""
    if mean[-1] == "ar":
        by_cap = (*mean[:-1], "ar_by_max_dets")
        return tuple(place for path, place in at.items() if path[:-1] == by_cap)
    if mean[-3:-2] != ("sizes",):
        return ()
    beside = [(*mean[:-1], key) for key in MEANS]
    return tuple(at[path] for path in beside if path in at and path not in members)
