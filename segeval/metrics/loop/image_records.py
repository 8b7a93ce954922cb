"""One image of a batch: two dictionaries, checked and turned into columns at once."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.id_values import ids_in_memory
from segeval.data.ids import index_of
from segeval.data.json.broken import shown
from segeval.data.keys import Key, Keys, written
from segeval.data.segmentations import Segmentations
from segeval.errors import FormatError, MismatchError
from segeval.frozen import frozen
from segeval.metrics.loop import fields
from segeval.metrics.loop.fields import Length
from segeval.metrics.loop.mask_values import How, ImageMasks, Size, masks_of
from segeval.metrics.loop.places import Place
from segeval.metrics.loop.settings import Settings, no_masks
from segeval.words import size_text

LABELS = ("labels", "classes")
"""Names of the field with category ids."""

SHARED = ("size", "file_name", "image_id")
"""What either dictionary may say of the image."""

PREDS = ("scores", *LABELS, "boxes", "masks", *SHARED)

LISTS = ("neg_category_ids", "not_exhaustive_category_ids")
"""LVIS's lists of an image."""

TARGETS = (*LABELS, "masks", "boxes", "iscrowd", "area", "ignore", *LISTS, *SHARED)


@frozen(eq=False)
class Side:
    """The predictions, or the ground truth, of one image.

    Attributes:
        category: numbers of the N categories, int64, shape (N,).
        category_keys: keys of these; those of the settings unless a label is unknown.
        boxes: xywh in pixels, float64, shape (N, 4); NaN rows without boxes.
        segmentations: the masks.
        score: float64, shape (N,); empty for ground truth.
        area: in pixels squared, float64, shape (N,), NaN where not given; empty for predictions.
        is_crowd: bool, shape (N,); empty for predictions.
        ignore: bool, shape (N,); empty for predictions.
    """

    category: NDArray[np.int64]
    category_keys: Keys | None
    boxes: NDArray[np.float64]
    segmentations: Segmentations
    score: NDArray[np.float64]
    area: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    ignore: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.category)

    def digest(self, *more: Any) -> int:
        """A hash of the content."""
        strings = self.segmentations.strings
        state = blake2b(digest_size=8)
        columns = (
            self.category, self.boxes, self.score, self.area, self.is_crowd, self.ignore,
            self.segmentations.format, strings.lengths, strings.sizes, strings.compact().text,
        )  # fmt: skip
        for column in columns:
            state.update(column.dtype.str.encode() + len(column).to_bytes(8, "little"))
            state.update(np.ascontiguousarray(column).data)
        state.update(repr((self.category_keys, more)).encode(errors="surrogatepass"))
        return int.from_bytes(state.digest(), "little")


@frozen(eq=False)
class ImageRecord:
    """One image with its predictions and ground truth.

    Attributes:
        key: id of the image.
        size: (H, W) in pixels; (-1, -1) where unknown.
        file_name: "" where not given.
        preds: the predictions.
        gt: the ground truth.
        negative: categories verified to be absent, int64; empty but for LVIS.
        not_exhaustive: categories not exhaustively annotated, int64; empty but for LVIS.
        digests: hashes of the predictions and of the ground truth.
        is_doubtful: whether something is wrong that only an evaluation names.
    """

    key: Key
    size: Size
    file_name: str
    preds: Side
    gt: Side
    negative: NDArray[np.int64]
    not_exhaustive: NDArray[np.int64]
    digests: tuple[int, int]
    is_doubtful: bool


