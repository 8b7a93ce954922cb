"""Metrics of statistics per image as bytes: a part file, and how often images came."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError
from segeval.metrics.loop.failures import Failure
from segeval.metrics.loop.images import Seen
from segeval.metrics.loop.settings import REPEATS
from segeval.metrics.loop.tables import TableState
from segeval.metrics.parts.arrays import check_layout
from segeval.metrics.parts.packing import pack, unpack
from segeval.metrics.parts.statistics_part import StatisticsPart

SCHEMA = "segeval/image-metric/1"
"""Name and version of the layout."""

R = TypeVar("R")


def to_bytes(state: TableState, part: StatisticsPart, task: str, failure: Failure | None) -> bytes:
    """A metric as bytes; the same images give the same bytes, in whatever batches they came.

    Args:
        state: how often the images came.
        part: the images.
        task: what was counted, such as "miou".
        failure: why an update failed, if one did.
    """
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        path = Path(folder, "all.match")
        part.write(path, task)
        file = np.frombuffer(path.read_bytes(), np.uint8)
    every = [state.images[key] for key in part.keys]
    header = {
        "task": task,
        "repeats": state.repeats,
        "failure": None if failure is None else asdict(failure),
    }
    arrays: dict[str, NDArray[Any]] = {
        "part": file,
        "times": np.array([one.times for one in every], np.uint64),
        "differs": np.array([one.differs for one in every], np.bool_),
    }
    return pack(SCHEMA, header, arrays)


def from_bytes(
    data: bytes, task: str, read: Callable[[Path], tuple[StatisticsPart, R]]
) -> tuple[TableState, R, Failure | None]:
    """The images of the bytes of `to_bytes`, what else their part file holds, and the failure.

    Args:
        data: the bytes.
        task: what must have been counted.
        read: reads a part file.

    Raises:
        FormatError: if the bytes are something else, or damaged.
    """
    try:
        header, arrays = unpack(data, SCHEMA)
        if header["task"] != task or header["repeats"] not in REPEATS:
            raise ValueError("another task")
        check_layout(arrays, {"part": ("u1", (None,))})
        with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
            path = Path(folder, "all.match")
            path.write_bytes(arrays["part"].tobytes())
            part, rest = read(path)
        images = len(part.keys)
        check_layout(arrays, {"times": ("u8", (images,)), "differs": ("b1", (images,))})
        if ((arrays["times"] < 1) | (arrays["times"] >= 2**48)).any():
            raise ValueError("an image came never")
        failure = header["failure"] and Failure.from_dict(header["failure"])
    except (AttributeError, InputError, KeyError, OverflowError, TypeError, ValueError):
        raise FormatError(
            f"these bytes are not those of a metric of {task}, or are damaged.", code="bad-part"
        ) from None
    state = TableState(header["repeats"])
    counts = zip(arrays["times"].tolist(), arrays["differs"].tolist(), strict=True)
    seen = {
        key: Seen(0, 0, 0, 0, times, differs)
        for key, (times, differs) in zip(part.keys, counts, strict=True)
    }
    if seen:
        state.add(part.tables, seen)
    return state, rest, failure or None


def settings_told(part: StatisticsPart) -> dict[str, Any]:
    """What metrics that merge must have in common, by its name in messages."""
    settings = part.shared["settings"]
    tables = {
        name.replace("_", " "): table.get("sha256", table)
        for name, table in part.shared.items()
        if name != "settings"
    }
    return {**settings, **tables}
