"""Anchors by k-means: centres worked out by hand, fits of a known data set, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError
from segeval.models import component
from segeval.models.anchors.clusters import (
    best_anchors,
    cluster_shapes,
    level_strides,
    refined_centres,
    shape_iou,
)
from segeval.models.anchors.grid import AnchorGrid, group_means, nearest_grid
from segeval.models.anchors.result import AnchorFit, suggest_anchors
from segeval.models.config import Config, changed, read_config

FOUR = np.array([[10.0, 10], [12, 10], [10, 40], [10, 44]])


def contents(*sides: tuple[float, float], **image: Any) -> dict[str, Any]:
    """A COCO file with boxes of these widths and heights."""
    return {
        "images": [{"id": 1, "width": 400, "height": 200, "file_name": "1.png", **image}],
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": 1, "bbox": [0, 0, *each], "iscrowd": 0}
            for i, each in enumerate(sides, start=1)
        ],
    }


def toy() -> NDArray[np.float64]:
    """20,000 boxes of sides from 16 to 640 pixels, higher than wide by a log-normal ratio."""
    rng = np.random.default_rng(0)
    side = np.exp(rng.uniform(np.log(16), np.log(640), 20_000))
    root = np.exp(rng.normal(0.3, 0.75, 20_000) / 2)
    return np.stack([side / root, side * root], axis=1)


def test_centres_move_to_the_geometric_mean_of_their_shapes() -> None:
    assert shape_iou(FOUR, FOUR[[0]])[:, 0].round(4).tolist() == [1, 0.8333, 0.25, 0.2273]
    centres = refined_centres(FOUR, FOUR[[0, 2]])
    np.testing.assert_allclose(centres, [[10.9545, 10], [10, 41.9524]], atol=5e-5)
    assert round(best_anchors(FOUR, centres)[0].mean(), 5) == 0.93317


def test_anchor_centres_are_a_component() -> None:
    centres = component("anchor-centres", shapes=FOUR.tolist(), centres=[(10, 10), (10, 40)])
    np.testing.assert_allclose(centres, [[10.9545, 10], [10, 41.9524]], atol=5e-5)


def test_a_centre_without_shapes_stays() -> None:
    centres = refined_centres(FOUR, np.array([[10.0, 10], [10, 40], [500, 2]]))
    assert centres[2].tolist() == [500, 2]


def test_every_start_finds_two_groups_far_apart() -> None:
    for seed in range(10):
        found = cluster_shapes(FOUR, 2, seed=seed)
        np.testing.assert_allclose(found, [[10.9545, 10], [10, 41.9524]], atol=5e-5)


def test_the_order_of_the_data_does_not_change_well_separated_centres() -> None:
    assert cluster_shapes(FOUR[::-1], 2).tolist() == cluster_shapes(FOUR, 2).tolist()


def test_the_level_of_a_shape_is_its_side_through_eight_rounded_down() -> None:
    sides = np.array([1.0, 31.9, 32, 63.9, 64, 127, 128, 256, 512, 5000])
    found = level_strides(np.stack([sides, sides], axis=1))
    assert found.tolist() == [4, 4, 4, 4, 8, 8, 16, 32, 64, 64]
    assert level_strides(np.array([[16.0, 256.0]])).tolist() == [8]  # as 64 x 64


def test_anchors_of_papers_fit_a_known_data_set_as_published() -> None:
    # mean best IoU .639, .759; at least .5: 84.3 %, 90.3 %; at least .7: 39.0 %, 83.0 %. Those are
    # numbers of other draws of the same boxes: 20,000 draws leave a standard error of 0.35 points
    shapes = toy()
    for grid, expected in (
        (AnchorGrid((8.0,), (0.5, 1.0, 2.0)), (0.639, 0.843, 0.390)),
        (AnchorGrid((8.0, 11.0, 14.0), (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)), (0.759, 0.903, 0.830)),
    ):
        fit = AnchorFit.of(shapes, grid.shapes)
        np.testing.assert_allclose([fit.mean_iou, fit.half, fit.seventy], expected, atol=0.0105)


def test_nine_free_shapes_beat_eighteen_of_a_grid_at_half() -> None:
    shapes = toy()
    free = cluster_shapes(shapes / level_strides(shapes)[:, None], 9)
    fit = AnchorFit.of(shapes, free)
    grid = AnchorFit.of(shapes, AnchorGrid((8.0, 11.0, 14.0), (0.1, 0.5, 1, 2, 4, 8)).shapes)
    assert fit.half > 0.98 > grid.half
    assert fit.mean_iou > grid.mean_iou
    assert abs(fit.shares.sum() - 1) < 1e-12


def test_a_grid_that_exists_is_found_again() -> None:
    grid = AnchorGrid((8.0, 11.0, 14.0), (0.5, 1.0, 2.0))
    assert nearest_grid(16 * grid.shapes, grid.shapes) == grid


def test_groups_are_of_least_variance() -> None:
    values = np.array([8.0, 1.0, 9.0, 1.1, 70.0])
    assert group_means(values, np.ones(5), 3) == (1.05, 8.49, 70.0)
    assert group_means(values, np.array([1.0, 1, 0, 1, 1]), 3) == (1.05, 8.0, 70.0)
    assert group_means(values, np.ones(5), 5) == (1.0, 1.1, 8.0, 9.0, 70.0)


def test_a_data_set_gets_free_shapes_and_a_grid() -> None:
    result = suggest_anchors(contents(*map(tuple, FOUR.tolist())), k=2)
    fits = result.scores.fits
    assert round(fits["free"].mean_iou, 5) == 0.93317
    assert len(fits["grid"].anchors) == 2
    assert fits["present"].grid == AnchorGrid((8.0,), (0.5, 1.0, 2.0))
    assert result.primary == fits["free"].mean_iou


def test_a_grid_that_fits_less_well_than_the_present_one_is_told() -> None:
    square = [(32, 32), (32, 33), (23, 45), (45, 23)]  # as wide as high, and two of ratio 2
    found = {k: suggest_anchors(contents(*square), k=k) for k in (1, 3)}
    (text,) = (note.message for note in found[1].notes if note.code == "grid")
    assert text == (
        "the grid of 1 fits these boxes less well than the anchors of pointrend-r50: take more "
        "(`k`), or keep those"
    )
    assert "grid" not in [note.code for note in found[3].notes]


def test_boxes_are_scaled_as_the_configuration_predicts() -> None:
    config = changed(Config(), "half", input={"test_size": 100, "test_max": 200})
    gt = contents((100, 100), (100, 100))
    whole = suggest_anchors(gt, k=1, config=config)
    half = suggest_anchors(gt, k=1, config=config, scaled=True)
    assert whole.scores.fits["free"].anchors.round(9).tolist() == [
        [12.5, 12.5]
    ]  # level of stride 8
    assert half.scores.fits["free"].anchors.round(9).tolist() == [
        [12.5, 12.5]
    ]  # 50 pixels, stride 4
    assert half.settings["size"] == [100, 200]


def test_boxes_are_those_of_masks_where_a_file_has_none() -> None:
    gt = contents((10, 10))
    del gt["annotations"][0]["bbox"]
    gt["annotations"][0]["segmentation"] = [[0, 0, 30, 0, 30, 20, 0, 20]]
    assert suggest_anchors(gt, k=1).scores.fits["free"].anchors.round(9).tolist() == [[7.5, 5]]


def test_empty_boxes_and_crowd_regions_are_left_out_and_counted() -> None:
    gt = contents((10, 10), (0, 9), (9, 0), (7, 7))
    gt["annotations"][3]["iscrowd"] = 1
    result = suggest_anchors(gt, k=1)
    assert result.scores.boxes == 1
    notes = [note.message for note in result.notes]
    assert notes[-2:] == ["1 crowd region left out", "2 empty boxes left out"]


def test_boxes_that_no_image_has_are_left_out_and_counted() -> None:
    result = suggest_anchors(contents((10, 10), (1e200, 1e200), (1e-200, 9)), k=1)
    assert result.scores.boxes == 1
    notes = [note.message for note in result.notes]
    assert notes[-2:] == ["1 empty box left out", "1 box beyond any image left out"]


def test_a_file_without_boxes_is_refused() -> None:
    expected = r"has no box to cluster \(1 empty box left out\), expected annotations with a bbox"
    with pytest.raises(FormatError, match=expected):
        suggest_anchors(contents((0, 5)))


def test_a_model_without_proposals_has_no_anchors() -> None:
    with pytest.raises(InputError, match=r"solov2-r50 has no anchors: detector.kind is 'solo'"):
        suggest_anchors(contents((10, 10)), k=1, config=read_config("solov2-r50"))


def test_fewer_distinct_shapes_than_anchors_are_refused() -> None:
    expected = r"has 2 distinct shapes, expected at least 3, one for each anchor. Choose a smaller"
    with pytest.raises(InputError, match=expected):
        suggest_anchors(contents((10, 10), (10, 10), (20, 10)), k=3)
    with pytest.raises(InputError, match=r"`k` is 0, expected 1 or more"):
        cluster_shapes(FOUR, 0)


@pytest.mark.parametrize("width", [np.nan, np.inf, 0.0, -3.0])
def test_impossible_shapes_are_refused(width: float) -> None:
    with pytest.raises(InputError, match=r"shape 1 is .* x 10, expected a width and a height abo"):
        cluster_shapes(np.array([[10.0, 10], [width, 10]]), 1)


def test_an_image_without_size_cannot_be_scaled() -> None:
    gt = contents((10, 10))
    del gt["images"][0]["width"]
    with pytest.raises(FormatError, match=r"image 1 has no size, expected a width and a height"):
        suggest_anchors(gt, k=1, scaled=True)
