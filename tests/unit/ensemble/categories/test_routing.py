"""Routing and coverage: who gives a category, and what silence means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import load_predictions
from segeval.data import Predictions, load_ground_truth
from segeval.data.synthetic import SyntheticSet, furniture
from segeval.ensemble import fuse, route
from segeval.ensemble.result import Ensemble
from segeval.ensemble.weighing.known_weights import relative_on_known
from segeval.errors import FormatError, InputError, MismatchError, ShapeError

NAN = np.nan
AP = [[0.50, 0.41, 0.30, NAN], [0.52, 0.40, NAN, NAN], [0.45, NAN, NAN, NAN]]
KNOWS = [[True, True, True, True], [True, True, False, True], [True, False, False, False]]

SCENE = furniture(images=40)
GT = load_ground_truth(SCENE.ground_truth)
GENERAL, GOOD = (load_predictions(each) for each in (SCENE.weaker, SCENE.better))


FEW = furniture(images=9)
"""Too few images to measure a gain, which takes time."""

FEW_GT = load_ground_truth(FEW.ground_truth)


def expert(*categories: int, scene: SyntheticSet = SCENE) -> Predictions:
    """The better model's predictions of some categories."""
    good = load_predictions(scene.better)
    return good.take(np.flatnonzero(np.isin(good.category_id, categories)))


def two_boxes(*scores: float) -> list[list[dict[str, Any]]]:
    """A general model that finds category 1, and an expert that finds category 2."""
    box = {"image_id": 1, "bbox": [0, 0, 9, 9]}
    return [
        [{**box, "category_id": each, "score": score}]
        for each, score in zip((1, 2), scores, strict=True)
    ]


def scores(found: Ensemble) -> dict[int, float]:
    """The score of each category."""
    preds = found.predictions
    return dict(zip(preds.category_id.tolist(), preds.score.tolist(), strict=True))


def test_without_ground_truth_a_model_that_lists_categories_tells_which_there_are(
    tmp_path: Path,
) -> None:
    path = tmp_path / "whole.json"
    path.write_text(json.dumps({**FEW.ground_truth, "annotations": FEW.better}))
    covers = [None, ["sofabed"]]
    with pytest.raises(InputError, match=r"whole\.json has categories 1 \(bed\), 2 \(cabinet\)"):
        fuse([FEW.weaker, path], strategy="nms", weights=[1, 1], covers=covers)


def test_by_add_all_that_know_a_category_join() -> None:
    assert route(AP, KNOWS).tolist() == KNOWS


def test_by_best_the_best_model_is_alone_and_all_stay_where_nothing_is_known() -> None:
    assert route(AP, KNOWS, mode="best").astype(int).tolist() == [
        [0, 1, 1, 1],
        [1, 0, 0, 1],
        [0, 0, 0, 0],
    ]


def test_by_topk_the_best_few_join() -> None:
    assert route(AP, KNOWS, mode="topk", k=2).astype(int).tolist() == [
        [1, 1, 1, 1],
        [1, 1, 0, 1],
        [0, 0, 0, 0],
    ]


