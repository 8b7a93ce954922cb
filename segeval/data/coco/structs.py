"""Records of COCO and LVIS files, with all fields that segeval reads."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Raw, UnsetType

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
AnyId = int | float | str
"""What may be an id, or may tell why it is none; `id_value` decides."""

Side = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**63 - 1)]


class Image(msgspec.Struct, gc=False):
    """An image; its size is unknown if a side is missing, null or not above 0."""

    id: Whole
    height: Side | None = None
    width: Side | None = None
    file_name: str | None = None
    coco_url: str | None = None
    neg_category_ids: list[Whole] | None = None
    not_exhaustive_category_ids: list[Whole] | None = None


class Category(msgspec.Struct, gc=False):
    """A category; LVIS has frequencies and synsets, panoptic files have things and stuff."""

    id: Whole
    name: str | None = None
    frequency: str | None = None
    synset: str | None = None
    isthing: int | bool | None = None


class Annotation(msgspec.Struct, gc=False):
    """An instance; its segmentation stays text."""

    id: Whole
    image_id: Whole
    category_id: Whole
    segmentation: Raw = Raw(b"null")
    area: float | UnsetType | None = UNSET
    bbox: list[float] | UnsetType | None = UNSET
    iscrowd: int | bool | UnsetType | None = UNSET
    ignore: int | bool | UnsetType | None = UNSET


class GroundTruthFile(msgspec.Struct, gc=False):
    """A file of instances."""

    images: list[Image]
    annotations: list[Annotation]
    categories: list[Category]


class AnyImage(Image, gc=False, kw_only=True):
    """An image whose id may be of any kind, like those of the records below."""

    id: AnyId  # type: ignore[assignment]
    neg_category_ids: list[AnyId] | None = None  # type: ignore[assignment]
    not_exhaustive_category_ids: list[AnyId] | None = None  # type: ignore[assignment]


class AnyCategory(Category, gc=False, kw_only=True):
    """A category."""

    id: AnyId  # type: ignore[assignment]


class AnyAnnotation(Annotation, gc=False, kw_only=True):
    """An instance."""

    id: AnyId  # type: ignore[assignment]
    image_id: AnyId  # type: ignore[assignment]
    category_id: AnyId  # type: ignore[assignment]


class AnyGroundTruthFile(msgspec.Struct, gc=False):
    """A file of instances whose ids may be of any kind."""

    images: list[AnyImage]
    annotations: list[AnyAnnotation]
    categories: list[AnyCategory]


class ImageFile(msgspec.Struct, gc=False):
    """A file of images, whatever its annotations."""

    images: list[AnyImage]
    categories: list[AnyCategory] = []


FIELDS = {
    "images": Image.__struct_fields__,
    "annotations": Annotation.__struct_fields__,
    "categories": Category.__struct_fields__,
}
"""The fields of the records, by section."""

decode_ground_truth = msgspec.json.Decoder(GroundTruthFile).decode

decode_any_ground_truth = msgspec.json.Decoder(AnyGroundTruthFile).decode
