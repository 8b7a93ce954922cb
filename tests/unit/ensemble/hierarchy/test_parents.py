"""Predictions for all classes above theirs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.data import load_predictions
from segeval.data.keys import written
from segeval.data.open_images import ClassTree
from segeval.ensemble import Expanded, expand_parents
from segeval.errors import FormatError, InputError, MismatchError


def node(label: str, *children: Any) -> dict[str, Any]:
    """A class with those below it."""
    return {"LabelName": label, "Subcategory": list(children)}


HELMETS = ClassTree.of(node("all", node("helmet", node("football"), node("bicycle"))))
FULL, NEAR, FAR = [0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 10, 10]


def row(label: str | int, score: float, box: list[int] = FULL, image: str = "a") -> dict[str, Any]:
    """A prediction."""
    return {"image_id": image, "category_id": label, "bbox": box, "score": score}


PAIR = [row("football", 0.8), row("bicycle", 0.6, NEAR)]


def shown(found: Expanded) -> list[tuple[Any, float]]:
    """Label and score of each row."""
    own = found.predictions
    labels = written(own.category_id, own.category_keys)
    return list(zip(labels, own.score.round(6).tolist(), strict=True))


def test_the_worked_helmets() -> None:
    found = expand_parents(PAIR, HELMETS)
    assert shown(found) == [("football", 0.8), ("helmet", 0.8), ("bicycle", 0.6)]
    assert found.rows.tolist() == [0, 0, 1]
    assert (found.scores.copies, found.scores.suppressed, found.scores.rows) == (2, 1, 3)
    assert found.predictions.boxes.tolist() == [FULL, FULL, NEAR]


def test_the_chance_that_any_is_true() -> None:
    found = expand_parents(PAIR, HELMETS, combine="any")
    assert shown(found) == [("football", 0.8), ("helmet", 0.92), ("bicycle", 0.6)]
    alone = expand_parents(PAIR[:1], HELMETS, combine="any")
    assert shown(alone) == [("football", 0.8), ("helmet", 0.8)]


def test_objects_apart_keep_their_copies() -> None:
    found = expand_parents([PAIR[0], row("bicycle", 0.6, FAR)], HELMETS)
    assert [label for label, _ in shown(found)] == ["football", "helmet", "bicycle", "helmet"]
    elsewhere = expand_parents([PAIR[0], row("bicycle", 0.6, image="b")], HELMETS)
    assert elsewhere.scores.rows == 4
    strict = expand_parents(PAIR, HELMETS, iou_threshold=0.95)
    assert strict.scores.rows == 4


def test_a_prediction_of_the_class_above_is_one_object_with_copies() -> None:
    found = expand_parents([row("helmet", 0.9), *PAIR], HELMETS)
    assert shown(found) == [("helmet", 0.9), ("football", 0.8), ("bicycle", 0.6)]
    lower = expand_parents([row("helmet", 0.7), *PAIR], HELMETS)
    assert shown(lower) == [("football", 0.8), ("helmet", 0.8), ("bicycle", 0.6)]


def test_classes_without_copies_are_left_alone() -> None:
    doubles = [row("football", 0.8), row("football", 0.7), row("helmet", 0.5, image="b")]
    found = expand_parents([*doubles, row("helmet", 0.4, image="b")], HELMETS)
    assert [label for label, _ in shown(found)] == [
        "football", "helmet", "football", "helmet", "helmet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (node("all", node("R", node("P1", node("X")), node("P2", node("X")))), {"P1", "P2", "R"}),
        (
            node("all", node("Q1", node("P", node("X"))), node("Q2", node("P", node("X")))),
            {"P", "Q1", "Q2"},
        ),
    ],
)
def test_each_class_above_gets_one_copy(tree: dict[str, Any], expected: set[str]) -> None:
    found = shown(expand_parents([row("X", 0.5)], ClassTree.of(tree)))
    assert len(found) == len(expected) + 1
    assert {label for label, _ in found[1:]} == expected  # and the root is no class


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (node("all", node("A", node("A"))), 'the label "A" stands above itself'),
        (node("all", node("A", node("B", node("A")))), 'the label "A" stands above itself'),
        (
            node("all", node("A", node("B")), node("B", node("A"))),
            'the label "A" stands above "B" and below it',
        ),
    ],
)
def test_circles_are_refused(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        ClassTree.of(tree)


def test_classes_that_are_not_evaluated_get_no_rows() -> None:
    ids = {"football": 7, "bicycle": 3}
    preds = [row(7, 0.8), row(3, 0.6, NEAR)]
    found = expand_parents(preds, HELMETS, class_ids=ids)
    assert found.scores.copies == 0
    [note] = found.notes
    assert note.message == (
        "1 label above those of the predictions, such as 'helmet', is not among the classes, and "
        "gets no rows"
    )
    all_three = expand_parents(preds, HELMETS, class_ids={**ids, "helmet": 5})
    assert all_three.predictions.category_id.tolist() == [7, 5, 3]
    assert all_three.notes == ()


def test_the_cut_counts_predictions_or_all_rows() -> None:
    preds = [row("football", 0.8), row("football", 0.3, FAR), row("bicycle", 0.7, [80, 0, 9, 9])]
    leaf = expand_parents(preds, HELMETS, max_dets=2)
    assert shown(leaf) == [("football", 0.8), ("helmet", 0.8), ("bicycle", 0.7), ("helmet", 0.7)]
    assert leaf.scores.cut == 1
    every = expand_parents(preds, HELMETS, max_dets=3, cut="all")
    assert len(shown(every)) == 3
    assert sorted(score for _, score in shown(every)) == [0.7, 0.8, 0.8]
    assert every.scores.cut == 3


def test_the_order_of_rows_decides_nothing() -> None:
    rng = np.random.default_rng(0)
    preds = load_predictions(
        [
            row(
                ["football", "bicycle", "helmet"][rng.integers(3)],
                float(rng.integers(1, 4)) / 4,
                [*rng.integers(0, 9, 2).tolist(), 10, 10],
                "ab"[rng.integers(2)],
            )
            for _ in range(40)
        ]
    )
    order = rng.permutation(40)
    settings: list[dict[str, Any]] = [
        {}, {"combine": "any"}, {"max_dets": 9}, {"max_dets": 9, "cut": "all"},
    ]  # fmt: skip
    for each in settings:
        first, second = (expand_parents(p, HELMETS, **each) for p in (preds, preds.take(order)))
        assert records(first) == records(second)


def records(found: Expanded) -> list[Any]:
    """The rows in an order of their own."""
    own = found.predictions
    columns = own.image_id, own.category_id, own.score, *own.boxes.T
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


BOX_FILE = """ImageID,Source,LabelName,Score,XMin,XMax,YMin,YMax
a,m1,football,0.80,0.10,0.50,0.1,0.5
a,"m,2",bicycle,6e-1,0.1,0.5,0.1,0.48
"""


def test_lines_of_open_images_keep_the_text_of_their_other_cells(tmp_path: Path) -> None:
    (tmp_path / "preds.csv").write_text(BOX_FILE)
    expand_parents(tmp_path / "preds.csv", HELMETS).save(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "ImageID,Source,LabelName,Score,XMin,XMax,YMin,YMax",
        "a,m1,football,0.80,0.10,0.50,0.1,0.5",
        "a,m1,helmet,0.80,0.10,0.50,0.1,0.5",
        'a,"m,2",bicycle,6e-1,0.1,0.5,0.1,0.48',
    ]
    expand_parents(tmp_path / "preds.csv", HELMETS, combine="any").save(tmp_path / "any.csv")
    with (tmp_path / "any.csv").open() as file:
        assert [line["Score"] for line in csv.DictReader(file)] == ["0.80", "0.92", "6e-1"]
    with pytest.raises(InputError, match=r"expected \.csv, as the predictions are"):
        expand_parents(tmp_path / "preds.csv", HELMETS).save(tmp_path / "out.json")


def test_the_gain_is_that_by_the_rules_of_open_images(tmp_path: Path) -> None:
    preds, boxes = ["ImageID,LabelName,Score,XMin,XMax,YMin,YMax"], [
        "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf"
    ]  # fmt: skip
    for image in range(12):
        preds.append(f"i{image},football,0.{image + 10},0.1,0.5,0.1,0.5")
        boxes.append(f"i{image},football,0.1,0.5,0.1,0.5,0")
    (tmp_path / "preds.csv").write_text("\n".join(preds))
    (tmp_path / "boxes.csv").write_text("\n".join(boxes))
    found = expand_parents(tmp_path / "preds.csv", HELMETS, gt=tmp_path / "boxes.csv")
    gain = found.scores.gain
    assert gain is not None
    assert (gain.a, gain.b) == (0.5, 1.0)  # nobody had predicted a helmet
    assert gain.verdict.value == "better"
    for path in (tmp_path / "preds.csv", tmp_path / "boxes.csv"):
        lines = path.read_text().splitlines()
        path.write_text("\n".join(lines[:6]))
    few = expand_parents(tmp_path / "preds.csv", HELMETS, gt=tmp_path / "boxes.csv")
    assert few.scores.gain is None
    assert [note.code for note in few.notes] == ["few-images"]


@pytest.mark.parametrize(
    ("preds", "more", "error", "message"),
    [
        ([row(7, 0.5)], {}, InputError, "category_id is 7, a number, .* `class_ids`"),
        ([row(7, 0.5)], {"class_ids": {"football": 1}}, MismatchError, "category 7 has no Label"),
        ([row("dog", 0.5)], {}, MismatchError, "no label is in hierarchy, such as 'dog'"),
        (PAIR, {"combine": "sum"}, InputError, "`combine` is 'sum', expected one of max, any"),
        (PAIR, {"cut": "some"}, InputError, "`cut` is 'some', expected one of leaf, all"),
        (PAIR, {"max_dets": -1}, InputError, "`max_dets` is -1, expected 0 or more"),
        (PAIR, {"iou_threshold": 2}, InputError, "`iou_threshold` is 2, expected a number from"),
        ([row("football", 2)], {"combine": "any"}, InputError, "score is 2, expected numbers"),
        (PAIR, {"iou": "segm"}, FormatError, "has no mask"),
    ],
)
def test_wrong_input_is_refused(
    preds: list[dict[str, Any]], more: dict[str, Any], error: type[InputError], message: str
) -> None:
    with pytest.raises(error, match=message):
        expand_parents(preds, HELMETS, **more)


def test_some_strange_labels_are_told() -> None:
    found = expand_parents([*PAIR, row("dog", 0.5)], HELMETS)
    assert shown(found)[-1] == ("dog", 0.5)
    [note] = found.notes
    assert note.message.startswith("1 prediction has a label that is not in hierarchy, such as 'd")
