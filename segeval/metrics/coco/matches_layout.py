"""The arrays of `Matches` in bytes: types, shapes and ranges of indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, Note
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.request import Request
from segeval.metrics.parts import checked, within
from segeval.metrics.sizes import SizeBucket

SCHEMA = "segeval/matches/1"
"""Name and version of the layout."""

ARRAYS = (
    "thresholds", "image_ids", "category_ids", "offsets", "prediction", "image", "score", "rank",
    "matched_bits", "ignored_bits", "gt", "gt_image", "gt_category", "gt_counted", "image_origin",
)  # fmt: skip
"""The columns of `Matches`."""

UNJUDGED = ("category", "score", "prediction", "image_id", "origin")
"""The columns of `Unjudged`; in bytes their names begin with "unjudged_"."""


def to_header(
    request: Request,
    buckets: Sequence[SizeBucket],
    file_names: Sequence[str],
    category_names: Sequence[str],
    frequencies: Sequence[str] | None,
    origins: Sequence[Origin],
    notes: Sequence[Note],
) -> dict[str, Any]:
    """Everything but the arrays, as plain values."""
    return {
        "request": request.to_dict(),
        "buckets": [asdict(bucket) for bucket in buckets],
        "file_names": file_names,
        "category_names": category_names,
        "frequencies": frequencies,
        "origins": [asdict(origin) for origin in origins],
        "notes": [asdict(note) for note in notes],
    }


def from_header(header: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `to_header`, by name.

    Raises:
        FormatError: if the header is damaged.
    """
    frequencies = header.get("frequencies")
    try:
        return {
            "request": Request.from_dict(header["request"]),
            "buckets": tuple(SizeBucket(**bucket) for bucket in header["buckets"]),
            "file_names": tuple(header["file_names"]),
            "category_names": tuple(header["category_names"]),
            "frequencies": None if frequencies is None else tuple(frequencies),
            "origins": tuple(Origin(**origin) for origin in header["origins"]),
            "notes": tuple(Note(**note) for note in header["notes"]),
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise FormatError(f"the header is damaged ({error})", code="part") from None


def check_arrays(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays that would lead a kernel astray: every index is checked.

    Raises:
        FormatError: names the wrong array.
    """
    try:
        sizes = {
            name: len(header[name])
            for name in ("buckets", "file_names", "category_names", "origins")
        }
    except (KeyError, TypeError) as error:
        raise FormatError(f"the header is damaged ({error})", code="part") from None
    buckets, images, categories = sizes["buckets"], sizes["file_names"], sizes["category_names"]
    rows, gts = len(arrays.get("score", ())), len(arrays.get("gt", ()))
    others = len(arrays.get("unjudged_score", ()))
    checked(arrays, {
        "thresholds": ("f8", (None,)),
        "image_ids": ("i8", (images,)),
        "category_ids": ("i8", (categories,)),
        "offsets": ("i8", (categories + 1,)),
        "prediction": ("i8", (rows,)),
        "image": ("i4", (rows,)),
        "score": ("f8", (rows,)),
        "rank": ("i4", (rows,)),
        "matched_bits": ("u", (buckets, rows)),
        "ignored_bits": ("u", (buckets, rows)),
        "gt": ("i8", (gts,)),
        "gt_image": ("i4", (gts,)),
        "gt_category": ("i4", (gts,)),
        "gt_counted": ("b1", (buckets, gts)),
        "image_origin": ("i4", (images,)),
        "unjudged_category": ("i4", (others,)),
        "unjudged_score": ("f8", (others,)),
        "unjudged_prediction": ("i8", (others,)),
        "unjudged_image_id": ("i8", (others,)),
        "unjudged_origin": ("i4", (others,)),
    })  # fmt: skip
    thresholds = len(arrays["thresholds"])
    if not 1 <= thresholds <= 8 * arrays["matched_bits"].dtype.itemsize:
        raise FormatError(f"{thresholds} thresholds do not fit the bits", code="part")
    offsets = arrays["offsets"]
    if offsets[0] != 0 or offsets[-1] != rows or (np.diff(offsets) < 0).any():
        raise FormatError(f"offsets must rise from 0 to {rows}", code="part")
    if (np.diff(arrays["image_ids"]) <= 0).any():
        raise FormatError("image_ids must rise", code="part")
    for name, end in (
        ("image", images),
        ("gt_image", images),
        ("gt_category", categories),
        ("image_origin", sizes["origins"]),
        ("unjudged_category", categories),
        ("unjudged_origin", sizes["origins"]),
    ):
        within(name, arrays[name], end)
