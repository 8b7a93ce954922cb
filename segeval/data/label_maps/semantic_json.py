"""Label maps as detectron2 writes them: one JSON file with a mask per class and image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Raw
from numpy.typing import NDArray

from segeval.data.coco.read_predictions import parse_predictions
from segeval.data.files import Content, open_content
from segeval.data.json.broken import broken_json
from segeval.data.label_maps.classes import LARGEST_ID, LabelClasses
from segeval.data.recognisers import known_value, other_format
from segeval.data.recognisers.contents import first_record
from segeval.data.segmentations import Segmentations
from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.limits import check_limit
from segeval.masks import decode_one
from segeval.words import size_text

EXPECTED = (
    "label maps in JSON are detectron2's list of {file_name, category_id, segmentation}, a mask "
    "per class and image."
)

_EMPTY = -1
"""Label of a pixel before a mask covers it."""


class _Record(msgspec.Struct, gc=False):
    file_name: str
    category_id: int
    segmentation: Raw


@frozen(eq=False)
class DrawnLabels:
    """The label map of one image, drawn when it is read.

    Attributes:
        source: name of the file.
        file_name: of the image, as the file gives it.
        category_ids: the class of each of n masks, int64, shape (n,).
        segmentations: the n masks.
        otherwise: label of pixels that no mask covers, None to refuse them.
    """

    source: str
    file_name: str
    category_ids: NDArray[np.int64]
    segmentations: Segmentations
    otherwise: int | None

    def draw(self) -> NDArray[Any]:
        """The labels, int32, shape (H, W).

        Raises:
            FormatError: if masks differ in size, overlap or, unless `otherwise` is given, leave
                pixels out.
        """
        sizes = self.segmentations.strings.sizes
        if not (sizes == sizes[:1]).all():
            other = sizes[(sizes != sizes[:1]).any(axis=1)][0]
            raise self._refused(
                f"its masks differ in size: {size_text(sizes[0])} and {size_text(other)} pixels"
            )
        height, width = sizes[0].tolist()
        what = f"{self.file_name} has {height * width:,} pixels"
        check_limit("picture_pixels", height * width, what, source=self.source)
        runs = self.segmentations.run_lengths(sizes)
        labels = np.full((height, width), _EMPTY, np.int32)
        for place, category in enumerate(self.category_ids.tolist()):
            inside = decode_one(runs, place).astype(np.bool_)
            taken = labels[inside]
            if (taken != _EMPTY).any():
                first = int(taken[taken != _EMPTY][0])
                raise self._refused(
                    f"classes {first} and {category} share {int((taken != _EMPTY).sum()):,} "
                    "pixels, expected one class per pixel"
                )
            labels[inside] = category
        left = labels == _EMPTY
        if self.otherwise is not None:
            labels[left] = self.otherwise
        elif left.any():
            raise self._refused(
                f"{int(left.sum()):,} pixels are in no mask, expected a class for every pixel. "
                "`ignore=255` counts them as misses"
            )
        return labels

    def _refused(self, reason: str) -> FormatError:
        return FormatError(
            f"{self.source}: {self.file_name}: {reason}.", code="semantic-json", path=self.source
        )


def drawn_labels(path: Path, classes: LabelClasses) -> dict[Path, DrawnLabels]:
    """The label maps of a file of JSON, by the name of their image.

    Args:
        path: of the file.
        classes: classes of the run: pixels that no mask covers count as an ignored label.

    Raises:
        FormatError: if the file holds something else; the message names the record.
    """
    content = open_content(path)
    records = _records(content)
    for place, record in enumerate(records):
        if not 0 <= record.category_id <= LARGEST_ID:
            raise FormatError(
                f"{content.name}: record #{place}: category_id is {record.category_id}, expected 0 "
                f"to {LARGEST_ID}.",
                code="label-range",
                path=content.name,
                index=place,
                field="category_id",
            )
    masks = _masks(records, content.name)
    otherwise = classes.ignored[0] if classes.ignored else None
    if otherwise is None and classes.ignores_others:
        otherwise = next(each for each in range(LARGEST_ID, -1, -1) if each not in classes.ids)
    rows: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        rows.setdefault(record.file_name, []).append(place)
    category_ids = np.array([record.category_id for record in records], np.int64)
    return {
        Path(name): DrawnLabels(
            content.name,
            name,
            category_ids[own],
            masks.take(np.array(own, np.int64)),
            otherwise,
        )
        for name, own in rows.items()
    }


def _records(content: Content) -> list[_Record]:
    """The records of the file."""
    try:
        return msgspec.json.decode(content.data.data, type=list[_Record])
    except msgspec.ValidationError as error:
        _refuse_objects(content)
        if content.begins == b"[":
            first = broken_json(content, EXPECTED, "semantic-json")
            if first.code != "semantic-json":
                raise first from None
            raise FormatError(
                f"{content.name}: {error}; {EXPECTED}", code="semantic-json", path=content.name
            ) from None
        raise broken_json(content, EXPECTED, "semantic-json") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise broken_json(content, EXPECTED, "semantic-json") from None


def _refuse_objects(content: Content) -> None:
    """Refuse files of objects, and say where they belong."""
    try:
        value = msgspec.json.decode(content.data.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    first = first_record(value)
    known = None if first is not None and "file_name" in first else known_value(value)
    if first is not None and {"image_id", "category_id"} <= {*first}:
        known = (
            "holds predictions of objects",
            "Evaluate them with `average_precision`, against ground truth in COCO's format.",
        )
    elif isinstance(value, dict) and {"annotations", "images"} <= {*value} and known is None:
        known = "holds annotations of objects", "Evaluate it with `average_precision`."
    if known is not None:
        raise other_format(content.name, known, EXPECTED.partition(" are ")[2].rstrip("."))


def _masks(records: list[_Record], source: str) -> Segmentations:
    """The masks of all records, read as those of predictions are."""
    rows = [
        b'{"image_id":0,"category_id":0,"score":0,"segmentation":%b}' % bytes(each.segmentation)
        for each in records
    ]
    found = parse_predictions(b"[" + b",".join(rows) + b"]", source)
    lacking = np.flatnonzero((found.segmentations.strings.sizes < 1).any(axis=1))
    if len(lacking):
        raise FormatError(
            f"{source}: record #{lacking[0]}: segmentation has no size, expected "
            '{"size": [height, width], "counts": ...}.',
            code="semantic-json",
            path=source,
            index=int(lacking[0]),
            field="segmentation",
        )
    return found.segmentations
