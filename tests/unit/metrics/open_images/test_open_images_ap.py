"""Open Images: the stages, the weight of groups, expansion, and what is not judged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.data.open_images import (
    ClassTree,
    load_open_images_ground_truth,
    load_open_images_predictions,
)
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.open_images import OpenImagesResult, open_images_ap
from tests.open_images_files import (
    BOX_PREDS,
    MASKS,
    Scene,
    sides_of,
    strip,
    text_of,
    write_csv,
)

TREE = {
    "LabelName": "root",
    "Subcategory": [
        {"LabelName": "animal", "Subcategory": [{"LabelName": "cat"}, {"LabelName": "dog"}]},
        {"LabelName": "car"},
    ],
}


def evaluate(scene: Scene, folder: Path, **settings: Any) -> OpenImagesResult:
    """The result of a scene."""
    files = scene.write(folder)
    return open_images_ap(files.pop("preds"), files.pop("gt"), **files, **settings)


def ap_of(result: OpenImagesResult, name: str = "cat", kind: str = "segm") -> float | None:
    """AP of one class."""
    return {each.name: each.ap50 for each in result.scores[kind].categories}[name]


def codes(result: OpenImagesResult) -> set[str]:
    """What the notes are about."""
    return {note.code for note in result.notes}


def test_no_predictions_find_nothing(tmp_path: Path) -> None:
    files = Scene().gt(strip(0, 10)).write(tmp_path)
    header = "ImageID,ImageWidth,ImageHeight,LabelName,Score,Mask"
    preds = tmp_path / "none.csv"
    preds.write_text(header + "\n")
    result = open_images_ap(preds, files["gt"], boxes=files["boxes"], labels=files.get("labels"))
    assert ap_of(result) == 0
    assert "no-predictions" in codes(result)


def test_ap_is_the_area_under_the_envelope(tmp_path: Path) -> None:
    # two objects; right, wrong, right: half of the recall at precision 1, half at 2/3
    scene = Scene().gt(strip(0, 10)).gt(strip(20, 30))
    scene.pred(strip(0, 10), 0.9).pred(strip(50, 60), 0.8).pred(strip(20, 30), 0.7)
    assert ap_of(evaluate(scene, tmp_path)) == pytest.approx(5 / 6, abs=1e-15)


def test_masks_are_judged_by_their_masks_where_boxes_are_given_too(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(20, 30)).pred(strip(0, 10), 0.9)
    files = scene.write(tmp_path)
    preds = load_open_images_predictions(files.pop("preds"))
    gt = files.pop("gt")
    both = replace(preds, boxes_xyxy=np.array([[0.0, 0.0, 0.1, 1.0]]))
    found = [ap_of(open_images_ap(each, gt, **files)) for each in (preds, both)]
    assert found == [0.5, 0.5]


@pytest.mark.parametrize(("stop", "ap"), [(20, 1.0), (21, 0.0)])
def test_an_iou_of_exactly_one_half_is_a_match(tmp_path: Path, stop: int, ap: float) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, stop), 0.9)
    assert ap_of(evaluate(scene, tmp_path)) == ap


def test_a_prediction_has_no_second_choice(tmp_path: Path) -> None:
    # both predictions lie nearest to the object that is taken; the other one has IoU 6/9 with
    # the second of them and stays free: AP 1/2
    scene = Scene().gt(strip(0, 10)).gt(strip(0, 6))
    scene.pred(strip(0, 10), 0.9).pred(strip(0, 9), 0.8)
    assert ap_of(evaluate(scene, tmp_path)) == 0.5


def test_of_equal_iou_the_first_by_coordinates_is_taken(tmp_path: Path) -> None:
    # 5..20 has IoU 3/4 with both; it takes 0..20, whatever the order of the file, and so leaves
    # 5..25 to the second prediction
    objects = [strip(5, 25), strip(0, 20)]
    for place, order in enumerate((objects, objects[::-1])):
        scene = Scene().gt(order[0]).gt(order[1])
        scene.pred(strip(5, 20), 0.9).pred(strip(6, 25), 0.8)
        assert ap_of(evaluate(scene, tmp_path / str(place))) == 1.0


@pytest.mark.parametrize(("weight", "ap"), [(1.0, 1.0), (0.0, 1.0), (0.5, 1.0)])
def test_a_group_absorbs_what_lies_in_it(tmp_path: Path, weight: float, ap: float) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(50, 100), group=1)
    scene.pred(strip(0, 10), 0.9).pred(strip(50, 60), 0.8).pred(strip(70, 80), 0.7)
    assert ap_of(evaluate(scene, tmp_path, group_of_weight=weight)) == ap


@pytest.mark.parametrize(("weight", "ap"), [(1.0, 0.5), (0.0, 1.0), (0.25, 0.8)])
def test_a_group_that_is_missed_costs_its_weight(tmp_path: Path, weight: float, ap: float) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(50, 100), group=1).pred(strip(0, 10), 0.9)
    assert ap_of(evaluate(scene, tmp_path, group_of_weight=weight)) == ap


def test_groups_alone_with_weight_zero_leave_ap_undefined(tmp_path: Path) -> None:
    scene = Scene().gt(strip(50, 100), group=1).pred(strip(50, 60), 0.9)
    result = evaluate(scene, tmp_path, group_of_weight=0)
    assert (ap_of(result), result.ap50) == (None, None)


def test_a_prediction_half_in_a_group_is_absorbed_and_less_is_not(tmp_path: Path) -> None:
    # 40..60 has 10 of 20 pixels in the group, 30..60 has 10 of 30
    for stop, ap in ((40, 1.0), (30, 0.5)):
        scene = Scene().gt(strip(0, 10)).gt(strip(50, 100), group=1)
        scene.pred(strip(stop, 60), 0.9).pred(strip(0, 10), 0.8).pred(strip(50, 60), 0.7)
        found = ap_of(evaluate(scene, tmp_path / str(stop), group_of_weight=0))
        assert found == ap


def test_a_box_without_mask_ignores_its_first_prediction_only(tmp_path: Path) -> None:
    # the second prediction on the box is false: 1, then 1/2
    scene = Scene().gt(strip(0, 10)).box(strip(50, 60))
    scene.pred(strip(50, 60), 0.9).pred(strip(0, 10), 0.8)
    assert ap_of(evaluate(scene, tmp_path / "one")) == 1.0
    scene.pred(strip(50, 59), 0.85)
    assert ap_of(evaluate(scene, tmp_path / "two")) == 0.5


def test_a_group_without_mask_ignores_all_in_it(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).box(strip(50, 100), group=1)
    for start in (50, 60, 70):
        scene.pred(strip(start, start + 10), 0.9 - start / 1000)
    scene.pred(strip(0, 10), 0.8)
    result = evaluate(scene, tmp_path)
    (row,) = result.scores["segm"].categories
    assert (row.ap50, row.gt, row.group_of, row.preds) == (1.0, 1, 0, 4)


def test_boxes_count_when_boxes_are_compared(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).box(strip(50, 60)).box(strip(80, 100), group=1)
    scene.pred(strip(50, 60), 0.9).pred(strip(0, 10), 0.8).pred(strip(85, 90), 0.7)
    result = evaluate(scene, tmp_path, iou=["segm", "bbox"])
    (row,) = result.scores["bbox"].categories
    assert (row.ap50, row.gt, row.group_of) == (1.0, 2, 1)
    # for masks two predictions vanish in what has a box alone
    assert ap_of(result) == 1.0
    assert result.scores["segm"].gt == 1


def test_files_of_boxes_alone_can_be_compared(tmp_path: Path) -> None:
    files = Scene().box(strip(0, 10)).box(strip(50, 60)).write(tmp_path)
    rows = [("a", "cat", 0.9, *sides_of(strip(0, 10))), ("a", "cat", 0.8, 0.2, 0.3, 0.0, 1.0)]
    preds = write_csv(tmp_path / "boxes_found.csv", BOX_PREDS, rows)
    assert open_images_ap(preds, files["boxes"], iou="bbox").ap50 == 0.5


def test_only_verified_classes_are_judged(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(0, 10), image="b", label="dog")
    scene.pred(strip(0, 10), 0.8).pred(strip(0, 10), 0.9, image="b")
    result = evaluate(scene, tmp_path / "unknown")
    assert ap_of(result) == 1.0
    assert {"not-verified", "no-labels"} <= codes(result)
    for present in (0, 1):
        scene.labels = [("b", "cat", present)]
        assert ap_of(evaluate(scene, tmp_path / str(present))) == 0.5


def test_a_class_that_the_ground_truth_never_mentions_is_judged_nowhere_and_said(
    tmp_path: Path,
) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.8).pred(strip(0, 10), 0.9, label="car")
    result = evaluate(scene, tmp_path, hierarchy=ClassTree.of(TREE))
    assert [each.name for each in result.scores["segm"].categories] == ["animal", "cat"]
    (note,) = (note for note in result.notes if note.code == "not-verified")
    assert note.count == 1


def test_ground_truth_is_expanded_to_what_lies_above(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(20, 30), label="dog")
    scene.pred(strip(0, 10), 0.9).pred(strip(0, 10), 0.9, label="animal")
    result = evaluate(scene, tmp_path, hierarchy=ClassTree.of(TREE))
    found = {each.name: each.ap50 for each in result.scores["segm"].categories}
    assert found == {"animal": 0.5, "cat": 1.0, "dog": 0.0}


def test_predictions_are_expanded_only_if_asked_for(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.9)
    tree = ClassTree.of(TREE)
    assert ap_of(evaluate(scene, tmp_path / "a", hierarchy=tree), "animal") == 0.0
    expanded = evaluate(scene, tmp_path / "b", hierarchy=tree, expand_predictions=True)
    assert ap_of(expanded, "animal") == 1.0


def test_absence_is_expanded_to_what_lies_below(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).label("animal", "b", present=0)
    scene.pred(strip(0, 10), 0.8).pred(strip(0, 10), 0.9, image="b")
    assert ap_of(evaluate(scene, tmp_path / "without")) == 1.0
    assert ap_of(evaluate(scene, tmp_path / "with", hierarchy=ClassTree.of(TREE))) == 0.5


def test_empty_predictions_are_dropped_and_said(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 0), 0.9).pred(strip(0, 10), 0.8)
    result = evaluate(scene, tmp_path)
    assert ap_of(result) == 1.0
    assert "empty-mask" in codes(result)


def test_the_cap_keeps_the_best_of_an_image_and_class(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(20, 30)).gt(strip(0, 10), label="dog")
    scene.pred(strip(0, 10), 0.8).pred(strip(20, 30), 0.9).pred(strip(0, 10), 0.1, label="dog")
    result = evaluate(scene, tmp_path, max_dets=1)
    assert (ap_of(result), ap_of(result, "dog")) == (0.5, 1.0)
    assert "max-dets" in codes(result)
    assert ap_of(evaluate(scene, tmp_path, max_dets=0)) == 1.0


def test_ties_are_said_and_go_as_in_a_stable_sort(tmp_path: Path) -> None:
    # in matching the later line comes first and takes the object; in the curve the earlier line
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 9), 0.5).pred(strip(0, 10), 0.5)
    result = evaluate(scene, tmp_path)
    assert ap_of(result) == 0.5
    assert "tied-scores" in codes(result)
    distinct = Scene().gt(strip(0, 10)).pred(strip(0, 9), 0.6).pred(strip(0, 10), 0.5)
    assert "tied-scores" not in codes(evaluate(distinct, tmp_path))


def test_a_group_found_with_score_zero_counts_but_not_in_compat_mode(tmp_path: Path) -> None:
    scene = Scene().gt(strip(50, 100), group=1).pred(strip(50, 60), 0.0)
    assert ap_of(evaluate(scene, tmp_path)) == 1.0
    assert ap_of(evaluate(scene, tmp_path, compat="official")) == 0.0


def test_objects_at_one_place_pair_up_once_but_each_with_each_in_compat_mode(
    tmp_path: Path,
) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(0, 10)).pred(strip(0, 10), 0.9)
    result = evaluate(scene, tmp_path)
    assert (ap_of(result), result.scores["segm"].gt) == (0.5, 2)
    assert "shared-place" in codes(result)
    official = evaluate(scene, tmp_path, compat="official")
    assert (ap_of(official), official.scores["segm"].gt) == (0.25, 4)


def test_numbers_do_not_depend_on_the_workers(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    scene = Scene()
    for number in range(70):
        for _ in range(3):
            start = int(rng.integers(0, 80))
            scene.gt(strip(start, start + 10), image=f"{number}", group=int(rng.random() < 0.2))
            moved = max(0, start + int(rng.integers(-4, 5)))
            scene.pred(strip(moved, moved + 10), float(rng.random()), image=f"{number}")
    seen: list[tuple[int, int]] = []
    results = [evaluate(scene, tmp_path, workers=workers) for workers in (1, 3)]
    evaluate(scene, tmp_path, on_progress=lambda done, total: seen.append((done, total)))
    assert results[0].scores == results[1].scores
    assert seen[-1] == (70, 70)


def test_the_result_is_an_object_of_json_with_its_settings(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(50, 100), group=1).pred(strip(0, 10), 0.9)
    result = evaluate(scene, tmp_path, group_of_weight=0.5)
    document = json.loads(json.dumps(result.to_dict()))
    assert document["schema"] == "segeval/ap-openimages/2"
    assert document["results"]["segm"]["categories"] == [
        {"id": "cat", "name": "cat", "ap50": 1 / 1.5, "gt": 1, "group_of": 1, "preds": 1}
    ]
    assert document["settings"]["group_of_weight"] == 0.5
    assert result.primary == document["results"]["segm"]["ap50"]
    assert result.tables[0].records()[0]["category"] == "mean"
    assert "AP50 66.7" in repr(result)
    assert "<table>" in result._repr_html_()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iou": "boundary"}, "`iou` is 'boundary', expected segm or bbox with the protocol"),
        ({"iou": []}, "`iou` names no kind, expected segm or bbox"),
        ({"group_of_weight": -1}, "`group_of_weight` is -1, expected a number of at least 0"),
        ({"max_dets": -1}, "`max_dets` is -1, expected a number of predictions"),
        ({"compat": "lvis"}, "`compat` is 'lvis', expected official with the protocol openimages."),
        ({"workers": 0}, "`workers` is 0, expected 1 or more"),
        ({"expand_predictions": True}, "`expand_predictions` needs a tree"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.9)
    with pytest.raises(InputError, match=message):
        evaluate(scene, tmp_path, **settings)


def test_predictions_of_unknown_images_are_dropped_and_counted(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.8).pred(strip(0, 10), 0.9, image="x")
    result = evaluate(scene, tmp_path)
    assert ap_of(result) == 1.0
    (note,) = (note for note in result.notes if note.code == "unknown-image")
    assert note.message.startswith("1 prediction of 1 image without ground truth, such as 'x'")
    scene.preds = scene.preds[1:]
    with pytest.raises(MismatchError, match="no image is in the ground truth: ImageID is 'x' here"):
        evaluate(scene, tmp_path)


def test_a_class_that_nobody_knows_is_refused_or_dropped(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.8).pred(strip(0, 10), 0.9, label="cta")
    result = evaluate(scene, tmp_path)  # without a tree it may be a class of other images
    assert "unknown-class" in codes(result)
    message = "prediction #1: LabelName is 'cta', which is not in the ground truth or hierarchy"
    with pytest.raises(MismatchError, match=message):
        evaluate(scene, tmp_path, hierarchy=ClassTree.of(TREE))
    skipped = evaluate(scene, tmp_path, hierarchy=ClassTree.of(TREE), skip_unknown=True)
    assert "unknown-class" in codes(skipped)
    scene.preds = scene.preds[1:]
    with pytest.raises(MismatchError, match="LabelName is 'cta', which is not in the ground truth"):
        evaluate(scene, tmp_path)


def test_a_class_of_the_ground_truth_must_be_in_the_tree(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10), label="boat").pred(strip(0, 10), 0.8, label="boat")
    with pytest.raises(MismatchError, match="the label 'boat' is not in hierarchy"):
        evaluate(scene, tmp_path, hierarchy=ClassTree.of(TREE))


def test_masks_of_one_image_have_one_size(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 10, width=50), 0.8)
    message = "image a: a mask of the prediction is 1 x 50 pixels .*, others of the image are 1 x 1"
    with pytest.raises(MismatchError, match=message):
        evaluate(scene, tmp_path)


def test_masks_need_masks_in_both_files(tmp_path: Path) -> None:
    files = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.8).write(tmp_path)
    with pytest.raises(InputError, match=r"boxes\.csv: has no masks, expected a column Mask"):
        open_images_ap(files["preds"], files["boxes"])
    preds = write_csv(tmp_path / "p.csv", BOX_PREDS, [("a", "cat", 0.9, 0, 0.1, 0, 1)])
    with pytest.raises(FormatError, match="the columns ImageWidth, ImageHeight, Mask are missing"):
        open_images_ap(preds, files["gt"])


def test_empty_masks_of_the_ground_truth_count_as_boxes(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).box(strip(50, 60)).pred(strip(50, 60), 0.9)
    scene.pred(strip(0, 10), 0.8)
    files = scene.write(tmp_path)
    empty = ("a", "cat", 100, 1, *sides_of(strip(50, 60)), 0, text_of(strip(0, 0)))
    write_csv(files["gt"], MASKS, [*scene.masks, empty])
    result = open_images_ap(files["preds"], files["gt"], boxes=files["boxes"])
    assert (ap_of(result), result.scores["segm"].gt) == (1.0, 1)
    assert "empty-mask" in codes(result)


def test_files_that_were_read_can_be_evaluated(tmp_path: Path) -> None:
    files = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.9).write(tmp_path)
    gt = load_open_images_ground_truth(files["gt"], boxes=files["boxes"])
    preds = load_open_images_predictions(files["preds"])
    assert open_images_ap(preds, gt).ap50 == 1.0
    with pytest.raises(InputError, match="`gt` is already read, boxes and labels included"):
        open_images_ap(preds, gt, boxes=files["boxes"])


def test_parents_without_predictions_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "tree.json").write_text(json.dumps(TREE))
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.9)
    plain, expanded = (
        evaluate(scene, tmp_path, hierarchy=tmp_path / "tree.json", expand_predictions=expand)
        for expand in (False, True)
    )
    (note,) = [note for note in plain.notes if note.code == "unexpanded"]
    assert note.message.startswith(
        "1 class above predicted ones in the hierarchy has no prediction"
    )
    assert "unexpanded" not in codes(expanded)


def test_boxes_are_no_verified_labels(tmp_path: Path) -> None:
    files = Scene().gt(strip(0, 10)).pred(strip(0, 10), 0.9).write(tmp_path)
    with pytest.raises(FormatError, match="has the column XMin, as a file of boxes"):
        open_images_ap(files["preds"], files["gt"], boxes=files["boxes"], labels=files["boxes"])
