"""Size buckets from presets and texts."""

from __future__ import annotations

import itertools
import math

import pytest

from segeval.errors import InputError
from segeval.metrics import SizeBucket, buckets

INF = math.inf


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("coco", (0, 1024, 9216, INF)),
        ("lvis", (0, 1024, 9216, INF)),
        ("3dfuture", (0, 12769, 65536, INF)),
        ("32,96", (0, 1024, 9216, INF)),
        (" 32 , 96 ", (0, 1024, 9216, INF)),
        ("area:1024,9216", (0, 1024, 9216, INF)),
        ("1.5,2e1", (0, 2.25, 400, INF)),
    ],
)
def test_three_buckets_are_small_medium_and_large(text: str, edges: tuple[float, ...]) -> None:
    assert [bucket.name for bucket in buckets(text)] == ["small", "medium", "large"]
    assert [(b.min_area, b.max_area) for b in buckets(text)] == list(itertools.pairwise(edges))


@pytest.mark.parametrize(
    ("text", "names", "last_edge"),
    [
        ("16", ["0-16", "16-inf"], 256),
        ("16,32,96", ["0-16", "16-32", "32-96", "96-inf"], 9216),
        ("area:500", ["0-500", "500-inf"], 500),
        ("tiny=16,small=32,rest", ["tiny", "small", "rest"], 1024),
        ("area:tiny=16,rest", ["tiny", "rest"], 16),
        ("tiny=16, rest", ["tiny", "rest"], 256),
    ],
)
def test_other_buckets_are_named_by_the_user_or_by_their_edges(
    text: str, names: list[str], last_edge: float
) -> None:
    found = buckets(text)
    assert [bucket.name for bucket in found] == names
    assert (found[-1].min_area, found[-1].max_area) == (last_edge, INF)


def test_relative_edges_are_parts_of_the_image_with_or_without_names() -> None:
    assert buckets("relative:0.01,0.1") == (
        SizeBucket("small", 0.0, 0.01, relative=True),
        SizeBucket("medium", 0.01, 0.1, relative=True),
        SizeBucket("large", 0.1, INF, relative=True),
    )
    assert [bucket.name for bucket in buckets("relative:0.5")] == ["0-0.5", "0.5-1"]
    named = buckets("relative:tiny=0.001,small=0.01,rest")
    assert [(own.name, own.min_area) for own in named] == [
        ("tiny", 0.0), ("small", 0.001), ("rest", 0.01),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["coco", "relative:0.01,0.1"])
def test_buckets_come_back_from_plain_values(text: str) -> None:
    for bucket in buckets(text):
        assert SizeBucket.from_dict(bucket.to_dict()) == bucket
        assert ("relative" in bucket.to_dict()) == bucket.relative


def test_buckets_that_are_given_stay_as_they_are() -> None:
    own = [SizeBucket("mine", 3, 5), SizeBucket("all of them", 0, INF)]
    assert buckets(own) == tuple(own)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "cocoo",
            "'cocoo' is not a number, and no preset has that name (coco, lvis, 3dfuture).",
        ),
        ("", "'' is not a number, and no preset has that name"),
        ("32,", "'' is not a number"),
        ("area:", "'' is not a number"),
        ("tiny=x,rest", "'tiny=x' is not a number"),
        ("96,32", "edges must increase."),
        ("32,32", "edges must increase."),
        ("0,32", "edges must be positive and finite."),
        ("-5", "edges must be positive and finite."),
        ("inf", "edges must be positive and finite."),
        ("nan", "edges must be positive and finite."),
        ("relative:1,10", "edges are parts of the image's area, above 0 and below 1;"),
        ("relative:0,0.5", "edges are parts of the image's area, above 0 and below 1;"),
        ("relative:0.1,0.01", "edges must increase."),
        (
            "0.01,0.1",
            "no object is smaller than a pixel. Parts of the image's area are relative:0.01,0.1.",
        ),
        ("area:small=0.01,rest", "no object is smaller than a pixel. Parts of the image's area"),
        ("relative:", "'' is not a number"),
        ("relative:area:0.1", "'area:0.1' is not a number"),
        (
            "tiny=16,small=32",
            "2 edges make 3 buckets, but 2 have names. Name all, the last without an edge:",
        ),
        ("tiny=16,32,rest", "2 edges make 3 buckets, but 2 have names."),
        ("a=16,a", 'names must differ from each other and from "all".'),
        ("a=16,all", 'names must differ from each other and from "all".'),
    ],
)
def test_texts_that_are_no_sizes_are_explained(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        buckets(text)
    assert caught.value.message.startswith(f"`sizes={text!r}`: {words}")
    assert caught.value.code == "sizes"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([SizeBucket("all", 0, 5)], "a bucket has 'all', expected a name other than"),
        ([SizeBucket("a", 9, 5)], r"a bucket has \(9, 5\), expected a lower and an upper area"),
        ([SizeBucket("a", math.nan, 5)], "expected a lower and an upper area"),
        ([SizeBucket("a", 0, 1, "yes")], "a bucket has 'yes', expected `relative` to be True or"),  # type: ignore[arg-type]
        ([SizeBucket("a", 0, 1)] * 2, r"a bucket has \['a', 'a'\], names must differ"),
    ],
)
def test_given_buckets_that_no_object_can_be_in_are_refused(
    given: list[SizeBucket], words: str
) -> None:
    with pytest.raises(InputError, match=f"`sizes`: {words}" if "bucket" in words else words):
        buckets(given)


def test_a_hundred_edges_are_too_many() -> None:
    assert len(buckets(",".join(map(str, range(1, 100))))) == 100
    with pytest.raises(InputError, match="`sizes` has 100 edges, expected"):
        buckets(",".join(map(str, range(1, 101))))
