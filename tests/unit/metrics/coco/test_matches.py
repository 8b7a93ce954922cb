"""One matching gives the numbers of any part of the data, of any weights, and parts become one."""

from __future__ import annotations

import copy
import io
import json
import math
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import segeval
from segeval import Matches, average_precision, match
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.metrics.coco.average_precision import result_of
from segeval.metrics.coco.curves import Groups
from segeval.metrics.coco.protocol import COCO, PROTOCOLS
from segeval.metrics.sizes import SizeBucket
from tests.parity.scenes import Pair, clean_pair

PROTOCOL_NAMES = tuple(PROTOCOLS)
SEEDS = range(6)


def scene(seed: int, protocol: str) -> Pair:
    """A pair whose predictions all have different scores."""
    preds, gt = clean_pair(seed, lvis=protocol != "coco")
    scores = np.random.default_rng([seed, 2]).permutation(len(preds)) / max(len(preds), 1)
    return [{**p, "score": float(s)} for p, s in zip(preds, scores, strict=True)], gt


def settings_of(protocol: str) -> dict[str, Any]:
    """A protocol, with caps that cut in small scenes."""
    caps = {"coco": [1, 2], "lvis": 6, "ap-star": 6}
    return {"protocol": protocol, "max_dets": caps.get(protocol, 4), "sizes": "area:200,600"}


def only(pair: Pair, images: set[int]) -> Pair:
    """The files as if there were no other images."""
    preds, gt = pair
    kept = {
        **gt,
        "images": [image for image in gt["images"] if image["id"] in images],
        "annotations": [a for a in gt["annotations"] if a["image_id"] in images],
    }
    return [record for record in preds if record["image_id"] in images], kept


def repeated(pair: Pair, copies: dict[int, int]) -> Pair:
    """The files with every image, its objects and its predictions so many times."""
    preds, gt = pair
    images: list[Any] = []
    annotations: list[Any] = []
    found: list[Any] = []
    for image in gt["images"]:
        for number in range(copies[image["id"]]):
            own = image["id"] * 10 + number
            images.append({**image, "id": own})
            for annotation in gt["annotations"]:
                if annotation["image_id"] == image["id"]:
                    new = {**annotation, "image_id": own, "id": len(annotations) + 1}
                    annotations.append(new)
    for record in preds:  # copies stand side by side, as of equal scores the earlier one is kept
        own = record["image_id"] * 10
        found += [{**record, "image_id": own + n} for n in range(copies[record["image_id"]])]
    return found, {**gt, "images": images, "annotations": annotations}


def assert_same_numbers(one: Matches, other: Matches) -> None:
    """Every number that a result has is the same, to the last bit."""
    results = [
        result_of([each], compat=None, pool=True, started=0.0, workers=1) for each in (one, other)
    ]
    first, second = (result.to_dict(per_image=True)["results"] for result in results)
    assert first == second
    for bucket in one.buckets:
        curves, expected = one.curves(bucket.name), other.curves(bucket.name)
        np.testing.assert_array_equal(curves.precision, expected.precision)
        np.testing.assert_array_equal(curves.recall, expected.recall)


