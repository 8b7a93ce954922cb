"""What models of detectron2 and mmdet find in an image, as `segeval.Metric` takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.errors import FormatError


def columns_of_detectron2(found: Any, *, by_box: bool) -> dict[str, Any]:
    """`Instances` of detectron2; labels are classes of the model, boxes a corner and a size."""
    columns = {"scores": found.scores, "labels": found.pred_classes, "masks": found.pred_masks}
    if by_box:
        columns["boxes"] = found.pred_boxes.tensor.clone()
        columns["boxes"][:, 2:] -= columns["boxes"][:, :2]  # float32, as detectron2 does it
    return columns


def categories_of_mmdet(meta: Mapping[str, Any] | None) -> dict[int, str]:
    """Names of the classes of a data set by their labels.

    Args:
        meta: mmengine's `dataset_meta`.

    Raises:
        FormatError: if it has no classes.
    """
    if not meta or not meta.get("classes"):
        raise FormatError(
            "`dataset_meta` has no `classes`, the names of all classes in the order of their "
            "labels. mmengine takes it from the `metainfo` of the data set.",
            code="no-categories",
            field="classes",
        )
    return dict(enumerate(meta["classes"]))


def columns_of_mmdet(found: Mapping[str, Any], *, by_box: bool) -> dict[str, Any]:
    """`InstanceData` of mmdet; labels are classes of the model, boxes corners."""
    columns = {"labels": found["labels"], "masks": found["masks"]}
    if "scores" in found:  # some models score masks and boxes apart
        columns["scores"] = found.get("mask_scores", found["scores"])
    if by_box:
        columns["boxes"] = getattr(found["bboxes"], "tensor", found["bboxes"])
    return columns


def truth_of_mmdet(sample: Mapping[str, Any], *, by_box: bool) -> dict[str, Any]:
    """The ground truth of a data sample of mmdet; instances that are ignored are crowd regions.

    Raises:
        FormatError: for a data sample without ground truth.
    """
    if "gt_instances" not in sample:
        what = f"image {sample['img_id']}: the data sample has no `gt_instances`"
        advice = "load them after Resize, by `LoadAnnotations(with_mask=True)`"
        raise FormatError(f"{what}: {advice}.", code="missing-field", field="gt_instances")
    parts = [sample["gt_instances"], sample.get("ignored_instances")]
    known = [columns_of_mmdet(each, by_box=by_box) for each in parts if each]
    joined = {name: [one for each in known for one in each[name]] for name in known[0]}
    crowds = [place for place, each in enumerate(known) for _ in each["labels"]]
    return {**joined, "iscrowd": crowds, "size": sample["ori_shape"][:2]}
