"""All numbers of a page as values that JSON can write, the same for equal inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from segeval.analysis.comparison.own_slices import SliceNumbers
from segeval.analysis.comparison.slices import named_source
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


def named_labels(options: ReportOptions) -> dict[str, str | None]:
    """What images are drawn together and told apart by."""
    return {"groups": named_source(options.groups), "slices": named_source(options.slices)}


def with_slices(
    models: list[dict[str, Any]], slices: Sequence[Sequence[SliceNumbers]]
) -> list[dict[str, Any]]:
    """The numbers of each model, with those on parts of the images where there are some.

    Args:
        models: numbers of each.
        slices: of each model; empty without.
    """
    for model, own in zip(models, slices, strict=False):
        model["slices"] = [each.to_dict() for each in own]
    return models


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
