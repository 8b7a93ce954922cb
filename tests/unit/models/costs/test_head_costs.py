"""Mask heads side by side: counted, and measured on the device at hand."""

from __future__ import annotations

import pytest
import torch

from segeval.errors import InputError
from segeval.metrics.result import Result
from segeval.models.costs import head_costs
from segeval.models.costs.head_costs import HeadCosts, count_heads, measure_heads


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrow heads on a small image."""
    monkeypatch.setattr(head_costs, "CHANNELS", 8)
    monkeypatch.setattr(head_costs, "IMAGE", (512, 512))
    monkeypatch.setattr(head_costs, "CLASSES", 3)


def measure(boxes: int = 6, batch: int = 2, rounds: int = 2) -> Result[HeadCosts]:
    return measure_heads([28, 56], boxes=boxes, batch=batch, rounds=rounds)


def test_both_heads_are_counted_at_every_output() -> None:
    found = count_heads()
    assert [(each.head, each.output) for each in found.scores.heads] == [
        (head, side) for head in ("4x conv", "PointRend") for side in (28, 56, 112, 224)
    ]
    assert all(each.seconds is None and each.peak_bytes is None for each in found.scores.heads)


def test_at_the_largest_output_pointrend_takes_more_than_thirty_times_less() -> None:
    ratios = count_heads().scores.ratios
    assert set(ratios) == {"multiply_adds", "activations"}
    assert round(ratios["multiply_adds"], 1) == 36.7
    assert round(ratios["activations"], 1) == 44.9


@pytest.mark.usefixtures("small")
def test_measuring_gives_time_and_memory_of_every_head() -> None:
    calls: list[tuple[int, int]] = []
    found = measure_heads(
        [28, 56], boxes=6, batch=2, rounds=2, on_progress=lambda *done: calls.append(done)
    )
    assert all(each.seconds and each.peak_bytes for each in found.scores.heads)
    assert calls == [(done, 12) for done in range(1, 13)]
    assert {"seconds", "peak_bytes"} < set(found.scores.ratios)
    assert [field.title for field in found.tables[0].fields][-2:] == ["s", "MB of 2 boxes"]
    assert found.settings["batch"] == 2
    assert "median batch's x 3" in found.notes[0].message


@pytest.mark.usefixtures("small")
def test_the_time_is_for_all_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_costs, "_seconds", lambda work, device: 2.0)
    assert {each.seconds for each in measure(boxes=7).scores.heads} == {7.0}
    assert {each.seconds for each in measure(boxes=1).scores.heads} == {2.0}


@pytest.mark.usefixtures("small")
def test_memory_is_that_of_a_batch_and_the_same_each_time() -> None:
    peaks = [each.peak_bytes for each in measure().scores.heads]
    assert [each.peak_bytes for each in measure(boxes=60).scores.heads] == peaks
    larger = measure(batch=6).scores.heads
    assert all(
        each.peak_bytes is not None and peak is not None and each.peak_bytes > peak
        for each, peak in zip(larger, peaks, strict=True)
    )


def test_pointrend_at_224_takes_at_most_a_twentieth_of_the_memory() -> None:
    found = measure_heads([224], boxes=1, batch=1, rounds=1)
    assert found.scores.ratios["peak_bytes"] >= 20


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["boxes", "batch", "rounds"])
def test_less_than_one_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"`{name}` is 0, expected 1 or more"):
        measure(**{name: 0})


@pytest.mark.parametrize("side", [7, 30, 96, 0])
def test_an_output_that_no_subdivision_reaches_is_refused(side: int) -> None:
    with pytest.raises(InputError, match=f"The output is {side}x{side}"):
        count_heads([side])


@pytest.mark.usefixtures("small")
def test_the_object_for_programs_has_every_number() -> None:
    document = measure().to_dict()
    assert document["schema"] == "segeval/head-costs/1"
    assert document["settings"]["device"] == "cpu"
    assert set(document["results"]["heads"][0]) == {
        "head",
        "output",
        "multiply_adds",
        "activations",
        "seconds",
        "peak_bytes",
    }


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")
def test_on_a_gpu_pointrend_at_224_takes_less_time_and_memory() -> None:
    ratios = measure_heads([224], boxes=20, batch=10, rounds=3, device="cuda").scores.ratios
    assert ratios["seconds"] > 1
    assert ratios["peak_bytes"] >= 10