def image_groups(gt: dict[str, Any], seed: int) -> list[set[int]]:
    """The images in up to three groups, shuffled; one may have all."""
    rng = np.random.default_rng([seed, 3])
    ids = [image["id"] for image in gt["images"]]
    group = rng.integers(0, 3, len(ids))
    return [{i for i, own in zip(ids, group, strict=True) if own == g} for g in range(3)]


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_slices_of_the_same_files_merge_to_the_whole(seed: int, protocol: str) -> None:
    preds, gt = scene(seed, protocol)
    settings = settings_of(protocol)
    whole = match(preds, gt, **settings)
    parts = [match(preds, gt, images=tuple(g), **settings) for g in image_groups(gt, seed) if g]
    merged = Matches.merge(parts[::-1])
    assert_same_numbers(merged, whole)
    for name in ("prediction", "image", "rank", "matched_bits", "ignored_bits", "gt", "gt_counted"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name))
    again = Matches.merge([Matches.merge(parts[:2]), *parts[2:]])
    assert again.to_bytes() == merged.to_bytes()


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_different_files_merge_as_if_one_stood_behind_the_other(seed: int, protocol: str) -> None:
    preds, gt = scene(seed, protocol)
    preds = [{**record, "score": round(record["score"], 1)} for record in preds]  # many ties
    settings = settings_of(protocol)
    pairs = [only((preds, gt), group) for group in image_groups(gt, seed) if group]
    pairs.sort(key=lambda pair: min(image["id"] for image in pair[1]["images"]))
    in_order = [record for own, _ in pairs for record in own]
    whole = match(in_order, gt, **settings)
    parts = [match(*pair, **settings) for pair in pairs]
    assert_same_numbers(Matches.merge(parts), whole)
    assert_same_numbers(Matches.merge([Matches.merge(parts[1:][::-1]), parts[0]])
                        if len(parts) > 1 else parts[0], whole)  # fmt: skip


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_weights_count_as_images_that_are_repeated(seed: int, protocol: str) -> None:
    preds, gt = scene(seed, protocol)
    settings = settings_of(protocol)
    matches = match(preds, gt, **settings)
    weights = np.random.default_rng([seed, 4]).integers(0, 4, len(matches.image_ids))
    weights[0] = 2  # an empty file has no lists of LVIS
    copies = dict(zip(matches.image_ids.tolist(), weights.tolist(), strict=True))
    expected = match(*repeated((preds, gt), copies), **settings)
    for bucket in matches.buckets:
        found = matches.curves(bucket.name, weights=weights)
        wanted = expected.curves(bucket.name)
        assert found.gt.tolist() == wanted.gt.tolist()
        np.testing.assert_allclose(found.precision, wanted.precision, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.recall, wanted.recall, rtol=0, atol=1e-12)


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_subset_of_images_is_what_asking_for_them_gives(seed: int, protocol: str) -> None:
    preds, gt = scene(seed, protocol)
    settings = settings_of(protocol)
    matches = match(preds, gt, **settings)
    chosen = np.random.default_rng([seed, 5]).random(len(matches.image_ids)) < 0.5
    if not chosen.any():
        chosen[0] = True
    alone = match(preds, gt, images=matches.image_ids[chosen].tolist(), **settings)
    for images in (chosen, np.flatnonzero(chosen)):
        found, wanted = matches.curves(images=images), alone.curves()
        np.testing.assert_array_equal(found.precision, wanted.precision)
        np.testing.assert_array_equal(found.recall, wanted.recall)
        np.testing.assert_array_equal(found.gt, wanted.gt)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_subset_of_predictions_is_what_a_higher_score_threshold_gives(seed: int) -> None:
    preds, gt = scene(seed, "coco")
    matches = match(preds, gt)
    confident = [record for record in preds if record["score"] > 0.5]
    wanted = match(confident, gt).curves()
    found = matches.curves(rows=matches.score > 0.5)
    np.testing.assert_array_equal(found.precision, wanted.precision)
    np.testing.assert_array_equal(found.recall, wanted.recall)


def test_all_images_once_is_no_weight_at_all() -> None:
    matches = match(*scene(1, "coco"))
    curves, weighted = matches.curves(), matches.curves(weights=np.ones(len(matches.image_ids)))
    np.testing.assert_array_equal(curves.precision, weighted.precision)


def test_the_result_is_made_from_the_matches() -> None:
    preds, gt = scene(2, "lvis")
    result = average_precision(preds, gt)
    assert result.ap == match(preds, gt).curves().ap()
    assert result.matches.category_names == tuple(
        c["name"] for c in sorted(gt["categories"], key=lambda c: c["id"])
    )
    assert set(result.matches.frequency_groups) == {"rare", "common", "frequent"}


