"""The arrays of `Matches` in bytes: types, shapes and ranges of indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Keys, ascends
from segeval.errors import FormatError, InputError
from segeval.metrics.coco import image_tallies, looked_at_layout
from segeval.metrics.coco.compat import PACKAGES
from segeval.metrics.coco.evidence import Evidence, layout_of, prefixed
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.request import FREQUENCIES, Request
from segeval.metrics.coco.rule_values import check_protocol
from segeval.metrics.kinds import KINDS
from segeval.metrics.parts.arrays import check_indices, check_layout
from segeval.metrics.sizes import SizeBucket
from segeval.tallies import note_from

SCHEMA = "segeval/matches/3"
"""Name and version of the layout."""

ARRAYS = (
    "thresholds", "image_ids", "category_ids", "offsets", "prediction", "image", "score", "rank",
    "matched_bits", "ignored_bits", "gt", "gt_image", "gt_category", "gt_counted", "image_origin",
)  # fmt: skip
"""The columns of `Matches`."""

DAMAGED = "the header is damaged."

MOST = 2**62
"""No place in a file is as high."""

MOST_KEY = 2**63
"""Hashes of files have 63 bits."""

EVIDENCE = tuple(f"evidence_{name}" for name in layout_of(0, 0, 0))
"""The arrays of what notes are made from."""

LOOKED = tuple(f"evidence_{name}" for name in looked_at_layout.layout())
"""Those of the records that checks look at."""

BY_IMAGE = tuple(f"evidence_{name}" for name in prefixed(dict.fromkeys(image_tallies.ARRAYS)))
"""Those of counts by image, which only parts on disk have."""

KEYS = ("image_keys", "category_keys")
"""The fields of `Matches` with ids that are no int64."""

UNJUDGED = ("category", "score", "prediction", "image_id", "origin", "is_unverified")
"""The columns of `Unjudged`; in bytes their names begin with "unjudged_"."""


def to_header(matches: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of `Matches` but the arrays, as plain values.

    Args:
        matches: its attributes.
    """
    evidence: Evidence | None = matches["evidence"]
    plain = ("file_names", "category_names", "frequencies", *KEYS)
    return {
        "request": matches["request"].to_dict(),
        "buckets": [bucket.to_dict() for bucket in matches["buckets"]],
        **{name: matches[name] for name in plain},
        "origins": [asdict(origin) for origin in matches["origins"]],
        "notes": [asdict(note) for note in matches["notes"]],
        **({} if evidence is None else {"evidence": evidence.to_header()}),
    }