def test_by_replace_an_expert_needs_the_margin() -> None:
    assert route(AP, KNOWS, mode="replace").astype(int).tolist() == [
        [0, 1, 1, 1],
        [1, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert route(AP, KNOWS, mode="replace", margin=0.03)[:, 0].tolist() == [True, False, False]


def test_a_difference_of_just_the_margin_is_enough() -> None:
    found = route([[0.40, 0.1], [0.41, NAN]], [[True, True], [True, False]], mode="replace")
    assert found[:, 0].tolist() == [False, True]  # .41 - .40 is .00999... in binary


def test_an_expert_keeps_what_the_general_model_does_not_know() -> None:
    knows = [[True, True, True, False], [False, False, True, True]]
    found = route([[0.5, 0.5, 0.5, NAN], [NAN, NAN, 0.1, 0.2]], knows, mode="replace")
    assert found.tolist() == [[True, True, True, False], [False, False, False, True]]


@pytest.mark.parametrize("mode", ["best", "replace", "topk"])
def test_no_order_of_models_decides(mode: Any) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        ap = rng.integers(0, 4, (4, 6)) / 4
        knows = rng.random((4, 6)) < 0.6
        knows[0] = True
        knows[1, 0] = False
        order = rng.permutation(4)
        found = route(ap, knows, mode=mode, k=2)
        assert (route(ap[order], knows[order], mode=mode, k=2) == found[order]).all()
        assert found.any(axis=0).all()
        assert not (found & ~knows).any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mode": "worst"}, "`route` is 'worst', expected one of add, replace, best, topk"),
        ({"margin": 2}, "`route_margin` is 2, expected a difference of AP from 0 to 1"),
        ({"mode": "topk", "k": 0}, "`route_k` is 0, expected at least 1"),
        (
            {"mode": "replace", "coverage": None},
            (
                "`route='replace'` lets an expert replace the general model, and all models know "
                "the same number of categories: say what the expert knows, by `maps` or `covers`"
            ),
        ),
        (
            {"coverage": np.zeros((3, 4), np.bool_)},
            "category number 0 is known by none of the models",
        ),
        ({"coverage": [True]}, "`coverage` has shape (1,), expected (3, 4)"),
    ],
)
def test_impossible_routes_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as found:
        route(AP, **{"coverage": KNOWS, **arguments})
    assert found.value.message == words


def test_ap_of_one_dimension_is_refused() -> None:
    with pytest.raises(ShapeError, match="expected \\(models, categories\\)"):
        route([0.5, 0.4])


def test_the_class_of_an_expert_loses_no_score_because_the_general_model_is_silent() -> None:
    models = two_boxes(0.8, 0.6)
    as_before = fuse(models, strategy="wbf")
    assert scores(as_before) == {1: 0.4, 2: 0.3}  # each silent model counts as a no
    found = fuse(models, strategy="wbf", covers=[[1], [2]])
    assert scores(found) == {1: 0.8, 2: 0.6}
    found = fuse(models, strategy="wbf", covers=[None, [2]])
    assert scores(found) == {1: 0.8, 2: 0.3}  # the first one knows everything


@pytest.mark.parametrize("confidence", ["absent_aware", "avg", "overflow", "model_avg", "max"])
def test_no_confidence_counts_what_a_model_does_not_know(confidence: str) -> None:
    found = fuse(
        two_boxes(0.8, 0.6), strategy="wbf", covers=[[1], [2]], confidence=confidence,
        weights=[1, 0.5],
    )  # fmt: skip
    assert scores(found) == pytest.approx({1: 0.8, 2: 0.6})


def test_votes_are_needed_from_no_more_models_than_know_the_category() -> None:
    models = two_boxes(0.8, 0.6)
    assert len(fuse(models, strategy="wbf", min_votes=2).predictions) == 0
    found = fuse(models, strategy="wbf", min_votes=2, covers=[None, [2]])
    assert scores(found) == {1: 0.8}
    assert len(fuse(models, strategy="wbf", min_votes=2, covers=[[1], [2]]).predictions) == 2


def test_a_map_says_what_a_model_knows() -> None:
    general, special = two_boxes(0.8, 0.6)
    found = fuse([general, special], strategy="wbf", maps=[{"1": 1}, {"2": 5}])
    assert scores(found) == {1: 0.8, 5: 0.6}


def test_found_covers_what_occurs_in_the_predictions() -> None:
    found = fuse(two_boxes(0.8, 0.6), strategy="wbf", covers=["found", "found"])
    assert scores(found) == {1: 0.8, 2: 0.6}


def test_a_list_of_categories_is_read_from_a_file(tmp_path: Any) -> None:
    lines, objects = tmp_path / "a.txt", tmp_path / "b.json"
    lines.write_text("1\n\n")
    objects.write_text("[2]")
    found = fuse(two_boxes(0.8, 0.6), strategy="wbf", covers=[lines, str(objects)])
    assert scores(found) == {1: 0.8, 2: 0.6}


