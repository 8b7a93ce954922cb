"""Formats of annotation tools, as sound files and the calls that convert them."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from segeval.data import (
    cvat_to_coco,
    labelme_to_coco,
    save_ground_truth,
    save_predictions,
    voc_to_coco,
    yolo_to_coco,
)


def labelme(folder: Path) -> None:
    """A polygon, a mask, a rectangle and a group."""
    file = io.BytesIO()
    Image.fromarray(np.ones((2, 3), np.uint8)).save(file, "PNG")
    mask = base64.b64encode(file.getvalue()).decode()
    corners = [[1.5, 1], [5, 1], [5, 5]]
    shapes = [
        {"label": "cat", "points": corners, "shape_type": "polygon", "group_id": None},
        {"label": "dog", "points": corners, "shape_type": "polygon", "group_id": 7},
        {"label": "dog", "points": [[2, 2], [4, 3]], "shape_type": "mask", "mask": mask},
        {"label": "cat", "points": [[2, 2], [4, 3]], "shape_type": "rectangle"},
        {"label": "cat", "points": [[2, 2], [4, 3]], "shape_type": "circle"},
    ]
    image = {"imagePath": "a.jpg", "imageHeight": 10, "imageWidth": 20, "shapes": shapes}
    (folder / "labels").mkdir()
    (folder / "labels" / "a.json").write_text(json.dumps(image))


def read_labelme(folder: Path) -> None:
    """Convert them and write the outcome."""
    found = labelme_to_coco(folder / "labels", skip_unknown=True, boxes_as_masks=True)
    save_ground_truth(found, folder / "gt.json")


def yolo(folder: Path) -> None:
    """Polygons, a box, predictions and names."""
    for name in ("images", "labels", "preds"):
        (folder / name).mkdir()
    Image.new("RGB", (20, 10)).save(folder / "images" / "a.png")
    (folder / "data.yaml").write_text("path: a\nnames:\n  0: cat\n  1: 'big dog'  # both\n")
    triangle = "0.1 0.2 0.5 0.2 0.5 0.6"
    (folder / "labels" / "a.txt").write_text(f"0 {triangle}\n1 0.5 0.5 0.1 0.2\n")
    (folder / "preds" / "a.txt").write_text(f"0 {triangle} 0.5\n1 0.5 0.5 0.1 0.2 1e-2\n")


def read_yolo(folder: Path) -> None:
    """Convert them and write the outcome."""
    paths = [folder / name for name in ("labels", "images", "data.yaml", "preds")]
    found = yolo_to_coco(*paths, skip_unknown=True)
    save_ground_truth(found.gt, folder / "gt.json")
    assert found.preds is not None
    save_predictions(found.preds, folder / "preds.json")


def cvat(folder: Path) -> None:
    """Every kind of shape that is read, and a tag."""
    (folder / "annotations.xml").write_text(
        """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><labels><label><name>cat</name></label><label><name>dog</name></label></labels></task></meta>
  <image id="0" name="a.jpg" width="20" height="10">
    <polygon label="cat" occluded="0" points="1.00,1.00;5.00,1.00;5.00,5.00" z_order="0"/>
    <mask label="dog" rle="1, 2, 2, 1" left="3" top="2" width="3" height="2"/>
    <box label="cat" xtl="1.5" ytl="2" xbr="4" ybr="5"><attribute name="a">b</attribute></box>
    <tag label="dog"/>
  </image>
</annotations>
"""
    )


def read_cvat(folder: Path) -> None:
    """Convert it and write the outcome."""
    found = cvat_to_coco(folder / "annotations.xml", skip_unknown=True, boxes_as_masks=True)
    save_ground_truth(found, folder / "gt.json")


def voc(folder: Path) -> None:
    """Boxes of one set, and masks of another one."""
    for name in ("boxes/Annotations", "masks/SegmentationObject", "masks/SegmentationClass"):
        (folder / name).mkdir(parents=True)
    box = "<xmin>2</xmin><ymin>3</ymin><xmax>6</xmax><ymax>5</ymax>"
    (folder / "boxes" / "Annotations" / "a.xml").write_text(
        "<annotation><filename>a.jpg</filename><size><width>20</width><height>10</height></size>"
        f"<object><name>cat</name><difficult>1</difficult><bndbox>{box}</bndbox></object>"
        "</annotation>"
    )
    for name, number in (("SegmentationObject", 1), ("SegmentationClass", 8)):
        pixels = np.zeros((10, 20), np.uint8)
        pixels[2:5, 3:9], pixels[5] = number, 255
        Image.fromarray(pixels).save(folder / "masks" / name / "a.png")


def read_voc(folder: Path) -> None:
    """Convert both and write the outcome."""
    for name in ("masks", "boxes"):
        save_ground_truth(voc_to_coco(folder / name, boxes_as_masks=True), folder / "gt.json")
