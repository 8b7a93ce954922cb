"""cgF1, against a plain version of its definition and by hand."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.concepts import concept_f1
from segeval.metrics.concepts.scores import BY_THRESHOLD

THRESHOLDS = np.linspace(0.5, 0.95, 10)


def box(rng: np.random.Generator) -> list[float]:
    """A box of any place and size."""
    return [*rng.uniform(0, 20, 2).tolist(), *rng.uniform(5, 20, 2).tolist()]


def near(rng: np.random.Generator, sides: list[float]) -> list[float]:
    """A box close to another one."""
    return [side + float(rng.uniform(-1, 1)) for side in sides]


def truth(objects: list[list[list[float]]], **fields: list[Any]) -> dict[str, Any]:
    """Ground truth with the objects of each image, and fields of the images."""
    images = [
        {"id": place + 1, **{name: values[place] for name, values in fields.items()}}
        for place in range(len(objects))
    ]
    flat = [(place + 1, sides) for place, own in enumerate(objects) for sides in own]
    annotations = [
        {"id": number + 1, "image_id": image, "category_id": 1, "bbox": sides, "iscrowd": 0}
        | {"area": sides[2] * sides[3]}
        for number, (image, sides) in enumerate(flat)
    ]
    return {"images": images, "categories": [{"id": 1}], "annotations": annotations}


def sets(seed: int, annotators: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Predictions and the ground truth of annotators, random: 12 images, a third without objects.

    Some objects are crowd regions, some are marked to be ignored, and some images are not
    exhaustive.
    """
    rng = np.random.default_rng(seed)
    scenes = [
        [box(rng) for _ in range(rng.integers(1, 5) * (place % 3 > 0))] for place in range(12)
    ]
    gts = []
    for _ in range(annotators):
        seen = [[near(rng, one) for one in own if rng.random() < 0.9] for own in scenes]
        gt = truth(seen, is_instance_exhaustive=[bool(rng.random() < 0.9) for _ in scenes])
        for one in gt["annotations"]:
            one["iscrowd"] = int(rng.random() < 0.1)
            one["ignore"] = int(rng.random() < 0.1)
        gts.append(gt)
    found = [[near(rng, one) for one in own if rng.random() < 0.8] for own in scenes]
    preds = [
        {"image_id": place + 1, "bbox": sides, "score": float(rng.choice([0.3, 0.5, 0.9]))}
        for place, own in enumerate(found)
        for sides in [*own, *([box(rng)] if rng.random() < 0.3 else [])]
    ]
    return preds, gts


