"""Rescoring of Open Images' files: verified labels say what is known, and lines keep their text."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest
from pycocotools.mask import encode

from segeval.data.open_images import load_open_images_ground_truth
from segeval.data.open_images.ground_truth import as_ground_truth
from segeval.errors import FormatError, InputError
from segeval.rescore import rescore_cooccurrence, rescore_surround
from segeval.rescore.statistics.presence import cooccurrence
from segeval.rescore.statistics.surround import surround_statistics

BOX = "XMin,XMax,YMin,YMax"
CAR, WHEEL, FAR = "0.1,0.6,0.1,0.6", "0.2,0.3,0.5,0.6", "0.8,0.9,0.8,0.9"


def write(folder: Path, images: range) -> tuple[Path, Path]:
    """Cars with a wheel, in every third image without a verified wheel."""
    boxes = [f"ImageID,LabelName,{BOX},IsGroupOf"]
    labels = ["ImageID,LabelName,Confidence"]
    for image in images:
        boxes.append(f"i{image},car,0.1,0.6{image:03},0.1,0.6,0")
        labels.append(f"i{image},car,1")
        if image % 3:
            boxes.append(f"i{image},wheel,0.2,0.3{image:03},0.5,0.6,0")
            labels.append(f"i{image},wheel,1")
    paths = folder / "boxes.csv", folder / "labels.csv"
    for path, lines in zip(paths, (boxes, labels), strict=True):
        path.write_text("\n".join(lines))
    return paths


def test_presence_counts_where_labels_are_verified(tmp_path: Path) -> None:
    boxes, labels = tmp_path / "boxes.csv", tmp_path / "labels.csv"
    boxes.write_text(f"ImageID,LabelName,{BOX},IsGroupOf\na,car,{CAR},0\nb,car,{CAR},1\n")
    labels.write_text(
        "ImageID,LabelName,Confidence\na,car,1\na,wheel,1\nb,wheel,0\nc,car,0\nd,wheel,1\n"
    )
    gt = as_ground_truth(load_open_images_ground_truth(boxes, labels=labels))
    found = cooccurrence(gt, smoothing=0)
    assert found.categories == ("car", "wheel")
    assert found.images == 4
    assert found.present.tolist() == [2, 2]  # a label without a box is presence too
    assert found.together.tolist() == [[2, 1], [1, 2]]
    assert found.known.tolist() == [[2, 1], [2, 2]]  # nobody looked for cars in d
    assert found.frequency.tolist() == [2 / 3, 2 / 3]
    assert gt.is_crowd.tolist() == [False, True]


def test_inside_is_counted_in_fractions_of_the_image(tmp_path: Path) -> None:
    boxes, labels = write(tmp_path, range(3))
    gt = as_ground_truth(load_open_images_ground_truth(boxes, labels=labels))
    found = surround_statistics(gt)
    assert found.p_in[0, 1] == 1.0
    assert found.objects[0].tolist() == [3, 2]
    assert found.objects[1].tolist() == [2, 2]  # of three cars one has no verified wheel


def predictions(folder: Path, images: range) -> Path:
    """A car, a wheel inside of it, and a false one elsewhere, which scores higher."""
    lines = [f"ImageID,Note,LabelName,Score,{BOX}"]
    for image in images:
        lines += [
            f"i{image},x,car,0.90,{CAR}",
            f"i{image},y,wheel,0.4{image:02},{WHEEL}",
            f"i{image},z,wheel,0.5{image:02},{FAR}",
        ]
    path = folder / "preds.csv"
    path.write_text("\n".join(lines))
    return path


def test_wheels_inside_rise_in_a_file_whose_other_cells_stay(tmp_path: Path) -> None:
    boxes, labels = write(tmp_path, range(60))
    preds = predictions(tmp_path, range(60))
    # by chance a wheel would be inside as well, all cars being at one place
    found = rescore_surround(preds, boxes, labels=labels, min_lift=1)
    gain = found.scores.gain
    assert gain is not None
    assert found.scores.gain_on == "5 folds of boxes.csv"
    assert gain.verdict.value == "better"
    found.save(tmp_path / "out.csv")
    before, after = (
        [line.split(",") for line in path.read_text().splitlines()]
        for path in (preds, tmp_path / "out.csv")
    )
    assert [[*line[:3], *line[4:]] for line in after] == [[*line[:3], *line[4:]] for line in before]
    assert [line[3] for line in after if line[1] == "x"] == ["0.90"] * 60
    rises = [(a[3], b[3]) for a, b in zip(before, after, strict=True) if a[1] == "y"]
    assert all(float(new) > float(old) for old, new in rises)


def test_other_images_judge_by_the_rules_of_open_images(tmp_path: Path) -> None:
    train, val = tmp_path / "train", tmp_path / "val"
    train.mkdir()
    val.mkdir()
    boxes, labels = write(train, range(100, 160))
    gt, gt_labels = write(val, range(60))
    preds = predictions(val, range(60))
    found = rescore_surround(preds, boxes, labels=labels, gt=gt, gt_labels=gt_labels, min_lift=1)
    assert found.scores.gain_on == "boxes.csv"
    assert found.scores.gain is not None
    assert found.scores.gain.verdict.value == "better"
    with pytest.raises(InputError, match="60 images of 60 are in"):
        rescore_cooccurrence(preds, gt, labels=gt_labels, gt=gt)


def test_wrong_input_is_refused(tmp_path: Path) -> None:
    boxes, labels = write(tmp_path, range(3))
    preds = predictions(tmp_path, range(3))
    with pytest.raises(InputError, match="verified labels alone say what an image lacks"):
        rescore_cooccurrence(preds, boxes)
    with pytest.raises(InputError, match=r"all files of one format, got CSV .* for `preds` alone"):
        rescore_cooccurrence(preds, tmp_path / "gt.json")
    with pytest.raises(InputError, match="`labels` goes with CSV of Open Images"):
        rescore_cooccurrence([], {"images": [], "categories": []}, labels=labels)
    with pytest.raises(InputError, match=r"expected \.csv, as the predictions are"):
        rescore_cooccurrence(preds, boxes, labels=labels).save(tmp_path / "out.json")
    with pytest.raises(FormatError, match="has no mask"):
        rescore_surround(preds, boxes, labels=labels, iou="segm")


def test_masks_are_judged_by_their_boxes_where_ground_truth_has_boxes_alone(tmp_path: Path) -> None:
    boxes, labels = write(tmp_path, range(60))
    mask = np.zeros((100, 100), np.uint8, order="F")
    mask[10:60, 10:60] = 1
    text = base64.b64encode(zlib.compress(encode(mask)["counts"])).decode()
    preds = tmp_path / "preds.csv"
    lines = [f"i{image},100,100,car,0.9,{text}" for image in range(60)]
    preds.write_text("\n".join(["ImageID,ImageWidth,ImageHeight,LabelName,Score,Mask", *lines]))
    found = rescore_cooccurrence(preds, boxes, labels=labels)
    assert found.scores.gain is not None
    assert (found.scores.gain.a, found.scores.gain.difference) == (0.5, 0.0)  # all cars, no wheel