def image_record(key: Key, preds: Any, targets: Any, settings: Settings) -> ImageRecord:
    """One image of a batch.

    Args:
        key: id of the image.
        preds: its predictions, a dictionary.
        targets: its ground truth, a dictionary.
        settings: what the metric is asked for.

    Raises:
        FormatError: for a key or value that cannot be used; the message names image and field.
        ShapeError: for arrays that differ in length.
        MismatchError: if masks are not of the image's size.
    """
    there, here = Place(key, "preds"), Place(key, "targets")
    _check_keys(preds, there, PREDS)
    _check_keys(targets, here, TARGETS)
    size = _stated_size(preds, targets, there, here)
    gt_masks = _masks(targets, here, size, How(None, settings.workers))
    size = size or (None if gt_masks is None else gt_masks.size)
    how = How(settings.mask_values, settings.workers)
    pred_masks = _masks(preds, there, size, how)
    size = size or (None if pred_masks is None else pred_masks.size)
    own = _predictions(preds, there, pred_masks, settings)
    truth = _ground_truth(targets, here, gt_masks, settings)
    for side, place in ((own, there), (truth, here)):
        if settings.box_format == "xywh" and size is not None:
            fields.check_corners(side.boxes, size, place.of("boxes"))
    negative, not_exhaustive = (_listed(targets, name, here, settings) for name in LISTS)
    file_name = _file_name(targets, here) or _file_name(preds, there)
    return ImageRecord(
        key=key,
        size=size or (-1, -1),
        file_name=file_name,
        preds=own,
        gt=truth,
        negative=negative,
        not_exhaustive=not_exhaustive,
        digests=(
            own.digest(key),
            truth.digest(key, size, file_name, negative.tolist(), not_exhaustive.tolist()),
        ),
        is_doubtful=_is_doubtful(own, pred_masks, size, settings)
        or _is_doubtful(truth, gt_masks, size, settings),
    )


def _check_keys(given: Any, place: Place, known: tuple[str, ...]) -> None:
    """Refuse what is no dictionary, or has unknown keys."""
    if not isinstance(given, Mapping):
        raise FormatError(
            f"{place} is {shown(given, 40)}, expected a dictionary.", code="type", field=place.side
        )
    for name in given:
        if name not in known:
            raise FormatError(
                f"{place} has the unknown key {name!r}, expected {', '.join(known)}.",
                code="unknown-field",
                field=str(name),
            )
    if "image_id" in given:
        found = place.of("image_id").array(given["image_id"]).reshape(-1).tolist()
        if found != [place.image] or isinstance(found[0], bool):
            own = found[0] if len(found) == 1 else found
            raise MismatchError(
                f"{place.of('image_id')} is {shown(own, 40)}, another image.",
                code="image-id",
                field="image_id",
            )


def _stated_size(preds: Any, targets: Any, there: Place, here: Place) -> Size | None:
    """(H, W) as the dictionaries say."""
    found = [
        _size(given["size"], place.of("size"))
        for given, place in ((targets, here), (preds, there))
        if given.get("size") is not None
    ]
    if len(set(found)) > 1:
        raise MismatchError(
            f"{there.of('size')} is {size_text(found[1])}, that of `targets` is "
            f"{size_text(found[0])}.",
            code="image-size",
            field="size",
        )
    return found[0] if found else None


def _size(given: Any, place: Place) -> Size:
    """A size as whole numbers."""
    values = place.array(given).reshape(-1)
    whole = values.dtype.kind in "iuf" and (values == np.trunc(values)).all()
    if len(values) != 2 or not whole or values.min() < 1 or values.max() >= 2**31:
        raise FormatError(
            f"{place} is {shown(given, 40)}, expected (height, width) in pixels.",
            code="image-size",
            field="size",
        )
    return int(values[0]), int(values[1])


def _file_name(given: Mapping[str, Any], place: Place) -> str:
    """The name of the file of an image; "" where it is not given."""
    value = given.get("file_name")
    if value is None:
        return ""
    if not isinstance(value, str | PathLike):
        raise FormatError(
            f"{place.of('file_name')} is {shown(value, 40)}, expected text.",
            code="type",
            field="file_name",
        )
    return str(value)


def _masks(
    given: Mapping[str, Any], place: Place, size: Size | None, how: How
) -> ImageMasks | None:
    """The masks of a dictionary, if it has any."""
    if given.get("masks") is None:
        return None
    return masks_of(given["masks"], place.of("masks"), size=size, how=how)


