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
from tests.page_reader import assert_sound
from tests.unit.reports.test_report import FEW

SCENE = furniture(images=24)
GT, A, B = SCENE.ground_truth, SCENE.weaker, SCENE.better
LABELS = {each["id"]: "wet & <dark>" if each["id"] % 2 else "dry" for each in GT["images"][:-2]}
GROUPS = {each["id"]: str(each["id"] // 2) for each in GT["images"]}


def rows(text: str) -> list[list[str]]:
    """The cells of the table of slices."""
    table = text.partition('<caption id="slices-1">')[2].partition("</table>")[0]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub("<.*?>", "", cell) for cell in row] for row in found]


def test_slices_of_one_model_have_numbers_and_intervals() -> None:
    page = assert_sound(segeval.report(B, GT, slices=LABELS, top=0, **FEW).html)
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
