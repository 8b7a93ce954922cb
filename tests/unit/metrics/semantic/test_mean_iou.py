"""Mean IoU of label maps, bands and boundaries; beside a plain reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segeval import mean_iou
from segeval.data.label_maps.classes import PRESETS
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.semantic.scores import MeanIoUScores, TrimapScores

# Two classes and void (9); the prediction is one pixel too far to the right.
GT = np.array([[0, 0, 0, 1, 1, 9], [0, 0, 0, 1, 1, 9]], np.uint8)
PRED = np.array([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1]], np.uint8)

Map = NDArray[np.uint8]


def scene(seed: int) -> tuple[Map, Map]:
    """Overlapping boxes of 5 labels and void 255, and the same shifted, with noise."""
    rng = np.random.default_rng(seed)
    gt = np.zeros((31, 45), np.uint8)
    for label in rng.permutation([0, 1, 2, 3, 4, 255, 1, 2, 3]):
        (top, left), (high, wide) = rng.integers(0, (26, 36)), rng.integers(4, 20, 2)
        gt[top : top + high, left : left + wide] = label
    pred = np.roll(gt, (1, 2), (0, 1))
    noise = rng.random(pred.shape) < 0.1
    pred[noise] = rng.integers(0, 5, int(noise.sum()))
    return pred, gt


def reference(preds: list[Map], gts: list[Map], classes: int, width: float) -> list[float]:
    """IoU in the band of some width by definition, over sets of pixels; NaN where undefined."""
    both, either = np.zeros(classes), np.zeros(classes)
    for pred, gt in zip(preds, gts, strict=True):
        inside = (gt < classes) & (distance(gt, classes) < width)
        for k in range(classes):
            both[k] += ((gt == k) & (pred == k) & inside).sum()
            either[k] += (((gt == k) | (pred == k)) & inside).sum()
    return [a / b if b else np.nan for a, b in zip(both, either, strict=True)]


def distance(gt: Map, classes: int) -> NDArray[np.float64]:
    """Euclidean distance of every pixel to the next change between two classes, by brute force."""
    marked = []
    height, width = gt.shape
    for y, x in np.ndindex(gt.shape):
        around = [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
        near = [gt[a, b] for a, b in around if 0 <= a < height and 0 <= b < width]
        if gt[y, x] < classes and any(one < classes and one != gt[y, x] for one in near):
            marked.append((y, x))
    rows, columns = np.indices(gt.shape)
    far = np.full(gt.shape, np.inf)
    for y, x in marked:
        far = np.minimum(far, np.hypot(rows - y, columns - x))
    return far


def test_mean_iou_of_two_classes() -> None:
    result = mean_iou([PRED], [GT], classes=2, ignore=9)
    assert [each.iou for each in result.scores.categories] == [6 / 8, 2 / 4]
    assert [each.accuracy for each in result.scores.categories] == [1, 1 / 2]
    assert result.miou == result.primary == 0.625
    assert result.scores.pixel_accuracy == 8 / 10
    assert result.scores.mean_accuracy == 0.75
    assert result.scores.fw_iou == (6 * 0.75 + 4 * 0.5) / 10
    assert (result.scores.pixels, result.summary) == (10, "1 image, 2 classes, 10 pixels")


def test_predictions_of_ignored_labels_are_misses_and_said() -> None:
    pred = np.where(PRED == 1, 9, PRED)
    result = mean_iou([pred], [GT], classes=2, ignore=9)
    assert [each.iou for each in result.scores.categories] == [6 / 8, 0]
    (note,) = [note for note in result.notes if note.code == "ignored-predictions"]
    assert note.count == 2
    assert note.message.startswith("20.0 % of the evaluated pixels are predicted as ignored labels")


def many_others(wrong: int, label: int = 3) -> dict[str, Any]:
    """Arguments for 100 evaluated pixels, some predicted as a label that is ignored."""
    gt = np.full((10, 11), 7, np.uint8)
    gt[:, 10] = 0
    pred = gt.copy()
    pred.ravel()[np.flatnonzero(gt.ravel())[:wrong]] = label
    return {"preds": [pred], "gt": [gt], "classes": "cityscapes"}


@pytest.mark.parametrize(("wrong", "asks"), [(50, False), (51, True), (94, True)])
def test_many_predictions_of_ignored_labels_raise_a_question(wrong: int, *, asks: bool) -> None:
    (note,) = [n for n in mean_iou(**many_others(wrong)).notes if n.code == "ignored-predictions"]
    assert note.count == wrong
    question = (
        "The predictions have the ids 0, 3, 7, the ground truth 0, 7; expected the same ids for "
        "the same classes"
    )
    assert note.message.endswith(question) == asks


def test_predictions_of_hardly_anything_but_ignored_labels_are_refused() -> None:
    with pytest.raises(MismatchError) as error:
        mean_iou(**many_others(95, label=30))
    assert (error.value.code, error.value.count) == ("ignored-predictions", 95)
    assert error.value.message == (
        "preds: 95.0 % of the evaluated pixels are predicted as labels that are not evaluated "
        "(most often 30), expected 7, 8, 11..13, 17, 19..28, 31..33 (classes: cityscapes). The "
        "predictions have the ids 0, 7, 30, the ground truth 0, 7; expected the same ids for the "
        "same classes."
    )


@pytest.mark.parametrize(
    ("labels", "classes", "cause"),
    [
        ((1, 18), "cityscapes", r"Are these train ids\? Convert them to label ids, or use"),
        ((0, 1), "cityscapes", r"Are these train ids\? .* Are these masks of one object"),
        ((0, 1), {7: "road"}, r"\(most often 0, 1\), expected 7 .* Are these masks of one"),
        ((2, 255), {7: "road"}, "The predictions have the ids 2, 255, the ground truth 7, 26;"),
    ],
)
def test_the_likely_cause_is_said(labels: tuple[int, int], classes: Any, cause: str) -> None:
    gt = np.full((4, 4), 7, np.uint8)
    gt[0, :2] = 26
    pred = np.array([labels * 2] * 4, np.uint8)
    with pytest.raises(MismatchError, match=cause):
        mean_iou([pred], [gt], classes=classes, ignore=(0, 1, 2, 18, 26, 255))


def test_train_ids_are_not_suspected_where_the_ground_truth_has_them() -> None:
    gt, pred = np.full((4, 4), 7, np.uint8), np.full((4, 4), 3, np.uint8)
    with pytest.raises(MismatchError) as caught:
        mean_iou([pred], [gt], classes="cityscapes")
    assert "rain ids" not in caught.value.message


def test_the_labels_of_files_are_named_as_well(tmp_path: Path) -> None:
    for folder, label in (("preds", 3), ("gt", 7)):
        (tmp_path / folder).mkdir()
        for i in range(2):
            labels = np.full((2, 3), label, np.uint8)
            Image.fromarray(labels).save(tmp_path / folder / f"{i}.png")
    with pytest.raises(MismatchError, match=r"preds: 100.0 % .*\(most often 3\)"):
        mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes")


@pytest.mark.parametrize(
    ("given", "threshold"),
    [(True, 0.008), (np.True_, 0.008), (False, None), (None, None), (1, 1), (1.0, 1.0)],
)
def test_boundary_f_takes_true_for_the_usual_threshold(given: Any, threshold: float | None) -> None:
    result = mean_iou([PRED], [GT], classes=2, ignore=9, boundary_f=given)
    assert result.settings["boundary_f"] == threshold
    assert (result.scores.boundary_f is None) == (threshold is None)


def test_train_ids_give_the_numbers_of_label_ids() -> None:
    ids = np.zeros(256, np.uint8)
    ids[:19] = PRESETS["cityscapes"].ids
    preds, gts = zip(*(scene(i) for i in range(2)), strict=True)
    asked: dict[str, Any] = {"trimap": 2, "boundary": True, "boundary_f": True}
    train = mean_iou(list(preds), list(gts), classes="cityscapes-train", **asked)
    by_label = [ids[each] for each in preds], [ids[each] for each in gts]
    label = mean_iou(*by_label, classes="cityscapes", **asked)
    assert [each.iou for each in train.scores.categories] == [
        each.iou for each in label.scores.categories
    ]
    assert None not in (train.scores.boundary, train.miou, train.scores.group_miou)
    assert train.scores.group_miou == label.scores.group_miou
    assert train.scores.trimap[0].miou == label.scores.trimap[0].miou
    assert train.settings["boundary_ratio"] == 0.005


def test_a_band_of_width_one_is_the_boundary_itself() -> None:
    result = mean_iou([PRED], [GT], classes=2, ignore=9, trimap=[1, 2])
    one, two = result.scores.trimap
    # columns 2 and 3 are marked; column 3 is predicted as 0
    assert (one.width, one.pixels) == (1, 4)
    assert [each.iou for each in one.categories] == [2 / 4, 0]
    assert (two.pixels, [each.iou for each in two.categories]) == (8, [4 / 6, 2 / 4])
    assert [each.pixels for each in two.categories] == [4, 4]


def test_the_total_width_is_twice_the_distance() -> None:
    half = mean_iou([PRED], [GT], classes=2, ignore=9, trimap=[1, 2])
    total = mean_iou([PRED], [GT], classes=2, ignore=9, trimap=[2, 4], trimap_total_width=True)
    assert [band.miou for band in total.scores.trimap] == [band.miou for band in half.scores.trimap]
    assert [band.width for band in total.scores.trimap] == [2, 4]


def test_void_as_an_edge_marks_the_pixels_beside_it() -> None:
    (band,) = mean_iou(
        [PRED], [GT], classes=2, ignore=9, trimap=1, trimap_void="edge"
    ).scores.trimap
    assert band.pixels == 6  # columns 2, 3 and 4


@pytest.mark.parametrize("seed", range(8))
def test_all_bands_are_those_of_the_definition(seed: int) -> None:
    preds, gts = (
        list(maps) for maps in zip(*(scene(10 * seed + i) for i in range(3)), strict=True)
    )
    widths = (1.0, 2.5, 4.0)
    result = mean_iou(preds, gts, classes=5, ignore=255, trimap=widths)
    bands: list[TrimapScores | MeanIoUScores] = [*result.scores.trimap, result.scores]
    for width, band in zip((*widths, np.inf), bands, strict=True):
        known = [np.nan if each.iou is None else each.iou for each in band.categories]
        assert np.array_equal(known, reference(preds, gts, 5, width), equal_nan=True)
        assert band.miou == pytest.approx(np.nanmean(known), abs=1e-15)


def test_results_do_not_depend_on_workers_or_the_order_of_ids() -> None:
    preds, gts = (list(maps) for maps in zip(*(scene(i) for i in range(7)), strict=True))
    asked: dict[str, Any] = {"ignore": 255, "trimap": (1, 3), "boundary": True, "boundary_f": 0.01}
    results = [mean_iou(preds, gts, classes=5, workers=n, **asked).to_dict() for n in (1, 2, 8)]
    assert results[0]["results"] == results[1]["results"] == results[2]["results"]
    turned = mean_iou(preds, gts, classes=dict.fromkeys((4, 3, 2, 1, 0), "x"), **asked)
    one = mean_iou(preds, gts, classes=5, **asked)
    assert [each.iou for each in turned.scores.categories] == [
        each.iou for each in one.scores.categories
    ][::-1]


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_wide_labels_and_many_classes_give_the_same_numbers(dtype: Any) -> None:
    pred, gt = scene(3)
    expected = mean_iou([pred], [gt], classes=5, ignore=255, trimap=2)
    wide = [np.where(each < 255, each.astype(dtype) * 300, 2000) for each in (pred, gt)]
    ids = {300 * k: str(k) for k in range(5)}
    found = mean_iou([wide[0]], [wide[1]], classes=ids, ignore=2000, trimap=2)
    assert [each.iou for each in found.scores.categories] == [
        each.iou for each in expected.scores.categories
    ]
    assert found.scores.trimap[0].miou == expected.scores.trimap[0].miou
    many = mean_iou([wide[0]], [wide[1]], classes=1500, ignore=2000, trimap=2)
    assert many.miou == expected.miou


def test_a_class_on_neither_side_is_left_out_and_said() -> None:
    result = mean_iou([PRED], [GT], classes=3, ignore=9, boundary=True, boundary_f=1)
    assert result.scores.categories[2].iou is None
    assert result.miou == 0.625
    assert result.scores.boundary is not None
    assert result.scores.boundary.categories[2].iou is None
    assert result.scores.boundary_f is not None
    assert (
        result.scores.boundary_f.categories[2].f,
        result.scores.boundary_f.categories[2].f_present,
    ) == (None, None)
    (note,) = [note for note in result.notes if note.code == "absent"]
    assert note.message == (
        "1 class is neither in the ground truth nor predicted: left out of the means "
        '(`absent="cityscapes"`)'
    )


def test_zero_counts_it_in_every_number() -> None:
    result = mean_iou(
        [PRED], [GT], classes=3, ignore=9, absent="zero", trimap=1, boundary=True, boundary_f=1
    )
    assert result.scores.boundary is not None
    assert result.scores.boundary_f is not None
    assert result.miou == 1.25 / 3
    lists = (
        result.scores.categories,
        result.scores.trimap[0].categories,
        result.scores.boundary.categories,
    )
    assert [each[2].iou for each in lists] == [0, 0, 0]
    assert result.scores.boundary_f.categories[2].f == 0
    assert result.scores.trimap[0].miou == 0.5 / 3


def test_a_class_that_is_only_predicted_counts_as_zero_or_is_left_out() -> None:
    pred = PRED.copy()
    pred[0, 0] = 2
    by_city = mean_iou([pred], [GT], classes=3, ignore=9)
    assert by_city.scores.categories[2].iou == 0
    assert 'counted as 0 (`absent="cityscapes"`)' in by_city.notes[0].message
    by_detectron2 = mean_iou([pred], [GT], classes=3, ignore=9, absent="detectron2")
    assert by_detectron2.scores.categories[2].iou is None
    assert 'left out of the means (`absent="detectron2"`)' in by_detectron2.notes[0].message
    assert by_detectron2.miou == (5 / 8 + 1 / 2) / 2


def test_detectron2_does_not_look_at_predictions_of_no_class() -> None:
    pred = np.where(PRED == 1, 9, PRED)
    result = mean_iou([pred], [GT], classes=2, ignore=9, compat="detectron2")
    assert [each.iou for each in result.scores.categories] == [6 / 8, 0]
    assert result.scores.pixels == 8
    assert result.scores.detectron2_boundary is not None


def test_boundary_f_over_images_with_the_class_is_given_too() -> None:
    empty = np.zeros_like(GT)
    result = mean_iou([PRED, empty], [GT, empty], classes=2, ignore=9, boundary_f=1)
    assert result.scores.boundary_f is not None
    second = result.scores.boundary_f.categories[1]
    assert second.images == 1
    assert second.f is not None
    assert second.f_present is not None
    assert second.f == (second.f_present + 1) / 2


def test_cityscapes_has_thinner_boundaries() -> None:
    preds, gts = [np.full((300, 400), 7)], [np.full((300, 400), 7)]
    by_city = mean_iou(preds, gts, classes="cityscapes", boundary=True).scores.boundary
    other = mean_iou(preds, gts, classes="ade20k", boundary=True).scores.boundary
    assert by_city is not None
    assert other is not None
    assert (by_city.ratio, other.ratio) == (0.005, 0.02)
    # 0.005 of the diagonal of 500 pixels is 2.5, which is rounded to 2
    assert by_city.categories[0].union == 300 * 400 - 296 * 396


def test_boundaries_may_have_a_width_in_pixels() -> None:
    preds, gts = [np.full((300, 400), 7)], [np.full((300, 400), 7)]
    result = mean_iou(preds, gts, classes="cityscapes", boundary=True, boundary_px=2)
    by_ratio = mean_iou(preds, gts, classes="cityscapes", boundary=True)
    assert result.scores.boundary is not None
    assert by_ratio.scores.boundary is not None
    assert (result.scores.boundary.ratio, result.scores.boundary.px) == (None, 2)
    assert result.scores.boundary.categories == by_ratio.scores.boundary.categories
    assert (result.settings["boundary_ratio"], result.settings["boundary_px"]) == (None, 2)
    without = mean_iou(preds, gts, classes="cityscapes").settings
    assert (without["boundary_ratio"], without["boundary_px"]) == (None, None)


@pytest.mark.parametrize("ignore", [(), [], set(), frozenset(), iter(())])
def test_no_ids_to_ignore_are_none_in_any_container(ignore: Any) -> None:
    labels = [np.full((3, 4), 7)]
    result = mean_iou(labels, labels, classes="cityscapes", ignore=ignore, compat="official")
    assert result.miou == 1
    with pytest.raises(InputError, match="only Cityscapes has an official tool"):
        mean_iou(labels, labels, classes="cityscapes", ignore={8}, compat="official")


def test_nothing_to_evaluate_is_undefined() -> None:
    result = mean_iou([GT], [np.full_like(GT, 9)], classes=2, ignore=9, trimap=1)
    assert (result.miou, result.scores.pixel_accuracy, result.scores.trimap[0].miou) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"absent": "one"}, "`absent` is 'one', expected one of cityscapes, zero, detectron2"),
        ({"compat": "mmseg"}, "`compat` is 'mmseg', expected one of official, detectron2"),
        ({"compat": "official"}, "only Cityscapes has an official tool"),
        (
            {"compat": "detectron2", "absent": "zero"},
            'goes with `absent="detectron2"`, not with zero',
        ),
        ({"trimap": 1, "trimap_metric": "l1"}, "`trimap_metric` is 'l1'"),
        ({"trimap": 1, "trimap_void": "no"}, "`trimap_void` is 'no'"),
        ({"trimap": 0}, "expected"),
        ({"trimap_metric": "chebyshev"}, "`trimap_metric` is given, but no widths are"),
        ({"trimap_void": "edge"}, "`trimap_void` is given, but no widths are"),
        ({"trimap_total_width": True}, "`trimap_total_width` is given, but no widths are"),
        ({"boundary_f": 0}, "`boundary_f` is 0, expected a number above 0"),
        ({"boundary_ratio": 0.1}, "`boundary_ratio` is given, but no boundaries are compared"),
        ({"boundary_px": 2}, "`boundary_px` is given, but no boundaries are compared"),
        ({"boundary": True, "boundary_ratio": 2}, "ratio` is 2, expected a part of the image's"),
        ({"boundary": True, "boundary_ratio": 0}, "ratio` is 0, expected a part of the image's"),
        ({"boundary_f": -1}, "`boundary_f` is -1, expected a number above 0"),
        ({"workers": 0}, "`workers` is 0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mean_iou([PRED], [GT], classes=2, ignore=9, **settings)


@pytest.mark.parametrize("trimap", [(), (1,)])
def test_unknown_labels_are_refused_on_either_side(trimap: tuple[int, ...]) -> None:
    with pytest.raises(FormatError, match="gt #0: pixel at row 0, column 5 has the label 9"):
        mean_iou([PRED], [GT], classes=2, trimap=trimap)
    with pytest.raises(FormatError, match="preds #0: pixel at row 0, column 5 has the label 9"):
        mean_iou([GT], [PRED], classes=2, trimap=trimap)


def test_a_mistake_in_a_late_image_stops_the_run() -> None:
    with pytest.raises(MismatchError, match="preds #7: has 1 x 1 pixels"):
        mean_iou([PRED] * 7 + [PRED[:1, :1]], [GT] * 8, classes=2, ignore=9, workers=2)


def test_files_give_the_numbers_of_arrays_and_palettes_are_said(tmp_path: Path) -> None:
    for folder, labels in (("preds", PRED), ("gt", GT)):
        (tmp_path / folder).mkdir()
        picture = Image.fromarray(labels)
        if folder == "gt":
            picture = picture.convert("P")
            picture.putdata(labels.ravel().tolist())
        picture.save(tmp_path / folder / "a.png")
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes=2, ignore=9)
    assert result.miou == 0.625
    assert [note.code for note in result.notes] == ["palette"]
    assert repr(result) == "MeanIoUResult(preds vs gt: mIoU 62.5)"


def test_progress_is_told_image_by_image() -> None:
    told: list[tuple[int, int]] = []
    mean_iou(
        [PRED] * 3, [GT] * 3, classes=2, ignore=9,
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_ground_truth_that_is_all_ignored_is_told_of() -> None:
    result = mean_iou([[[0, 1]]], [[[255, 255]]], classes=2, ignore=255)
    assert result.miou is None
    assert [note.code for note in result.notes] == ["no-pixels"]
