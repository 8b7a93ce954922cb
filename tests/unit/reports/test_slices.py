"""Slices and groups of the images on a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import segeval
from segeval.analysis import result_intervals
from segeval.analysis.comparison.own_slices import slice_numbers
from segeval.data.synthetic import furniture
from segeval.errors import InputError, MismatchError
from tests.page_reader import Page, assert_sound
from tests.unit.reports.label_maps.test_label_report import GT as TRUE
from tests.unit.reports.label_maps.test_label_report import NAMES
from tests.unit.reports.label_maps.test_label_report import A as WEAK
from tests.unit.reports.label_maps.test_label_report import B as STRONG
from tests.unit.reports.panoptic_files import changed, panoptic_files
from tests.unit.reports.test_report import FEW

SCENE = furniture(images=24)
GT, A, B = SCENE.ground_truth, SCENE.weaker, SCENE.better
LABELS = {each["id"]: "wet & <dark>" if each["id"] % 2 else "dry" for each in GT["images"][:-2]}
GROUPS = {each["id"]: str(each["id"] // 2) for each in GT["images"]}


UNKNOWN = "`slices`: names 1 image that is not evaluated, first '99'"


def rows(text: str) -> list[list[str]]:
    """The cells of the table of slices."""
    table = text.partition('<caption id="slices-1">')[2].partition("</table>")[0]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub("<.*?>", "", cell) for cell in row] for row in found]


def test_slices_of_one_model_have_numbers_and_intervals() -> None:
    report = segeval.report(B, GT, slices=LABELS | {99: "dry"}, top=0, **FEW)
    page = assert_sound(report.html)
    assert [note.message for note in report.notes] == [UNKNOWN]
    assert f"{UNKNOWN}." in page.words
    assert "Sizes, categories and slices" in page.texts
    header, dry, wet = rows(page.text)
    assert header[:4] == ["slice", "images", "objects", "AP"]
    assert (dry[0], wet[0]) == ("dry", "wet &amp; &lt;dark&gt;")
    own = [image for image, label in LABELS.items() if label == "dry"]
    alone = segeval.average_precision(B, GT, images=own)
    counts = str(len(own)), str(alone.scores["segm"].overall.gt)
    assert dry[1:4] == [*counts, f"{100 * (alone.ap or 0):.1f}"]
    assert " to " in dry[4]
    assert "2 images have no label and are in no slice." in page.words
    [model] = page.numbers["models"]
    assert [each["name"] for each in model["slices"]] == ["dry", "wet & <dark>"]
    [first, _] = slice_numbers(segeval.average_precision(B, GT), LABELS, **FEW)
    assert model["slices"][0]["segm"]["ap"] == first.numbers["segm", "ap"]


def test_slices_of_two_models_have_differences_and_verdicts() -> None:
    page = assert_sound(segeval.report(A, B, GT, slices=LABELS, top=0, **FEW).html)
    header, dry, _ = rows(page.text)
    assert header[3:7] == ["AP A", "AP B", "B - A", "95 % interval"]
    found = segeval.compare(A, B, GT, slices=LABELS, **FEW).scores.pairs[0].slices[0]
    difference = found.differences["segm", "ap"]
    assert dry[0] == found.name
    assert dry[5] == f"{100 * (difference.difference or 0):+.1f}"
    assert dry[-1] == difference.verdict.value
    known = page.numbers["compare"]["results"]["segm"]["slices"]
    assert [each["name"] for each in known] == ["dry", "wet & <dark>"]


def test_slices_of_two_models_on_few_images_have_numbers_alone() -> None:
    few = {**GT, "images": GT["images"][:6]}
    ids = {each["id"] for each in few["images"]}
    few["annotations"] = [each for each in GT["annotations"] if each["image_id"] in ids]
    a, b = ([each for each in preds if each["image_id"] in ids] for preds in (A, B))
    page = assert_sound(segeval.report(a, b, few, slices=LABELS, top=0, **FEW).html)
    header, *others = rows(page.text)
    assert header == ["slice", "images", "objects", "AP A", "AP B"]
    assert len(others) == 2


def test_groups_are_drawn_together() -> None:
    page = assert_sound(segeval.report(B, GT, groups=GROUPS, top=0, **FEW).html)
    known = result_intervals(segeval.average_precision(B, GT), groups=GROUPS, gt=GT, **FEW)
    own = page.numbers["models"][0]["ap"]
    assert own["settings"]["groups"] == "labels"
    assert own["results"]["segm"]["intervals"]["ap"] == known.by_path["segm", "ap"]
    single = segeval.report(B, GT, top=0, **FEW).numbers["models"][0]
    grouped = page.numbers["models"][0]
    assert single["threshold"]["results"]["segm"]["interval"] is not None
    for numbers in ("threshold", "errors"):
        assert grouped[numbers]["results"] != single[numbers]["results"]


def test_groups_too_few_to_compare_give_a_page_without_a_verdict() -> None:
    groups = {each["id"]: str(each["id"] // 8) for each in GT["images"]}
    page = assert_sound(segeval.report(A, B, GT, groups=groups, top=0, **FEW).html)
    assert "compare" not in page.numbers


def test_fields_of_the_images_and_files_name_slices_in_the_call(tmp_path: Path) -> None:
    images = [{**each, "weather": "rain" if each["id"] % 2 else "sun"} for each in GT["images"]]
    (tmp_path / "gt.json").write_text(json.dumps({**GT, "images": images}))
    (tmp_path / "b.json").write_text(json.dumps(B))
    files = tmp_path / "b.json", tmp_path / "gt.json"
    page = segeval.report(*files, slices="weather", groups="weather", top=0, **FEW)
    found = assert_sound(page.html).numbers
    assert (found["slices"], found["groups"]) == ("weather", "weather")
    assert "slices='weather'" in found["command"]
    assert segeval.report(*files, slices=LABELS, top=0, **FEW).numbers["command"] == ""


def test_slices_that_are_nowhere_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def matched(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("segeval.reports.instances.gathered.evaluations", matched)
    with pytest.raises(InputError, match="weather"):
        segeval.report(B, GT, slices="weather", **FEW)
    with pytest.raises(MismatchError, match="names 1 image"):
        segeval.report(B, GT, slices={"none": "rain"}, **FEW)
    with pytest.raises(InputError, match="`groups`: 23 images have no group"):
        segeval.report(B, GT, groups={1: "x"}, **FEW)


def sections(page: Page, caption: str) -> list[list[str]]:
    """The cells of the table of slices with a caption."""
    assert caption in page.text
    return rows(page.text)


MAPS: dict[str, Any] = {"classes": NAMES, "ignore": 255, "top": 0, **FEW}
OF_MAPS = {f"{place:02}": "odd" if place % 2 else "even" for place in range(10)}


def test_slices_of_label_maps_have_their_own_numbers() -> None:
    report = segeval.report(WEAK, TRUE, slices=OF_MAPS | {"99": "odd"}, **MAPS)
    page = assert_sound(report.html)
    assert UNKNOWN in [note.message for note in report.notes]
    assert f"{UNKNOWN}." in page.words
    assert "Classes and slices" in page.texts
    header, even, odd = sections(page, "mIoU by slice of the images, in %")
    assert header[:3] == ["slice", "images", "mIoU"]
    alone = segeval.mean_iou(WEAK[0:10:2], TRUE[0:10:2], classes=NAMES, ignore=255)
    assert even[:3] == ["even", "5", f"{100 * (alone.miou or 0):.1f}"]
    assert (odd[0], odd[1]) == ("odd", "5")
    assert "2 images have no label and are in no slice." in page.words
    [model] = page.numbers["models"]
    assert model["slices"][0]["miou"] == alone.miou
    known = segeval.label_errors(WEAK[0:10:2], TRUE[0:10:2], classes=NAMES, ignore=255).scores.kinds
    worst = max(known, key=lambda kind: known[kind].share or 0.0)
    assert header[-1].startswith("loses most to")
    assert even[-1] == f"{worst} {100 * (known[worst].share or 0):.1f}"
    share = page.numbers["slice_errors"][0]["kinds"][worst]["share"]
    assert share == pytest.approx(known[worst].share, abs=1e-15)


def test_slices_of_label_maps_of_two_models_have_verdicts_and_groups_are_drawn_together() -> None:
    groups = {f"{place:02}": str(place) for place in range(12)} | {"00": "1"}
    page = assert_sound(
        segeval.report(WEAK, STRONG, TRUE, slices=OF_MAPS, groups=groups, **MAPS).html
    )
    header, even, _ = sections(page, "mIoU by slice of the images, in %")
    assert header[2:6] == ["mIoU A", "mIoU B", "B - A", "95 % interval"]
    known = segeval.compare(
        WEAK, STRONG, TRUE, slices=OF_MAPS, groups=groups, classes=NAMES, ignore=255, **FEW
    )
    difference = known.scores.pairs[0].slices[0].differences["miou",]
    assert (even[0], even[-1]) == ("even", difference.verdict.value)
    assert page.numbers["compare"]["results"] == known.to_dict()["results"]
    assert page.numbers["models"][0]["miou"]["settings"]["groups"] == "labels"
    assert page.numbers["error_differences"]["settings"]["groups"] == "labels"
    assert "of classes and slices, which are many" in page.words


def test_slices_of_panoptic_files_are_a_field_of_the_images(tmp_path: Path) -> None:
    a, b, gt = panoptic_files(tmp_path)
    known = json.loads(gt.read_text())["images"]
    images = [{**each, "weather": "rain" if each["id"] % 2 else "sun"} for each in known]
    changed(gt, images=images)
    one = assert_sound(segeval.report(a, gt, slices="weather", top=0, **FEW).html)
    header, rain, sun = sections(one, "PQ by slice of the images, in %")
    assert header[:3] == ["slice", "images", "PQ"]
    assert (rain[:2], sun[:2]) == (["rain", "6"], ["sun", "6"])
    [own, _] = slice_numbers(segeval.panoptic_quality(a, gt), "weather", gt=gt, **FEW)
    assert rain[2] == f"{100 * (own.numbers['segm', 'all', 'pq'] or 0):.1f}"
    assert header[-1].startswith("loses most to")
    shares = one.numbers["slice_errors"][0]["segm"]["all"]["kinds"]
    assert rain[-1].endswith(f" {100 * max(each['share'] for each in shares.values()):.1f}")
    lost = sum(each["share"] for each in shares.values())
    assert lost == pytest.approx(1 - (own.numbers["segm", "all", "pq"] or 0))
    groups = {each["id"]: each["weather"] for each in images} | {"99": "sun"}
    two = segeval.report(a, b, gt, slices="weather", groups=groups, top=0, **FEW)
    unknown = UNKNOWN.replace("slices", "groups")
    assert unknown in [note.message for note in two.notes]
    assert f"{unknown}." in assert_sound(two.html).words
    assert "rough-intervals" not in [note.code for note in two.notes]  # there are none
    assert "compare" not in two.numbers  # two groups are too few
    header, *others = sections(assert_sound(two.html), "PQ by slice of the images, in %")
    assert header == ["slice", "images", "PQ A", "PQ B"]
    assert len(others) == 2
    with pytest.raises(InputError, match="wether"):
        segeval.report(a, gt, slices="wether")


def test_slices_of_label_maps_that_are_nowhere_are_refused() -> None:
    with pytest.raises(InputError, match="this ground truth has no fields of images"):
        segeval.report(WEAK, TRUE, slices="weather", **MAPS)
    with pytest.raises(InputError, match="`groups`: 11 images have no group"):
        segeval.report(WEAK, TRUE, groups={"00": "x"}, **MAPS)
