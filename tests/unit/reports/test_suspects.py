"""Label suspects of a report: what the ground truth may lack, or call by another name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import segeval
from segeval.analysis import label_suspects
from segeval.analysis.suspects.result import UnfoundObject
from segeval.data.synthetic import furniture
from segeval.reports.instances.sections.suspects import (
    MOST_OF_IMAGE,
    MOST_UNFOUND,
    chosen_suspects,
)
from segeval.words import counted
from tests.page_reader import Page, assert_sound
from tests.unit.reports.test_report import FEW

SCENE = furniture(images=14)
A, B = SCENE.weaker, SCENE.better
OBJECTS = SCENE.ground_truth["annotations"]
LACKING = {**SCENE.ground_truth, "annotations": [each for each in OBJECTS if each["id"] % 3]}
"""Ground truth without every third object."""

KINDS = ("missing", "unfound", "category")
"""What a page of two models shows."""

CATEGORIES = [each["id"] for each in SCENE.ground_truth["categories"]]
MISNAMED = {
    **SCENE.ground_truth,
    "annotations": [
        each if each["id"] % 5 else {**each, "category_id": CATEGORIES[each["id"] % 7]}
        for each in OBJECTS
    ],
}
"""Ground truth in which every fifth object has the name of some category."""


def section(page: Page, name: str) -> str:
    """The text of a section of a page."""
    return page.text.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def captions(text: str) -> list[str]:
    """What is said below crops, with the image."""
    found = re.findall(r'<p class="caption">(.*?)</p>', text, re.DOTALL)
    return [" ".join(re.sub("<.*?>", "", each).split()) for each in found]


def plain(document: Any) -> Any:
    """A document as JSON gives it back."""
    import json

    return json.loads(json.dumps(document))


def test_the_page_holds_the_records_of_both_models() -> None:
    page = assert_sound(segeval.report(A, B, LACKING, top=3, **FEW).html)
    found = label_suspects(A, B, LACKING, kinds=KINDS)
    assert found.shared > 0
    assert page.numbers["suspects"] == plain(found.to_dict(100))
    own = section(page, "suspects")
    assert f"both models predict {found.shared} objects" in own
    scores = " and ".join(
        f"{score:.3g} ({letter})" for score, letter in zip(found.least_scores, "AB", strict=True)
    )
    assert f"the score of the best F1 on, {scores}" in own
    rows = own.partition("<tbody>")[2].count("<tr>")
    assert rows == len(found.missing) + len(found.disputed)


def test_crops_show_first_what_both_models_predict() -> None:
    page = assert_sound(segeval.report(A, B, LACKING, top=3, **FEW).html)
    shown = captions(section(page, "suspects"))
    found = label_suspects(A, B, LACKING, kinds=KINDS)
    [first, *_] = found.missing
    assert first.agreement is not None
    a, b = first.scores
    assert shown[0] == (
        f"{first.category} A {a:.3g}, B {b:.3g}, IoU {first.agreement:.2f} image {first.image_id}"
    )
    assert 1 < len(shown) <= 12
    images = [each.rpartition("image ")[2] for each in shown]
    assert max(map(images.count, images)) <= 3


def test_an_object_that_both_models_call_by_another_name_has_a_crop() -> None:
    page = assert_sound(segeval.report(A, B, MISNAMED, top=3, **FEW).html)
    found = label_suspects(A, B, MISNAMED, kinds=KINDS)
    assert found.disputed
    own = section(page, "suspects")
    one = found.disputed[0]
    objects = counted(len(found.disputed), "annotated object")
    assert f"Both models call {objects} by the same other name." in own
    assert "Another name?" in own
    start = f"{one.category}, or {one.predicted}? A {one.scores[0]:.3g}, B"
    assert any(each.startswith(start) for each in captions(own))


def test_what_is_a_suspect_is_shown_in_no_other_gallery() -> None:
    page = assert_sound(segeval.report(B, LACKING, top=3, **FEW).html)
    found = label_suspects(B, LACKING, kinds="missing")
    assert len(found.missing) > 12
    suspects = captions(section(page, "suspects"))
    assert len(suspects) == 12
    false = section(page, "images").partition("False, with a high score")[2].partition("<h3>")[0]
    others = captions(false)
    assert others
    assert not set(suspects) & set(others)


def test_without_images_there_are_records_and_no_crops() -> None:
    page = assert_sound(segeval.report(B, LACKING, top=0, **FEW).html)
    own = section(page, "suspects")
    assert "sure predictions are where nothing is annotated" in own
    assert captions(own) == []
    assert '<table class="sortable"' in own


def test_objects_that_no_model_finds_are_shown_the_largest_first() -> None:
    largest = sorted(OBJECTS, key=lambda each: -each["area"])
    lost = {each["image_id"] for each in largest[:1]}
    a, b = ([each for each in own if each["image_id"] not in lost] for own in (A, B))
    for models in ([b], [a, b]):
        page = assert_sound(segeval.report(*models, SCENE.ground_truth, top=3, **FEW).html)
        found = page.numbers["suspects"]["unfound"]
        assert {each["image_id"] for each in found} >= lost
        assert found[0]["area"] == largest[0]["area"]
        own = section(page, "suspects")
        gallery = own.partition("Is it there at all?")[2]
        assert captions(gallery)[0] == (
            f"{found[0]['category']}, {found[0]['area']:,.0f} px2 image {found[0]['image_id']}"
        )
        assert f"{len(found)} annotated object" in own


def test_few_objects_that_no_model_finds_have_crops_and_few_of_an_image() -> None:
    found = label_suspects(A, B, SCENE.ground_truth, kinds=KINDS)
    lost = UnfoundObject(1, "1.png", 1, 1, "bed", (0.0, 0.0, 9.0, 9.0), 81.0, 2, 0, 0)
    several = [replace(lost, place=place, annotation_id=place) for place in range(9)]
    for unfound, number in (([lost] * 9, MOST_OF_IMAGE), (several, MOST_UNFOUND)):
        shown = chosen_suspects(replace(found, unfound=tuple(unfound)))
        assert len(shown.unfound) == number


def test_a_page_without_suspects_has_no_section_of_them() -> None:
    preds = [each for each in B if each["score"] > 2]
    page = assert_sound(segeval.report(preds, SCENE.ground_truth, top=3, **FEW).html)
    assert page.numbers["suspects"]["counts"] == {"missing": 0, "shared": 0, "disputed": 0}
    assert "suspects" not in page.ids
    assert "Label suspects" not in page.texts
