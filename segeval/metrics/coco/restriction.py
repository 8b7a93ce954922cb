"""Matches of some of the images, categories or thresholds, as if there were no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.chosen import chosen
from segeval.data.ids import index_of
from segeval.data.keys import written
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Chosen, several
from segeval.metrics.coco.matches import Matches


def of_images(matches: Matches, images: NDArray[np.bool_], *, foreign: bool = False) -> Matches:
    """Matches of some images: others have neither predictions nor ground truth, and are gone.

    Args:
        matches: matches of I images.
        images: those to keep, bool, shape (I,).
        foreign: keep predictions for images that are not evaluated, which use up caps over the set.
    """
    place = (np.cumsum(images) - 1).astype(np.int32)
    own = index_of(matches.unjudged.image_id, matches.image_ids)
    others = np.where(own >= 0, images[own], foreign) if len(own) else np.zeros(0, np.bool_)
    kept = matches.take(images[matches.image], others)
    of_gt = images[matches.gt_image]
    names = np.array(matches.file_names, object)[images]
    return replace(
        kept,
        image_ids=matches.image_ids[images],
        image_origin=matches.image_origin[images],
        file_names=tuple(names.tolist()),
        image=place[kept.image],
        gt=matches.gt[of_gt],
        gt_image=place[matches.gt_image[of_gt]],
        gt_category=matches.gt_category[of_gt],
        gt_counted=matches.gt_counted[:, of_gt],
        evidence=None if matches.evidence is None else matches.evidence.of_images(images),
    )


def of_categories(matches: Matches, places: NDArray[np.int64]) -> Matches:
    """Matches of some of the categories.

    Args:
        matches: matches of K categories.
        places: of those to keep, increasing.
    """
    new = np.full(len(matches.category_ids), -1, np.int32)
    new[places] = np.arange(len(places), dtype=np.int32)
    kept = matches.take(new[matches.category] >= 0)
    of_gt = new[matches.gt_category] >= 0
    letters, evidence = matches.frequencies, matches.evidence
    return replace(
        kept,
        category_ids=matches.category_ids[places],
        category_names=tuple(matches.category_names[place] for place in places),
        frequencies=None if letters is None else tuple(letters[place] for place in places),
        offsets=np.concatenate([[0], np.cumsum(np.diff(kept.offsets)[places])]),
        gt=matches.gt[of_gt],
        gt_image=matches.gt_image[of_gt],
        gt_category=new[matches.gt_category[of_gt]],
        gt_counted=matches.gt_counted[:, of_gt],
        evidence=None if evidence is None else evidence.of_categories(places),
    )


def chosen_matches(
    matches: Matches, *, source: str, categories: Chosen = None, images: Chosen = None
) -> Matches:
    """Matches of the images and categories that a user names.

    Args:
        matches: matches of a whole evaluation.
        source: name of the part file that holds them, for messages.
        categories: ids or names; None for all.
        images: ids or file names; None for all.

    Raises:
        InputError: for one that does not exist, or under a cap over the whole set, which other
            images and categories use up.
    """
    wanted = {"categories": several(categories, "categories"), "images": several(images, "images")}
    asked = [name for name, value in wanted.items() if value is not None]
    if asked and matches.request.protocol.cap_scope == "category":
        raise InputError(
            f"`{asked[0]}` cannot be chosen from matches of {matches.request.protocol.name}: its "
            "cap counts the predictions of all images. Match the part anew.",
            code="part-option",
            option=asked[0],
        )
    found = matches
    if wanted["images"] is not None:
        ids = written(found.image_ids, found.image_keys)
        places = chosen(wanted["images"], ids, found.file_names, option="images", source=source)
        found = of_images(found, np.isin(np.arange(len(ids)), places))
    if wanted["categories"] is not None:
        ids = written(found.category_ids, found.category_keys)
        places = chosen(
            wanted["categories"], ids, found.category_names, option="categories", source=source
        )
        found = of_categories(found, np.unique(places))
    request = replace(
        found.request,
        images=wanted["images"] or found.request.images,
        categories=wanted["categories"] or found.request.categories,
    )
    return replace(found, request=request)


def at_thresholds(matches: Matches, places: Sequence[int]) -> Matches:
    """Matches at some of the IoU thresholds, as if there were no others.

    Args:
        matches: matches at T thresholds.
        places: of those to keep, increasing.
    """
    if list(places) == list(range(len(matches.thresholds))):
        return matches
    thresholds = matches.thresholds[list(places)]
    protocol = replace(matches.request.protocol, thresholds=tuple(thresholds.tolist()))
    narrow = np.min_scalar_type(2 ** len(places) - 1)

    def kept(bits: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.unsignedinteger[Any]]:
        found = np.zeros(bits.shape, narrow)
        for new, old in enumerate(places):
            has = (bits >> bits.dtype.type(old)) & bits.dtype.type(1)
            found |= has.astype(narrow) << narrow.type(new)
        return found

    return replace(
        matches,
        request=replace(matches.request, protocol=protocol),
        thresholds=thresholds,
        matched_bits=kept(matches.matched_bits),
        ignored_bits=kept(matches.ignored_bits),
    )
