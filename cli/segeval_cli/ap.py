"""`segeval ap`: average precision of masks or boxes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from segeval_cli import ap_options as own
from segeval_cli import ap_protocols, failures
from segeval_cli.ap_csv import result_csv
from segeval_cli.ap_tables import Shown, result_markdown, result_text
from segeval_cli.ap_verify import chosen_mode, verification_text, verified
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import (
    Json,
    Output,
    Per,
    Quiet,
    Verbose,
    Workers,
    check_fraction,
    check_inputs,
    parse_max_dets,
    parse_per,
    parse_thresholds,
)
from segeval_cli.output import check_target, emit, json_text, write_whole
from segeval_cli.progress import say, version_line, working
from segeval_cli.results import finish, reaches, with_hashes
from segeval_cli.selection import chosen_categories, chosen_images
from segeval_cli.tables import amount, terminal_width

if TYPE_CHECKING:
    from segeval.data.columns import GroundTruth, Predictions
    from segeval.metrics.result import APResult
    from segeval.metrics.verification import Verification


def ap(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath,
    *,
    iou: own.IouKinds = None,
    protocol: own.ProtocolChoice = None,
    compat: own.CompatChoice = None,
    sizes: own.Sizes = None,
    area_from: own.AreaChoice = None,
    thresholds: own.Thresholds = None,
    max_dets: own.MaxDets = None,
    boundary_ratio: own.BoundaryRatio = None,
    boundary_px: own.BoundaryPx = None,
    pool: own.Pool = False,
    agnostic: own.Agnostic = False,
    honour_ignore: own.HonourIgnore = False,
    categories: own.Categories = None,
    images: own.Images = None,
    skip_unknown: own.SkipUnknown = False,
    coco_style: own.CocoStyle = False,
    boxes: own.Boxes = None,
    labels: own.ImageLabels = None,
    hierarchy: own.Hierarchy = None,
    group_of_weight: own.GroupOfWeight = None,
    expand_predictions: own.ExpandPredictions = False,
    per: own.PerTable = ["size"],  # noqa: B006
    show_all: own.All = False,
    fail_under: own.FailUnder = None,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    verify: own.Verify = False,
    workers: Workers = None,
) -> None:
    """Average precision of masks, boundaries or boxes, per size, category and image.

    Numbers are percent in tables, fractions in files; "-" is undefined (no ground truth).

    Example: segeval ap preds.json gt.json --sizes 3dfuture --per size,category
    """
    # Everything that can be refused is refused before the files are read.
    check_inputs(preds, gt)
    check_target(output, inputs=(preds, gt))
    check_fraction(fail_under, "--fail-under")
    ap_protocols.check_options(context, protocol)
    if protocol in ap_protocols.OTHERS:
        result_of_other = ap_protocols.evaluated(protocol, preds, gt, context.params, quiet=quiet)
        finish(
            result_of_other,
            {"preds": preds, "gt": gt},
            json=json,
            output=output,
            quiet=quiet,
            every_row=show_all,
        )
        if not reaches(result_of_other.primary, fail_under):
            raise typer.Exit(failures.ANSWER_IS_NO)
        return
    if sizes is not None:
        from segeval.metrics.sizes import buckets

        buckets(sizes)
    settings = {
        "iou": iou and tuple(dict.fromkeys(kind.value for kind in iou)),
        "protocol": protocol and protocol.value,
        "compat": compat and compat.value,
        "sizes": sizes,
        "area_from": area_from and area_from.value,
        "thresholds": None if thresholds is None else parse_thresholds(thresholds),
        "max_dets": None if max_dets is None else parse_max_dets(max_dets),
        "boundary_ratio": boundary_ratio,
        "boundary_px": boundary_px,
        "pool": pool,
        "agnostic": agnostic,
        "honour_ignore": honour_ignore,
        "skip_unknown": skip_unknown,
        "workers": workers,
    }
    shown = Shown(parse_per(per), every_row=show_all, notes=not quiet)
    give_back_large_blocks()
    verification = None
    started = time.perf_counter()
    with working(f"evaluating {preds}", quiet=quiet):
        if verify:
            verification = verified(preds, gt, settings, categories, images)
            result = chosen_mode(verification, compat)
        else:
            result = _evaluate(preds, gt, settings, categories, images, verbose=verbose)
    result = replace(result, seconds=time.perf_counter() - started)
    document = ""
    if json or output:
        document = _json(result, preds, gt, verification, per_image=Per.IMAGE in shown.per)
    if json:
        emit(document)
    else:
        emit(result_text(result, shown, terminal_width()))
        if verification is not None:
            emit("\n" + verification_text(verification, terminal_width()))
    if output is not None:
        _write(output, result, document, shown)
    agrees = verification is None or verification.agrees
    if not (reaches(result.ap, fail_under) and agrees):
        raise typer.Exit(failures.ANSWER_IS_NO)


def _evaluate(
    preds: str,
    gt: str,
    settings: Mapping[str, Any],
    categories: Sequence[str] | None,
    images: Sequence[str] | None,
    *,
    verbose: bool,
) -> APResult:
    """Read both files, once, and compute the numbers.

    Left to `average_precision`, both files are read at the same time. Here they are read one after
    the other where names have to be looked up first, or the time of each is wanted.
    """
    import segeval

    clock = _Clock(is_heard=verbose)
    evaluate = segeval.average_precision
    clock.say(f"loaded {version_line()}" if verbose else "")
    chosen: dict[str, Any] = {}
    gt_input: str | GroundTruth = gt
    preds_input: str | Predictions = preds
    if verbose or categories or images:
        gt_input = segeval.load_ground_truth(gt)
        clock.say(f"read {gt}: {amount(len(gt_input), 'object')}")
        chosen["categories"] = chosen_categories(categories, gt_input)
        chosen["images"] = chosen_images(images, gt_input)
    if verbose:
        preds_input = segeval.load_predictions(preds, workers=settings["workers"])
        clock.say(f"read {preds}: {amount(len(preds_input), 'prediction')}")
    result = evaluate(preds_input, gt_input, **settings, **chosen)
    clock.say("evaluated")
    return result


class _Clock:
    """Tells on standard error how long each step took, if anybody wants to hear it."""

    def __init__(self, *, is_heard: bool) -> None:
        self._is_heard = is_heard
        self._last = time.perf_counter()

    def say(self, step: str) -> None:
        """A step is done."""
        now = time.perf_counter()
        if self._is_heard:
            say(f"{now - self._last:6.2f} s  {step}")
        self._last = now


def _json(
    result: APResult, preds: str, gt: str, verification: Verification | None, *, per_image: bool
) -> str:
    """The result as one JSON object, with SHA-256 of the inputs so that it can be traced."""
    document = with_hashes(result.to_dict(per_image=per_image), {"preds": preds, "gt": gt})
    if verification is not None:
        document["verify"] = verification.to_dict()
    return json_text(document)


def _write(output: Path, result: APResult, document: str, shown: Shown) -> None:
    """Write the file that `--output` asks for; its suffix says what."""
    match output.suffix.lower():
        case ".json":
            text = document + "\n"
        case ".csv":
            text = result_csv(result, per_image=Per.IMAGE in shown.per)
        case _:
            text = result_markdown(result, replace(shown, every_row=True))
    write_whole(output, text)
    if shown.notes:
        say(f"wrote {output}")
