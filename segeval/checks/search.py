"""The search for every mistake in the files, without an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.checks import ground_truth as of_gt
from segeval.checks import masks as of_masks
from segeval.checks import predictions as of_preds
from segeval.checks.agreement import KINDS, agreement
from segeval.checks.disagreement import disagreement, located, score_order
from segeval.checks.image_groups import ImageFields, images_in_groups
from segeval.checks.label_map_report import NOT_CHECKED, are_label_maps, label_map_report
from segeval.checks.listed_names import contradicting_lists
from segeval.checks.named_files import files_of_other_images
from segeval.checks.near_repeats import near_repeats
from segeval.checks.other_readings import Located
from segeval.checks.panoptic_report import has_panoptic_annotations, panoptic_report
from segeval.checks.reading import (
    PANOPTIC,
    SWAPPED,
    GroundTruthToCheck,
    PredictionsToCheck,
    Reading,
    content_of,
    read_ground_truth,
    read_predictions,
)
from segeval.checks.records import AnyRecords, Records
from segeval.checks.repeats import repeats
from segeval.checks.report import CheckReport, GroundTruthSummary, PredictionsSummary, ordered
from segeval.checks.whole_scores import two_scales
from segeval.checks.whole_set import (
    categories_without_predictions,
    crowd_share,
    images_without_predictions,
)
from segeval.data.coco.conventions import MAX_DETS, MAX_DETS_LVIS, SIZE_EDGES
from segeval.data.coco.record_fields import Fields
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.files import STANDARD_INPUT
from segeval.data.kinds_of_ids import ids_of_another_kind, paired
from segeval.data.label_maps.classes import Classes, Ignored
from segeval.data.paths import is_csv
from segeval.data.segmentations import Format
from segeval.errors import InputError, MismatchError
from segeval.findings import MAPPED, Finding, finding_of
from segeval.kernels.blocks import keep_blocks

Check = Callable[[AnyRecords], Iterator[Finding]]
"""A function that finds mistakes of some kinds."""


def _beyond_usual_cap(records: Records[Predictions]) -> Iterator[Finding]:
    """Predictions beyond the cap of LVIS or COCO, by the ground truth's keys."""
    if records.gt is not None and records.gt.is_lvis:
        return of_preds.beyond_max_dets(records, MAX_DETS_LVIS, "image")
    return of_preds.beyond_max_dets(records, MAX_DETS[-1], "image and category")


MASK_CHECKS: tuple[tuple[tuple[str, ...], Check], ...] = (
    (("segmentation",), of_masks.missing_masks),
    (("counts", "polygons"), of_masks.unsound_masks),
    (("size",), of_masks.mask_sizes),
    (("image size",), of_masks.unknown_sizes),
    (("empty masks",), of_masks.empty_masks),
    (("boxes",), of_masks.missing_boxes),
    (("boxes",), of_masks.boxes_not_finite),
    (("boxes",), of_masks.flat_boxes),
)
"""Checks of both files: kinds of findings, and the function that finds them."""

PREDICTION_CHECKS: tuple[tuple[tuple[str, ...], Check], ...] = (
    (("predictions",), of_preds.no_predictions),
    (("image ids",), of_preds.unknown_images),
    (("image ids",), files_of_other_images),
    (("category ids",), of_preds.unknown_categories),
    (("image ids", "category ids"), contradicting_lists),
    (("score",), of_preds.scores_not_finite),
    (("score range",), of_preds.scores_outside),
    (("score range",), two_scales),
    (("images without predictions",), images_without_predictions),
    (("categories without predictions",), categories_without_predictions),
    (("repeats",), repeats),
    (("repeats",), near_repeats),
    (("ties",), of_preds.tied_scores),
    (("max-dets",), _beyond_usual_cap),
    (("area",), lambda records: of_preds.box_areas(records, SIZE_EDGES)),
)

