"""`segeval suspects`: which labels may be wrong, by the predictions of models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segeval_cli.commands.suspects import options as own
from segeval_cli.commands.suspects.pictures import check_photographs, draw_suspects
from segeval_cli.commands.suspects.rows import suspects_csv
from segeval_cli.measured import CocoOptions, given
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import All, Json, Overwrite, Quiet, Workers
from segeval_cli.output import FIGURES, SUFFIXES, check_target, json_line, write_lines, write_whole
from segeval_cli.progress import working
from segeval_cli.results import Output, View
from segeval_cli.streams import say
from segeval_cli.unfolding import unfolded_but
from segeval_cli.values import parse_choices

if TYPE_CHECKING:
    from segeval.analysis.suspects.run import SuspectsOfFiles

LINES = ".jsonl"
"""Suffix of a file with a line for every suspect."""

NEEDLESS = ("compat", "sizes", "area_from", "agnostic")
"""Options of `segeval ap` that suspects do not depend on, or cannot have."""


@unfolded_but(*NEEDLESS)
def suspects(
    files: own.Files,
    *,
    asked: CocoOptions,
    kinds: own.Kinds = [],  # noqa: B006
    show_all: All = False,
    json: Json = False,
    output: own.OutputFile = None,
    coco: own.CocoFile = None,
    pictures: own.Pictures = None,
    images: own.Photographs = None,
    top: own.Top = 20,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Which labels are wrong: what models share and the ground truth does not have.

    An object may be missing, no model may find one, or all call it by another name.

    Example: segeval suspects a.json b.json gt.json --coco again.json
    """
    from segeval.analysis.suspects.search import several_and_truth

    preds, gt = several_and_truth(files)
    roles = {chr(ord("a") + place): path for place, path in enumerate(preds)}
    out = Output(
        inputs={**(roles if len(preds) > 1 else {"preds": preds[0]}), "gt": gt},
        number="",
        json=json,
        path=output,
        suffixes=(*SUFFIXES, LINES),
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    check_target(coco, (".json",), overwrite=overwrite, option="--coco")
    check_target(pictures, FIGURES, overwrite=overwrite, option="--pictures")
    check_photographs(images, pictures)
    wanted = parse_choices(kinds, "--kinds", own.KINDS, "kind") if kinds else own.KINDS
    arguments = given(asked.coco_arguments(kinds=1))
    give_back_blocks()
    from segeval.analysis.suspects.presented import record_of, sentences
    from segeval.analysis.suspects.run import suspects_of_files

    with working(f"evaluating {', '.join(preds)}", quiet=quiet):
        found = suspects_of_files(files, kinds=wanted, workers=workers, **arguments)
    result = found.result
    view = View(result.tables, result.to_dict, lines=[*sentences(result)], to_csv=suspects_csv)
    records = map(record_of, result.scores.listed())
    try:
        out.show(result, view, writers={LINES: lambda path: write_lines(records, path)})
    finally:  # files take what standard output did not
        if coco is not None:
            _write_coco(found, coco, quiet=quiet)
        if pictures is not None:
            draw_suspects(found, pictures, images, top, quiet=quiet)


def _write_coco(found: SuspectsOfFiles, path: Path, *, quiet: bool) -> None:
    """Write the suspects as COCO annotations."""
    from segeval.analysis.suspects.as_coco import suspects_as_coco

    document = suspects_as_coco(list(found.result.scores.listed()), found.models)
    lists = [
        f'"{name}":[' + ",\n".join(json_line(each).decode().rstrip() for each in records) + "]"
        for name, records in document.items()
    ]
    write_whole(path, "{" + ",\n".join(lists) + "}\n")
    if not quiet:
        say(f"wrote {path}")
