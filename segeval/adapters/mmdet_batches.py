"""Data samples of mmdet as `segeval.Metric` takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.adapters.fields import field_of
from segeval.data.keys import Key, shown_key
from segeval.errors import FormatError
from segeval.metrics.loop.batch_ids import image_keys

LOADING = "load them after Resize, by `LoadAnnotations(with_mask=True)`"


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
    classes = meta["classes"]
    if isinstance(classes, str) or not isinstance(classes, Sequence):
        raise FormatError(
            f"`classes` of `dataset_meta` is {classes!r}, expected a tuple with the names of all "
            "classes; a tuple of one is written with a comma, `('person',)`.",
            code="type",
            field="classes",
        )
    return dict(enumerate(classes))


def batch_of_mmdet(
    samples: Sequence[Any], *, by_box: bool
) -> tuple[list[Key], list[dict[str, Any]], list[dict[str, Any]]]:
    """Image ids, predictions and targets of data samples of mmdet.

    Raises:
        FormatError: for a field that is missing.
    """
    keys = image_keys([
        field_of(each, "img_id", f"data sample #{place} of the batch")
        for place, each in enumerate(samples)
    ])  # fmt: skip
    preds, targets = [], []
    for key, sample in zip(keys, samples, strict=True):
        where = f"image {shown_key(key)}: the data sample"
        found = field_of(sample, "pred_instances", where)
        preds.append(columns_of_mmdet(found, f"{where}'s `pred_instances`", by_box=by_box))
        if "scores" in found:  # some models score masks and boxes apart
            preds[-1]["scores"] = found.get("mask_scores", found["scores"])
        targets.append(truth_of_mmdet(sample, where, by_box=by_box))
    return keys, preds, targets


def columns_of_mmdet(found: Any, where: str, advice: str = "", *, by_box: bool) -> dict[str, Any]:
    """`InstanceData` of mmdet; labels are classes of the model, boxes corners."""
    columns = {name: field_of(found, name, where, advice) for name in ("labels", "masks")}
    if by_box:
        boxes = field_of(found, "bboxes", where, advice)
        columns["boxes"] = getattr(boxes, "tensor", boxes)
    return columns


def truth_of_mmdet(sample: Mapping[str, Any], where: str, *, by_box: bool) -> dict[str, Any]:
    """The ground truth of a data sample of mmdet; instances that are ignored are crowd regions."""
    field_of(sample, "gt_instances", where, LOADING)
    names = ("gt_instances", "ignored_instances")
    known = [
        columns_of_mmdet(sample[name], f"{where}'s `{name}`", LOADING, by_box=by_box)
        if sample.get(name)
        else {"labels": [], "masks": []} | ({"boxes": []} if by_box else {})
        for name in names
    ]
    joined = {name: [one for each in known for one in each[name]] for name in known[0]}
    crowds = [place for place, each in enumerate(known) for _ in each["labels"]]
    size = field_of(sample, "ori_shape", where)
    return {**joined, "iscrowd": crowds, "size": size[:2] if hasattr(size, "__len__") else size}
