"""Predictions on changed images, mapped back, and merged as models."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval import fuse, load_predictions
from segeval.data import GroundTruth, Predictions, load_ground_truth
from segeval.data.segmentations import Format
from segeval.data.synthetic import furniture
from segeval.ensemble import STRATEGIES, View, to_image
from segeval.ensemble.views.view import parsed_views
from segeval.errors import FormatError, InputError, MismatchError
from segeval.limits import raised
from segeval.masks import compress, decode_one, encode, flip_horizontal, resize
from tests.build import build_masks, coco_rle

SCENE = furniture(images=12)
GT = load_ground_truth(SCENE.ground_truth)
MODELS = [load_predictions(each) for each in (SCENE.better, SCENE.weaker)]
BOX = {"image_id": 1, "category_id": 1, "score": 0.9}


def sizes(*images: tuple[int, int]) -> GroundTruth:
    """A list of images 1, 2, ... with their (H, W)."""
    listed = [{"id": n, "height": h, "width": w} for n, (h, w) in enumerate(images, 1)]
    return load_ground_truth({"images": listed, "annotations": [], "categories": [{"id": 1}]})


def boxed(*boxes: list[float]) -> Predictions:
    """Predictions for image 1 that are boxes alone."""
    return load_predictions([{**BOX, "bbox": box} for box in boxes])


def masked(*masks: NDArray[np.uint8], **more: Any) -> Predictions:
    """Predictions for image 1 that are masks alone."""
    return load_predictions([{**BOX, "segmentation": coco_rle(each), **more} for each in masks])


def pixels(preds: Predictions, row: int = 0) -> NDArray[np.uint8]:
    """The mask of one prediction as an array."""
    return decode_one(preds.segmentations.strings.decode(), row)


def test_a_box_is_mirrored_in_its_image() -> None:
    found = to_image(boxed([10, 20, 20, 20]), "hflip", images=sizes((80, 100)))
    assert found.boxes.tolist() == [[70, 20, 20, 20]]
    found = to_image(boxed([10, 20, 20, 20]), "vflip", images=sizes((80, 100)))
    assert found.boxes.tolist() == [[10, 40, 20, 20]]


def test_a_legacy_box_is_mirrored_in_an_image_that_ends_at_its_last_pixel() -> None:
    found = to_image(boxed([10, 20, 20, 20]), "hflip=legacy", images=sizes((80, 100)))
    assert found.boxes.tolist() == [[69, 20, 20, 20]]


def test_a_mask_is_mirrored_on_its_runs() -> None:
    mask = np.array([[1, 0, 0], [1, 1, 0]], np.uint8)
    preds = masked(mask)
    assert preds.segmentations.strings.decode().counts.tolist() == [0, 2, 1, 1, 2]
    for view, counts in (("hflip", [3, 3]), ("vflip", [0, 3, 3])):
        found = to_image(preds, view).segmentations.strings.decode()
        assert found.counts.tolist() == counts


@given(
    st.lists(st.tuples(*[st.integers(-400, 400)] * 4), min_size=1),
    st.sampled_from(["hflip", "vflip"]),
)
def test_two_flips_of_boxes_are_none(boxes: list[tuple[int, ...]], view: str) -> None:
    preds = boxed(*([x / 8, y / 8, abs(w) / 8, abs(h) / 8] for x, y, w, h in boxes))
    gt = sizes((37, 53))
    twice = to_image(to_image(preds, view, images=gt), view, images=gt)
    assert_array_equal(twice.boxes, preds.boxes)


@pytest.mark.parametrize("view", ["hflip", "vflip", "hflip+vflip", "vflip+hflip"])
def test_two_flips_of_masks_give_back_their_bytes(view: str) -> None:
    for preds in MODELS:
        twice = to_image(to_image(preds, view), view)
        assert twice.segmentations.strings.strings() == preds.segmentations.strings.strings()
        assert_array_equal(twice.boxes, preds.boxes)


def test_a_scaled_box_and_mask_are_scaled_back() -> None:
    mask = build_masks(1, 8, 10)[0]
    twice = mask.repeat(2, axis=0).repeat(2, axis=1)
    found = to_image(masked(twice, bbox=[2, 4, 6, 8]), "scale=2")
    assert_array_equal(pixels(found), mask)
    assert found.boxes.tolist() == [[1, 2, 3, 4]]
    found = to_image(boxed([2, 4, 6, 8]), "scale=0.5")
    assert found.boxes.tolist() == [[4, 8, 12, 16]]


@pytest.mark.parametrize("side", [76, 77])
def test_a_side_times_the_scale_may_be_rounded_either_way(side: int) -> None:
    preds = masked(np.ones((side, 150), np.uint8))
    found = to_image(preds, "scale=1.5", images=sizes((51, 100)))
    assert found.segmentations.strings.sizes.tolist() == [[51, 100]]
    odd = to_image(preds, "scale=0.5", images=sizes((2 * side + 1, 300)))
    assert odd.segmentations.strings.sizes.tolist() == [[2 * side + 1, 300]]


def test_the_box_of_a_mask_follows_the_size_that_the_mask_has() -> None:
    preds = masked(np.ones((76, 150), np.uint8), bbox=[0, 0, 150, 76])
    found = to_image(preds, "scale=1.5", images=sizes((51, 100)))
    assert found.boxes.tolist() == [[0, 0, 100, 51]]


def test_a_mask_that_does_not_fit_the_scale_is_refused() -> None:
    preds = masked(np.ones((74, 150), np.uint8))
    with pytest.raises(MismatchError) as caught:
        to_image(preds, "scale=1.5", images=sizes((50, 100)))
    assert str(caught.value) == (
        "predictions: prediction #0 (image_id 1): the mask is 74 x 150 pixels (height x width), "
        "expected 75 x 150: its image is 50 x 100, and the scale of its view 1.5."
    )
    with pytest.raises(
        MismatchError, match=r"is 3 x 4 pixels \(height x width\), which is no size times 2\."
    ):
        to_image(masked(np.ones((3, 4), np.uint8)), "scale=2")


def test_a_size_that_several_images_could_have_is_asked_for() -> None:
    with pytest.raises(FormatError) as caught:
        to_image(masked(np.ones((30, 40), np.uint8)), "scale=0.5")
    assert str(caught.value) == (
        "predictions: prediction #0 (image_id 1): the mask is 30 x 40 pixels (height x width) at "
        "scale 0.5, which images of several sizes would give. Give ground truth, or any "
        "COCO file that lists the images and their sizes: `images`."
    )
    assert caught.value.option == "images"


def test_a_flipped_box_needs_the_size_of_its_image() -> None:
    with pytest.raises(FormatError) as caught:
        to_image(boxed([1, 2, 3, 4]), "hflip")
    assert str(caught.value) == (
        "predictions: prediction #0 (image_id 1) has a box without a mask in the view hflip, and "
        "nothing says how large its image is. Give ground truth, or any COCO file that lists the "
        "images and their sizes: `images`."
    )


def test_a_list_of_images_without_annotations_tells_sizes(tmp_path: Path) -> None:
    path = tmp_path / "image_info.json"
    path.write_text('{"images": [{"id": 1, "height": 80, "width": 100}]}')
    found = to_image(boxed([10, 20, 20, 20]), "hflip", images=path)
    assert found.boxes.tolist() == [[70, 20, 20, 20]]


def test_a_part_is_placed_into_its_image() -> None:
    mask = build_masks(1, 8, 10)[0]
    found = to_image(masked(mask, bbox=[1, 2, 3, 4]), "offset=5,7", images=sizes((30, 40)))
    whole = np.zeros((30, 40), np.uint8)
    whole[7:15, 5:15] = mask
    assert_array_equal(pixels(found), whole)
    assert found.boxes.tolist() == [[6, 9, 3, 4]]


def test_a_part_is_cut_out_before_it_is_flipped_and_scaled() -> None:
    image = build_masks(1, 30, 40)[0]
    part = image[7:15, 5:15][:, ::-1].repeat(2, axis=0).repeat(2, axis=1)
    found = to_image(masked(part, bbox=[0, 0, 20, 16]), "offset=5,7+hflip+scale=2",
                     images=sizes((30, 40)))  # fmt: skip
    whole = np.zeros((30, 40), np.uint8)
    whole[7:15, 5:15] = image[7:15, 5:15]
    assert_array_equal(pixels(found), whole)
    assert found.boxes.tolist() == [[5, 7, 10, 8]]


def test_boxes_of_a_part_need_no_size_of_the_image() -> None:
    assert to_image(boxed([1, 2, 3, 4]), "offset=5,7").boxes.tolist() == [[6, 9, 3, 4]]


def test_masks_of_a_part_need_the_size_of_the_image() -> None:
    with pytest.raises(FormatError, match="has a mask of a part of its image, and nothing says"):
        to_image(masked(np.ones((3, 4), np.uint8)), "offset=5,7")


def test_a_part_outside_of_the_image_is_refused() -> None:
    with pytest.raises(MismatchError, match="is of a part of the image from x 50, y 7 on, which"):
        to_image(masked(np.ones((3, 4), np.uint8)), "offset=50,7", images=sizes((30, 40)))


def test_what_lies_beyond_the_border_is_cut_off_and_dropped() -> None:
    inside, beyond = np.zeros((2, 10, 10), np.uint8)
    inside[0:2, 3:9] = 1
    beyond[8:, 8:] = 1
    preds = load_predictions(
        [
            {**BOX, "segmentation": coco_rle(inside), "bbox": [3, 0, 6, 2]},
            {**BOX, "segmentation": coco_rle(beyond), "bbox": [8, 8, 2, 2]},
        ]
    )
    found = to_image(preds, "offset=34,0", images=sizes((8, 40)))
    assert found.boxes.tolist() == [[37, 0, 3, 2]]
    assert pixels(found).sum() == 6


def test_polygons_of_a_view_are_refused() -> None:
    preds = load_predictions([{**BOX, "segmentation": [[0, 0, 9, 0, 9, 9]], "bbox": [0, 0, 9, 9]}])
    assert to_image(preds, "none") is preds
    with pytest.raises(FormatError) as caught:
        to_image(preds, "hflip")
    assert str(caught.value) == (
        "predictions: prediction #0 (image_id 1) has a polygon, which the view hflip cannot map "
        "back. Write it as run lengths."
    )


def test_masks_as_lists_of_counts_are_mapped_too() -> None:
    preds = load_predictions([{**BOX, "segmentation": {"size": [2, 3], "counts": [0, 2, 1, 1, 2]}}])
    found = to_image(preds, "hflip")
    assert found.segmentations.format.tolist() == [Format.STRING]
    assert found.segmentations.strings.decode().counts.tolist() == [3, 3]


def test_records_without_masks_keep_none() -> None:
    preds = load_predictions(
        [{**BOX, "bbox": [0, 0, 1, 1]}, {**BOX, "segmentation": coco_rle(np.eye(3, 4, dtype="u1"))}]
    )
    found = to_image(preds, "hflip", images=sizes((3, 4)))
    assert found.segmentations.format.tolist() == [Format.NONE, Format.STRING]
    assert found.boxes[0].tolist() == [3, 0, 1, 1]
    assert np.isnan(found.boxes[1]).all()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("none", "none"),
        ("scale=2+hflip", "hflip+scale=2"),
        (" vflip + scale=0.5 ", "vflip+scale=0.5"),
        ("offset=-5,7+hflip=legacy", "offset=-5,7+hflip=legacy"),
        ("scale=1", "none"),
        ("hflip+scale=auto", "hflip+scale=auto"),
        ("factors=0.5/1/1.25", "factors=0.5/1/1.25"),
        ("factors=1/2+scale=2+edges=64", "scale=2+factors=1/2+edges=64"),
    ],
)
def test_a_view_has_one_text(text: str, same: str) -> None:
    assert str(View.parse(text)) == same
    assert str(View.parse(same)) == same


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rot90", "`views`: 'rot90' is no view, expected none, hflip, vflip, scale=S or offset=X"),
        (
            "",
            "`views`: '' is no view, expected none, hflip, vflip, scale=S or offset=X,Y, joined",
        ),
        ("hflip+none", "'hflip+none' has 'none', expected"),
        ("hflip=", "'hflip=' is no view, expected"),
        ("hflip+hflip", "'hflip+hflip' has hflip twice, expected it once"),
        ("hflip+vflip=legacy", "'hflip+vflip=legacy' has one flip that is legacy and one that is"),
        ("scale=two", "'scale=two' has scale 'two', expected a number such as 2 or 0.5"),
        ("scale=0", "scale is 0, expected a number from 0.01 to 100"),
        ("scale=-1", "scale is -1, expected a number from 0.01 to 100"),
        ("scale=nan", "scale is nan, expected a number from 0.01 to 100"),
        ("scale=inf", "scale is inf, expected a number from 0.01 to 100"),
        ("offset=1", "'offset=1' has offset '1', expected x,y in whole pixels, such as offset=51"),
        ("offset=1.5,2", "has offset '1.5,2', expected x,y in whole pixels"),
        (
            "offset=1,2+scale=auto",
            "scale=auto is for whole images, and offset for a part, whose si",
        ),
        ("factors=1/2", "2 factors for 2 edges of sizes, expected 3: from small to large"),
        ("factors=1/-2/1", "factors are 1/-2/1, expected numbers of 0 or more"),
        ("factors=1/x/1", "'factors=1/x/1' has factors 'x', expected a number such as 2 or 0.5"),
        ("edges=96/32", "edges are 96/32, expected rising numbers above 0"),
        ("hflip+offset=1,2", "has an offset behind hflip, expected it first: a part is cut out b"),
    ],
)
def test_what_is_no_view_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        View.parse(text)
    assert problem in str(caught.value)
    assert caught.value.option == "views"


def test_a_convention_of_pixels_is_one_of_two() -> None:
    with pytest.raises(InputError, match="is 'old', expected 'continuous' or 'legacy'"):
        View(hflip=True, pixel_convention="old")  # type: ignore[arg-type]


def test_there_is_a_view_for_each_model() -> None:
    assert [str(each) for each in parsed_views(["none", "offset=1,2,hflip"], 3)] == [
        "none", "offset=1,2", "hflip",
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        fuse(MODELS, strategy="nms", views="none,hflip,vflip")
    assert str(caught.value) == (
        "`views` has 3 views for 2 models, expected one for each model, in their order"
    )


def flipped(preds: Predictions) -> Predictions:
    """What a perfectly symmetric model would say of mirrored images."""
    return to_image(preds, "hflip")


def enlarged(preds: Predictions) -> Predictions:
    """What a model that does not mind the scale would say of images of twice the size."""
    segments = preds.segmentations
    masks = resize(segments.strings.decode(), 2 * segments.strings.sizes)
    return Predictions(
        preds.image_id, preds.category_id, preds.score, 2 * preds.boxes,
        type(segments)(segments.format, compress(masks)),
    )  # fmt: skip


@pytest.mark.parametrize("strategy", ["nms", "wbf", "vote", "soft-nms"])
def test_views_that_agree_give_what_their_models_give(strategy: str, tmp_path: Path) -> None:
    plain = [MODELS[0], MODELS[1], MODELS[0]]
    seen = [MODELS[0], flipped(MODELS[1]), enlarged(MODELS[0])]
    one = fuse(plain, strategy=strategy, iou="segm", views=["none"] * 3)
    other = fuse(seen, strategy=strategy, iou="segm", views=["none", "hflip", "scale=2"])
    one.save(tmp_path / "one.json")
    other.save(tmp_path / "other.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()
    assert other.settings["views"] == ["none", "hflip", "scale=2"]
    assert one.settings["views"] == ["none"] * 3
    assert fuse(MODELS, strategy=strategy).settings["views"] is None


@pytest.mark.parametrize("strategy", [each for each in STRATEGIES if each != "search"])
def test_no_order_of_views_changes_a_byte(strategy: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    seen = [MODELS[0], flipped(MODELS[1]), enlarged(MODELS[1])]
    views, scores = ["none", "hflip", "scale=2"], [3.0, 1.0, 2.0]
    weighing = STRATEGIES[strategy].weighing
    orders = list(itertools.permutations(range(3)))
    found = set()
    for order in orders[::5] if weighing == "classwise" else orders:  # that measures the gain, too
        own: dict[str, Any] = {"strategy": strategy, "workers": int(rng.integers(1, 4))}
        if weighing == "classwise":
            own["fit"] = GT
        elif weighing != "none":
            own["scores"] = [scores[k] for k in order]
        models = [seen[k].take(rng.permutation(len(seen[k]))) for k in order]
        fuse(models, views=[views[k] for k in order], **own).save(tmp_path / "out.json")
        found.add((tmp_path / "out.json").read_bytes())
    assert len(found) == 1


def test_every_view_is_judged_as_it_is_when_it_is_mapped_back() -> None:
    found = fuse([MODELS[0], flipped(MODELS[0])], views="none,hflip", fit=GT)
    first, second = found.scores.models
    assert first.worth == second.worth
    assert first.worth is not None
    assert first.worth > 0.1


def test_every_view_is_a_member_of_a_cluster() -> None:
    box = {**BOX, "bbox": [10, 20, 20, 20]}
    found = fuse(
        [[box], [{**box, "bbox": [70, 20, 20, 20]}], []],
        strategy="wbf", views=["none", "hflip", "scale=2"], images=sizes((80, 100)),
    )  # fmt: skip
    assert found.predictions.boxes.tolist() == [[10, 20, 20, 20]]
    assert found.predictions.score.tolist() == [pytest.approx(0.6)]  # 2 of 3 views


def test_one_file_with_a_view_is_enough() -> None:
    found = fuse([flipped(MODELS[0])], strategy="nms", views="hflip", max_dets=0)
    plain = fuse([MODELS[0], []], strategy="nms", max_dets=0)
    assert_array_equal(found.predictions.score, plain.predictions.score)
    with pytest.raises(InputError, match="expected the predictions of two or more"):
        fuse([MODELS[0]], strategy="nms")


def test_masks_of_another_file_tell_the_size_of_an_image() -> None:
    mask = np.zeros((50, 61), np.uint8)
    mask[3:9, 5:20] = 1
    half = resize(encode([mask]), (25, 30))
    rle = {"size": [25, 30], "counts": compress(half).strings()[0]}
    found = fuse(
        [[{**BOX, "segmentation": coco_rle(mask)}], [{**BOX, "segmentation": rle}]],
        strategy="nms", views="none,scale=0.5",
    )  # fmt: skip
    assert found.predictions.segmentations.strings.sizes.tolist() == [[50, 61]]


def test_masks_of_two_sizes_tell_no_size_of_an_image() -> None:
    one, other = (masked(np.ones(size, np.uint8)) for size in ((50, 61), (50, 60)))
    half = masked(np.ones((25, 30), np.uint8))
    with pytest.raises(MismatchError, match="the mask is 50 x 60, expected 50 x 61"):
        fuse([one, other, half], strategy="nms", views="none,none,scale=0.5")


def test_the_size_of_an_image_in_ground_truth_is_used() -> None:
    gt = sizes((80, 100))
    one = boxed([70, 20, 20, 20])
    for found in (
        fuse([one], strategy="nms", views="hflip", images=gt),
        fuse([one], strategy="nms", views="hflip", gt=gt),
    ):
        assert found.predictions.boxes.tolist() == [[10, 20, 20, 20]]


def test_mirrored_masks_are_those_of_the_mask_operation() -> None:
    preds = MODELS[0]
    expected = compress(flip_horizontal(preds.segmentations.strings.decode())).strings()
    assert to_image(preds, "hflip", workers=2).segmentations.strings.strings() == expected


def test_few_masks_at_a_time_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = enlarged(MODELS[0])
    views = [("scale=2+vflip", None), ("offset=9,5+scale=2", sizes(*[(3000, 3000)] * 12))]
    whole = [to_image(seen, view, images=gt) for view, gt in views]
    monkeypatch.setattr("segeval.masks.room.ROOM", 5000)
    monkeypatch.setattr("segeval.ensemble.views.image_space.BATCH", 70)
    parts = [to_image(seen, view, images=gt) for view, gt in views]
    for one, other in zip(whole, parts, strict=True):
        assert one.segmentations.strings.strings() == other.segmentations.strings.strings()


def test_masks_of_too_many_runs_are_refused() -> None:
    preds = masked(*np.ones((9, 9, 30), np.uint8))
    with raised(drawn_runs=100, drawn_ratio=1), pytest.raises(FormatError) as caught:
        to_image(preds, "offset=0,1", images=sizes((99, 99)))
    assert str(caught.value) == (
        "predictions: the masks would have 549 runs or more on whole images, expected at most "
        "100. If that is right, raise the limit: `limits.raised(drawn_runs=549)`."
    )


def test_scores_of_a_view_count_by_size() -> None:
    preds = boxed([0, 0, 31, 32], [0, 0, 32, 32], [0, 0, 95, 96], [0, 0, 96, 96])
    found = to_image(preds, "factors=0.5/0.8/1")
    assert_array_equal(found.score, np.array([0.5, 0.8, 0.8, 1]) * 0.9)
    coarse = to_image(preds, "factors=0.5/2+edges=95.5")
    assert_array_equal(coarse.score, np.array([0.5, 0.5, 0.5, 2]) * 0.9)


def test_the_size_of_an_object_is_that_of_its_mask_in_the_image() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[:40, :40] = 1
    preds = masked(mask, bbox=[0, 0, 100, 100])
    assert to_image(preds, "factors=0.5/1/1").score.tolist() == [0.9]
    half = to_image(preds, "scale=2+factors=0.5/1/1")
    assert half.score.tolist() == [0.45]


def test_a_view_of_the_image_as_it_is_may_have_factors() -> None:
    found = fuse([boxed([0, 0, 9, 9]), []], strategy="nms", views="factors=0.5/1/1,none")
    assert found.predictions.score.tolist() == [0.45]
    assert found.settings["views"] == ["factors=0.5/1/1", "none"]


def test_the_size_of_a_mask_can_say_the_scale_of_its_image() -> None:
    image = build_masks(1, 40, 60)[0]
    large = resize(flip_horizontal(encode([image])), (67, 100))
    preds = masked(decode_one(large, 0), bbox=[10, 6.7, 50, 33.5])
    found = to_image(preds, "hflip+scale=auto", images=sizes((40, 60)))
    assert_array_equal(pixels(found), decode_one(flip_horizontal(resize(large, (40, 60))), 0))
    assert found.boxes[0] == pytest.approx([24, 4, 30, 20])


@pytest.mark.parametrize(
    ("preds", "problem"),
    [
        (
            masked(np.ones((60, 40), np.uint8)),
            "mask is 60 x 40 pixels (height x width), which is no scale of its image of 40 x 60.",
        ),
        (
            boxed([1, 2, 3, 4]),
            "in the view scale=auto, and only masks say how large the model saw its image. Give",
        ),
    ],
)
def test_a_scale_that_no_mask_tells_is_refused(preds: Predictions, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        to_image(preds, "scale=auto", images=sizes((40, 60)))
    assert problem in str(caught.value)


def test_a_scale_that_masks_tell_needs_the_size_of_the_image() -> None:
    with pytest.raises(FormatError, match="at a scale that only the size of its image tells, whi"):
        to_image(masked(np.ones((60, 40), np.uint8)), "scale=auto")
