"""The log of a run: a line of JSON for every update and evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segeval.data.opening import read_bytes
from segeval.data.whole_files import named_where, whole_file
from segeval.errors import FormatError
from segeval.models.training.events import Evaluated, Progress


class Log:
    """Appends to a log; every line is on disk before the next update.

    Args:
        path: of the file.
        update: where the run begins; lines of later updates, which will run again, are dropped.
    """

    def __init__(self, path: Path, update: int = 0) -> None:
        self.path = path
        kept = [each for each in read_log(path) if each["update"] <= update] if update else []
        with whole_file(path) as file:
            for each in kept:
                file.write(_line(each))
        self._file = path.open("ab", buffering=0)

    def write(self, event: Progress | Evaluated) -> None:
        """Add a line."""
        with named_where(self.path):
            self._file.write(_line(record(event)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def record(event: Progress | Evaluated) -> dict[str, Any]:
    """The line of an event in the log, as values.

    Example:
        >>> found = record(Evaluated(9, {"AP": 0.5}, "AP", True, 1.0))
        >>> found["kind"], found["metrics"], found["metric"], found["best"]
        ('evaluation', {'AP': 0.5}, 'AP', True)
    """
    if isinstance(event, Progress):
        return {
            "kind": "update",
            "update": event.update,
            "loss": event.loss,
            "losses": dict(event.losses),
            "rate": event.rate,
            "gradient": event.gradient,
            "seconds": round(event.seconds, 4),
            "waiting": round(event.waiting, 4),
        }
    return {
        "kind": "evaluation",
        "update": event.update,
        "metrics": dict(event.metrics),
        "metric": event.metric,
        "best": event.is_best,
        "seconds": round(event.seconds, 4),
    }


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log, except for an incomplete last one.

    Args:
        path: of the file.

    Raises:
        FormatError: if any other line is not a JSON object with an update.
    """
    lines = read_bytes(path).split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            found = json.loads(line)
            found["update"] = int(found["update"])
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise FormatError(
                f"{path}: line {number} is not a line of a training log, expected a JSON object.",
                code="log",
                path=str(path),
                index=number - 1,
            ) from None
        yield found


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"
