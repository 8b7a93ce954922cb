"""Values of odd kinds in a batch, in categories and in settings are refused in words."""

from __future__ import annotations

import itertools
import pathlib
from typing import Any

import numpy as np
import pytest

from segeval import LabelMapMetric, Metric, PanopticMetric
from segeval.errors import FormatError, InputError, MismatchError
from segeval.masks import encode, encode_values
from segeval.metrics.sizes import SizeBucket

MASKS = np.zeros((1, 20, 30), bool)
MASKS[:, 2:9, 2:9] = True

PREDS = {"scores": [0.5], "labels": [1], "masks": MASKS}
TARGETS = {"labels": [1], "masks": MASKS}

HIDDEN = np.ma.array([1], mask=[True])

NONE = "an array has 1 masked value, which stand for nothing: give a value for each, as by"


def refused(preds: dict[str, Any], targets: dict[str, Any], **settings: Any) -> InputError:
    """The error of a second image, which leaves the metric with the first."""
    metric = Metric({1: "cat"}, **settings)
    metric.update([1], [PREDS], [TARGETS])
    before = metric.compute()
    with pytest.raises(InputError) as caught:
        metric.update([2], [{**PREDS, **preds}], [{**TARGETS, **targets}])
    assert len(metric) == 1
    assert metric.compute().flat() == before.flat()
    return caught.value


@pytest.mark.parametrize("field", ["scores", "labels"])
def test_masked_values_of_predictions_are_refused(field: str) -> None:
    error = refused({field: HIDDEN}, {})
    assert str(error).startswith(f"image 2: `{field}` of `preds`: {NONE} `filled(0)`.")
    assert error.field == field


@pytest.mark.parametrize("field", ["labels", "area", "iscrowd", "ignore", "size", "image_id"])
def test_masked_values_of_targets_are_refused(field: str) -> None:
    assert f"image 2: `{field}` of `targets`: {NONE}" in str(refused({}, {field: HIDDEN}))


def test_masked_masks_and_boxes_are_refused() -> None:
    hidden = np.ma.array(MASKS, mask=~MASKS)
    found = str(refused({"masks": hidden}, {}))
    assert found.startswith("image 2: `masks` of `preds`: an array has 551 masked values")
    boxes = np.ma.array([[0, 0, 3, 3]], mask=[[False, False, False, True]])
    assert str(refused({"boxes": boxes}, {})).startswith(
        "image 2: `boxes` of `preds`: an array has"
    )


def test_masked_image_ids_are_refused() -> None:
    with pytest.raises(FormatError, match=r"^`image_ids`: an array has 1 masked value"):
        Metric([1]).update(HIDDEN, [PREDS], [TARGETS])


def test_boxes_in_lists_of_several_lengths_are_refused() -> None:
    found = str(refused({"boxes": [[1, 2], [3]]}, {}))
    assert found.startswith("image 2: `boxes` of `preds`: a list cannot become a numpy array (")


def test_tensors_without_values_are_refused_with_image_and_field() -> None:
    torch = pytest.importorskip("torch")
    nothing = torch.zeros(1, device="meta")
    for field in ("scores", "labels", "masks", "boxes"):
        found = str(refused({field: nothing}, {}))
        assert found.startswith(f"image 2: `{field}` of `preds`: an array of torch.Tensor that ")
    found = str(refused({"labels": [nothing[0]]}, {}))
    assert found.startswith("image 2: `preds`: prediction #0: an array of torch.Tensor that holds")
    with pytest.raises(FormatError, match=r"^`image_ids`: an array of torch\.Tensor that holds"):
        Metric([1]).update(nothing, [PREDS], [TARGETS])


@pytest.mark.parametrize("name", [b"a.png", ["a.png"], np.array(["a", "b"]), 5])
def test_file_names_that_are_no_text_are_refused(name: Any) -> None:
    found = str(refused({}, {"file_name": name}))
    assert found.startswith("image 2: `file_name` of `targets` is ")
    assert found.endswith(", expected text.")


def test_a_path_is_a_file_name() -> None:
    metric = Metric([1])
    metric.update([1], [PREDS], [{**TARGETS, "file_name": pathlib.Path("a.png")}])
    assert len(metric) == 1


def test_true_is_not_image_1() -> None:
    metric = Metric([1])
    with pytest.raises(MismatchError) as caught:
        metric.update([1], [{**PREDS, "image_id": True}], [TARGETS])
    assert str(caught.value) == "image 1: `image_id` of `preds` is true, another image."


