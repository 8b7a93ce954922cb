"""Images that two files of ground truth share: what was fitted to them cannot be judged on them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.keys import Key, shown_key
from segeval.findings import refusal
from segeval.words import counted


def shared_images(first: GroundTruth, second: GroundTruth) -> list[Key]:
    """Ids of the images of the second file that the first one has as well.

    An image is the same if both its id and its file name are, or if it has the same objects: of
    equal categories, boxes and masks. A single box without a mask, such as that of a whole image,
    is no sign.

    Args:
        first: one file of ground truth.
        second: another one.
    """
    names = dict(zip(first.images.written_ids, first.images.file_names, strict=True))
    objects = set(_contents(first).values()) - {()}
    contents = _contents(second)
    found = []
    for key, name in zip(second.images.written_ids, second.images.file_names, strict=True):
        is_named = bool(name) and names.get(key) == name
        if is_named or contents.get(key, ()) in objects:
            found.append(key)
    return found


def refuse_shared_images(fit: GroundTruth, gt: GroundTruth) -> None:
    """Refuse to judge on images that were fitted to.

    Raises:
        InputError: names how many they are, and the first.
    """
    shared = shared_images(fit, gt)
    if not shared:
        return
    raise refusal(
        gt.source,
        f"{counted(len(shared), 'image')} of {len(gt.images):,} are in {fit.source} as well, such "
        f"as {shown_key(shared[0])}. What is fitted to them looks better on them than it is",
        code="fit-on-test",
        field="id",
        hint="Take other images, or accept it: `allow_fit_on_test=True`.",
    )


def _contents(gt: GroundTruth) -> dict[Key, tuple[bytes, ...]]:
    """The objects of each image that can be told by them, in an order of their own."""
    written = gt.images.written_ids
    place = dict(zip(gt.images.id.tolist(), written, strict=True))
    rows: NDArray[np.float64] = np.column_stack([gt.category_id.astype(np.float64), gt.boxes])
    strings = gt.segmentations.strings
    found: dict[Key, list[bytes]] = defaultdict(list)
    for index, (image, row) in enumerate(zip(gt.image_id.tolist(), rows, strict=True)):
        if image in place:
            found[place[image]].append(row.tobytes() + strings.bytes_of(index))
    return {
        key: tuple(sorted(objects))
        for key, objects in found.items()
        if len(objects) > 1 or len(objects[0]) > rows[0].nbytes
    }
