"""The sentences at the top of a page: what they say, and of odd sets too."""

from __future__ import annotations

from typing import Any

import pytest

import segeval
from segeval.data.synthetic import furniture
from segeval.reports.wording import share_words

SCENE = furniture(images=14)
GT, WEAKER, BETTER = SCENE.ground_truth, SCENE.weaker, SCENE.better

PERFECT = [
    {key: each[key] for key in ("image_id", "category_id", "segmentation")} | {"score": 1.0}
    for each in GT["annotations"]
    if not each["iscrowd"]
]

NOTHING = {**GT, "annotations": []}

A, B = "A (predictions (1))", "B (predictions (2))"


def sentences(*files: Any, **arguments: Any) -> list[str]:
    return list(segeval.report(*files, resamples=60, **arguments).sentences)


def test_of_one_model_they_say_how_good_it_is_what_is_lost_and_where() -> None:
    first, second, third = sentences(WEAKER, GT)
    found = segeval.average_precision(WEAKER, GT)
    assert first.startswith(f"AP is {100 * (found.ap or 0):.1f} (95 % interval ")
    assert first.endswith(") on 14 images with 101 objects.")
    lost = segeval.error_kinds(WEAKER, GT).first.overall
    assert lost.ap is not None
    shares = sorted((each.share or 0.0 for each in lost.kinds.values()), reverse=True)
    words = share_words(shares[0] / (1 - lost.ap))
    assert second == (
        f"{words} of the {100 * (1 - lost.ap):.1f} points that AP50 lacks are lost to wrong "
        f"categories ({100 * shares[0]:.1f}), then to missed objects ({100 * shares[1]:.1f})."
    )
    assert third == (
        'Of the 6 categories with at least 10 objects, "table" has the lowest AP (38.3), "mirror" '
        "the highest (78.0); medium objects are found 50 % of the time, large ones 72 %, with the "
        "score of the best F1 (0.613)."
    )


def test_where_nothing_is_lost_they_say_so() -> None:
    assert sentences(PERFECT, GT)[:2] == [
        "AP is 100.0 (95 % interval 100.0 to 100.0) on 14 images with 101 objects.",
        "No AP50 is lost: every object is found, and nothing false ranks above one.",
    ]


def test_without_objects_ap_is_undefined() -> None:
    assert sentences(WEAKER, NOTHING) == [
        "AP is undefined: no object counts on 14 images, so nothing can be found."
    ]
    assert sentences(WEAKER, BETTER, NOTHING) == [
        "AP is undefined: no object counts, so the models cannot be compared."
    ]
    assert sentences(WEAKER, NOTHING, iou="boundary") == [
        "Boundary AP is undefined: no object counts on 14 images, so nothing can be found."
    ]


def test_without_predictions_every_object_is_missed() -> None:
    assert sentences([], GT) == [
        "AP is 0.0 (95 % interval 0.0 to 0.0) on 14 images with 101 objects.",
        "There are no predictions: all 101 objects are missed.",
    ]


def test_a_model_without_predictions_wins_on_no_kind_of_error() -> None:
    assert sentences(WEAKER, [], GT)[1] == "B has no predictions: all 101 objects are missed."
    assert sentences([], WEAKER, GT)[1] == "A has no predictions: all 101 objects are missed."


def test_of_a_single_category_none_is_the_worst() -> None:
    third = sentences(WEAKER, GT, agnostic=True)[2]
    assert third == (
        "Medium objects are found 64 % of the time, large ones 87 %, with the score of the best F1 "
        "(0.402)."
    )


def test_with_fewer_than_ten_images_there_is_no_interval() -> None:
    image = GT["images"][0]["id"]
    assert sentences(WEAKER, GT, images=[image])[0] == "AP is 72.5 on 1 image with 4 objects."
    assert sentences(WEAKER, BETTER, GT, images=[image]) == [
        f"1 image cannot tell {B} and {A} apart, which takes at least 10: AP 75.0 against 72.5."
    ]


@pytest.mark.parametrize(
    ("files", "verdict"), [((WEAKER, BETTER), "better"), ((BETTER, WEAKER), "worse")]
)
def test_the_second_model_is_better_or_worse(files: tuple[Any, Any], verdict: str) -> None:
    first, second, _ = sentences(*files, GT)
    assert first.startswith(f"{B} is {verdict} than {A}: AP ")
    change = segeval.compare(*files, GT, resamples=60).difference
    low, high = change.interval or (0.0, 0.0)
    interval = f"{100 * low:+.1f} to {100 * high:+.1f}"
    assert first.endswith(
        f"{100 * (change.difference or 0):+.1f} points (95 % interval {interval})."
    )
    assert ("B wins" in second) == (verdict == "better")


def test_a_difference_that_is_not_shown_is_undecided_and_says_what_could_be() -> None:
    first = sentences(WEAKER, WEAKER[:-3], GT)[0]
    assert first == (
        f"It is undecided whether {B} is better than {A}: AP 48.3 against 48.7, -0.4 points (95 % "
        "interval -1.3 to 0.0). These images can show differences from 1.1 points."
    )


def test_a_difference_within_the_margin_is_the_same() -> None:
    first = sentences(WEAKER, WEAKER[:-3], GT, margin=0.05)[0]
    assert first.startswith(f"{B} and {A} are the same within 5 points: AP 48.3 against 48.7")


def test_a_difference_that_is_shown_is_better_within_the_margin_too() -> None:
    first = sentences(WEAKER, BETTER, GT, margin=0.9)[0]
    assert first.startswith(f"{B} is better than {A}: AP ")
    assert first.endswith("). All of the interval is within the margin of 90 points.")


def test_the_same_file_twice_has_the_same_ap() -> None:
    assert sentences(WEAKER, WEAKER, GT) == [f"{B} and {A} have the same AP, 48.7."]


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.5, "Half"), (0.51, "Half"), (0.52, "52 %"), (0.34, "A third"), (0.25, "A quarter"),
        (0.66, "Two thirds"), (0.75, "Three quarters"), (0.996, "All"), (0.9, "90 %"),
    ],
)  # fmt: skip
def test_shares_have_words_where_there_are_any(share: float, words: str) -> None:
    assert share_words(share) == words
