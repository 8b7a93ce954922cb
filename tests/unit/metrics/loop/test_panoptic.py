"""Panoptic images in batches have the numbers of `panoptic_quality` on files."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import PanopticMetric, panoptic_quality
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from tests.panoptic_build import CATEGORIES, build

Image = tuple[Any, list[dict[str, Any]]]
KINDS = ("segm", "boundary")


def image(seed: int) -> Image:
    """A picture of up to six segments of random categories."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.repeat(rng.integers(0, 7, (4, 5)), 6, axis=0), 5, axis=1)
    present = [number for number in np.unique(ids).tolist() if number]
    return ids, [{"id": n, "category_id": int(rng.choice([1, 2, 7]))} for n in present]


def disturbed(own: Image, seed: int) -> Image:
    """The same segments, shifted, some of another category."""
    rng = np.random.default_rng(seed)
    ids = np.roll(own[0], int(rng.integers(0, 3)), axis=1)
    return ids, [{**one, "category_id": 1} if rng.random() < 0.2 else one for one in own[1]]


TRUTH = [image(seed) for seed in range(6)]
FOUND = [disturbed(own, seed) for seed, own in enumerate(TRUTH)]


def as_dict(own: Image) -> dict[str, Any]:
    return {"segmentation": own[0], "segments_info": own[1]}


def updated(order: list[int]) -> PanopticMetric:
    """A metric of some images, in batches of two."""
    metric = PanopticMetric(CATEGORIES, iou=KINDS)
    for start in range(0, len(order), 2):
        own = order[start : start + 2]
        metric.update(
            [place + 1 for place in own],
            [as_dict(FOUND[place]) for place in own],
            [as_dict(TRUTH[place]) for place in own],
        )
    return metric


def results(metric: PanopticMetric) -> Any:
    return metric.compute().to_dict()["results"]


def test_batches_in_any_order_and_parts_give_the_numbers_of_files(tmp_path: Path) -> None:
    preds = build(tmp_path / "preds.json", *FOUND)
    gt = build(tmp_path / "gt.json", *TRUTH, gt=True)
    expected = panoptic_quality(preds, gt, iou=KINDS)
    metric = updated([3, 1, 5, 0, 2, 4])
    assert results(metric) == expected.to_dict()["results"]
    first, second, third = updated([3, 1]), updated([5]), updated([0, 2, 4, 1])
    first.merge(third)
    first.merge(second)
    assert results(first) == expected.to_dict()["results"]
    assert list(metric.compute().flat())[:3] == ["segm/PQ", "segm/SQ", "segm/RQ"]


def test_a_metric_goes_on_after_bytes_and_pickle() -> None:
    half, whole = updated([3, 1, 5]), updated([0, 1, 2, 3, 4, 5])
    for taken in (PanopticMetric.from_bytes(half.to_bytes()), pickle.loads(pickle.dumps(half))):
        taken.merge(updated([0, 2, 4]))
        assert len(taken) == 6
        assert taken.to_bytes() == whole.to_bytes()
        taken.update([9], [as_dict(FOUND[0])], [as_dict(TRUTH[0])])
        assert len(taken) == 7


def test_no_images_give_undefined_numbers() -> None:
    metric = updated([1])
    metric.reset()
    assert metric.compute().pq is None
    assert len(metric.gather()) == 0


SEGMENT = {"id": 1, "category_id": 1}
PICTURE = np.ones((4, 5), np.int64)


@pytest.mark.parametrize(
    ("preds", "error", "message"),
    [
        (
            {"segmentation": PICTURE},
            FormatError,
            (
                'image 7: `preds` has segmentation, expected a dictionary with "segmentation" and '
                '"segments_info".'
            ),
        ),
        (
            (PICTURE, [SEGMENT]),
            FormatError,
            (
                "image 7: `preds` is of the type tuple, expected a dictionary with "
                '"segmentation" and "segments_info".'
            ),
        ),
        (
            {"segmentation": PICTURE * 0.5, "segments_info": [SEGMENT]},
            ShapeError,
            (
                "image 7: `segmentation` of `preds` holds float64 of shape (4, 5), expected whole "
                "numbers of shape (H, W)."
            ),
        ),
        (
            {"segmentation": PICTURE - 5, "segments_info": [SEGMENT]},
            FormatError,
            (
                "image 7: `segmentation` of `preds` holds -4, expected ids of segments from 1 to "
                "16,777,215, and 0 or -1 where there is none."
            ),
        ),
        (
            {"segmentation": PICTURE, "segments_info": [SEGMENT, SEGMENT]},
            FormatError,
            (
                "image 7: `segments_info` of `preds` has two segments with id 1, expected every id "
                "once."
            ),
        ),
        (
            {"segmentation": PICTURE, "segments_info": [{"id": 1}]},
            FormatError,
            (
                "image 7: `segments_info[0]` of `preds` has no id or no category_id, expected id, "
                "category_id (or label_id) and, for ground truth, iscrowd and area."
            ),
        ),
        (
            {"segmentation": PICTURE, "segments_info": [{"id": 1, "category_id": 9}]},
            MismatchError,
            None,
        ),
        (
            {"segmentation": PICTURE, "segments_info": []},
            MismatchError,
            (
                "predictions/image 7: has 1 id that `segments_info` does not list for image_id 7: "
                "1. Pixels of no segment are 0."
            ),
        ),
        ({"segmentation": PICTURE[:2], "segments_info": [SEGMENT]}, MismatchError, None),
    ],
)
def test_predictions_that_are_none_are_refused_and_change_nothing(
    preds: Any, error: type[InputError], message: str | None
) -> None:
    metric = updated([0, 1])
    with pytest.raises(error) as caught:
        metric.update([7], [preds], [{"segmentation": PICTURE, "segments_info": [SEGMENT]}])
    assert message is None or caught.value.message == message
    assert "7" in caught.value.message
    assert len(metric) == 2


def test_whole_numbers_may_be_floats_as_where_a_model_finds_nothing() -> None:
    nothing = {"segmentation": np.full(PICTURE.shape, -1.0, np.float32), "segments_info": []}
    truth = {"segmentation": PICTURE, "segments_info": [SEGMENT]}
    as_floats = {**truth, "segmentation": PICTURE.astype(np.float32)}
    metric = updated([])
    metric.update([7, 8], [nothing, as_floats], [truth, truth])
    assert metric.compute().flat()["segm/PQ"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_other_floats_are_no_ids_of_segments(value: float) -> None:
    truth = {"segmentation": PICTURE, "segments_info": [SEGMENT]}
    preds = {"segmentation": np.full(PICTURE.shape, value, np.float32), "segments_info": []}
    with pytest.raises(ShapeError, match=r"^image 7: `segmentation` of `preds` holds float32 of"):
        updated([]).update([7], [preds], [truth])


@pytest.mark.parametrize("categories", [[{"id": 1, "name": "cat"}], [1], {1: "cat"}])
def test_categories_must_say_what_things_are(categories: Any) -> None:
    with pytest.raises(InputError) as caught:
        PanopticMetric(categories)
    assert caught.value.message == (
        '`categories` must say which are things: {"id": 3, "name": "cat", "isthing": 1}.'
    )
