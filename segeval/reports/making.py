"""A report: from files to a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.data.folders import existing_folder
from segeval.errors import InputError
from segeval.kernels.threads import OnProgress
from segeval.metrics.coco.arguments import OTHER_PROTOCOLS, Arguments, Chosen
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.sizes import SizeBucket
from segeval.reports.document import document_of
from segeval.reports.extra import need_jinja2
from segeval.reports.gathered import gathered
from segeval.reports.options import ReportOptions
from segeval.reports.result import Report
from segeval.reports.sections.galleries import galleries
from segeval.reports.sections.images import images_section

BYTES_OF_MB = 10**6

SHARE_OF_IMAGES = 0.6
"""How much of the room for pictures whole images may take; crops have the rest."""


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
    given: dict[str, Any] = {
        "title": title,
        "theme": theme,
        "date": date,
        "margin": margin,
        "photos": photos,
        "top": top,
        "max_mb": max_mb,
        "resamples": resamples,
        "seed": seed,
    }
    plain = {**vars(ReportOptions()), **vars(Arguments())}
    more = {k: v for k, v in {**vars(arguments), **given}.items() if v != plain[k]}
    options = ReportOptions(**given, command=_call(files, more))
    return report_with(files, arguments, options, workers=workers)


def report_with(
    files: Sequence[Any],
    arguments: Arguments,
    options: ReportOptions,
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """The result of `report`, whose arguments come as values.

    Args:
        files: predictions of one model or two, then ground truth.
        arguments: of the evaluation.
        options: of the report.
        workers: threads, None for all cores.
        on_progress: called with the number of steps done, and of all.
    """
    preds, gt = check_files(files)
    if arguments.protocol in OTHER_PROTOCOLS:
        raise InputError(
            f"`protocol={arguments.protocol!r}` reads other files; a report needs files in COCO's "
            "or LVIS's format.",
            code="protocol",
            option="protocol",
        )
    if arguments.compat is not None:
        raise InputError(
            "`compat` does not go with a report, whose errors and scores no official package has.",
            code="compat",
            option="compat",
        )
    if options.photos is not None:
        existing_folder(Path(options.photos), ", expected the photographs in it")
    need_jinja2()
    from segeval.reports.rendering import html_of

    found = gathered(preds, gt, arguments, options, workers=workers, on_progress=on_progress)
    document = document_of(found, options)
    html = html_of(document)
    room = int(options.max_mb * BYTES_OF_MB) - len(html.encode())
    images = images_section(found, options, int(SHARE_OF_IMAGES * room))
    if images is not None:
        numbers = {**document.numbers, "images": list(images.numbers)}
        room -= sum(card.characters for card in images.cards)
        crops = galleries(found, options, room)
        document = replace(document, images=images, galleries=crops, numbers=numbers)
        html = html_of(document)
    return Report(document.title, document.verdict.sentences, html, document.numbers)


def check_files(
    files: Sequence[Any],
) -> tuple[Sequence[PredictionsSource], GroundTruthSource]:
    """Predictions of one model or two, and the ground truth.

    Raises:
        InputError: if there are too few or too many.
    """
    if len(files) not in (2, 3):
        number = f"{len(files)} file{'s' * (len(files) != 1)}"
        raise InputError(
            "expected predictions and ground truth, or predictions of two models and ground "
            f"truth, got {number}.",
            code="file-count",
        )
    *preds, gt = files
    return preds, gt


def _call(files: Sequence[Any], more: Mapping[str, Any]) -> str:
    """The call that makes the page again; "" for data in memory."""
    if not all(isinstance(each, str | Path) for each in files):
        return ""
    words = [repr(str(each)) for each in files]
    words += [f"{name}={value!r}" for name, value in more.items()]
    return f"segeval.report({', '.join(words)})"