GROUND_TRUTH_CHECKS: tuple[tuple[tuple[str, ...], Check], ...] = (
    (("LVIS keys",), of_gt.lvis_gaps),
    (("categories",), of_gt.no_categories),
    (("annotations",), of_gt.nothing_annotated),
    (("annotation ids", "image ids", "category ids"), of_gt.repeated_ids),
    (("file names",), of_gt.missing_file_names),
    (("id 0",), of_gt.id_zero),
    (("image ids",), of_gt.unknown_images),
    (("category ids",), of_gt.unknown_categories),
    (("category names",), of_gt.repeated_names),
    (("repeats",), repeats),
    (("repeats",), near_repeats),
    (("iscrowd",), of_gt.missing_crowd),
    (("crowd regions",), crowd_share),
    (("area field",), of_gt.missing_area),
    (("ignore",), of_gt.ignore_field),
)

OF_LOST = {
    "images": ("unknown-image",),
    "categories": ("unknown-category", "no-categories"),
    "annotations": (),
}
"""Codes of mistakes that only follow from records of a list that could not be read."""

FOLLOWS = {
    "unknown-category": ("no-prediction-for-category",),
    MAPPED: ("no-prediction-for-category",),
    "unknown-image": ("other-images", "no-prediction-for-images"),
}
"""Codes of mistakes, and those of what only follows from them."""

ENCODINGS = {Format.STRING: "RLE", Format.COUNTS: "RLE", Format.POLYGON: "polygons"}
"""Names of the forms of masks in the header lines."""


def check(
    preds: PredictionsToCheck,
    gt: GroundTruthToCheck | None = None,
    *,
    classes: Classes | None = None,
    ignore: Ignored = (),
    preds_dir: str | Path | None = None,
    gt_dir: str | Path | None = None,
    score_field: str = "score",
    agnostic: bool = False,
) -> CheckReport:
    """Every mistake in predictions and, if given, ground truth: COCO, LVIS, panoptic, label maps.

    It does not stop at the first mistake: unreadable records are counted and left out, the rest is
    checked as well. Two files in the wrong order are swapped. Cityscapes' instances and Open
    Images' CSV files are not checked: `cityscapes_ap` and `open_images_ap` name their first
    mistake. Id maps have a check of their own, `checks.check_id_maps`.

    Args:
        preds: a path (.json, .json.gz, .jsonl, "-" for standard input), loaded predictions, or a
            list of COCO result records; or a label map or a folder of them; or, alone, ground
            truth.
        gt: a path, loaded ground truth, or a COCO or LVIS dictionary; or label maps; None to check
            the first input alone.
        classes: classes of the label maps, as in `mean_iou`, which needs them.
        ignore: ids of label maps that are not evaluated, as in `mean_iou`.
        preds_dir: folder with the pictures of panoptic predictions; None for the path of the file
            without `.json`.
        gt_dir: folder with the pictures of panoptic ground truth.
        score_field: name of the field with the score of predictions.
        agnostic: look at no categories of predictions, as an evaluation that ignores them.

    Raises:
        InputError: if there is no such file, for label maps without classes, or for files that are
            not checked here.

    Example:
        >>> box = {"image_id": 1, "category_id": 2, "bbox": [0, 0, 4, 4]}
        >>> report = check([{**box, "score": 0.9}, box, box])
        >>> [(finding.kind, finding.count) for finding in report.errors]
        [('score', 2)]
        >>> report.errors[0].message.partition(".")[0]
        'prediction #1 (image_id 1) has no score'
    """
    _refuse_tables(preds, gt)
    if classes is not None or are_label_maps(preds, gt):
        _refuse_unused(preds_dir=preds_dir, gt_dir=gt_dir)
        return label_map_report(preds, gt, classes, ignore)
    _refuse_unused(ignore=None if ignore == () else ignore)
    predictions = read_predictions(preds, Fields(score_field, agnostic))
    truth = None if gt is None else read_ground_truth(gt)
    can_read_again = STANDARD_INPUT not in (str(preds), str(gt))
    if can_read_again and _is_panoptic(preds, predictions, gt, truth):
        return panoptic_report(preds, gt, preds_dir, gt_dir)
    _refuse_unused(preds_dir=preds_dir, gt_dir=gt_dir)
    if can_read_again and gt is None and _is_ground_truth(preds, predictions):
        truth = read_ground_truth(preds)  # type: ignore[arg-type]  # as just seen
        return report_of(None, truth, _with_fields(preds, truth))
    if can_read_again and _are_swapped(predictions, truth):
        finding = Finding(
            "error",
            SWAPPED,
            "the first input is ground truth (its annotations have no score), the second a list of "
            "predictions",
            count=1,
            hint="Swap them: predictions come first. Below they are taken the right way round.",
            code=SWAPPED,
        )
        report = check(gt, preds)  # type: ignore[arg-type]  # just established
        return replace(report, findings=(finding, *report.findings))
    fields = _with_fields(gt, truth) if can_read_again else None
    return report_of(predictions, truth, fields, agnostic=agnostic)


