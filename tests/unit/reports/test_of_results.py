"""Reports of results, whose inputs are found again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval.data.synthetic import furniture
from segeval.errors import InputError, MismatchError
from segeval.reports.same_evaluation import refuse_other_evaluation
from tests.page_reader import assert_sound
from tests.unit.reports.panoptic_files import panoptic_files
from tests.unit.reports.test_report import FEW

SCENE = furniture(images=14)
GT, A, B = SCENE.ground_truth, SCENE.weaker, SCENE.better


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Predictions of two models and ground truth."""
    found = {}
    for name, content in (("a", A), ("b", B), ("gt", GT)):
        found[name] = tmp_path / f"{name}.json"
        found[name].write_text(json.dumps(content))
    return found


def test_the_page_of_a_result_is_that_of_its_files_and_settings(files: dict[str, Path]) -> None:
    result = segeval.average_precision(
        files["b"], files["gt"], sizes="3dfuture", categories=["chair", "lamp"]
    )
    page = result.report(top=2, **FEW)
    wanted = segeval.report(
        files["b"], files["gt"], sizes="3dfuture", categories=["chair", "lamp"], top=2, **FEW
    )
    assert page.html == wanted.html
    sound = assert_sound(page.html)
    assert sound.numbers["models"][0]["ap"]["results"]["segm"]["ap"] == result.ap
    assert "overlaps no object of the chosen categories" in sound.words


def test_two_results_are_compared(files: dict[str, Path]) -> None:
    a, b = (segeval.average_precision(files[name], files["gt"]) for name in "ab")
    wanted = segeval.report(files["a"], files["b"], files["gt"], top=0, **FEW)
    assert b.report(against=a, top=0, **FEW).html == wanted.html
    assert b.report(against=files["a"], top=0, **FEW).html == wanted.html


def test_predictions_in_several_files_are_found_again(files: dict[str, Path]) -> None:
    second = files["b"].with_name("second.json")
    files["b"].write_text(json.dumps(B[:40]))
    second.write_text(json.dumps(B[40:]))
    result = segeval.average_precision([files["b"], second], files["gt"])
    page = result.report(top=0, **FEW)
    assert page.numbers["models"][0]["ap"]["results"]["segm"]["ap"] == result.ap


def test_columns_are_found_as_long_as_they_are_in_memory() -> None:
    from segeval.data import load_ground_truth, load_predictions

    preds, gt = load_predictions(B), load_ground_truth(GT)
    result = segeval.average_precision(preds, gt)
    assert "AP is" in result.report(top=0, **FEW).sentences[0]
    del preds
    with pytest.raises(InputError, match=r"no longer holds its predictions: only files, and col"):
        result.report(top=0, **FEW)
    assert "AP is" in result.report(preds=B, top=0, **FEW).sentences[0]


def test_records_in_memory_are_to_be_given_again() -> None:
    result = segeval.average_precision(B, GT)
    with pytest.raises(InputError, match=r"Give them: `report\(preds=preds\)`\."):
        result.report()
    with pytest.raises(InputError, match=r"ground truth.* Give them: `report\(gt=gt\)`\."):
        result.report(preds=B)
    with pytest.raises(InputError, match=r"Give them: `report\(against=preds\)`\."):
        result.report(preds=B, gt=GT, against=result)


def test_a_file_that_has_changed_is_refused(files: dict[str, Path]) -> None:
    result = segeval.average_precision(files["b"], files["gt"])
    files["b"].write_text(json.dumps(A))
    with pytest.raises(InputError, match=r"b\.json: has changed since it was evaluated"):
        result.report()


def test_a_result_of_an_official_package_has_no_report(files: dict[str, Path]) -> None:
    result = segeval.average_precision(files["b"], files["gt"], compat="pycocotools")
    with pytest.raises(InputError, match="`compat` does not go with a report"):
        result.report()


def _label_maps(folder: Path) -> tuple[Path, Path]:
    """Predictions with a class too wide, and ground truth."""
    gt = np.zeros((20, 30), np.uint8)
    gt[5:15, 5:20] = 1
    for name, pixels in (("preds", np.roll(gt, 1, 1)), ("gt", gt)):
        (folder / name).mkdir(parents=True)
        Image.fromarray(pixels).save(folder / name / "street.png")
    return folder / "preds", folder / "gt"


