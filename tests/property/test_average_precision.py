"""What holds for every evaluation, whatever the files."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval import APResult, average_precision
from tests.build import build_gt, build_preds
from tests.unit.metrics.strips import WIDTH, strip

IMAGES = 4
FEW = settings(max_examples=40)

spans = st.tuples(st.integers(0, WIDTH - 1), st.integers(1, 40)).map(
    lambda ends: strip(ends[0], min(ends[0] + ends[1], WIDTH))
)
places = st.fixed_dictionaries(
    {
        "mask": spans,
        "image_id": st.integers(1, IMAGES),
        "category_id": st.integers(1, 3),
    }
)
objects_of: st.SearchStrategy[list[Any]] = st.lists(
    st.builds(dict, places, iscrowd=st.sampled_from([0, 0, 0, 1])), max_size=12
)
found_of: st.SearchStrategy[list[Any]] = st.lists(
    st.builds(dict, places, score=st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9])), max_size=20
)


def evaluated(objects: list[Any], found: list[Any], **options: Any) -> APResult:
    """The result of four images with three categories."""
    gt = build_gt([(1, WIDTH)] * IMAGES, objects)
    gt["categories"] = [{"id": number} for number in (1, 2, 3)]
    return average_precision(build_preds(found), gt, sizes="area:15", **options)


def numbers(result: APResult) -> Any:
    """All numbers of a result, per image too."""
    return result.to_dict(per_image=True)["results"]


def values(result: APResult) -> list[float]:
    """Every defined fraction of a result."""
    scores = result.first
    rows = [scores.overall, *scores.sizes, *scores.categories, *scores.images]
    names = ("ap", "ap50", "ap75", "ar")
    found = [getattr(row, name, None) for row in rows for name in names]
    return [value for value in found if value is not None]


@FEW
@given(objects_of, found_of)
def test_every_number_is_a_fraction(objects: list[Any], found: list[Any]) -> None:
    assert all(0 <= value <= 1 for value in values(evaluated(objects, found)))


@FEW
@given(objects_of, found_of, st.permutations(range(1, IMAGES + 1)))
def test_the_order_of_the_images_changes_nothing(
    objects: list[Any], found: list[Any], order: list[int]
) -> None:
    def moved(records: list[Any]) -> list[Any]:
        return sorted(records, key=lambda record: order.index(record["image_id"]))

    assert numbers(evaluated(moved(objects), moved(found))) == numbers(evaluated(objects, found))


@FEW
@given(objects_of, found_of, st.integers(2, 4))
def test_the_number_of_threads_changes_nothing(
    objects: list[Any], found: list[Any], workers: int
) -> None:
    one = evaluated(objects, found, workers=1)
    assert numbers(evaluated(objects, found, workers=workers)) == numbers(one)


@FEW
@given(objects_of, found_of)
def test_a_category_changes_nothing_for_the_others(objects: list[Any], found: list[Any]) -> None:
    def without(records: list[Any]) -> list[Any]:
        return [record for record in records if record["category_id"] != 3]

    everything = evaluated(objects, found).first.categories
    fewer = evaluated(without(objects), without(found)).first.categories
    assert everything[:2] == fewer[:2]


@FEW
@given(objects_of, found_of)
def test_only_the_order_of_the_scores_matters(objects: list[Any], found: list[Any]) -> None:
    squared = [{**record, "score": record["score"] ** 2 - 7} for record in found]
    assert numbers(evaluated(objects, squared)) == numbers(evaluated(objects, found))


@FEW
@given(objects_of, found_of)
def test_a_better_cap_never_lowers_recall(objects: list[Any], found: list[Any]) -> None:
    recalls = evaluated(objects, found, max_dets=[1, 2, 5, 0]).first.ar_by_max_dets.values()
    defined = [recall for recall in recalls if recall is not None]
    assert defined == sorted(defined)


@FEW
@given(objects_of, found_of)
def test_precision_falls_with_recall_and_recall_with_the_threshold(
    objects: list[Any], found: list[Any]
) -> None:
    scores = evaluated(objects, found).first
    assert (np.diff(scores.precision, axis=1) <= 0).all()
    single = [record for record in objects if not record["iscrowd"]]
    recall = evaluated(single, found, thresholds=[0.5, 0.95]).first.recall
    assert (recall[1] <= recall[0]).all()


@FEW
@given(objects_of)
def test_finding_everything_is_an_ap_of_1(objects: list[Any]) -> None:
    distinct = {(o["image_id"], o["mask"].tobytes()): {**o, "iscrowd": 0} for o in objects}
    result = evaluated(list(distinct.values()), list(distinct.values()))
    defined = {category.ap for category in result.first.categories if category.gt}
    assert all(abs(ap - 1) < 1e-12 for ap in defined if ap is not None)
    assert result.ap is None or abs(result.ap - 1) < 1e-12


@FEW
@given(objects_of, found_of)
def test_true_false_and_missed_add_up_in_every_image(objects: list[Any], found: list[Any]) -> None:
    for image in evaluated(objects, found).first.images:
        assert (image.tp50 or 0) + (image.fn50 or 0) == image.gt
        assert (image.tp50 or 0) + (image.fp50 or 0) <= image.preds


@FEW
@given(objects_of, found_of, st.sampled_from(["segm", "bbox"]))
def test_both_modes_agree_on_clean_files(objects: list[Any], found: list[Any], iou: str) -> None:
    compat = evaluated(objects, found, iou=iou, compat="pycocotools")
    default = evaluated(objects, found, iou=iou)
    np.testing.assert_array_equal(default.first.precision, compat.first.precision)
    assert [size.ap for size in default.first.sizes] == [size.ap for size in compat.first.sizes]
