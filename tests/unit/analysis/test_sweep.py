"""Sweeps over max_dets: every cap as if the predictions had been cut by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis import SweepPoint, SweepResult, sweep_max_dets
from segeval.errors import InputError, MismatchError
from segeval.metrics.coco.protocol import AP_STAR, COCO, LVIS, LVIS_2021, LVIS_FIXED, Protocol
from tests.unit.metrics.strips import Records, codes, note, scene, strip

IMAGES, CATEGORIES = 6, 5
AT = [1, 2, 5, 9, 17, 40]


def lvis_scene(seed: int, *, ties: bool = True) -> tuple[Records, dict[str, Any]]:
    """Random strips of five categories in six images, with LVIS's lists and groups."""
    rng = np.random.default_rng(seed)
    objects, found = [], []
    for number in range(40):
        start, length = int(rng.integers(0, 170)), int(rng.integers(2, 30))
        where = {
            "image_id": int(rng.integers(1, IMAGES + 1)),
            "category_id": int(rng.integers(1, CATEGORIES + 1)),
        }
        objects.append({**where, "mask": strip(start, start + length), "ignore": number % 13 == 0})
        for _ in range(4):
            shift = int(rng.integers(-3, 4))
            begin = max(start + shift, 0)
            score = float(rng.choice([0.9, 0.5, 0.1])) if ties else float(rng.random())
            category = where["category_id"] if rng.random() < 0.7 else 1
            mask = strip(begin, begin + length)
            found.append({**where, "category_id": category, "mask": mask, "score": score})
    order = rng.permutation(len(found))
    preds, gt = scene(objects, [found[place] for place in order], images=IMAGES)
    present = {(o["image_id"], o["category_id"]) for o in objects}
    for image in gt["images"]:
        absent = [c for c in range(1, CATEGORIES + 1) if (image["id"], c) not in present]
        image["neg_category_ids"] = absent[::2]
        image["not_exhaustive_category_ids"] = [1] if image["id"] % 3 == 0 else []
    for category in gt["categories"]:
        category["frequency"] = "rccff"[category["id"] - 1]
    return preds, gt


def cut(preds: Records, cap: int) -> Records:
    """The best `cap` records of every image, in the order of the file: written out plainly."""
    kept = []
    for image in {record["image_id"] for record in preds}:
        places = [k for k, record in enumerate(preds) if record["image_id"] == image]
        places.sort(key=lambda k: -preds[k]["score"])  # stable
        kept += places[:cap]
    return [preds[k] for k in sorted(kept)]


def by_hand(preds: Records, gt: dict[str, Any], cap: int, **settings: Any) -> SweepPoint:
    """The numbers of one cap from an evaluation of its own."""
    kept = cut(preds, cap)
    result = segeval.average_precision(kept, gt, **settings)
    groups = {group.name: group.ap for group in result.first.frequencies}
    counts = [sum(p["image_id"] == image["id"] for p in preds) for image in gt["images"]]
    return SweepPoint(
        max_dets=cap,
        ap=result.ap,
        ap50=result.ap50,
        ap75=result.ap75,
        ap_rare=groups.get("rare"),
        ap_common=groups.get("common"),
        ap_frequent=groups.get("frequent"),
        images_at_cap=sum(count >= cap for count in counts) / len(counts),
        predictions=len(kept),
    )