@pytest.mark.parametrize("strategy", ["interp", "reweight", "s003"])
def test_experts_are_weighed_where_they_are_judged(strategy: str) -> None:
    lamps = expert(4)
    found = fuse([GENERAL, lamps], strategy=strategy, fit=GT, covers=[None, [4]])
    general, special = found.scores.models
    assert special.weight == 1  # better on the only category that it knows
    assert 0.5 < general.weight < 1
    assert special.worth is not None
    assert general.worth is not None
    assert special.worth > general.worth
    assert found.scores.routes is not None
    assert [each.models for each in found.scores.routes.decisions] == [
        (0, 1) if each == 4 else (0,) for each in range(1, 11)
    ]


def test_shares_of_the_best_are_means_over_what_a_model_knows() -> None:
    ap = np.array([[0.6, 0.2, 0.4], [0.5, 0.4, NAN], [0.3, 0.1, 0.1]])
    knows = np.array([[True] * 3, [True, True, False], [True] * 3])
    # means (1 + .5 + 1) / 3, (5/6 + 1) / 2 and (.5 + .25 + .25) / 3, over the highest
    expected = np.array([5 / 6, 11 / 12, 1 / 3]) / (11 / 12)
    assert relative_on_known(ap, knows) == pytest.approx(expected)


def test_decisions_tell_ap_objects_and_how_sure_they_are() -> None:
    found = fuse(
        [GENERAL, expert(4, 5)], fit=GT, covers=[None, [4, 5]], route="replace", route_margin=0.05
    )
    routes = found.scores.routes
    assert routes is not None
    lamp, mirror = (next(d for d in routes.decisions if d.id == each) for each in (4, 5))
    assert (lamp.name, lamp.models, mirror.models) == ("lamp", (1,), (0,))
    assert lamp.ap[1] is not None
    assert lamp.ap[0] is not None
    assert lamp.ap[1] - lamp.ap[0] >= 0.05
    assert lamp.n_gt == int(((GT.category_id == 4) & ~GT.is_crowd).sum())
    assert lamp.p_better is not None
    assert lamp.p_better > 0.9
    assert mirror.p_better is not None
    assert mirror.p_better < 0.5
    bed = next(d for d in routes.decisions if d.id == 1)
    assert (bed.models, bed.ap[1], bed.p_better) == ((0,), None, None)
    kept = found.predictions.category_id == 4
    assert kept.sum() == (expert(4).category_id == 4).sum()


def test_how_sure_a_choice_is_stays_open_with_too_few_images() -> None:
    few = expert(4, 5, scene=FEW)
    found = fuse([FEW.weaker, few], fit=FEW_GT, covers=[None, [4, 5]], route="best")
    routes = found.scores.routes
    assert routes is not None
    lamp = next(each for each in routes.decisions if each.id == 4)
    lamps = FEW_GT.image_id[(FEW_GT.category_id == 4) & ~FEW_GT.is_crowd]
    assert (lamp.p_better, lamp.images) == (None, len(np.unique(lamps)))
    assert all(row[4] is None for row in found.tables["category"].rows)
    assert any(
        note.message.startswith(
            "how sure the choice is remains open for 2 categories (lamp, mirror)"
        )
        for note in found.notes
    )


def test_notes_tell_which_categories_come_from_which_expert() -> None:
    found = fuse([GENERAL, expert(4, 5)], fit=GT, covers=[None, [4, 5]], route="replace")
    notes = {note.code: note.message for note in found.notes}
    assert notes["experts"] == "weaker gives 2 categories (lamp, mirror) alone".replace(
        "weaker", GOOD.source
    )


