"""Images that two files of ground truth share: what was fitted to them cannot be judged on them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.keys import Key, shown_key
from segeval.data.label_maps.read import read_labels
from segeval.findings import refusal
from segeval.kernels.threads import in_order
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
    shared = [shown_key(key) for key in shared_images(fit, gt)]
    _refuse(shared, len(gt.images), fit.source, gt.source)


def refuse_shared_label_maps(
    fit: str, fit_files: Mapping[str, Path], gt: str, gt_files: Mapping[str, Path]
) -> None:
    """Refuse to judge on images that were fitted to, where ground truth is label maps.

    An image is the same if its name is, or if its label map is, with more than one label.

    Args:
        fit: folder of the ground truth that was fitted to.
        fit_files: its label maps by the name of the image.
        gt: folder of the other.
        gt_files: its label maps.

    Raises:
        InputError: names how many they are, and the first.
    """
    shared = [key for key in gt_files if key in fit_files]
    if not shared:
        known = {*in_order(_digest, list(fit_files.values()))} - {b""}
        found = in_order(_digest, list(gt_files.values()))
        shared = [key for key, each in zip(gt_files, found, strict=True) if each in known]
    _refuse(shared, len(gt_files), fit, gt)


def _digest(path: Path) -> bytes:
    """What tells a label map from others; nothing for one label alone."""
    labels = read_labels(path, str(path)).labels
    if labels.min() == labels.max():
        return b""
    digest = hashlib.blake2b(str(labels.shape).encode(), digest_size=16)
    digest.update(labels.astype(np.uint16, copy=False).data)
    return digest.digest()


def _refuse(shared: Sequence[str], images: int, fit: str, gt: str) -> None:
    """Refuse images that two files of ground truth share, if there are any."""
    if not shared:
        return
    verb = "is" if len(shared) == 1 else "are"
    elsewhere = "Take other images"
    if len(shared) == images:
        elsewhere = "Leave out `gt`, and the gain is measured in folds; take other images"
    raise refusal(
        gt,
        f"{counted(len(shared), 'image')} of {images:,} {verb} in {fit} as well, such as "
        f"{shared[0]}. What is fitted to them looks better on them than it is",
        code="fit-on-test",
        field="id",
        hint=f"{elsewhere}, or accept it: `allow_fit_on_test=True`.",
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
