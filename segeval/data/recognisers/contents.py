"""Kinds of content that are known by their keys or attributes, and the way to go for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from segeval.frozen import frozen

TO_PREDICTIONS = "segeval.models.to_predictions(outputs, image_ids)"

LISTS = ("predictions", "results", "detections", "instances")
"""Keys under which people put the list of predictions."""


@frozen
class OfValue:
    """A kind of content that is known by its keys or attributes.

    Attributes:
        name: what it is, completing "FILE: ".
        knows: whether a value, parsed or in memory, is of this kind.
        way: what to do.
    """

    name: str
    knows: Callable[[Any], bool]
    way: str


def _record(*keys: str, without: tuple[str, ...] = ()) -> Callable[[Any], bool]:
    """Whether the first record of a list has all of some keys and none of others."""

    def knows(value: Any) -> bool:
        first = first_record(value)
        return first is not None and {*keys} <= {*first} and not {*without} & {*first}

    return knows


def _keys(*keys: str, without: tuple[str, ...] = ()) -> Callable[[Any], bool]:
    """Whether an object has all of some keys and none of others."""

    def knows(value: Any) -> bool:
        return isinstance(value, Mapping) and {*keys} <= {*value} and not {*without} & {*value}

    return knows


def _annotation(*keys: str, without: tuple[str, ...] = ()) -> Callable[[Any], bool]:
    """Whether the first annotation of an object, or record of a list, has all of some keys."""
    of_record = _record(*keys, without=without)

    def knows(value: Any) -> bool:
        return of_record(value.get("annotations") if isinstance(value, Mapping) else value)

    return knows


def _attributes(*names: str) -> Callable[[Any], bool]:
    """Whether an object in memory, or the first of a list, has all of some attributes."""

    def knows(value: Any) -> bool:
        one = value[0] if isinstance(value, list | tuple) and value else value
        is_plain = isinstance(one, Mapping | str | bytes)
        return not is_plain and all(hasattr(one, name) for name in names)

    return knows


def first_record(value: Any) -> Mapping[str, Any] | None:
    """The first record of a list, None for anything else."""
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes) and len(value) > 0
    return value[0] if is_list and isinstance(value[0], Mapping) else None


def _is_saved_result(value: Any) -> bool:
    return isinstance(value, Mapping) and str(value.get("schema", "")).startswith("segeval/")


def _is_metrics(value: Any) -> bool:
    """Whether an object has the scores of an evaluation, as mmdetection and detectron2 save it."""
    if not isinstance(value, Mapping):
        return False
    inner = [each for each in value.values() if isinstance(each, Mapping)]
    named = any(str(key).endswith("mAP") for key in value)
    return named or any({"AP", "AP50"} <= {*each} for each in (value, *inner))


def _list_under(key: str) -> OfValue:
    """An object that has predictions under a key."""
    is_list = _record("image_id", "category_id", "score")
    return OfValue(
        f'has its predictions under the key "{key}"',
        lambda value: isinstance(value, Mapping) and is_list(value.get(key)),
        f"Save that list alone, as in `json.dump(results['{key}'], file)`.",
    )


def _are_lists_by_image(value: Any) -> bool:
    """Whether an object has a list of predictions for every image."""
    lists = list(value.values())[:3] if isinstance(value, Mapping) else []
    return bool(lists) and all(_record("score")(each) for each in lists)


def _is_via(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    images = value.get("_via_img_metadata", value)
    first = next(iter(images.values()), None) if isinstance(images, Mapping) else None
    return "_via_img_metadata" in value or (
        isinstance(first, Mapping) and {"filename", "regions"} <= {*first}
    )


def _is_label_studio(value: Any) -> bool:
    first = first_record(value)
    if first is None:
        return False
    inner = first_record(first.get("annotations", first.get("completions")))
    return ("data" in first and inner is not None and "result" in inner) or (
        "annotation_id" in first and "lead_time" in first
    )


def _is_keypoints(value: Any) -> bool:
    return _annotation("keypoints", without=("segmentation", "bbox"))(value)


def _are_images_only(value: Any) -> bool:
    return _keys("images", without=("annotations",))(value) and _record("id")(value["images"])


BY_VALUE = (
    OfValue(
        "is a result that segeval saved",
        _is_saved_result,
        "It has the numbers of an evaluation; give the predictions and the ground truth.",
    ),
    OfValue(
        "holds the scores of an evaluation (AP, mAP), not predictions",
        _is_metrics,
        "mmdetection writes predictions to *.segm.json and *.bbox.json, detectron2 to "
        "coco_instances_results.json.",
    ),
    OfValue(
        "holds one annotated image of LabelMe",
        _keys("shapes", "imagePath"),
        "Convert the folder with `labelme_to_coco`.",
    ),
    OfValue(
        "holds annotations of the VGG Image Annotator (VIA)",
        _is_via,
        "Export annotations in COCO's format.",
    ),
    OfValue(
        "holds tasks of Label Studio",
        _is_label_studio,
        "Export again as COCO.",
    ),
    OfValue(
        "holds one annotated image of Supervisely",
        _keys("objects", "size", "tags"),
        "Export the project as COCO.",
    ),
    OfValue(
        "holds items of Datumaro, the JSON of CVAT",
        _keys("items", "categories"),
        "Export again as COCO 1.0.",
    ),
    OfValue(
        "holds annotations of CreateML",
        lambda value: (
            _record("image", "annotations")(value)
            and _record("label", "coordinates")(value[0]["annotations"])
        ),
        "Export again as COCO.",
    ),
    OfValue(
        "holds frames of BDD100K",
        _record("name", "labels"),
        "Convert them with bdd100k.label.to_coco.",
    ),
    OfValue(
        "holds shapes of GeoJSON",
        _keys("type", "features"),
        "Convert them to COCO's JSON: polygons in pixels, not in degrees.",
    ),
    OfValue(
        "holds results of Ultralytics without image ids (name, class, confidence, box)",
        _record("name", "class", "confidence", "box"),
        "`val(save_json=True)` writes predictions.json with image ids.",
    ),
    OfValue(
        "holds semantic results of detectron2 (file_name, category_id, segmentation)",
        _record("file_name", "category_id", "segmentation", without=("image_id", "score")),
        "Evaluate them with `mean_iou('sem_seg_predictions.json', 'gt')`.",
    ),
    OfValue(
        "holds masks of SAM's automatic generator (segmentation, predicted_iou)",
        _annotation("segmentation", "predicted_iou", without=("score",)),
        "They have no score: `score_field='predicted_iou'` takes that one.",
    ),
    OfValue(
        "holds segments of Hugging Face (segmentation, segments_info)",
        lambda value: (
            _keys("segmentation", "segments_info")(value)
            or _record("segmentation", "segments_info")(value)
        ),
        "Ask for masks of every instance (`return_binary_maps=True`) and give them image ids: "
        f"`{TO_PREDICTIONS}`.",
    ),
    OfValue(
        "holds segments of a panoptic file (segments_info)",
        _annotation("segments_info"),
        "Evaluate it with `panoptic_quality`, look at its images with `report`, or make "
        "instances of it with `panoptic_to_instances`.",
    ),
    OfValue(
        "holds captions",
        _annotation("caption"),
        "Give a file of instances, such as instances_val2017.json.",
    ),
    OfValue(
        "holds keypoints without masks and boxes",
        _is_keypoints,
        "Keypoints are not evaluated; give a file of instances, such as instances_val2017.json.",
    ),
    OfValue(
        "lists images only, such as image_info_test-dev2017.json",
        _are_images_only,
        "Its annotations are not public: predictions for it go to the server of the challenge.",
    ),
    OfValue(
        "holds outputs of TensorFlow's detectors (detection_boxes, detection_scores)",
        lambda value: (
            _keys("detection_boxes", "detection_scores")(value)
            or _record("detection_boxes", "detection_scores")(value)
        ),
        "Give them image ids: `segeval.data.predictions_from_arrays(image_id=..., score=...)`.",
    ),
    OfValue(
        "these are outputs of a model (boxes, labels, scores, masks)",
        _record("boxes", "scores"),
        f"Give them image ids: `{TO_PREDICTIONS}`.",
    ),
    OfValue(
        "these are targets of a training (boxes, labels), without scores",
        _record("boxes", "labels", without=("scores",)),
        "Ground truth is read from COCO's JSON, predictions from the outputs of a model.",
    ),
    *map(_list_under, LISTS),
    OfValue(
        "has a list of predictions for every image",
        _are_lists_by_image,
        "Join the lists into one, with the image_id in every record.",
    ),
    OfValue(
        "is one prediction, not a list of them",
        _keys("image_id", "category_id"),
        "Put it into a list; a file of one prediction a line is named .jsonl.",
    ),
    OfValue(
        "is a data frame", _attributes("columns", "to_dict"), "Give `frame.to_dict('records')`."
    ),
    OfValue(
        "these are results of Ultralytics",
        _attributes("boxes", "masks", "names"),
        "`val(save_json=True)` writes predictions.json with image ids.",
    ),
    OfValue(
        "these are detections of supervision",
        _attributes("xyxy", "confidence", "class_id"),
        "`segeval.data.predictions_from_arrays(image_id=..., category_id=found.class_id, "
        "score=found.confidence, masks=found.mask)` reads them.",
    ),
    OfValue(
        "these are instances of detectron2 without image ids",
        _attributes("get_fields"),
        "Give a list of {image_id, instances}, as its evaluators do.",
    ),
    OfValue(
        "is a data set of a training",
        _attributes("__getitem__", "__len__", "transforms"),
        "Give its COCO object (`dataset.coco`) or the path of its JSON file.",
    ),
)
"""Kinds of content, by keys and attributes; the first that fits counts."""


def known(value: Any) -> tuple[str, str] | None:
    """As `segeval.data.recognisers.known_value`."""
    return next(((kind.name, kind.way) for kind in BY_VALUE if kind.knows(value)), None)
