"""What a metric is asked for: rules, categories, and how its batches are written. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import Categories, GroundTruth, Images
from segeval.data.file_lists import IdLists
from segeval.data.id_values import IdField, check_one_kind, id_value
from segeval.data.keys import Key, numbering, shown_key
from segeval.data.segmentations import Segmentations
from segeval.errors import FormatError, InputError
from segeval.frozen import frozen
from segeval.host_arrays import holds_several, host_array
from segeval.kernels.threads import check_workers
from segeval.limits import check_categories, limits
from segeval.masks import CompressedMasks
from segeval.masks.values import MaskValues
from segeval.metrics.choices import check_choice, check_flag
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.request import FREQUENCIES, Request
from segeval.metrics.sizes import names_quantiles
from segeval.words import stopped

BOX_FORMATS = ("xyxy", "xywh")
"""Corners x0, y0, x1, y1, or a corner with width and height."""

MASK_VALUES = ("logits", "probabilities")
"""What floats in masks are, which are cut at 0 or at 0.5."""

REPEATS = ("one", "refuse")
"""What is done with an image that comes again."""


@frozen(eq=False)
class Settings:
    """What a metric is asked for.

    Attributes:
        requests: the rules, for each kind of IoU.
        categories: those that are evaluated.
        area_from: as the caller gave it.
        box_format: "xyxy" or "xywh".
        mask_values: "logits", "probabilities" or None.
        repeats: "one" or "refuse".
        pool: whether AP-pool is computed.
        workers: threads, None for all cores.
    """

    requests: tuple[Request, ...]
    categories: Categories
    area_from: str | None
    box_format: str
    mask_values: MaskValues | None
    repeats: str
    pool: bool
    workers: int | None

    @property
    def first(self) -> Request:
        """The rules of the first kind of IoU."""
        return self.requests[0]

    @property
    def by_mask(self) -> bool:
        """Whether masks are compared by any kind of IoU."""
        return any(request.iou != "bbox" for request in self.requests)

    @property
    def by_box(self) -> bool:
        """Whether boxes are compared by any kind of IoU."""
        return any(request.iou == "bbox" for request in self.requests)

    @property
    def federated(self) -> bool:
        """Whether images name the categories that they are judged by, as in LVIS."""
        return self.first.protocol.federated

    @property
    def arguments(self) -> Arguments:
        """The rules as `average_precision` takes them."""
        return Arguments(
            iou=tuple(request.iou for request in self.requests),
            protocol=self.first.protocol,
            area_from=self.area_from,
            min_score=self.first.min_score,
            skip_unknown=self.first.skip_unknown,
            honour_ignore=self.first.honour_ignore,
        )

    @cached_property
    def category_ids(self) -> NDArray[np.int64]:
        """Ids of the categories, ascending, int64, shape (K,)."""
        return np.sort(self.categories.id)

    @cached_property
    def number_of(self) -> dict[Key, int]:
        """The number in columns of each id."""
        numbers: list[int] = self.categories.id.tolist()
        return dict(zip(self.categories.written_ids, numbers, strict=True))

    def told(self) -> dict[str, Any]:
        """What metrics that merge must have in common, by its name in messages."""
        return {
            **self.first.rules_by_name(),
            "iou": [request.iou for request in self.requests],
            "area_from": self.area_from,
            "categories": self.categories.written_ids,
            "names": self.categories.names,
            "frequencies": self.categories.frequencies,
            "repeats": self.repeats,
        }


def settings_of(
    categories: Any,
    arguments: Arguments,
    *,
    box_format: str,
    mask_values: MaskValues | None,
    repeats: str,
    pool: bool,
    workers: int | None,
) -> Settings:
    """The settings of a metric, checked.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for categories that are no categories.
    """
    for name, value, allowed in (
        ("box_format", box_format, BOX_FORMATS),
        ("repeats", repeats, REPEATS),
    ):
        check_choice(name, value, allowed)
    if mask_values is not None:
        check_choice("mask_values", mask_values, MASK_VALUES)
    check_flag("pool", pool)
    check_workers(workers)
    arguments.check()
    if names_quantiles(arguments.sizes):
        raise InputError(
            f"`sizes={arguments.sizes!r}`: quantiles are those of a whole ground truth, which a "
            "loop has not seen when it sorts the first objects by size. Give edges, such as 32,96.",
            code="sizes",
            option="sizes",
        )
    known = categories_of(categories)
    requests = arguments.requests(without_images(known))
    if requests[0].protocol.federated and known.frequencies is None:
        raise InputError(
            f"`categories` have no frequencies, which {requests[0].protocol.name} needs: give "
            'every category as {"id": 3, "name": "cat", "frequency": "f"} with "r", "c" or "f".',
            code="missing-frequency",
            option="categories",
        )
    return Settings(
        requests=requests,
        categories=known,
        area_from=arguments.area_from,
        box_format=box_format,
        mask_values=mask_values,
        repeats=repeats,
        pool=pool,
        workers=workers,
    )


def categories_of(given: Any) -> Categories:
    """Categories from ids, from a mapping of ids to names, or from dicts as COCO's files have them.

    Raises:
        InputError: if there are none.
        FormatError: for an id that is none, or that comes twice.
    """
    if isinstance(given, Categories):
        return given
    if isinstance(given, Mapping):
        records: list[Mapping[str, Any]] = [{"id": key, "name": given[key]} for key in given]
    elif holds_several(given):
        records = [each if isinstance(each, Mapping) else {"id": each} for each in listed(given)]
    else:
        records = []
    if not records:
        raise InputError(
            f"`categories` is {given!r}, expected the ids of all categories, a mapping of ids to "
            'names, dicts with "id" and "name", or `load_ground_truth(path).categories`.',
            code="no-categories",
            option="categories",
        )
    ids = [_id(record, place) for place, record in enumerate(records)]
    check_one_kind([IdField("id", ids, lambda row: f"category #{row}")], "category", "categories")
    if len(set(ids)) < len(ids):
        raise _twice(next(key for key in ids if ids.count(key) > 1))
    names = tuple(
        str(key if record.get("name") is None else record["name"])
        for key, record in zip(ids, records, strict=True)
    )
    letters = [record.get("frequency") for record in records]
    numbers = numbering(ids)
    return Categories(
        id=numbers.column(ids),
        names=names,
        frequencies=tuple(map(str, letters))
        if all(isinstance(one, str) and one in FREQUENCIES for one in letters)
        else None,
        keys=numbers.keys,
    )


def listed(categories: Any) -> Any:
    """Categories as a list, within the limit; what holds no values is left as it is.

    Raises:
        FormatError: for more than the limit.
    """
    if isinstance(categories, Mapping) or not holds_several(categories):
        return categories
    if hasattr(categories, "__len__"):
        check_categories(len(categories), "`categories`")
    found = list(islice(categories, limits().categories + 1))  # of what never ends no more
    check_categories(len(found), "`categories`")
    return found


def _id(record: Mapping[str, Any], place: int) -> Key:
    """The id of a category."""
    if "id" not in record:
        raise FormatError(
            f"category #{place} has no id, only {', '.join(map(str, record)) or 'nothing'}.",
            code="missing-field",
            index=place,
            field="id",
            option="categories",
        )
    value = record["id"]
    try:
        if hasattr(value, "shape"):
            array = host_array(value)
            value = array.item() if array.size == 1 else array.tolist()
        return id_value(value, "id")
    except FormatError as error:
        raise FormatError(
            stopped(f"category #{place}: {error.message}"),
            code=error.code,
            index=place,
            field="id",
            option="categories",
        ) from None


def _twice(key: Key) -> FormatError:
    """The error for an id of two categories."""
    return FormatError(
        f"`categories` hold id {shown_key(key)} twice, expected every category once.",
        code="repeated-id",
        field="id",
        option="categories",
    )


def without_images(categories: Categories) -> GroundTruth:
    """Ground truth of some categories without any images."""
    none = np.zeros(0, np.int64)
    lists = IdLists(none, np.zeros(1, np.int64))
    lvis = categories.frequencies is not None
    return GroundTruth(
        images=Images(
            id=none,
            sizes=np.zeros((0, 2), np.int32),
            file_names=(),
            negative=lists if lvis else None,
            not_exhaustive=lists if lvis else None,
        ),
        categories=categories,
        id=none,
        image_id=none,
        category_id=none,
        area=np.zeros(0),
        boxes=np.zeros((0, 4)),
        is_crowd=np.zeros(0, np.bool_),
        crowd_missing=np.zeros(0, np.bool_),
        ignore=np.zeros(0, np.bool_),
        segmentations=no_masks(0),
    )


def no_masks(count: int) -> Segmentations:
    """Segmentations of records without a mask."""
    nothing = CompressedMasks(
        np.zeros(0, np.uint8),
        np.zeros(count, np.int64),
        np.zeros(count, np.int32),
        np.zeros((count, 2), np.int32),
    )
    return Segmentations(np.zeros(count, np.uint8), nothing)
