"""Sizes of images that a file does not give, in records of any kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Images
from segeval.findings import Finding
from segeval.words import SIDES, more_like_it, size_problem


def unknown_sizes_of(
    images: Images,
    rows: NDArray[np.integer],
    *,
    source: str,
    needed: str = "",
) -> Iterator[Finding]:
    """Images whose size is needed, but missing or not above 0.

    Args:
        images: the images of a file.
        rows: rows of those whose size is needed, shape (n,), increasing.
        source: name of the file.
        needed: a sentence that says what needs it, or "".

    Example:
        >>> images = Images(np.array([7]), np.array([[-1, 640]], np.int32), ("",))
        >>> next(unknown_sizes_of(images, np.array([0]), source="gt.json")).message
        'image 7 has no height: write width and height.'
    """
    bad = rows[(images.sizes[rows] < 1).any(axis=1)]
    if len(bad):
        first = int(bad[0])
        size = images.sizes[first].tolist()
        wrong = [side for side, pixels in zip(SIDES, size, strict=True) if pixels < 1]
        yield Finding(
            "error",
            "image size",
            f"image {images.shown(first)} {size_problem(size)}: write width and height."
            f"{more_like_it(len(bad))}{needed and f' {needed}'}",
            count=len(bad),
            path=source,
            index=first,
            first=f"image {images.shown(first)}",
            code="no-size",
            field=wrong[0],
            noun="image",
        )