def test_routes_are_plain_values_in_json() -> None:
    found = fuse([GENERAL, expert(4)], fit=GT, covers=[None, [4]], route="best")
    routes = found.to_dict()["results"]["routes"]
    assert (routes["mode"], routes["margin"], routes["k"]) == ("best", None, None)
    lamp = routes["categories"][3]
    assert lamp.keys() == {"id", "name", "gt", "ap", "models", "p_better"}
    assert lamp["models"] == [GOOD.source]
    assert found.tables["category"].rows[0][0] == "lamp"


def test_without_experts_nothing_is_routed() -> None:
    found = fuse([GENERAL, GOOD], fit=GT)
    assert found.scores.routes is None
    assert found.to_dict()["results"]["routes"] is None


def test_each_fold_decides_its_routes_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from segeval.ensemble.categories import routing

    seen: list[bytes] = []
    plain = routing.routed

    def spy(ap: Any, knows: Any, rule: Any) -> Any:
        seen.append(np.nan_to_num(ap).tobytes())
        return plain(ap, knows, rule)

    monkeypatch.setattr(routing, "routed", spy)
    found = fuse([GENERAL, expert(4)], fit=GT, covers=[None, [4]], route="best")
    assert found.scores.gain is not None
    assert len(set(seen)) == 6  # all images, and all but each of five folds


def test_the_gain_elsewhere_uses_the_weights_of_the_right_categories() -> None:
    half = np.arange(len(GT.images)) < 20
    parts = []
    for keep in (half, ~half):
        ids = GT.images.id[keep]
        gt = SCENE.ground_truth
        parts.append(
            {
                **gt,
                "images": [each for each in gt["images"] if each["id"] in ids],
                "annotations": [
                    each
                    for each in gt["annotations"]
                    if each["image_id"] in ids and (keep is half or each["category_id"] > 3)
                ],
            }
        )
    beds = np.isin(GENERAL.image_id, GT.images.id[half]) | (GENERAL.category_id > 3)
    models = [GENERAL.take(np.flatnonzero(beds)), expert(4, 5)]
    fit, judge = (load_ground_truth(each) for each in parts)
    found = fuse(models, fit=fit, gt=judge, covers=[None, [4, 5]], route="best", strategy="nms")
    assert found.scores.gain is not None
    chosen = found.predictions
    own = chosen.take(np.flatnonzero(np.isin(chosen.image_id, GT.images.id[~half])))
    from segeval import average_precision

    assert found.scores.gain.over_best.b == average_precision(own, judge).ap


def test_the_result_depends_on_no_order_of_the_models() -> None:
    models = [load_predictions(FEW.weaker), expert(4, 5, scene=FEW), expert(4, 8, scene=FEW)]
    covers = [None, [4, 5], [4, 8]]
    found = [
        fuse(
            [models[k] for k in order],
            fit=FEW_GT,
            covers=[covers[k] for k in order],
            route=route_by,
        )
        for route_by in ("add", "replace", "best", "topk")
        for order in ((0, 1, 2), (2, 0, 1))
    ]
    for one, other in zip(found[::2], found[1::2], strict=True):
        assert one.predictions.score.tolist() == other.predictions.score.tolist()
        assert one.predictions.boxes.tobytes() == other.predictions.boxes.tobytes()


