"""Reading of refused files: the good records, and what is wrong with the others.

The readers stop at the first bad record. Here every record is tried alone: a wrong field gets a
harmless value, and the record is tried again until nothing more is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from segeval.checks.survey import Examine, Survey
from segeval.checks.usual_kinds import ids_in, require_usual, usual_kinds
from segeval.data.coco.as_json import json_bytes
from segeval.data.coco.chunks import ID_FIELDS
from segeval.data.coco.image_sizes import stated_sizes
from segeval.data.coco.in_memory import ground_truth_in_memory, predictions_in_memory
from segeval.data.coco.json_folders import (
    joined_ground_truth,
    joined_predictions,
    json_files,
    starting,
)
from segeval.data.coco.numbered_ids import with_allowed_ids
from segeval.data.coco.read_ground_truth import ground_truth_of, parse_ground_truth
from segeval.data.coco.read_predictions import (
    are_lines,
    parse_predictions,
    predictions_of,
)
from segeval.data.coco.record_fields import USUAL, Fields, number_of, with_usual_fields
from segeval.data.coco.refused_predictions import (
    PREDICTIONS,
    checked_prediction,
    not_a_list,
    numbered,
)
from segeval.data.coco.scored_annotations import scored_annotations
from segeval.data.coco.structs import decode_any_ground_truth
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.files import Content, open_content
from segeval.data.id_values import UsualKind, usual_kind
from segeval.data.json.broken import broken_json, sound_values
from segeval.data.recognisers import OTHER_FORMAT
from segeval.errors import FormatError, InputError
from segeval.findings import Finding, finding_of
from segeval.frozen import frozen

Columns = TypeVar("Columns", bound=Predictions | GroundTruth)
PredictionsToCheck = str | Path | Predictions | Sequence[Mapping[str, Any]] | Mapping[Any, Any]
GroundTruthToCheck = str | Path | GroundTruth | Mapping[str, Any]

SWAPPED = "swapped"
"""Kind of the finding that the files are swapped, and code of the error."""

PANOPTIC = "panoptic"
"""Code of the error for panoptic ground truth."""

OF_PREDICTIONS = frozenset({"image_id", "category_id", "score"})
"""Fields that tell a prediction from other objects."""

SECTIONS = {"images": "image", "categories": "category", "annotations": "annotation"}
"""The lists of a ground-truth file, and the names of their records in messages."""


@frozen(eq=False)
class Reading(Generic[Columns]):
    """The readable part of a file.

    Attributes:
        columns: the good records, None if the file is unreadable.
        places: position of each good record in the file's list, int64, shape (N,).
        total: number of records in the file.
        findings: mistakes of the other records.
        lost: names of the lists of ground truth that have unreadable records.
    """

    columns: Columns | None
    places: NDArray[np.int64]
    total: int
    findings: tuple[Finding, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def unreadable(self) -> int:
        """Number of the other records."""
        return self.total - len(self.places)


def read_predictions(source: PredictionsToCheck, fields: Fields = USUAL) -> Reading[Predictions]:
    """Predictions from a file or from memory, good records and bad ones.

    Args:
        source: as in `check`.
        fields: where records have their score, and whether they may lack a category.

    Raises:
        InputError: if there is no such file.
    """
    if isinstance(source, Predictions):
        return _whole(source)
    if isinstance(source, GroundTruth):
        return _unreadable(_of_the_other_sort(source.source, "predictions"))
    files = json_files(source) if isinstance(source, str | Path) else None
    if files is not None:
        return _joined(
            files,
            [read_predictions(path, fields) for path in files],
            lambda parts: joined_predictions(str(source), parts),
        )
    try:
        content = content_of(source, "predictions", predictions_in_memory, by_parts=True)
    except FormatError as refusal:
        return _unreadable(refusal)
    lines = isinstance(source, str | Path) and are_lines(content, source)
    image_id = number_of(source) if isinstance(source, str | Path) else None
    try:
        return _whole(predictions_of(content, lines=lines, fields=fields, image_id=image_id))
    except FormatError as refusal:
        return _readable_predictions(content, refusal, fields, image_id)


def read_ground_truth(source: GroundTruthToCheck) -> Reading[GroundTruth]:
    """Ground truth from a file or from memory, good records and bad ones.

    Raises:
        InputError: if there is no such file.
    """
    if isinstance(source, GroundTruth):
        return _whole(source)
    if isinstance(source, Predictions):
        return _unreadable(_of_the_other_sort(source.source, "ground truth"))
    files = json_files(source) if isinstance(source, str | Path) else None
    if files is not None:
        return _joined(
            files,
            [read_ground_truth(path) for path in files],
            lambda parts: joined_ground_truth(str(source), parts),
        )
    try:
        content = content_of(source, "ground truth", ground_truth_in_memory)
    except FormatError as refusal:
        return _unreadable(refusal)
    try:
        return _whole(ground_truth_of(content))
    except FormatError as refusal:
        return _readable_ground_truth(content, refusal)


def content_of(
    source: str | Path | Any,
    name: str,
    as_file: Callable[[Any, str], Any] | None = None,
    *,
    by_parts: bool = False,
) -> Content:
    """The bytes of a file, or of what is in memory written as one.

    Args:
        source: a path, or what is in memory.
        name: name of the latter in messages.
        as_file: gives it the form of a file.
        by_parts: as in `open_content`.
    """
    if isinstance(source, str | Path):
        return open_content(source, by_parts=by_parts)
    return Content(json_bytes(source if as_file is None else as_file(source, name), name), name)


def _joined(
    files: Sequence[Path],
    readings: Sequence[Reading[Columns]],
    join: Callable[[list[Columns]], Columns],
) -> Reading[Columns]:
    """The readings of several files as one; places count on from file to file."""
    findings = [finding for reading in readings for finding in reading.findings]
    total = sum(reading.total for reading in readings)
    starts = np.cumsum([0, *(reading.total for reading in readings)])
    found = [
        (reading.columns, reading.places + start)
        for reading, start in zip(readings, starts[:-1], strict=True)
        if reading.columns is not None
    ]
    places = np.concatenate([np.empty(0, np.int64), *(each for _, each in found)])
    try:
        columns = join([each for each, _ in found]) if found else None
    except InputError as error:
        return Reading(None, places, total, (*findings, whole_file_finding(error)))
    lost = tuple(dict.fromkeys(name for reading in readings for name in reading.lost))
    if isinstance(columns, Predictions) and len(readings) > 1:  # places count unreadable ones too
        lengths = [reading.total for reading in readings]
        columns = replace(columns, files=starting(zip(lengths, map(str, files), strict=True)))
    return Reading(columns, places, total, tuple(findings), lost)


def _whole(columns: Columns) -> Reading[Columns]:
    """A reading without a flaw."""
    return Reading(columns, np.arange(len(columns)), len(columns))


def _unreadable(refusal: InputError) -> Reading[Any]:
    """The reading of an unreadable file."""
    return Reading(None, np.empty(0, np.int64), 0, (whole_file_finding(refusal),))


def _of_the_other_sort(name: str, expected: str) -> FormatError:
    """The error for loaded columns in the other's place."""
    return FormatError(f"{name} is given where {expected} should be", code="swapped", path=name)


