"""Of unequal copies of an image one counts, in numbers and in notes; ties have one order."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from segeval import Metric
from segeval.metrics.loop import state
from tests.loop_batches import Item, numbers, updated

MASK = np.zeros((8, 8), bool)
MASK[2:6, 2:6] = True


def image(key: int, score: float, *, empty: int = 0) -> Item:
    """An object that is found, and predictions that cover no pixel."""
    masks = np.concatenate([MASK[np.newaxis], np.zeros((empty, 8, 8), bool)])
    scores = [score, *(score / (2 + place) for place in range(empty))]
    preds = {"scores": scores, "labels": [1] * (1 + empty), "masks": masks}
    return key, preds, {"labels": [1], "masks": masks[:1]}


OTHERS = [image(key, 0.3 + key / 100) for key in range(2, 6)]
COPIES = [
    [image(1, 0.5, empty=1), image(1, 0.25, empty=3)],
    [image(1, 0.5, empty=1), image(1, 0.01, empty=2)],
    [image(1, 0.02, empty=2), image(1, 0.75, empty=1)],
    [image(1, 0.03, empty=1), image(1, 0.6, empty=4)],
]


def told(metric: Metric) -> list[str]:
    """Notes on predictions that cover nothing, and on repeats."""
    codes = ("empty-mask", "repeated-image")
    return [note.message for note in metric.compute().notes if note.code in codes]


@pytest.mark.parametrize("copies", COPIES)
def test_notes_count_the_copy_that_stays_alone(
    copies: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "WAITING", 3)
    kept = min(copies, key=_digest)
    alone = updated(Metric([1]), [kept, *OTHERS])
    [empty] = told(alone)
    number = len(kept[1]["scores"]) - 1
    noun = "mask of predictions covers" if number == 1 else "masks of predictions cover"
    assert empty == f"{number} {noun} no pixel and {'matches' if number == 1 else 'match'} nothing"
    again = "1 image came again with other content: of each the copy with the smaller digest counts"
    found = set()
    for one, other in (copies, copies[::-1]):
        whole = updated(Metric([1]), [one, *OTHERS, other])
        merged = updated(Metric([1]), [one, *OTHERS[:2]])
        merged.merge(updated(Metric([1]), [*OTHERS[2:], other]))
        part = updated(Metric([1]), [*OTHERS[2:], other]).to_bytes()
        first = updated(Metric([1]), [one, *OTHERS[:2]])
        gathered = first.gather(lambda own, part=part: [own, part])
        for metric in (whole, merged, gathered):
            assert told(metric) == [empty, again]
            evidence = metric.compute().matches.evidence
            assert evidence is not None
            assert evidence.lowest == min([*kept[1]["scores"], 0.32])
            assert numbers(metric.compute()) == numbers(alone.compute())
            found.add(metric.to_bytes())
    assert len(found) == 1


def marked(key: int, number: int, score: float) -> Item:
    """An object that is found, so many of everything that notes on files count, and boxes."""
    box, other = [[2, 2, 6, 6]], np.stack([MASK] * 16)
    other[np.arange(16), 7, np.arange(16) % 8] = True  # records differ, so that none is a repeat
    other[8:, 0, 0] = True
    preds = {
        "scores": [score] + [0.01] * number + [0.5] * number,
        "labels": [1] * (1 + number) + [9] * number,
        "masks": other[: 1 + 2 * number],
        "boxes": box * (1 + 2 * number),
    }
    labels = [1] * (1 + number) + [9] * (2 * number)
    masks = other[: len(labels)]
    return key, preds, {"labels": labels, "masks": masks, "ignore": np.arange(len(labels)) > 0}


@pytest.mark.parametrize("iou", ["segm", "boundary"])
@pytest.mark.parametrize("numbers_of_copies", [(1, 4), (4, 1), (0, 3), (2, 0)])
def test_notes_on_files_count_the_copy_that_stays_alone(
    iou: str, numbers_of_copies: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "WAITING", 2)
    settings: dict[str, Any] = {"min_score": 0.05, "skip_unknown": True, "area_from": "mask"}
    copies = [marked(1, number, 0.9 - number / 50) for number in numbers_of_copies]
    others = [marked(key, key, 0.3 + key / 100) for key in (2, 3)] if min(numbers_of_copies) else []
    others += [marked(key, 0, 0.6 + key / 100) for key in (4, 5)]

    def new(items: list[Item]) -> Metric:
        return updated(Metric([1], iou=iou, **settings), items)

    def counts(metric: Metric) -> list[tuple[str, int, str]]:
        notes = [note for note in metric.compute().notes if note.code != "repeated-image"]
        return [(note.code, note.count, note.message) for note in notes]

    kept = min(copies, key=_digest)
    expected = counts(new([kept, *others]))
    if others[0][0] == 2 or len(kept[1]["scores"]) > 1:
        ignored = "ignore-used" if iou == "boundary" else "ignore-unused"
        codes = {"min-score", "unknown-category", "area-from-mask", ignored}
        assert {code for code, _, _ in expected} >= codes
    for one, other in (copies, copies[::-1]):
        whole = new([one, *others, other])
        merged = new([one, others[0]])
        merged.merge(Metric.from_bytes(new([*others[1:], other]).to_bytes()))
        for metric in (whole, merged):
            assert counts(metric) == expected
        assert whole.to_bytes() == merged.to_bytes()


def _digest(item: Item) -> tuple[int, int]:
    """What decides which copy stays."""
    metric = updated(Metric([1], skip_unknown=True), [item])
    return metric._state.images[1].content


@pytest.mark.parametrize("seed", range(4))
def test_ties_at_a_cap_over_the_whole_set_break_by_image_then_by_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    categories = [{"id": 1, "name": "cat", "frequency": "f"}]
    lists: dict[str, Any] = {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    items: list[Any] = []
    for key in range(6):
        right = np.array([key in (1, 2), key == 0])
        masks = np.where(right[:, np.newaxis, np.newaxis], MASK, ~MASK)
        preds = {"scores": [0.5, 0.5], "labels": [1, 1], "masks": masks}
        items.append((key, preds, {"labels": [1], "masks": MASK[np.newaxis], **lists}))

    def new() -> Metric:
        return Metric(categories, protocol="lvis-fixed", max_dets=3)

    order = [items[place] for place in rng.permutation(6).tolist()]
    metrics = [updated(new(), order, 2)]
    parts = [updated(new(), order[place::3]) for place in range(3)]
    for way in (1, -1):
        first, *others = [copy.deepcopy(part) for part in parts[::way]]
        for other in others:
            first.merge(other)
        metrics.append(first)
    for metric in metrics:
        result = metric.compute()
        # both of image 0, of which the second is right, and the first of image 1, which is right
        assert result.first.overall.gt == 6
        assert result.ar == pytest.approx(2 / 6)
        assert numbers(result) == numbers(metrics[0].compute())