def plain_iou(a: list[float], b: list[float]) -> float:
    """IoU of two boxes."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def plain_pairs(preds: list[list[float]], gts: list[list[float]]) -> list[float]:
    """The IoUs of the pairing with the largest sum, by trying all."""
    few, many = sorted((preds, gts), key=len)
    iou = [[plain_iou(one, other) for other in many] for one in few]
    every = permutations(range(len(many)), len(few))
    return max(([iou[row][column] for row, column in enumerate(own)] for own in every), key=sum)


def plain_f1(tp: Any, fp: Any, fn: Any) -> Any:
    """F1 with the constants of the official code."""
    precision, recall = tp / (tp + fp + 1e-4), tp / (tp + fn + 1e-4)
    return 2 * precision * recall / (precision + recall + 1e-4)


def plain_image(preds: list[list[float]], gts: list[list[float]]) -> Any:
    """TP, FP, FN of one image at each threshold."""
    iou = np.array(plain_pairs(preds, gts))
    tp = np.array([(iou >= least).sum() for least in THRESHOLDS])
    return tp, len(preds) - tp, len(gts) - tp


def plain(preds: list[dict[str, Any]], gts: list[dict[str, Any]]) -> dict[str, Any]:
    """cgF1 and its parts in plain steps, and the number of images of both kinds."""
    total, positive_fp, macro = np.zeros((3, 10), int), np.zeros(10, int), []
    level = {"tp": 0, "tn": 0, "fp": 0, "fn": 0}
    for place, image in enumerate(gts[0]["images"]):
        if not all(gt["images"][place]["is_instance_exhaustive"] for gt in gts):
            continue
        own = [p["bbox"] for p in preds if p["image_id"] == image["id"] and p["score"] >= 0.5]
        choices = [
            [
                one["bbox"]
                for one in gt["annotations"]
                if one["image_id"] == image["id"] and not one["iscrowd"]
            ]
            for gt in gts
        ]
        best = max(
            choices,
            key=lambda gt: 2.0 if not own and not gt else plain_f1(*plain_image(own, gt)).mean(),
        )
        counts = plain_image(own, best)
        total += counts
        if best:
            positive_fp += counts[1]
        if best and own:
            macro.append(plain_f1(*counts))
        level[("t" if bool(best) == bool(own) else "f") + ("p" if own else "n")] += 1
    tp, fp, fn = total
    a, b, c, d = (level[name] for name in ("tp", "tn", "fp", "fn"))
    product = float(a + c) * float(a + d) * float(b + c) * float(b + d)
    mcc = (a * b - c * d) / (product**0.5 + 1e-6)
    pmf1 = plain_f1(tp, positive_fp, fn)
    return {
        "cgf1": pmf1 * mcc,
        "pmf1": pmf1,
        "macro_f1": sum(macro) / len(macro),
        "precision": tp / (tp + fp + 1e-4),
        "positive_precision": tp / (tp + positive_fp + 1e-4),
        "recall": tp / (tp + fn + 1e-4),
        "f1": plain_f1(tp, fp, fn),
        "level": {**level, "mcc": mcc},
    }


@pytest.mark.parametrize("annotators", [1, 2, 3])
def test_all_numbers_equal_those_of_the_plain_definition(annotators: int) -> None:
    for seed in range(8):
        preds, gts = sets(seed, annotators)
        expected = plain(preds, gts)
        scores = concept_f1(preds, gts, iou="bbox").scores
        for name in BY_THRESHOLD:
            found = [getattr(one, name) for one in scores.thresholds]
            assert found == expected[name].tolist(), (seed, name)
            assert getattr(scores.mean, name) == expected[name].mean()
        level = {name: getattr(scores.image_level, name) for name in expected["level"]}
        assert level == expected["level"]


def test_masks_are_paired_by_their_own_iou() -> None:
    half = [[0, 0, 10, 0, 10, 5, 0, 5]]
    whole = [[0, 0, 10, 0, 10, 10, 0, 10]]
    gt = truth([[[0, 0, 10, 10]], []])
    for image in gt["images"]:
        image |= {"height": 20, "width": 20}
    gt["annotations"][0]["segmentation"] = whole
    preds = [{"image_id": 1, "segmentation": half, "bbox": [0, 0, 10, 10], "score": 1.0}]
    scores = concept_f1(preds, gt).scores
    assert [one.tp for one in scores.thresholds] == [1] + [0] * 9
    assert [one.tp for one in concept_f1(preds, gt, iou="bbox").scores.thresholds] == [1] * 10


def test_a_false_positive_in_a_negative_image_costs_mcc_and_not_pmf1() -> None:
    gt = truth([[[0, 0, 9, 9]], [], []])
    exact = {"image_id": 1, "bbox": [0, 0, 9, 9], "score": 0.9}
    false = {"image_id": 2, "bbox": [0, 0, 9, 9], "score": 0.9}
    clean, spoilt = (concept_f1(own, gt, iou="bbox") for own in ([exact], [exact, false]))
    assert clean.il_mcc == pytest.approx(1)
    assert spoilt.il_mcc == pytest.approx(0.5)
    assert clean.pmf1 == spoilt.pmf1 == pytest.approx(1, abs=2e-4)
    assert spoilt.cgf1_50 == spoilt.cgf1_75 == pytest.approx(spoilt.cgf1)
    assert spoilt.cgf1 == pytest.approx(0.5, abs=2e-4)
    assert spoilt.scores.mean.precision == pytest.approx(0.5, abs=1e-4)


def test_the_annotator_that_agrees_best_counts_in_each_image() -> None:
    one, other = truth([[[0, 0, 9, 9]], [[0, 0, 9, 9]]]), truth([[[50, 0, 9, 9]], []])
    preds = [{"image_id": 1, "bbox": [50, 0, 9, 9], "score": 0.9}]
    scores = concept_f1(preds, [one, other], iou="bbox").scores
    assert [image.annotator for image in scores.images] == [1, 1]
    assert (scores.positives, scores.negatives, scores.thresholds[0].fn) == (1, 1, 0)


def test_neither_the_order_of_images_nor_threads_change_a_number() -> None:
    preds, [gt] = sets(3, 1)
    other = {**gt, "images": gt["images"][::-1], "annotations": gt["annotations"][::-1]}
    found = concept_f1(preds, gt, iou="bbox", workers=1).scores
    assert concept_f1(preds[::-1], other, iou="bbox", workers=3).scores == found


def test_a_score_equal_to_the_least_one_counts() -> None:
    gt = truth([[[0, 0, 9, 9]], []])
    preds = [{"image_id": 1, "bbox": [0, 0, 9, 9], "score": 0.5}]
    assert concept_f1(preds, gt, iou="bbox").scores.thresholds[0].tp == 1
    found = concept_f1(preds, gt, iou="bbox", min_score=0.51)
    assert found.scores.thresholds[0].fn == 1
    assert any(note.code == "min-score" for note in found.notes)


def test_what_is_not_defined_is_none() -> None:
    positive = concept_f1([], truth([[[0, 0, 9, 9]]]), iou="bbox")
    assert positive.il_mcc is None
    assert positive.cgf1 is None
    assert positive.scores.mean.macro_f1 is None
    assert positive.scores.image_level.fpr is None
    assert positive.pmf1 == positive.scores.mean.recall == 0
    assert "no-negative" in [note.code for note in positive.notes]
    negative = concept_f1([], truth([[], []]), iou="bbox")
    assert negative.pmf1 is None
    assert negative.scores.mean.f1 is None
    assert negative.scores.image_level.f1 is None
    assert "no-positive" in [note.code for note in negative.notes]


def test_a_model_that_predicts_everywhere_has_no_correlation() -> None:
    preds = [{"image_id": image, "bbox": [0, 0, 9, 9], "score": 0.9} for image in (1, 2)]
    assert concept_f1(preds, truth([[[0, 0, 9, 9]], []]), iou="bbox").cgf1 == 0


def test_images_that_are_not_exhaustive_are_left_out_and_counted() -> None:
    gt = truth([[[0, 0, 9, 9]], [], []], is_instance_exhaustive=[1, None, True])
    found = concept_f1([{"image_id": 2, "bbox": [0, 0, 9, 9], "score": 0.9}], gt, iou="bbox")
    assert [image.id for image in found.scores.images] == [1, 3]
    [note] = [note for note in found.notes if note.code == "not-exhaustive"]
    assert note.message == "1 image of 3 is not exhaustively annotated, and not judged"


def test_without_the_field_all_images_count_and_a_note_says_so() -> None:
    found = concept_f1([], truth([[[0, 0, 9, 9]], []]), iou="bbox")
    assert len(found.scores.images) == 2
    assert "exhaustive-unknown" in [note.code for note in found.notes]


def test_a_field_that_some_images_lack_is_refused() -> None:
    gt = truth([[], []], is_instance_exhaustive=[True, True])
    del gt["images"][1]["is_instance_exhaustive"]
    with pytest.raises(FormatError, match=r"image 2 \(record #1\).* is missing, which other"):
        concept_f1([], gt, iou="bbox")


def test_no_image_to_judge_is_refused() -> None:
    gt = truth([[], []], is_instance_exhaustive=[False, False])
    with pytest.raises(InputError, match="no image has a true is_instance_exhaustive"):
        concept_f1([], gt, iou="bbox")


def test_annotators_of_other_images_are_refused() -> None:
    few, many = truth([[]]), truth([[], []])
    for gts in ([few, many], [many, few]):
        with pytest.raises(MismatchError, match=r"lacks 1 image of .*, such as 2"):
            concept_f1([], gts, iou="bbox")


def test_a_file_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(truth([[]])))
    with pytest.raises(InputError, match="is given twice"):
        concept_f1([], [path, path], iou="bbox")


def test_standard_input_and_no_ground_truth_are_refused() -> None:
    with pytest.raises(InputError, match="cannot be standard input"):
        concept_f1([], "-")
    with pytest.raises(InputError, match="expected ground truth"):
        concept_f1([], [])


def test_swapped_files_are_told_with_the_right_call(tmp_path: Path) -> None:
    preds, gt = tmp_path / "preds.json", tmp_path / "gt.json"
    preds.write_text(json.dumps([{"image_id": 1, "bbox": [0, 0, 9, 9], "score": 0.9}]))
    gt.write_text(json.dumps(truth([[[0, 0, 9, 9]]])))
    with pytest.raises(InputError, match=r"Swap them: `concept_f1\("):
        concept_f1(str(gt), str(preds), iou="bbox")


def test_a_set_of_another_kind_of_iou_is_refused() -> None:
    with pytest.raises(InputError, match="segm"):
        concept_f1([], truth([[]]), iou="boundary")


def test_columns_in_memory_are_taken_too() -> None:
    preds, [gt] = sets(1, 1)
    for image in gt["images"]:
        del image["is_instance_exhaustive"]
    columns = segeval.load_ground_truth(gt)
    assert concept_f1(preds, columns, iou="bbox").scores == concept_f1(preds, gt, iou="bbox").scores


def in_parts(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with boxes as parts of an image of 60 x 60, as SA-Co writes them."""
    return [{**one, "bbox": [side / 60 for side in one["bbox"]]} for one in records]


