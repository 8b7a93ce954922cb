"""Objects of images, collected one by one from formats with a record per object."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segeval.data.columns import Categories, GroundTruth, Images
from segeval.data.image_names import is_unicode, shown
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError, Note
from segeval.frozen import frozen
from segeval.limits import check_categories, limits, way_to_raise
from segeval.masks import CompressedMasks
from segeval.masks.measure import areas_and_boxes
from segeval.masks.proofs import check_side_and_pixels
from segeval.words import counted, first_few

LISTED = 8
"""Most names of categories in a note."""

NO_MASK = np.zeros((1, 2), np.int32)


@frozen
class Place:
    """Where a record is.

    Attributes:
        path: the file.
        text: the file and the record, for messages.
    """

    path: str
    text: str

    def refuse(
        self, reason: str, *, code: str, field: str, option: str | None = None
    ) -> FormatError:
        """The error for the record; the reason follows its name."""
        return FormatError(
            f"{self.text}: {reason}", code=code, path=self.path, field=field, option=option
        )

    def number(self, value: object, field: str) -> float:
        """A coordinate in pixels, finite and of the size of images.

        Raises:
            FormatError: if it is none.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(
                f"{field} is {shown(value)}, expected a number.", code="bad-coordinate", field=field
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise self.refuse(
                f"{field} is {value}, expected a finite number.", code="not-finite", field=field
            )
        if abs(value) > limits().side:
            number = f"{value:.6g}" if isinstance(value, float) else shown(value)
            raise self.refuse(
                f"{field} is {number}, expected at most {limits().side:,} pixels. "
                f"{way_to_raise('side', math.ceil(abs(value)))}",
                code="limit",
                field=field,
                option="limit side",
            )
        return value


class ImageObjects:
    """Images and their objects in the order of the files.

    Args:
        source: the file or folder, for messages.
        skip_unknown: leave out what the format has and COCO lacks, and count it.
        boxes_as_masks: give objects of which the box is known alone a mask, the whole rectangle.
    """

    def __init__(
        self, source: str, *, skip_unknown: bool = False, boxes_as_masks: bool = False
    ) -> None:
        self.source = source
        self.skipped: Counter[str] = Counter()
        self._skip = skip_unknown
        self._fills_boxes = boxes_as_masks
        self._filled = 0
        self._names: dict[str, str] = {}
        self._sizes: list[tuple[int, int]] = []
        self._image: list[int] = []
        self._label: list[str] = []
        self._format: list[int] = []
        self._text: list[bytes] = []
        self._boxes: list[Sequence[float]] = []
        self._ignored: list[bool] = []

    def __len__(self) -> int:
        """Number of objects."""
        return len(self._label)

    @property
    def labels(self) -> set[str]:
        """Names of the categories that objects have."""
        return set(self._label)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the last image."""
        return self._sizes[-1]

    def add_image(self, name: str, size: tuple[int, int], place: Place) -> None:
        """The next image, to which the objects after it belong.

        Args:
            name: its file.
            size: (H, W) in pixels.
            place: where it is written.

        Raises:
            FormatError: if it was there before, its name is no Unicode, or it is larger than the
                limits.
        """
        if not is_unicode(name):
            raise place.refuse(
                f"the image is called {shown(name)}, which no JSON file can hold. Rename it.",
                code="bad-image-name",
                field="image",
            )
        if name in self._names:
            raise place.refuse(
                f"the image {shown(name)} was in {self._names[name]} before, expected each image "
                "once.",
                code="repeated-image",
                field="image",
            )
        check_side_and_pixels(
            f"image {shown(name)}", max(size), size[0] * size[1], source=place.path
        )
        self._names[name] = place.text
        self._sizes.append(size)

    def add_polygons(self, label: str, parts: Sequence[Sequence[float]]) -> None:
        """An object of one or more polygons x, y, x, y, ... in pixels, each of three points."""
        self._add(label, Format.POLYGON, json.dumps(parts).encode())

    def add_box(self, label: str, box: Sequence[float], *, is_ignored: bool = False) -> None:
        """An object of which the box is known, xywh in pixels, and no mask."""
        if self._fills_boxes:
            x, y, width, height = box
            corners = [x, y, x + width, y, x + width, y + height, x, y + height]
            self._filled += 1
            text = json.dumps([corners]).encode()
            self._add(label, Format.POLYGON, text, is_ignored=is_ignored)
            return
        self._add(label, Format.NONE, b"", box, is_ignored=is_ignored)

    def add_mask(self, label: str, text: bytes) -> None:
        """An object with a compressed mask of the size of its image."""
        self._add(label, Format.STRING, text)

    def skip(self, what: str, refusal: FormatError) -> None:
        """Something that COCO's files cannot hold.

        Args:
            what: its kind in the format, for the count.
            refusal: the error, unless such things are skipped.
        """
        if not self._skip:
            raise refusal
        self.skipped[what] += 1

    def ground_truth(
        self, names: Sequence[str] | None, *, listed_in: str = "", notes: Sequence[Note] = ()
    ) -> GroundTruth:
        """The images and objects as COCO's columns; areas and boxes are those of the masks.

        Args:
            names: the categories in the order of the format's list, which get the ids from 1; None
                for those that occur, by name.
            listed_in: what lists them, for the note.
            notes: further notes.

        Raises:
            FormatError: if there are more categories, or more runs in masks, than the limits.
        """
        is_sorted = names is None
        names = sorted(self.labels) if names is None else list(names)
        check_categories(len(names), self.source)
        ids = {name: place for place, name in enumerate(names, start=1)}
        order = "sorted by name" if is_sorted else f"in the order of {listed_in}"
        listed = first_few([f"{place} {name}" for name, place in ids.items()], LISTED)
        told = f"{self.source}: category ids, {order}: {listed}"
        gt = self._columns(ids, names)
        gt = _measured(gt)
        return replace(
            gt,
            notes=(
                *([Note("category-ids", told, len(names))] if names else []),
                *notes,
                *self._notes(gt),
            ),
        )

    def _add(
        self,
        label: str,
        form: Format,
        text: bytes,
        box: Sequence[float] = (math.nan,) * 4,
        *,
        is_ignored: bool = False,
    ) -> None:
        self._image.append(len(self._sizes))
        self._label.append(label)
        self._format.append(form)
        self._text.append(text)
        self._boxes.append(box)
        self._ignored.append(is_ignored)

    def _columns(self, ids: dict[str, int], names: Sequence[str]) -> GroundTruth:
        """The columns, without areas."""
        count = len(self)
        sizes = np.array(self._sizes, np.int32).reshape(-1, 2)
        image = np.array(self._image, np.int64)
        form = np.array(self._format, np.uint8)
        own = np.where((form == Format.STRING)[:, None], np.concatenate([NO_MASK, sizes])[image], 0)
        return GroundTruth(
            images=Images(
                id=np.arange(1, len(sizes) + 1), sizes=sizes, file_names=tuple(self._names)
            ),
            categories=Categories(id=np.arange(1, len(names) + 1), names=tuple(names)),
            id=np.arange(1, count + 1),
            image_id=image,
            category_id=np.array([ids[label] for label in self._label], np.int64),
            area=np.full(count, np.nan),
            boxes=np.array(self._boxes, np.float64).reshape(-1, 4),
            is_crowd=np.zeros(count, np.bool_),
            crowd_missing=np.zeros(count, np.bool_),
            ignore=np.array(self._ignored, np.bool_),
            segmentations=Segmentations(
                form, CompressedMasks.from_strings(self._text, own.astype(np.int32))
            ),
            source=self.source,
        )

    def _notes(self, gt: GroundTruth) -> list[Note]:
        """What the new file lacks, and what looks wrong in it."""
        found = []
        boxes = self._format.count(Format.NONE)
        if boxes:
            what = counted(boxes, "object is a box", "objects are boxes")
            text = f"{self.source}: {what} without a mask; `boxes_as_masks=True` fills them"
            found.append(Note("no-mask", text, boxes, option="boxes_as_masks"))
        if self._filled:
            what = counted(self._filled, "object is a box", "objects are boxes")
            text = f"{self.source}: {what}, and the whole rectangle is the mask"
            found.append(Note("filled-boxes", text, self._filled))
        outside = int((gt.area <= 0).sum())
        if outside:
            what = counted(outside, "object covers", "objects cover")
            found.append(Note("no-pixels", f"{self.source}: {what} no pixel of the image", outside))
        if self.skipped:
            what = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.skipped.items()))
            total = self.skipped.total()
            found.append(Note("skipped", f"{self.source}: left out: {what}", total))
        return found


def _measured(gt: GroundTruth) -> GroundTruth:
    """The same with areas, and with boxes where there are none."""
    pixels, boxes = areas_and_boxes(gt.masks)
    is_box = gt.segmentations.format == Format.NONE
    return replace(
        gt,
        area=np.where(is_box, gt.boxes[:, 2] * gt.boxes[:, 3], pixels),
        boxes=np.where(is_box[:, None], gt.boxes, boxes),
    )
