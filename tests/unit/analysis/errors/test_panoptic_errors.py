"""Where panoptic quality is lost."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from segeval import PanopticErrors, panoptic_errors, panoptic_quality
from segeval.analysis.errors.panoptic_shares import (
    GROUPS,
    PANOPTIC_KINDS,
    ConfusedCategories,
    confused_by_several,
    panoptic_error_scores,
)
from segeval.analysis.errors.panoptic_statistics import image_losses
from segeval.metrics.panoptic import panoptic_scores
from segeval.metrics.panoptic.outcomes import STATES
from tests.panoptic_build import build, drawing, segment
from tests.unit.analysis.errors.panoptic_scene import two_images, with_wrong_categories
from tests.unit.analysis.resampling.alike import (
    require_paths_lead_to_numbers,
    require_swaps_of_nothing_and_everything,
    require_the_same_bits,
    require_weights_are_copies,
)
from tests.unit.metrics.panoptic.test_statistics import Image, random_images

BOTH: dict[str, Any] = {"iou": ("segm", "boundary"), "boundary_px": 1}
WEIGHTS = np.array([2, 0, 1, 3, 0, 1])


def measured(folder: Path, preds: list[Image], gt: list[Image], **more: Any) -> PanopticErrors:
    """Errors of drawings, by both kinds of IoU."""
    folder.mkdir(exist_ok=True)
    first, second = build(folder / "preds.json", *preds), build(folder / "gt.json", *gt, gt=True)
    return panoptic_errors(first, second, **BOTH, **more)


def shares(found: Any) -> list[float]:
    """The shares of all kinds, in their order."""
    return [found.kinds[kind].share for kind in PANOPTIC_KINDS]


def test_shares_of_two_images_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    found = panoptic_errors(*two_images(tmp_path)).first
    cat, dog, sky = found.categories
    assert cat.pq == pytest.approx(5 / 9, abs=1e-15)
    assert shares(cat) == pytest.approx([1 / 9, 1 / 3, 0, 0], abs=1e-15)
    assert (dog.pq, shares(dog)) == (0, [0, 0.5, 0.5, 0])
    assert sky.pq == pytest.approx(4 / 9, abs=1e-15)
    assert shares(sky) == pytest.approx([2 / 9, 0, 0, 1 / 3], abs=1e-15)
    assert found.all.pq == pytest.approx(1 / 3, abs=1e-15)
    assert shares(found.all) == pytest.approx([1 / 9, 5 / 18, 1 / 6, 1 / 9], abs=1e-15)
    assert found.all.recognition == pytest.approx(5 / 9, abs=1e-15)
    assert found.things.n == 2
    assert shares(found.things) == pytest.approx([1 / 18, 5 / 12, 1 / 4, 0], abs=1e-15)
    assert shares(found.stuff) == shares(sky)
    assert {kind: own.count for kind, own in found.all.kinds.items()} == {
        "segmentation": 2, "confusion": 2, "false": 1, "missed": 1
    }  # fmt: skip


def test_a_dog_that_is_taken_for_a_cat_is_named(tmp_path: Path) -> None:
    [pair] = panoptic_errors(*two_images(tmp_path)).first.confused
    assert asdict(pair) == {
        "category_id": 2, "category": "dog", "taken_for_id": 1, "taken_for": "cat", "count": 1
    }  # fmt: skip


def test_confused_pairs_of_two_models_stand_in_one_row() -> None:
    def taken(*pairs: tuple[str, str, int]) -> Any:
        ids = {"cat": 1, "dog": 2, "sky": 3}
        own = [ConfusedCategories(ids[a], a, ids[b], b, number) for a, b, number in pairs]
        return SimpleNamespace(confused=own)

    first = taken(("dog", "cat", 3), ("sky", "cat", 1))
    second = taken(("sky", "dog", 4), ("dog", "cat", 2), ("cat", "dog", 1))
    assert [astuple(each) for each in confused_by_several([first, second])] == [
        ("sky", "dog", (0, 4)),
        ("dog", "cat", (3, 2)),
        ("cat", "dog", (0, 1)),
        ("sky", "cat", (1, 0)),
    ]


def test_every_segment_has_what_became_of_it(tmp_path: Path) -> None:
    found = panoptic_errors(*two_images(tmp_path)).outcomes["segm"]
    assert [STATES[each] for each in found.state] == ["true", "confusion", "true", "false"]
    assert [STATES[each] for each in found.gt_state] == ["true", "confusion", "missed", "true"]
    assert found.partner.tolist() == [0, 1, 3, -1]
    assert found.gt_partner.tolist() == [0, 1, -1, 2]
    assert found.iou[:3].tolist() == [5 / 6, 1, 8 / 12]
    assert np.isnan(found.iou[3])
    assert found.counts().tolist() == [[1, 1, 2, 0], [1, 1, 0, 0]]
    records = list(found.records())
    assert [(each["kind"], each["of"], each["image_id"], each["segment"]) for each in records] == [
        ("true", "preds", 1, 1),
        ("confusion", "preds", 1, 2),
        ("true", "preds", 2, 1),
        ("false", "preds", 2, 2),
        ("missed", "gt", 1, 3),
    ]
    assert (records[1]["category_id"], records[1]["gt_category_id"], records[1]["iou"]) == (1, 2, 1)


def test_losses_of_images_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    found = panoptic_errors(*two_images(tmp_path))
    losses = image_losses(found.quality.statistics["segm"])
    # cat (1/6 + 1/2) / (3/2), dog 1/2, sky 1/2 / (3/2), of three categories; the rest in the other
    assert losses.tolist() == pytest.approx([23 / 54, 13 / 54], abs=1e-15)


def test_excused_segments_and_crowds_are_no_errors(tmp_path: Path) -> None:
    crowd = segment("a", 1, iscrowd=1)
    gt = build(
        tmp_path / "gt.json",
        (drawing("aaaaaa....bb"), [crowd, segment("b", 7)]),
        gt=True,
    )
    preds = build(
        tmp_path / "preds.json",
        (drawing("aaaa..cccc.b"), [segment("a", 1), segment("b", 7), segment("c", 2)]),
    )
    found = panoptic_errors(preds, gt)
    assert [STATES[each] for each in found.outcomes["segm"].state] == [
        "excused",
        "false",
        "excused",
    ]
    assert [STATES[each] for each in found.outcomes["segm"].gt_state] == ["crowd", "missed"]
    assert found.outcomes["segm"].counts().tolist() == [[0, 1, 1, 2]]
    assert shares(found.first.all) == [0, 0, 0.5, 0.5]


def test_half_an_overlap_confuses_nothing(tmp_path: Path) -> None:
    gt = build(tmp_path / "gt.json", (drawing("aabb"), [segment("a", 1), segment("b", 7)]), gt=True)
    drawn = drawing("abbb"), [segment("a", 2), segment("b", 7)]
    found = panoptic_errors(build(tmp_path / "preds.json", drawn), gt)
    assert [STATES[each] for each in found.outcomes["segm"].state] == ["false", "true"]
    assert found.first.confused == ()


def test_segments_confused_by_their_masks_may_not_be_by_their_boundaries(tmp_path: Path) -> None:
    gt = build(tmp_path / "gt.json", (drawing(*["a" * 9] * 9), [segment("a", 1)]), gt=True)
    rows = ["." * 9, *["." + "a" * 8] * 8]  # 64 of 81 pixels, of which 15 in the band of 32
    found = panoptic_errors(
        build(tmp_path / "p.json", (drawing(*rows), [segment("a", 2)])), gt, **BOTH
    )
    assert STATES[found.outcomes["segm"].state[0]] == "confusion"
    assert STATES[found.outcomes["boundary"].state[0]] == "false"


@pytest.mark.parametrize("compat", [None, "official"])
def test_shares_add_up_and_numbers_are_those_of_pq(tmp_path: Path, compat: str | None) -> None:
    preds, gt = random_images(8, seed=5)
    preds = with_wrong_categories(preds, 5)
    found = measured(tmp_path, preds, gt, compat=compat)
    usual = panoptic_quality(tmp_path / "preds.json", tmp_path / "gt.json", compat=compat, **BOTH)
    assert found.quality.to_dict()["results"] == usual.to_dict()["results"]
    assert found.notes == usual.notes
    for kind, own in found.scores.items():
        its = usual.scores[kind]
        for group in GROUPS:
            part, whole = getattr(own, group), getattr(its, group)
            assert (part.pq, part.n) == (whole.pq, whole.n)
            assert part.pq + sum(shares(part)) == pytest.approx(1, abs=1e-14)
            assert part.recognition == pytest.approx(1 - whole.rq, abs=1e-14)
            assert part.recognition == pytest.approx(sum(shares(part)[1:]), abs=1e-14)
        for part, whole in zip(own.categories, its.categories, strict=True):
            assert (part.tp, part.fp, part.fn, part.pq) == (
                whole.tp, whole.fp, whole.fn, whole.pq
            )  # fmt: skip
            confusion = part.kinds["confusion"].count
            assert confusion + part.kinds["false"].count + part.kinds["missed"].count == (
                part.fp + part.fn
            )
        lost = image_losses(found.quality.statistics[kind])
        assert lost.sum() == pytest.approx(1 - (own.all.pq or 0.0), abs=1e-14)
        assert found.outcomes[kind].counts().sum(axis=0)[:3].tolist() == [
            sum(getattr(each, name) for each in its.categories) for name in ("tp", "fp", "fn")
        ]
    assert found.first.all.kinds["confusion"].count > 0


def test_confused_segments_match_once_their_category_is_right(tmp_path: Path) -> None:
    preds, gt = random_images(12, seed=6)
    preds = with_wrong_categories(preds, 6)
    found = measured(tmp_path / "a", preds, gt).outcomes["segm"]
    rows = np.flatnonzero(found.state == STATES.index("confusion"))
    assert len(rows)
    category = found.gt.category_id[found.partner[rows]]
    by_row = dict(zip(rows.tolist(), category.tolist(), strict=True))
    place = 0
    for _, segments in preds:
        for each in segments:
            each["category_id"] = by_row.get(place, each["category_id"])
            place += 1
    again = measured(tmp_path / "b", preds, gt).outcomes["segm"]
    assert {STATES[each] for each in again.state[rows]} == {"true"}
    assert again.partner[rows].tolist() == found.partner[rows].tolist()
    assert again.iou[rows].tolist() == found.iou[rows].tolist()


def test_numbers_of_weighted_images_are_those_of_copies(tmp_path: Path) -> None:
    preds, gt = random_images(6, seed=1)
    preds = with_wrong_categories(preds, 1)
    whole = measured(tmp_path / "once", preds, gt)
    chosen = np.repeat(np.arange(6), WEIGHTS)
    repeated = measured(tmp_path / "more", [preds[i] for i in chosen], [gt[i] for i in chosen])
    for kind, statistics in whole.statistics.items():
        weighted = panoptic_error_scores(statistics, WEIGHTS)
        assert weighted.to_dict() == repeated.scores[kind].to_dict()
        assert weighted.all.pq == panoptic_scores(statistics.quality, WEIGHTS).all.pq
    require_weights_are_copies(whole, WEIGHTS, repeated)
    require_paths_lead_to_numbers(whole)


def test_replicates_have_the_same_bits_in_any_order_and_models_can_be_mixed(tmp_path: Path) -> None:
    preds, gt = random_images(6, seed=4)
    preds = with_wrong_categories(preds, 4)
    one = measured(tmp_path / "a", preds, gt)
    two = measured(tmp_path / "b", [(np.roll(ids, 1, 0), own) for ids, own in preds], gt)
    require_swaps_of_nothing_and_everything(one, two)
    files = [
        build(tmp_path / f"turned_{name}.json", *images, gt=name == "gt")
        for name, images in (("preds", preds), ("gt", gt))
    ]
    for file in files:
        data = json.loads(file.read_text())
        data["annotations"].reverse()
        file.write_text(json.dumps(data))
    require_the_same_bits(one, two, panoptic_errors(*files, **BOTH))


def test_nothing_predicted_is_all_missed(tmp_path: Path) -> None:
    gt = build(tmp_path / "gt.json", (drawing("aabb"), [segment("a", 1), segment("b", 7)]), gt=True)
    preds = build(tmp_path / "preds.json", (drawing("...."), []))
    found = panoptic_errors(preds, gt)
    assert (found.pq, shares(found.first.all)) == (0, [0, 0, 0, 1])
    assert image_losses(found.quality.statistics["segm"]).tolist() == [1]


def test_no_segments_have_no_shares(tmp_path: Path) -> None:
    files = (
        build(tmp_path / "p.json", (drawing(".."), [])),
        build(tmp_path / "gt.json", (drawing(".."), []), gt=True),
    )
    found = panoptic_errors(*files)
    assert (found.pq, found.first.all.recognition, found.first.all.n) == (None, None, 0)
    assert shares(found.first.all) == [None] * 4
    assert found.tables["kind"].rows[0] == ("all", None, None, None, None)
    assert image_losses(found.quality.statistics["segm"]).tolist() == [0]


def test_tables_have_the_costliest_kind_and_the_worst_category_first(tmp_path: Path) -> None:
    found = panoptic_errors(*two_images(tmp_path), **BOTH)
    assert [table.name for table in found.tables] == [
        "kind", "kind boundary", "category", "confusion"
    ]  # fmt: skip
    assert [row[0] for row in found.tables["kind"].rows] == [
        "all", "confusion", "false", "segmentation", "missed"
    ]  # fmt: skip
    assert [row[1] for row in found.tables["category"].rows] == ["mean", "dog", "sky", "cat"]
    assert found.tables["confusion"].rows == (("dog", "cat", 1),)
    assert repr(found) == "PanopticErrors(preds.json vs gt.json: segm PQ 33.3, boundary PQ 33.3)"
    assert found.summary == "2 images, 3 categories, 4 segments"