def test_rows_in_explanations_are_those_of_the_file() -> None:
    general, special = two_boxes(0.8, 0.6)
    special = [{**special[0], "category_id": 3}, *special]
    found = fuse([general, special], strategy="nms", maps=[None, {"2": 2}])
    members = [each["members"][0] for each in found.explained()]
    assert [each["prediction"] for each in members] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"covers": [None, [4, 5]], "route": "best"},
            InputError,
            (
                "`route='best'` compares the AP of models on each category, which only ground "
                "truth tells: give `fit`"
            ),
        ),
        (
            {"covers": [None, [4]]},
            MismatchError,
            (
                "better: 34 predictions are of category 5, which `covers` does not list. Add it, "
                "or leave these predictions out: map them to null."
            ),
        ),
        (
            {"covers": [[4, 5]]},
            InputError,
            (
                "`covers` has 1 list, expected 2: one for each model, None for a model that knows "
                "everything"
            ),
        ),
        (
            {"maps": [{"4": 4}]},
            InputError,
            "`maps` has 1 map, expected 2: one for each model, None for a model without",
        ),
        (
            {"covers": [None, ["sofabed"]], "fit": GT},
            InputError,
            (
                '`covers`: "sofabed" is no category: the ground truth has categories 1 (bed), 2 '
                "(cabinet), 3 (chair), 4 (lamp), 5 (mirror), ..."
            ),
        ),
        (
            {"covers": ["found", [4, 5, "rug"]], "maps": [{"1": 1}, None], "fit": GT},
            MismatchError,
            (
                "ground truth: has objects of category 2 (cabinet), which none of the models "
                "knows. 5 more categories like it. Add a model that knows them, or evaluate the "
                "other categories alone."
            ),
        ),
        (
            {"covers": [None, [4, 5]], "strategy": "wbf", "compat": "ensemble-boxes"},
            InputError,
            (
                "`compat` and `covers` exclude each other: ensemble-boxes takes every model to "
                "know every category"
            ),
        ),
        (
            {"covers": [None, 5]},
            InputError,
            "`covers` has 5 for better, expected a list of categories, a path or None",
        ),
        (
            {"covers": [None, []]},
            InputError,
            "`covers`: names no category that better knows, expected some",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    arguments: dict[str, Any], error: type[InputError], words: str
) -> None:
    from dataclasses import replace

    models = [GENERAL, replace(expert(4, 5), source="better")]
    with pytest.raises(error) as found:
        fuse(models, **{"weights": None if "fit" in arguments else [1, 1], **arguments})
    assert found.value.message == words


def test_weights_of_0_for_all_that_know_a_category_are_refused() -> None:
    with pytest.raises(InputError) as found:
        fuse(two_boxes(0.8, 0.6), strategy="wbf", covers=[[1], [2]], weights=[1, 0])
    assert found.value.message == (
        "`weights` is 0 for all models that know category 2, whose predictions would all have "
        "score 0. Leave out the model, or give it a weight"
    )


@pytest.mark.parametrize("strategy", ["interp", "s003", "wbf", "modern", "nmw", "search"])
def test_tuned_and_other_weights_give_finite_scores_with_experts(strategy: str) -> None:
    weigh = None if strategy in ("modern", "search") else "tuned"
    found = fuse(
        [FEW.weaker, expert(4, scene=FEW)], strategy=strategy, weigh=weigh, fit=FEW_GT,
        covers=[None, [4]], route=None if strategy == "search" else "best",
    )  # fmt: skip
    assert np.isfinite(found.predictions.score).all()
    assert set(found.predictions.category_id.tolist()) == set(range(1, 11))


def test_settings_name_maps_and_lists() -> None:
    covers: list[Any] = [np.array([1]), "found"]
    found = fuse(two_boxes(0.8, 0.6), strategy="nms", maps=[None, {"2": 2}], covers=covers)
    settings = found.to_dict()["settings"]
    assert settings["maps"] == [None, "given"]
    assert settings["covers"] == [[1], "found"]
    assert (settings["class_scores"], settings["background"]) == (None, None)


def test_a_file_that_is_no_list_of_categories_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "list.json"
    path.write_text('{"a": 1}')
    with pytest.raises(FormatError, match="holds an object, expected ids or names of categories"):
        fuse(two_boxes(0.8, 0.6), strategy="wbf", covers=[path, None])


def test_what_was_said_of_experts_is_no_suspicion() -> None:
    lamps = expert(4)
    silent = fuse([GENERAL, lamps], strategy="nms", covers=[None, [4]])
    assert {note.code for note in silent.notes} == {"experts"}
    codes = {note.code for note in fuse([GENERAL, lamps], strategy="nms").notes}
    assert "categories-of-others" in codes
