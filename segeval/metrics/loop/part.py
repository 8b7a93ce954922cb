"""A metric as bytes, which can be sent, kept, and merged elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import written
from segeval.errors import FormatError, InputError
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.request import Request
from segeval.metrics.loop import images
from segeval.metrics.loop.chunks import chunk_of
from segeval.metrics.loop.failures import Failure
from segeval.metrics.loop.settings import (
    BOX_FORMATS,
    MASK_VALUES,
    REPEATS,
    Settings,
    categories_of,
)
from segeval.metrics.loop.state import State, moved, starts_of
from segeval.metrics.parts.arrays import check_layout
from segeval.metrics.parts.packing import pack, unpack

SCHEMA = "segeval/metric/1"
"""Name and version of the layout."""

DAMAGED = "the header is damaged."

CHOICES: dict[str, tuple[Any, ...]] = {
    "box_format": BOX_FORMATS,
    "mask_values": (None, *MASK_VALUES),
    "repeats": REPEATS,
    "pool": (False, True),
    "area_from": (None, "mask", "bbox"),
    "with_boxes": (None, False, True),
}
"""What settings may be, by their names."""


def to_bytes(state: State, failure: Failure | None) -> bytes:
    """A metric as bytes; the same images give the same bytes, in whatever batches they came."""
    found = state.whole()
    own = state.settings
    categories = own.categories
    header = {
        "images": images.ordered(state.images),
        "categories": {
            "ids": categories.written_ids,
            "names": categories.names,
            "frequencies": categories.frequencies,
        },
        **{name: getattr(own, name) for name in CHOICES if name != "with_boxes"},
        "with_boxes": state.with_boxes,
        "kinds": len(found),
        "failure": None if failure is None else asdict(failure),
    }
    matches = {
        f"matches_{place}": np.frombuffer(one.to_bytes(), np.uint8)
        for place, one in enumerate(found)
    }
    return pack(SCHEMA, header, {**images.to_arrays(state.images), **matches})


def from_bytes(data: bytes, workers: int | None) -> tuple[State, Failure | None]:
    """The metric of the bytes of `to_bytes`.

    Raises:
        FormatError: if the bytes are something else, or damaged.
    """
    try:
        header, arrays = unpack(data, SCHEMA)
    except FormatError:
        raise FormatError(
            "these bytes are not those of a metric, or are damaged.", code="bad-part"
        ) from None
    try:
        kinds, keys = header["kinds"], list(header["images"])
        if type(kinds) is not int or not 1 <= kinds <= len(arrays):
            raise FormatError(DAMAGED, code="bad-part")
        names = [f"matches_{place}" for place in range(kinds)]
        check_layout(
            arrays, {**images.layout_of(len(keys)), **dict.fromkeys(names, ("u1", (None,)))}
        )
        found = [Matches.from_bytes(arrays[name].tobytes()) for name in names]
        settings = _settings(header, found, workers)
        state = State(settings)
        state.images = images.from_arrays(keys, arrays)
        state.with_boxes = header["with_boxes"]
        failure = header["failure"] and Failure.from_dict(header["failure"])
        _take(state, found)
    except (AttributeError, InputError, KeyError, OverflowError, TypeError, ValueError) as error:
        if isinstance(error, FormatError) and error.code == "bad-part":
            raise
        raise FormatError(DAMAGED, code="bad-part") from None
    return state, failure or None


def _settings(header: Mapping[str, Any], found: list[Matches], workers: int | None) -> Settings:
    """The settings of a header, with which the matches must agree.

    Raises:
        KeyError, TypeError, ValueError: if the header is damaged.
    """
    for name, allowed in CHOICES.items():
        if not any(header[name] is value or header[name] == value for value in allowed):
            raise ValueError(f"{name} is damaged")
    given = header["categories"]
    letters = given["frequencies"] or [None] * len(given["ids"])
    columns = zip(given["ids"], given["names"], letters, strict=True)
    categories = categories_of(
        [{"id": key, "name": name, "frequency": letter} for key, name, letter in columns]
    )
    requests = tuple(replace(one.request, area_from=header["area_from"]) for one in found)
    protocol, kinds = requests[0].protocol, [request.iou for request in requests]
    agree = (
        all(_but_kind(request) == _but_kind(requests[0]) for request in requests)
        and len(set(kinds)) == len(kinds)
        and requests[0].images is None
        and requests[0].categories is None
        and not (protocol.federated and categories.frequencies is None)
        and all(type(name) is str for name in given["names"])
    )
    if not agree:
        raise ValueError("the kinds of IoU do not belong together")
    for one in found:
        ids = written(one.category_ids, one.category_keys)
        if not protocol.agnostic and set(ids) != set(categories.written_ids):
            raise ValueError("the categories are not those of the matches")
    return Settings(
        requests=requests,
        categories=categories,
        area_from=header["area_from"],
        box_format=header["box_format"],
        mask_values=header["mask_values"],
        repeats=header["repeats"],
        pool=header["pool"],
        workers=workers,
    )


def _but_kind(request: Request) -> Request:
    """The rules, whatever is compared."""
    return replace(request, iou="segm", compat=None)


def _take(state: State, found: list[Matches]) -> None:
    """Take matches whose records have their places among all.

    Raises:
        ValueError: if they are not of the images.
    """
    keys = images.ordered(state.images)
    starts = starts_of(state.images)
    for one in found:
        if written(one.image_ids, one.image_keys) != keys:
            raise ValueError("the images are not those of the matches")
    if keys:
        parts = [moved(one, starts, -1) for one in found]
        for one in parts:
            _check_places(state, one)
        state.chunks = (chunk_of(parts),)


def _check_places(state: State, matches: Matches) -> None:
    """Refuse records beyond those of their image."""
    keys = images.ordered(state.images)
    counts = np.array(
        [(state.images[key].predictions, state.images[key].annotations) for key in keys], np.int64
    )
    others = np.searchsorted(matches.image_ids, matches.unjudged.image_id)
    if len(others) and not np.isin(matches.unjudged.image_id, matches.image_ids).all():
        raise ValueError("a prediction is of no image")
    sides: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...] = (
        (matches.prediction, counts[matches.image, 0]),
        (matches.unjudged.prediction, counts[others, 0]),
        (matches.gt, counts[matches.gt_image, 1]),
    )
    if any(((place < 0) | (place >= count)).any() for place, count in sides):
        raise ValueError("a record is not in its image")
