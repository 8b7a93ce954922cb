"""A report: from files to a page, by the family of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.evaluate import NAMES, Evaluation, evaluation_of
from segeval.analysis.comparison.slices import LabelSource
from segeval.analysis.files_in_order import call_to, ground_truth_last, models_and_truth
from segeval.data.folders import existing_folder
from segeval.errors import FormatError, InputError, Note
from segeval.kernels.threads import OnProgress, check_workers
from segeval.metrics.coco.arguments import OTHER_PROTOCOLS, Arguments, Chosen
from segeval.metrics.coco.average_precision import average_precision
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.panoptic.quality import panoptic_quality
from segeval.metrics.semantic.mean_iou import mean_iou
from segeval.metrics.sizes import SizeBucket
from segeval.reports.asked import Asked
from segeval.reports.extra import need_jinja2
from segeval.reports.instances.making import instances_page
from segeval.reports.kinds_of_files import panoptic_told, refuse_mixed, refuse_other_model
from segeval.reports.label_maps.making import label_maps_page
from segeval.reports.options import ReportOptions
from segeval.reports.pages import Page
from segeval.reports.panoptic.making import panoptic_page
from segeval.reports.rendering import BYTES_OF_MB, html_of
from segeval.reports.result import Report

FAMILIES: dict[Callable[..., Any], Callable[[Asked], Page]] = {
    average_precision: instances_page,
    mean_iou: label_maps_page,
    panoptic_quality: panoptic_page,
}
"""What makes the page of the files that a function evaluates."""


def report(
    *files: Any,
    title: str | None = None,
    theme: str = "auto",
    date: str | None = None,
    margin: float = 0.0,
    photos: str | Path | None = None,
    top: int = 24,
    max_mb: float = 6.0,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    slices: LabelSource | None = None,
    iou: str | Sequence[str] | None = None,
    protocol: str | Protocol | None = None,
    sizes: str | Sequence[SizeBucket | float] | None = None,
    max_dets: int | Sequence[int] | None = None,
    thresholds: float | Sequence[float] | None = None,
    area_from: str | None = None,
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    categories: Chosen = None,
    images: Chosen = None,
    agnostic: bool = False,
    min_score: float | None = None,
    score_field: str = "score",
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    workers: int | None = None,
    **others: Any,
) -> Report:
    """One HTML page: how good a model is, where it fails, and whether a second one is better.

    Args:
        files: predictions and ground truth, or predictions of two models and ground truth: paths,
            or what `average_precision` takes. The second model is compared with the first.
        title: heading of the page; None for the names of the files.
        theme: "auto" follows the reader's system; "light" or "dark".
        date: printed as it is; None for none, so that equal inputs give equal bytes.
        margin: differences of two models up to this are of no interest, a fraction.
        photos: folder of the photographs, in the orientation that the sizes of images mean; None
            for masks on grey. One that is missing or broken is a grey place with a note.
        top: number of images that are shown, those with the largest loss, or with two models those
            that change most; up to 200.
        max_mb: megabytes that the page may have: photographs become smaller to fit, and images are
            left out where that is not enough.
        resamples: draws of the images for intervals.
        seed: of the draws.
        groups: images that are drawn together, such as the frames of a video: a field of the
            images in the ground truth, a CSV file of image and label, or labels by id or file name.
        slices: parts of the images that have numbers of their own, in the same forms.
        iou: as in `average_precision`, and so the others.
        protocol: whose rules to follow, "coco" or "lvis" and their kin.
        sizes: size buckets.
        max_dets: caps on predictions.
        thresholds: IoU thresholds.
        area_from: the area that puts a prediction in a size bucket.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal.
        boundary_px: the same in pixels.
        categories: ids or names to evaluate.
        images: ids or file names to evaluate.
        agnostic: take all categories as one.
        min_score: leave out predictions with a lower score.
        score_field: name of the field with the score.
        skip_unknown: drop records of unknown images and categories.
        honour_ignore: let COCO's `ignore` field take annotations out of the count.
        workers: threads, None for all cores; the page does not depend on it.
        others: arguments of the evaluation of other files, as they need them: those of `mean_iou`,
            such as `classes`, or of `panoptic_quality`.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
        MissingDependency: without jinja2, which the extra `report` brings.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> page = report(scene.better, scene.ground_truth, resamples=20)
        >>> page.html.count("<h1"), len(page.sentences)
        (1, 3)
    """
    refuse_other_model(others)
    arguments = Arguments(
        iou=iou,
        protocol=protocol,
        sizes=sizes,
        max_dets=max_dets,
        thresholds=thresholds,
        area_from=area_from,
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        categories=categories,
        images=images,
        agnostic=agnostic,
        min_score=min_score,
        score_field=score_field,
        skip_unknown=skip_unknown,
        honour_ignore=honour_ignore,
    )
    page: dict[str, Any] = {
        "title": title,
        "theme": theme,
        "date": date,
        "margin": margin,
        "photos": photos,
        "top": top,
        "max_mb": max_mb,
        "resamples": resamples,
        "seed": seed,
        "groups": groups,
        "slices": slices,
    }
    plain = {**vars(ReportOptions()), **vars(Arguments())}
    evaluation = {k: v for k, v in vars(arguments).items() if v != plain[k]} | others
    more = {k: v for k, v in page.items() if v != plain[k]}
    options = ReportOptions(**page, command=_command(files, {**evaluation, **more}))
    return report_with(files, evaluation, options, workers=workers)


def report_with(
    files: Sequence[Any],
    evaluation: Mapping[str, Any],
    options: ReportOptions,
    *,
    with_suspects: bool = False,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """The result of `report`, whose arguments come as values.

    Args:
        files: predictions of one model or two, then ground truth.
        evaluation: arguments of the evaluation, by name; those that are given.
        options: of the report.
        with_suspects: refuse files that have no label suspects.
        workers: threads, None for all cores.
        on_progress: called with the number of steps done, and of all.
    """
    check_workers(workers)
    preds, gt = models_and_truth(files)
    protocol = evaluation.get("protocol")
    if isinstance(protocol, str) and protocol in OTHER_PROTOCOLS:
        raise InputError(
            f"`protocol={protocol!r}` reads other files; a report needs files in COCO's or LVIS's "
            "format.",
            code="protocol",
            option="protocol",
        )
    if evaluation.get("compat") is not None:
        raise InputError(
            "`compat` does not go with a report, whose errors and scores no official package has.",
            code="compat",
            option="compat",
        )
    if options.margin and len(preds) == 1:
        raise InputError(
            "`margin` says from which difference of two models on one is better, and there is one "
            "model.",
            code="margin",
            option="margin",
        )
    if options.photos is not None:
        existing_folder(Path(options.photos), ", expected the photographs in it")
    need_jinja2()
    refuse_mixed(preds, gt, evaluation)
    chosen = _evaluation(preds, gt, evaluation)
    if with_suspects:
        _check_suspects(chosen)
    asked = Asked(preds, gt, chosen.gt, chosen.arguments, options, workers, on_progress)
    with panoptic_told(gt):
        page = _maker(chosen, preds)(asked)
    html = html_of(page, options.wording)
    notes = (*page.notes, *_too_large(html, options))
    return Report(page.title, page.sentences, html, page.numbers, page.suspects, notes)


def _too_large(html: str, options: ReportOptions) -> Iterator[Note]:
    """That a page is larger than it was asked to be, as one without pictures may be."""
    size = len(html.encode())
    if size > options.max_mb * BYTES_OF_MB:
        yield Note(
            "large-page",
            f"the page has {size / BYTES_OF_MB:.3g} MB, more than `max_mb={options.max_mb:g}`: "
            "what is no picture takes as much",
            1,
        )


def _evaluation(preds: tuple[Any, ...], gt: Any, arguments: Mapping[str, Any]) -> Evaluation:
    """How the files are evaluated, as `compare` recognises them."""
    try:
        with ground_truth_last(preds, gt, call_to("report")):
            return evaluation_of(preds[0], gt, arguments)
    except FormatError:
        if len(preds) > 1:
            raise
    # What is wrong with one file says who reads both: they may be swapped.
    return Evaluation(average_precision, gt, arguments)


def _check_suspects(evaluation: Evaluation) -> None:
    """Refuse files that have no label suspects.

    Raises:
        InputError: for other files than instances.
    """
    if evaluation.function is not average_precision:
        raise InputError(
            "`suspects` goes with instances, and these files are "
            f"{NAMES[evaluation.function.__name__]}.",
            code="suspects",
            option="suspects",
        )


def _maker(evaluation: Evaluation, preds: tuple[Any, ...]) -> Callable[[Asked], Page]:
    """What makes the page of files of some family.

    Raises:
        InputError: for files of which there is no page.
    """
    found = FAMILIES.get(evaluation.function)
    if found is None:
        known = " or ".join(NAMES[each.__name__] for each in FAMILIES)
        raise InputError(
            f"{preds[0]}: is read as {NAMES[evaluation.function.__name__]}, of which there is no "
            f"report, expected {known}.",
            code="other-files",
            path=str(preds[0]),
        )
    return found


def _command(files: Sequence[Any], more: Mapping[str, Any]) -> str:
    """The call that makes the page again; "" for data in memory."""
    in_memory = [each for each in more.values() if isinstance(each, Mapping)]
    if in_memory or not all(isinstance(each, str | Path) for each in files):
        return ""
    words = [repr(str(each)) for each in files]
    plain = {name: str(each) if isinstance(each, Path) else each for name, each in more.items()}
    words += [f"{name}={value!r}" for name, value in plain.items()]
    return f"segeval.report({', '.join(words)})"
