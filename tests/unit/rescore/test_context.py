"""What is seen around true predictions and false ones, and scores that follow from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval import load_predictions
from segeval.data import GroundTruth, Predictions
from segeval.errors import InputError, MismatchError
from segeval.rescore import rescore_context
from segeval.rescore.by_context import ContextRule, rescored_by_context, shifted
from segeval.rescore.statistics.context import Context, context_statistics
from tests.unit.rescore.scenes import BICYCLE, WHEEL, ground_truth, street

FRAME, INSIDE, ASIDE = [0, 0, 100, 60], [10, 40, 20, 20], [90, 40, 20, 20]
RULE = ContextRule(min_predictions=0, certainty=0)


def row(category: int, box: list[int], score: float, image: int = 1) -> dict[str, Any]:
    """A prediction."""
    return {"image_id": image, "category_id": category, "bbox": box, "score": score}


def test_the_worked_likelihood_ratios() -> None:
    half = np.array([0.5])
    seen, unseen = np.log([0.9 / 0.3]), np.log([0.1 / 0.7])
    assert shifted(half, seen)[0] == pytest.approx(0.75)
    assert shifted(half, 0.5 * seen)[0] == pytest.approx(0.633975, abs=1e-6)
    assert shifted(half, unseen)[0] == pytest.approx(0.125)
    assert shifted(half, 0.5 * unseen)[0] == pytest.approx(0.274292, abs=1e-6)


def test_certain_scores_are_cut_before_their_logit_and_others_stay() -> None:
    found = shifted(np.array([0.0, 1.0, 1.0]), np.array([1.0, -1.0, 0.0]))
    assert found[0] == pytest.approx(np.e * 1e-6, rel=1e-5)
    assert found[1] == pytest.approx(1 - np.e * 1e-6, rel=1e-5)
    assert found[2] == 1.0


def statistics(true_with: Any, false_with: Any) -> Context:
    """Of 18 true wheels and 18 false ones; tables are [inside, beside] a bicycle."""
    tables = np.zeros((2, 2, 2, 2), np.int64)
    tables[0, :, 0, 1], tables[1, :, 0, 1] = true_with, false_with
    return Context(
        categories=(BICYCLE, WHEEL), names=("bicycle", "wheel"), source="gt",
        true=np.array([0, 18]), false=np.array([0, 18]), true_with=tables[0], false_with=tables[1],
    )  # fmt: skip


def test_counts_are_smoothed_by_one_of_both() -> None:
    found = statistics([17, 0], [5, 0])
    assert found.q1[0, 0, 1] == pytest.approx(18 / 20)
    assert found.q0[0, 0, 1] == pytest.approx(6 / 20)


def test_the_worked_example_with_predictions() -> None:
    table = statistics([17, 9], [5, 9])
    inside = load_predictions([row(BICYCLE, FRAME, 0.9), row(WHEEL, INSIDE, 0.5)])
    aside = load_predictions([row(BICYCLE, FRAME, 0.9), row(WHEEL, ASIDE, 0.5)])
    assert rescored_by_context(inside, table, RULE).tolist() == pytest.approx([0.9, 0.633975])
    assert rescored_by_context(aside, table, RULE).tolist() == pytest.approx([0.9, 0.274292])


def test_what_is_not_confident_is_no_evidence() -> None:
    unsure = load_predictions([row(BICYCLE, FRAME, 0.49), row(WHEEL, INSIDE, 0.5)])
    found = rescored_by_context(unsure, statistics([17, 9], [5, 9]), RULE)
    assert found.tolist() == pytest.approx([0.49, 0.274292])


def test_only_the_strongest_relation_counts() -> None:
    # inside: 3 times, beside: 1.5 times as often around true ones
    both = statistics([17, 17], [5, 11])
    preds = load_predictions([row(BICYCLE, FRAME, 0.9), row(WHEEL, INSIDE, 0.5)])
    assert rescored_by_context(preds, both, RULE)[1] == pytest.approx(0.633975)
    # inside is not seen, which says 1/7; beside is seen, which says 1.5
    aside = load_predictions([row(BICYCLE, FRAME, 0.9), row(WHEEL, ASIDE, 0.5)])
    assert rescored_by_context(aside, both, RULE)[1] == pytest.approx(0.274292)


def test_evidence_needs_predictions_of_both_kinds_and_a_clear_difference() -> None:
    clear = statistics([17, 0], [5, 0])
    assert clear.valid(min_predictions=18)[0, 0, 1]
    assert not clear.valid(min_predictions=19).any()
    assert not statistics([10, 0], [7, 0]).valid(min_predictions=18).any()
    assert not statistics([18, 0], [18, 0]).valid(min_predictions=18, certainty=0).any()


def test_counts_follow_from_what_is_true() -> None:
    gt = ground_truth([[(BICYCLE, FRAME), (WHEEL, INSIDE)], [(WHEEL, INSIDE)]])
    preds = load_predictions(
        [
            row(BICYCLE, FRAME, 0.9),
            row(WHEEL, INSIDE, 0.8),  # true, inside and beside
            row(WHEEL, ASIDE, 0.7),  # false, beside alone
            row(WHEEL, INSIDE, 0.6),  # a second match is false, inside and beside
            row(WHEEL, INSIDE, 0.6, image=2),  # true, alone
            row(WHEEL, INSIDE, 0.6, image=9),  # of another image
        ]
    )
    found = context_statistics(preds, gt)
    assert found.true.tolist() == [1, 2]
    assert found.false.tolist() == [0, 2]
    assert found.true_with[:, 0, 1].tolist() == [1, 1]
    assert found.false_with[:, 0, 1].tolist() == [1, 2]
    assert found.true_with[:, 1, 0].tolist() == [0, 1]  # a bicycle beside a wheel


def test_of_federated_data_only_judged_predictions_count() -> None:
    lists: dict[str, list[int]] = {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    gt = ground_truth([[(BICYCLE, FRAME)], [(BICYCLE, FRAME), (WHEEL, INSIDE)]], **lists)
    preds = load_predictions([row(WHEEL, ASIDE, 0.8), row(WHEEL, ASIDE, 0.8, image=2)])
    assert context_statistics(preds, gt).false.tolist() == [0, 1]  # nobody looked in the first


def brute(preds: Predictions, gt: GroundTruth, rule: ContextRule) -> list[float]:
    """New scores one by one, by the statistics."""
    table = context_statistics(preds, gt)
    valid = table.valid(min_predictions=rule.min_predictions, certainty=rule.certainty)
    found = []
    for k in range(len(preds)):
        b, best = int(preds.category_id[k]) - 1, 0.0
        here = (preds.image_id == preds.image_id[k]) & (preds.score >= table.seen)
        for kind, a in np.argwhere(valid[:, :, b]).tolist():
            others = np.flatnonzero(here & (preds.category_id == a + 1))
            is_seen = len(others) > 0
            if kind == 0:
                x, y, w, h = preds.boxes[k]
                is_seen = False
                for u, v, wide, high in preds.boxes[others].tolist():
                    common = max(min(x + w, u + wide) - max(x, u), 0) * max(
                        min(y + h, v + high) - max(y, v), 0
                    )
                    is_seen |= wide * high > w * h and common / (w * h) >= table.tau
            q1, q0 = table.q1[kind, a, b], table.q0[kind, a, b]
            added = rule.eta * np.log(q1 / q0 if is_seen else (1 - q1) / (1 - q0))
            best = added if abs(added) > abs(best) else best
        found.append(float(shifted(preds.score[k : k + 1], np.array([best]))[0]))
    return found


@given(st.integers(0, 10**9))
@settings(max_examples=15)
def test_scores_equal_those_one_by_one(seed: int) -> None:
    gt, preds = street(8, seed=seed, inside=False)
    found = rescored_by_context(preds, context_statistics(preds, gt), RULE)
    assert found.tolist() == pytest.approx(brute(preds, gt, RULE))


def test_the_order_of_rows_decides_nothing() -> None:
    gt, preds = street(30, seed=1, inside=True)
    found = rescore_context(preds, gt).predictions.score
    order = np.random.default_rng(0).permutation(len(preds))
    again = rescore_context(preds.take(order), gt, workers=3).predictions.score
    assert again.tolist() == found[order].tolist()


def test_it_helps_where_context_tells_true_from_false_on_images_that_taught_nothing() -> None:
    val, preds = street(60, seed=2, inside=True)
    found = rescore_context(preds, val)
    assert found.scores.gain_on == "5 folds of ground truth"
    assert found.scores.gain is not None
    assert found.scores.gain.interval is not None
    assert found.scores.gain.interval[0] > 0.05
    assert found.notes == ()
    assert found.scores.relations is not None
    assert found.scores.relations.strongest[0].evidence == "inside bicycle"


def test_it_says_so_where_context_tells_nothing() -> None:
    val, preds = street(60, seed=2, inside=False)
    found = rescore_context(preds, val, certainty=0)
    assert [note.code for note in found.notes] == ["no-gain"]
    quiet = rescore_context(preds, val)
    assert quiet.scores.changed == 0
    assert [note.code for note in quiet.notes] == ["no-relations", "no-gain"]
    assert quiet.notes[0].message.endswith(
        "another one by the limits `min_predictions=20` and `certainty=3`, so no score changes"
    )


def test_other_predictions_can_teach() -> None:
    train, taught = street(60, seed=1, inside=True)
    val, preds = street(60, seed=2, inside=True)
    found = rescore_context(preds, train, fit_preds=taught, gt=val)
    assert found.inputs["fit_preds"]["count"] == 180
    assert found.scores.gain is not None
    assert found.scores.gain.verdict.value == "better"
    assert rescore_context(preds, train, fit_preds=taught).scores.gain is None


def test_some_images_teach_and_others_judge() -> None:
    gt, preds = street(80, seed=3, inside=True)
    first, second = (part(gt, at) for at in (slice(0, 50), slice(50, 80)))
    found = rescore_context(preds, first, gt=second)
    assert found.scores.gain is not None
    assert found.scores.gain.verdict.value == "better"
    assert found.scores.gain_on == "ground truth"


def part(gt: GroundTruth, at: slice) -> GroundTruth:
    """Some of the images of a street."""
    images = gt.images.id[at].tolist()
    rows = [
        [
            (int(gt.category_id[k]), gt.boxes[k].tolist())
            for k in np.flatnonzero(gt.image_id == image)
        ]
        if image in images
        else []
        for image in gt.images.id.tolist()
    ]
    whole = ground_truth(rows)
    kept = np.isin(whole.images.id, images)
    own = replace(
        whole.images,
        id=whole.images.id[kept],
        sizes=whole.images.sizes[kept],
        file_names=tuple(np.array(whole.images.file_names)[kept].tolist()),
    )
    return replace(whole, images=own)


def test_wrong_input_is_refused() -> None:
    gt, preds = street(12, seed=1, inside=True)
    with pytest.raises(InputError, match="`eta` is -1, expected 0 or more"):
        ContextRule(eta=-1)
    with pytest.raises(InputError, match="`seen` is 2, expected a number from 0 to 1"):
        rescore_context(preds, gt, seen=2)
    elsewhere = load_predictions([row(WHEEL, INSIDE, 0.5, image=99)])
    with pytest.raises(InputError, match=r"has no prediction for an image of .*: `fit_preds`"):
        rescore_context(elsewhere, gt)
    with pytest.raises(MismatchError, match="1 prediction has category_id 7"):
        rescore_context(load_predictions([row(7, INSIDE, 0.5)]), gt)
    with pytest.raises(InputError, match="12 images of 12 are in"):
        rescore_context(preds, gt, gt=gt)
