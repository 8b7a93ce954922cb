"""What the presence of one category says about another, and scores that follow from it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval import load_predictions
from segeval.data import GroundTruth, Predictions, load_ground_truth
from segeval.errors import InputError
from segeval.masks import compress, encode
from segeval.rescore import rescore_cooccurrence
from segeval.rescore.by_cooccurrence import Rule, rescored_by_cooccurrence
from segeval.rescore.statistics.presence import Cooccurrence, cooccurrence

IDS = {"P": 1, "G": 2}
IMAGES = ["PPG", "PG", "G", "PPP", "P"]
LAX: dict[str, Any] = {"min_images": 1, "min_lift": 0.0}


def of_images(images: list[str], **more: Any) -> GroundTruth:
    """Ground truth with an object for each letter."""
    records = [(image, IDS[name]) for image, names in enumerate(images) for name in names]
    return load_ground_truth(
        {
            "images": [{"id": image, **more} for image in range(len(images))],
            "categories": [{"id": k, "name": n, "frequency": "f"} for n, k in IDS.items()],
            "annotations": [
                {
                    "id": n,
                    "image_id": image,
                    "category_id": k,
                    "bbox": [0, 0, 9, 9],
                    "area": 81,
                    "iscrowd": 0,
                }
                for n, (image, k) in enumerate(records)
            ],
        }
    )


def statistics(smoothing: float = 0.0) -> Cooccurrence:
    """Of the worked example."""
    return cooccurrence(of_images(IMAGES), smoothing=smoothing)


def rows(*pairs: tuple[str, float], image: int = 1) -> list[dict[str, Any]]:
    """Predictions of one image, by category and score."""
    return [
        {"image_id": image, "category_id": IDS[n], "score": s, "bbox": [k, 0, 9, 9]}
        for k, (n, s) in enumerate(pairs)
    ]


def test_the_condition_is_the_category_that_was_seen() -> None:
    found = statistics()
    assert found.present.tolist() == [4, 3]
    assert found.together[0, 1] == 2
    assert found.probability[0, 1] == pytest.approx(2 / 3)  # a person beside a guitar
    assert found.probability[1, 0] == pytest.approx(1 / 2)
    assert found.as_printed[0, 1] == pytest.approx(3 / 7)  # objects, and the wrong way round


def test_smoothing_draws_towards_the_usual_frequency() -> None:
    found = statistics(1)
    assert found.probability[0, 1] == pytest.approx(2.8 / 4)
    assert found.lift[0, 1] == pytest.approx(0.7 / 0.8)


def test_images_without_objects_count() -> None:
    assert cooccurrence(of_images([*IMAGES, "", ""])).frequency.tolist() == [4 / 7, 3 / 7]


def test_of_federated_data_only_verified_images_count() -> None:
    lvis: dict[str, list[int]] = {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    found = cooccurrence(of_images(["PG", "P", "G"], **lvis), smoothing=0)
    assert found.known.tolist() == [[2, 1], [1, 2]]  # nobody looked for guitars in the second image
    assert found.probability[1, 0] == 1


def test_the_worked_rule() -> None:
    preds = load_predictions(rows(("G", 0.9), ("P", 0.3), ("P", 0.2)))
    found = rescored_by_cooccurrence(preds, statistics(), Rule(**LAX))
    assert found.tolist() == pytest.approx([0.9, 0.6, 0.2])
    half = rescored_by_cooccurrence(preds, statistics(), Rule(blend=0.5, **LAX))
    assert half.tolist() == pytest.approx([0.9, 0.45, 0.2])
    scaled = rescored_by_cooccurrence(preds, statistics(), Rule(apply="scale", **LAX))
    assert scaled.tolist() == pytest.approx([0.9, 0.6, 0.4])


@pytest.mark.parametrize(
    "preds",
    [
        rows(("G", 0.49), ("P", 0.3)),  # not sure enough that there is a guitar
        rows(("G", 0.9), ("P", 0.04)),  # hardly a person at all
        rows(("G", 0.9), ("P", 0.61)),  # more than the guitar says
        [*rows(("G", 0.9)), *rows(("P", 0.3), image=2)],
    ],
)
def test_nothing_else_rises(preds: list[dict[str, Any]]) -> None:
    loaded = load_predictions(preds)
    found = rescored_by_cooccurrence(loaded, statistics(), Rule(**LAX))
    assert found.tolist() == loaded.score.tolist()


def test_categories_that_are_everywhere_say_nothing() -> None:
    preds = load_predictions(rows(("G", 0.9), ("P", 0.3)))
    found = rescored_by_cooccurrence(preds, statistics(), Rule(min_images=1))
    assert found.tolist() == [0.9, 0.3]  # a lift of 0.83


def test_of_equal_rows_the_same_one_rises_in_any_order() -> None:
    preds = load_predictions(rows(("G", 0.9), ("P", 0.3), ("P", 0.3)))
    other = preds.take(np.array([2, 1, 0]))
    rule = Rule(**LAX)
    found = rescored_by_cooccurrence(preds, statistics(), rule)
    assert found[::-1].tolist() == rescored_by_cooccurrence(other, statistics(), rule).tolist()


def test_of_equal_rows_without_a_box_the_mask_decides() -> None:
    pictures = [np.eye(5, k=k, dtype=np.bool_) for k in (0, 1, -1)]
    texts = compress(encode(pictures))
    people = [
        {
            "image_id": 1,
            "category_id": 1,
            "score": 0.3,
            "segmentation": {"size": [5, 5], "counts": texts.bytes_of(k).decode()},
        }
        for k in range(3)
    ]
    rule = Rule(**LAX)
    raised = set()
    for order in permutations(range(3)):
        preds = load_predictions([*(people[k] for k in order), *rows(("G", 0.9))])
        found = rescored_by_cooccurrence(preds, statistics(), rule)
        raised.add(order[int(np.argmax(found[:3]))])
    assert len(raised) == 1


def test_crowd_regions_are_presence() -> None:
    gt = of_images(IMAGES)
    gt.is_crowd[:] = True
    assert cooccurrence(gt).together.tolist() == statistics().together.tolist()


def test_a_category_says_nothing_about_itself() -> None:
    gt = of_images(["P"] * 30 + [""] * 70)
    found = cooccurrence(gt)
    assert np.isnan(found.probability[0, 0])
    preds = load_predictions(rows(("P", 0.9), ("P", 0.3)))
    changed = rescored_by_cooccurrence(preds, found, Rule(apply="scale", min_lift=0))
    assert changed.tolist() == [0.9, 0.3]


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (["PG"] * 20 + [""] * 20, True),
        (["PG"] * 19 + [""] * 20, False),  # 19 images with a guitar
        (["PG"] * 20 + [""] * 10, False),  # (20 + 2/3) / 21 is 1.48 times 20/30
        (["PG"] * 20 + [""] * 11, True),
    ],
)
def test_a_condition_needs_twenty_images_and_a_lift(images: list[str], expected: bool) -> None:
    assert cooccurrence(of_images(images)).valid()[0, 1] == expected


def test_a_condition_of_federated_data_needs_twenty_images_where_that_is_known() -> None:
    lists: dict[str, list[int]] = {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    gt = of_images(["PG"] * 19 + ["G"] * 30, **lists)  # nobody looked for persons in the 30
    found = cooccurrence(gt)
    assert found.present.tolist() == [19, 49]
    assert found.known[0, 1] == 19
    assert not found.valid(min_lift=0)[0, 1]


def band(images: int, *, related: bool) -> tuple[GroundTruth, Predictions]:
    """Guitars in half of the images, doubtful persons in all.

    Args:
        images: number of images.
        related: whether persons are where guitars are, or in every other pair of images.
    """
    names, found = [], []
    for image in range(images):
        has_guitar = image % 2 == 0
        has_person = has_guitar if related else image % 4 < 2
        names.append("P" * has_person + "G" * has_guitar)
        found += rows(("P", 0.2 + 0.005 * (image % 37)), image=image)
        found += rows(("G", 0.9), image=image) if has_guitar else []
    return of_images(names), load_predictions([{**each, "bbox": [0, 0, 9, 9]} for each in found])


def test_it_helps_where_persons_are_beside_guitars() -> None:
    val, preds = band(80, related=True)
    found = rescore_cooccurrence(preds, val)
    gain = found.scores.gain
    assert gain is not None
    assert gain.interval is not None
    assert gain.interval[0] > 0.1
    assert found.scores.gain_on == "5 folds of ground truth"
    assert found.notes == ()
    assert found.scores.relations is not None
    assert [each.evidence for each in found.scores.relations.strongest] == ["beside G", "beside P"]


def test_it_says_so_where_persons_are_anywhere() -> None:
    train, _ = band(80, related=True)
    val, preds = band(80, related=False)
    found = rescore_cooccurrence(preds, train, gt=val, allow_fit_on_test=True)
    [note] = found.notes
    assert note.code == "no-gain"
    assert "it is not shown that this helps" in note.message or "not help" in note.message


def test_scores_must_not_be_negative() -> None:
    _, preds = band(20, related=True)
    with pytest.raises(InputError, match=r"score is -0\.2, expected numbers from 0 to 1"):
        rescore_cooccurrence(preds.with_scores(-preds.score), of_images(IMAGES))


@given(st.integers(0, 10**9))
def test_scores_never_fall_and_only_the_best_row_rises(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = rng.choice(["P", "G"], 6).tolist()
    preds: Predictions = load_predictions(
        rows(*zip(names, rng.random(6).round(3).tolist(), strict=True))
    )
    found = rescored_by_cooccurrence(preds, statistics(), Rule(**LAX))
    assert (found >= preds.score).all()
    for category in (1, 2):
        own = preds.category_id == category
        assert (found[own] != preds.score[own]).sum() <= 1


@pytest.mark.parametrize("name", ["blend", "source", "target"])
def test_shares_are_shares(name: str) -> None:
    with pytest.raises(InputError, match=f"`{name}` is 1.5, expected a number from 0 to 1"):
        Rule(**{name: 1.5})  # type: ignore[arg-type]
