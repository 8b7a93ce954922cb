"""Reading ground truth: COCO and LVIS annotation files through typed structs."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from msgspec import UNSET, Raw, UnsetType
from numpy.typing import NDArray

from segeval.data.coco import refused_ground_truth
from segeval.data.coco.image_sizes import stated_sizes
from segeval.data.coco.json_folders import joined_ground_truth, json_files
from segeval.data.coco.numbered_ids import Numberings, with_allowed_ids
from segeval.data.coco.refused_segmentations import (
    PlainMask,
    checked_segmentation,
    plain_mask,
    refused_size,
)
from segeval.data.coco.structs import (
    FIELDS,
    Annotation,
    AnyGroundTruthFile,
    Category,
    GroundTruthFile,
    Image,
    decode_any_ground_truth,
    decode_ground_truth,
)
from segeval.data.columns import Categories, GroundTruth, IdLists, Images
from segeval.data.files import Content, open_content
from segeval.data.json.repeated_keys import refuse_repeated_keys
from segeval.data.json.scan import scan_segmentation
from segeval.data.keys import Numbering, shown_id, shown_key
from segeval.data.segmentations import Segmentations
from segeval.errors import FormatError, Note
from segeval.kernels.pointers import pointer
from segeval.kernels.promise import kernel
from segeval.limits import check_categories
from segeval.masks import CompressedMasks
from segeval.tallies import tallied

BATCH = 4096
"""Segmentations taken out of the file together."""

HALF_PAIR = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which JSON may hold and UTF-8 may not."""

_REFUSED = 255  # the format of a segmentation that Python must look at


def load_ground_truth(source: str | Path | Mapping[str, Any]) -> GroundTruth:
    """Ground truth from a file or from memory.

    Args:
        source: a path (.json, .json.gz, "-" for standard input); a folder of such files of
            different images, or a pattern; or a dict in the form of a COCO or LVIS file, or an
            object that has one as its `dataset`, as pycocotools' COCO has; it may hold the same
            kinds of values as for `load_predictions`.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it is not COCO or LVIS ground truth; the message names the record.

    Example:
        >>> gt = load_ground_truth({"images": [], "annotations": [], "categories": []})
        >>> len(gt), gt.is_lvis
        (0, False)
    """
    if isinstance(source, str | Path):
        files = json_files(source)
        if files is None:
            return ground_truth_of(open_content(source))
        parts = [ground_truth_of(open_content(path)) for path in files]
        return joined_ground_truth(str(source), parts)
    return ground_truth_of(_written_out(source))


def _written_out(source: Any) -> Content:
    """What is in memory, written as a file; errors as in `load_ground_truth`."""
    from segeval.data.coco import as_json, in_memory  # only now: files need none of it

    name = "ground truth"
    return Content(as_json.json_bytes(in_memory.ground_truth_in_memory(source, name), name), name)


def parse_ground_truth(data: bytes, source: str = "ground truth") -> GroundTruth:
    """Ground truth from the bytes of a COCO or LVIS file; errors as in `load_ground_truth`."""
    return ground_truth_of(Content(data, source))


def ground_truth_of(content: Content) -> GroundTruth:
    """Ground truth from an open file; errors as in `load_ground_truth`."""
    file, numbers = _decoded(content)
    check_categories(len(file.categories), content.name)
    annotations = file.annotations
    images = _images(file.images, content.name, numbers)
    categories = _categories(file.categories, numbers)
    ids = numbers.annotation.column(a.id for a in annotations)
    image_ids = numbers.image.column(a.image_id for a in annotations)
    category_ids = numbers.category.column(a.category_id for a in annotations)
    area = np.fromiter((_number(a.area) for a in annotations), np.float64)
    boxes = _boxes(annotations, content.name)
    is_crowd = np.fromiter((_given(a.iscrowd) and bool(a.iscrowd) for a in annotations), np.bool_)
    crowd_missing = np.fromiter((not _given(a.iscrowd) for a in annotations), np.bool_)
    ignore = np.fromiter((_given(a.ignore) and bool(a.ignore) for a in annotations), np.bool_)
    lvis = _is_lvis(file)
    notes = _notes(area, crowd_missing, lvis=lvis)
    lvis_gap = _lvis_gap(file) if lvis else ""
    raws = [a.segmentation for a in annotations]
    del file, annotations  # the masks need the memory

    def describe(index: int) -> str:
        name = shown_id(ids[index], numbers.annotation.keys)
        image = shown_id(image_ids[index], numbers.image.keys)
        return f"{content.name}: annotation {name} (image_id {image})"

    return GroundTruth(
        images=images,
        categories=categories,
        id=ids,
        image_id=image_ids,
        category_id=category_ids,
        area=area,
        boxes=boxes,
        is_crowd=is_crowd,
        crowd_missing=crowd_missing,
        ignore=ignore,
        segmentations=_segments(raws, content, describe),
        source=content.name,
        lvis_gap=lvis_gap,
        notes=notes,
        keys=numbers.annotation.keys,
    )


