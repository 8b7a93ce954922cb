"""Comparisons of two and more models on the same images."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval import InputError, MismatchError
from segeval.analysis import Comparison, Verdict
from segeval.analysis.comparison.some_images import of_images
from segeval.analysis.resampling.draws import Units, copies, image_keys
from segeval.analysis.resampling.resampled import resampled
from tests.unit.analysis.comparison.scenes import rooms, some_rooms


@pytest.fixture(scope="module")
def found() -> Comparison:
    return segeval.compare(*rooms(), resamples=200)


def test_every_number_is_that_of_the_evaluation_of_each_file(found: Comparison) -> None:
    weaker, better, gt = rooms()
    own = [segeval.average_precision(preds, gt) for preds in (weaker, better)]
    for place, result in enumerate(own):
        for size in result.first.sizes:
            number = found.differences["segm", "sizes", size.name, "ap"]
            assert (number.a, number.b)[place] == size.ap
        for category in result.first.categories:
            number = found.differences["segm", "categories", category.id, "ap50"]
            assert (number.a, number.b)[place] == category.ap50
    assert found["AP75"].a == own[0].ap75


def test_the_difference_is_the_second_minus_the_first(found: Comparison) -> None:
    number = found["AP"]
    assert number.a is not None
    assert number.b is not None
    assert number.difference == number.b - number.a


def test_the_interval_is_that_of_the_counted_draws(found: Comparison) -> None:
    weaker, better, gt = rooms()
    runs = [resampled(segeval.average_precision(preds, gt)) for preds in (weaker, better)]
    units = Units.of_keys(image_keys(np.arange(1, 41)))
    weights = copies(units, 0, 0, 200)
    draws = runs[1].numbers(weights)[:, 0] - runs[0].numbers(weights)[:, 0]
    low, high = np.quantile(draws, [0.025, 0.975])
    own = found["AP"]
    assert own.difference is not None
    # the same sums in blocks
    assert own.interval == pytest.approx(
        (own.difference + low - draws.mean(), own.difference + high - draws.mean()), abs=1e-12
    )
    assert own.se == pytest.approx(draws.std(ddof=1), abs=1e-12)


def test_a_better_model_is_better_and_the_other_way_round_worse(found: Comparison) -> None:
    weaker, better, gt = rooms()
    other = segeval.compare(better, weaker, gt, resamples=200)
    assert (found.verdict, other.verdict) == ("better", "worse")
    assert found.difference.difference == -other.difference.difference  # type: ignore[operator]
    assert found.difference.p == other.difference.p == 1 / 201


def test_the_order_of_the_images_and_the_threads_change_nothing(found: Comparison) -> None:
    weaker, better, gt = rooms()
    random.Random(4).shuffle(gt["images"])
    random.Random(5).shuffle(gt["annotations"])
    other = segeval.compare(weaker, better, gt, resamples=200, workers=1)
    # AP is added up in the order of categories, which stays
    assert other.to_dict()["results"] == found.to_dict()["results"]


def test_another_seed_draws_other_images(found: Comparison) -> None:
    other = segeval.compare(*rooms(), resamples=200, seed=1)
    assert other["AP"].difference == found["AP"].difference
    assert other["AP"].interval != found["AP"].interval


def test_results_are_compared_without_their_files(found: Comparison) -> None:
    weaker, better, gt = rooms()
    own = [segeval.average_precision(preds, gt) for preds in (weaker, better)]
    other = segeval.compare(own[0], own[1], resamples=200)
    assert other.differences == found.differences


def test_headline_numbers_are_no_family_and_categories_are_one(found: Comparison) -> None:
    assert found["AP"].p_corrected == found["AP"].p
    own = [found.differences["segm", "categories", k, "ap"] for k in range(1, 11)]
    assert all(each.p <= each.p_corrected for each in own)  # type: ignore[operator]
    assert any(each.p < each.p_corrected for each in own)  # type: ignore[operator]


def test_a_size_in_few_images_is_shown_and_not_tested(found: Comparison) -> None:
    small = found["APs"]
    assert small.verdict is Verdict.TOO_FEW
    assert small.a is not None
    assert (small.interval, small.p, small.p_corrected) == (None, None, None)


def test_undefined_replicates_are_counted(found: Comparison) -> None:
    assert found["AP"].undefined == 0
    assert 0 < found["APs"].undefined < 200


def test_a_model_without_predictions_has_ap_0_and_is_noted() -> None:
    _, better, gt = rooms()
    other = segeval.compare([], better, gt, resamples=50)
    assert other["AP"].a == 0.0
    assert other.verdict == "better"
    assert any(note.code == "no-predictions" for note in other.notes)


def test_a_note_on_one_file_names_it(tmp_path: Path) -> None:
    weaker, better, gt = rooms()
    for name, preds in (("a.json", [*weaker, weaker[0]]), ("b.json", better)):
        (tmp_path / name).write_text(json.dumps(preds))
    found = segeval.compare(tmp_path / "a.json", tmp_path / "b.json", gt, resamples=20)
    [note] = [note for note in found.notes if "twice" in note.message or "equal" in note.message]
    assert note.message.startswith(f"{tmp_path / 'a.json'}: ")


def test_a_number_that_was_not_evaluated_has_no_row() -> None:
    found = segeval.compare(*rooms(), resamples=20, thresholds=0.5)
    assert [row[0] for row in found.tables["number"].rows][:3] == ["AP", "AP50", "AR"]
    assert found["AP75"].difference is None


def test_so_few_replicates_that_nothing_can_be_shown_are_noted() -> None:
    codes = [
        [note.code for note in segeval.compare(*rooms(), resamples=number).notes]
        for number in (18, 19)
    ]
    assert ["few-replicates" in each for each in codes] == [True, False]


def test_equal_files_are_undecided_and_noted() -> None:
    _, better, gt = rooms()
    other = segeval.compare(better, better, gt, resamples=50)
    assert other.verdict == "undecided"
    assert (other.difference.interval, other.difference.p) == ((0.0, 0.0), 1.0)
    assert any("do both hold the same predictions?" in note.message for note in other.notes)


def test_within_a_margin_equal_files_are_the_same() -> None:
    _, better, gt = rooms()
    assert segeval.compare(better, better, gt, resamples=50, margin=0.001).verdict == "same"


def test_numbers_of_a_slice_are_those_of_its_images_alone() -> None:
    weaker, better, gt = rooms()
    fog = [image["id"] for image in gt["images"] if image["weather"] == "fog"]
    found = segeval.compare(weaker, better, gt, resamples=50, slices="weather")
    slices = {each.name: each for each in found.scores.pairs[0].slices}
    assert list(slices) == ["fog", "rain", "sun"]
    assert slices["fog"].images == len(fog)
    own = [segeval.average_precision(preds, gt, images=fog).ap for preds in (weaker, better)]
    number = slices["fog"].differences["segm", "ap"]
    assert [number.a, number.b] == pytest.approx(own, abs=1e-12)  # weights add up otherwise


def test_a_slice_with_few_images_is_shown_and_not_tested() -> None:
    weaker, better, gt = rooms()
    labels = {
        image["id"]: "few" if place < 9 else "many" for place, image in enumerate(gt["images"])
    }
    found = segeval.compare(weaker, better, gt, resamples=50, slices=labels)
    few, many = found.scores.pairs[0].slices
    assert few.differences["segm", "ap"].verdict is Verdict.TOO_FEW
    assert few.differences["segm", "ap"].a is not None
    assert few.differences["segm", "ap"].p_corrected is None
    assert many.differences["segm", "ap"].verdict is Verdict.BETTER


@pytest.mark.parametrize("protocol", ["coco", "lvis-fixed"])
def test_a_part_of_a_result_is_the_evaluation_of_its_images(protocol: str) -> None:
    weaker, better, gt = rooms()
    if protocol == "lvis-fixed":
        for category in gt["categories"]:
            category["frequency"] = "f"
        for image in gt["images"]:
            image |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    wanted = [image["id"] for image in gt["images"]][3:17]
    results = [
        segeval.average_precision(preds, gt, protocol=protocol) for preds in (weaker, better)
    ]
    of_part = np.isin(results[0].matches.image_ids, wanted)
    parts = [of_images(result, of_part) for result in results]
    kept = [[each for each in preds if each["image_id"] in wanted] for preds in (weaker, better)]
    gt["images"] = [image for image in gt["images"] if image["id"] in wanted]
    gt["annotations"] = [each for each in gt["annotations"] if each["image_id"] in wanted]
    own = [resampled(segeval.average_precision(preds, gt, protocol=protocol)) for preds in kept]
    weights = np.random.default_rng(1).integers(0, 4, (5, 14)).astype(np.uint16)
    for part, run in zip(parts, own, strict=True):
        np.testing.assert_allclose(part.numbers(weights), run.numbers(weights), atol=1e-12)
    swapped = np.random.default_rng(0).random((5, 14)) < 0.5
    for mine, other in zip(
        parts[0].mixed(parts[1], swapped), own[0].mixed(own[1], swapped), strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=1e-12)  # ranks of a part, in the same order


def test_groups_draw_images_together() -> None:
    weaker, better, gt = rooms()
    found = segeval.compare(weaker, better, gt, resamples=50, groups="scene")
    assert found.scores.groups == 14
    assert found["AP"].interval != segeval.compare(weaker, better, gt, resamples=50)["AP"].interval


def test_groups_of_one_image_are_the_images() -> None:
    weaker, better, gt = rooms()
    groups = {image["id"]: image["id"] for image in gt["images"]}
    plain = segeval.compare(weaker, better, gt, resamples=50)
    found = segeval.compare(weaker, better, gt, resamples=50, groups=groups)
    # the labels are texts, whose keys come in another order: equal in distribution, not in draws
    assert found.scores.groups == 40
    assert found["AP"].se == pytest.approx(plain["AP"].se, rel=0.5)


def test_several_runs_a_side_are_averaged_and_have_no_p() -> None:
    weaker, better, gt = rooms()
    found = segeval.compare((weaker, better), better, gt, resamples=100)
    own = [segeval.average_precision(preds, gt).ap for preds in (weaker, better)]
    assert found["AP"].a == pytest.approx(np.mean([each for each in own if each]), abs=1e-15)
    assert found["AP"].p is None
    single = segeval.compare(weaker, better, gt, resamples=100)
    assert found["AP"].se > single["AP"].se  # type: ignore[operator]
    assert "other runs of the same recipes" in found.scores.footnote


def test_with_three_models_every_pair_is_compared_and_shares_add_up() -> None:
    weaker, better, gt = rooms()
    found = segeval.compare(weaker, better, gt, others=[[]], resamples=50)
    document = found.to_dict()
    assert [(pair["a"][-3:], pair["b"][-3:]) for pair in document["pairs"]] == [
        ("(1)", "(2)"), ("(1)", "(3)"), ("(2)", "(3)"),
    ]  # fmt: skip
    assert "results" not in document
    assert sum(document["first_share"].values()) == 1.0
    assert list(document["first_share"].values())[1] == 1.0
    assert document["pairs"][1]["results"]["segm"]["ap"]["verdict"] == "worse"


def test_a_plan_states_images_for_a_difference() -> None:
    found = segeval.compare(*rooms(), resamples=100, plan=0.05)
    plan = found.scores.plan
    assert plan is not None
    assert found["AP"].se is not None
    assert plan.images == int(np.ceil(40 * (2.8 * found["AP"].se / 0.05) ** 2))
    assert plan.sizes == (10, 20, 40)


def test_every_pair_of_three_models_has_the_plan_of_the_two_alone() -> None:
    weaker, better, gt = rooms()
    found = segeval.compare(weaker, better, gt, others=[weaker[:-5]], resamples=50, plan=0.05)
    document = found.to_dict()
    assert "plan" not in document
    assert [pair["plan"]["target"] for pair in document["pairs"]] == [0.05] * 3
    alone = segeval.compare(better, weaker[:-5], gt, resamples=50, plan=0.05)
    assert found.scores.pairs[2].plan == alone.scores.plan
    table = next(table for table in found.tables if table.name == "plan")
    assert [row[0] for row in table.rows] == ["B - A", "C - A", "C - B"]
    assert [row[1] for row in table.rows][2] == alone.to_dict()["plan"]["images"]


def test_the_main_number_can_be_of_a_part() -> None:
    found = segeval.compare(*rooms(), resamples=50, metric="segm.sizes.large.ap")
    assert found.difference == found.differences["segm", "sizes", "large", "ap"]
    assert found.is_not_worse(0.0)


def test_a_model_is_not_worse_than_itself_and_a_loss_of_the_margin_is_within_it() -> None:
    _, better, gt = rooms()
    same = segeval.compare(better, better, gt, resamples=50)
    assert same.difference.interval == (0.0, 0.0)
    assert same.is_not_worse(0.0)
    assert same.verdict not in ("better", "worse")
    weaker, _, _ = rooms()
    loss = segeval.compare(better, weaker, gt, resamples=50)
    assert loss.difference.interval is not None
    least = -loss.difference.interval[0]
    assert least > 0
    assert loss.is_not_worse(least)
    assert not loss.is_not_worse(np.nextafter(least, 0))


def test_the_most_changed_image_comes_first(found: Comparison) -> None:
    images = found.scores.pairs[0].images
    weaker, better, gt = rooms()
    own = [segeval.average_precision(preds, gt).first.images for preds in (weaker, better)]
    changes = {a.id: abs((b.ap or 0) - (a.ap or 0)) for a, b in zip(*own, strict=True)}
    assert images[0].id == max(changes, key=lambda key: changes[key])
    assert sum(found.scores.pairs[0].image_counts.values()) == 40


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"resamples": 0}, ("`resamples` is 0, expected a whole number from 1 to 1,000,000; 1,000 is "
     "usual.")),
    ({"margin": -0.1}, "`margin` is -0.1, expected a fraction of at least 0 and below 1."),
    ({"margin": float("nan")}, "`margin` is nan, expected a fraction of at least 0 and below 1."),
    ({"plan": 0}, "`plan` is 0, expected a fraction above 0 and below 1."),
    ({"metric": "APx"}, ("`metric` is 'APx', which is no number of this evaluation, expected one "
     "of segm.ap, segm.ap50, segm.ap75, segm.ar or of a part, such as segm.sizes.small.ap. Did you "
     "mean segm.ap?")),
    ({"slices": "wether"}, ('ground truth: no image has the field "wether"; they have weather, '
     "scene, night, tags beside id, file_name, height, width.")),
    ({"slices": "tags"}, ("ground truth: image 1 (record #0): tags is a list, expected a text or a "
     "number.")),
    ({"groups": "night"}, ("`groups` makes 2 groups of 40 images, too few to compare models; "
     "expected at least 10.")),
    ({"groups": {1: "x"}}, ("`groups`: 39 images have no group, first image 2. Every image needs "
     "one; an image by itself is a group of its own.")),
    ({"slices": {99: "x"}}, ("`slices`: names 1 image, first '99', and none of those evaluated, "
     "such as room_0001.png. Name images by their id or file name.")),
    ({"trimap": (1,)}, "`trimap` does not go with instances of COCO or LVIS."),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), REFUSALS)
def test_impossible_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        segeval.compare(*rooms(), **arguments)
    assert str(error.value) == message


def test_replicates_that_would_fill_the_memory_are_refused() -> None:
    with pytest.raises(InputError) as error:
        segeval.compare(*rooms(), resamples=1_000_000)
    assert str(error.value) == (
        "`resamples` is 1,000,000: with 89 numbers each, more than fits in memory, expected at "
        "most 561,797; 1,000 is usual."
    )


def test_fewer_than_ten_images_are_refused() -> None:
    with pytest.raises(
        InputError, match="9 images cannot tell models apart; a comparison needs at least 10"
    ):
        segeval.compare(*some_rooms(9))
    assert segeval.compare(*some_rooms(10), resamples=20).scores.images == 10


def test_results_on_other_images_are_refused() -> None:
    _, better, gt = rooms()
    own = segeval.average_precision(better, gt)
    other = segeval.average_precision(*some_rooms(12)[1:])
    with pytest.raises(MismatchError) as error:
        segeval.compare(own, other)
    assert str(error.value) == (
        "predictions (2) was evaluated on 12 images, predictions (1) on 40; only predictions (1) "
        "has image 13. A comparison needs the same images on both sides."
    )


def test_results_with_other_numbers_are_refused() -> None:
    weaker, better, gt = rooms()
    own = segeval.average_precision(better, gt)
    other = segeval.average_precision(weaker, gt, sizes="3dfuture", iou="bbox")
    with pytest.raises(
        MismatchError, match="Evaluate both with the same categories, sizes and kinds of IoU"
    ):
        segeval.compare(own, other)


def test_predictions_without_ground_truth_are_refused() -> None:
    with pytest.raises(InputError, match="expected `gt` as well"):
        segeval.compare([], [])


def test_evaluation_arguments_do_not_go_with_results() -> None:
    _, better, gt = rooms()
    own = segeval.average_precision(better, gt)
    with pytest.raises(InputError, match="`sizes` does not go with results"):
        segeval.compare(own, own, sizes="coco")


def test_a_saved_result_cannot_be_drawn_anew(tmp_path: Any) -> None:
    _, better, gt = rooms()
    saved = tmp_path / "ap.json"
    saved.write_text(json.dumps(segeval.average_precision(better, gt).to_dict()))
    with pytest.raises(InputError, match="is a result that segeval saved"):
        segeval.compare(saved, better, gt)


def test_the_interval_of_a_comparison_is_the_one_it_has(found: Comparison) -> None:
    assert found.interval() == found.difference.interval
    assert found.interval("AP50") == found["AP50"].interval
    with pytest.raises(InputError, match="`seed` is given to `interval`, but a comparison has"):
        found.interval("AP50", seed=3)
    with pytest.raises(InputError, match="`metric` is 'foo', which is no number"):
        found.interval("foo")


def test_numbers_that_are_undefined_for_both_are_not_called_the_same() -> None:
    weaker, better, gt = rooms()
    gt["annotations"] = []
    empty = segeval.compare(weaker, better, gt, resamples=50)
    assert empty.difference.a is empty.difference.b is None
    assert "same-numbers" not in [note.code for note in empty.notes]
    assert "AP is undefined on these files: it compares nothing" in [
        note.message for note in empty.notes
    ]
    assert empty.tables[0].rows == (("AP", None, None, None, None, None, "undecided"),)


def test_a_main_number_that_was_not_measured_is_told() -> None:
    found = segeval.compare(*rooms(), thresholds=0.6, metric="AP50", resamples=50)
    assert found.difference.difference is None
    assert "AP50 is undefined on these files: it compares nothing" in [
        note.message for note in found.notes
    ]
