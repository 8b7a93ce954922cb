"""Well-known things in place of our inputs are called by their name, with the way to go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from segeval import load_ground_truth, load_predictions, mean_iou, open_images_ap
from segeval.data.coco.read_ground_truth import parse_ground_truth
from segeval.data.coco.read_predictions import parse_predictions
from segeval.data.recognisers import known_bytes, known_value
from segeval.data.recognisers.contents import BY_VALUE
from segeval.data.recognisers.first_bytes import BY_BYTES
from segeval.data.saved_results import read_result
from segeval.errors import FormatError

BEGINNINGS: dict[str, tuple[bytes, str]] = {
    "torch": (
        b"PK\x03\x04" + b"\0" * 26 + b"archive/data.pkl",
        "is a PyTorch file (a zip archive with a pickle in it)",
    ),
    "part": (b"PK\x03\x04" + b"\0" * 26 + b"header.npy", "is a part file of `match_part`"),
    "zip": (b"PK\x03\x04rest", "is a zip archive"),
    "an empty zip": (b"PK\x05\x06" + b"\0" * 18, "is a zip archive"),
    "xz": (b"\xfd7zXZ\x00\x00\x04", "is compressed with xz"),
    "bzip2": (b"BZh91AY", "is compressed with bzip2"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04", "is compressed with zstd"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00", "is a 7z archive"),
    "rar": (b"Rar!\x1a\x07\x01", "is a RAR archive"),
    "tar": (b"preds.json" + b"\0" * 247 + b"ustar  ", "is a tar archive"),
    "pickle": (b"\x80\x04\x95\x10", "is a Python pickle"),
    "png": (b"\x89PNG\r\n\x1a\n\x00", "is a PNG picture"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00", "is a JPEG picture"),
    "tiff": (b"II*\x00\x08", "is a TIFF picture"),
    "hdf5": (b"\x89HDF\r\n\x1a\n\x00", "is an HDF5 file"),
    "parquet": (b"PAR1\x15", "is a Parquet file"),
    "sqlite": (b"SQLite format 3\x00\x10", "is an SQLite database"),
    "npy": (b"\x93NUMPY\x01\x00", "is a numpy array"),
    "pdf": (b"%PDF-1.7", "is a PDF file"),
    "lfs": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
        "is the pointer of a file in Git LFS, not the file",
    ),
    "html": (b"<!DOCTYPE html><title>404", "is a web page"),
    "open images": (b"ImageID,LabelName,Score\n", "is a CSV file of Open Images"),
    "voc": (
        b'<?xml version="1.0"?>\n<annotation><folder>a',
        "is a Pascal VOC annotation (XML) of one image",
    ),
    "cvat": (
        b"<?xml version='1.0'?>\n<annotations><version>",
        "is an annotation file of CVAT (XML)",
    ),
    "yolo": (b"0 0.5 0.5 0.1 0.2\n", "is a text file of YOLO (a class and numbers in each line)"),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_files_are_known_by_their_first_bytes(name: str) -> None:
    data, words = BEGINNINGS[name]
    known = known_bytes(data)
    assert known is not None
    assert known[0] == words
    way = f" {known[1]}".rstrip()
    for parse, expected in (
        (parse_predictions, "a list of {image_id, category_id, segmentation, score}"),
        (parse_ground_truth, "an object with images, annotations and categories"),
    ):
        with pytest.raises(FormatError) as caught:
            parse(data, "file")
        assert caught.value.message == f"file: {words}, expected {expected}.{way}"
        assert caught.value.code == "other-format"


def test_every_kind_of_file_is_tried() -> None:
    assert {kind.name for kind in BY_BYTES} <= {words for _, words in BEGINNINGS.values()}


BOX = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4]}
MASK = {"size": [2, 2], "counts": "04"}
CONTENTS: dict[str, tuple[Any, str]] = {
    "a saved result": (
        {"schema": "segeval/ap/2", "results": {}},
        "is a result that segeval saved",
    ),
    "mmdetection's scores": (
        {"segm_mAP": 0.4},
        "holds the scores of an evaluation (AP, mAP), not predictions",
    ),
    "detectron2's scores": (
        {"segm": {"AP": 40.1, "AP50": 60.0}},
        "holds the scores of an evaluation (AP, mAP), not predictions",
    ),
    "LabelMe": (
        {"version": "5", "flags": {}, "shapes": [], "imagePath": "a.jpg"},
        "holds one annotated image of LabelMe",
    ),
    "VIA": (
        {"a.jpg123": {"filename": "a.jpg", "size": 123, "regions": []}},
        "holds annotations of the VGG Image Annotator (VIA)",
    ),
    "a project of VIA": (
        {"_via_settings": {}, "_via_img_metadata": {}},
        "holds annotations of the VGG Image Annotator (VIA)",
    ),
    "Label Studio": (
        [{"id": 1, "data": {"image": "a.jpg"}, "annotations": [{"result": []}]}],
        "holds tasks of Label Studio",
    ),
    "Supervisely": (
        {"description": "", "tags": [], "size": {"height": 2, "width": 2}, "objects": []},
        "holds one annotated image of Supervisely",
    ),
    "Datumaro": (
        {"info": {}, "categories": {}, "items": []},
        "holds items of Datumaro, the JSON of CVAT",
    ),
    "CreateML": (
        [{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {}}]}],
        "holds annotations of CreateML",
    ),
    "BDD100K": ([{"name": "a.jpg", "labels": []}], "holds frames of BDD100K"),
    "GeoJSON": ({"type": "FeatureCollection", "features": []}, "holds shapes of GeoJSON"),
    "Ultralytics": (
        [{"name": "cat", "class": 0, "confidence": 0.9, "box": {}}],
        "holds results of Ultralytics without image ids (name, class, confidence, box)",
    ),
    "sem_seg_predictions": (
        [{"file_name": "a.jpg", "category_id": 1, "segmentation": MASK}],
        "holds semantic results of detectron2 (file_name, category_id, segmentation)",
    ),
    "SAM": (
        [{"segmentation": MASK, "area": 4, "bbox": [0, 0, 2, 2], "predicted_iou": 0.9}],
        "holds masks of SAM's automatic generator (segmentation, predicted_iou)",
    ),
    "captions": ([{"image_id": 1, "caption": "a cat"}], "holds captions"),
    "keypoints": (
        [{"image_id": 1, "category_id": 1, "keypoints": [1, 2, 3], "score": 0.9}],
        "holds keypoints without masks and boxes",
    ),
    "images only": (
        {"images": [{"id": 1}], "categories": []},
        "lists images only, such as image_info_test-dev2017.json",
    ),
    "TensorFlow": (
        {"detection_boxes": [], "detection_scores": [], "detection_classes": []},
        "holds outputs of TensorFlow's detectors (detection_boxes, detection_scores)",
    ),
    "Hugging Face": (
        [{"segmentation": [[0]], "segments_info": []}],
        "holds segments of Hugging Face (segmentation, segments_info)",
    ),
    "torchvision": (
        [{"boxes": [], "labels": [], "scores": [], "masks": []}],
        "these are outputs of a model (boxes, labels, scores, masks)",
    ),
    "targets": (
        [{"boxes": [], "labels": [], "masks": []}],
        "these are targets of a training (boxes, labels), without scores",
    ),
    **{
        f"under {key}": (
            {key: [{**BOX, "score": 0.9}]},
            f'has its predictions under the key "{key}"',
        )
        for key in ("predictions", "results", "detections", "instances")
    },
    "by image": ({"7": [{**BOX, "score": 0.9}]}, "has a list of predictions for every image"),
    "one record": ({**BOX, "score": 0.9}, "is one prediction, not a list of them"),
    "panoptic": (
        {"annotations": [{"image_id": 1, "segments_info": []}]},
        "holds segments of a panoptic file (segments_info)",
    ),
}

OBJECTS: dict[str, tuple[Any, str]] = {
    "a data frame": (SimpleNamespace(columns=[], to_dict=dict), "is a data frame"),
    "Ultralytics": (
        [SimpleNamespace(boxes=[], masks=[], names={})],
        "these are results of Ultralytics",
    ),
    "supervision": (
        SimpleNamespace(xyxy=[], confidence=[], class_id=[]),
        "these are detections of supervision",
    ),
    "detectron2": (
        [SimpleNamespace(get_fields=dict)],
        "these are instances of detectron2 without image ids",
    ),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_contents_are_known_by_their_keys(name: str) -> None:
    value, words = CONTENTS[name]
    known = known_value(value)
    assert known is not None
    assert known[0] == words


@pytest.mark.parametrize("name", sorted(CONTENTS.keys() - {"sem_seg_predictions"}))
def test_contents_are_called_by_their_name_in_files_and_in_memory(name: str) -> None:
    value, words = CONTENTS[name]
    uses: list[Callable[[], object]] = [
        lambda: parse_predictions(json.dumps(value).encode(), "predictions"),
        lambda: load_predictions(value),
    ]
    for use in uses:
        with pytest.raises(FormatError) as caught:
            use()
        assert caught.value.message.startswith(f"predictions: {words}, expected a list of {{")
        assert caught.value.code == "other-format"


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_known_by_their_attributes(name: str) -> None:
    value, words = OBJECTS[name]
    with pytest.raises(FormatError) as caught:
        load_predictions(value)
    assert caught.value.message.startswith(f"predictions: {words}, expected a list of {{")
    with pytest.raises(FormatError) as caught:
        load_ground_truth(value)
    assert caught.value.message.startswith(f"ground truth: {words}, expected an object with")


def test_every_kind_of_content_is_tried() -> None:
    tried = {words for _, words in (*CONTENTS.values(), *OBJECTS.values())}
    assert {kind.name for kind in BY_VALUE} - tried == {"is a data set of a training"}


def test_the_ways_to_go_say_what_to_call() -> None:
    ways = {kind.name: kind.way for kind in BY_VALUE}
    assert ways["these are outputs of a model (boxes, labels, scores, masks)"] == (
        "Give them image ids: `segeval.models.to_predictions(outputs, image_ids)`."
    )
    assert "`score_field='predicted_iou'`" in ways[CONTENTS["SAM"][1]]


@pytest.mark.parametrize("value", [None, 3, np.zeros(3), object(), {1, 2}])
def test_other_objects_are_named_by_their_type(value: Any) -> None:
    with pytest.raises(FormatError, match=r"^predictions: is of the type [\w.]+, expected a path"):
        load_predictions(value)


def test_other_readers_call_files_by_their_name_too(tmp_path: Path) -> None:
    for name, data in {"a.png": b"PAR1", "a.csv": b"\x80\x04\x95", "a.json": b"PAR1"}.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(FormatError, match=r"a\.png: is a Parquet file, expected a PNG file\."):
        mean_iou(tmp_path / "a.png", tmp_path / "a.png", classes=2)
    with pytest.raises(FormatError, match=r"a\.csv: is a Python pickle, expected a CSV file of"):
        open_images_ap(tmp_path / "a.csv", tmp_path / "a.csv")
    for content in (b"PAR1", b'{"shapes": [], "imagePath": "a.jpg"}'):
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises(FormatError, match=r"(Parquet file|LabelMe), expected what `segeval m"):
            read_result(tmp_path / "a.json", "segeval/miou/2")
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(FormatError, match=r"of them\. Label maps must be \.png or \.npy, which"):
        mean_iou(tmp_path / "a.jpg", tmp_path / "a.jpg", classes=2)


def test_sound_files_are_no_known_kind_of_something_else() -> None:
    preds = [{**BOX, "score": 0.9, "segmentation": MASK}]
    gt = {"images": [{"id": 1}], "annotations": [BOX], "categories": [{"id": 1}]}
    assert known_value(preds) is known_value(gt) is known_value([]) is known_value({}) is None
    assert known_bytes(json.dumps(preds).encode()) is None
