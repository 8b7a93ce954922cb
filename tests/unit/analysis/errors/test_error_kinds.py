"""Kinds of errors: hand-made cases first, then a slow second implementation on random sets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segeval
from segeval import error_kinds
from segeval.analysis.errors.kinds import KINDS, TRUE, kinds_at
from segeval.analysis.errors.measure import within_cap
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.metrics.coco.image_pairs import image_pairs
from tests.build import build_gt, build_preds
from tests.slow_errors import random_set, slow_shares


def box(x: float, width: float = 10, **more: Any) -> dict[str, Any]:
    return {"bbox": [x, 0, width, 10], "area": 10 * width, **more}


def kinds_of(preds: list[dict[str, Any]], gt: Any, **more: Any) -> list[str]:
    """Kinds of the predictions in the order of the file."""
    found = error_kinds(build_preds(preds), gt, iou="bbox", **more)
    return [each["kind"] for each in found.kinds.records() if each["prediction"] is not None]


TWO = build_gt([(100, 400)], [box(0), box(100, category_id=2)])
"""An object of category 1 at the left, one of category 2 at the right."""


def test_a_prediction_that_matches_is_no_error() -> None:
    assert kinds_of([box(0)], TWO) == ["tp"]


def test_little_overlap_with_an_object_of_its_category_is_localisation() -> None:
    assert kinds_of([box(5)], TWO) == ["loc"]  # IoU 1 / 3


def test_an_overlap_of_exactly_the_threshold_with_a_taken_object_is_localisation_as_in_tidecv() -> (
    None
):
    assert kinds_of([box(0), box(0, width=20, score=0.5)], TWO) == ["tp", "loc"]


def test_an_object_of_another_category_is_a_wrong_category() -> None:
    assert kinds_of([box(100)], TWO) == ["cls"]


def test_a_second_prediction_of_a_matched_object_is_a_duplicate() -> None:
    assert kinds_of([box(0), box(1, score=0.5)], TWO) == ["tp", "dupe"]


def test_a_prediction_of_nothing_is_background() -> None:
    assert kinds_of([box(50), box(9, score=0.5)], TWO) == ["bkg", "bkg"]  # IoU 1 / 19


def test_little_overlap_with_an_object_of_another_category_is_both() -> None:
    assert kinds_of([box(105)], TWO) == ["both"]


def test_a_prediction_in_a_crowd_region_has_no_kind() -> None:
    gt = build_gt([(100, 400)], [box(0), box(100, width=100, iscrowd=1)])
    assert kinds_of([box(0), box(120, score=0.5)], gt) == ["tp", "excused"]


def test_an_object_that_an_error_points_to_is_not_missed() -> None:
    records = list(error_kinds(build_preds([box(5)]), TWO, iou="bbox").kinds.records())
    assert [(each["kind"], each["annotation_id"]) for each in records] == [("loc", 1), ("miss", 2)]


def test_the_shares_of_a_wrong_category_fall_on_both_categories() -> None:
    # One object of each category, that of category 2 found as category 1 with the higher score:
    # AP is 1/2 for category 1 and 0 for category 2; everything is lost to one kind.
    found = error_kinds(build_preds([box(0, score=0.5), box(100)]), TWO, iou="bbox", per="category")
    assert found.ap == pytest.approx(0.25)
    assert found.first.overall.kinds["cls"].share == pytest.approx(0.75)
    shares = [one.lost.kinds["cls"].share for one in found.first.categories]
    assert shares == pytest.approx([0.5, 1.0])


def test_without_predictions_everything_is_missed() -> None:
    found = error_kinds([], TWO, iou="bbox")
    costs = found.first.overall.kinds
    assert found.ap == 0
    assert [costs[kind].share for kind in KINDS] == [0, 0, 0, 0, 0, pytest.approx(1)]
    assert [costs[kind].count for kind in KINDS] == [0, 0, 0, 0, 0, 2]
    assert "no-predictions" in [note.code for note in found.notes]


def test_without_objects_nothing_is_defined() -> None:
    gt = {"images": [{"id": 1}], "categories": [{"id": 1, "name": "a"}], "annotations": []}
    found = error_kinds(build_preds([box(0)]), gt, iou="bbox").first.overall
    assert (found.ap, found.kinds["bkg"].share, found.special["false_pos"]) == (None, None, None)
    assert found.kinds["bkg"].count == 1


def test_a_category_without_objects_does_not_count_but_its_predictions_point_to_objects() -> None:
    gt = build_gt([(100, 400)], [box(0)])
    gt["categories"].append({"id": 2, "name": "other"})
    found = error_kinds(build_preds([box(0, category_id=2)]), gt, iou="bbox").first.overall
    assert found.ap == 0
    assert found.kinds["cls"].share == pytest.approx(1)


@pytest.mark.parametrize("iou", ["segm", "bbox", "boundary"])
@pytest.mark.parametrize("seed", range(20))
def test_shares_equal_those_of_a_slow_implementation(iou: str, seed: int) -> None:
    preds, gt = random_set(seed)
    found = error_kinds(preds, gt, iou=iou).first.overall
    alone, shares, last = slow_shares(preds, gt, iou)
    for place, kind in enumerate(KINDS):
        cost = found.kinds[kind]
        assert cost.alone == pytest.approx(alone[place], abs=1e-12)
        assert cost.share == pytest.approx(shares[place], abs=1e-12)
        assert cost.last == pytest.approx(last[place], abs=1e-12)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_shares_add_up_to_what_ap_lacks(first: int) -> None:
    for seed in range(first, first + 50):
        preds, gt = random_set(seed, masks=False)
        found = error_kinds(preds, gt, iou="bbox", thresholds=0.5 + 0.05 * (seed % 10))
        own = found.first.overall
        assert own.ap is not None
        shares = [kind.share or 0.0 for kind in own.kinds.values()]
        assert sum(shares) == pytest.approx(1 - own.ap, abs=1e-9)


@pytest.mark.parametrize("protocol", ["coco", "lvis", "lvis-fixed", "lvis-2021"])
@pytest.mark.parametrize("seed", range(5))
def test_true_positives_and_ap_are_those_of_the_evaluation(protocol: str, seed: int) -> None:
    preds, gt = random_set(seed, lvis=protocol != "coco")
    arguments = Arguments(iou="segm", protocol=protocol, thresholds=(0.5, 0.75, 0.9), sizes="12,24")
    [evaluation] = (within_cap(one) for one in evaluations(preds, gt, arguments, None))
    matches = evaluation.matches
    pairs = image_pairs(evaluation, least=0.1)
    for bucket, size in enumerate(matches.buckets):
        for threshold, iou in enumerate(matches.thresholds.tolist()):
            true = kinds_at(matches, pairs, threshold=threshold, bucket=bucket).kind == TRUE
            expected = matches.matched(iou, size.name) & ~matches.ignored(iou, size.name)
            assert np.array_equal(true, expected)
    settings: dict[str, Any] = {"iou": "segm", "protocol": protocol, "sizes": "12,24"}
    result = segeval.average_precision(preds, gt, thresholds=[0.5, 0.75, 0.9], **settings)
    found = error_kinds(
        preds, gt, thresholds=[0.5, 0.75, 0.9], per=["size", "category"], **settings
    )
    assert found.ap == result.ap
    for own, other in zip(found.first.sizes, result.first.sizes, strict=True):
        assert (own.name, own.gt) == (other.name, other.gt)
        assert own.lost.ap == pytest.approx(other.ap, abs=1e-12)
    for mine, theirs in zip(found.first.categories, result.first.categories, strict=True):
        assert (mine.id, mine.gt) == (theirs.id, theirs.gt)
        assert mine.lost.ap == pytest.approx(theirs.ap, abs=1e-12)


def test_several_thresholds_give_their_means() -> None:
    preds, gt = random_set(3)
    found = error_kinds(preds, gt, thresholds=[0.5, 0.75]).first
    each = [error_kinds(preds, gt, thresholds=iou).first.overall for iou in (0.5, 0.75)]
    for kind in KINDS:
        mean = np.mean([one.kinds[kind].share for one in each])
        assert found.overall.kinds[kind].share == pytest.approx(mean, abs=1e-12)
        assert found.overall.kinds[kind].count is None
        assert [one.lost.kinds[kind].share for one in found.thresholds] == [
            one.kinds[kind].share for one in each
        ]


def test_the_document_has_the_keys_of_its_schema() -> None:
    preds, gt = random_set(3)
    found = error_kinds(preds, gt, thresholds=[0.5, 0.75], per=["category", "size"]).to_dict()
    assert found["schema"] == "segeval/errors/1"
    own = found["results"]["segm"]
    assert list(own) == ["ap", "kinds", "special", "gt", "thresholds", "sizes", "categories"]
    assert list(own["kinds"]) == ["cls", "loc", "both", "dupe", "bkg", "miss"]
    assert list(own["kinds"]["cls"]) == ["share", "alone", "last", "count"]
    assert list(own["special"]) == ["false_pos", "false_neg"]
    assert list(own["thresholds"][0]) == ["iou", "ap", "kinds", "special"]
    assert list(own["categories"][0]) == ["id", "name", "gt", "ap", "kinds", "special"]


def test_counts_by_category_and_of_everything_agree() -> None:
    preds, gt = random_set(3)
    found = error_kinds(preds, gt, per="category").first
    for kind in KINDS:
        by_category = sum(one.lost.kinds[kind].count or 0 for one in found.categories)
        assert by_category == found.overall.kinds[kind].count


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(segeval.InputError) as caught:
        error_kinds([], TWO, per="images")
    assert (
        str(caught.value) == "`per` is 'images', expected one of category, size, slice, confusion."
    )


def test_intervals_hold_the_numbers_and_do_not_depend_on_threads() -> None:
    preds, gt = random_set(5, images=30)
    one, two = (
        error_kinds(preds, gt, ci=True, resamples=50, workers=workers).to_dict()["results"]["segm"]
        for workers in (1, 2)
    )
    assert one == two
    low, high = one["intervals"]["ap"]
    assert low < one["ap"] < high
    low, high = one["kinds"]["loc"]["intervals"]["share"]
    assert low < one["kinds"]["loc"]["share"] < high


def test_too_few_images_give_no_intervals_and_a_note() -> None:
    found = error_kinds(build_preds([box(0)]), TWO, iou="bbox", ci=True)
    assert found.to_dict()["results"]["bbox"]["intervals"] == {"ap": None}
    [note] = [note for note in found.notes if note.code == "few-images"]
    assert note.message == (
        "no intervals: 1 image cannot tell how the numbers vary; at least 10 are needed"
    )


def test_a_single_draw_is_refused() -> None:
    with pytest.raises(segeval.InputError) as caught:
        error_kinds([], TWO, ci=True, resamples=0)
    assert str(caught.value) == (
        "`resamples` is 0, expected a whole number from 1 to 1,000,000; 1,000 is usual."
    )


@pytest.mark.parametrize("protocol", ["cityscapes", "openimages"])
def test_protocols_of_other_files_are_refused(protocol: str) -> None:
    with pytest.raises(segeval.InputError) as caught:
        error_kinds([], TWO, protocol=protocol)
    assert str(caught.value) == (
        f"`protocol={protocol!r}` reads other files; error kinds need files in COCO's or LVIS's "
        "format."
    )


def test_without_images_nothing_is_defined_and_there_are_no_intervals() -> None:
    gt = {"images": [], "categories": [{"id": 1, "name": "a"}], "annotations": []}
    found = error_kinds([], gt, iou="bbox", ci=True)
    assert found.ap is None
    assert "few-images" in [note.code for note in found.notes]


def test_a_note_on_areas_is_shown_once_and_only_beside_sizes() -> None:
    preds, gt = random_set(3)
    for per, expected in ((), 0), (("size",), 1):
        codes = [note.code for note in error_kinds(preds, gt, iou=["segm", "bbox"], per=per).notes]
        assert sum(code.startswith("area-from") for code in codes) == expected
