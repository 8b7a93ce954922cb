"""SOLOv2 as a whole: what it costs, learns and finds, and which settings go together."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from segeval import FormatError, ShapeError
from segeval.models import build
from segeval.models.config import Config, changed, config_from_dict, read_config, to_toml
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.costs.flops import counting, shapes_only
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.found import MasksBoxes, WholeMasks
from segeval.models.networks.solo.model import SOLO
from tests.detector_batches import no_objects, small_pyramid, some_batch

MADE = read_config("solov2-r50")
SMALL = SOLOConfig(
    grids=(6, 5, 4, 3, 2),
    scales=((1, 40), (20, 60), (30, 100), (60, 200), (100, 2048)),
    layers=1,
    channels=32,
    mask_channels=32,
    kernels=32,
)


def small_solo(config: SOLOConfig = SMALL) -> SOLO:
    """Two classes on 16 channels."""
    return SOLO(small_pyramid(), config, classes=2)


@pytest.mark.parametrize(
    ("classes", "size", "parameters", "head", "feature"),
    [
        (80, (800, 1344), 18_081_104, 69_977_014_272, 34_099_161_600),
        (34, (1408, 1408), 17_869_090, 69_156_274_176, 62_872_358_912),
    ],
)
def test_parameters_and_multiply_adds_are_those_counted_by_hand(
    classes: int, size: tuple[int, int], parameters: int, head: int, feature: int
) -> None:
    with shapes_only():
        model: Any = build(changed(MADE, "counted", classes=classes))
        with counting(model) as runs:
            model.rehearse(torch.zeros(1, 3, *size))
    assert sum(each.numel() for each in model.ins_head.parameters()) == parameters
    assert sum(each.numel() for each in model.mask_head.parameters()) == 1_659_392
    parts = {
        part: sum(run.multiply_adds for run in runs if run.layer.startswith(part))
        for part in ("ins_head", "mask_head", "draw")
    }
    a_mask = 256 * size[0] * size[1] // 16
    assert parts == {"ins_head": head, "mask_head": feature, "draw": 100 * a_mask}


def test_the_dense_model_has_the_published_names() -> None:
    with torch.device("meta"):
        names = [name for name, _ in build(MADE).named_parameters()]
    assert sum(name.startswith("ins_head.") for name in names) == 28
    assert sum(name.startswith("mask_head.") for name in names) == 24
    assert "ins_head.cate_tower.9.weight" in names
    assert "ins_head.kernel_tower.10.bias" in names
    assert "mask_head.convs_all_levels.3.conv2.1.bias" in names
    assert "mask_head.conv_pred.1.weight" in names


def test_losses_reach_every_parameter() -> None:
    model = small_solo().train()
    losses = model.losses(some_batch())
    assert list(losses) == ["loss_cls", "loss_mask"]
    assert all(each.isfinite() and each > 0 for each in losses.values())
    torch.stack(list(losses.values())).sum().backward()
    assert all(each.grad is not None for each in model.parameters())


def test_images_without_objects_train_too() -> None:
    model, batch = small_solo().train(), some_batch()
    alone = Batch(batch.images[1:], batch.sizes[1:], (no_objects(),), batch.names[1:])
    losses = model.losses(alone)
    torch.stack(list(losses.values())).sum().backward()
    assert losses["loss_mask"].item() == 0
    assert losses["loss_cls"].item() > 0
    assert all(each.grad is not None for each in model.parameters())


def test_empty_masks_are_background() -> None:
    model, batch = small_solo().train(), some_batch()
    (objects, none) = batch.targets
    assert isinstance(objects, Objects)
    empty = Objects(objects.boxes, objects.classes, torch.zeros_like(objects.masks))
    with torch.no_grad():
        without = Batch(batch.images, batch.sizes, (none, none), batch.names)
        emptied = Batch(batch.images, batch.sizes, (empty, none), batch.names)
        assert model.losses(emptied) == model.losses(without)


def test_masks_larger_than_the_image_are_refused() -> None:
    model, batch = small_solo().train(), some_batch()
    wide = Objects(
        torch.tensor([[0.0, 0, 9, 9]]), torch.tensor([0]), torch.ones(1, 64, 97, dtype=torch.uint8)
    )
    wrong = Batch(batch.images, batch.sizes, (wide, no_objects()), batch.names)
    with pytest.raises(ShapeError, match="The masks are 64 x 97, expected at most 64 x 96, the si"):
        model.losses(wrong)


def test_a_model_in_float64_loses_in_float64() -> None:
    model, batch = small_solo().double().train(), some_batch()
    images = batch.images.double()
    losses = model.losses(Batch(images, batch.sizes, batch.targets, batch.names))
    assert {each.dtype for each in losses.values()} == {torch.float64}


def test_overlapping_objects_share_cells_and_both_learn() -> None:
    model, batch = small_solo().train(), some_batch()
    (objects, none) = batch.targets
    assert isinstance(objects, Objects)
    twice = Objects(
        objects.boxes[:1].repeat(2, 1), objects.classes, objects.masks[:1].repeat(2, 1, 1)
    )
    losses = model.losses(Batch(batch.images, batch.sizes, (twice, none), batch.names))
    once = Objects(objects.boxes[:1], objects.classes[1:], objects.masks[:1])
    alone = model.losses(Batch(batch.images, batch.sizes, (once, none), batch.names))
    # the later class alone is learned, by cells that count for two masks
    ratio = (losses["loss_cls"] / alone["loss_cls"]).item()
    masks = sum(len(each.cells) for each in [model._targets(once, (64, 96))])
    assert ratio == pytest.approx((masks + 1) / (2 * masks + 1))
    torch.testing.assert_close(losses["loss_mask"], alone["loss_mask"])


def test_it_finds_masks_of_the_whole_image() -> None:
    model, batch = small_solo(changed_small(candidate_score=0.0)).eval(), some_batch()
    model.score = 0.0
    found = model(batch.images, batch.sizes)
    assert len(found) == 2
    for each in found:
        assert isinstance(each, WholeMasks)
        assert len(each.scores)
        assert each.masks.shape == (len(each.scores), 16, 24)
        assert (each.scores.diff() <= 0).all()
    assert not isinstance(model, MasksBoxes)


def changed_small(**settings: Any) -> SOLOConfig:
    return SOLOConfig(**{**vars(SMALL), **settings})


def test_a_new_model_finds_nothing() -> None:
    model, batch = small_solo().eval(), some_batch()
    for found in model(batch.images, batch.sizes):
        assert found.masks.shape == (0, 16, 24)
        assert len(found.in_photo((60, 70), (120, 140))["masks"]) == 0


def test_masks_are_drawn_in_the_pixels_of_the_photograph() -> None:
    masks = torch.zeros(3, 8, 8)
    masks[0, 2:4, 1:5] = 1
    masks[1, :, 6:] = 1  # in the padding
    masks[2] = 0.5  # not above
    found = WholeMasks(masks, torch.tensor([0.9, 0.8, 0.7]), torch.tensor([1, 0, 0]))
    in_photo = found.in_photo((32, 20), (64, 40))
    assert in_photo["scores"].tolist() == pytest.approx([0.9])
    assert in_photo["classes"].tolist() == [1]
    assert in_photo["boxes"].tolist() == [[8, 16, 40, 32]]
    assert in_photo["masks"].sizes.tolist() == [[64, 40]]


def test_the_preset_is_as_published() -> None:
    schedule, detector = MADE.schedule, MADE.detector
    assert detector == SOLOConfig()
    assert (schedule.learning_rate, schedule.batch, schedule.clip) == (0.01, 16, 35.0)
    assert schedule.warmup_factor == 0.01
    epoch = schedule.updates // 36
    assert schedule.steps == (27 * epoch, 33 * epoch)
    assert (MADE.input.train_sizes[0], MADE.input.train_sizes[-1]) == (640, 800)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"boxes": {"max_dets": 50}},
            (
                "--set: boxes.max_dets is 50, expected 100, the default: detector.kind is 'solo', "
                "which reads no setting of boxes."
            ),
        ),
        ({"mask": {"kind": "none"}}, "--set: mask.kind is 'none', expected 'pointrend', the def"),
        ({"proposals": {"beta": 1}}, "--set: proposals.beta is 1.0, expected 0.0, the default"),
        ({"classifier": {"kind": "seesaw"}}, "--set: classifier.kind is 'seesaw', expected 'soft"),
        (
            {"input": {"test_flip": True}},
            (
                "--set: input.test_flip is True, expected false: masks of the whole image cannot "
                "be averaged over views (input.test_merge names a strategy that merges what each "
                "view finds)."
            ),
        ),
        ({"input": {"test_scales": [600]}}, "--set: input.test_scales is [600], expected []: mask"),
        ({"detector": {"channels": 100}}, "--set: detector.channels is 100, expected a multiple"),
        ({"detector": {"grids": [4, 3]}}, "--set: detector.grids is [4, 3], expected a list of"),
        ({"detector": {"scales": [[9, 3]] * 5}}, "--set: detector.scales is [(9.0, 3.0), "),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError) as problem:
        config_from_dict(settings, base=MADE, source="--set")
    assert problem.value.message.startswith(message)


def test_views_may_be_merged() -> None:
    config = changed(MADE, "merged", input={"test_flip": True, "test_merge": "nms"})
    assert config.input.test_flip


def test_settings_of_parts_that_it_lacks_are_not_shown(tmp_path: Any) -> None:
    text = to_toml(MADE)
    shown = {line.strip("[]") for line in text.splitlines() if line.startswith("[")}
    sections = {name for name, value in MADE.to_dict().items() if isinstance(value, dict)}
    assert sections - shown == set(SOLOConfig.UNREAD)
    path = tmp_path / "same.toml"
    path.write_text(text)
    assert read_config(path) == MADE


def test_a_semantic_model_with_views_is_none_of_its_concern() -> None:
    config = changed(
        Config(), "semantic", task="semantic", detector={"kind": "solo"}, input={"test_flip": True}
    )
    assert config.task == "semantic"
