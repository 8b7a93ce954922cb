"""Columns of several `Matches` as those of one: images, files, rows and requests joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of
from segeval.data.joining import joined_notes, joined_sources
from segeval.data.keys import one_numbering, only_used, written
from segeval.frozen import frozen
from segeval.metrics.coco.caps import Unjudged
from segeval.metrics.coco.curve_order import curve_order
from segeval.metrics.coco.evidence import Evidence
from segeval.metrics.coco.request import Request
from segeval.metrics.parts.alike import check_one_kind_of_ids

OF_ROWS = ("prediction", "score", "rank", "matched_bits", "ignored_bits")
"""Columns of rows, but for the image, whose numbers change."""

M = TypeVar("M")  # Matches, which imports this file


@frozen
class Origin:
    """A pair of files that matches come from.

    Attributes:
        key: hash of the predictions' columns, which tells files apart whatever their names.
        preds: name of the predictions.
        gt_key: tells files of ground truth apart, in the same way.
        gt: name of the ground truth.
        predictions: number of predictions in the file.
        annotations: number of annotations in the ground truth.
    """

    key: int
    preds: str
    gt_key: int
    gt: str
    predictions: int
    annotations: int


def inputs_of(origins: Sequence[Origin], images: int, categories: int) -> dict[str, dict[str, Any]]:
    """Names and counts of the files in results, by role: "preds" and "gt"."""
    preds = {origin.key: origin for origin in origins}.values()
    gt = {origin.gt_key: origin for origin in origins}.values()
    return {
        "preds": {
            "path": joined_sources(origin.preds for origin in preds),
            "count": sum(origin.predictions for origin in preds),
        },
        "gt": {
            "path": joined_sources(origin.gt for origin in gt),
            "count": sum(origin.annotations for origin in gt),
            "images": images,
            "categories": categories,
        },
    }


def numbered_alike(parts: Sequence[M], names: Sequence[str] | None = None) -> list[M]:
    """Matches whose image ids have one numbering, with keys of no other images.

    Args:
        parts: the matches.
        names: of the parts, for messages; None for those of their ground truth.

    Raises:
        MismatchError: if ids are text in one part and numbers in another.
    """
    known: Sequence[Any] = parts
    named = [part.origins[0].gt for part in known] if names is None else names
    check_one_kind_of_ids(
        (name, key)
        for name, part in zip(named, known, strict=True)
        for key in written(part.image_ids[:1], part.image_keys)
    )
    own = [only_used((p.image_keys, [p.image_ids, p.unjudged.image_id])) for p in known]
    moved: list[M] = []
    for part, (keys, (ids, others)) in zip(known, one_numbering(own), strict=True):
        unjudged = replace(part.unjudged, image_id=others)
        moved.append(replace(part, image_keys=keys, image_ids=ids, unjudged=unjudged))
    return moved


def joined_columns(parts: Sequence[Any]) -> dict[str, Any]:
    """The fields of merged matches that are not those of the first part.

    Args:
        parts: `Matches` of disjoint images, whose ids have one numbering, by the same rules.
    """

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts], axis=-1)

    ids = [part.image_ids for part in parts]
    image_ids = np.sort(column("image_ids"))
    place = [index_of(own, image_ids) for own in ids]
    origins, origin = joined_origins([part.origins for part in parts])
    by_image = np.argsort(np.concatenate(place), kind="stable")
    names = [name for part in parts for name in part.file_names]
    image_origin = mapped(origin, [part.image_origin for part in parts])[by_image]
    image = mapped(place, [part.image for part in parts])
    rows = curve_order(column("category"), column("score"), image)  # stable in an image
    gt_image = mapped(place, [part.gt_image for part in parts])
    gts = np.lexsort((column("gt"), image_origin[gt_image]))
    known = [part.evidence for part in parts if part.evidence is not None]
    return {
        "request": joined_requests([part.request for part in parts]),
        "image_ids": image_ids,
        "file_names": tuple(names[i] for i in by_image),
        "offsets": np.sum([part.offsets for part in parts], axis=0),
        "image": image[rows],
        **{name: np.take(column(name), rows, axis=-1) for name in OF_ROWS},
        "gt_image": gt_image[gts],
        **{
            name: np.take(column(name), gts, axis=-1)
            for name in ("gt", "gt_category", "gt_counted")
        },
        "unjudged": joined_unjudged([part.unjudged for part in parts], origin, ids, origins),
        "origins": origins,
        "image_origin": image_origin,
        "notes": joined_notes([part.notes for part in parts]),
        "evidence": Evidence.merged(known, by_image) if len(known) == len(parts) else None,
    }


def joined_origins(
    parts: Sequence[Sequence[Origin]],
) -> tuple[tuple[Origin, ...], list[NDArray[np.int32]]]:
    """The files of all parts, and where each part's files are among them.

    Files are sorted by key, so that the order of the parts does not matter.
    """
    known = {(origin.key, origin.gt_key): origin for part in parts for origin in part}
    keys = sorted(known)
    places = [
        np.array([keys.index((origin.key, origin.gt_key)) for origin in part], np.int32)
        for part in parts
    ]
    return tuple(known[key] for key in keys), places


def mapped(
    places: Sequence[NDArray[np.int32]], columns: Sequence[NDArray[np.int32]]
) -> NDArray[np.int32]:
    """Indices of all parts as indices into the whole.

    Args:
        places: where the entries of each part are in the whole.
        columns: indices into each part.
    """
    return np.concatenate([place[column] for place, column in zip(places, columns, strict=True)])


def joined_requests(requests: Sequence[Request]) -> Request:
    """The request of all parts together: the images of all, or None if a part has no list."""
    areas = [request.area_from for request in requests if request.area_from is not None]
    whole = replace(requests[0], area_from=areas[0] if areas else None)
    if all(request.images == whole.images for request in requests):
        return whole
    whole = replace(whole, images=None)
    asked: dict[int | str, None] = {}
    for request in requests:
        if request.images is None:
            return whole
        asked |= dict.fromkeys(request.images)
    images = sorted(asked, key=lambda name: (isinstance(name, str), name))
    return replace(whole, images=tuple(images))


def joined_unjudged(
    parts: Sequence[Unjudged],
    places: Sequence[NDArray[np.int32]],
    image_ids: Sequence[NDArray[np.int64]],
    origins: Sequence[Origin],
) -> Unjudged:
    """The unjudged predictions of all parts, each once.

    Parts of one file of predictions also hold those for each other's images: what one part has
    judged, or evaluates itself, is left out of the others.

    Args:
        parts: unjudged predictions of each part.
        places: where each part's files are among those of all.
        image_ids: ids of the images that each part evaluates.
        origins: the files of all parts.
    """
    kept = []
    everything = np.concatenate(image_ids)
    for own_ids, part, place in zip(image_ids, parts, places, strict=True):
        own = np.isin(part.image_id, own_ids)
        moved = replace(part, origin=place[part.origin])
        kept.append(moved.take(own | ~np.isin(part.image_id, everything)))
    columns = zip(*(vars(part).values() for part in kept), strict=True)
    whole = Unjudged(*map(np.concatenate, columns))
    file = file_of(origins)[whole.origin]
    # canonical: the order of the parts must not show
    order = np.lexsort((whole.origin, whole.prediction, file))
    row, file = whole.prediction[order], file[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (file[1:] != file[:-1])
    return whole.take(order[first])


def file_of(origins: Sequence[Origin]) -> NDArray[np.intp]:
    """Which file of predictions each origin has, counted from 0: several may share one."""
    return np.unique([origin.key for origin in origins], return_inverse=True)[1]


def file_ranks(
    origins: Sequence[Origin],
    image_origin: NDArray[np.int32],
    image_ids: NDArray[np.int64],
    others: Unjudged,
) -> NDArray[np.int64]:
    """What orders the files of predictions of all origins: the smallest image id of each.

    Args:
        origins: the files.
        image_origin: index of each image's files in origins, int32, shape (I,).
        image_ids: int64, shape (I,).
        others: predictions that only use up a cap over the whole set.
    """
    file = file_of(origins)
    first = np.full(len(file), 2**63 - 1)
    np.minimum.at(first, file[image_origin], image_ids)
    np.minimum.at(first, file[others.origin], others.image_id)
    return np.asarray(first[file])
