"""The page of panoptic files of two models: what is said is said of the right one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import segeval
from tests.page_reader import Page
from tests.panoptic_build import build, drawing, segment
from tests.unit.reports.test_report import FEW


def test_of_two_models_thin_categories_are_those_of_each(tmp_path: Path) -> None:
    drawn = drawing("aaaaaabbbbbb")
    gt = build(tmp_path / "gt.json", (drawn, [segment("a", 1), segment("b", 1)]), gt=True)
    a = build(tmp_path / "a.json", (drawn, [segment("a", 1), segment("b", 1)]))
    b = build(tmp_path / "b.json", (drawn, [segment("a", 1), segment("b", 7)]))
    words = Page(segeval.report(a, b, gt, **FEW).html).words
    for said in (
        "A: 2 categories have no segment that counts, and no mean has them.",
        "A: 1 category has fewer than 10 true segments: each weighs",
        "B: 1 category has no segment that counts, and no mean has them.",
        "B: 2 categories have fewer than 10 true segments, 1 of them false ones alone: each",
    ):
        assert said in words


def test_the_figure_has_the_categories_that_either_of_two_models_loses_most_in(
    tmp_path: Path,
) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    named = [{"id": k, "name": f"kind {each}", "isthing": 1} for k, each in enumerate(letters)]
    drawn = drawing(letters)
    every = [segment(each, k) for k, each in enumerate(letters)]
    gt = build(tmp_path / "gt.json", (drawn, every), gt=True, categories=named)
    lacks = np.where(drawn == drawn.max(), 0, drawn)
    a = build(tmp_path / "a.json", (lacks, every[:-1]))
    b = build(tmp_path / "b.json", (drawn, every))
    page = segeval.report(a, b, gt, **FEW)
    table = page.html.partition("PQ and what it lacks, in %")[2].partition("</table>")[0]
    assert "kind z A" in table
    assert "kind y A" not in table


def test_masks_that_are_not_found_are_not_called_better(tmp_path: Path) -> None:
    pair = [segment("a", 1), segment("b", 2)]
    gt = build(tmp_path / "gt.json", *[(drawing("aaaabbbb"), pair)] * 12, gt=True)
    a = build(tmp_path / "a.json", *[(drawing("aaaaabbb"), pair)] * 12)
    b = build(tmp_path / "b.json", *[(drawing("aaaaa..."), pair[:1])] * 12)
    nothing = build(tmp_path / "nothing.json", *[(drawing("........"), [])] * 12)
    # IoU 4/5 and 3/4 of A; of B 4/5, and a dog missed
    assert segeval.report(a, b, gt, **FEW).sentences[1] == (
        "B wins 12.5 points on the masks of true segments, and loses 50.0 points on missed "
        "segments; other kinds of errors are not shown to differ. By SQ, 40.0 against 77.5, masks "
        "are no better: they count where segments are found."
    )
    assert segeval.report(a, nothing, gt, **FEW).sentences[1] == (
        "B has no predicted segments: all 24 true segments are missed."
    )
