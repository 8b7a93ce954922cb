"""What a page is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval.data.files import sha256
from segeval.kernels.threads import OnProgress
from segeval.reports.options import ReportOptions


@dataclass(frozen=True)
class Asked:
    """What a page is asked for, whatever family of files it is of.

    Attributes:
        preds: of one model or of two: paths, or what the function of the evaluation takes.
        gt: ground truth, as it was given.
        truth: the same, read where that is possible once for all.
        arguments: of the evaluation, by name; those that were given.
        options: of the report.
        workers: threads, None for all cores.
        on_progress: called with the number of steps done, and of all.
    """

    preds: tuple[Any, ...]
    gt: Any
    truth: Any
    arguments: Mapping[str, Any]
    options: ReportOptions
    workers: int | None = None
    on_progress: OnProgress | None = None


def hash_of(source: Any) -> str | None:
    """SHA-256 of a file; None for folders, data in memory and streams."""
    is_file = isinstance(source, str | Path) and Path(source).is_file()
    return sha256(source) if is_file else None
