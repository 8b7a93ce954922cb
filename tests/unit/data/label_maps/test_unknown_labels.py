"""Labels that are no class: the cause is named after both sides were looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import check, mean_iou
from segeval.data.label_maps.classes import label_classes
from segeval.data.label_maps.unknown_labels import Seen, labels_of, unknown_label
from segeval.errors import FormatError, InputError


def hint(gt: Any, preds: Any, classes: Any, *, is_gt: bool = True, name: str = "a.png") -> str:
    """The hint about a label map with these labels, where the other has those."""
    maps = [np.array([labels], np.uint16) for labels in (gt, preds)]
    seen = Seen(labels_of(maps[0]), labels_of(maps[1]))
    listed = label_classes(classes)
    return unknown_label(maps[0 if is_gt else 1], name, listed, is_gt=is_gt, seen=seen).hint


def refused(gt: Any, preds: Any, classes: Any) -> str:
    with pytest.raises(FormatError) as caught:
        mean_iou([np.array([preds])], [np.array([gt])], classes=classes)
    return caught.value.message


def test_a_label_that_is_no_class_is_named_with_its_place() -> None:
    assert refused([0, 7, 7, 1], [0, 1, 1, 1], label_classes(3, ignore=255)) == (
        "gt #0: pixel at row 0, column 1 has the label 7, expected 0..2 and 255 ignored (classes: "
        "3). 1 more like it. If such pixels are not labelled, ignore them: `ignore=7`."
    )
    assert refused([0, 1], [0, 7], 3) == (
        "preds #0: pixel at row 0, column 1 has the label 7, expected 0..2 (classes: 3). "
        "Predictions must have the ids of the ground truth, which has 0, 1."
    )


def test_masks_of_0_and_255_are_two_classes() -> None:
    advice = "classes='0=background,255=object'"
    expected = (
        f"The label maps hold only 0 and 255. If these are two classes, name them: `{advice}`."
    )
    assert refused([0, 255, 255], [0, 0, 255], 2).endswith(expected)
    assert hint([0, 255], [0, 255], 2, is_gt=False) == expected
    assert hint([0, 255], [0, 0], 2) == expected
    result = mean_iou(
        [np.array([[0, 0, 255]])], [np.array([[0, 255, 255]])], classes="0=background,255=object"
    )
    assert result.miou == 0.5
    assert result.statistics.category_names == ("background", "object")


def test_a_void_of_255_beside_a_mask_of_1_is_ignored() -> None:
    assert hint([0, 1, 255], [0, 1], 2) == (
        "If such pixels are not labelled, ignore them: `ignore=255`."
    )


def test_masks_of_255_and_of_1_are_told_apart() -> None:
    assert hint([0, 255], [0, 1], 2) == (
        "The ground truth holds 0 and 255, the predictions 0 and 1. If both mean the same object, "
        "write 1 for 255."
    )
    assert hint([0, 1], [0, 255], 2, is_gt=False) == (
        "Predictions must have the ids of the ground truth, which has 0, 1. Write 1 for 255."
    )


def test_grey_values_on_both_sides_are_offered_as_classes() -> None:
    assert hint([0, 128, 255], [0, 128, 255], 3) == (
        "Both sides have 128 and 255. If that is right, list all classes: "
        "`classes='0=name0,128=name128,255=name255'`. Pixels that are not labelled can be ignored "
        "(`ignore`)."
    )


def test_the_cause_is_looked_for_in_all_images() -> None:
    preds: Any = [np.array([[0, 0]]), np.array([[0, 1]])]
    gt: Any = [np.array([[0, 255]]), np.array([[0, 1]])]
    with pytest.raises(FormatError, match="not labelled, ignore them: `ignore=255`"):
        mean_iou(preds, gt, classes=2)
    report = check(preds, gt, classes=2)
    assert [finding.hint for finding in report.errors] == [
        "If such pixels are not labelled, ignore them: `ignore=255`."
    ]


def test_train_ids_are_recognised() -> None:
    message = refused([0, 255], [0, 255], "cityscapes")
    assert "expected 0..33 (19 classes, the others ignored)" in message
    assert 'use `classes="cityscapes-train"`.' in message
    assert "rain ids" not in refused([0, 26, 255], [0, 26, 0], "cityscapes")


@pytest.mark.parametrize("classes", [19, "camvid", "voc", "cityscapes-train"])
def test_label_ids_of_cityscapes_are_recognised(classes: Any) -> None:
    labels = [7, 23, 26, 33]
    assert hint(labels, labels, classes) == (
        'These look like Cityscapes label ids: `classes="cityscapes"`.'
    )
    in_preds = hint([0, 1], labels, classes, is_gt=False)
    assert in_preds.startswith(
        "These look like Cityscapes label ids. Predictions must have the ids"
    )


def test_one_label_id_is_recognised_by_the_name_of_the_file() -> None:
    name = "gt/ulm/ulm_000003_000019_gtFine_labelIds.png"
    assert hint([7, 26], [7, 26], 19, name=name).endswith('`classes="cityscapes"`.')
    assert hint([7, 26], [7, 8], 19).endswith("ignore them: `ignore=26`.")


def test_other_street_scenes_are_not_taken_for_cityscapes() -> None:
    of_camvid = list(range(32))
    assert hint(of_camvid, list(range(11)), 11) == (
        "It has 11..31 beside the classes. Does `classes` fit? If every other id means that a "
        "pixel is not labelled: `ignore='others'`."
    )


def test_others_are_ignored_on_request() -> None:
    gt: Any = [np.array([[2, 4, 9, 30, 4]])]
    preds: Any = [np.array([[2, 4, 4, 2, 77]])]
    result = mean_iou(preds, gt, classes={2: "road", 4: "sky"}, ignore="others")
    assert result.miou == 0.75
    assert result.settings["ignore"] == ["others"]
    assert [note.code for note in result.notes] == ["ignored-predictions"]
    assert check(preds, gt, classes="2=road,4=sky", ignore="others").errors == ()


def test_only_ids_and_others_can_be_ignored() -> None:
    with pytest.raises(InputError) as caught:
        label_classes(2, ignore="void")
    assert caught.value.message == (
        "`ignore` is 'void', expected ids, or 'others' for every value that is not a class."
    )


def test_a_class_is_not_written_out_twice() -> None:
    with pytest.raises(InputError, match=r"`classes='1=a,1=b'`: id 1 is given twice\."):
        label_classes("1=a,1=b")