def _decoded(content: Content) -> tuple[GroundTruthFile, Numberings]:
    """The records of the file, and how their ids are numbered.

    Raises:
        FormatError: if it is not ground truth; the message names the record.
    """
    for decode in (decode_ground_truth, decode_any_ground_truth):
        try:
            file = decode(content.data.data)
            if content.is_utf8:
                ends = [
                    each.segmentation for each in (*file.annotations[:1], *file.annotations[-1:])
                ]
                refuse_repeated_keys(content, ends)
                return _numbered(file, content.name)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # what Python reads is still right
    fields = refused_ground_truth.known_fields(content, FIELDS)
    refuse_repeated_keys(content)
    text = HALF_PAIR.sub("\N{REPLACEMENT CHARACTER}", json.dumps(fields, ensure_ascii=False))
    try:
        return _numbered(decode_any_ground_truth(text.encode()), content.name)
    except msgspec.DecodeError as error:
        raise refused_ground_truth.explained(content.name, fields, error) from None


def _numbered(
    file: GroundTruthFile | AnyGroundTruthFile, source: str
) -> tuple[GroundTruthFile, Numberings]:
    """The records with ids that are allowed, and how these are numbered."""
    if isinstance(file, GroundTruthFile):
        return file, Numberings()
    numbers = with_allowed_ids(file, source)
    return cast("GroundTruthFile", file), numbers


def _given(value: object) -> bool:
    return value is not UNSET and value is not None


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _number(value: float | UnsetType | None) -> float:
    return math.nan if value is UNSET or value is None else value


def _boxes(annotations: list[Annotation], source: str) -> NDArray[np.float64]:
    """Boxes, float64, shape (M, 4), NaN rows where missing."""
    rows = [a.bbox or _NO_BOX for a in annotations]
    for index, row in enumerate(rows):
        if len(row) != 4:
            record = annotations[index]
            raise FormatError(
                f"{source}: annotation {shown_key(record.id)} "
                f"(image_id {shown_key(record.image_id)}): bbox is {row!r}, expected four numbers "
                "x, y, width, height",
                code="bad-box",
                path=source,
                index=index,
                field="bbox",
            )
    return np.array(rows, np.float64).reshape(-1, 4)


_NO_BOX = [math.nan] * 4


def _images(images: list[Image], source: str, numbers: Numberings) -> Images:
    lvis = bool(images) and all(
        i.neg_category_ids is not None and i.not_exhaustive_category_ids is not None for i in images
    )
    return Images(
        id=numbers.image.column(i.id for i in images),
        keys=numbers.image.keys,
        sizes=stated_sizes(images, source),
        file_names=tuple(i.file_name or "" for i in images),
        negative=_id_lists([i.neg_category_ids or [] for i in images], numbers.category)
        if lvis
        else None,
        not_exhaustive=_id_lists(
            [i.not_exhaustive_category_ids or [] for i in images], numbers.category
        )
        if lvis
        else None,
    )


def _id_lists(lists: list[list[int]], numbers: Numbering) -> IdLists:
    offsets = np.cumsum([0, *(len(ids) for ids in lists)], dtype=np.int64)
    return IdLists(numbers.column(i for ids in lists for i in ids), offsets)


def _categories(categories: list[Category], numbers: Numberings) -> Categories:
    lvis = bool(categories) and all(c.frequency in ("r", "c", "f") for c in categories)
    return Categories(
        id=numbers.category.column(c.id for c in categories),
        keys=numbers.category.keys,
        names=tuple(c.name if c.name is not None else str(c.id) for c in categories),
        frequencies=tuple(str(c.frequency) for c in categories) if lvis else None,
    )


def _is_lvis(file: GroundTruthFile) -> bool:
    return any(image.neg_category_ids is not None for image in file.images)