def _listed(content: Content, fields: Fields, image_id: int | None) -> Content:
    """The list of records of a file of predictions, with the usual fields."""
    whole = scored_annotations(content, fields.score) if content.begins == b"{" else None
    if whole is not None:
        content = whole.records
        image_id = image_id if whole.image_id is None else whole.image_id
    return with_usual_fields(content, fields, image_id)


def _readable_predictions(
    content: Content, refusal: InputError, fields: Fields, image_id: int | None
) -> Reading[Predictions]:
    """The good records of a predictions file, and the mistakes of the others.

    Args:
        content: the bytes of a file that the reader refused.
        refusal: the reader's error.
        fields: where records have their score, and whether they may lack a category.
        image_id: id of the image of records that name none.
    """
    if refusal.code in (OTHER_FORMAT, SWAPPED, "repeated-key"):
        return _unreadable(refusal)
    content.restore()
    try:
        content = _listed(content, fields, image_id)
    except FormatError:
        return _unreadable(refusal)
    found, broken = sound_values(content.data.tobytes().decode("utf-8", "replace"))
    if not _are_predictions(content, found):
        return _unreadable(not_a_list(content))

    usual = {
        field: usual_kind(ids_in(found, field), field.removesuffix("_id")) for field in ID_FIELDS
    }

    def examine(record: Any, index: int) -> InputError | None:
        try:
            row = checked_prediction(record)
            for field, kind in usual.items():
                require_usual(kind, getattr(row, field), field)
        except FormatError as error:
            return numbered(error, content.name, index)
        return None

    survey = Survey(content.name, "")
    good = survey.examine(found, examine)
    breaks = None if broken is None else _broken(content, broken, len(found))
    findings = _of_whole_and_records(refusal, breaks, survey.findings())
    try:
        kept = json_bytes([found[i] for i in good], content.name)
        columns = parse_predictions(kept, content.name)
    except InputError as error:
        return Reading(None, good, len(found), (*findings, whole_file_finding(error)))
    return Reading(columns, good, len(found), tuple(findings))