def test_a_result_of_label_maps_has_the_page_of_its_folders(tmp_path: Path) -> None:
    preds, gt = _label_maps(tmp_path)
    asked: dict[str, Any] = {"classes": {0: "road", 1: "car"}, "trimap": [2]}
    result = segeval.mean_iou(preds, gt, **asked)
    page = result.report(top=0, **FEW)
    assert page.html == segeval.report(preds, gt, **asked, top=0, **FEW).html
    picture = result.show("street")
    assert (picture.name, picture.notes) == ("street.png", ())
    assert picture._repr_png_().startswith(b"\x89PNG")
    Image.fromarray(np.ones((20, 30), np.uint8)).save(preds / "street.png")
    with pytest.raises(InputError, match=r"preds: has changed since it was evaluated"):
        result.report()
    with pytest.raises(InputError, match=r"preds: has changed since it was evaluated"):
        result.show("street")


def test_results_of_panoptic_files_have_their_page_alone_and_against_another(
    tmp_path: Path,
) -> None:
    a, b, gt = panoptic_files(tmp_path, 3)
    one, two = (segeval.panoptic_quality(preds, gt, iou="boundary") for preds in (a, b))
    page = two.report(against=one, top=0, **FEW)
    assert page.html == segeval.report(a, b, gt, iou="boundary", top=0, **FEW).html
    picture = two.show(2)
    assert (picture.name, picture.notes) == ("2.png  image 2", ())
    words = [text.get_text() for text in picture.figure.axes[0].texts]
    assert words[0].startswith("2.png  image 2  PQ ")
    (tmp_path / "a" / "2.png").write_bytes(b"other")
    with pytest.raises(InputError, match=r"a: has changed since it was evaluated"):
        two.report(against=one)


def test_arrays_in_memory_are_to_be_given_again() -> None:
    gt = [np.eye(8, dtype=np.uint8)]
    result = segeval.mean_iou(gt, gt, classes=2)
    with pytest.raises(InputError, match=r"Give them: `report\(preds=preds\)`\."):
        result.report()
    assert "mIoU is 100.0" in result.report(preds=gt, gt=gt, top=0, **FEW).sentences[0]
    with pytest.raises(InputError, match=r"Give them: `show\('0', preds=preds\)`\."):
        result.show("0")
    assert result.show("0", preds=gt, gt=gt).name == "0"


def test_results_that_keep_no_files_say_how_to_make_their_page() -> None:
    with pytest.raises(InputError) as caught:
        segeval.compare(A, B, GT).report(top=2)
    assert str(caught.value) == (
        "Comparison does not keep the files that it came from, and a page shows more of them than "
        "its numbers. Give the files to `report`, which makes pages of instances, label maps "
        "and panoptic files of one model or of two: `report(preds, gt)` or "
        "`report(a, b, gt)`."
    )


