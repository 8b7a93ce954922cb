"""Matches without predictions: bare, as parts are merged and read, or with images and objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key, Keys, ascends
from segeval.metrics.coco import matches_layout
from segeval.metrics.coco.caps import Unjudged
from segeval.metrics.coco.evidence import COUNTS, Evidence, ImageCounts, prefixed
from segeval.metrics.coco.image_tallies import ImageTallies
from segeval.metrics.coco.parts.layout.image_blocks import COUNTED, ImageBlock, read_texts
from segeval.metrics.coco.parts.layout.object_blocks import ObjectBlock, packed, unpacked
from segeval.metrics.coco.parts.layout.texts import Texts
from segeval.metrics.parts.files import PartReader

if TYPE_CHECKING:
    from segeval.metrics.coco.matches import Matches

SMALL = (
    "thresholds", "category_ids", "matched_bits", "ignored_bits",
    *(name for name in matches_layout.EVIDENCE if not name.startswith("evidence_images_")),
    *matches_layout.LOOKED,
)  # fmt: skip
"""Arrays that do not grow with images, objects or predictions."""

KINDS_OF_KEYS: dict[type, str] = {str: "text", int: "numbers"}
"""What ids that are no int64 are called in headers."""


def bare(matches: Matches) -> Matches:
    """Matches without predictions, objects and images."""
    none = slice(0, 0)
    evidence = matches.evidence
    return replace(
        matches,
        image_ids=matches.image_ids[none],
        file_names=(),
        offsets=np.zeros_like(matches.offsets),
        prediction=matches.prediction[none],
        image=matches.image[none],
        score=matches.score[none],
        rank=matches.rank[none],
        matched_bits=matches.matched_bits[:, none],
        ignored_bits=matches.ignored_bits[:, none],
        gt=matches.gt[none],
        gt_image=matches.gt_image[none],
        gt_category=matches.gt_category[none],
        gt_counted=matches.gt_counted[:, none],
        unjudged=Unjudged.none(),
        image_origin=matches.image_origin[none],
        image_keys=None,
        evidence=evidence and evidence_without_images(evidence),
    )


def evidence_without_images(evidence: Evidence) -> Evidence:
    """Evidence without what it knows of single images."""
    counted = evidence.by_image
    none = np.zeros(0, np.intp)
    return replace(evidence, images=ImageCounts.none(), by_image=counted and counted.take(none))


def bare_arrays(buckets: int, categories: int) -> dict[str, NDArray[Any]]:
    """The arrays of bare matches, but for those of `SMALL`."""
    whole, places = np.zeros(0, np.int64), np.zeros(0, np.int32)
    counts = {f"evidence_images_{name}": places for name in COUNTS}
    tallies = ImageTallies.of({}, np.zeros(0, np.uint64)).to_arrays()
    others = {f"unjudged_{name}": each for name, each in vars(Unjudged.none()).items()}
    return {
        "image_ids": whole,
        "offsets": np.zeros(categories + 1, np.int64),
        "prediction": whole,
        "image": places,
        "score": np.zeros(0),
        "rank": places,
        "gt": whole,
        "gt_image": places,
        "gt_category": places,
        "gt_counted": np.zeros((buckets, 0), np.bool_),
        "image_origin": places,
        **counts,
        **{f"evidence_{name}": own for name, own in prefixed(tallies).items()},
        "evidence_images_highest": np.zeros(0),
        **others,
    }


def image_block(found: Sequence[Matches], digests: Sequence[NDArray[np.uint64]]) -> ImageBlock:
    """The images of matches of the same files.

    Args:
        found: one for each kind of IoU.
        digests: hashes of the images of each.
    """
    by_kind: dict[str, dict[str, NDArray[Any]]] = {}
    for own, digest in zip(found, digests, strict=True):
        columns: dict[str, NDArray[Any]] = {"digest": digest}
        if own.evidence is not None:
            columns |= vars(own.evidence.images)
            columns[COUNTED] = counted_objects(own)
        by_kind[own.request.iou] = columns
    tallies = {
        own.request.iou: own.evidence.by_image
        for own in found
        if own.evidence is not None and own.evidence.by_image is not None
    }
    first = found[0]
    names = Texts.of(first.file_names)
    return ImageBlock(first.image_ids, first.image_origin, names, by_kind, tallies)


def counted_objects(matches: Matches) -> NDArray[np.int64]:
    """Ground truths of each image that count in the first size bucket, int64, shape (I,)."""
    image = matches.gt_image[matches.gt_counted[0]]
    return np.bincount(image, minlength=len(matches.image_ids))


def object_block(kinds: Sequence[Matches]) -> ObjectBlock:
    """The ground truths of kinds of IoU that have them in common, in the order of files."""
    first = kinds[0]
    return ObjectBlock(
        first.gt,
        first.gt_image,
        first.gt_category,
        {own.request.iou: packed(own.gt_counted) for own in kinds},
        first.image_origin[first.gt_image],
    ).sorted()


def with_images(frame: Matches, images: ImageBlock, keys: Keys | None) -> Matches:
    """A bare frame with its images."""
    evidence = frame.evidence
    if evidence is not None:
        kind = frame.request.iou
        counted = images.tallies.get(kind)
        evidence = replace(
            evidence, images=images.counts(kind), by_image=counted and counted.narrowed()
        )
    return replace(
        frame,
        image_ids=images.id,
        file_names=tuple(images.names.words()),
        image_origin=images.origin.astype(np.int32),
        image_keys=keys,
        evidence=evidence,
    )


def with_objects(frame: Matches, objects: ObjectBlock) -> Matches:
    """A frame with its ground truths."""
    return replace(
        frame,
        gt=objects.gt.astype(np.int64),
        gt_image=objects.image.astype(np.int32),
        gt_category=objects.category.astype(np.int32),
        gt_counted=unpacked(objects.counted[frame.request.iou], len(frame.buckets)),
    )


def coded_keys(keys: Keys) -> Texts:
    """Ids that are no int64 as text."""
    return Texts.of(map(str, keys))


def read_image_keys(reader: PartReader) -> Keys | None:
    """Ids of images that are no int64, as in `Matches`.

    Raises:
        FormatError: if the file is damaged.
    """
    kind = reader.header["image_keys"]
    if kind is None:
        return None
    size = reader.array("image_keys_lengths").size
    words = read_texts(reader, "image_keys", size).words()
    read: Any = int if kind == KINDS_OF_KEYS[int] else str
    try:
        found: list[Key] = [read(word) for word in words]
    except ValueError:
        raise reader.damaged("image_keys") from None
    if not found or not all(ascends(*pair) for pair in pairwise(found)):
        raise reader.damaged("image_keys")
    return tuple(found)
