"""SOLOv2's parts give the numbers recorded of the public program, or worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from segeval import InputError
from segeval.ensemble import matrix_nms, pooled
from segeval.models import component
from segeval.models.networks.batches import Objects
from segeval.models.networks.solo.candidates import best_candidates
from segeval.models.networks.solo.levels import solo_levels
from segeval.models.predict.predictions import to_predictions
from tests.fill_rule import fill, recorded, wave

SMALL = {"classes": 2, "channels": 4, "layers": 1, "width": 32, "kernels": 32}


def levels(number: int) -> list[Tensor]:
    return [
        wave(1, 4, max(1, 32 >> level), max(1, 48 >> level), phase=level) for level in range(number)
    ]


def rows(*spans: tuple[slice, slice], side: int = 10) -> Tensor:
    """Masks of some rows and columns, bool, (N, side, side)."""
    masks = torch.zeros(len(spans), side, side, dtype=torch.bool)
    for mask, (down, across) in zip(masks, spans, strict=True):
        mask[down, across] = True
    return masks


def test_classes_and_kernels_of_cells_are_the_recorded_ones() -> None:
    head = fill(component("solo-head", grids=(6, 5, 4, 3, 2), **SMALL), "solo-head")
    with torch.no_grad():
        classes, kernels = head(levels(5))
    sums = tuple(float(each.sum()) for each in classes)
    assert sums == recorded(6.310857, 4.138936, 2.722841, 0.6609180, 0.5804263)
    assert float(kernels[4].sum()) == pytest.approx(0.2222603, rel=1e-6)
    assert float(kernels[4].flatten()[0]) == pytest.approx(0.1137428, rel=1e-6)


def test_the_mask_feature_is_the_recorded_one() -> None:
    feature = component("solo-mask-feature", channels=4, width=32, outputs=32)
    with torch.no_grad():
        found = fill(feature, "solo-mask-feature")(levels(4))
    assert found.shape == (1, 32, 32, 48)
    assert float(found.sum()) == pytest.approx(20369.17, rel=1e-6)
    assert float(found.mean()) == pytest.approx(0.4144119, rel=1e-6)


def test_deformable_convolutions_start_as_plain_ones() -> None:
    torch.manual_seed(1)
    plain, moved = (
        component("solo-mask-feature", channels=4, width=32, outputs=32, deformable=version)
        for version in (0, 1)
    )
    renamed = {
        name.replace(".conv.weight", ".weight"): each
        for name, each in moved.state_dict().items()
        if ".offset." not in name
    }
    plain.load_state_dict(renamed)
    with torch.no_grad():
        inputs = [each.float() for each in levels(4)]
        torch.testing.assert_close(moved(inputs), plain(inputs))


def test_every_class_is_unlikely_at_first() -> None:
    head = component("solo-head", grids=(6, 5, 4, 3, 2), **SMALL)
    assert head.cate_pred.bias.tolist() == pytest.approx([-4.595120] * 2, rel=1e-6)


def test_places_end_at_the_first_and_the_last_cell() -> None:
    x, y = component("solo-coordinates", height=3, width=5)
    assert x[1].tolist() == [-1, -0.5, 0, 0.5, 1]
    assert y[:, 1].tolist() == [-1, 0, 1]


def test_levels_have_the_strides_of_the_paper() -> None:
    maps = [torch.zeros(1, 1, 320 >> at, 384 >> at) for at in range(5)]
    assert [tuple(each.shape[2:]) for each in solo_levels(maps)] == [
        (160, 192), (160, 192), (80, 96), (40, 48), (40, 48),
    ]  # fmt: skip
    with pytest.raises(InputError, match="The pyramid has 4 levels, expected 5, p2 to p6"):
        solo_levels(maps[:4])


MASKS = rows(
    (slice(10), slice(10)), (slice(10), slice(8)), (slice(10), slice(2, 8)), (slice(5), slice(10))
)
CLASSES, SCORES = (
    torch.tensor([0, 0, 0, 1]),
    torch.tensor([0.9, 0.8, 0.7, 0.6], dtype=torch.float64),
)


@pytest.mark.parametrize(
    ("decay", "expected"),
    [("gaussian", (0.9, 0.22242984, 0.34072658, 0.6)), ("linear", (0.9, 0.16, 0.28, 0.6))],
)
def test_matrix_nms_lowers_scores_as_worked_out(decay: str, expected: tuple[float, ...]) -> None:
    found = component("matrix-nms", decay=decay)(MASKS, CLASSES, SCORES)
    assert found.tolist() == pytest.approx(expected, rel=1e-7)


def test_matrix_nms_knows_two_decays() -> None:
    with pytest.raises(InputError, match="`decay` is 'cubic'"):
        component("matrix-nms", decay="cubic")(MASKS, CLASSES, SCORES)


def test_linear_matrix_nms_of_three_copies_keeps_one() -> None:
    masks, same = MASKS[:1].expand(3, 10, 10), torch.zeros(3, dtype=torch.int64)
    found = component("matrix-nms", decay="linear")(masks, same, SCORES[:3])
    assert found.tolist() == [0.9, 0, 0]


@pytest.mark.parametrize("decay", ["gaussian", "linear"])
def test_matrix_nms_is_that_of_files(decay: Any) -> None:
    draw = np.random.default_rng(7)
    number, side = 40, 24
    corners = torch.from_numpy(draw.integers(0, side // 2, (number, 2)))
    sides = torch.from_numpy(draw.integers(3, side // 2, (number, 2)))
    masks = rows(
        *(
            (slice(y, y + high), slice(x, x + wide))
            for (y, x), (high, wide) in zip(corners.tolist(), sides.tolist(), strict=True)
        ),
        side=side,
    )
    classes = torch.from_numpy(draw.integers(0, 3, number))
    scores = torch.from_numpy(np.sort(draw.random(number))[::-1].copy()).float().double()
    own = component("matrix-nms", decay=decay)(masks, classes, scores)
    output = {"scores": scores, "labels": classes, "masks": masks}
    # sigma is a factor here and a divisor there
    there = matrix_nms(
        pooled([to_predictions([output], [1])]), kind=decay, iou="segm", sigma=0.5, min_score=0.0
    )
    assert sorted(own.tolist()) == pytest.approx(sorted(there.pool.score.tolist()), rel=1e-12)


def test_point_nms_keeps_what_the_paper_keeps() -> None:
    scores = torch.tensor([[0.1, 0.5, 0.4], [0.6, 0.2, 0.3], [0.3, 0.3, 0.7]])
    kept = component("point-nms")(scores)
    assert kept[kept > 0].tolist() == pytest.approx([0.1, 0.5, 0.6, 0.7])
    assert torch.equal(component("point-nms")(scores.expand(2, 3, 3, 3)), kept.expand(2, 3, 3, 3))


def test_dice_is_the_recorded_one() -> None:
    p = torch.tensor([[0.9, 0.8, 0.1, 0.2]], dtype=torch.float64)
    q = torch.tensor([[1, 1, 0, 0]])
    (loss,) = component("dice-loss")(p, q).tolist()
    assert loss == pytest.approx(1 - 3.4 / 3.502, rel=1e-12)
    assert round(loss, 4) == 0.0291


def test_the_focal_loss_is_the_recorded_one() -> None:
    logits = torch.tensor([0.0, 2.0, -2.0]).double()
    found = component("focal-loss")(logits, torch.tensor([1.0, 1.0, 0.0])).tolist()
    assert found == pytest.approx([0.0433217, 0.00045089 * 1.0, 0.00135267], rel=1e-5)
    assert found[0] == pytest.approx(0.25 * 0.25 * math.log(2), rel=1e-12)


def one_object() -> Objects:
    masks = torch.zeros(1, 256, 320, dtype=torch.uint8)
    masks[0, 64:160, 80:208] = 1
    return Objects(torch.tensor([[80.0, 64, 208, 160]]), torch.tensor([3]), masks)


def region(classes: Tensor) -> tuple[list[int], list[int]]:
    """Rows and columns of the cells with a class."""
    down, across = torch.where(classes >= 0)
    return down.unique().tolist(), across.unique().tolist()


def test_cells_around_the_mass_centre_learn_an_object() -> None:
    found = component("solo-targets")(one_object(), (256, 320))
    regions = [region(each.classes) for each in found]
    assert regions == [
        ([], []), ([14, 15, 16], [15, 16, 17]), ([9, 10, 11], [9, 10, 11]), ([], []), ([], []),
    ]  # fmt: skip
    assert found[1].classes[15, 16] == 3
    assert found[1].cells.tolist() == [
        row * 36 + column for row in (14, 15, 16) for column in (15, 16, 17)
    ]
    assert found[1].objects.tolist() == [0] * 9


def test_masks_of_stride_4_are_the_recorded_ones() -> None:
    masks = component("solo-masks")(one_object().masks, (256, 320))
    assert masks.shape == (1, 64, 80)
    assert int(masks.sum()) == 768


def test_the_size_of_the_padded_image_places_the_cells() -> None:
    objects = one_object()
    alone = component("solo-targets", grids=(4,) * 5)(objects, (256, 320))[1]
    padded = component("solo-targets", grids=(4,) * 5)(objects, (512, 640))[1]
    assert region(alone.classes) == ([1], [1])  # 101.9 to 121.1 of 256, 130.7 to 156.3 of 320
    assert region(padded.classes) == ([0], [0])


@pytest.mark.parametrize(
    ("side", "on"),
    [(1, [0]), (47.9, [0]), (48, [0, 1]), (96, [0, 1, 2]), (96.1, [1, 2]), (2048, [4])],
)
def test_both_ends_of_the_ranges_of_levels_count(side: float, on: list[int]) -> None:
    masks = torch.ones(1, 64, 64, dtype=torch.uint8)
    objects = Objects(torch.tensor([[0, 0, side, side]]), torch.tensor([0]), masks)
    found = component("solo-targets")(objects, (64, 64))
    assert [level for level, each in enumerate(found) if len(each.cells)] == on


def test_a_later_object_takes_the_class_of_a_cell_and_both_masks_are_learned() -> None:
    one = one_object()
    both = Objects(one.boxes.repeat(2, 1), torch.tensor([3, 1]), one.masks.repeat(2, 1, 1))
    found = component("solo-targets")(both, (256, 320))[1]
    assert set(found.classes[14:17, 15:18].flatten().tolist()) == {1}
    assert found.objects.tolist() == [0] * 9 + [1] * 9
    assert found.cells[:9].tolist() == found.cells[9:].tolist()


def test_an_object_with_an_empty_mask_has_no_cells() -> None:
    objects = Objects(
        torch.tensor([[0.0, 0, 32, 32]]), torch.tensor([0]), torch.zeros(1, 64, 64).byte()
    )
    found = component("solo-targets")(objects, (64, 64))
    assert all(not len(each.cells) and (each.classes < 0).all() for each in found)


def drawn(*areas: int) -> Tensor:
    """Masks of 100 cells, of which some have a probability of .9."""
    masks = torch.full((len(areas), 100), 0.1)
    for mask, area in zip(masks, areas, strict=True):
        mask[:area] = 0.9
    return masks.reshape(-1, 10, 10)


def test_masks_need_more_cells_than_pixels_in_their_stride() -> None:
    scores = torch.tensor([[0.8], [0.7], [0.1]])
    strides = torch.tensor([8, 8, 8])
    found = component("solo-candidates")(scores, drawn(8, 9, 50), strides)
    assert found.cells.tolist() == [1]
    assert found.scores.tolist() == pytest.approx([0.7 * 0.9])


def test_the_best_masks_are_kept_and_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segeval.models.networks.solo.candidates.PIXELS", 200)  # two at once
    scores = torch.tensor([[0.2, 0.3], [0.5, 0], [0.9, 0], [0.4, 0]])
    masks, strides = drawn(20, 40, 60, 100), torch.full((4,), 8)
    found = component("solo-candidates", before_nms=3)(scores, masks, strides)
    assert found.cells.tolist() == [2, 1, 3]
    kept = best_candidates(found, decay="linear", sigma=2.0, least=0.05, most=2)
    assert kept.cells.tolist() == [2, 1]
    # the linear decay of 40 cells within 60 is 1/3
    assert kept.scores.tolist() == pytest.approx([0.81, 0.45 / 3])


def test_an_image_without_candidates_has_no_masks() -> None:
    nothing = torch.full((2, 3), 0.1)
    found = component("solo-candidates")(nothing, drawn(9, 9), torch.tensor([8, 8]))
    assert found.masks.shape == (0, 10, 10)
    kept = best_candidates(found, decay="gaussian", sigma=2.0, least=0.05, most=2)
    assert len(kept.scores) == 0