def test_inputs_are_found_again_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _label_maps(tmp_path)
    panoptic_files(tmp_path / "pq", 2)
    (tmp_path / "pq" / "a").rename(tmp_path / "pictures")
    (tmp_path / "classes.txt").write_text("0 road\n1 car\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    maps = segeval.mean_iou("preds", "gt", classes="classes.txt")
    segments = segeval.panoptic_quality("pq/a.json", "pq/gt.json", preds_dir="pictures")
    monkeypatch.chdir("elsewhere")
    assert maps.show("street").name == "street.png"
    assert "mIoU is" in maps.report(top=0, **FEW).sentences[0]
    assert segments.show(1).name == "1.png  image 1"
    (tmp_path / "pq" / "a.json").unlink()
    with pytest.raises(InputError) as caught:
        segments.show(1)
    assert str(caught.value) == (
        f"pq/a.json: not found, expected what was evaluated. It was {tmp_path / 'pq' / 'a.json'}."
    )
    (tmp_path / "classes.txt").write_text("0 road\n1 tram\n")
    with pytest.raises(InputError, match=r"^classes\.txt: has changed since it was evaluated"):
        maps.report()


def test_files_that_nothing_reads_may_come_and_go(tmp_path: Path) -> None:
    preds, gt = _label_maps(tmp_path / "maps")
    a, _, truth = panoptic_files(tmp_path, 2)
    maps = segeval.mean_iou(preds, gt, classes=2)
    segments = segeval.panoptic_quality(a, truth)
    for folder in (preds, gt, tmp_path / "a"):
        (folder / "notes.txt").write_text("kept beside")
    (tmp_path / "a" / "preview.png").write_bytes(b"other")
    assert maps.show("street").name == "street.png"
    assert segments.show(1).name == "1.png  image 1"
    Image.fromarray(np.ones((20, 30), np.uint8)).save(gt / "new.png")
    with pytest.raises(InputError, match=r"gt: has changed since it was evaluated"):
        maps.show("street")


def test_a_result_by_other_settings_is_no_other_model(files: dict[str, Path]) -> None:
    boxes = segeval.average_precision(files["a"], files["gt"], iou="bbox", min_score=0.2)
    masks = segeval.average_precision(files["b"], files["gt"])
    with pytest.raises(MismatchError) as caught:
        masks.report(against=boxes)
    assert str(caught.value) == (
        "`against` was evaluated with `iou=['bbox']` and `min_score=0.2`, this result with "
        "`iou=['segm']` and `min_score=None`. A page compares two models by the same rules on the "
        "same ground truth: evaluate both so. Predictions are evaluated as this result is: "
        "`report(against=preds)`."
    )
    page = masks.report(against=boxes, iou="segm", min_score=0.3, top=0, **FEW)
    assert page.numbers["models"][0]["ap"]["settings"]["min_score"] == 0.3


def test_a_result_on_another_ground_truth_is_no_other_model(files: dict[str, Path]) -> None:
    copy, cut = (files["gt"].with_name(name) for name in ("copy.json", "cut.json"))
    copy.write_bytes(files["gt"].read_bytes())
    cut.write_text(json.dumps({**GT, "annotations": GT["annotations"][:20]}))
    a = segeval.average_precision(files["a"], cut)
    b = segeval.average_precision(files["b"], files["gt"])
    with pytest.raises(MismatchError) as caught:
        b.report(against=a)
    assert str(caught.value).startswith(
        f"`against` was evaluated on {cut}, this result on {files['gt']}. A page compares two"
    )
    assert (
        "is better than A"
        in b.report(against=segeval.average_precision(files["a"], copy), top=0, **FEW).sentences[0]
    )
    in_memory = segeval.average_precision(files["a"], json.loads(cut.read_text()))
    with pytest.raises(MismatchError, match=r"^`against` was evaluated on ground truth, this res"):
        b.report(against=in_memory)


def test_ground_truth_in_memory_is_told_by_its_boxes_and_masks_too(files: dict[str, Path]) -> None:
    objects = GT["annotations"]
    moved = {**objects[3], "bbox": [each + 1 for each in objects[3]["bbox"]]}
    same = segeval.average_precision(files["a"], {**GT, "annotations": list(objects)})
    other = segeval.average_precision(
        files["a"], {**GT, "annotations": [*objects[:3], moved, *objects[4:]]}
    )
    b = segeval.average_precision(files["b"], GT)
    refuse_other_evaluation(b, same, None, ())
    with pytest.raises(
        MismatchError, match=r"^`against` was evaluated on another ground truth tha"
    ):
        refuse_other_evaluation(b, other, None, ())


def test_label_maps_of_other_classes_and_panoptic_files_are_no_other_model(tmp_path: Path) -> None:
    preds, gt = _label_maps(tmp_path)
    road, both = ({0: "road", **more} for more in ({}, {1: "car"}))
    a = segeval.mean_iou(preds, gt, classes=road, ignore="others")
    b = segeval.mean_iou(preds, gt, classes=both)
    with pytest.raises(MismatchError) as caught:
        b.report(against=a)
    assert str(caught.value).startswith(
        "`against` was evaluated with `classes` without {1: 'car'} and `ignore=["
    )
    assert ", this result with `classes` with {1: 'car'} and `ignore=[" in str(caught.value)
    with pytest.raises(MismatchError) as caught:
        b.report(against=segeval.compare(A, B, GT, resamples=20))
    assert str(caught.value) == (
        "`against` is a Comparison, and this result a MeanIoUResult: expected two of one kind. "
        "Give results of the same function, or the predictions themselves: "
        "`report(against=preds)`."
    )


def test_a_picture_of_arguments_that_do_not_fit_is_refused(tmp_path: Path) -> None:
    preds, gt = _label_maps(tmp_path)
    maps: Any = segeval.mean_iou(preds, gt, classes=2)
    objects: Any = segeval.average_precision(B, GT)
    for result, image, how, words in (
        (maps, None, {}, "`image` is None, expected its id or file name."),
        (objects, 1.5, {}, "`image` is 1.5, expected its id or file name."),
        (maps, "street", {"dark": 1}, "`dark` is 1, expected True or False."),
        (objects, 1, {"workers": "x"}, "`workers` is 'x', expected a whole number of threads."),
        (objects, 1, {"workers": 0}, "`workers` is 0, expected 1 or more."),
        (maps, "street", {"images": 5}, "`images` is 5, expected the folder of the photographs."),
        (
            maps,
            "street",
            {"title": "x"},
            (
                "`title` is no argument of the `show` of MeanIoUResult, expected images, dark, "
                "preds or gt."
            ),
        ),
    ):
        with pytest.raises(InputError) as caught:
            result.show(image, **how)
        assert str(caught.value) == words
