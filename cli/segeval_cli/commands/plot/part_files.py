"""Figures that are drawn from part files, which hold matches without the files behind them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from segeval.errors import InputError
from segeval_cli.options import argument
from segeval_cli.part_options import given_options, refuse_options_of_files, refuse_rematching
from segeval_cli.progress import working

if TYPE_CHECKING:
    import typer

    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.coco.result import APResult
    from segeval.metrics.result import Result

GroundTruthPath = Annotated[
    str | None,
    argument("GT", "Ground truth, COCO or LVIS: .json or .json.gz; none with a .match file."),
]

CHOSEN = ("categories", "images", "iou")
"""What can be chosen after matching."""


def check_options(
    path: str,
    arguments: Arguments,
    context: typer.Context,
    *,
    but: Collection[str] = CHOSEN,
    of_files: Sequence[str] = (),
) -> None:
    """Refuse options that need other files, or would have to match anew.

    Args:
        path: of the part file.
        arguments: the options, parsed.
        context: of the command.
        but: parameters that go with parts.
        of_files: parameters that need the files themselves.

    Raises:
        InputError: for one of them.
    """
    refuse_options_of_files(given_options(context), tuple(of_files))
    refuse_rematching(path, arguments, context, but=but)


def ap_of(
    path: str,
    arguments: Arguments,
    context: typer.Context,
    workers: int | None,
    *,
    of_files: Sequence[str] = (),
    quiet: bool = False,
) -> APResult:
    """AP of a part file, for the kinds of IoU that are asked for."""
    check_options(path, arguments, context, of_files=of_files)
    from segeval.metrics.coco.parts.part import ap_of_part

    with working(f"reading {path}", quiet=quiet):
        result = ap_of_part(
            path, categories=arguments.categories, images=arguments.images, workers=workers
        )
    scores = chosen_kinds(path, result, arguments)
    return replace(result, scores={kind: result.scores[kind] for kind in scores})


def chosen_kinds(path: str, result: Result[Any], arguments: Arguments) -> list[str]:
    """The kinds of IoU that are asked for; all of the part without the option.

    Raises:
        InputError: for one that the part does not hold.
    """
    iou = arguments.iou
    asked = [*result.scores] if not iou else [iou] if isinstance(iou, str) else [*iou]
    for kind in asked:
        if kind not in result.scores:
            known = ",".join(result.scores)
            raise InputError(
                f"--iou is {kind}, and {path} was matched with {known}. Match anew with segeval "
                "match.",
                code="part-option",
                path=path,
                option="iou",
            )
    return asked


def check_one_kind(path: str, kinds: Collection[str]) -> None:
    """Refuse several kinds of IoU where a figure is of one.

    Raises:
        InputError: for these.
    """
    if len(kinds) > 1:
        raise InputError(
            f"{path}: was matched with {','.join(kinds)}, and this figure is of one kind of IoU. "
            "Choose one with --iou.",
            code="part-option",
            path=path,
            option="iou",
        )