def _predictions(
    given: Mapping[str, Any], place: Place, masks: ImageMasks | None, settings: Settings
) -> Side:
    """The predictions of an image."""
    score = fields.numbers(given, "scores", place)
    length = Length(len(score), "score")
    category, keys = _categories(given, place, settings)
    length.check(len(category), place.of(_label_field(given, place)))
    none = np.zeros(0)
    return Side(
        category,
        keys,
        fields.boxes(given, place, length, form=settings.box_format),
        _segmentations(given, masks, place, length, settings),
        score,
        none,
        none.astype(np.bool_),
        none.astype(np.bool_),
    )


def _ground_truth(
    given: Mapping[str, Any], place: Place, masks: ImageMasks | None, settings: Settings
) -> Side:
    """The ground truth of an image."""
    category, keys = _categories(given, place, settings)
    length = Length(len(category), "label")
    if settings.by_box and length.number and given.get("boxes") is None:
        raise fields.missing(given, "boxes", place, "boxes")
    return Side(
        category,
        keys,
        fields.boxes(given, place, length, form=settings.box_format),
        _segmentations(given, masks, place, length, settings),
        np.zeros(0),
        fields.areas(given, place, length),
        fields.flags(given, "iscrowd", place, length),
        fields.flags(given, "ignore", place, length),
    )


def _segmentations(
    given: Mapping[str, Any],
    masks: ImageMasks | None,
    place: Place,
    length: Length,
    settings: Settings,
) -> Segmentations:
    """The masks as a column, which are there where they are compared."""
    if masks is not None:
        length.check(len(masks), place.of("masks"))
        return masks.segmentations
    if length.number and (settings.by_mask or given.get("boxes") is None):
        what = "masks" if settings.by_mask else "masks or boxes"
        raise fields.missing(given, what, place, "masks")
    return no_masks(length.number)


def _label_field(given: Mapping[str, Any], place: Place) -> str:
    """The name under which a dictionary has its category ids."""
    there = [name for name in LABELS if given.get(name) is not None]
    if len(there) == 1:
        return there[0]
    if not there:
        raise fields.missing(given, "labels", place, "labels")
    raise FormatError(
        f"{place} has labels and classes, expected one of them.",
        code="unknown-field",
        field="labels",
    )


def _categories(
    given: Mapping[str, Any], place: Place, settings: Settings
) -> tuple[NDArray[np.int64], Keys | None]:
    """The category of each record as a number, and the keys of these."""
    field = _label_field(given, place)
    values = given[field]
    if not isinstance(values, list | tuple):
        values = fields.one_row(values, place.of(field))
    noun = "prediction" if place.side == "preds" else "annotation"
    numbers, keys = ids_in_memory(values, field, noun, f"{place}", of="category")
    own = settings.categories.keys
    if own is None and keys is None:
        return numbers, None
    places = [settings.number_of.get(key) for key in written(numbers, keys)]
    known = [place for place in places if place is not None]
    return (numbers, keys) if len(known) < len(places) else (np.array(known, np.int64), own)


def _listed(
    given: Mapping[str, Any], field: str, place: Place, settings: Settings
) -> NDArray[np.int64]:
    """One of LVIS's lists: numbers of the categories in it that are known."""
    if not settings.federated:
        return np.zeros(0, np.int64)
    if given.get(field) is None:
        raise FormatError(
            f"{place} has no {field}, which {settings.first.protocol.name} needs for every image.",
            code="missing-field",
            field=field,
        )
    values = given[field]
    ids = values if isinstance(values, list | tuple) else place.of(field).array(values).reshape(-1)
    numbers, keys = ids_in_memory(ids, field, "entry", str(place))
    known = (settings.number_of.get(key) for key in written(numbers, keys))
    return np.array([number for number in known if number is not None], np.int64)


def _is_doubtful(side: Side, masks: ImageMasks | None, size: Size | None, own: Settings) -> bool:
    """Whether an evaluation would refuse a record, in words that name it."""
    if side.category_keys != own.categories.keys:
        return True
    if (index_of(side.category, own.category_ids) < 0).any() or not np.isfinite(side.score).all():
        return True
    if masks is None or not len(masks):
        return False
    if masks.is_sound:
        return size is not None and masks.size != size
    return masks.has_defect(size or (-1, -1))
