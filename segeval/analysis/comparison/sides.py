"""The sides of a comparison: files that are evaluated, or results of evaluations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.evaluate import evaluation_of
from segeval.analysis.comparison.models import Model, path_of
from segeval.analysis.model_names import model_names
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import InputError
from segeval.metrics.coco.parts.comparable import check_comparable_matches
from segeval.metrics.coco.parts.part import ap_of_part
from segeval.metrics.panoptic.parts import panoptic_quality_of_part
from segeval.metrics.parts.beginning import is_part
from segeval.metrics.parts.comparable import check_comparable
from segeval.metrics.parts.files import task_of_parts
from segeval.metrics.result import Result
from segeval.metrics.semantic.parts import mean_iou_of_part

CHOSEN = ("categories", "images")
"""Arguments of an evaluation of AP that go with its part files."""

READERS: Mapping[str, Callable[..., Result[Any]]] = {
    "ap": ap_of_part,
    "miou": mean_iou_of_part,
    "pq": panoptic_quality_of_part,
}
"""What reads the part files of each task."""


def models_of(
    sides: Sequence[Any],
    gt: Any,
    arguments: Mapping[str, Any],
    workers: int | None,
    advance: Callable[[], None],
) -> tuple[Model, ...]:
    """The models to compare, evaluated.

    Args:
        sides: predictions, part files or results; a tuple of them is several runs of one recipe.
        gt: ground truth, None if every side is a result or a part file.
        arguments: of the evaluation.
        workers: threads, None for all cores.
        advance: called after every evaluation.

    Raises:
        InputError: if predictions lack ground truth, a side has no runs, or arguments of the
            evaluation come with results, but for `categories` and `images` with part files of AP.
        FormatError: as the evaluation does.
        MismatchError: as the evaluation does.
    """
    given_runs = [run for each in sides for run in (each if isinstance(each, tuple) else (each,))]
    parts = [run for run in given_runs if _is_part(run)]
    _check_parts(parts)
    chosen: dict[str, Any] = {}
    if parts and len(parts) == len(given_runs) and task_of_parts(parts) == "ap":
        chosen = {name: arguments[name] for name in CHOSEN if arguments.get(name) is not None}
    runs = [
        tuple(_read(run, chosen) for run in (each if isinstance(each, tuple) else (each,)))
        for each in sides
    ]
    if not all(runs):
        raise InputError(
            "a side of the comparison is empty, expected predictions or several runs.", code="runs"
        )
    to_evaluate = [run for side in runs for run in side if not isinstance(run, Result)]
    evaluation = None
    if to_evaluate:
        if gt is None:
            raise InputError(
                "predictions are compared on ground truth, expected `gt` as well.",
                code="input",
                option="gt",
            )
        evaluation = evaluation_of(to_evaluate[0], gt, arguments)
    else:
        others = {name: value for name, value in arguments.items() if name not in chosen}
        _check_arguments(others, parts, runs)
    done: list[tuple[Result[Any], ...]] = []
    for side in runs:
        results: list[Result[Any]] = []
        for run in side:
            results.append(
                run
                if evaluation is None or isinstance(run, Result)
                else evaluation.of(run, workers)
            )
            advance()
        done.append(tuple(results))
    names = _names([path_of(results[0]) for results in done], [len(each) for each in done])
    return tuple(
        Model(name, results, tuple(map(resampled, results)))
        for name, results in zip(names, done, strict=True)
    )


def _read(run: Any, chosen: Mapping[str, Any]) -> Any:
    """A part file as the result that it holds, of what is chosen; others stay."""
    if not _is_part(run):
        return run
    return READERS[task_of_parts([run])](run, **chosen)


def _check_arguments(
    arguments: Mapping[str, Any], parts: Sequence[Any], runs: Sequence[tuple[Any, ...]]
) -> None:
    """Refuse arguments of an evaluation that is done, but for those that it was done with.

    Raises:
        InputError: names both values where all results are those of part files.
    """
    settings = runs[0][0].settings
    for name, value in arguments.items():
        if value is None:
            continue
        if len(parts) < sum(map(len, runs)) or name not in settings:
            what = "part files, which are matched" if parts else "results, which are evaluated"
            raise InputError(
                f"`{name}` does not go with {what} already.", code="option", option=name
            )
        plain = list(value) if isinstance(value, tuple) else value
        if plain != settings[name]:
            raise InputError(
                f"`{name}` is {plain!r}, and {parts[0]} was matched with {settings[name]!r}. Match "
                "anew.",
                code="part-option",
                option=name,
                path=str(parts[0]),
            )


def _is_part(run: Any) -> bool:
    """Whether a run is the path of a part file."""
    return isinstance(run, str | Path) and is_part(run)


def _check_parts(paths: Sequence[str | Path]) -> None:
    """Refuse part files of different tasks, rules or ground truth."""
    if not paths:
        return
    task = task_of_parts(paths)
    if task == "ap":
        check_comparable_matches(paths)
    else:
        check_comparable(paths, task)


def _names(paths: Sequence[str], runs: Sequence[int]) -> list[str]:
    """What tables call the sides: the first file of each, and how many runs there are besides."""
    return [
        name if number == 1 else f"{name} and {number - 1} more"
        for name, number in zip(model_names(paths), runs, strict=True)
    ]
