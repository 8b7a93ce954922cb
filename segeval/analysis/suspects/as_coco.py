"""Label suspects as a COCO file, which tools of annotation open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.suspects.presented import record_of
from segeval.analysis.suspects.result import Suspect
from segeval.analysis.suspects.shapes import SuspectShape, suspect_shapes
from segeval.data.coco.write import category_records, image_records
from segeval.masks import area
from segeval.masks.keyholes import keyhole_polygons
from segeval.metrics.coco.average_precision import Evaluation


def suspects_as_coco(suspects: Sequence[Suspect], models: Sequence[Evaluation]) -> dict[str, Any]:
    """Suspects as the object of a COCO instances file.

    An annotation has the category that is suggested, so that it can be taken over as it is, or that
    of an object which no model finds. Its polygons are exactly its mask, the largest first; where
    boxes are compared they are the corners of the box.

    Args:
        suspects: of `label_suspects`, in the order of the annotations.
        models: those that they are of, as `evaluated` gives them for the same arguments.

    Returns:
        "images" that have suspects, "categories" of the ground truth, and "annotations" with
        "attributes": the kind, the number of models, and what there is of the score, the annotated
        category and the id of its annotation. "score" is 0 for objects that no model finds.

    Example:
        >>> from segeval.analysis import evaluated, label_suspects
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> found = label_suspects(scene.better, scene.ground_truth)
        >>> model = evaluated(scene.better, scene.ground_truth)
        >>> made = suspects_as_coco(list(found.listed()), [model])
        >>> [each["attributes"]["kind"] for each in made["annotations"]]
        ['unfound', 'unfound']
    """
    gt = models[0].gt
    records = [record_of(each) for each in suspects]
    shapes = suspect_shapes(suspects, models)
    own = {record["image_id"] for record in records}
    rows = np.array([k for k, each in enumerate(gt.images.written_ids) if each in own], np.intp)
    images = gt.images.take(rows)
    return {
        "images": image_records(images, gt.categories.keys)(0, len(images)),
        "categories": category_records(gt.categories)(0, len(gt.categories)),
        "annotations": [
            _annotation(number, record, shape)
            for number, (record, shape) in enumerate(zip(records, shapes, strict=True), 1)
        ],
    }


def _annotation(number: int, record: dict[str, Any], shape: SuspectShape) -> dict[str, Any]:
    """One suspect as an annotation."""
    is_suggested = record["suggested_id"] is not None
    kept = ("kind", "models", "score", "annotated", "annotation_id")
    attributes = {key: record[key] for key in kept if record[key] is not None}
    return {
        "id": number,
        "image_id": record["image_id"],
        "category_id": record["suggested_id" if is_suggested else "annotated_id"],
        "segmentation": _polygons(shape),
        "bbox": shape.box.tolist(),
        "area": _area(shape),
        "iscrowd": 0,
        "score": record["score"] or 0.0,
        "attributes": attributes,
    }


def _polygons(shape: SuspectShape) -> list[list[float]]:
    """The polygons of a mask, or the corners of a box, as x and y one after the other."""
    if shape.mask is None:
        return [_corners(shape.box)]
    [found] = keyhole_polygons(shape.mask)
    return [ring.astype(np.float64).reshape(-1).tolist() for ring in found]


def _corners(box: NDArray[np.float64]) -> list[float]:
    """The corners of a box, as a polygon of COCO."""
    x, y, width, height = box.tolist()
    return [x, y, x + width, y, x + width, y + height, x, y + height]


def _area(shape: SuspectShape) -> float:
    """Pixels of a mask, or the area of a box."""
    return float(shape.box[2:].prod() if shape.mask is None else area(shape.mask)[0])
