"""Groups of images that belong together, such as the frames of a video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segeval.analysis.comparison.slices import LabelSource, check_all_grouped, image_labels
from segeval.data import GroundTruth
from segeval.errors import Note


def group_labels(
    source: LabelSource | None, *truths: tuple[Any, GroundTruth | None]
) -> tuple[Mapping[str, str] | None, tuple[Note, ...]]:
    """The label of each image's group, by the id of the image as text, and what there is to say.

    Args:
        source: a field of the images, a CSV file of image and label, or labels by id or file name;
            None where images stand alone.
        truths: ground truths, each as it was given and loaded; None for none.

    Returns:
        Labels by id, None where images stand alone; and the note on images that no ground truth
        has, if any are named.

    Raises:
        InputError: if there is no such field or file, or an image has no group.
        FormatError: for a file that cannot be used.
        MismatchError: if no image is named in the file.

    Example:
        >>> from segeval.data import load_ground_truth
        >>> images = [{"id": 1, "video": 7}, {"id": 2, "video": 7}]
        >>> document = {"images": images, "categories": [], "annotations": []}
        >>> group_labels("video", (document, load_ground_truth(document)))
        ({'1': '7', '2': '7'}, ())
    """
    if source is None:
        return None, ()
    found: dict[str, str] = {}
    every = []
    for given, gt in truths:
        if gt is not None:
            ids = gt.images.written_ids
            names = [name or "" for name in gt.images.file_names]
            labels = image_labels(source, gt=given, ids=ids, file_names=names, option="groups")
            own = check_all_grouped(labels.of_images, ids)
            found.update(zip(map(str, ids), own, strict=True))
            every.append(labels)
    if not every:
        return found, ()
    unknown_to_all = set(every[0].unknown).intersection(*(each.unknown for each in every))
    unknown = tuple(name for name in every[0].unknown if name in unknown_to_all)
    return found, replace(every[0], unknown=unknown).notes


def units_of(gt: GroundTruth, labels: Mapping[str, str] | None) -> int:
    """Number of groups of images, or of images where they stand alone.

    Args:
        gt: ground truth of the images.
        labels: as from `group_labels`.
    """
    ids = gt.images.written_ids
    return len(ids) if labels is None else len({labels[str(each)] for each in ids})
