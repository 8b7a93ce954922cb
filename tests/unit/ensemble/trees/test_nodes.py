"""Nodes of trees: what each choice does to two sets of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from segeval.data import load_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble.operators.merged import Merged, of_suppressed
from segeval.ensemble.operators.suppression import nms
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.pool import Pool, pooled
from segeval.ensemble.trees.nodes import Rules, merged_tree
from segeval.ensemble.trees.tree import (
    DROPS,
    MASK_MERGES,
    MERGES,
    SUPPRESSIONS,
    Leaf,
    Operator,
    Tree,
    joined,
)

BOXES = Rules("bbox", fuses=False)
MASKS = Rules("segm", fuses=True)
A, B, C = map(Leaf, range(3))
SCENE = furniture(images=8)
REAL = [load_predictions(each) for each in (SCENE.better, SCENE.weaker)]
REAL.append(REAL[0].with_scores(REAL[0].score[::-1].copy()))


Rows = Sequence[tuple[Sequence[float], float]]


def pool_of(*models: Rows) -> Pool:
    """Models that have boxes (corners) with scores, in one image and category."""
    return pooled([
        load_predictions([
            {
                "image_id": 1, "category_id": 1, "score": score,
                "bbox": [x0, y0, x1 - x0, y1 - y0],
            }
            for (x0, y0, x1, y1), score in model
        ])
        for model in models
    ])  # fmt: skip


def rows(found: Merged) -> list[tuple[list[float], float]]:
    """Boxes and scores of a result, the best first."""
    order = np.argsort(-found.score, kind="stable")
    return [(found.boxes[row].tolist(), round(float(found.score[row]), 6)) for row in order]


LEFT = [([0, 0, 10, 10], 0.3), ([50, 0, 60, 10], 0.4)]
RIGHT = [([1, 0, 11, 10], 0.9), ([80, 0, 90, 10], 0.2)]


def test_a_side_that_gives_boxes_alone_moves_the_rows_of_the_other() -> None:
    node = Operator(drop=("box_only", "both"), merge="best", suppress="none")
    found = merged_tree(pool_of(LEFT, RIGHT), joined(A, B, node), BOXES)
    assert rows(found) == [([0, 0, 10, 10], 0.9), ([80, 0, 90, 10], 0.2)]


def test_a_side_that_gives_scores_alone_takes_the_places_of_the_other() -> None:
    node = Operator(drop=("cls_only", "both"), merge="best", suppress="none")
    found = merged_tree(pool_of(LEFT, RIGHT), joined(A, B, node), BOXES)
    assert rows(found) == [
        ([1, 0, 11, 10], 0.9), ([1, 0, 11, 10], 0.3), ([80, 0, 90, 10], 0.2),
    ]  # fmt: skip


def test_scores_given_alone_vote_for_the_row_of_the_other_side() -> None:
    node = Operator(drop=("cls_only", "both"), merge="vote", suppress="nms-0.5")
    found = merged_tree(pool_of(LEFT, RIGHT), joined(A, B, node), BOXES)
    assert rows(found)[0] == ([1, 0, 11, 10], 0.915)  # 0.9 + 0.05 * 0.3


def test_a_node_of_two_models_is_the_strategy_of_that_name() -> None:
    pool = pooled(REAL[:2])
    for name, operator in (
        ("vote", Operator()),
        ("nms", Operator(merge="best", suppress="nms-0.5", masks="lead")),
        ("wbf", Operator(merge="wbf-0.55", suppress="none")),
        ("nmw", Operator(merge="nmw", suppress="none")),
    ):
        plan = Plan.of(name, pool, {}, iou="segm", cut=0.5, max_dets=0, workers=1)
        expected = plan.merged(pool, Fitted(np.ones(2))).to_predictions()
        found = merged_tree(pool, joined(A, B, operator), MASKS).best(None).to_predictions()
        assert found.score.tolist() == expected.score.tolist()
        np.testing.assert_allclose(found.boxes, expected.boxes, rtol=0, atol=1e-12)
        assert found.segmentations.strings.strings() == expected.segmentations.strings.strings()


def test_a_tree_of_hard_suppression_is_suppression_of_all() -> None:
    apart = pool_of(LEFT, RIGHT, [([20, 0, 30, 10], 0.5)])
    node = Operator(merge="best", suppress="nms-0.5")
    found = merged_tree(apart, joined(joined(A, B, node), C, node), BOXES)
    assert rows(found) == rows(of_suppressed(apart, nms(apart)))


def trees() -> list[Tree]:
    """Each choice of each field, in the lower node of a tree of three models."""
    nodes: list[dict[str, Any]] = [
        *({"drop": each} for each in DROPS),
        *({"merge": each} for each in MERGES),
        *({"suppress": each, "merge": "best"} for each in SUPPRESSIONS),
        *({"masks": each} for each in MASK_MERGES),
    ]
    return [joined(joined(A, B, Operator(weights=(0.8, 1), **each)), C) for each in nodes]


@pytest.mark.parametrize("tree", trees(), ids=str)
def test_every_row_of_a_tree_can_be_traced(tree: Tree) -> None:
    found = merged_tree(pooled(REAL), tree, MASKS)
    assert len(found)
    total = np.sum(list(found.terms.values()), axis=0)
    np.testing.assert_allclose(total, found.score, rtol=0, atol=1e-12)
    assert found.members[found.offsets[:-1]].tolist() == found.lead.tolist()
    assert (found.roles[found.offsets[:-1]] == 0).all()
    images = found.pool.image[found.members]
    assert (images == np.repeat(found.pool.image[found.lead], np.diff(found.offsets))).all()
    masks = found.to_predictions().segmentations
    assert len(masks) == len(found)
    assert masks.strings.decode().sizes.min() > 0


@pytest.mark.parametrize("tree", trees(), ids=str)
def test_no_order_of_models_or_rows_changes_a_tree(tree: Tree) -> None:
    rng = np.random.default_rng(1)
    first = merged_tree(pooled(REAL), tree, MASKS).best(None).to_predictions()
    shuffled = [each.take(rng.permutation(len(each))) for each in REAL]
    second = merged_tree(pooled(shuffled), tree, MASKS).best(None).to_predictions()
    assert first.score.tolist() == second.score.tolist()
    assert first.segmentations.strings.strings() == second.segmentations.strings.strings()
