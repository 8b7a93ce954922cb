"""All numbers of a page as values that JSON can write, the same for equal inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from segeval.reports.options import ReportOptions
from segeval.reports.pages import SCHEMA
from segeval.version import __version__


def common_numbers(
    title: str, gt: Mapping[str, Any], gt_sha256: str | None, options: ReportOptions
) -> dict[str, Any]:
    """What the numbers of every page begin with.

    Args:
        title: of the page.
        gt: ground truth, as results name it.
        gt_sha256: its hash; None for data in memory.
        options: of the report.
    """
    return {
        "schema": SCHEMA,
        "segeval": __version__,
        "title": title,
        "command": options.command,
        "gt": {**gt, "sha256": gt_sha256},
    }


def timeless(document: Mapping[str, Any]) -> dict[str, Any]:
    """A result without the time that it took, and without what the report says elsewhere."""
    return {key: value for key, value in document.items() if key not in ("seconds", "inputs")}


def finite(value: Any) -> Any:
    """Plain values with None for numbers that are not finite, which JSON cannot write."""
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
