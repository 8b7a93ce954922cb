"""Sentences on label maps whose classes the ground truth lacks, or that are too small to name."""

from __future__ import annotations

from typing import Any

import numpy as np

import segeval
from tests.page_reader import Page, assert_sound

CLASSES = {0: "road", 1: "car", 2: "tree", 3: "sign", 4: "pole"}

FEW: dict[str, Any] = {"classes": CLASSES, "resamples": 20}


def test_classes_that_the_ground_truth_lacks_are_not_the_lowest_and_what_they_take_is_said() -> (
    None
):
    gt = np.zeros((100, 100), np.uint8)
    gt[:50] = 1
    pred = gt.copy()
    pred[80:90, 40:60] = 2  # 200 pixels of road
    pred[60:70, 40:60] = 3
    page = segeval.report([pred], [gt], **FEW)
    # road has 4,600 of 5,000 pixels, car all, tree and sign 0: a mean of 48.0, which lacks 52.0
    first, lost, worst = page.sentences
    assert first == (
        "mIoU is 48.0 on 1 image, a mean over 4 classes, 2 of which the ground truth lacks and "
        "which count as 0; 96.0 % of the pixels are right."
    )
    assert lost == (
        "96 % of the 52.0 points that mIoU lacks are lost to whole segments (50.0), then to the "
        "extent of segments (2.0). 2 classes that the ground truth lacks take 50.0 of these points."
    )
    assert worst == (
        'Of the 2 classes with at least 0.1 % of the true pixels, "road" has the lowest IoU '
        '(92.0), "car" the highest (100.0).'
    )
    assert_sound(page.html)


def test_a_class_with_hardly_any_pixels_is_not_named() -> None:
    gt = np.zeros((100, 100), np.uint8)
    gt[:50] = 1
    gt[99, 95:] = 4  # 5 of 10,000 pixels
    pred = np.where(gt == 4, 0, gt).astype(np.uint8)
    pred[49] = 0
    worst = segeval.report([pred], [gt], **FEW).sentences[2]
    assert worst == (
        'Of the 2 classes with at least 0.1 % of the true pixels, "road" has the lowest IoU '
        '(97.9), "car" the highest (98.0).'
    )


def test_two_means_over_equally_many_classes_need_no_word() -> None:
    gt = [np.arange(100, dtype=np.uint8).reshape(10, 10) % 2 for _ in range(12)]
    preds = [np.zeros((10, 10), np.uint8) for _ in range(12)]
    said = segeval.report(preds, gt, gt, **FEW).sentences
    assert not [each for each in said if "The means are over" in each]


def test_a_class_is_thin_by_its_true_maps_however_often_it_is_predicted() -> None:
    gt = [np.zeros((10, 10), np.uint8) for _ in range(12)]
    preds = [each.copy() for each in gt]
    for each in preds:
        each[0, 0] = 1
    gt[0][0, :2] = gt[1][0, :2] = 1
    words = Page(segeval.report(preds, gt, **FEW).html).words
    assert "The ground truth has 1 class in fewer than 10 images: each weighs" in words


def test_classes_that_the_ground_truth_lacks_are_drawn_and_told_of_two_models() -> None:
    gt = np.zeros((100, 100), np.uint8)
    gt[:50] = 1
    first = gt.copy()
    first[60:80, 40:60] = 2  # 400 pixels of road
    page = segeval.report([first] * 12, [gt] * 12, [gt] * 12, **FEW)
    # A: road 92, car 100 and tree 0 lack 36 points, tree alone 33.3 of them; B lacks nothing
    assert page.sentences[2] == (
        "mIoU is 100.0 against 64.0 (+36.0): B wins 33.3 points on whole segments and 2.7 on the "
        "extent of segments; the other kind of error is not shown to differ. Classes that the "
        "ground truth lacks take 33.3 (A) and 0.0 (B) of the points that are lost."
    )
    shown = Page(page.html)
    numbers = page.html.partition("IoU and what is lost, by class, in %")[2].partition("</table>")[
        0
    ]
    assert "tree A" in numbers
    assert "there is none" in shown.words
    assert "road A has the lowest IoU, 92.0, and loses most to extent errors, 8.0." in page.html
    assert "A wrong pixel counts twice: false for one class, missed for another." in shown.words
    assert "drawn anew 20 times." in shown.words