# The protocols' own caps are made small, so that they cut as well: in a cell, an image, the set.
@pytest.mark.parametrize(
    "protocol",
    [
        COCO,
        replace(COCO, max_dets=(1, 3)),
        LVIS,
        replace(LVIS, max_dets=(10,)),
        LVIS_FIXED,
        replace(LVIS_FIXED, max_dets=(12,)),
        replace(LVIS_2021, max_dets=(12,)),
        replace(AP_STAR, max_dets=(10,)),
    ],
    ids=lambda protocol: f"{protocol.name}-{protocol.max_dets[-1]}",
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_cap_equals_an_evaluation_of_the_cut_predictions(
    protocol: Protocol, seed: int
) -> None:
    preds, gt = lvis_scene(seed)
    sweep = sweep_max_dets(preds, gt, at=AT, protocol=protocol)
    assert list(sweep.points) == [by_hand(preds, gt, cap, protocol=protocol) for cap in AT]
    assert len({point.ap for point in sweep.points[:4]}) > 2, "the caps make a difference"


def test_a_cap_over_the_set_counts_among_what_the_sweep_keeps() -> None:
    # Two images, a budget of 2 for the category. In image 1 the best three scores are false ones;
    # one per image leaves room for the right one of image 2, three per image use the budget up.
    objects = [{"image_id": 1, "mask": strip(0, 9)}, {"image_id": 2, "mask": strip(0, 9)}]
    found = [{"image_id": 1, "mask": strip(50 + 9 * k, 59 + 9 * k)} for k in range(3)]
    found.append({"image_id": 2, "mask": strip(0, 9)})
    preds, gt = scene(objects, found, images=2)
    protocol = replace(LVIS_FIXED, max_dets=(2,), federated=False)
    sweep = sweep_max_dets(preds, gt, at=[1, 3], protocol=protocol)
    # precision 1/2 up to recall 1/2: 51 of the 101 points
    assert sweep.points[0].ap == pytest.approx(51 / 101 / 2, abs=1e-12)
    assert sweep.points[1].ap == 0
    assert note_of(sweep, "max-dets") == (
        "of those kept at max_dets 3, 2 predictions are beyond the lvis-fixed protocol's own cap "
        "of 2 per category"
    )


@pytest.mark.parametrize("iou", ["segm", "boundary", "bbox"])
def test_every_kind_of_iou_is_swept(iou: str) -> None:
    preds, gt = lvis_scene(3)
    width: Any = {"boundary_ratio": 0.01} if iou == "boundary" else {}
    sweep = sweep_max_dets(preds, gt, at=[3, 20], iou=iou, **width)
    wanted = [by_hand(preds, gt, cap, iou=iou, **width) for cap in (3, 20)]
    assert list(sweep.points) == wanted


def test_predictions_that_are_not_judged_take_room_under_a_cap() -> None:
    # Nobody looked for category 2 in the image: its prediction is dropped, but counted by the cap.
    objects: Records = [
        {"mask": strip(0, 9)},
        {"image_id": 2, "category_id": 2, "mask": strip(0, 9)},
    ]
    found: Records = [{"category_id": 2, "mask": strip(40, 49)}, {"mask": strip(0, 9)}]
    preds, gt = scene(objects, found, images=2)
    for image in gt["images"]:
        image |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    for category in gt["categories"]:
        category["frequency"] = "r" if category["id"] == 1 else "f"
    sweep = sweep_max_dets(preds, gt, at=[1, 2])
    assert [point.ap_rare for point in sweep.points] == [0.0, pytest.approx(1.0, abs=1e-12)]


def test_predictions_of_unknown_categories_take_room_as_well() -> None:
    preds, gt = lvis_scene(7)
    for place, record in enumerate(preds):
        record["category_id"] = 99 if place % 3 == 0 else record["category_id"]
    sweep = sweep_max_dets(preds, gt, at=AT, protocol="ap-star")
    assert list(sweep.points) == [by_hand(preds, gt, cap, protocol="ap-star") for cap in AT]
    assert "unknown-category" in [note.code for note in sweep.notes]


def test_frequencies_are_undefined_without_lvis() -> None:
    preds, gt = scene([{"mask": strip(0, 9)}], [{"mask": strip(0, 9)}])
    sweep = sweep_max_dets(preds, gt, at=[5])
    (point,) = sweep.points
    assert (point.ap_rare, point.ap_common, point.ap_frequent) == (None, None, None)
    assert "ap_rare" not in [field.key for field in sweep.tables[0].fields]


def test_the_number_of_predictions_is_that_of_the_ground_truths_images() -> None:
    # images with 0, 1, 2, 3 and 4 predictions; image 9 is not in the ground truth
    found: Records = [
        {"image_id": image, "mask": strip(9 * k, 9 * k + 9)} for image in range(5, 0, -1)
        for k in range(image - 1)
    ]  # fmt: skip
    found += [{"image_id": 9, "mask": strip(0, 9)}] * 20
    preds, gt = scene([{"mask": strip(0, 9)}], found, images=5)
    sweep = sweep_max_dets(preds, gt, at=[2, 3, 99], protocol=replace(COCO, skips_unknown=True))
    assert sweep.scores.per_image == {
        "min": 0.0, "q25": 1.0, "median": 2.0, "q75": 3.0, "q90": 3.6, "max": 4.0,
    }  # fmt: skip
    assert [point.images_at_cap for point in sweep.points] == [0.6, 0.4, 0.0]
    assert [point.predictions for point in sweep.points] == [7, 9, 10]


def test_without_predictions_ap_is_zero() -> None:
    _, gt = scene([{"mask": strip(0, 9)}], [])
    sweep = sweep_max_dets([], gt, at=[1, 2])
    assert [(point.ap, point.images_at_cap) for point in sweep.points] == [(0.0, 0.0)] * 2


def test_without_images_there_are_no_quantiles() -> None:
    gt = {"images": [], "annotations": [], "categories": [{"id": 1}]}
    sweep = sweep_max_dets([], gt, at=[1])
    assert set(sweep.scores.per_image.values()) == {None}
    assert sweep.points[0].images_at_cap is None
    assert sweep.primary is None


def test_numbers_do_not_depend_on_the_workers() -> None:
    preds, gt = lvis_scene(4)
    one, many = (sweep_max_dets(preds, gt, at=AT, workers=workers) for workers in (1, 7))
    assert one.points == many.points


def test_the_protocols_own_cap_is_said_only_where_it_cuts() -> None:
    preds, gt = lvis_scene(5)
    assert "max-dets" not in [note.code for note in sweep_max_dets(preds, gt, at=AT).notes]
    protocol = replace(LVIS, max_dets=(10,))
    sweep = sweep_max_dets(preds, gt, at=AT, protocol=protocol)
    plain = segeval.average_precision(cut(preds, AT[-1]), gt, protocol=protocol)
    assert "max-dets" in codes(plain)
    count = note(plain, "max-dets").count
    assert note_of(sweep, "max-dets") == (
        f"of those kept at max_dets 40, {count} predictions are beyond the lvis protocol's own "
        "cap of 10 per image"
    )


@pytest.mark.parametrize("at", [[], [0, 1], [3, 3], [5, 2], [1.5], [True], "12", -5])
def test_caps_that_make_no_sense_are_refused(at: Any) -> None:
    with pytest.raises(
        InputError, match=r"^`at=.*`: expected increasing whole numbers of at least 1"
    ):
        sweep_max_dets([], {}, at=at)


def test_the_object_holds_every_number_once() -> None:
    preds, gt = lvis_scene(6)
    sweep = sweep_max_dets(preds, gt, at=[2, 300], protocol="lvis-2021")
    data = sweep.to_dict()
    assert data["schema"] == "segeval/sweep/1"
    assert data["settings"]["protocol"] == "lvis-2021"
    assert data["settings"]["boundary_ratio"] == 0.02
    assert data["inputs"]["preds"]["count"] == len(preds)
    results = data["results"]
    assert [point["max_dets"] for point in results["sweep"]] == [2, 300]
    assert results["sweep"][1]["ap"] == sweep.points[1].ap == sweep.primary
    assert list(results["predictions_per_image"]) == ["min", "q25", "median", "q75", "q90", "max"]


def test_tables_show_the_caps_and_the_quantiles() -> None:
    preds, gt = lvis_scene(6)
    sweep = sweep_max_dets(preds, gt, at=[2, 300])
    caps, per_image = sweep.tables
    assert [record["max_dets"] for record in caps.records()] == [2, 300]
    assert caps.records()[0]["ap_rare"] == sweep.points[0].ap_rare
    assert per_image.records()[0]["median"] == sweep.scores.per_image["median"]
    assert sweep.headline[0] == "Mask AP against max_dets"
    assert sweep.summary == "6 images, 5 categories, 160 predictions"
    assert repr(sweep) == "SweepResult(predictions vs ground truth: max_dets 2, 300)"
    assert sweep._repr_html_().count("<table>") == 2


def note_of(sweep: SweepResult, code: str) -> str:
    (found,) = [note.message for note in sweep.notes if note.code == code]
    return found


def test_caps_that_keep_everything_are_told_of() -> None:
    preds, gt = scene([{"mask": strip(0, 9)}], 2 * [{"mask": strip(0, 9)}])
    assert note_of(sweep_max_dets(preds, gt, at=[1, 2, 5, 9]), "no-more") == (
        "no image has more than 2 predictions: larger caps keep them all"
    )
    assert "no-more" not in {note.code for note in sweep_max_dets(preds, gt, at=[1, 2, 5]).notes}


def test_a_record_beyond_the_caps_is_checked_and_called_by_its_place_in_the_file() -> None:
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
    gt = {
        "images": [{"id": 1, "height": 9, "width": 9}],
        "categories": [{"id": 1}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81}
        ],
    }
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
    found: list[Any] = [{**box, "score": s} for s in (0.9, 0.8)] + [
        {**box, "image_id": 7, "score": 0.1}
    ]
    with pytest.raises(MismatchError) as caught:
        sweep_max_dets(found, gt, at=[1], iou="bbox")
    assert (caught.value.index, caught.value.option) == (2, "skip_unknown")
    swept = sweep_max_dets(found, gt, at=[1], iou="bbox", skip_unknown=True)
    assert "unknown-image" in {note.code for note in swept.notes}
