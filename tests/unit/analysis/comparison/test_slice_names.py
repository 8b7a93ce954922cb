"""Numbers of slices: which slices a name asks for, and what a comparison is judged by."""

from __future__ import annotations

from dataclasses import replace

import pytest

import segeval
from segeval import Comparison, InputError
from segeval.analysis.comparison.scores import lowest
from segeval.analysis.comparison.slice_names import slice_name
from segeval.analysis.comparison.verdicts import Verdict
from tests.unit.analysis.comparison.scenes import rooms

LABELS = {each: "day" if each % 2 else "night" for each in range(1, 41)}


def judged_by(metric: str, *, slices: dict[int, str] | None = None) -> Comparison:
    weaker, better, gt = rooms()
    return segeval.compare(weaker, better, gt, slices=slices or LABELS, metric=metric, resamples=50)


def test_a_label_may_have_dots_and_may_be_worst() -> None:
    found = slice_name("segm.slices.a.b.ap50", ["a", "a.b"])
    assert found is not None
    assert (found.labels, found.number) == (("a.b",), "segm.ap50")
    worst = slice_name("slices.worst.ap", ["worst", "a"])
    assert worst is not None
    assert worst.labels == ("worst",)


@pytest.mark.parametrize("name", ["AP50", "segm.sizes.small.ap", "segm.categories.slices.ap", 3])
def test_other_names_ask_for_no_slice(name: object) -> None:
    assert slice_name(name, ["day"]) is None


def test_a_comparison_is_judged_by_the_number_of_one_slice() -> None:
    found = judged_by("slices.night.ap")
    [_, night] = found.scores.pairs[0].slices
    assert night.name == "night"
    assert found.difference == night.differences["segm", "ap"] == found["slices.night.ap"]
    assert list(found.judged) == ["AP of night"]
    assert found.settings["metric"] == "segm.slices.night.ap"
    assert found.verdict == night.differences["segm", "ap"].verdict.value


def test_the_worst_slice_is_that_of_the_lowest_difference_and_all_are_judged() -> None:
    found = judged_by("slices.worst.ap50")
    own = [each.differences["segm", "ap50"] for each in found.scores.pairs[0].slices]
    assert found.difference.difference == min(each.difference or 0.0 for each in own)
    assert found["slices.worst.ap50"] == found.difference
    assert list(found.judged) == ["AP50 of day", "AP50 of night"]
    starts = [each.interval[0] for each in own if each.interval is not None]
    least = max(0.0, -min(starts))
    assert found.is_not_worse(least)
    assert found.is_not_worse(0.0) == (min(starts) >= 0)


def test_an_undefined_difference_is_no_lowest_one() -> None:
    found = judged_by("slices.worst.ap").difference
    up, undefined = replace(found, difference=0.2), replace(found, difference=None)
    assert lowest({"a": undefined, "b": up}) == ("b", up)
    assert lowest({"a": undefined})[0] == "a"


def test_the_verdict_is_worse_if_that_of_any_slice_is() -> None:
    found = judged_by("slices.worst.ap")
    pair = found.scores.pairs[0]
    slices = []
    for each, verdict, change in zip(
        pair.slices, (Verdict.UNDECIDED, Verdict.WORSE), (-0.3, -0.1), strict=True
    ):
        own = replace(each.differences["segm", "ap"], verdict=verdict, difference=change)
        slices.append(replace(each, differences={("segm", "ap"): own}))
    scores = replace(found.scores, pairs=(replace(pair, slices=tuple(slices)),))
    found = replace(found, scores=scores)
    assert found.difference.verdict is Verdict.UNDECIDED
    assert found.verdict == "worse"


def test_a_slice_of_too_few_images_is_not_shown_to_be_good() -> None:
    found = judged_by("slices.worst.ap", slices={**LABELS, 1: "fog", 2: "fog"})
    assert not found.is_not_worse(0.5)
    assert found["slices.fog.ap"].interval is None


NONE_SUCH = "`metric` asks for 'aq' of a slice, expected an overall number: "
NO_FOG = 'the labels are day, night, and "worst" stands for whichever is worst.'


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("slices.fog.ap", NO_FOG),
        ("slices.day.aq", f"{NONE_SUCH}segm.slices.day.ap, segm.slices.day.ap50, "),
        ("slices.day.sizes.small.ap", "'sizes.small.ap' of a slice, expected an overall number: "),
        ("boundary.slices.day.ap", " Its kind of IoU is not measured: add boundary to `iou`."),
    ],
)
def test_a_number_that_no_slice_has_is_refused(metric: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        judged_by(metric)
    assert said in str(error.value)


def test_a_slice_without_slices_is_refused() -> None:
    with pytest.raises(InputError, match="names a slice, and there are none"):
        segeval.compare(*rooms(), metric="slices.day.ap", resamples=50)