@pytest.mark.parametrize("dtype", [bool, np.float32])
def test_a_view_that_claims_more_pixels_than_the_limit_is_refused_before_it_is_copied(
    dtype: type,
) -> None:
    claimed: Any = np.broadcast_to(np.zeros((1, 1, 1), dtype), (1, 1 << 20, 1 << 20))
    error = refused({"masks": claimed}, {}, mask_values="logits")
    assert str(error) == (
        "image 2: `masks` of `preds`: masks: a dense mask would have 1,099,511,627,776 pixels, "
        "expected at most 1,073,741,824. If that is right, raise the limit: "
        "`limits.raised(picture_pixels=1099511627776)`."
    )


def test_text_beside_numbers_is_told_of_categories() -> None:
    found = str(refused({"labels": [1, "1"], "scores": [1, 1]}, {}))
    assert found == (
        'image 2: `preds`: prediction #1: labels is text ("1"), but other category ids are '
        "numbers, such as 1. Write it as a number."
    )


def test_a_list_that_holds_itself_is_not_called_a_number() -> None:
    around: list[Any] = []
    around.append(around)
    assert "labels is lists within lists without end" in str(refused({"labels": around}, {}))


@pytest.mark.parametrize(
    ("categories", "message"),
    [
        (np.array([[1, 2]]), "category #0: id is [1, 2], expected a whole number."),
        (np.array(3), "`categories` is array(3), expected the ids of all categories, a mapping"),
        ([{"id": HIDDEN}], f"category #0: {NONE} `filled(0)`."),
        (range(1 << 40), "`categories`: lists 1,099,511,627,776 categories, expected at most 65,"),
        (itertools.count(), "`categories`: lists 65,537 categories, expected at most 65,536."),
    ],
)
def test_categories_of_odd_kinds_are_refused(categories: Any, message: str) -> None:
    for make in (Metric, PanopticMetric):
        with pytest.raises(InputError) as caught:
            make(categories)
        assert str(caught.value).startswith(message)


def test_a_frequency_that_is_no_text_is_none() -> None:
    with pytest.raises(InputError, match="`categories` have no frequencies, which lvis needs"):
        Metric([{"id": 1, "frequency": ["f"]}], protocol="lvis")


@pytest.mark.parametrize("categories", [{1: "cat"}, [1], {1}, [{"id": 1, "isthing": [1]}]])
def test_panoptic_categories_that_do_not_say_what_things_are_are_refused(categories: Any) -> None:
    with pytest.raises(InputError, match=r"^`categories` must say which are things: "):
        PanopticMetric(categories)


FLAGS = [
    *((Metric, [1], name) for name in ("agnostic", "skip_unknown", "honour_ignore", "pool")),
    *((LabelMapMetric, 2, name) for name in ("boundary", "trimap_total_width")),
]


