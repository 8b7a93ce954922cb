"""Reading ground truth: COCO and LVIS annotation files through typed structs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET, Raw, UnsetType
from numpy.typing import NDArray

from segeval.data import records
from segeval.data.columns import Categories, GroundTruth, IdLists, Images
from segeval.data.files import Content, open_content
from segeval.data.scan import NONE, POLYGON, scan_segmentation
from segeval.data.segments import Segments
from segeval.errors import FormatError, Note
from segeval.masks import CompressedMasks
from segeval.masks.jit import kernel


class _Image(msgspec.Struct, gc=False):
    id: int
    height: int = -1
    width: int = -1
    file_name: str | None = None
    neg_category_ids: list[int] | None = None
    not_exhaustive_category_ids: list[int] | None = None


class _Category(msgspec.Struct, gc=False):
    id: int
    name: str | None = None
    frequency: str | None = None


class _Annotation(msgspec.Struct, gc=False):
    id: int
    image_id: int
    category_id: int
    segmentation: Raw = Raw(b"null")
    area: float | UnsetType | None = UNSET
    bbox: list[float] | UnsetType | None = UNSET
    iscrowd: int | bool | UnsetType | None = UNSET
    ignore: int | bool | UnsetType | None = UNSET


class _File(msgspec.Struct, gc=False):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


_DECODER = msgspec.json.Decoder(_File)


def load_ground_truth(source: str | Path | Mapping[str, Any]) -> GroundTruth:
    """Ground truth from a file or from memory.

    Args:
        source: a path (.json, .json.gz, "-" for standard input), or a COCO or LVIS dictionary.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it is not COCO or LVIS ground truth; the message names the record.

    Example:
        >>> gt = load_ground_truth({"images": [], "annotations": [], "categories": []})
        >>> len(gt), gt.is_lvis
        (0, False)
    """
    if isinstance(source, str | Path):
        return _read(open_content(source))
    from segeval.data.memory import ground_truth_from_dict

    return ground_truth_from_dict(source)


def parse_ground_truth(data: bytes, source: str = "ground truth") -> GroundTruth:
    """Ground truth from the bytes of a COCO or LVIS file; errors as in `load_ground_truth`."""
    return _read(Content(data, source))


def _read(content: Content) -> GroundTruth:
    """Parse the file and turn its records into columns."""
    try:
        file = _DECODER.decode(content.data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _explained(content, error) from None
    annotations = file.annotations
    boxes, box_problem = _boxes(annotations)
    if box_problem is not None:
        raise _annotation_error(content.name, annotations[box_problem], box_problem, "bbox")
    area = _floats(a.area for a in annotations)
    crowd_missing = np.fromiter((not _given(a.iscrowd) for a in annotations), np.bool_)
    return GroundTruth(
        images=_images(file.images),
        categories=_categories(file.categories),
        id=_integers(a.id for a in annotations),
        image_id=_integers(a.image_id for a in annotations),
        category_id=_integers(a.category_id for a in annotations),
        area=area,
        boxes=boxes,
        is_crowd=np.fromiter((_given(a.iscrowd) and bool(a.iscrowd) for a in annotations), np.bool_),
        crowd_missing=crowd_missing,
        ignore=np.fromiter((_given(a.ignore) and bool(a.ignore) for a in annotations), np.bool_),
        segments=_segments(annotations, content.name),
        source=content.name,
        notes=_notes(area, crowd_missing, lvis=_is_lvis(file)),
    )


def _given(value: object) -> bool:
    return value is not UNSET and value is not None


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _floats(values: Iterable[float | UnsetType | None]) -> NDArray[np.float64]:
    numbers = (math.nan if v is UNSET or v is None else v for v in values)
    return np.fromiter(numbers, np.float64)


def _boxes(annotations: list[_Annotation]) -> tuple[NDArray[np.float64], int | None]:
    """Boxes, float64, shape (M, 4), NaN rows where missing, and the first record of another length."""
    rows = [a.bbox or _NO_BOX for a in annotations]
    if all(len(row) == 4 for row in rows):
        return np.array(rows, np.float64).reshape(-1, 4), None
    return np.empty((0, 4)), next(i for i, row in enumerate(rows) if len(row) != 4)


_NO_BOX = [math.nan] * 4


def _images(images: list[_Image]) -> Images:
    lvis = bool(images) and all(
        i.neg_category_ids is not None and i.not_exhaustive_category_ids is not None
        for i in images
    )
    return Images(
        id=_integers(i.id for i in images),
        sizes=np.array([(i.height, i.width) for i in images], np.int32).reshape(-1, 2),
        file_names=tuple(i.file_name or "" for i in images),
        negative=_id_lists([i.neg_category_ids or [] for i in images]) if lvis else None,
        not_exhaustive=_id_lists([i.not_exhaustive_category_ids or [] for i in images])
        if lvis
        else None,
    )


def _id_lists(lists: list[list[int]]) -> IdLists:
    offsets = np.cumsum([0, *(len(ids) for ids in lists)], dtype=np.int64)
    return IdLists(np.array([i for ids in lists for i in ids], np.int64), offsets)


def _categories(categories: list[_Category]) -> Categories:
    lvis = bool(categories) and all(c.frequency in ("r", "c", "f") for c in categories)
    return Categories(
        id=_integers(c.id for c in categories),
        names=tuple(c.name if c.name is not None else str(c.id) for c in categories),
        frequencies=tuple(str(c.frequency) for c in categories) if lvis else None,
    )


def _is_lvis(file: _File) -> bool:
    return bool(file.images) and file.images[0].neg_category_ids is not None


def _notes(
    area: NDArray[np.float64], crowd_missing: NDArray[np.bool_], *, lvis: bool
) -> tuple[Note, ...]:
    """What was missing and how it is made up for."""
    notes = []
    no_area = int(np.isnan(area).sum())
    if no_area:
        message = f"{no_area:,} annotations have no area; it is computed from their masks"
        notes.append(Note("area-computed", message, no_area))
    no_crowd = int(crowd_missing.sum())
    if no_crowd and not lvis:
        message = f"{no_crowd:,} annotations have no iscrowd; they are taken as no crowd"
        notes.append(Note("iscrowd-missing", message, no_crowd))
    return tuple(notes)


def _segments(annotations: list[_Annotation], source: str) -> Segments:
    """The segmentations as text, without a Python object per number."""
    raws = [memoryview(a.segmentation) for a in annotations]
    lengths = np.fromiter((raw.nbytes for raw in raws), np.int64, len(raws))
    data = np.frombuffer(b"".join([*raws, b" " * 32]), np.uint8)
    starts = np.cumsum(lengths) - lengths
    text = np.empty(len(data) + 8, np.uint8)
    begins = np.zeros(len(raws), np.int64)
    sizes = np.zeros((len(raws), 2), np.int32)
    formats = np.zeros(len(raws), np.uint8)
    kept = np.zeros(len(raws), np.int32)
    bad = scan_segmentations(data, starts, lengths, text, begins, kept, sizes, formats)
    if bad >= 0:
        value = msgspec.json.decode(annotations[bad].segmentation)
        reason = "segmentation is of no known kind"
        try:
            records.checked({**_ANY_RECORD, "segmentation": value})
        except FormatError as error:
            reason = error.message
        raise FormatError(
            f"{_name(source, annotations[bad])}: {reason}",
            code="bad-segmentation",
            path=source,
            index=int(bad),
            field="segmentation",
        )
    return Segments(formats, CompressedMasks(text, begins, kept, sizes))


_ANY_RECORD = {"image_id": 0, "category_id": 0, "score": 0.0}


@kernel
def scan_segmentations(data, starts, lengths, text, begins, kept, sizes, formats):  # type: ignore[no-untyped-def]
    """Copy N segmentations to text; returns the first that is of no known kind, or -1."""
    at = 0
    for i in range(starts.size):
        begins[i] = at
        place, at, form = scan_segmentation(data, starts[i], data.size, text, at, sizes[i])
        if place != starts[i] + lengths[i]:
            return i
        kept[i] = at - begins[i]
        if form == POLYGON:
            digits = False
            for k in range(begins[i], at):
                digits |= text[k] > 32 and text[k] != 91 and text[k] != 93
            if not digits and kept[i] < 8:
                form, kept[i] = NONE, 0  # [] is no mask
        formats[i] = form
    return -1


def _name(source: str, record: _Annotation) -> str:
    return f"{source}: annotation {record.id} (image_id {record.image_id})"


def _annotation_error(source: str, record: _Annotation, index: int, name: str) -> FormatError:
    return FormatError(
        f"{_name(source, record)}: {name} is "
        f"{getattr(record, name)!r}, expected four numbers x, y, width, height",
        code="bad-box",
        path=source,
        index=index,
        field=name,
    )


def _explained(content: Content, error: Exception) -> FormatError:
    """What is wrong with a file that msgspec refuses."""
    name = content.name
    if content.begins == b"[":
        return FormatError(
            f"{name}: holds a list, as predictions do; ground truth is an object with images, "
            "annotations and categories. Ground truth comes last: segeval ap preds.json gt.json",
            code="swapped",
            path=name,
        )
    if not isinstance(error, msgspec.ValidationError):
        return records.broken_json(content)
    reason, _, path = str(error).partition(" - at ")
    missing = re.search(r"missing required field `(\w+)`", reason)
    found = re.match(r"`\$\.(\w+)\[(\d+)\]\.?(\w*)", path)
    if found is None and missing is not None:
        keys = ", ".join(sorted(msgspec.json.decode(content.data, type=dict[str, Raw]))[:6])
        return FormatError(
            f"{name}: has no {missing[1]}; ground truth is an object with images, annotations and "
            f"categories, this one has {keys or 'nothing'}.",
            code="not-ground-truth",
            path=name,
            field=missing[1],
        )
    if found is None:
        return FormatError(f"{name}: {reason} at {path}", code="bad-field", path=name)
    section, index, field = found[1], int(found[2]), found[3]
    record = msgspec.json.decode(content.data, type=dict[str, Any])[section][index]
    kind = {"annotations": "annotation", "images": "image", "categories": "category"}[section]
    place = f"{name}: {kind} #{index}"
    if missing is not None:
        message = f"{place} has no {missing[1]}."
        field = missing[1]
    elif isinstance(record.get(field) if isinstance(record, dict) else None, str):
        message = f'{place}: {field} is text ("{record[field][:40]}"). Write it as a number.'
    else:
        value = record.get(field) if isinstance(record, dict) else record
        message = f"{place}: {field or kind} is {str(value)[:60]}; {reason[0].lower()}{reason[1:]}."
    code = "id-type" if "is text" in message else "bad-field"
    return FormatError(message, code=code, path=name, index=index, field=field or None)