def test_predictions_beyond_a_cap_over_the_set_come_in_when_others_go() -> None:
    box = {"category_id": 1, "bbox": [0, 0, 9, 9]}
    lists: Any = {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    gt = {
        "images": [{"id": i, "height": 20, "width": 20, **lists} for i in (1, 2)],
        "categories": [{"id": 1, "name": "lamp", "frequency": "f"}],
        "annotations": [{**box, "id": i, "image_id": i, "area": 81} for i in (1, 2)],
    }
    preds = [{**box, "image_id": 1, "score": 0.9}, {**box, "image_id": 2, "score": 0.8}]
    matches = match(preds, gt, iou="bbox", protocol="lvis-fixed", max_dets=1)
    assert len(matches) == 2
    assert matches.within_cap.tolist() == [True, False]
    assert matches.curves().recall.max() == 0.5
    assert matches.curves(weights=[0, 1]).recall.max() == 1
    assert matches.curves(weights=[1, 1], max_dets=[2]).recall.max() == 1
    # of the two copies of the first image one fits under a cap of 1: one of three objects
    assert matches.curves(weights=[2, 1]).recall.max() == 1 / 3
    result = average_precision(preds, gt, iou="bbox", protocol="lvis-fixed", max_dets=1)
    assert result.first.categories[0].preds == 1
    assert result.first.to_dict()["preds"] == 1
    assert [image.preds for image in result.first.images] == [1, 0]


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_bytes_hold_everything(protocol: str) -> None:
    matches = match(*scene(3, protocol), **settings_of(protocol))
    again = Matches.from_bytes(matches.to_bytes())
    assert_same_numbers(again, matches)
    assert again.to_bytes() == matches.to_bytes()
    assert (again.request, again.notes, again.origins) == (
        matches.request, matches.notes, matches.origins,
    )  # fmt: skip


def test_bytes_can_be_read_with_numpy_alone() -> None:
    matches = match(*scene(3, "coco"))
    with np.load(io.BytesIO(matches.to_bytes()), allow_pickle=False) as archive:
        assert archive["score"].tolist() == matches.score.tolist()
        assert b'"schema": "segeval/matches/3"' in archive["header"].tobytes()


def rewritten(matches: Matches, **arrays: Any) -> bytes:
    """The bytes with other arrays."""
    with np.load(io.BytesIO(matches.to_bytes())) as archive:
        content = {**archive, **{name: np.asarray(array) for name, array in arrays.items()}}
    file = io.BytesIO()
    np.savez(file, **content)
    return file.getvalue()


def test_bytes_that_are_something_else_are_refused() -> None:
    matches = match(*scene(3, "coco"))
    data = matches.to_bytes()
    one_bit = bytearray(data)
    one_bit[len(data) // 2] ^= 1
    for damaged in (b"", b"hello", data[:-40], data[: len(data) // 2], bytes(one_bit)):
        with pytest.raises(FormatError, match=r"damaged|no matches"):
            Matches.from_bytes(damaged)
    with pytest.raises(FormatError, match="schema is 'segeval/parts/9', expected"):
        Matches.from_bytes(
            rewritten(matches, header=np.frombuffer(b'{"schema": "segeval/parts/9"}', np.uint8))
        )


def test_bytes_whose_indices_lead_astray_are_refused() -> None:
    matches = match(*scene(3, "coco"))
    assert len(matches)
    assert len(matches.gt)
    for name in ("image", "gt_image", "gt_category", "image_origin"):
        for value in (-1, 1000):
            column = getattr(matches, name).copy()
            column[-1] = value
            with pytest.raises(FormatError, match=f"{name} has an index outside"):
                Matches.from_bytes(rewritten(matches, **{name: column}))
    for offsets in (matches.offsets + 1, matches.offsets[::-1], matches.offsets * 2):
        with pytest.raises(FormatError, match="offsets must rise"):
            Matches.from_bytes(rewritten(matches, offsets=offsets))
    for name in ("matched_bits", "score", "rank", "gt_counted", "offsets", "image_ids"):
        shorter = getattr(matches, name)[..., :-1]
        with pytest.raises(FormatError, match=r"expected .* of shape"):
            Matches.from_bytes(rewritten(matches, **{name: shorter}))
    for name in ("score", "image"):
        with pytest.raises(FormatError, match=f"{name} is"):
            Matches.from_bytes(rewritten(matches, **{name: getattr(matches, name).astype("c16")}))
    few_bits = matches.matched_bits.astype(np.uint8)
    with pytest.raises(FormatError, match="10 thresholds do not fit the bits"):
        Matches.from_bytes(rewritten(matches, matched_bits=few_bits))


def test_parts_must_belong_together() -> None:
    preds, gt = scene(4, "coco")
    ids = [image["id"] for image in gt["images"]]
    one = match(preds, gt, images=ids[:1])
    with pytest.raises(InputError, match="`parts` is empty"):
        Matches.merge([])
    with pytest.raises(MismatchError, match=f"image id {ids[0]} is also in"):
        Matches.merge([one, one])
    rest: dict[str, Any] = {"images": ids[1:]}
    for other, words in (
        (match(preds, gt, thresholds=0.5, **rest), r"thresholds is \(0.5,\), in"),
        (match(preds, gt, sizes="area:9", **rest), "sizes is "),
        (
            match(preds, gt, compat="pycocotools", **rest),
            "compat is 'pycocotools', in .* it is None",
        ),
    ):
        with pytest.raises(MismatchError, match=words):
            Matches.merge([one, other])
    renamed = copy.deepcopy(gt)
    renamed["categories"][0]["name"] = "other"
    with pytest.raises(MismatchError, match="category_names is "):
        Matches.merge([one, match(preds, renamed, **rest)])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"weights": [1]}, r"`weights` has shape \(1,\), expected"),
        ({"images": [True]}, ".images. has shape"),
        ({"rows": [[0]]}, ".rows. has shape"),
        ({"rows": [-1]}, "`rows` has the place -1, expected places from 0 to"),
        ({"images": [0.5]}, ".images. has shape"),
    ],
)
def test_parts_of_another_length_are_refused(arguments: Any, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        match(*scene(0, "coco")).curves(**arguments)


@pytest.mark.parametrize("weight", [-1, 0.5, np.nan])
def test_weights_must_be_whole(weight: float) -> None:
    matches = match(*scene(0, "coco"))
    with pytest.raises(
        InputError, match=f"`weights` holds {weight}, expected whole numbers from 0 to"
    ):
        matches.curves(weights=np.full(len(matches.image_ids), weight))


def test_a_bucket_must_exist() -> None:
    with pytest.raises(InputError, match=r"no size bucket 'huge', expected one of .'all', 'small'"):
        match(*scene(0, "coco")).curves("huge")


def test_one_kind_of_iou_is_matched_at_a_time() -> None:
    with pytest.raises(InputError, match="expected one of segm, boundary, bbox"):
        segeval.match(*scene(0, "coco"), iou=("segm", "bbox"))  # type: ignore[arg-type]


def test_what_is_merged_tells_of_all_its_files() -> None:
    preds, gt = scene(5, "coco")
    ids = [image["id"] for image in gt["images"]]
    pairs = [only((preds, gt), {i}) for i in ids]
    parts = [match(*pair) for pair in pairs]
    named = [
        replace(part, origins=(replace(part.origins[0], preds=f"{i}.json"),))
        for i, part in zip(ids, parts, strict=True)
    ]
    merged = Matches.merge(named)
    assert merged.inputs["preds"]["count"] == len([p for p in preds if p["image_id"] in ids])
    assert merged.inputs["gt"]["images"] == len(ids)


def test_a_part_without_predictions_goes_with_any_area() -> None:
    box = {"category_id": 1, "bbox": [0, 0, 9, 9]}
    mask = {"category_id": 1, "segmentation": [[0, 0, 9, 0, 9, 9]], "score": 0.5}

    def part(image: int, preds: list[Any]) -> Matches:
        gt = {
            "images": [{"id": image, "height": 20, "width": 20}],
            "categories": [{"id": 1, "name": "lamp"}],
            "annotations": [{**box, "id": image, "image_id": image, "area": 81}],
        }
        return match([{**p, "image_id": image} for p in preds], gt, iou="bbox")

    empty, boxes, masks = part(1, []), part(2, [{**box, "score": 0.9}]), part(3, [mask])
    for parts in ([empty, boxes], [boxes, empty]):
        merged = Matches.merge(parts)
        assert (merged.request.area_from, merged.curves().recall.max()) == ("bbox", 0.5)
    with pytest.raises(MismatchError, match=r"area_from is 'mask', in .* it is 'bbox'"):
        Matches.merge([empty, boxes, masks])


def test_a_bucket_goes_by_its_name_or_its_place() -> None:
    matches = match(*scene(1, "coco"))
    np.testing.assert_array_equal(matches.curves(1).gt, matches.curves("small").gt)
    with pytest.raises(InputError, match=r"no size bucket 9, expected one of .'all', 'small'"):
        matches.curves(9)


def header_with(matches: Matches, **changes: Any) -> bytes:
    """The bytes with another header."""
    with np.load(io.BytesIO(matches.to_bytes())) as archive:
        header = json.loads(archive["header"].tobytes())
    for key, value in changes.items():
        place = header
        *path, last = key.split("__")
        for part in path:
            place = place[part]
        place[last] = value
    return rewritten(matches, header=np.frombuffer(json.dumps(header).encode(), np.uint8))


@pytest.mark.parametrize(
    "changes",
    [
        {"request__protocol__max_dets": []},
        {"request__protocol__max_dets": ["a"]},
        {"request__protocol__max_dets": [[1]]},
        {"request__protocol__max_dets": [2, 1]},
        {"request__protocol__thresholds": [0.5]},
        {"request__protocol__thresholds": []},
        {"request__protocol__cap_scope": "world"},
        {"request__protocol": "x"},
        {"request__iou": "volume"},
        {"request__compat": "other"},
        {"request__images": [[1]]},
        {"frequencies": ["r"]},
        {"frequencies": 5},
        {"buckets": []},
        {"origins": []},
        {"file_names": 3},
        {"notes": [{"code": 1, "message": "m"}]},
        {"notes": [{"code": "c", "message": "m", "count": []}]},
    ],
    ids=str,
)
def test_bytes_whose_header_makes_no_sense_are_refused(changes: Any) -> None:
    matches = match(*scene(3, "coco"))
    with pytest.raises(FormatError):
        Matches.from_bytes(header_with(matches, **changes))


def test_bytes_whose_numbers_would_overflow_are_refused() -> None:
    matches = match(*scene(1, "coco"))
    assert len(matches.image_ids) > 1
    most = 2**63 - 1
    offsets = np.resize(np.array([0, most, -most - 1, -1], np.int64), len(matches.offsets))
    offsets[-1] = len(matches)
    with pytest.raises(FormatError, match="offsets must rise"):
        Matches.from_bytes(rewritten(matches, offsets=offsets))
    ids = np.resize(np.array([most, -most - 1], np.int64), len(matches.image_ids))
    with pytest.raises(FormatError, match="image_ids must rise"):
        Matches.from_bytes(rewritten(matches, image_ids=ids))


@pytest.mark.parametrize("name", ["score", "gt", "unjudged_score"])
def test_arrays_without_rows_are_refused(name: str) -> None:
    with pytest.raises(FormatError):
        Matches.from_bytes(rewritten(match(*scene(3, "coco")), **{name: np.array(1.0)}))


def test_members_that_are_compressed_or_foreign_are_refused() -> None:
    matches = match(*scene(3, "coco"))
    swapped = matches.offsets.astype(">i8")
    with pytest.raises(FormatError, match="damaged"):
        Matches.from_bytes(rewritten(matches, offsets=swapped))
    with np.load(io.BytesIO(matches.to_bytes())) as archive:
        content = dict(archive)
    file = io.BytesIO()
    np.savez_compressed(file, **content)
    with pytest.raises(FormatError, match="damaged"):
        Matches.from_bytes(file.getvalue())
    file = io.BytesIO()
    np.save(file, np.arange(3))
    for other in (file.getvalue(), "text", 3, None, [1]):
        with pytest.raises(FormatError, match="these bytes are not matches, or are damaged"):
            Matches.from_bytes(other)  # type: ignore[arg-type]


def test_a_member_that_claims_to_be_huge_is_refused() -> None:
    data = match(*scene(3, "coco")).to_bytes()
    place = data.index(b"'shape': (")
    for claim in (b"'shape': (99999999999999", b"'shape': ((((("):
        damaged = bytearray(data)
        damaged[place : place + len(claim)] = claim
        file = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(data)) as source,
            zipfile.ZipFile(file, "w") as target,
        ):
            for name in source.namelist():
                content = source.read(name)
                if name == "score.npy":
                    start = content.index(b"'shape': (")
                    content = content[:start] + claim + content[start + len(claim) :]
                target.writestr(name, content)
        with pytest.raises(FormatError, match="damaged"):
            Matches.from_bytes(file.getvalue())


