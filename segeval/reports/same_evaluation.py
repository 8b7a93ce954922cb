"""Whether two results were evaluated alike, so that one page can compare them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from segeval.analysis.resampling.resampled import resampled
from segeval.errors import MismatchError
from segeval.metrics.coco.result import APResult
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.result import Result
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.sources import Source
from segeval.words import beginning, joined

LONGEST_VALUE = 80
"""Characters of a setting that a message repeats."""

FOLLOWS = {
    "protocol": ("thresholds", "sizes", "max_dets", "cap_scope", "agnostic", "area_from", "iou"),
    "iou": ("area_from", "boundary_ratio", "boundary_px"),
    "boundary_px": ("boundary_ratio",),
    "boundary_ratio": ("boundary_px",),
}
"""Settings that another one decides as well."""

ALIKE = (
    "A page compares two models by the same rules on the same ground truth: evaluate both so. "
    "Predictions are evaluated as this result is: `report(against=preds)`."
)
"""What to do with results that differ."""


def refuse_other_evaluation(
    result: Result[Any], against: Result[Any], gt: Any, given: Collection[str]
) -> None:
    """Refuse a result whose number would be another one on a page of this result.

    Args:
        result: that the page is of.
        against: the one to compare it with.
        gt: ground truth that the caller gives in place of the result's own; None for that.
        given: names of the arguments that the caller gives, for both.

    Raises:
        MismatchError: for another kind of result, other settings or another ground truth.
        InputError: if the ground truth of `against` is not there any more, or has changed.
    """
    if type(result) is not type(against):
        raise MismatchError(
            f"`against` is a {type(against).__name__}, and this result a {type(result).__name__}: "
            "expected two of one kind. Give results of the same function, or the predictions "
            "themselves: `report(against=preds)`.",
            code="not-alike",
        )
    differing = list(_differing(result, against, given))
    if differing:
        raise MismatchError(
            f"`against` was evaluated with {joined([other for other, _ in differing])}, this "
            f"result with {joined([own for _, own in differing])}. {ALIKE}",
            code="not-alike",
        )
    _refuse_other_truth(result, against, gt)


def _differing(
    result: Result[Any], against: Result[Any], given: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The settings that differ, of `against` and of this result."""
    passed = {*given, *(name for each in given for name in FOLLOWS.get(each, ()))}
    own, other = _settings(result), _settings(against)
    for name in own:
        if name not in passed and own[name] != other[name]:
            yield _said(name, other[name], own[name]), _said(name, own[name], other[name])
            passed |= {name, *FOLLOWS.get(name, ())}


def _settings(result: Result[Any]) -> dict[str, Any]:
    """All that decides the numbers of a result, by the names of arguments."""
    found = {name: result.settings[name] for name in result.settings if name != "packages"}
    if isinstance(result, MeanIoUResult):
        of_images = result.statistics
        ids = of_images.category_id.tolist()
        found["classes"] = dict(zip(ids, of_images.category_names, strict=True))
    if isinstance(result, APResult):
        found["score_field"] = result.arguments.score_field
    if isinstance(result, PanopticResult) and result.sources is not None:
        found["preds_dir"] = result.sources.arguments.get("preds_dir")
    return found


def _said(name: str, value: Any, other: Any) -> str:
    """A setting in a message; of names by id those that one of the two does not have."""
    if not (isinstance(value, Mapping) and isinstance(other, Mapping)):
        return f"`{name}={beginning(repr(value), LONGEST_VALUE)}`"
    more, less = (
        beginning(repr({key: one[key] for key in one if two.get(key) != one[key]}), LONGEST_VALUE)
        for one, two in ((value, other), (other, value))
    )
    return f"`{name}` without {less}" if more == "{}" else f"`{name}` with {more}"


def _refuse_other_truth(result: Result[Any], against: Result[Any], gt: Any) -> None:
    """Refuse a result on another ground truth.

    Files are compared by their content; of what was in memory only that is, which results keep.

    Raises:
        MismatchError: if the two differ.
        InputError: if that of `against` is not there any more, or has changed.
    """
    sources = [None if each.sources is None else each.sources.gt for each in (result, against)]
    own, other = sources if gt is None else [Source.of(gt), sources[1]]
    if other is not None:
        other.get()
    same = None if own is None or other is None else own.holds_the_same(other)
    if same is None:
        same = _seems_the_same(result, against)
    if not same:
        names = [_name(against, None), _name(result, gt)]
        which = f"{names[0]}, this result on {names[1]}"
        if names[0] == names[1]:
            which = "another ground truth than this result"
        raise MismatchError(f"`against` was evaluated on {which}. {ALIKE}", code="not-alike")


def _name(result: Result[Any], gt: Any) -> str:
    """What messages call a ground truth."""
    return str(result.inputs["gt"]["path"]) if gt is None else str(gt)


def _seems_the_same(result: Result[Any], against: Result[Any]) -> bool:
    """Whether two results have the same objects or pixels of each class in every image.

    Of objects in memory it is their categories, areas, boxes and lengths of masks as well.
    """
    if isinstance(result, APResult) and isinstance(against, APResult):
        own, other = (each.first.matches.origins for each in (result, against))
        have_one = None not in (result.sources, against.sources) and len(own) == len(other) == 1
        if have_one and own[0].gt == other[0].gt:  # keys hold the name
            return own[0].gt_key == other[0].gt_key
    images = resampled(result)
    swapped = np.zeros((0, len(images.image_ids)), np.bool_)
    try:
        images.mixed(resampled(against), swapped)
    except MismatchError:
        return False
    return True
