"""Records of COCO and LVIS files, with all fields that segeval reads."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Raw, UnsetType

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
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


class ImageFile(msgspec.Struct, gc=False):
    """A file of images, whatever its annotations."""

    images: list[Image]
    categories: list[Category] = []


FIELDS = {
    "images": Image.__struct_fields__,
    "annotations": Annotation.__struct_fields__,
    "categories": Category.__struct_fields__,
}
"""The fields of the records, by section."""

decode_ground_truth = msgspec.json.Decoder(GroundTruthFile).decode