def _lvis_gap(file: GroundTruthFile) -> str:
    """The first record that lacks what LVIS needs, in words; "" if there is none."""
    for index, image in enumerate(file.images):
        for name in ("neg_category_ids", "not_exhaustive_category_ids"):
            if getattr(image, name) is None:
                return f"image #{index} (id {shown_key(image.id)}) has no {name}"
    for index, category in enumerate(file.categories):
        if category.frequency not in ("r", "c", "f"):
            found = "no frequency" if category.frequency is None else f"{category.frequency!r}"
            name = shown_key(category.id)
            return f'category #{index} (id {name}) has {found}, expected "r", "c" or "f"'
    return ""


def _notes(
    area: NDArray[np.float64], crowd_missing: NDArray[np.bool_], *, lvis: bool
) -> tuple[Note, ...]:
    """Notes on missing fields and their substitutes."""
    notes = []
    no_area = int(np.isnan(area).sum())
    if no_area:
        text = "{n:annotation has|annotations have} no area; it is computed from the mask"
        notes.append(tallied("area-computed", text, n=no_area))
    no_crowd = int(crowd_missing.sum())
    if no_crowd and not lvis:
        text = "{n:annotation has|annotations have} no iscrowd; 0 is assumed"
        notes.append(tallied("iscrowd-missing", text, n=no_crowd))
    return tuple(notes)


def _segments(raws: list[Raw], content: Content, describe: Callable[[int], str]) -> Segmentations:
    """The segmentations as text, without a Python object per number.

    Args:
        raws: their JSON, which may be views of the file; the list is emptied.
        content: the file.
        describe: name of a record for messages.
    """
    count = len(raws)
    lengths = np.fromiter((len(raw) for raw in raws), np.int64, count)
    text = np.empty(int(lengths.sum()) + 8, np.uint8)
    starts = np.zeros(count, np.int64)
    kept = np.zeros(count, np.int32)
    sizes = np.zeros((count, 2), np.int32)
    formats = np.zeros(count, np.uint8)
    end = 0
    odd: list[tuple[int, bytes]] = []
    raws.reverse()
    for first in range(0, count, BATCH):
        rows = slice(first, min(first + BATCH, count))
        batch = [raws.pop() for _ in range(rows.start, rows.stop)]
        data = np.frombuffer(b"".join([*batch, b" " * 16]), np.uint8)
        columns = (starts[rows], kept[rows], sizes[rows], formats[rows])
        end = scan_segmentations(data, lengths[rows], text, end, *columns)
        odd += [
            (first + i, bytes(batch[i])) for i in np.flatnonzero(formats[rows] == _REFUSED).tolist()
        ]
        content.release_before(batch[-1])
    parts = [text]
    at = len(text)
    for row, raw in odd:
        mask = _plain_mask(raw, row, content.name, describe)
        starts[row], kept[row], sizes[row], formats[row] = (
            at,
            len(mask.text),
            mask.size,
            mask.format,
        )
        parts.append(np.frombuffer(mask.text, np.uint8))
        at += len(mask.text)
    text = np.concatenate(parts) if odd else text
    refused = refused_size(sizes)
    if refused is not None:
        row, error = refused
        raise error.placed(f"{describe(row)}: {error.message}", path=content.name, index=row)
    return Segmentations(formats, CompressedMasks(text, starts, kept, sizes))


def _plain_mask(raw: bytes, index: int, source: str, describe: Callable[[int], str]) -> PlainMask:
    """A segmentation that the kernel refused."""
    try:
        return plain_mask(checked_segmentation(json.loads(raw)))
    except FormatError as error:
        refused = error
    except (ValueError, RecursionError):
        refused = FormatError(
            "segmentation is nested too deeply, or holds a number with too many digits",
            code="bad-segmentation",
            field="segmentation",
        )
    raise refused.placed(f"{describe(index)}: {refused.message}", path=source, index=index)


@kernel
def scan_segmentations(
    data: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    text: NDArray[np.uint8],
    at: int,
    starts: NDArray[np.int64],
    kept: NDArray[np.int32],
    sizes: NDArray[np.int32],
    formats: NDArray[np.uint8],
) -> int:
    """Copy N consecutive segmentations in data to text from `at` on; returns its end.

    Assumes 16 blanks behind the data, and room in text for all of it and 8 bytes more.
    """
    begin = 0
    source, copy, mask_sizes = pointer(data), pointer(text), pointer(sizes)
    for i in range(lengths.size):
        starts[i] = at
        place, end, form = scan_segmentation(source, begin, data.size, copy, at, mask_sizes, i)
        begin += int(lengths[i])
        formats[i] = form if place == begin else _REFUSED
        if place == begin:
            kept[i] = end - at
            at = end
    return at
