"""The LVIS protocol: which predictions are judged, and which objects exist."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import APResult, average_precision
from segeval.errors import FormatError
from tests.unit.metrics.strips import Records, codes, exact, note, scene, strip

A, B, NOWHERE = strip(0, 20), strip(40, 60), strip(150, 170)
EMPTY = strip(0, 0)


def lvis_scene(
    objects: Records,
    found: Records,
    *,
    images: int = 1,
    negative: tuple[int, ...] = (),
    not_exhaustive: tuple[int, ...] = (),
) -> tuple[Records, dict[str, Any]]:
    """A scene of three categories, rare, common and frequent; all images have the same lists."""
    preds, gt = scene(objects, found, images=images)
    gt["categories"] = [
        {"id": number, "name": letter, "frequency": letter}
        for number, letter in enumerate("rcf", 1)
    ]
    for image in gt["images"]:
        image["neg_category_ids"] = list(negative)
        image["not_exhaustive_category_ids"] = list(not_exhaustive)
    for annotation in gt["annotations"]:
        del annotation["iscrowd"]
    return preds, gt


def in_all_modes(pair: tuple[Records, dict[str, Any]], **settings: Any) -> APResult:
    """The result, after making sure that the mode makes no difference."""
    default = average_precision(*pair, **settings)
    compat = average_precision(*pair, compat="lvis", **settings)
    assert default.ap == compat.ap
    return default


@pytest.mark.parametrize(
    ("negative", "ap"),
    [((), 1.0), ((2,), 1 / 2)],
    ids=["not verified: dropped", "verified to be absent: false"],
)
def test_a_prediction_is_judged_only_where_its_category_is_verified(
    negative: tuple[int, ...], ap: float
) -> None:
    objects: Records = [{"mask": A, "category_id": 2, "image_id": 2}]
    found: Records = [
        {"mask": NOWHERE, "category_id": 2, "image_id": 1},
        {"mask": A, "category_id": 2, "image_id": 2},
    ]
    pair = lvis_scene(objects, found, images=2, negative=negative)
    assert in_all_modes(pair).ap == exact(ap)


def test_an_unmatched_prediction_of_a_category_that_is_not_exhaustive_is_ignored() -> None:
    found: Records = [{"mask": NOWHERE}, {"mask": A}]
    assert in_all_modes(lvis_scene([{"mask": A}], found)).ap == exact(1 / 2)
    assert in_all_modes(lvis_scene([{"mask": A}], found, not_exhaustive=(1,))).ap == exact(1)


def test_a_list_of_not_exhaustive_categories_verifies_nothing() -> None:
    objects: Records = [{"mask": A, "image_id": 2}]
    found: Records = [{"mask": NOWHERE, "image_id": 1}, {"mask": A, "image_id": 2}]
    result = in_all_modes(lvis_scene(objects, found, images=2, not_exhaustive=(1,)))
    assert result.ap == exact(1)
    assert len(result.matches) == 1


def test_predictions_and_objects_without_area_do_not_exist() -> None:
    # The empty object would make its category verified in the image, and its AP 0.
    objects: Records = [{"mask": A}, {"mask": EMPTY, "category_id": 2}]
    found: Records = [{"mask": EMPTY}, {"mask": A}, {"mask": NOWHERE, "category_id": 2}]
    result = in_all_modes(lvis_scene(objects, found))
    assert result.ap == exact(1)
    assert [category.gt for category in result.first.categories] == [1, 0, 0]


def test_an_object_whose_area_field_is_0_does_not_exist_either() -> None:
    result = in_all_modes(lvis_scene([{"mask": A, "area": 0}, {"mask": B}], [{"mask": B}]))
    assert (result.ap, result.first.overall.gt) == (exact(1), 1)


def test_the_field_ignore_is_used() -> None:
    pair = lvis_scene([{"mask": A, "ignore": 1}, {"mask": B}], [{"mask": A}, {"mask": B}])
    result = in_all_modes(pair)
    assert (result.ap, result.first.overall.gt) == (exact(1), 1)
    assert "ignore-unused" not in codes(result)


def test_there_are_no_crowds() -> None:
    preds, gt = lvis_scene([{"mask": A}, {"mask": B}], [{"mask": A}])
    gt["annotations"][1]["iscrowd"] = 1
    assert in_all_modes((preds, gt)).ap == exact(51 / 101)


def test_the_cap_is_per_image_over_all_categories() -> None:
    found: Records = [{"mask": NOWHERE, "category_id": 2}] * 2 + [{"mask": A}]
    result = in_all_modes(lvis_scene([{"mask": A}], found), max_dets=2)
    assert result.ap == 0
    assert note(result, "max-dets").message == (
        "1 prediction beyond max_dets 2 in 1 image was not used (`max_dets=0` uses all)"
    )


def test_the_first_300_of_equal_scores_are_kept_in_the_order_of_the_file() -> None:
    rest = [{"mask": NOWHERE, "score": 0.5, "category_id": 2}] * 299
    last = {"mask": A, "score": 0.5}
    assert in_all_modes(lvis_scene([{"mask": A}], [*rest, last])).ap == exact(1)
    assert in_all_modes(lvis_scene([{"mask": A}], [*rest, rest[0], last])).ap == 0


def test_categories_are_grouped_by_frequency() -> None:
    objects: Records = [{"mask": A}, {"mask": B, "category_id": 2}]
    result = in_all_modes(lvis_scene(objects, [{"mask": A}]))
    groups = {group.name: group for group in result.first.frequencies}
    assert list(groups) == ["rare", "common", "frequent"]
    assert [group.ap for group in groups.values()] == [exact(1), 0, None]
    assert [group.ar for group in groups.values()] == [1, 0, None]
    assert [group.categories for group in groups.values()] == [1, 1, 1]


def test_the_keys_of_the_package_hold_its_values() -> None:
    pair = lvis_scene([{"mask": A}, {"mask": B, "category_id": 2}], [{"mask": A}])
    official = average_precision(*pair, compat="lvis").first.official
    assert official == {
        "AP": exact(1 / 2),
        "AP50": exact(1 / 2),
        "AP75": exact(1 / 2),
        "APs": exact(1 / 2),
        "APm": -1,
        "APl": -1,
        "APr": exact(1),
        "APc": 0,
        "APf": -1,
        "AR@300": 1 / 2,
        "ARs@300": 1 / 2,
        "ARm@300": -1,
        "ARl@300": -1,
    }


def test_the_protocol_needs_its_lists() -> None:
    pair = scene([{"mask": A}], [{"mask": A}])
    with pytest.raises(FormatError) as caught:
        average_precision(*pair, protocol="lvis")
    assert caught.value.message == (
        "ground truth: images have no neg_category_ids, which the lvis protocol needs in every "
        "image."
    )
    assert caught.value.code == "not-lvis"


def test_frequencies_are_needed_only_where_the_package_is_followed() -> None:
    preds, gt = lvis_scene([{"mask": A}], [{"mask": A}])
    del gt["categories"][0]["frequency"]
    result = average_precision(preds, gt, protocol="lvis")
    assert (result.ap, result.first.frequencies) == (exact(1), ())
    with pytest.raises(FormatError) as caught:
        average_precision(preds, gt, compat="lvis")
    assert caught.value.message == (
        'ground truth: not every category has the frequency "r", "c" or "f", without which lvis '
        "stops; expected ground truth of LVIS."
    )


def test_a_missing_area_stops_lvis_and_not_the_default() -> None:
    preds, gt = lvis_scene([{"mask": A}], [{"mask": A}])
    del gt["annotations"][0]["area"]
    assert average_precision(preds, gt).ap == exact(1)
    with pytest.raises(FormatError, match="has no area, without which lvis stops"):
        average_precision(preds, gt, compat="lvis")


def test_after_the_cap_the_first_record_may_be_another_one() -> None:
    # lvis cuts the image of the first record to its cap, and only then looks for a bbox.
    boxed = {"bbox": [0.0, 0.0, 1.0, 1.0]}
    found: Records = [{"mask": NOWHERE, "score": 0.1, **boxed}, {"mask": A, "score": 0.9, **boxed}]
    del found[1]["bbox"]
    pair = lvis_scene([{"mask": A}], found)
    assert average_precision(*pair, compat="lvis", max_dets=1).area_from["segm"] == "mask"
    with pytest.raises(FormatError, match="the first record has one: lvis stops here"):
        average_precision(*pair, compat="lvis", max_dets=2)


def test_predictions_that_are_not_judged_are_told_of() -> None:
    pair = lvis_scene(
        [{"mask": A, "category_id": 1}],
        [{"mask": A, "category_id": 1}, {"mask": B, "category_id": 2}],
    )
    found = note(average_precision(*pair), "not-verified")
    assert (found.count, found.message) == (
        1,
        (
            "1 prediction is of a category that is neither annotated nor verified to be absent in "
            "the image: not judged"
        ),
    )
