"""Intervals of the numbers of one model."""

from __future__ import annotations

import numpy as np
import pytest

import segeval
from segeval import InputError
from segeval.analysis import result_intervals
from segeval.analysis.comparison.names import named_path
from segeval.analysis.resampling.draws import Units, copies, image_keys
from segeval.analysis.resampling.resampled import resampled
from tests.unit.analysis.comparison.scenes import rooms, some_rooms


def test_an_interval_is_centred_on_the_number() -> None:
    _, better, gt = rooms()
    result = segeval.average_precision(better, gt)
    units = Units.of_keys(image_keys(np.arange(1, 41)))
    draws = resampled(result).numbers(copies(units, 0, 0, 100))[:, 1]
    low, high = np.quantile(draws, [0.025, 0.975]) - draws.mean()
    assert result.ap50 is not None
    expected = (result.ap50 + low, result.ap50 + high)
    assert result.interval("AP50", resamples=100) == pytest.approx(expected, abs=1e-12)


def test_names_of_flat_have_intervals_too() -> None:
    _, better, gt = rooms()
    result = segeval.average_precision(better, gt, iou=("segm", "boundary"), max_dets=[1, 100])
    found = result_intervals(result, resamples=20)
    assert {"segm/AP", "boundary/AP", "boundary/AR_100", "segm/AP_small"} <= set(result.flat())
    for name in result.flat():
        kind, number = name.split("/")
        path = named_path(name, found.paths, {})
        assert path[0] == kind
        assert path in found.by_path
        assert found.of(f"{kind} {number}") == found.of(name)
    assert found.of("boundary/AP") == found.of("boundary AP")
    assert found.of("AR_100") == found.of("segm.ar_by_max_dets.100")


def test_intervals_stand_beside_the_numbers_of_every_object() -> None:
    _, better, gt = rooms()
    result = segeval.average_precision(better, gt)
    found = result_intervals(result, resamples=50)
    document = found.into(result.to_dict())
    own = document["results"]["segm"]
    assert own["intervals"]["ap"] == list(found.of("AP") or ())
    assert own["sizes"]["large"]["intervals"]["ap"] == list(found.of("APl") or ())
    assert own["sizes"]["small"]["intervals"]["ap"] is None
    assert set(own["categories"][0]["intervals"]) == {"ap", "ap50", "ap75", "ar", "ap_by_size"}
    assert own["categories"][0]["ap"] == result.first.categories[0].ap
    assert document["settings"]["resamples"] == 50
    assert "interval" not in own


def test_fewer_than_ten_images_have_no_intervals_and_a_note() -> None:
    _, better, gt = some_rooms(9)
    result = segeval.average_precision(better, gt)
    found = result_intervals(result)
    assert set(found.by_path.values()) == {None}
    assert [note.message for note in found.notes] == [
        "no intervals: 9 images cannot tell how the numbers vary; at least 10 are needed"
    ]
    assert result.interval() is None


def test_a_result_without_statistics_of_images_is_refused() -> None:
    from segeval.analysis import sweep_max_dets

    _, better, gt = rooms()
    with pytest.raises(InputError, match="keeps nothing of single images"):
        sweep_max_dets(better, gt, at=[10]).interval()


def test_no_replicates_are_refused() -> None:
    _, better, gt = rooms()
    with pytest.raises(InputError, match="`resamples` is 0"):
        segeval.average_precision(better, gt).interval(resamples=0)


def test_a_rare_category_is_counted_once_for_all_kinds_of_iou() -> None:
    _, better, gt = some_rooms(12)
    one, both = (
        result_intervals(segeval.average_precision(better, gt, iou=kinds), resamples=40).notes
        for kinds in (["segm"], ["segm", "boundary"])
    )
    assert [note.message for note in one] == [note.message for note in both]
    assert one[0].message.endswith(
        "occur in the ground truth of fewer than 10 images and have no interval"
    )


def test_intervals_of_too_few_replicates_are_noted() -> None:
    _, better, gt = some_rooms(12)
    result = segeval.average_precision(better, gt)
    messages = [
        [note.message for note in result_intervals(result, resamples=number).notes]
        for number in (39, 40)
    ]
    said = (
        "39 replicates are too few for intervals of 95 %, expected at least 40 "
        "(`resamples=1000` is usual)"
    )
    assert [said in each for each in messages] == [True, False]


def test_recall_under_every_cap_has_an_interval() -> None:
    _, better, gt = rooms()
    result = segeval.average_precision(better, gt, max_dets=[1, 2, 100])
    found = result_intervals(result, resamples=100)
    own = found.into(result.to_dict())["results"]["segm"]
    ends = own["intervals"]["ar_by_max_dets"]
    assert list(ends) == ["1", "2", "100"]
    for cap, (low, high) in ends.items():
        assert low < own["ar_by_max_dets"][cap] < high
    assert ends["100"] == own["intervals"]["ar"]
    assert found.of("AR1") == tuple(ends["1"])


def test_the_numbers_of_a_package_have_the_intervals_of_ours() -> None:
    _, better, gt = rooms()
    result = segeval.average_precision(better, gt, compat="pycocotools")
    own = result_intervals(result, resamples=50).into(result.to_dict())["results"]["segm"]
    ends = own["intervals"]["official"]
    assert set(ends) == set(own["official"])
    assert ends["AP"] == own["intervals"]["ap"]
    assert ends["AP75"] == own["intervals"]["ap75"]
    assert ends["APl"] == own["sizes"]["large"]["intervals"]["ap"]
    assert ends["ARm"] == own["sizes"]["medium"]["intervals"]["ar"]
    assert ends["AR10"] == own["intervals"]["ar_by_max_dets"]["10"]


def test_a_package_s_ap_at_another_cap_than_ours_has_no_interval() -> None:
    _, better, gt = rooms()
    result = segeval.average_precision(better, gt, compat="pycocotools", max_dets=[1, 2, 3])
    own = result_intervals(result, resamples=20).into(result.to_dict())["results"]["segm"]
    assert own["official"]["AP"] == -1  # pycocotools looks for a cap of 100
    assert own["intervals"]["official"]["AP"] is None
    assert own["intervals"]["official"]["AP50"] == own["intervals"]["ap50"]


def test_ap_pool_has_an_interval_where_it_is_asked_for() -> None:
    _, better, gt = rooms()
    result = segeval.average_precision(better, gt, pool=True)
    own = result_intervals(result, resamples=100).into(result.to_dict())["results"]["segm"]
    low, high = own["intervals"]["pool"]["all"]
    assert low < own["pool"]["all"] < high
    plain = segeval.average_precision(better, gt)
    assert (
        "pool"
        not in result_intervals(plain, resamples=20).into(plain.to_dict())["results"]["segm"][
            "intervals"
        ]
    )


def test_what_is_rare_is_named_in_the_order_of_the_numbers() -> None:
    _, better, gt = some_rooms(12)
    [note, *_] = result_intervals(segeval.average_precision(better, gt), resamples=40).notes
    parts = note.message.partition(" occur in the ground")[0]
    assert parts.lstrip("0123456789 ") == "sizes or categories"