@pytest.mark.parametrize(("make", "categories", "name"), FLAGS)
@pytest.mark.parametrize("value", ["no", 1, None, np.array([1, 2])])
def test_flags_that_are_neither_true_nor_false_are_refused(
    make: Any, categories: Any, name: str, value: Any
) -> None:
    with pytest.raises(InputError) as caught:
        make(categories, **{name: value})
    assert str(caught.value) == f"`{name}` is {value!r}, expected True or False."
    assert caught.value.option == name


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": "2"}, "`workers` is '2', expected a whole number of threads."),
        ({"workers": 1.5}, "`workers` is 1.5, expected a whole number of threads."),
        ({"iou": 5}, "`iou` is 5, expected segm or boundary or bbox."),
        ({"iou": [["segm"]]}, "`iou` is ['segm'], expected segm or boundary or bbox."),
        ({"protocol": ["coco"]}, "`protocol` is ['coco'], expected one of coco, "),
        ({"repeats": np.array(["one", "refuse"])}, "`repeats` is array(['one', 'refuse']"),
        ({"sizes": 32}, None),
        ({"sizes": np.array(None)}, "`sizes` is array(None, dtype=object), expected sides in"),
        ({"sizes": [SizeBucket("a", 0, 9), 32]}, "`sizes` is [SizeBucket(name='a', min_area=0, "),
        ({"max_dets": object}, "`max_dets=<class 'object'>`: expected different whole numbers; 0"),
        ({"thresholds": object}, "`thresholds=<class 'object'>`: expected numbers."),
        ({"min_score": 10**400}, "`min_score` is 1000000000000"),
        ({"min_score": np.float32(0.5)}, None),
        ({"thresholds": np.array(0.5)}, "`thresholds=array(0.5)`: expected numbers."),
    ],
)
def test_settings_of_odd_kinds_are_refused(settings: dict[str, Any], message: str | None) -> None:
    if message is None:
        metric = Metric([1], **settings)
        assert Metric.from_bytes(metric.to_bytes()).to_bytes() == metric.to_bytes()
        return
    with pytest.raises(InputError) as caught:
        Metric([1], **settings).update([1], [PREDS], [TARGETS])
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"trimap": "3"},
            "`trimap=[3]`: expected widths in pixels above 0, such as 1, 3, 5, 8, 20.",
        ),
        ({"trimap": None}, "`trimap=[None]`: expected widths in pixels above 0"),
        ({"boundary_f": "2"}, "`boundary_f` is '2', expected a number above 0."),
        ({"boundary_f": [2]}, "`boundary_f` is [2], expected a number above 0."),
        ({"ignore": np.array(None)}, "`ignore` holds array(None, dtype=object), expected ids"),
    ],
)
def test_settings_of_label_maps_of_odd_kinds_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        LabelMapMetric(2, **settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("given", [None, 5, "ab", {1: 2}, np.array(1)])
def test_label_maps_that_are_no_list_are_refused(given: Any) -> None:
    name = type(given).__name__
    with pytest.raises(FormatError) as caught:
        LabelMapMetric(2).update([1], given, [MASKS[0] * 1])
    assert str(caught.value) == (
        f"`preds` is of the type {name}, expected a list with a label map for each image."
    )


@pytest.mark.parametrize("given", [None, 5, "a", {1: 2}])
def test_panoptic_images_that_are_no_list_are_refused(given: Any) -> None:
    metric = PanopticMetric([{"id": 1, "isthing": 1}])
    with pytest.raises(FormatError) as caught:
        metric.update([1], given, given)
    assert str(caught.value) == (
        f"`preds` is of the type {type(given).__name__}, expected a list with a dictionary for "
        "each image."
    )


def test_pictures_that_claim_more_pixels_than_the_limit_are_refused_at_once() -> None:
    claimed: Any = np.broadcast_to(np.zeros((1, 1), int), (1 << 20, 1 << 20))
    words = (
        ": has 1,099,511,627,776 pixels, expected at most 1,073,741,824. If that is right, raise "
        "the limit: `limits.raised(picture_pixels=1099511627776)`."
    )
    with pytest.raises(FormatError) as caught:
        LabelMapMetric(2).update([7], [claimed], [claimed])
    assert str(caught.value) == f"image 7: `preds`{words}"
    image = {"segmentation": claimed, "segments_info": []}
    with pytest.raises(FormatError) as caught:
        PanopticMetric([{"id": 1, "isthing": 1}]).update([7], [image], [image])
    assert str(caught.value) == f"image 7: `segmentation` of `preds`{words}"


@pytest.mark.parametrize("wrong", [{"area": 10**400}, {"iscrowd": np.array([0, 1])}])
def test_segments_with_areas_beyond_floats_or_several_flags_are_refused(wrong: Any) -> None:
    segment = {"id": 1, "category_id": 1, **wrong}
    image = {"segmentation": np.ones((2, 2), int), "segments_info": [segment]}
    with pytest.raises(
        FormatError, match=r"^image 7: `segments_info\[0\]` of `preds`: iscrowd is "
    ):
        PanopticMetric([{"id": 1, "isthing": 1}]).update([7], [image], [image])


@pytest.mark.parametrize("dtype", ["U5", "S5", "V3", "M8[s]"])
def test_masks_of_text_dates_and_records_have_no_background(dtype: str) -> None:
    with pytest.raises(FormatError) as caught:
        encode(np.zeros((1, 2, 2), dtype))
    assert str(caught.value) == f"mask #0 holds {np.dtype(dtype)}, expected bool or numbers."


@pytest.mark.parametrize("cut", ["0", [1], 10**400, 1j, np.array([1, 2])])
def test_a_cut_that_is_no_finite_number_is_refused(cut: Any) -> None:
    with pytest.raises(InputError) as caught:
        encode_values(np.zeros((1, 2, 2), np.float32), "logits", cut=cut)
    assert str(caught.value) == f"`cut` is {cut}, expected a finite number."
