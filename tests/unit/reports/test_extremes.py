"""Which categories lose most and least, in words: those that count, and those that are equal."""

from __future__ import annotations

import pytest

from segeval.reports.extremes import Ranked, extremes

OF = "categories with at least 10 objects"

VALUES: dict[str, tuple[dict[str, tuple[float, int]], int, str]] = {
    "those with few objects are left out, and it is said": (
        {"tv": (0.442, 40), "apple": (0.1, 12), "parking meter": (0.8, 3)},
        1,
        f'of the 2 {OF}, "apple" has the lowest AP (10.0), "tv" the highest (44.2)',
    ),
    "nothing is left out where all have few": (
        {"tv": (0.442, 4), "apple": (0.1, 2)},
        1,
        '"apple" has the lowest AP (10.0), "tv" the highest (44.2)',
    ),
    "the largest of equal ones is named, with the number of others": (
        {"tv": (0.442, 40), "apple": (0.0, 12), "orange": (0.0, 20), "bed": (0.442, 50)},
        1,
        '"orange" and 1 other have the lowest AP (0.0), "bed" and 1 other the highest (44.2)',
    ),
    "what is the highest is not named among the lowest": (
        {"car": (0.816, 30), "wall": (0.894, 60), "road": (1.0, 90), "sky": (1.0, 80)},
        3,
        '"car" (81.6) and "wall" (89.4) have the lowest AP, "road" and 1 other the highest (100.0)',
    ),
    "one that equals the next lowest is not named without it": (
        {"a": (0.1, 30), "b": (0.2, 60), "c": (0.2, 90), "d": (0.9, 80)},
        3,
        '"a" has the lowest AP (10.0), "d" the highest (90.0)',
    ),
    "equal lowest ones beyond those that are named are counted": (
        {**dict.fromkeys("abcde", (0.0, 20)), "f": (0.5, 20)},
        3,
        '"a" and 4 others have the lowest AP (0.0), "f" the highest (50.0)',
    ),
    "three of six are the lowest": (
        {name: (0.1 * place, 20) for place, name in enumerate("abcdef")},
        3,
        '"a" (0.0), "b" (10.0) and "c" (20.0) have the lowest AP, "f" the highest (50.0)',
    ),
    "equal ones are neither": ({"tv": (0.4, 40), "apple": (0.4, 12)}, 1, ""),
    "a single one is neither": ({"tv": (0.4, 40), "apple": (0.1, 2)}, 1, ""),
}


@pytest.mark.parametrize("case", VALUES, ids=list(VALUES))
def test_the_lowest_and_the_highest_are_named(case: str) -> None:
    values, most, said = VALUES[case]
    ranked = [Ranked(name, value, size) for name, (value, size) in values.items()]
    assert extremes(ranked, "AP", 10, OF, most) == said


def test_what_a_single_lowest_one_loses_most_to_is_said_and_not_of_equal_ones() -> None:
    one = Ranked("dog", 0.0, 12, ", most to wrong categories")
    cat = Ranked("cat", 0.5, 12, ", most to missed segments")
    assert extremes([one, cat], "PQ", 10, OF) == (
        '"dog" has the lowest PQ (0.0, most to wrong categories), "cat" the highest (50.0)'
    )
    cow = Ranked("cow", 0.0, 11, ", most to missed segments")
    assert extremes([one, cat, cow], "PQ", 10, OF) == (
        '"dog" and 1 other have the lowest PQ (0.0), "cat" the highest (50.0)'
    )
