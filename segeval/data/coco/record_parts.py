"""Parts of COCO files by image, every record and every other field byte for byte as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from msgspec import Raw
from numpy.typing import NDArray

from segeval.data.coco.read_ground_truth import ground_truth_of
from segeval.data.coco.read_predictions import are_lines, predictions_of
from segeval.data.coco.record_fields import SCORE, Fields, number_of
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.files import Content, open_content
from segeval.data.opening import changed
from segeval.data.whole_files import whole_file
from segeval.errors import FormatError, InputError
from segeval.findings import refusal
from segeval.frozen import frozen

BATCH = 4096
"""Records written at a time."""

IMAGES, ANNOTATIONS = "images", "annotations"


class _Image(msgspec.Struct, gc=False):
    id: Any = None


@frozen(eq=False)
class RecordFile:
    """The records of a file, unparsed.

    Attributes:
        name: of the file, for messages.
        lists: records by the name of their list: of an object its `images` and `annotations`, of
            a list of predictions or of JSON Lines "" alone.
        others: the other fields of an object, in the order of the file with those of `lists`.
        lines: whether each record has a line of its own.
    """

    name: str
    lists: Mapping[str, Sequence[Raw]]
    others: Mapping[str, Raw]
    lines: bool = False

    @property
    def image_ids(self) -> list[int | float | str | None]:
        """The ids of the listed images, None for what is no id.

        Raises:
            FormatError: if an entry is no object.
        """
        images = b"[" + b",".join(self.lists[IMAGES]) + b"]"
        try:
            decoded = msgspec.json.decode(images, type=list[_Image])
        except msgspec.ValidationError as error:
            raise refusal(self.name, f"{IMAGES}: {error}", code="bad-json") from None
        return [each.id if type(each.id) in (int, float, str) else None for each in decoded]

    def write(self, path: Path, rows: Mapping[str, NDArray[np.int64]]) -> None:
        """Write some of the records, in their order, and all other fields.

        Args:
            path: of the new file; with `.gz` it is compressed.
            rows: of each list the records that stay, int64, ascending; a list that is not named
                stays whole.

        Raises:
            InputError: if the folder does not exist.
        """
        with whole_file(path) as file:
            if "" in self.lists:
                _write_records(file, self.lists[""], rows.get(""), lines=self.lines)
                return
            encode = msgspec.json.Encoder().encode
            separator = b"{"
            for name, raw in self.others.items():
                file.write(separator + encode(name) + b":")
                separator = b",\n"
                if name in self.lists:
                    _write_records(file, self.lists[name], rows.get(name), lines=False)
                else:
                    file.write(raw)
            file.write(b"}\n")


def read_ground_truth_records(path: str | Path) -> tuple[GroundTruth, RecordFile]:
    """Ground truth as columns, and its records, in the same order.

    Args:
        path: COCO or LVIS ground truth, one file.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it is no ground truth, or no strict JSON.
    """
    content = open_content(path)
    gt = ground_truth_of(content)
    content.restore()
    return gt, _of_object(content)


def read_prediction_records(
    path: str | Path, score_field: str = SCORE
) -> tuple[Predictions, RecordFile]:
    """Predictions as columns, and their records, in the same order.

    Args:
        path: COCO results, JSON Lines, or a whole COCO file with scores; one file. Records may
            lack a category.
        score_field: name of the field with the score.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it holds no predictions, is no strict JSON, or changes meanwhile.
    """
    opened = open_content(path, by_parts=True)
    lines = are_lines(opened, path) and opened.begins != b"["
    preds = _columns(opened, path, score_field, lines=lines)
    content = open_content(path)
    if content.begins == b"{" and not lines:
        records = _of_object(content)
        count = len(records.lists[ANNOTATIONS])
    else:
        records = RecordFile(content.name, {"": _decoded(content, lines=lines)}, {}, lines)
        count = len(records.lists[""])
    if count != len(preds):
        raise changed(content.name, content.size, opened.size)
    return preds, records


def _columns(content: Content, path: str | Path, score: str, *, lines: bool) -> Predictions:
    """Predictions as columns; those without a category take longer."""
    image_id = number_of(path)
    try:
        return predictions_of(content, lines=lines, fields=Fields(score), image_id=image_id)
    except FormatError as error:
        if error.code != "missing-category_id":
            raise
    return predictions_of(
        content, lines=lines, fields=Fields(score, agnostic=True), image_id=image_id
    )


def _of_object(content: Content) -> RecordFile:
    """The records of an object, which a reader has accepted."""
    try:
        fields = msgspec.json.decode(content.data.data, type=dict[str, Raw])
        lists = {
            name: msgspec.json.decode(fields[name], type=list[Raw])
            for name in (IMAGES, ANNOTATIONS)
            if bytes(fields.get(name, b"")).startswith(b"[")
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_strict(content, error) from None
    return RecordFile(content.name, lists, fields)


def _decoded(content: Content, *, lines: bool) -> list[Raw]:
    """The records of a list, or of JSON Lines."""
    try:
        if lines:
            return msgspec.json.Decoder(Raw).decode_lines(content.data.data)
        return msgspec.json.decode(content.data.data, type=list[Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_strict(content, error) from None


def _not_strict(content: Content, error: Exception) -> InputError:
    """The error for a file that only a tolerant reader can read."""
    hint = "Only strict JSON can be split (without NaN and the like)."
    return refusal(content.name, f"{error}", code="bad-json", hint=hint)


def _write_records(
    file: BinaryIO, records: Sequence[Raw], rows: NDArray[np.int64] | None, *, lines: bool
) -> None:
    """Write a list of records, or a line for each."""
    kept = range(len(records)) if rows is None else rows.tolist()
    between = b"\n" if lines else b",\n"
    if not lines:
        file.write(b"[")
    for first in range(0, len(kept), BATCH):
        batch = between.join([records[row] for row in kept[first : first + BATCH]])
        file.write((between if first else b"") + batch)
    file.write((b"\n" if kept else b"") if lines else b"]")
