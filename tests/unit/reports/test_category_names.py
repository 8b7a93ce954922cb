"""Categories that share a name on a page of instances."""

from __future__ import annotations

import json
import re

import pytest

import segeval
from segeval.reports.result import Report


@pytest.fixture(scope="module")
def page() -> Report:
    """Two categories called "x", of which the second is missed in most images."""
    box = {"bbox": [2, 2, 9, 9], "area": 81, "iscrowd": 0}
    places = [(image, category) for image in range(12) for category in (1, 3)]
    gt = {
        "images": [{"id": image, "width": 40, "height": 30} for image in range(12)],
        "categories": [{"id": 1, "name": "x"}, {"id": 3, "name": "x"}, {"id": 4, "name": "y"}],
        "annotations": [
            {**box, "id": number, "image_id": image, "category_id": category}
            for number, (image, category) in enumerate(places, 1)
        ],
    }
    preds = [
        {"image_id": image, "category_id": category, "bbox": [2, 2, 9, 9], "score": 0.9}
        for image, category in places
        if category == 1 or image < 3
    ]
    return segeval.report(preds, gt, iou="bbox", resamples=20, top=1)


def test_sentences_tables_and_crops_name_them_with_their_ids(page: Report) -> None:
    assert any('"x (id 3)" has the lowest box AP' in each for each in page.sentences)
    cells = {each.strip() for each in re.findall(r"<t[dh][^>]*>(?:<bdi>)?([^<]*)", page.html)}
    assert {"x (id 1)", "x (id 3)"} <= cells
    assert {"x", "y (id 4)"}.isdisjoint(cells)
    captions = re.findall(r'<p class="caption">([^<]*)', page.html)
    assert [each.strip() for each in captions].count("x (id 3)") == 9
    assert "<title>N x (id 3)</title>" in page.html


def test_the_numbers_in_the_page_name_them_with_their_ids(page: Report) -> None:
    [model] = page.numbers["models"]
    names = ["x (id 1)", "x (id 3)", "y"]
    ap, errors = (model[name]["results"]["bbox"]["categories"] for name in ("ap", "errors"))
    assert [each["name"] for each in ap] == [each["name"] for each in errors] == names
    assert '"x"' not in json.dumps(page.numbers["models"])
