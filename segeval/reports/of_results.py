"""Reports on results: their inputs are found again."""

from __future__ import annotations

from typing import Any

from segeval.errors import InputError
from segeval.metrics.coco.result import APResult
from segeval.metrics.result import Result
from segeval.metrics.sources import arguments_given, found_again
from segeval.reports.making import report
from segeval.reports.result import Report
from segeval.reports.same_evaluation import refuse_other_evaluation


def report_of(
    result: Result[Any], *, against: Any = None, preds: Any = None, gt: Any = None, **how: Any
) -> Report:
    """The page of a result, alone or against another; arguments and errors as `Result.report`.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> inputs = {"preds": scene.better, "gt": scene.ground_truth}
        >>> report_of(result, **inputs, resamples=20).sentences[0].split(" (")[0]
        'AP is 76.2'
    """
    arguments = _arguments(result)
    files = [
        found_again(result.sources, name, given, f"report({name}={name})")
        for name, given in (("preds", preds), ("gt", gt))
    ]
    if isinstance(against, Result):
        refuse_other_evaluation(result, against, gt, how)
        against = found_again(against.sources, "preds", None, "report(against=preds)")
    if against is not None:
        files.insert(0, against)
    return report(*files, **{**arguments, **how})


def _arguments(result: Result[Any]) -> dict[str, Any]:
    """The arguments of an evaluation that were given, by name.

    Raises:
        InputError: of a result that does not keep them.
    """
    if result.sources is not None:
        return result.sources.given()
    if isinstance(result, APResult):
        return arguments_given(result.arguments)
    raise InputError(
        f"{type(result).__name__} does not keep the files that it came from, and a page shows "
        "more of them than its numbers. Give the files to `report`, which makes pages of "
        "instances, label maps and panoptic files of one model or of two: "
        "`report(preds, gt)` or `report(a, b, gt)`.",
        code="files-gone",
    )
