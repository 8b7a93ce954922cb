"""Which changes of what errors cost are told in words."""

from __future__ import annotations

from segeval.analysis.errors.pair import pair_of, won_and_lost


def test_a_change_whose_interval_ends_at_what_is_written_as_0_is_not_told() -> None:
    costs = {
        "one": pair_of(0.1, 0.163, (0.00007, 0.133)),
        "two": pair_of(0.163, 0.1, (-0.133, -0.00007)),
        "three": pair_of(0.1, 0.2, (0.001, 0.133)),
        "four": pair_of(0.2, 0.1, (-0.133, -0.001)),
    }
    assert won_and_lost(costs) == "B wins 10.0 points on four, and loses 10.0 points on three"
