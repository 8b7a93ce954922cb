"""AP of files whose ids are text or unsigned hashes."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import Matches, average_precision, load_ground_truth, load_predictions, match
from segeval.analysis.sweep import sweep_max_dets
from segeval.checks.search import check
from segeval.data import GroundTruth, Predictions
from segeval.data.open_images import coco_to_open_images
from segeval.errors import InputError, MismatchError

BOX = [0, 0, 9, 9]


def ground_truth(*ids: Any, names: dict[Any, str] | None = None, category: Any = 1) -> Any:
    """One object in each image."""
    return {
        "images": [
            {"id": each, "height": 9, "width": 9, "file_name": (names or {}).get(each, "")}
            for each in ids
        ],
        "categories": [{"id": category, "name": "cat"}],
        "annotations": [
            {
                "id": place,
                "image_id": each,
                "category_id": category,
                "bbox": BOX,
                "area": 81,
                "iscrowd": 0,
            }
            for place, each in enumerate(ids, start=1)
        ],
    }


def predictions(*ids: Any, category: Any = 1) -> Any:
    """One prediction in each image, scores falling."""
    return [
        {"image_id": each, "category_id": category, "bbox": BOX, "score": 1 - place / 100}
        for place, each in enumerate(ids)
    ]


def refusal(preds: Any, gt: Any) -> InputError:
    with pytest.raises(InputError) as error:
        average_precision(preds, gt, iou="bbox")
    [found, *_] = check(preds, gt).errors
    assert found.refusal().message == error.value.message
    return error.value


def test_text_in_both_files_is_scored_and_shown() -> None:
    result = average_precision(
        predictions("b", "a", category="cat"),
        ground_truth("a", "b", "c", category="cat"),
        iou="bbox",
    )
    assert [(image.id, image.preds) for image in result.first.images] == [
        ("a", 1),
        ("b", 1),
        ("c", 0),
    ]
    assert result.first.categories[0].id == "cat"
    assert result.to_dict(per_image=True)["results"]["bbox"]["images"][0]["id"] == "a"


def test_equal_scores_are_ranked_by_the_order_of_the_text() -> None:
    """As in pycocotools, which sorts ids; the order in the files says nothing."""
    gt = ground_truth("10", "9", "b")
    del gt["annotations"][0]  # a prediction for "10" is wrong, and "10" comes first
    preds = [{**each, "score": 0.5} for each in predictions("b", "9", "10")]
    result = average_precision(preds, gt, iou="bbox", thresholds=0.5)
    # precision at full recall is 2 of 3, and nowhere higher
    assert result.ap == pytest.approx(2 / 3)


def test_images_are_chosen_by_their_text() -> None:
    result = average_precision(
        predictions("a", "b"), ground_truth("a", "b"), iou="bbox", images=["b"]
    )
    assert [image.id for image in result.first.images] == ["b"]
    with pytest.raises(InputError, match='has no image "c"'):
        average_precision(predictions("a"), ground_truth("a"), iou="bbox", images=["c"])


def test_parts_with_text_merge_to_the_whole() -> None:
    """In any order, also where each file of ground truth numbers its ids anew."""
    names = ("d", "b", 'a"', "c")
    preds, gt = predictions(*names), ground_truth(*names)
    whole = match(preds, gt, iou="bbox")
    parts = [match(predictions(each), ground_truth(each), iou="bbox") for each in names]
    for order in ((0, 1, 2, 3), (3, 1, 0, 2)):
        merged = Matches.merge([Matches.from_bytes(parts[i].to_bytes()) for i in order])
        assert merged.image_keys == whole.image_keys == tuple(sorted(names))
        assert merged.image_ids.tolist() == whole.image_ids.tolist()
    with pytest.raises(MismatchError, match='image id "b" is also in'):
        Matches.merge([parts[1], whole])


def test_a_part_of_the_images_keeps_no_other_ids() -> None:
    matches = match(predictions("a", "b"), ground_truth("a", "b", "c"), iou="bbox", images=["b"])
    assert matches.image_keys == ("b",)


def test_damaged_keys_are_no_part() -> None:
    data = match(predictions("a", "b"), ground_truth("a", "b"), iou="bbox").to_bytes()
    header = b'"image_keys": ["a", "b"]'
    assert header in data
    for other in (
        b'"image_keys": ["b", "a"]',
        b'"image_keys": ["a"]     ',
        b'"image_keys": [1, null] ',
    ):
        with pytest.raises(InputError):
            Matches.from_bytes(data.replace(header, other.ljust(len(header))))


def test_files_evaluated_twice_keep_their_columns() -> None:
    preds, gt = load_predictions(predictions("a", "x")), load_ground_truth(ground_truth("a", "b"))
    for _ in range(2):
        result = average_precision(preds, gt, iou="bbox", skip_unknown=True)
        assert [image.id for image in result.first.images] == ["a", "b"]
    assert preds.image_keys == ("a", "x")


def test_unknown_text_is_named() -> None:
    error = refusal(predictions("a", "x"), ground_truth("a", "b"))
    assert error.message.startswith(
        "predictions: 1 prediction is for 1 image that ground truth does not have, first image_id "
        '"x" (prediction #1).'
    )
    error = refusal(predictions("a", category="dog"), ground_truth("a", category="cat"))
    assert error.message.startswith(
        'predictions: 1 prediction has category_id "dog", which ground truth does not list (1 '
        'category, "cat"), in prediction #0 (image_id "a").'
    )


def test_an_unsigned_hash_beside_small_ids_is_an_unknown_image() -> None:
    error = refusal(predictions(1, 2**64 - 1), ground_truth(1, 2))
    assert "first image_id 18446744073709551615 (prediction #1)" in error.message


def test_repeated_text_is_named() -> None:
    error = refusal(predictions("a"), ground_truth("b", "a", "b"))
    assert error.message == (
        'ground truth: image id "b" occurs twice (records #0 and #2); ids must be unique.'
    )


FILES = {397133: "val/000000397133.jpg", 37777: "val/000000037777.jpg"}


@pytest.mark.parametrize(
    ("preds", "gt", "message"),
    [
        (
            predictions("397133", "37777"),
            ground_truth(397133, 37777),
            (
                'prediction #0: image_id is text ("397133"), but ground truth has numbers for '
                "its 2 "
                "images, such as 397133, 37777. 1 more like it. Write it as a number."
            ),
        ),
        (
            predictions("000000397133.jpg"),
            ground_truth(*FILES, names=FILES),
            (
                'prediction #0: image_id is text ("000000397133.jpg"), but ground truth has '
                "numbers "
                'for its 2 images, such as 397133, 37777. "000000397133.jpg" is the file name '
                "of image "
                "397133: write its id."
            ),
        ),
        (
            predictions("000000037777"),
            ground_truth(*FILES, names=FILES),
            (
                'prediction #0: image_id is text ("000000037777"), but ground truth has numbers '
                "for "
                'its 2 images, such as 397133, 37777. "000000037777" is the file name without its '
                "suffix of image 37777: write its id."
            ),
        ),
        (
            predictions("000000037777"),
            ground_truth(*FILES),
            (
                'prediction #0: image_id is text ("000000037777"), but ground truth has numbers '
                "for "
                "its 2 images, such as 397133, 37777. Is it image 37777? Write that id as a number."
            ),
        ),
        (
            predictions("IMG_1"),
            ground_truth(*FILES, names=FILES),
            (
                'prediction #0: image_id is text ("IMG_1"), but ground truth has numbers for its 2 '
                "images, such as 397133, 37777. Write the ids of ground truth."
            ),
        ),
        (
            predictions(7),
            ground_truth("7", "8"),
            (
                "prediction #0: image_id is a number (7), but ground truth has text for its 2 "
                "images, "
                'such as "7", "8". ground truth writes it as text, "7": write text.'
            ),
        ),
        (
            predictions(1),
            ground_truth("town_000000_000019"),
            (
                "prediction #0: image_id is a number (1), but ground truth has text for its 1 "
                "image, "
                'such as "town_000000_000019". Write the ids of ground truth.'
            ),
        ),
        (
            predictions(1, category="cat"),
            ground_truth(1, category=3),
            (
                'prediction #0: category_id is text ("cat"), but ground truth has numbers for '
                "its 1 "
                'category, such as 3. "cat" is the name of category 3: write its id.'
            ),
        ),
    ],
)
def test_text_beside_numbers_is_told_from_both_files(preds: Any, gt: Any, message: str) -> None:
    error = refusal(preds, gt)
    assert error.message == f"predictions: {message}"
    assert (error.code, type(error)) == ("id-type", MismatchError)
    with pytest.raises(MismatchError):
        average_precision(preds, gt, iou="bbox", compat="pycocotools")


def test_an_empty_file_has_no_kind_of_ids() -> None:
    assert average_precision([], ground_truth("a"), iou="bbox").ap == 0
    assert (
        average_precision(predictions("a"), ground_truth(), iou="bbox", skip_unknown=True).ap
        is None
    )


def test_a_sweep_counts_images_by_their_text() -> None:
    sweep = sweep_max_dets(predictions("a", "b"), ground_truth("a", "b"), at=[1], iou="bbox")
    assert [point.ap for point in sweep.points] == [1.0]


def test_parts_of_the_set_are_one_after_concatenation() -> None:
    preds = Predictions.concatenate([load_predictions(predictions(each)) for each in "ba"])
    gt = GroundTruth.concatenate(
        [
            load_ground_truth(
                {**file, "annotations": [{**file["annotations"][0], "id": f"object {each}"}]}
            )
            for each, file in ((each, ground_truth(each)) for each in "ab")
        ]
    )
    assert average_precision(preds, gt, iou="bbox").ap == 1


def test_open_images_get_the_text_as_their_ids() -> None:
    files, _ = coco_to_open_images(
        load_ground_truth(ground_truth("b", "a")), load_predictions(predictions("a"))
    )
    assert [line.partition(",")[0] for line in files["boxes.csv"].splitlines()[1:]] == ["b", "a"]
    assert files["preds.csv"].splitlines()[1].startswith("a,")


def test_categories_of_any_kind_are_ignored_with_agnostic() -> None:
    gt = ground_truth("a", "b", category="cat")
    for category in (0, "dog"):
        preds = predictions("a", "b", category=category)
        assert average_precision(preds, gt, iou="bbox", agnostic=True).ap == 1
        assert not check(preds, gt, agnostic=True).errors


def test_categories_in_another_order_are_named_by_their_text() -> None:
    """Only the order can be meant: text has no numbers to shift."""
    names = ("ant", "bee", "cow")
    gt = ground_truth(*range(60))
    gt["categories"] = [{"id": name} for name in names]
    preds = predictions(*range(60))
    for place, (pred, annotation) in enumerate(zip(preds, gt["annotations"], strict=True)):
        annotation["category_id"] = names[place % 3]
        pred["category_id"] = names[(place + 1) % 3]
    message = next(
        each.message for each in check(preds, gt).warnings if "fit objects" in each.message
    )
    assert '"ant" instead of "bee"' in message
    assert "+ 1" not in message


def test_files_of_different_kinds_are_checked_one_by_one() -> None:
    report = check(predictions("1", "2"), ground_truth(1, 2))
    assert [each.code for each in report.errors] == ["id-type"]