@pytest.mark.parametrize("max_dets", [[], [-1], [1.5], ["5"], [None], "5", [2**64], [[1]], True])
def test_caps_of_curves_must_be_whole(max_dets: Any) -> None:
    with pytest.raises(InputError, match="expected different whole numbers"):
        match(*scene(3, "coco")).curves(max_dets=max_dets)


def test_what_a_cap_has_cut_cannot_be_counted() -> None:
    matches = match(*scene(3, "coco"), max_dets=[1, 10])
    np.testing.assert_array_equal(
        matches.curves(max_dets=[10, 1]).recall, matches.curves(max_dets=[1, 10]).recall
    )
    assert matches.curves(max_dets=1).recall.shape[1] == 1
    for beyond in (11, 0):
        with pytest.raises(InputError, match="beyond 10 per image and category were not matched"):
            matches.curves(max_dets=beyond)


@pytest.mark.parametrize(
    ("rows", "offsets", "group"),
    [
        ([0], [0, 10**7], 0),
        ([0], [-5, 1], 0),
        ([0, 0], [0, 1], 0),
        ([0], [0, 1, 0, 1], 0),
        ([10**6], [0, 1], 0),
        ([-1], [0, 1], 0),
        ([0], [0, 1], 5),
        ([0], [], -1),
    ],
)
def test_groups_must_be_places_of_the_matches(
    rows: list[int], offsets: list[int], group: int
) -> None:
    matches = match(*scene(3, "coco"))
    of_gt = np.full(len(matches.gt), group)
    with pytest.raises(ShapeError, match="`groups` has"):
        matches.curves(groups=Groups(np.array(rows), np.array(offsets, np.int64), of_gt))
    with pytest.raises(ShapeError, match=r"`groups` has 0 ground truths, expected all \d+"):
        matches.curves(groups=Groups(np.array([0]), np.array([0, 1]), of_gt[:0]))


