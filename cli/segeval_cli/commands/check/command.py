"""`segeval check`: look for mistakes in the files, compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli import failures
from segeval_cli.commands.check import options as own
from segeval_cli.flags import in_flags, use_flags
from segeval_cli.groups import LaterCommand
from segeval_cli.options import GtDir, Json, Overwrite, PredsDir, Quiet
from segeval_cli.output import check_target, emit_json, json_text, write_whole
from segeval_cli.progress import working
from segeval_cli.streams import emit, say
from segeval_cli.tables import count, terminal_width, wrapped
from segeval_cli.values import check_fraction, parse_choices, parse_ignored
from segeval_cli.visible import shown

if TYPE_CHECKING:
    from segeval.checks import CheckReport, Finding, GroundTruthSummary, PredictionsSummary

NOT_OF_ID_MAPS = (
    "--protocol id-maps takes one folder or file, or two, and no option of other forms: "
    "not --ensemble, --classes, --ignore, --preds-dir, --gt-dir, --score-field or --agnostic."
)

NOT_OF_ENSEMBLE = "--ensemble is for predictions of COCO or LVIS, and takes --gt alone."

LEVEL_WIDTH, KIND_WIDTH = 6, 20
"""Width of the columns before the message: level and kind of mistake, in characters."""

EVALUATED_BY = {"panoptic": "pq", "label maps": "miou"}
"""The command for files of a form; `segeval ap` for the others."""

NARROW, NARROW_INDENT = 60, 4
"""In narrower terminals, in characters, a message starts on its own line."""


def check(
    preds: own.Preds,
    gt: own.GroundTruthPath = None,
    *,
    protocol: own.Protocol = None,
    classes: own.Classes = None,
    ignore: own.Ignore = None,
    preds_dir: PredsDir = None,
    gt_dir: GtDir = None,
    score_field: own.ScoreField = "score",
    agnostic: own.Agnostic = False,
    ensemble: own.Ensemble = False,
    truth: own.EnsembleTruth = None,
    strict: own.Strict = False,
    allow: own.Allow = None,
    max_unpredicted: own.MaxUnpredicted = None,
    json: Json = False,
    output: own.Report = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """List all mistakes in the files; compute nothing.

    For COCO, LVIS and panoptic JSON, label maps and id maps.
    Cityscapes' instances and Open Images' CSV are checked by segeval ap only.
    Exits with 1 if there are errors, with --strict also for warnings.

    Example: segeval check preds.json gt.json
    """
    check_target(output, (".json",), overwrite=overwrite)
    codes = _allowed(allow)
    check_fraction(max_unpredicted, "--max-unpredicted", "a share of images")
    others = gt or []
    is_given = any(each is not None for each in (classes, ignore, preds_dir, gt_dir))
    is_given |= agnostic or score_field != "score"
    if protocol is not None:
        _require_one(others, truth)
        if ensemble or is_given:
            raise InputError(NOT_OF_ID_MAPS, code="option", option="protocol")
        with working(f"checking {preds}", quiet=quiet):
            from segeval.checks import check_id_maps

            report = check_id_maps(preds, *others)
    elif ensemble:
        if is_given:
            raise InputError(NOT_OF_ENSEMBLE, code="option", option="ensemble")
        with working(f"checking {', '.join([preds, *others])}", quiet=quiet):
            from segeval.checks import check_ensemble

            report = check_ensemble([preds, *others], truth)
    else:
        _require_one(others, truth)
        with working(f"checking {preds}", quiet=quiet):
            from segeval import check as check_files

            report = check_files(
                preds,
                next(iter(others), None),
                classes=classes,
                ignore=parse_ignored(ignore),
                preds_dir=preds_dir,
                gt_dir=gt_dir,
                score_field=score_field,
                agnostic=agnostic,
            )
    evaluates = LaterCommand("ensemble" if ensemble else EVALUATED_BY.get(_form(report), "ap"))
    use_flags(evaluates.load().params)  # findings name options of the command that would refuse
    report = report.judged(allow=codes, max_unpredicted=max_unpredicted)
    document = report.to_dict() if json or output is not None else {}
    try:
        if json:
            emit_json(document, is_kept=output is not None)
        else:
            text = report_text(report, width=terminal_width(), quiet=quiet)
            emit(text, is_kept=output is not None)
    finally:  # what standard output did not take
        if output is not None:
            write_whole(output, json_text(document) + "\n")
            if not quiet:
                say(f"wrote {output}")
    if strict and report.warnings:
        stops = ", ".join(dict.fromkeys(each.code for each in report.warnings))
        say(f"--strict stops at warnings: {stops} (--allow CODE accepts one)")
    if report.errors or (strict and report.warnings):
        raise typer.Exit(failures.ANSWER_IS_NO)


def _allowed(values: Sequence[str] | None) -> tuple[str, ...]:
    """The codes of `--allow`.

    Raises:
        InputError: for one that no warning has.
    """
    from segeval.checks.warning_codes import WARNING_CODES

    return parse_choices(values or (), "--allow", WARNING_CODES, "warning")


def _require_one(others: Sequence[str], truth: str | None) -> None:
    """Refuse what only models to merge take.

    Raises:
        InputError: for more than one file beside the first, or ground truth by its option.
    """
    if truth is not None:
        raise InputError(
            "--gt is for --ensemble; else the ground truth is the second file.",
            code="option",
            option="truth",
        )
    if len(others) > 1:
        raise InputError(
            f"expected predictions and ground truth, got {counted(len(others) + 1, 'file')}. "
            "Models to merge are checked together with --ensemble.",
            code="file-count",
        )


def report_text(report: CheckReport, *, width: int, quiet: bool = False) -> str:
    """Everything that `segeval check` prints.

    Args:
        report: what was found.
        width: of the lines, in characters.
        quiet: show only errors and warnings.
    """
    known = (report.predictions, *report.models, report.ground_truth)
    summaries = [each for each in known if each is not None]
    files = [] if report.models else [summary.source for summary in summaries]
    entries = [
        _entry(finding.level, finding.kind, _words(finding, files), width)
        for finding in (*report.errors, *report.warnings, *report.allowed, *report.notes)
    ]
    if report.fine and not quiet:
        entries.append(_entry("ok", "", ", ".join(report.fine), width))
    return "\n\n".join(filter(None, [_files(summaries, width), "\n".join(entries), report.totals]))


def _form(report: CheckReport) -> str:
    """What the files hold, in the word of their header lines."""
    summary = report.ground_truth or report.predictions
    return "" if summary is None else summary.encoding


def _files(summaries: Sequence[PredictionsSummary | GroundTruthSummary], width: int) -> str:
    """The contents of the files, a line each; longer facts wrap."""
    rows = [_facts(summary) for summary in summaries]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "   ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if all(len(line) <= width for line in lines):
        return "\n".join(lines)
    return "\n".join(
        f"{name}\n{wrapped(', '.join(facts), width, indent=NARROW_INDENT)}" for name, *facts in rows
    )


def _facts(summary: PredictionsSummary | GroundTruthSummary) -> list[str]:
    """The name of a file, and what is known about it."""
    from segeval.checks import GroundTruthSummary

    if summary.encoding == "label maps":
        noun, last = "label map", ""
    elif summary.encoding == "id maps":
        noun, last = "object", ""
    elif isinstance(summary, GroundTruthSummary):
        noun = "object"
        last = f"{count(summary.crowds)} crowd" + (", LVIS" if summary.is_lvis else "")
    elif summary.score_min is None or summary.score_max is None:
        noun, last = "prediction", "no scores"
    else:
        noun, last = "prediction", f"scores {summary.score_min:.2f} .. {summary.score_max:.2f}"
    return [
        shown(summary.source),
        counted(summary.count, noun),
        counted(summary.images, "image"),
        counted(summary.categories, "category", "categories"),
        summary.encoding,
        *([last] if last else []),
    ]


def _words(finding: Finding, files: Sequence[str]) -> str:
    """The message and its hint; the file's name too, unless a line above gives it."""
    words = in_flags(finding.message, names=[finding.path])
    if finding.path and finding.path not in files:
        words = f"{finding.path}: {words}"
    if not finding.hint:
        return words
    stop = "" if words.endswith((".", "?", "!")) else "."
    return f"{words}{stop} {in_flags(finding.hint)}"


def _entry(level: str, kind: str, message: str, width: int) -> str:
    """One entry of the list, wrapped."""
    head = (
        f" {level:<{LEVEL_WIDTH}}  {kind:<{KIND_WIDTH}}" if kind else f" {level:<{LEVEL_WIDTH}}  "
    )
    if width < NARROW and kind:
        return f"{head.rstrip()}\n{wrapped(message, width, indent=NARROW_INDENT)}"
    if len(kind) >= KIND_WIDTH:  # the message starts on its own line, below the others
        indent = len(f" {'':<{LEVEL_WIDTH}}  {'':<{KIND_WIDTH}}")
        return f"{head.rstrip()}\n{wrapped(message, width, indent=indent)}"
    return head + wrapped(message, width, indent=len(head)).lstrip()
