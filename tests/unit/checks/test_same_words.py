"""Whatever an evaluation or a training refuses about a record, `check` finds, in the same words.

Here: AP by every protocol, and a training. Panoptic files and label maps are spoilt beside.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from segeval import average_precision, check, load_ground_truth
from segeval.checks import CheckReport
from segeval.errors import FormatError, InputError
from segeval.models.training.usable import check_references, usable_annotations
from tests.check_cases import Mutate, as_lvis, clean_gt, clean_preds, setting, setting_in, without
from tests.unit.checks.test_check_ground_truth import ERRORS_IN_GROUND_TRUTH
from tests.unit.checks.test_check_predictions import ERRORS_IN_PREDICTIONS

NOTHING: Mutate = lambda _: None  # noqa: E731

CASES: dict[str, tuple[Mutate, Mutate]] = {
    **{name: (change, NOTHING) for name, (change, *_) in ERRORS_IN_PREDICTIONS.items()},
    **{f"gt: {name}": (NOTHING, change) for name, (change, *_) in ERRORS_IN_GROUND_TRUTH.items()},
    "only boxes": (
        lambda preds: [(p.pop("segmentation"), p.update(bbox=[3, 2, 10, 10])) for p in preds],
        NOTHING,
    ),
    "neither box nor mask": (without("segmentation"), NOTHING),
    "gt: no mask": (NOTHING, lambda gt: gt["annotations"][1].pop("segmentation")),
    "gt: no box": (NOTHING, lambda gt: gt["annotations"][1].pop("bbox")),
    "gt: neither": (
        NOTHING,
        lambda gt: [gt["annotations"][1].pop(field) for field in ("bbox", "segmentation")],
    ),
    "gt: no size of an image": (NOTHING, lambda gt: gt["images"][1].pop("width")),
    "a polygon in an image without size": (
        setting("segmentation", [[1, 1, 9, 1, 9, 9]]),
        lambda gt: (gt["images"][1].pop("height"), gt["annotations"].pop()),
    ),
    "gt: image ids from 0": (
        NOTHING,
        lambda gt: [a.update(image_id=a["image_id"] - 1) for a in gt["annotations"]],
    ),
    "gt: category ids from 0": (
        NOTHING,
        lambda gt: [a.update(category_id=a["category_id"] - 1) for a in gt["annotations"]],
    ),
    "gt: runs that do not fill the image": (
        NOTHING,
        setting_in("annotations", "segmentation", {"size": [20, 30], "counts": [100, 50]}),
    ),
    "gt: a size as text": (NOTHING, setting_in("images", "height", "20")),
    "a box of infinite width": (setting("bbox", [0, 0, float("inf"), 3]), NOTHING),
    "gt: a box that is not finite": (
        NOTHING,
        setting_in("annotations", "bbox", [0, 0, float("inf"), 3]),
    ),
}


def spoilt(case: str) -> tuple[Any, Any]:
    """The clean pair after the change."""
    preds, gt = copy.deepcopy(clean_preds()), copy.deepcopy(clean_gt())
    CASES[case][0](preds)
    CASES[case][1](gt)
    return preds, gt


def refusals(use: Callable[[], object]) -> list[InputError]:
    """The error, if there is one."""
    try:
        use()
    except InputError as error:
        return [error]
    return []


def train(gt: Any) -> None:
    """What training looks at before it begins."""
    truth = load_ground_truth(gt)
    image = check_references(truth)
    usable_annotations(truth, image, np.array([(20, 30)] * len(truth.images), np.int32))


def words(message: str) -> str:
    """A message without what readers, who stop at the first mistake, cannot count."""
    return re.sub(r"\.? [\d,]+ more like it\.|\.$", "", message)


def found(error: InputError, report: CheckReport) -> list[str]:
    """The hints of the findings that say what the error says; it may leave the hint away."""
    return [
        finding.hint
        for finding in report.findings
        if (finding.code, finding.path, finding.error) == (error.code, error.path, type(error))
        and words(error.message)
        in (words(finding.refusal().message), words(f"{finding.path}: {finding.message}"))
    ]


@pytest.mark.parametrize("iou", ["segm", "bbox", "boundary"])
@pytest.mark.parametrize("case", CASES)
def test_what_ap_refuses_about_a_record_is_found(case: str, iou: str) -> None:
    preds, gt = spoilt(case)
    for error in refusals(lambda: average_precision(preds, gt, iou=iou)):
        hints = found(error, check(preds, gt))
        assert hints, (error.code, error.path, error.message)
        assert error.message.endswith(hints[0])


LVIS_CASES: dict[str, tuple[Mutate, Mutate]] = CASES | {
    "no lists in one image": (NOTHING, lambda gt: gt["images"][1].pop("neg_category_ids")),
    "a list missing in one image": (
        NOTHING,
        lambda gt: gt["images"][0].pop("not_exhaustive_category_ids"),
    ),
}


@pytest.mark.parametrize("protocol", ["lvis", "lvis-fixed", "ap-star"])
@pytest.mark.parametrize("case", LVIS_CASES)
def test_what_lvis_refuses_about_a_record_is_found(case: str, protocol: str) -> None:
    preds, gt = copy.deepcopy(clean_preds()), as_lvis(copy.deepcopy(clean_gt()))
    for change, file in zip(LVIS_CASES[case], (preds, gt), strict=True):
        change(file)
    for error in refusals(lambda: average_precision(preds, gt, protocol=protocol)):
        hints = found(error, check(preds, gt))
        assert hints, (error.code, error.path, error.message)
        assert error.message.endswith(hints[0])


@pytest.mark.parametrize("case", sorted(LVIS_CASES.keys() - CASES.keys()))
@pytest.mark.parametrize("protocol", [None, "lvis", "lvis-fixed", "ap-star"])
def test_half_the_keys_of_lvis_are_refused_by_every_protocol(
    case: str, protocol: str | None
) -> None:
    gt = as_lvis(copy.deepcopy(clean_gt()))
    LVIS_CASES[case][1](gt)
    with pytest.raises(FormatError, match="some records have LVIS keys, but image #") as caught:
        average_precision(clean_preds(), gt, protocol=protocol)
    assert caught.value.code == "half-lvis"


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][1] is not NOTHING])
def test_what_training_refuses_about_a_record_is_found(case: str) -> None:
    gt = spoilt(case)[1]
    for error in refusals(lambda: train(gt)):
        assert found(error, check([], gt)), (error.code, error.path, error.message)
        assert "skip_unknown" not in error.message


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_refused_by_ap(case: str) -> None:
    """So that the tests above have something to compare."""
    preds, gt = spoilt(case)
    assert any(refusals(partial(average_precision, preds, gt, iou=iou)) for iou in ("segm", "bbox"))
