"""What every strategy keeps: defaults, exact scores, and results that no unit or place changes."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval import average_precision, load_predictions
from segeval.data import Predictions, load_ground_truth
from segeval.data.synthetic import furniture
from segeval.ensemble.fusing import fuse
from segeval.ensemble.operators.fusion import wbf
from segeval.ensemble.operators.suppression import adj_nms, nms, soft_nms
from segeval.ensemble.operators.voting import vote
from segeval.ensemble.pools.order import with_ties_in_order
from segeval.ensemble.strategies import STRATEGIES
from segeval.ensemble.weighing.weights import linear_interpolation, linear_reweight
from segeval.errors import InputError
from tests.pools import of_boxes, of_masks, several
from tests.unit.ensemble.operators.test_clusters import random_models

SCENE = furniture(images=24)
GT = load_ground_truth(SCENE.ground_truth)
MODELS = [load_predictions(each) for each in (SCENE.better, SCENE.weaker)]

SOFT = {"kind": "linear", "iou_threshold": 0.5, "min_score": 0.001}
GAUSSIAN = {"kind": "gaussian", "sigma": 0.5, "min_score": 0.001}
VOTE = {"k": 4, "alpha": 0.05, "beta": 0.7, "min_iou": 0.5, "max_per_model": 1,
        "exclusive": False, "anchors": "adj-nms", "literal": False}  # fmt: skip
WBF = {"iou_threshold": 0.55, "min_score": 0.0, "confidence": "absent_aware", "min_votes": 1}
DEFAULTS: dict[str, dict[str, Any]] = {
    "interp": {"iou": "bbox", **SOFT, "theta_min": 0.6, "theta_max": 1.0, "min_spread": 0.0},
    "reweight": {"iou": "bbox", **SOFT, "theta_0": 0.5},
    "nms": {"iou": "segm", "iou_threshold": 0.5, "min_score": 0.0, "inclusive": False},
    "soft-nms": {"iou": "segm", **GAUSSIAN, "iou_threshold": 0.5},
    "adj-nms": {"iou": "segm", "iou_threshold": 0.5, "sigma": 0.5, "min_score": 0.001},
    "matrix-nms": {"iou": "segm", **GAUSSIAN},
    "vote": {"iou": "segm", **VOTE},
    "s003": {"iou": "segm", **VOTE, "mode": "relative", "kappa": 0.0},
    "modern": {"iou": "segm", **WBF, "mode": "relative", "kappa": 20.0, "calibrate": "isotonic"},
    "wbf": {"iou": "segm", **WBF},
    "nmw": {"iou": "segm", "iou_threshold": 0.5, "min_score": 0.0},
}


def fused(models: list[Predictions], strategy: str, **arguments: Any) -> Any:
    """Models merged with ground truth that decides what has to be."""
    return fuse(models, strategy=strategy, fit=GT, **arguments)


@pytest.mark.parametrize("strategy", [each for each in STRATEGIES if each != "search"])
def test_every_strategy_has_the_defaults_that_are_stated(strategy: str) -> None:
    settings = fused(MODELS, strategy).settings
    expected = {"max_dets": 100, "mask_votes": None, "calibrate": None, **DEFAULTS[strategy]}
    if STRATEGIES[strategy].fuses:
        expected |= {"mask_threshold": 0.5, "mask_votes": "equal"}
    assert {name: settings[name] for name in expected} == expected


def test_s000_is_another_name_of_interp() -> None:
    found = fuse(MODELS, strategy="s000", scores=[2, 1])
    assert found.settings["strategy"] == "interp"


def test_masks_are_compared_only_where_every_row_has_one() -> None:
    bare = of_boxes([[0, 0, 5, 5]], [0.5])
    masked = of_masks(np.ones((1, 5, 5), np.uint8), [0.5])
    other = of_masks(np.ones((1, 5, 5), np.uint8), [0.4])
    assert fuse([masked, other], strategy="nms").settings["iou"] == "segm"
    assert fuse([masked, bare], strategy="nms").settings["iou"] == "bbox"


def test_weighted_scores_are_neither_rounded_nor_cut_off() -> None:
    apart = [of_boxes([[20 * k, 0, 20 * k + 9, 9]], [(7 + k) / 10]) for k in range(3)]
    scores = [77.21, 77.32, 77.38]
    found = fuse(apart, strategy="interp", scores=scores)
    exact = linear_interpolation(scores) * [0.7, 0.8, 0.9]
    assert found.predictions.score.tolist() == exact[::-1].tolist()


def test_votes_raise_scores_above_one() -> None:
    boxes = [[0, 0, 10, 10]]
    models = [of_boxes(boxes, [score]) for score in (0.99, 0.98, 0.97)]
    found = fuse(models, strategy="vote")
    assert found.predictions.score.tolist() == [0.99 + 0.05 * (0.98 + 0.97)]


@pytest.mark.parametrize("strategy", ["vote", "s003"])
def test_bounded_scores_are_at_most_one_in_the_same_order(strategy: str) -> None:
    raw, bounded = (
        fused([each.with_scores(each.score**0.01) for each in MODELS], strategy, bound_scores=each)
        for each in (False, True)
    )
    assert raw.predictions.score.max() > 1 >= bounded.predictions.score.max()
    assert bounded.predictions.score.tolist() == (raw.predictions.score * (1 / 1.2)).tolist()
    assert bounded.scores.gain.over_best.b == raw.scores.gain.over_best.b
    for row in bounded.explained():
        assert sum(row["terms"].values()) == pytest.approx(row["score"], abs=1e-12)


def test_a_tree_has_no_known_bound() -> None:
    with pytest.raises(InputError, match="`bound_scores` is for strategies whose highest score"):
        fused(MODELS, "search", bound_scores=True)


def test_the_worked_vote_in_bounded_scores() -> None:
    models = [
        of_boxes([[100, 100, 200, 200]], [0.8]),
        of_boxes([[104, 98, 204, 202]], [0.7]),
        of_boxes([[96, 100, 196, 204]], [0.5]),
    ]
    found = fuse(models, strategy="vote", bound_scores=True)
    assert found.predictions.score.tolist() == pytest.approx([0.716667], abs=1e-6)


def test_max_dets_counts_all_categories_of_an_image() -> None:
    rows = [
        {"image_id": 1, "category_id": k, "score": 0.9 - k / 100, "bbox": [0, 0, 5, 5]}
        for k in range(8)
    ]
    found = fuse([rows[:4], rows[4:]], strategy="nms", max_dets=5).predictions
    assert found.category_id.tolist() == [0, 1, 2, 3, 4]


BOX = [3, 0, 9, 6]
MASK = {"size": [9, 9], "counts": [30, 9, 42]}
TIED: list[tuple[dict[str, Any], dict[str, Any]]] = [  # the first of each pair goes before
    ({"bbox": BOX}, {"bbox": [4, 0, 9, 6]}),
    ({"bbox": [4, 0, 8, 6]}, {"bbox": [4, 0, 9, 6]}),
    ({"bbox": BOX, "category_id": 1}, {"bbox": [0, 0, 1, 1], "category_id": 2}),
    # 9 < 30 as numbers, not as text
    (
        {"bbox": BOX, "segmentation": {"size": [9, 9], "counts": [9, 9, 63]}},
        {"bbox": BOX, "segmentation": MASK},
    ),
]


@pytest.mark.parametrize(("first", "second"), TIED)
def test_ties_go_by_category_box_and_runs_in_any_order(first: Any, second: Any) -> None:
    one, two = (
        [{"image_id": 1, "category_id": 1, "score": 0.5, **each}] for each in (first, second)
    )
    kept = [
        fuse(list(order), strategy="nms", iou="bbox", max_dets=1).predictions
        for order in itertools.permutations([one, two])
    ]
    expected = load_predictions(one)
    for found in kept:
        assert found.category_id.tolist() == expected.category_id.tolist()
        assert found.boxes.tolist() == expected.boxes.tolist()
        assert found.segmentations.strings.strings() == expected.segmentations.strings.strings()


def test_of_equal_weighted_scores_the_heavier_model_goes_first() -> None:
    light, heavy = of_boxes([[0, 0, 9, 9]], [0.8]), of_boxes([[1, 0, 10, 9]], [0.4])
    found = fuse([light, heavy], strategy="nms", weights=[0.5, 1])
    assert found.predictions.boxes.tolist() == [[1, 0, 9, 9]]


@pytest.mark.parametrize("strategy", ["interp", "modern"])
def test_rows_of_equal_scores_decide_nothing_in_any_order(strategy: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rounded = [each.with_scores(each.score.round(1)) for each in MODELS]
    found = set()
    for _ in range(4):
        shuffled = [each.take(rng.permutation(len(each))) for each in rounded]
        fused(shuffled, strategy).save(tmp_path / "out.json")
        found.add((tmp_path / "out.json").read_bytes())
    assert len(found) == 1


def test_only_rows_of_equal_scores_are_put_in_order() -> None:
    rows = [
        {"image_id": 1, "category_id": 1, "score": score, "bbox": [x, 0, 5, 5]}
        for score, x in ((0.5, 9), (0.7, 0), (0.5, 3), (0.5, 1))
    ]
    settled, rows_before = with_ties_in_order(load_predictions(rows))
    assert settled.boxes[:, 0].tolist() == [1, 0, 3, 9]
    assert rows_before.tolist() == [3, 1, 2, 0]
    apart = [{**each, "category_id": place} for place, each in enumerate(rows)]
    assert with_ties_in_order(load_predictions(apart))[1].tolist() == [0, 1, 2, 3]


OPERATORS = ("nms", "soft-nms", "adj-nms", "matrix-nms", "vote", "wbf", "nmw")


@pytest.mark.parametrize("strategy", OPERATORS)
@pytest.mark.parametrize("factor", [0.5, 0.3])
def test_ap_does_not_depend_on_the_unit_of_scores(strategy: str, factor: float) -> None:
    least: dict[str, Any] = {"anchors": "nms"} if strategy == "vote" else {"min_score": 0.0}
    one, other = (
        average_precision(fuse(models, strategy=strategy, **least).predictions, GT).ap
        for models in (MODELS, [each.with_scores(each.score * factor) for each in MODELS])
    )
    assert other == one


@given(st.integers(0, 10**9))
def test_scaled_scores_keep_the_same_rows(seed: int) -> None:
    models = random_models(seed, 3)
    halves = [each.with_scores(each.score / 2) for each in models]
    assert nms(several(models)).rows.tolist() == nms(several(halves)).rows.tolist()


def moved(models: list[Predictions], *, factor: float = 1.0, by: float = 0.0) -> list[Predictions]:
    """The same boxes larger and elsewhere."""
    shift = np.array([by, by, 0, 0])
    return [
        of_boxes(
            [[x, y, x + w, y + h] for x, y, w, h in each.boxes * factor + shift],
            each.score.tolist(),
        )
        for each in models
    ]


@given(st.integers(0, 10**9), st.sampled_from([-64.0, 32.0, 1024.0]))
def test_boxes_elsewhere_keep_the_same_rows(seed: int, by: float) -> None:
    models = moved(random_models(seed, 3))
    whole = [  # moved by whole numbers, so that no overlap is rounded
        each.take(np.arange(len(each))) for each in moved(
            [of_boxes(np.floor(corners(m)).tolist(), m.score.tolist()) for m in models]
        )
    ]  # fmt: skip
    for operator in (nms, soft_nms, adj_nms):
        here, there = (operator(several(each)).rows for each in (whole, moved(whole, by=by)))
        assert here.tolist() == there.tolist()


def corners(preds: Predictions) -> NDArray[np.float64]:
    """Boxes as corners, with sides of 1 or more."""
    xy, side = preds.boxes[:, :2], np.maximum(preds.boxes[:, 2:] * 100, 1)
    return np.concatenate([xy * 100, xy * 100 + side], axis=1)


@given(st.integers(0, 10**9))
def test_boxes_twice_as_large_are_merged_alike(seed: int) -> None:
    models = random_models(seed, 3)
    large = moved(models, factor=2.0)
    knows = np.ones((3, 1))
    pools = several(models), several(large)
    for one, other in ([wbf(each, knows) for each in pools], [vote(each) for each in pools]):
        assert one.members.tolist() == other.members.tolist()
        assert np.allclose(one.boxes * 2, other.boxes, rtol=1e-12)


@pytest.mark.parametrize("strategy", ["vote", "wbf", "nmw", "nms"])
def test_a_model_beside_an_empty_one_stays_as_it_is(strategy: str) -> None:
    apart = of_boxes([[20 * k, 0, 20 * k + 9, 9] for k in range(4)], [0.9, 0.8, 0.7, 0.6])
    settings: dict[str, Any] = {"confidence": "max"} if strategy == "wbf" else {}
    found = fuse([apart, apart.take(np.arange(0))], strategy=strategy, **settings).predictions
    assert found.boxes.tolist() == apart.boxes.tolist()
    assert found.score.tolist() == apart.score.tolist()


def test_a_single_model_has_weight_1() -> None:
    assert linear_interpolation([0.3]).tolist() == linear_reweight([0.3]).tolist() == [1]


@given(st.integers(0, 10**9))
def test_the_score_of_wbf_is_the_usual_one_where_each_model_has_one_box(seed: int) -> None:
    rng = np.random.default_rng(seed)
    models = [of_boxes([[0, 0, 10, 10]], [float(rng.random())]) for _ in range(3)]
    kept = [each if rng.random() < 0.8 else each.take(np.arange(0)) for each in models]
    weights = rng.integers(1, 5, 3).astype(float)
    usual, ours = (
        wbf(several(kept, weights.tolist()), weights[:, np.newaxis], confidence=each).score
        for each in ("avg", "absent_aware")
    )
    assert np.allclose(usual, ours, rtol=1e-12)


@pytest.mark.parametrize("candidates", range(4))
@pytest.mark.parametrize("k", range(1, 11))
def test_a_box_moves_to_the_mean_of_the_supporters_that_there_are(k: int, candidates: int) -> None:
    near = [of_boxes([[0, 0, 100, 100 + 2 * n]], [0.1 * n]) for n in range(1, candidates + 1)]
    pool = several([of_boxes([[0, 0, 100, 100]], [0.9]), *near])
    found = vote(pool, anchors=nms(pool), k=k)
    own = [2 * n for n in range(1, candidates + 1)][:k]  # by falling IoU
    mean = 0.3 * float(np.mean(own)) if own else 0.0
    assert found.boxes.tolist() == [pytest.approx([0, 0, 100, 100 + mean])]
    assert found.score.tolist() == [pytest.approx(0.9 + 0.05 * 0.05 * sum(own))]


ROWS = np.array([
    [1, 1, 1, 1, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0],
], np.uint8)[:, np.newaxis]  # fmt: skip


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ("equal", [0, 1, 1, 1, 1, 0, 0, 0]),
        ("score", [1, 1, 1, 1, 0, 0, 0, 0]),  # u = .9, .6, .3: the lead decides at .5
        ("model", [0, 1, 1, 1, 1, 0, 0, 0]),
    ],
)
def test_pixels_are_voted_for_alike_or_by_score(votes: Any, expected: list[int]) -> None:
    from segeval.data.geometry import masks_of
    from segeval.masks import decode

    models = [
        of_masks(ROWS[k : k + 1], [score]) for k, score in enumerate((0.9, 0.6, 0.3))
    ]  # fmt: skip
    found = fuse(models, strategy="wbf", iou_threshold=0.2, mask_votes=votes).predictions
    assert decode(masks_of(found, np.arange(1)))[0, 0].tolist() == expected


def test_pixels_are_voted_for_by_the_weight_of_models() -> None:
    from segeval.data.geometry import masks_of
    from segeval.masks import decode

    models = [of_masks(ROWS[k : k + 1], [0.5]) for k in range(3)]
    found = fuse(
        models, strategy="wbf", iou_threshold=0.2, mask_votes="model", weights=[1, 1 / 3, 1 / 3]
    ).predictions
    assert decode(masks_of(found, np.arange(1)))[0, 0].tolist() == ROWS[0, 0].tolist()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"mask_votes": "size"}, "`mask_votes` is 'size', expected one of equal, score, model"),
        ({"anchors": "wbf"}, "`anchors` is 'wbf', expected one of adj-nms, nms"),
        ({"max_per_model": -1}, "`max_per_model` is -1"),
    ],
)
def test_other_ways_to_vote_are_refused(arguments: Any, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        fuse(MODELS, strategy="vote", **arguments)


def truth(kept: list[int]) -> Any:
    """The ground truth with the objects of some images alone."""
    return load_ground_truth({
        **SCENE.ground_truth,
        "annotations": [
            each for each in SCENE.ground_truth["annotations"] if each["image_id"] in kept
        ],
    })  # fmt: skip


@pytest.mark.parametrize("strategy", ["modern", "s003", "interp", "wbf"])
def test_models_without_predictions_make_a_file_without_rows(strategy: str) -> None:
    nothing = MODELS[0].take(np.arange(0))
    found = fused([nothing, nothing], strategy)
    assert len(found.predictions) == 0
    assert all(np.isfinite(each.weight) for each in found.scores.models)


@pytest.mark.parametrize("arguments", [{}, {"weigh": "tuned"}, {"strategy": "reweight"}])
def test_ground_truth_without_objects_tells_no_weights(arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="has no object that counts, so no AP tells what the"):
        fuse(MODELS, fit=truth([]), **arguments)


def test_ground_truth_without_objects_is_no_number_in_json() -> None:
    found = fuse(MODELS, strategy="nms", fit=truth([]))
    assert [each["worth"] for each in found.to_dict()["results"]["models"]] == [None, None]
    assert found.notes[-1].message == "the gain is undefined: there is no AP on these images"


@pytest.mark.parametrize("arguments", [{}, {"weigh": "tuned"}, {"strategy": "modern"}])
def test_folds_without_objects_decide_for_equal_weights(arguments: dict[str, Any]) -> None:
    first = SCENE.ground_truth["images"][0]["id"]
    found = fuse(MODELS, fit=truth([first]), **arguments)
    assert found.scores.gain is not None
    assert found.scores.gain.over_best.difference is not None


def test_models_with_equal_rows_are_told_apart_by_what_else_they_hold() -> None:
    def row(score: float, x: float = 10, image: int = 1) -> dict[str, Any]:
        return {"image_id": image, "category_id": 1, "bbox": [x, 10, 20, 20], "score": score}

    models = [
        [row(0.5), row(0.5)],
        [row(0.5), row(0.3, image=2)],
        [row(0.4, x=11)],
        [row(0.5), row(0.2, x=12)],
    ]
    found = set()
    for order in itertools.permutations(models):
        own = fuse(list(order), strategy="vote", exclusive=True, anchors="soft-nms").predictions
        found.add((tuple(own.score.tolist()), tuple(own.boxes.ravel().tolist())))
    assert len(found) == 1
