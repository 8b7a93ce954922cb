"""A clean pair of inputs to `check`, and ways to spoil it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from segeval import check
from segeval.checks import CheckReport, Finding
from tests.build import build_gt, build_preds

SQUARE = np.zeros((20, 30), np.uint8)
SQUARE[2:12, 3:13] = 1
SMALLER = SQUARE * (np.arange(20)[:, None] < 10).astype(np.uint8)

Mutate = Callable[[Any], object]


def clean_gt() -> Any:
    """Two images of one object each, of two categories."""
    return build_gt(
        [(20, 30), (20, 30)],
        [
            {"mask": SQUARE, "image_id": 1, "category_id": 1},
            {"mask": SQUARE, "image_id": 2, "category_id": 2},
        ],
    )


def clean_preds() -> list[dict[str, Any]]:
    """One prediction for each object, and another one."""
    return build_preds(
        [
            {"mask": SQUARE, "image_id": 1, "category_id": 1, "score": 0.9},
            {"mask": SQUARE, "image_id": 2, "category_id": 2, "score": 0.8},
            {"mask": SMALLER, "image_id": 2, "category_id": 2, "score": 0.7},
        ]
    )


def as_lvis(gt: Any) -> Any:
    """The same ground truth with LVIS's keys."""
    for image in gt["images"]:
        image.update(neg_category_ids=[], not_exhaustive_category_ids=[])
    for category in gt["categories"]:
        category["frequency"] = "f"
    return gt


def report_on(change_preds: Mutate | None = None, change_gt: Mutate | None = None) -> CheckReport:
    """The report on the clean pair after the changes."""
    preds, gt = copy.deepcopy(clean_preds()), copy.deepcopy(clean_gt())
    if change_preds is not None:
        change_preds(preds)
    if change_gt is not None:
        change_gt(gt)
    return check(preds, gt)


def only(findings: tuple[Finding, ...]) -> Finding:
    """The one finding there is."""
    assert len(findings) == 1, [finding.message for finding in findings]
    return findings[0]


def setting(field: str, value: Any, places: tuple[int, ...] = (1,)) -> Mutate:
    """Sets a field of some records of a list."""

    def change(records: list[dict[str, Any]]) -> None:
        for place in places:
            records[place][field] = value

    return change


def setting_in(section: str, field: str, value: Any, place: int = 1) -> Mutate:
    """Sets a field of one record of a section of ground truth."""
    return lambda gt: setting(field, value, (place,))(gt[section])


def without(field: str, places: tuple[int, ...] = (1,)) -> Mutate:
    """Removes a field from some records of a list."""
    return lambda records: [records[place].pop(field) for place in places]
