"""A search end to end: what it finds, on which images, and what it admits."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from segeval.data import load_ground_truth, load_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble.fusing import fuse
from segeval.ensemble.operators.suppression import nms
from segeval.ensemble.pools.pool import pooled
from segeval.ensemble.result import Ensemble
from segeval.ensemble.search.candidates import Candidates, Flat
from segeval.ensemble.search.duplicates import duplicate_groups, similarity
from segeval.ensemble.search.leave_one_out import leave_one_out
from segeval.ensemble.search.searched import Searched
from segeval.ensemble.trees.nodes import Rules
from segeval.ensemble.trees.tree import Leaf, Operator, joined, leaf_weights
from segeval.errors import InputError
from segeval.metrics.coco.average_precision import average_precision, matches_of

SCENE = furniture(images=24)
GT = load_ground_truth(SCENE.ground_truth)
MODELS = [load_predictions(each) for each in (SCENE.better, SCENE.weaker)]
THIRD = MODELS[0].with_scores(MODELS[0].score[::-1].copy())


def search(models: list[Any], **arguments: Any) -> Ensemble:
    """A search of a few candidates."""
    return fuse(models, strategy="search", fit=GT, **{"max_evals": 8, **arguments})


def outcome(found: Ensemble) -> Searched:
    """What the search of an ensemble found."""
    assert found.scores.search is not None
    return found.scores.search


def candidates(*parts: np.ndarray[Any, Any]) -> Candidates:
    """The candidates of three models on some parts of the images."""
    return Candidates(
        pool=pooled([*MODELS, THIRD]),
        knows=np.ones((3, 5), np.bool_),
        rules=Rules("segm", fuses=True),
        gt=GT,
        target="segm",
        max_dets=100,
        parts=np.stack([np.ones(24, np.bool_), *parts]),
    )


def test_no_order_of_models_rows_or_workers_changes_what_is_found() -> None:
    rng = np.random.default_rng(0)
    models, seen = [*MODELS, THIRD], set()
    for order in itertools.islice(itertools.permutations(range(3)), 0, 6, 3):
        shuffled = [models[k].take(rng.permutation(len(models[k]))) for k in order]
        found = search(shuffled, workers=int(rng.integers(1, 4)))
        weights = [each.weight for each in found.scores.models]
        predictions = found.predictions
        seen.add((
            predictions.score.tobytes(),
            tuple(predictions.segmentations.strings.strings()),
            tuple(weights[order.index(k)] for k in range(3)),
            outcome(found).whole.ap,
        ))  # fmt: skip
    assert len(seen) == 1


def test_a_search_finds_what_is_better_and_proves_it_in_folds() -> None:
    found = search(MODELS, max_evals=None)
    own = outcome(found)
    assert own.whole.is_whole
    assert own.whole.ap > own.whole.single
    assert len(own.parts) == 5
    gain = found.scores.gain
    assert gain is not None
    assert gain.how == "5 folds of ground truth"
    assert gain.over_wbf is not None
    ap = average_precision(found.predictions, GT).ap
    assert ap == pytest.approx(own.whole.ap, abs=1e-12)
    assert gain.optimism is not None


def test_no_image_decides_in_the_fold_that_it_judges() -> None:
    found = search(MODELS, max_evals=3, folds=4)
    own = outcome(found)
    assert len(own.by_images) == 4
    kept_apart = [~np.frombuffer(each, np.bool_) for each in own.by_images]
    assert np.sum(kept_apart, axis=0).tolist() == [1] * 24


def test_a_search_that_is_cut_by_time_can_be_made_again() -> None:
    cut = search(MODELS, max_evals=None, max_seconds=0.05)
    whole = outcome(cut).whole
    assert not whole.is_whole
    assert whole.evaluations > 0
    note = next(each for each in cut.notes if each.code == "search-cut")
    assert f"`max_evals={whole.evaluations}` gives the same again" in note.message
    again = search(MODELS, max_evals=whole.evaluations)
    assert outcome(again).whole == whole
    assert [each.found for each in outcome(again).parts] == [
        each.found for each in outcome(cut).parts
    ]
    assert again.predictions.score.tolist() == cut.predictions.score.tolist()


def test_every_search_asks_for_as_many_candidates_as_it_may() -> None:
    own = outcome(search([*MODELS, THIRD], max_evals=7))
    assert {own.whole.evaluations, *(each.found.evaluations for each in own.parts)} == {7}


@pytest.mark.parametrize("powers", [(1, 0.8, 1.25), (1, 0.5, 2)])
def test_models_of_equal_quality_are_not_said_to_gain(powers: tuple[float, ...]) -> None:
    """Models that find the same objects and rank them alike have nothing to tell each other."""
    apart = nms(pooled(MODELS[:1]), iou="segm", iou_threshold=0).rows
    base = MODELS[0].take(np.sort(apart))
    found = search([base.with_scores(base.score**power) for power in powers], max_evals=40)
    assert found.scores.gain is not None
    assert found.scores.gain.over_best.verdict.value != "better"
    assert {"no-gain", "single-model"} <= {each.code for each in found.notes}
    assert sorted(each.weight for each in found.scores.models) == [0, 0, 1]
    assert len(found.predictions) == len(base)


def test_ap_on_a_part_of_the_images_is_that_of_the_images_alone() -> None:
    part = np.arange(24) % 3 == 0
    known = candidates(part)
    tree = joined(joined(Leaf(0), Leaf(1)), Leaf(2), Operator(weights=(1.0, 0.5)))
    ids = np.array(GT.images.written_ids, object)[part].tolist()
    preds = known.branch(tree).rows.best(100).to_predictions()
    expected = average_precision(preds, GT, images=ids).ap
    assert known.ap(tree)[1] == pytest.approx(expected, abs=1e-12)


def test_a_candidate_is_merged_and_matched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = candidates(np.arange(24) < 12)
    asked: list[Any] = []

    def counting(*given: Any) -> Any:
        asked.append(given)
        return matches_of(*given)

    monkeypatch.setattr("segeval.ensemble.search.candidates.matches_of", counting)
    tree = joined(Leaf(0), Leaf(1))
    for _ in range(3):
        known.ap(tree)
        known.paired(tree, Leaf(0), 1)
        known.ap(joined(tree, Leaf(2)))
    assert len(asked) == 3  # the pair, the model alone, all three


def test_what_a_model_brings_is_nms_of_all_minus_nms_without_it() -> None:
    found = leave_one_out([*MODELS, THIRD], GT)
    every = fuse([*MODELS, THIRD], strategy="nms", iou="segm").predictions
    fewer = fuse([MODELS[0], THIRD], strategy="nms", iou="segm").predictions
    assert found[1].without == pytest.approx(average_precision(fewer, GT).ap, abs=1e-12)
    whole = average_precision(every, GT).ap
    assert whole is not None
    assert found[1].brings == pytest.approx(whole - found[1].without, abs=1e-12)
    assert [each.path for each in found] == [each.source for each in (*MODELS, THIRD)]


def test_near_duplicates_are_found_by_their_predictions() -> None:
    pool = pooled([MODELS[0], MODELS[1], MODELS[0].with_scores(MODELS[0].score * 0.5)])
    assert similarity(pool, 0, 2, "segm") > 0.95
    assert similarity(pool, 0, 1, "segm") < 0.5
    assert duplicate_groups(pool, "segm") == [(0, 2), (1,)]


def test_a_plain_merge_of_some_models_is_named_by_them() -> None:
    assert str(Flat((0, 2))) == "nms(a,c)"
    assert leaf_weights(Leaf(3)) == {3: 1.0}


@pytest.mark.parametrize(
    ("arguments", "option", "expected"),
    [
        ({"fit": None}, "fit", "which only ground truth tells: give `fit`"),
        ({"weigh": "rank"}, "weigh", "and finds weights itself: leave out `weigh`"),
        ({"weigh": "tuned"}, "weigh", "and finds weights itself: leave out `weigh`"),
        ({"calibrate": "linear"}, "calibrate", "and finds weights itself: leave out `calibrate`"),
        ({"max_evals": 0}, "max_evals", "`max_evals` is 0, expected a number of at least 1"),
        ({"max_seconds": -1}, "max_seconds", "`max_seconds` is -1, expected"),
        ({"beam": 0}, "beam", "`beam` is 0, expected a number of at least 1"),
        ({"folds": 1}, "folds", "`folds` is 1, expected from 2 to 24"),
    ],
)  # fmt: skip
def test_what_a_search_cannot_do_is_refused(
    arguments: dict[str, Any], option: str, expected: str
) -> None:
    with pytest.raises(InputError, match=expected) as error:
        fuse(MODELS, **{"strategy": "search", "fit": GT, **arguments})
    assert error.value.option == option