def _readable_ground_truth(content: Content, refusal: InputError) -> Reading[GroundTruth]:
    """The good records of a ground-truth file, and the mistakes of the others.

    Args:
        content: the bytes of a file that the reader refused.
        refusal: the reader's error.
    """
    if refusal.code in (OTHER_FORMAT, "repeated-key"):
        return _unreadable(refusal)
    content.restore()
    try:
        file = json.loads(content.data.tobytes())
    except (ValueError, RecursionError):
        return _unreadable(refusal)
    if not isinstance(file, dict) or not all(isinstance(file.get(s), list) for s in SECTIONS):
        return _unreadable(refusal)
    findings: list[Finding] = []
    good: dict[str, NDArray[np.int64]] = {}
    usual = usual_kinds(file)
    for section in SECTIONS:
        survey = Survey(content.name, SECTIONS[section])
        good[section] = survey.examine(file[section], _examiner(section, usual, content.name))
        findings += survey.findings()
    if not findings:
        findings.append(whole_file_finding(refusal))
    places = good["annotations"]
    lost = tuple(name for name in SECTIONS if len(good[name]) < len(file[name]))
    kept = {name: [file[name][i] for i in good[name]] for name in SECTIONS}
    total = len(file["annotations"])
    try:
        columns = parse_ground_truth(json_bytes(kept, content.name), content.name)
    except InputError as error:
        return Reading(None, places, total, (*findings, whole_file_finding(error)))
    return Reading(columns, places, total, tuple(findings), lost)


def whole_file_finding(error: InputError) -> Finding:
    """An error about a file as a whole, as a finding."""
    return finding_of(error, SWAPPED if error.code == SWAPPED else "file")


def _examiner(
    section: str, usual: Mapping[tuple[str, str], UsualKind | None], source: str
) -> Examine:
    """A check of one record of a ground-truth file as the reader would do it, without columns."""
    noun = SECTIONS[section]
    known: dict[str, InputError] = {}  # by msgspec's message: the reader's takes longer

    def examine(record: Any, index: int) -> InputError | None:
        file = json_bytes({name: [] for name in SECTIONS} | {section: [record]}, source)
        try:
            decoded = decode_any_ground_truth(file)
            with_allowed_ids(decoded, source)
            stated_sizes(decoded.images, source)
            given = {name: record[name] for name in ("bbox", "segmentation") if name in record}
            checked_prediction({"image_id": 0, "category_id": 0, "score": 0.0, **given})
        except (msgspec.DecodeError, FormatError) as error:
            refusal = known.get(str(error)) or _refusal(file, source, noun, index)
            if refusal is not None:
                if isinstance(error, msgspec.ValidationError) and "got `float`" not in str(error):
                    known[str(error)] = refusal  # of floats whole ones are taken
                return refusal
        try:
            for (own, field), kind in usual.items():
                if own == section:
                    require_usual(kind, record[field], field)
        except FormatError as error:
            message = f"{source}: {noun} #{index}: {error.message}"
            return error.placed(message, path=source, index=index)
        return None

    return examine


def _refusal(file: bytes, source: str, noun: str, index: int) -> InputError | None:
    """The reader's error for a file with only this record; None if it takes that."""
    try:
        parse_ground_truth(file, source)
    except InputError as error:
        error.message = error.message.replace(f"{noun} #0", f"{noun} #{index}", 1)
        return error
    return None


def _broken(content: Content, place: int, good: int) -> FormatError:
    """The error for a file that stops being JSON after some good records."""
    if content.begins == b"[":
        return broken_json(content, PREDICTIONS, "not-predictions")
    return FormatError(
        f"{content.name}: not valid JSON at character {place:,}, in record #{good}",
        code="bad-json",
        path=content.name,
        index=good,
    )


def _of_whole_and_records(
    refusal: InputError, breaks: InputError | None, findings: list[Finding]
) -> list[Finding]:
    """What is wrong with a file and with its records, first of all what the reader met first.

    Args:
        refusal: the reader's error.
        breaks: the error for a file that stops being JSON; None for one that does not.
        findings: the mistakes of records.
    """
    if refusal.code == "bad-json":
        index = None if breaks is None else breaks.index
        return [replace(whole_file_finding(refusal), index=index), *findings]
    if breaks is not None:
        return [*findings, whole_file_finding(breaks)]
    return findings or [whole_file_finding(refusal)]


def _are_predictions(content: Content, found: list[Any]) -> bool:
    """Whether these records are predictions, good or bad."""
    if content.begins == b"[":
        return True
    first = found[0] if found else None
    return isinstance(first, dict) and not OF_PREDICTIONS.isdisjoint(first)