@pytest.mark.parametrize("protocol", ["lvis-fixed", "lvis-2021"])
def test_one_file_of_predictions_may_go_with_several_of_ground_truth(protocol: str) -> None:
    box = {"category_id": 1, "bbox": [0, 0, 9, 9]}
    lists: Any = {"neg_category_ids": [], "not_exhaustive_category_ids": []}

    def truth(*images: int) -> dict[str, Any]:
        return {
            "images": [{"id": i, "height": 20, "width": 20, **lists} for i in images],
            "categories": [{"id": 1, "name": "lamp", "frequency": "f"}],
            "annotations": [{**box, "id": i, "image_id": i, "area": 81} for i in images],
        }

    for scores in ((0.9, 0.8, 0.7), (0.5, 0.5, 0.5)):
        preds = [{**box, "image_id": i, "score": s} for i, s in zip((9, 1, 2), scores, strict=True)]
        for cap in (1, 2, 3):
            settings: dict[str, Any] = {
                "iou": "bbox", "protocol": protocol, "max_dets": cap, "skip_unknown": True,
            }  # fmt: skip
            whole = match(preds, truth(1, 2), **settings)
            parts = [match(preds, truth(image), **settings) for image in (2, 1)]
            merged = Matches.merge(parts)
            assert_same_numbers(merged, whole)
            assert merged.inputs["preds"]["count"] == 3
            assert merged.inputs["gt"]["count"] == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"max_dets": ()},
        {"max_dets": (2, 1)},
        {"max_dets": (-1,)},
        {"thresholds": ()},
        {"thresholds": (0.5, math.nan)},
        {"thresholds": tuple(np.linspace(0.01, 1, 99))},
        {"cap_scope": "world"},
        {"iou": "volume"},
        {"agnostic": 1},
        {"sizes": (SizeBucket("all", 0, 1),)},
        {"sizes": (SizeBucket("a", 2, 1),)},
        {"sizes": (SizeBucket("a", 0, 1), SizeBucket("a", 1, 2))},
    ],
    ids=str,
)
def test_rules_of_ones_own_must_make_sense(changes: Any) -> None:
    with pytest.raises(InputError):
        match(*scene(3, "coco"), protocol=replace(COCO, **changes))


def test_numbers_of_numpy_are_numbers() -> None:
    matches = match(*scene(3, "coco"), max_dets=np.int64(5), thresholds=np.float32(0.5))  # type: ignore[arg-type]
    assert (matches.request.protocol.max_dets, matches.thresholds.tolist()) == ((5,), [0.5])