def to_arrays(matches: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The arrays of `Matches`, by name in bytes.

    Args:
        matches: its attributes.
    """
    others = {f"unjudged_{name}": column for name, column in vars(matches["unjudged"]).items()}
    evidence: Evidence | None = matches["evidence"]
    known = {} if evidence is None else evidence.to_arrays()
    known = {f"evidence_{name}": column for name, column in known.items()}
    return {**{name: matches[name] for name in ARRAYS}, **others, **known}


def from_header(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """What `to_header` was given, by name.

    Args:
        header: the plain values.
        arrays: those of `check_arrays`, with which the header must agree.

    Raises:
        FormatError: if the header is damaged.
    """
    try:
        frequencies = header["frequencies"]
        found: dict[str, Any] = {
            "request": Request.from_dict(header["request"]),
            "buckets": tuple(SizeBucket.from_dict(bucket) for bucket in header["buckets"]),
            "file_names": tuple(header["file_names"]),
            "category_names": tuple(header["category_names"]),
            "frequencies": None if frequencies is None else tuple(frequencies),
            "origins": tuple(Origin(**origin) for origin in header["origins"]),
            "notes": tuple(map(note_from, header["notes"])),
            # files of versions that knew whole numbers alone have no keys
            **{name: header.get(name) and tuple(header[name]) for name in KEYS},
            "evidence": _evidence(header, arrays),
        }
        check_protocol(found["request"].protocol)
        agrees = _agrees(found, arrays)
    except (AttributeError, InputError, KeyError, OverflowError, TypeError, ValueError):
        raise FormatError(DAMAGED, code="bad-part") from None
    if not agrees:
        raise FormatError(DAMAGED, code="bad-part")
    return found


def _evidence(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Evidence | None:
    """What notes are made from, where it was written."""
    if "evidence" not in header:
        return None
    own = {name.removeprefix("evidence_"): array for name, array in arrays.items()}
    return Evidence.from_parts(header["evidence"], own)


def counts_by_image(header: Mapping[str, Any]) -> bool:
    """Whether the evidence of a kind of IoU says what was counted in each image."""
    evidence = header.get("evidence")
    return isinstance(evidence, dict) and "counted" in evidence


def holds_records(header: Mapping[str, Any]) -> bool:
    """Whether the evidence of a kind of IoU has the records that checks look at."""
    evidence = header.get("evidence")
    return isinstance(evidence, dict) and "looked" in evidence


def _agrees(found: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Whether the values of a header are of the right types, and those of its arrays."""
    request, names = found["request"], found["file_names"] + found["category_names"]
    frequencies = found["frequencies"]
    chosen = (request.categories or ()) + (request.images or ())
    return (
        all(isinstance(name, str) for name in names)
        and all(isinstance(name, int | str) for name in chosen)
        and arrays["thresholds"].tolist() == list(request.protocol.thresholds)
        and request.iou in KINDS
        and request.compat in (None, *PACKAGES)
        and request.area_from in (None, "mask", "bbox")
        and all(type(flag) is bool for flag in (request.skip_unknown, request.honour_ignore))
        and isinstance(request.min_score, int | float | None)
        and found["buckets"] == request.buckets
        and (frequencies is None or len(frequencies) == len(found["category_names"]))
        and all(letter in FREQUENCIES for letter in frequencies or ())
        and all(map(_is_origin, found["origins"]))
        and bool(found["origins"])
        and _are_keys(found["image_keys"], arrays["image_ids"], arrays["unjudged_image_id"])
        and _are_keys(found["category_keys"], arrays["category_ids"])
    )


def _is_origin(origin: Origin) -> bool:
    """Whether the values of a pair of files are of the right types, and fit into arrays."""
    return (
        tuple(map(type, vars(origin).values())) == (int, str, int, str, int, int)
        and all(0 <= key < MOST_KEY for key in (origin.key, origin.gt_key))
        and all(0 <= count < MOST for count in (origin.predictions, origin.annotations))
    )


def _are_keys(keys: Keys | None, *columns: NDArray[np.int64]) -> bool:
    """Whether columns are places among keys, ascending, each once."""
    if keys is None:
        return True
    known = all(type(key) in (int, str) for key in keys)
    for column in columns:
        check_indices("ids", column, len(keys))
    return known and all(ascends(*pair) for pair in pairwise(keys))


def _rises(values: NDArray[np.int64], *, strictly: bool = False) -> bool:
    """Whether values rise; their differences could overflow."""
    return bool((values[1:] > values[:-1] if strictly else values[1:] >= values[:-1]).all())


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
    except (KeyError, TypeError):
        raise FormatError(DAMAGED, code="bad-part") from None
    buckets, images, categories = sizes["buckets"], sizes["file_names"], sizes["category_names"]
    rows, gts, others = (
        arrays[name].size if name in arrays else 0 for name in ("score", "gt", "unjudged_score")
    )
    check_layout(arrays, {
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
        "unjudged_is_unverified": ("b1", (others,)),
    })  # fmt: skip
    if "evidence" in header:
        scores = arrays["evidence_scores_bits"].size if "evidence_scores_bits" in arrays else 0
        by_image = counts_by_image(header)
        looked = holds_records(header)
        own = layout_of(images, categories, scores, by_image=by_image, looked=looked)
        check_layout(arrays, {f"evidence_{name}": want for name, want in own.items()})
    thresholds = len(arrays["thresholds"])
    if not 1 <= thresholds <= 8 * arrays["matched_bits"].dtype.itemsize:
        raise FormatError(f"{thresholds} thresholds do not fit the bits", code="bad-part")
    offsets = arrays["offsets"]
    inside = ((offsets >= 0) & (offsets <= rows)).all()
    if not inside or offsets[0] != 0 or offsets[-1] != rows or not _rises(offsets):
        raise FormatError(f"offsets must rise from 0 to {rows}", code="bad-part")
    for name in ("image_ids", "category_ids"):
        if not _rises(arrays[name], strictly=True):
            raise FormatError(f"{name} must rise", code="bad-part")
    for name in ("prediction", "rank", "gt", "unjudged_prediction"):
        check_indices(name, arrays[name], MOST)
    falls = ~(arrays["score"][1:] > arrays["score"][:-1])
    falls[offsets[1:-1][(offsets[1:-1] > 0) & (offsets[1:-1] < rows)] - 1] = True
    if not falls.all():
        raise FormatError("scores of a category must fall", code="bad-part")
    for name, end in (
        ("image", images),
        ("gt_image", images),
        ("gt_category", categories),
        ("image_origin", sizes["origins"]),
        ("unjudged_category", categories),
        ("unjudged_origin", sizes["origins"]),
    ):
        check_indices(name, arrays[name], end)