def _refuse_tables(*sources: object) -> None:
    """Refuse files of Open Images by their names."""
    for source in sources:
        if is_csv(source):
            raise InputError(
                f"{source}: is a CSV file, expected JSON of COCO, LVIS or panoptic files, or label "
                f"maps. {NOT_CHECKED}",
                code="input",
                path=str(source),
            )


def _refuse_unused(**given: object) -> None:
    """Refuse arguments for files of another form; None is not given."""
    name = next((name for name, value in given.items() if value is not None), None)
    if name is not None:
        form = "label maps, expected `classes` as well" if name == "ignore" else "panoptic files"
        raise InputError(f"`{name}` is for {form}.", code=name.replace("_", "-"), option=name)


def _is_panoptic(
    preds: object,
    predictions: Reading[Predictions],
    gt: object,
    truth: Reading[GroundTruth] | None,
) -> bool:
    """Whether one of the inputs is panoptic, whatever the other is."""
    if truth is not None and any(each.code == PANOPTIC for each in truth.findings):
        return True
    unread = [(preds, predictions.columns), (gt, truth and truth.columns)]
    return any(columns is None and has_panoptic_annotations(each) for each, columns in unread)


def _is_ground_truth(source: object, reading: Reading[Predictions]) -> bool:
    """Whether the only input is ground truth."""
    if isinstance(source, GroundTruth):
        return True
    if reading.total or reading.findings:
        return [finding.kind for finding in reading.findings[:1]] == [SWAPPED]
    if isinstance(source, str | Path) and Path(source).is_file():  # an object without records
        return content_of(source, "predictions").begins == b"{"
    return isinstance(source, Mapping)


def _with_fields(source: object, truth: Reading[GroundTruth] | None) -> ImageFields | None:
    """Ground truth whose images have fields that can be read, None if it has none."""
    is_sound = truth is not None and truth.columns is not None and not truth.lost
    return source if is_sound and isinstance(source, str | Path | Mapping) else None


def report_of(
    predictions: Reading[Predictions] | None,
    truth: Reading[GroundTruth] | None,
    fields: ImageFields | None,
    *,
    agnostic: bool = False,
) -> CheckReport:
    """All findings about the readable part, errors first; `fields` has those of the images."""
    keep_blocks()  # every check makes columns as long as the file
    gt = None if truth is None else truth.columns
    readings = [each for each in (predictions, truth) if each is not None]
    findings = [finding for each in readings for finding in each.findings]
    looked_for: list[str] = []
    records, annotations = None, None
    if predictions is not None and predictions.columns is not None:
        preds, places = predictions.columns, predictions.places
        kinds: list[Finding] = []
        if gt is not None:
            kinds += ids_of_another_kind(preds, gt, lambda row: int(places[row]), agnostic=agnostic)
            findings += kinds
            try:
                preds, gt = (preds, gt) if kinds else paired(preds, gt, agnostic=agnostic)
            except MismatchError as error:  # ids that records have, but no list of the file
                kinds = [finding_of(error, "ids")]
                findings += () if truth is not None and truth.lost else kinds
        # ids of another kind tell nothing: the predictions are checked alone
        records = Records(preds, None if kinds else gt, predictions.places, predictions.unreadable)
        named = looked_for if len(preds) or not predictions.total else []
        findings += _findings(records, PREDICTION_CHECKS, named)
        findings += _findings(records, MASK_CHECKS, named)
    if truth is not None and gt is not None:
        annotations = Records(gt, gt, truth.places, truth.unreadable)
        findings += _findings(annotations, GROUND_TRUTH_CHECKS, looked_for)
        findings += _findings(annotations, MASK_CHECKS, looked_for)
        findings += images_in_groups(fields, gt)
    can_compare = records is not None and records.gt is not None
    for own, other in ((records, annotations), (annotations, records)):
        if own is not None:
            findings += _agreement(own, other if can_compare else None)
            looked_for += KINDS if len(own.columns) or not own.unreadable else ()
    if records is not None and annotations is not None and can_compare and not agnostic:
        findings += _disagreement(records, annotations, findings)
        if len(records.columns) or not records.unreadable:
            looked_for += ["categories of objects", "score order"]
    codes = [code for section in truth.lost for code in OF_LOST[section]] if truth else []
    codes += [code for cause, follow in FOLLOWS.items() if _has(findings, cause) for code in follow]
    if agnostic and predictions is not None and predictions.columns is not None:
        source = predictions.columns.source
        findings = [f for f in findings if f.kind != "category ids" or f.path != source]
    return CheckReport(
        findings=ordered([each for each in findings if each.code not in codes], looked_for),
        predictions=None if predictions is None else about_predictions(predictions),
        ground_truth=None if truth is None else _about_ground_truth(truth),
    )


