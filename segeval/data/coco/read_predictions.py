"""Reading predictions: COCO results as JSON or JSON Lines, of any size, in threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.chunks import ID_FIELDS, Chunk, ids_beside, with_ids_beside
from segeval.data.coco.json_folders import joined_predictions, json_files
from segeval.data.coco.record_fields import USUAL, Fields, number_of, with_usual_fields
from segeval.data.coco.refused_predictions import (
    LIST_OF_PREDICTIONS,
    not_a_list,
    numbered,
)
from segeval.data.coco.refused_segmentations import refused_size
from segeval.data.coco.scanning import COLUMNS, START, Text, scan_all
from segeval.data.columns import Predictions
from segeval.data.files import STANDARD_INPUT, Content, open_content
from segeval.data.json.broken import decode_at, syntax_error
from segeval.data.open_file import private_memory
from segeval.data.recognisers import known_value, other_format
from segeval.data.segmentations import Segmentations
from segeval.errors import FormatError
from segeval.masks import CompressedMasks


def load_predictions(
    source: str | Path | Sequence[Mapping[str, Any]] | Mapping[Any, Any],
    *,
    score_field: str = "score",
    agnostic: bool = False,
    workers: int | None = None,
) -> Predictions:
    """Predictions from a file or from memory.

    Args:
        source: a path (.json, .json.gz, .jsonl, .jsonl.gz, "-" for standard input) of COCO results,
            or of a whole COCO file whose annotations have scores; a folder of such files, such as
            one per image, or a pattern ("preds/*.json"), read in the order of their names; or a
            list of dicts in the form of a COCO results file. Numbers may be scalars and arrays of
            numpy and torch; `counts` may be text, bytes or a list; a mask may also be a dense bool
            array (H, W). Also read are objects with a COCO `dataset`, as `loadRes` of pycocotools
            gives them, and outputs of torchvision and detectron2 with image ids: {image_id:
            output}, or a list of {image_id, boxes, labels, scores, masks} or of {image_id,
            instances}. Records without image_id, as SAM's, have the number at the end of the
            file's name (sa_123.json).
        score_field: name of the field with the score, such as "predicted_iou" of SAM.
        agnostic: accept records without category_id, for an evaluation that ignores categories.
        workers: threads, None for all cores.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it is not a list of predictions; the message names the record.

    Example:
        >>> import pycocotools.mask
        >>> mask = pycocotools.mask.encode(np.asfortranarray(np.eye(3, dtype=np.uint8)))
        >>> record = {"image_id": 1, "category_id": 2, "score": np.float32(0.5)}
        >>> preds = load_predictions([{**record, "segmentation": mask}])
        >>> preds.segmentations.strings.strings(), preds.score
        (['013000'], array([0.5]))
    """
    fields = Fields(score_field, agnostic)
    if isinstance(source, str | Path):
        files = json_files(source)
        if files is None:
            return _of_file(source, fields, workers)
        return joined_predictions(str(source), [_of_file(path, fields, workers) for path in files])
    return predictions_of(_written_out(source), fields=fields)


def _of_file(path: str | Path, fields: Fields, workers: int | None) -> Predictions:
    """Predictions from one file."""
    content = open_content(path, by_parts=True)
    return predictions_of(
        content,
        lines=are_lines(content, path),
        workers=workers,
        fields=fields,
        image_id=number_of(path),
    )


def _written_out(source: Any) -> Content:
    """What is in memory, written as a file; errors as in `load_predictions`."""
    from segeval.data.coco import as_json, in_memory  # only now: files need none of it

    name = "predictions"
    return Content(as_json.json_bytes(in_memory.predictions_in_memory(source, name), name), name)


def parse_predictions(
    data: bytes, source: str = "predictions", *, lines: bool = False
) -> Predictions:
    """Predictions from the bytes of a COCO results file; errors as in `load_predictions`."""
    return predictions_of(Content(data, source), lines=lines)


def predictions_of(
    content: Content,
    *,
    lines: bool = False,
    workers: int | None = None,
    fields: Fields = USUAL,
    image_id: int | None = None,
) -> Predictions:
    """Predictions from an open file; errors as in `load_predictions`.

    Args:
        content: the file, read in chunks by all threads.
        lines: whether it is JSON Lines, unless it begins like a list.
        workers: threads, None for all cores.
        fields: where records have their score, and whether they may lack a category.
        image_id: id of the image of records that name none.
    """
    content = with_usual_fields(content, fields, image_id)
    size = content.end
    first = content.skip_blank(0)
    if content.begins == b"[":
        lines = False
        first = content.skip_blank(first + 1)
    elif not lines:
        return _of_scored_annotations(content, fields, image_id, workers)
    is_empty = (
        size == 0 if lines else first == size - 1 and content.part(first, size).tobytes() == b"]"
    )
    if is_empty:
        return _assembled([], np.empty(0, np.uint8), content.name)
    if first >= size:
        raise syntax_error(content, size, "")
    masks = np.frombuffer(private_memory(size + 8), np.uint8)
    chunks = scan_all(Text(content, size, lines, masks), first, workers)
    if chunks[-1].error is not None:
        done = sum(chunk.rows for chunk in chunks)
        if not done and chunks[-1].error.code.startswith("missing-"):
            _refuse_known(content, first, size)
        raise numbered(chunks[-1].error, content.name, done)
    found = _assembled(chunks, masks, content.name)
    if np.isnan(found.boxes[:1]).all() and not found.segmentations.format.any():
        _refuse_known(content, first, size)
    return found


def _of_scored_annotations(
    content: Content, fields: Fields, image_id: int | None, workers: int | None
) -> Predictions:
    """Predictions from a whole COCO file, with its own lists; arguments as in `predictions_of`."""
    from segeval.data.coco.scored_annotations import scored_annotations  # only now: most are lists

    whole = scored_annotations(content, fields.score) if content.begins == b"{" else None
    if whole is None:
        raise not_a_list(content)
    if whole.image_id is not None:
        image_id = whole.image_id
    found = predictions_of(whole.records, workers=workers, fields=fields, image_id=image_id)
    return replace(found, listed=whole.listed)


def _refuse_known(content: Content, first: int, size: int) -> None:
    """Refuse a list whose first record is of a well-known other kind."""
    try:
        record, _ = decode_at(content, first, size)
    except FormatError:
        return
    known = known_value([record])
    if known is not None:
        raise other_format(content.name, known, LIST_OF_PREDICTIONS)


def are_lines(content: Content, source: str | Path) -> bool:
    """Whether a file holds JSON Lines, by its name; or standard input, which has none.

    There, two objects in a row are lines, and so is a single one that is a prediction.
    """
    if ".jsonl" in Path(source).suffixes:
        return True
    if str(source) != STANDARD_INPUT or content.begins != b"{":
        return False
    first, *rest = content.data.tobytes().strip().split(b"\n", 1)
    if rest:
        return first.rstrip().endswith(b"}") and rest[0].lstrip().startswith(b"{")
    return b'"image_id"' in first and b'"annotations"' not in first


def _assembled(chunks: list[Chunk], text: NDArray[np.uint8], source: str) -> Predictions:
    """One set of columns from the chunks, which are emptied."""
    long: list[bytes] = []
    at = len(text)
    for chunk in chunks:
        for row, mask in chunk.long:
            chunk.columns[START][row] = at
            long.append(mask)
            at += len(mask)
    if long:
        text = np.concatenate([text, np.frombuffer(b"".join(long), np.uint8)])
    counts = [chunk.rows for chunk in chunks]
    parts = [list(chunk.columns[:-1]) for chunk in chunks]  # all ids are read
    odd = [ids_beside(chunks, column) for column in range(len(ID_FIELDS))]
    chunks.clear()
    whole: list[NDArray[Any]] = []
    for dtype, shape in reversed(COLUMNS[:-1]):
        column = np.empty((sum(counts), *shape), dtype)
        at = 0
        for part, count in zip(parts, counts, strict=True):
            column[at : at + count] = part.pop()[:count]
            at += count
        whole.append(column)
    form, length, start, mask_size, box, score, category, image = whole
    refused = refused_size(mask_size)
    if refused is not None:
        row, error = refused
        raise numbered(error, source, row)
    segments = Segmentations(form, CompressedMasks(text, start, length, mask_size))
    image, image_keys = with_ids_beside(image, odd[0], ID_FIELDS[0], source)
    category, category_keys = with_ids_beside(category, odd[1], ID_FIELDS[1], source)
    return Predictions(
        image, category, score, box, segments, source,
        image_keys=image_keys, category_keys=category_keys,
    )  # fmt: skip