@pytest.mark.parametrize("annotators", [1, 2])
def test_boxes_may_be_parts_of_the_image_in_all_files(annotators: int) -> None:
    preds, gts = sets(5, annotators)
    for gt in gts:
        gt["annotations"] = in_parts(gt["annotations"])
        for image in gt["images"]:
            image |= {"height": 60, "width": 60}
    found = concept_f1(in_parts(preds), gts, iou="bbox")
    expected = plain(in_parts(preds), gts)
    assert [one.cgf1 for one in found.scores.thresholds] == expected["cgf1"].tolist()
    assert not {"mask-area", "outside-image"} & {note.code for note in found.notes}


def test_boxes_as_parts_in_one_file_and_pixels_in_another_are_refused() -> None:
    preds, [gt] = sets(5, 1)
    with pytest.raises(MismatchError, match=r"predictions: all boxes lie within -1 \.\. 2"):
        concept_f1(in_parts(preds), gt, iou="bbox")
    gt["annotations"] = in_parts(gt["annotations"])
    with pytest.raises(MismatchError, match=r"ground truth: all boxes lie within -1 \.\. 2"):
        concept_f1(preds, gt, iou="bbox")


def test_masks_are_compared_whatever_the_boxes_say() -> None:
    square = [[0, 0, 10, 0, 10, 10, 0, 10]]
    gt = truth([[[0, 0, 10, 10]], []])
    gt["annotations"] = [{**one, "segmentation": square} for one in in_parts(gt["annotations"])]
    for image in gt["images"]:
        image |= {"height": 60, "width": 60}
    preds = [{"image_id": 1, "segmentation": square, "score": 1.0}]
    found = concept_f1(preds, gt)
    assert found.cgf1 == pytest.approx(1, abs=2e-4)
    assert not {"mask-and-box", "mask-area"} & {note.code for note in found.notes}


def test_crowd_regions_are_left_out_and_counted() -> None:
    gt = truth([[[0, 0, 9, 9]], [[0, 0, 9, 9]], []])
    gt["annotations"][1]["iscrowd"] = 1
    preds = [{"image_id": image, "bbox": [0, 0, 9, 9], "score": 0.9} for image in (1, 2)]
    found = concept_f1(preds, gt, iou="bbox")
    level = found.scores.image_level
    assert (level.tp, level.fp, level.tn) == (1, 1, 1)
    assert "ground truth: 1 crowd region left out" in [note.message for note in found.notes]


def test_no_least_score_is_refused() -> None:
    with pytest.raises(InputError, match="`min_score` is None, expected a number"):
        concept_f1([], truth([[]]), min_score=None)  # type: ignore[arg-type]
