"""Reports on results: their inputs are found again."""

from __future__ import annotations

from typing import Any

from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.sources import found_again
from segeval.reports.making import report
from segeval.reports.result import Report


def report_of(
    result: APResult, *, against: Any = None, preds: Any = None, gt: Any = None, **how: Any
) -> Report:
    """The page of a result, alone or against another; arguments and errors as `APResult.report`.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> inputs = {"preds": scene.better, "gt": scene.ground_truth}
        >>> report_of(result, **inputs, resamples=20).sentences[0].split(" (")[0]
        'AP is 76.2'
    """
    files = [
        found_again(result.sources, name, given, f"report({name}={name})")
        for name, given in (("preds", preds), ("gt", gt))
    ]
    if against is not None:
        files.insert(0, _other(against))
    plain = vars(Arguments())
    arguments = {
        name: value
        for name, value in vars(result.arguments).items()
        if value != plain[name] and name not in how
    }
    return report(*files, **arguments, **how)


def _other(against: Any) -> Any:
    """The predictions of the model that a page compares with."""
    if not isinstance(against, APResult):
        return against
    return found_again(against.sources, "preds", None, "report(against=preds)")