def _has(findings: Iterable[Finding], code: str) -> bool:
    """Whether a mistake is among the findings."""
    return any(finding.code == code for finding in findings)


def _agreement(own: AnyRecords, other: AnyRecords | None) -> Iterator[Finding]:
    """What contradicts itself in the sound records of one file."""

    def where(images: NDArray[np.int64]) -> Located | None:
        return None if other is None else located(other, _sound(other), images)

    return agreement(own, _sound(own), where)


def _disagreement(
    preds: Records[Predictions], truth: Records[GroundTruth], found: Sequence[Finding]
) -> Iterator[Finding]:
    """Why predictions fit few objects, unless it has been found."""
    masks = bool((preds.segmentations.format != Format.NONE).any())
    sound = _sound(preds), _sound(truth)
    for finding in disagreement(preds, truth, *sound, masks=masks):
        if finding.hint not in {each.hint for each in found}:
            yield finding
    yield from score_order(preds, truth, *sound, masks=masks)


def _sound(records: AnyRecords) -> NDArray[np.int64]:
    """Rows of the records without a malformed mask."""
    return np.flatnonzero(records.shapes.defect == 0)


def _findings(
    records: AnyRecords,
    checks: Iterable[tuple[tuple[str, ...], Check]],
    looked_for: list[str],
) -> Iterator[Finding]:
    """Run a table of checks over one file; their kinds are added to `looked_for`."""
    for kinds, function in checks:
        looked_for += kinds
        yield from function(records)


def _are_swapped(first: Reading[Predictions], second: Reading[GroundTruth] | None) -> bool:
    """Whether the two inputs are in each other's place."""
    if second is None:
        return False
    findings = [*first.findings[:1], *second.findings[:1]]
    return [finding.kind for finding in findings] == [SWAPPED, SWAPPED]


def about_predictions(reading: Reading[Predictions]) -> PredictionsSummary | None:
    """The header line of the predictions."""
    preds = reading.columns
    if preds is None:
        return None
    scores = preds.score[np.isfinite(preds.score)]
    return PredictionsSummary(
        source=preds.source,
        count=reading.total,
        images=len(np.unique(preds.image_id)),
        categories=len(np.unique(preds.category_id)),
        encoding=_encoding(preds),
        score_min=float(scores.min()) if len(scores) else None,
        score_max=float(scores.max()) if len(scores) else None,
    )


def _about_ground_truth(reading: Reading[GroundTruth]) -> GroundTruthSummary | None:
    """The header line of the ground truth."""
    gt = reading.columns
    if gt is None:
        return None
    return GroundTruthSummary(
        source=gt.source,
        count=reading.total,
        images=len(gt.images),
        categories=len(gt.categories),
        encoding=_encoding(gt),
        crowds=int(gt.is_crowd.sum()),
        is_lvis=gt.is_lvis,
    )


def _encoding(columns: Predictions | GroundTruth) -> str:
    """The forms of the masks, or "boxes"."""
    formats = np.unique(columns.segmentations.format).tolist()
    names = dict.fromkeys(ENCODINGS[form] for form in formats if form in ENCODINGS)
    if not names and not np.isnan(columns.boxes).all():
        return "boxes"
    return ", ".join(names) or "none"
