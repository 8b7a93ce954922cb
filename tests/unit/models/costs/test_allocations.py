"""The peak of all tensors that live at once."""

from __future__ import annotations

import torch

from segeval.models.costs.allocations import peak_bytes

CPU = torch.device("cpu")
KILO = 1000  # bytes of 250 numbers


def test_tensors_that_are_gone_make_room_for_others() -> None:
    def work() -> None:
        for _ in range(5):
            torch.zeros(250)

    assert peak_bytes(work, CPU) == KILO


def test_tensors_that_live_together_are_added() -> None:
    def work() -> None:
        first = torch.zeros(250)
        second = first + 1
        del first
        second.add(1)  # in the room of the first one

    assert peak_bytes(work, CPU) == 2 * KILO


def test_views_and_changes_in_place_take_nothing() -> None:
    def work() -> None:
        numbers = torch.zeros(250)
        numbers.reshape(25, 10)[3:].add_(1)

    assert peak_bytes(work, CPU) == KILO


def test_what_was_there_before_does_not_count() -> None:
    before = torch.zeros(250)
    layer = torch.nn.Linear(250, 25, bias=False)

    def work() -> None:
        layer(before[None].expand(10, -1))

    assert peak_bytes(work, CPU) == 10 * 25 * 4


def test_no_gradients_are_kept() -> None:
    layers = torch.nn.Sequential(*[torch.nn.Linear(250, 250) for _ in range(8)])
    assert peak_bytes(lambda: layers(torch.zeros(1, 250)), CPU) <= 3 * KILO
