"""Pages: valid, complete in themselves, and the same bytes for the same inputs."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import segeval
from segeval.data.synthetic import furniture
from segeval.errors import InputError, MissingDependency
from segeval.reports import extra
from segeval.words import percent
from tests.build import build_gt, build_preds, coco_rle
from tests.page_reader import Page, assert_sound

SCENE = furniture(images=14)
GT, A, B = SCENE.ground_truth, SCENE.weaker, SCENE.better

FEW: dict[str, Any] = {"resamples": 40}
"""Draws that are enough for tests."""

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end of a script": '</script><img src=x onerror="alert(1)">',
    "comment": "<!--<script>",
    "attribute": "\" onmouseover='alert(1)' x=\"",
    "template": "{{ 7 * 7 }}{% raw %}",
    "entity": "&lt;b&gt; &amp; &#x3c;",
    "right to left": "abc\u202egnp.exe\u202c",
    "controls": "a\x00b\x1b[2J\x07\r\nc",
    "half of a character": "x\ud83dy",
    "long": "n" * 10_000,
    "empty": "",
    "arabic": "\u0643\u0631\u0633\u064a",
}


def renamed(gt: dict[str, Any], name: str) -> dict[str, Any]:
    """Ground truth whose categories and files have a name in theirs."""
    return {
        **gt,
        "categories": [{**each, "name": f"{name}{each['id']}"} for each in gt["categories"]],
        "images": [{**each, "file_name": f"{name}{each['id']}.jpg"} for each in gt["images"]],
    }


def test_a_page_of_one_model_is_valid_and_complete_in_itself() -> None:
    page = assert_sound(segeval.report(A, GT, **FEW).html)
    for heading in ("Verdict", "Can I trust it?", "Where AP is lost", "Sizes and categories"):
        assert heading in page.texts
    assert "A against B" not in page.texts


def test_a_page_of_two_models_is_valid_and_compares_them() -> None:
    page = assert_sound(segeval.report(A, B, GT, **FEW).html)
    assert "A against B" in page.texts
    assert len(page.numbers["models"]) == 2


def test_the_numbers_are_those_of_the_evaluations() -> None:
    found = segeval.report(A, B, GT, **FEW).numbers
    first = segeval.average_precision(A, GT)
    assert found["models"][0]["ap"]["results"]["segm"]["ap"] == first.ap
    errors = segeval.error_kinds(A, GT, per="category", ci=True, **FEW)
    own = found["models"][0]["errors"]["results"]["segm"]
    assert own["kinds"] == errors.to_dict()["results"]["segm"]["kinds"]
    point = segeval.operating_point(A, GT, calibration=True, **FEW).to_dict()["results"]["segm"]
    assert found["models"][0]["threshold"]["results"]["segm"]["f"] == point["f"]
    compared = segeval.compare(A, B, GT, **FEW)
    change = found["compare"]["results"]["segm"]["ap"]["difference"]
    assert change == compared.difference.difference


def test_the_same_files_give_the_same_bytes_with_any_number_of_threads() -> None:
    one, several = (segeval.report(A, B, GT, workers=n, **FEW).html for n in (1, 3))
    assert one == several


def test_the_order_of_images_and_records_makes_no_difference() -> None:
    chance = random.Random(5)
    shuffled = {key: chance.sample(GT[key], len(GT[key])) for key in ("images", "categories")}
    preds = chance.sample(A, len(A))
    page, other = segeval.report(A, GT, **FEW), segeval.report(preds, {**GT, **shuffled}, **FEW)
    assert page.html == other.html


def test_there_is_no_date_unless_one_is_given() -> None:
    page = segeval.report(A, GT, date="29 November 2026", **FEW)
    assert "29 November 2026" in Page(page.html).words
    assert "2026" not in segeval.report(A, GT, **FEW).html


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_from_files_are_text_and_nothing_else(name: str) -> None:
    page = assert_sound(segeval.report(A, B, renamed(GT, name), title=f"T {name}", **FEW).html)
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text
    assert page.elements["img"] == 0
    assert len(page.scripts) == 2
    names = [each.name for each in segeval.average_precision(A, renamed(GT, name)).first.categories]
    found = page.numbers["models"][0]["ap"]["results"]["segm"]["categories"]
    assert [each["name"] for each in found] == names


def test_marks_that_turn_the_direction_of_writing_are_shown_as_such() -> None:
    page = Page(segeval.report(A, renamed(GT, HOSTILE["right to left"]), **FEW).html)
    assert "abc\\u202egnp.exe\\u202c" in page.words


def test_the_call_that_makes_the_page_again_names_folders_as_text(tmp_path: Path) -> None:
    import json

    preds, gt = tmp_path / "a.json", tmp_path / "gt.json"
    preds.write_text(json.dumps(A))
    gt.write_text(json.dumps(GT))
    page = Page(segeval.report(preds, gt, photos=tmp_path, top=0, **FEW).html)
    assert page.numbers["command"] == (
        f"segeval.report({str(preds)!r}, {str(gt)!r}, photos={str(tmp_path)!r}, top=0, "
        "resamples=40)"
    )


def test_rows_of_a_long_table_without_objects_are_not_printed_and_counted() -> None:
    extra = [{"id": k, "name": f"category {k}"} for k in range(101, 1201)]
    categories = [*GT["categories"], *extra]
    page = assert_sound(segeval.report(A, {**GT, "categories": categories}, resamples=5).html)
    there = {each["category_id"] for each in GT["annotations"]}
    hidden = len(categories) - len(there)
    assert page.text.count('<tr class="unprinted">') == 2 * hidden
    assert page.texts.count(f"{hidden:,} rows without objects are not printed.") == 2
    assert "rows without objects" not in segeval.report(A, GT, **FEW).html


def test_file_names_that_end_a_script_stay_names(tmp_path: Path) -> None:
    import json

    folder = tmp_path / "<script>alert(1)<"
    (folder / "script>").mkdir(parents=True)
    preds = folder / "script>.json"
    preds.write_text(json.dumps(A))
    page = assert_sound(segeval.report(preds, GT, **FEW).html)
    assert "<script>alert(1)</script>.json" in page.words


def test_a_set_of_1203_categories_has_a_row_for_each() -> None:
    categories = [{"id": k, "name": f"category {k}"} for k in range(1, 1204)]
    page = assert_sound(segeval.report(A, {**GT, "categories": categories}, resamples=5).html)
    assert sum(text == "category 1203" for text in page.texts) == 2
    assert len(page.text) < 4_000_000
    [of_model] = page.numbers["models"]
    rows = of_model["ap"]["results"]["segm"]["categories"]
    assert len(rows) == 1203
    assert rows[1202] == {"id": 1203, "name": "category 1203", "gt": 0, "preds": 0}
    first = segeval.average_precision(A, GT).first.categories[0]
    assert (rows[0]["ap"], rows[0]["ap50"], rows[0]["ar"]) == (first.ap, first.ap50, first.ar)


def _one_image() -> tuple[list[Any], Any]:
    gt = build_gt(
        [(8, 8)], [{"segmentation": coco_rle(_square()), "area": 16, "bbox": [1, 1, 4, 4]}]
    )
    return build_preds([{"segmentation": coco_rle(_square())}]), gt


def _square() -> Any:
    import numpy as np

    mask = np.zeros((8, 8), np.uint8)
    mask[1:5, 1:5] = 1
    return mask


EDGES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "one image": _one_image,
    "two models on one image": lambda: (_one_image()[0], *_one_image()),
    "no predictions": lambda: ([], GT),
    "no predictions of either model": lambda: ([], [], GT),
    "no objects": lambda: (A, {**GT, "annotations": []}),
    "no objects, two models": lambda: (A, B, {**GT, "annotations": []}),
    "neither": lambda: ([], {**GT, "annotations": []}),
    "the same model twice": lambda: (A, A, GT),
    "half of the categories have no objects": lambda: (
        A,
        B,
        {**GT, "annotations": [a for a in GT["annotations"] if a["category_id"] % 2]},
    ),
    "scores beyond 1": lambda: ([{**each, "score": 90 * each["score"]} for each in A], GT),
}


@pytest.mark.parametrize("files", EDGES.values(), ids=EDGES.keys())
def test_pages_of_odd_sets_are_sound_too(files: Callable[[], tuple[Any, ...]]) -> None:
    page = assert_sound(segeval.report(*files(), **FEW).html)
    assert "nan" not in page.words.lower().split()
    assert "None" not in page.words


def test_several_kinds_of_iou_have_a_part_each() -> None:
    page = assert_sound(segeval.report(A, GT, iou=("segm", "boundary"), **FEW).html)
    assert "Boundary AP" in page.words
    assert page.numbers["models"][0]["ap"]["results"].keys() == {"segm", "boundary"}


def test_thresholds_without_half_show_errors_at_the_lowest() -> None:
    page = assert_sound(segeval.report(A, GT, thresholds=[0.6, 0.8], **FEW).html)
    assert "AP at IoU 0.60 lacks" in page.words


def test_the_theme_fixes_the_colours_on_the_screen() -> None:
    styles = {
        t: Page(segeval.report(A, GT, theme=t, resamples=2).html).styles[0]
        for t in ("auto", "light", "dark")
    }
    assert "prefers-color-scheme:dark" in styles["auto"]
    assert "prefers-color-scheme" not in styles["light"] + styles["dark"]
    assert styles["dark"].startswith("\n:root{--paper:#14171b")


def test_a_report_is_saved_whole(tmp_path: Path) -> None:
    page = segeval.report(A, GT, **FEW)
    path = page.save(tmp_path / "page.html")
    assert path.read_text(encoding="utf-8") == page.html
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    path.write_text("older")
    page.save(str(path))
    assert path.read_text(encoding="utf-8") == page.html
    with pytest.raises(InputError) as caught:
        page.save(tmp_path / "page.txt")
    wanted = tmp_path / "page.txt"
    assert str(caught.value) == f"{wanted}: a report is an HTML file, expected the suffix .html."
    assert not wanted.exists()


def test_a_report_shows_itself_in_a_notebook() -> None:
    shown = segeval.report(A, GT, **FEW)._repr_html_()
    [(tag, own)] = Page(shown).attributes
    assert tag == "iframe"
    assert Page(str(own["srcdoc"])).elements["h1"] == 1


def test_without_jinja2_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency) as caught:
        segeval.report(A, GT)
    assert str(caught.value) == (
        "Reports need jinja2: pip install 'segeval-cv[report]', in a clone '.[report]'"
    )


def test_jinja2_is_loaded_when_a_page_is_written_only() -> None:
    code = "import segeval.reports.making, sys; print({'jinja2', 'matplotlib'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"theme": "pink"}, "`theme` is 'pink', expected one of auto, light, dark."),
        ({"theme": None}, "`theme` is None, expected one of auto, light, dark."),
        ({"max_mb": "6"}, "`max_mb` is '6', expected megabytes above 0 and up to 200."),
        ({"margin": "1"}, "`margin` is '1', expected a fraction of at least 0."),
        ({"groups": [1]}, "`groups` is [1], expected a field of the images, a CSV file of image"),
        ({"slices": 5}, "`slices` is 5, expected a field of the images, a CSV file of image and"),
        ({"margin": -0.1}, "`margin` is -0.1, expected a fraction of at least 0."),
        ({"margin": 0.1}, "`margin` says from which difference of two models on one is better,"),
        ({"title": 3}, "`title` is 3, expected a text."),
        ({"title": " "}, "`title` is ' ', expected a text that can be seen. Leave it out for"),
        ({"date": ""}, "`date` is '', expected a text that can be seen. Leave it out for none."),
        ({"resamples": 0}, "`resamples` is 0, expected"),
        ({"workers": "x"}, "`workers` is 'x', expected a whole number of threads."),
        ({"workers": 0}, "`workers` is 0, expected 1 or more."),
        ({"compat": "official"}, "`compat` does not go with a report, whose errors and scores"),
        (
            {"protocol": "cityscapes"},
            "`protocol='cityscapes'` reads other files; a report needs files in COCO's",
        ),
    ],
)
def test_impossible_arguments_are_refused_before_files_are_read(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        segeval.report("no-such-file.json", "nor-this.json", **arguments)
    assert str(caught.value).startswith(message)


def test_too_few_draws_for_intervals_and_p_values_are_said_beside_the_page_too() -> None:
    page = segeval.report(A, B, GT, top=0, resamples=2)
    assert [note.code for note in page.notes] == ["rough-intervals", "few-replicates"]
    assert page.notes[0].message.startswith("2 replicates are too few for intervals of 95 %")


@pytest.mark.parametrize("number", [0, 1, 4])
def test_files_of_one_model_or_of_two_are_taken(number: int) -> None:
    with pytest.raises(InputError, match="predictions of two models and ground truth, got"):
        segeval.report(*["a.json"] * number)


def test_ground_truth_in_the_place_of_predictions_is_said(tmp_path: Path) -> None:
    import json

    paths = [tmp_path / name for name in ("gt.json", "a.json", "b.json")]
    for path, content in zip(paths, (GT, A, B), strict=True):
        path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="The ground truth comes last"):
        segeval.report(*map(str, paths), **FEW)
    gt, a, b = map(str, paths)
    with pytest.raises(InputError) as caught:
        segeval.report(gt, a, **FEW)
    assert str(caught.value).endswith(f"The ground truth comes last: `report({a!r}, {gt!r})`")
    with pytest.raises(InputError) as caught:
        segeval.report(a, b, a, **FEW)
    assert str(caught.value) == (
        f"{a} holds predictions, as the files before it: the ground truth is missing, expected it "
        "as the last file."
    )


@pytest.mark.parametrize("name", ["against", "compare", "baseline"])
def test_a_second_model_by_name_is_told_its_place(name: str) -> None:
    by_name: dict[str, Any] = {name: B}
    with pytest.raises(InputError) as caught:
        segeval.report(A, GT, **by_name)
    assert str(caught.value) == (
        f"`{name}` is no argument of `report`: predictions of both models stand before the ground "
        "truth, and the second model is compared with the first, as in "
        f"`report({name}, preds, gt)`."
    )


def test_the_curves_of_precision_lie_above_their_ap() -> None:
    page = segeval.report(A, B, GT, **FEW)
    names = ("A, IoU 0.50", "A, mean of IoU 0.50 to 0.95", "B, IoU 0.50")
    for name in names:
        assert name in assert_sound(page.html).texts
    for preds, letter in ((A, "A"), (B, "B")):
        result = segeval.average_precision(preds, GT)
        assert f"{percent(result.ap50)} ({letter}, IoU 0.50)" in page.html
        assert f"{percent(result.ap)} ({letter}, mean of IoU 0.50 to 0.95)" in page.html


def test_without_objects_there_are_no_curves() -> None:
    nothing = {**GT, "annotations": []}
    assert "precision against recall" not in segeval.report([], nothing, **FEW).html


def test_lvis_has_a_row_for_each_frequency_of_categories() -> None:
    frequencies = dict(zip((each["id"] for each in GT["categories"]), "rcf" * 9, strict=False))
    gt = {
        **GT,
        "categories": [{**each, "frequency": frequencies[each["id"]]} for each in GT["categories"]],
        "images": [
            {**each, "neg_category_ids": [], "not_exhaustive_category_ids": []}
            for each in GT["images"]
        ],
    }
    one = assert_sound(segeval.report(B, gt, protocol="lvis", top=0, **FEW).html)
    two = assert_sound(segeval.report(A, B, gt, protocol="lvis", top=0, **FEW).html)
    for page in (one, two):
        table = page.text.partition('<caption id="frequencies-1">')[2].partition("</table>")[0]
        assert [table.count(f">{name}<") for name in ("rare", "common", "frequent")] == [1, 1, 1]
    known = segeval.average_precision(B, gt, protocol="lvis").scores["segm"].frequencies
    rare = one.text.partition(">rare<")[2].partition("</tr>")[0]
    assert f">{percent(known[0].ap)}<" in rare
    coco = segeval.report(B, GT, top=0, **FEW).html
    assert "frequencies-1" not in coco
