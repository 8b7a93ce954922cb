"""The files of a comparison as the command line gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from segeval.data.paths import exists
from segeval.errors import InputError
from segeval_cli import inputs


class Sides(NamedTuple):
    """Models and ground truth.

    Attributes:
        models: the runs of each model.
        gt: the ground truth; None if all models are part files, which hold their matches.
    """

    models: tuple[tuple[str, ...], ...]
    gt: str | None


def parse_sides(files: Sequence[str]) -> Sides:
    """Models, whose runs are joined by commas, and the ground truth, which comes last.

    Args:
        files: positional arguments.

    Raises:
        InputError: if there are fewer than two models and the ground truth.
    """
    from segeval.metrics.parts.beginning import is_part

    if len(files) > 1 and all(is_part(each) for text in files for each in _runs(text)):
        return Sides(tuple(map(_runs, files)), None)
    if len(files) < 3:
        given = ", ".join(files)
        raise InputError(
            f"a comparison needs predictions of two models and then the ground truth, given: "
            f"{given}.",
            code="input",
        )
    *models, gt = files
    runs = tuple(map(_runs, models))
    inputs.declared([each for several in runs if len(several) > 1 for each in several])
    return Sides(runs, gt)


def _runs(text: str) -> tuple[str, ...]:
    """The files of one side: split at commas, unless a file has the whole name."""
    if "," not in text or exists(text):
        return (text,)
    return tuple(text.split(","))
