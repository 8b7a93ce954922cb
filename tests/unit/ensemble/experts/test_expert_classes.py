"""Which categories an expert should be trained on: worked numbers, sources, thresholds, images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import load_ground_truth
from segeval.data.open_images.tree import ClassTree
from segeval.data.synthetic import furniture
from segeval.ensemble import (
    classifier_confusion,
    hierarchy_confusion,
    propose_experts,
    rate_confusion,
    select_expert_classes,
)
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.limits import raised

VECTORS: list[list[float]] = [[1, 0, 0], [0.6, 0.8, 0], [0.2, 0, 0.98], [-1, 0.1, 0]]
SCENE = furniture(images=40)
GT = load_ground_truth(SCENE.ground_truth)


def leaf(name: str, *below: dict[str, Any]) -> dict[str, Any]:
    """A node of a tree of classes."""
    return {"LabelName": name, "Subcategory": list(below)} if below else {"LabelName": name}


TREE = ClassTree.of(
    leaf("all", leaf("animal", leaf("cat"), leaf("dog")), leaf("car"), leaf("pet", leaf("dog")))
)


def test_cosines_of_a_classifier_choose_what_is_alike() -> None:
    cosines = classifier_confusion(VECTORS)[0]
    assert cosines[1:].round(6).tolist() == [0.6, 0.19996, -0.995037]
    found = select_expert_classes(
        [0.1, 0.5, 0.6, 0.7], [9, 9, 9, 9], {"weights": classifier_confusion(VECTORS)}, count=1
    )
    assert (found.positive.tolist(), found.negative.tolist()) == ([0], [1])
    assert (found.like.tolist(), found.confusion.round(6).tolist()) == ([0], [0.6])


def test_a_row_of_zeros_is_like_nothing() -> None:
    assert classifier_confusion([[0, 0], [1, 0]]).tolist() == [[0, 0], [0, 1]]


def test_large_and_small_weights_neither_overflow_nor_vanish() -> None:
    found = classifier_confusion([[1e200, 0], [6e-200, 8e-200]])
    assert found[0, 1] == pytest.approx(0.6)


def test_rates_of_confusion_take_the_worse_direction() -> None:
    # A: 3 found as A, 1 as B; B: 1 as A, 1 missed
    counts = [[3, 1, 0], [1, 0, 1], [0, 0, 0]]
    found = rate_confusion(counts)
    assert found.tolist() == [[0.75, 0.5], [0.5, 0.0]]


def test_categories_with_a_common_parent_are_alike_and_the_root_is_none() -> None:
    found = hierarchy_confusion(["cat", "dog", "car", "animal", "unknown"], TREE)
    expected = np.zeros((5, 5))
    expected[0, 1] = expected[1, 0] = 1
    assert found.tolist() == expected.tolist()
    assert TREE.parents["dog"] == ("animal", "pet")
    assert TREE.parents["car"] == ()


def test_the_weakest_categories_are_positive_and_rare_ones_apart() -> None:
    found = select_expert_classes(
        [0.3, 0.1, np.nan, 0.2, 0.0], [5, 9, 0, 9, 4], {}, count=2, min_gt=5
    )
    assert found.positive.tolist() == [1, 3]
    assert found.rare.tolist() == [2, 4]
    assert found.negative.tolist() == []


def test_a_threshold_must_be_exceeded() -> None:
    table = np.array([[0, 0.05, 0.051], [0.05, 0, 0], [0.051, 0, 0]])
    found = select_expert_classes([0, 1, 1], [9, 9, 9], {"confusion": table}, count=1)
    assert found.negative.tolist() == [2]


def test_several_sources_are_united() -> None:
    confusion = np.zeros((4, 4))
    confusion[0, 2] = confusion[2, 0] = 0.4
    found = select_expert_classes(
        [0.1, 0.5, 0.6, 0.7],
        [9, 9, 9, 9],
        {"weights": classifier_confusion(VECTORS), "confusion": confusion},
        count=1,
    )
    assert sorted(found.negative.tolist()) == [1, 2]
    assert dict(found.thresholds) == {"weights": 0.25, "confusion": 0.05}


def test_negative_images_have_no_object_of_a_positive_category() -> None:
    image = [1, 1, 2, 2, 3, 4, 4, 5]
    category = [0, 1, 1, 1, 0, 2, 1, 3]
    table = np.zeros((4, 4))
    table[0, 1] = table[1, 0] = 0.3
    found = select_expert_classes(
        [0, 1, 1, 1], [9, 9, 9, 9], {"confusion": table}, count=1, objects=(image, category)
    )
    assert (found.positive_images, found.negative_images, found.ratio) == (2, 2, 1.0)


@pytest.mark.parametrize(
    ("target", "threshold", "negative"),
    [(3, 0.2, [1, 2, 3]), (2.9, 0.2, [1, 2, 3]), (2, 0.3, [1, 2]), (0.1, 0.9, []), (99, 0.0, None)],
)
def test_the_threshold_is_chosen_for_a_ratio_of_images(
    target: float, threshold: float, negative: list[int] | None
) -> None:
    # one positive image, and one image of each other category
    table = np.zeros((6, 6))
    table[0, 1:] = [0.9, 0.5, 0.3, 0.2, 0.1]
    found = select_expert_classes(
        [0, 1, 1, 1, 1, 1],
        [9] * 6,
        {"confusion": np.maximum(table, table.T)},
        count=1,
        target_ratio=target,
        objects=(range(6), range(6)),
    )
    assert found.thresholds["confusion"] == threshold
    assert found.negative.tolist() == ([1, 2, 3, 4, 5] if negative is None else negative)


def test_no_threshold_fits_the_ratio_better() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        table = rng.integers(0, 6, (8, 8)) / 6
        table = np.maximum(table, table.T)
        objects = (rng.integers(0, 30, 60), rng.integers(0, 8, 60))
        arguments: dict[str, Any] = {"count": 2, "objects": objects}
        ap, n_gt, confusions = rng.random(8), np.full(8, 9), {"confusion": table}
        target = float(rng.uniform(0.1, 3))
        found = select_expert_classes(ap, n_gt, confusions, target_ratio=target, **arguments)
        for each in [0.0, *np.unique(table)]:
            other = select_expert_classes(
                ap, n_gt, confusions, thresholds={"confusion": each}, **arguments
            )
            assert found.ratio is not None
            assert other.ratio is not None
            assert abs(found.ratio - target) <= abs(other.ratio - target) + 1e-12


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"confusions": {"guess": np.zeros((2, 2))}},
            InputError,
            "`confusions` has 'guess', expected some of weights, confusion, hierarchy",
        ),
        (
            {"confusions": {"weights": np.zeros((3, 3))}},
            ShapeError,
            (
                "the confusion by weights has shape (3, 3), expected (2, 2): a row and a column "
                "for each category"
            ),
        ),
        ({"n_gt": [9]}, ShapeError, "`ap` has shape (2,) and `n_gt` (1,), expected a number for"),
        ({"count": 0}, InputError, "`count` is 0, expected at least 1"),
        (
            {"thresholds": {"weights": 0.3}},
            InputError,
            (
                "`thresholds` has 0.3 for 'weights', expected numbers from -1 to 1 for sources in "
                "use, confusion"
            ),
        ),
        (
            {"target_ratio": 3},
            InputError,
            "`target_ratio` is 3, expected a number above 0, and objects to count the images of",
        ),
        (
            {"target_ratio": 3, "confusions": {"hierarchy": np.zeros((2, 2))}},
            InputError,
            (
                "`target_ratio` chooses the threshold of one source of degrees, and there is "
                "hierarchy: expected confusion or weights alone"
            ),
        ),
        (
            {"objects": ([1, 2], [0])},
            ShapeError,
            "`objects` has shapes (2,) and (1,), expected an image and a category for each object",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(
    arguments: dict[str, Any], error: type[InputError], words: str
) -> None:
    given = {"n_gt": [9, 9], "confusions": {"confusion": np.zeros((2, 2))}, **arguments}
    with pytest.raises(error) as found:
        select_expert_classes([0.1, 0.2], **given)
    assert found.value.message.startswith(words)


def test_tables_of_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match="`weights` has shape \\(2,\\)"):
        classifier_confusion([1, 2])
    with pytest.raises(InputError, match="`weights` holds numbers that are not finite"):
        classifier_confusion([[1, np.nan]])
    with pytest.raises(ShapeError, match="`counts` has shape \\(1, 2\\)"):
        rate_confusion([[1, 2]])


def test_weak_categories_of_a_model_and_what_is_taken_for_them() -> None:
    found = propose_experts(SCENE.weaker, GT, count=3)
    scores = found.scores
    assert scores.positive == [7, 3, 9]  # shelf, chair, stool: the lowest AP
    assert [each.ap for each in scores.categories[:3]] == sorted(
        each.ap for each in scores.categories[:3] if each.ap is not None
    )
    assert [(each.name, each.like) for each in scores.categories[3:]] == [
        ("table", "stool"),
        ("cabinet", "shelf"),
    ]
    has = {
        role: {
            image
            for image, category in zip(GT.image_id.tolist(), GT.category_id.tolist(), strict=True)
            if category in ids
        }
        for role, ids in (("positive", scores.positive), ("negative", scores.negative))
    }
    assert scores.positive_images == len(has["positive"])
    assert scores.negative_images == len(has["negative"] - has["positive"])
    assert scores.ratio == scores.negative_images / scores.positive_images


def test_the_background_of_a_classifier_is_left_out() -> None:
    rows = np.eye(10)
    rows[0, 6] = 1  # bed is like shelf, the weakest
    tables: list[tuple[Any, Any]] = [
        (rows, "last"),
        (np.vstack([rows, rows[6]]), "last"),
        (np.vstack([rows[6], rows]), "first"),
    ]
    for table, place in tables:
        found = propose_experts(
            SCENE.weaker, GT, count=1, sources=["weights"], weights=table, background=place
        )
        assert (found.scores.positive, found.scores.negative) == ([7], [1])
        assert found.scores.categories[1].confusion == pytest.approx(0.5**0.5)


def test_labels_of_the_tree_are_names_of_categories() -> None:
    tree = ClassTree.of(leaf("all", leaf("storage", leaf("shelf"), leaf("cabinet"))))
    found = propose_experts(SCENE.weaker, GT, count=1, sources=["hierarchy"], hierarchy=tree)
    assert [each.name for each in found.scores.categories] == ["shelf", "cabinet"]


def test_tables_of_too_many_categories_are_not_made() -> None:
    with raised(category_pairs=99), pytest.raises(FormatError) as found:
        propose_experts(SCENE.weaker, GT)
    assert found.value.message.startswith(
        "ground truth: has 10 categories, and so 100 pairs, expected at most 99."
    )


def test_categories_with_few_objects_are_told() -> None:
    found = propose_experts(SCENE.weaker, GT, count=9, min_gt=25)
    notes = {note.code: note.message for note in found.notes}
    assert notes["rare"].startswith("5 categories have too few objects to be judged, and are left")
    assert notes["few-categories"] == "only 5 categories have enough objects, of 9 asked for"
    assert len(found.scores.rare) == 5


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"sources": ["weights"]},
            InputError,
            "the confusion by weights needs the weights of the model's classifier: give `weights`",
        ),
        (
            {"hierarchy": TREE},
            InputError,
            "`hierarchy` is given, and `sources` are confusion: add hierarchy",
        ),
        (
            {"sources": ["guess"]},
            InputError,
            "`sources` is ['guess'], expected some of confusion, hierarchy, weights",
        ),
        (
            {"sources": ["weights"], "weights": np.ones((3, 2))},
            ShapeError,
            (
                "`weights` has shape (3, 2), expected a row for each of the 10 categories, and "
                "perhaps one for the background"
            ),
        ),
        (
            {"sources": ["hierarchy"], "hierarchy": TREE},
            MismatchError,
            (
                "hierarchy: has none of the categories, whose names are bed, cabinet, chair, lamp, "
                "mirror, ...; its labels are animal, car, cat, dog, pet. Names or ids of "
                "categories must be labels of the tree."
            ),
        ),
    ],
)
def test_a_source_without_what_it_needs_is_refused(
    arguments: dict[str, Any], error: type[InputError], words: str
) -> None:
    with pytest.raises(error) as found:
        propose_experts(SCENE.weaker, GT, **arguments)
    assert found.value.message == words
