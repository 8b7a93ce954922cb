"""Images of a report: what was found and missed in them, as layers that can be switched."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval.analysis.image_errors import image_errors
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from tests.page_reader import Page, assert_sound
from tests.unit.reports.test_report import FEW, HOSTILE, renamed

SCENE = furniture(images=14)
GT, A, B = SCENE.ground_truth, SCENE.weaker, SCENE.better


def photographs(folder: Path, gt: dict[str, Any]) -> Path:
    """A folder with noise of the size of every image."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for each in gt["images"]:
        pixels = random.integers(0, 255, (each["height"], each["width"], 3), np.uint8)
        Image.fromarray(pixels).save(folder / Path(each["file_name"]).with_suffix(".png").name)
    return folder


def with_png_names(gt: dict[str, Any]) -> dict[str, Any]:
    """Ground truth whose images are the files of `photographs`."""
    images = [
        {**each, "file_name": str(Path(each["file_name"]).with_suffix(".png"))}
        for each in gt["images"]
    ]
    return {**gt, "images": images}


def pictures(page: Page) -> list[str]:
    """The data addresses of photographs."""
    return [
        str(own["href"])
        for tag, own in page.attributes
        if tag == "image" and str(own["href"]).startswith("data:image/webp")
    ]


def layers(page: Page, part: str) -> int:
    """How many layers of a part there are, but for the legend."""
    return sum(
        own.get("class") == f"layer {part}" for tag, own in page.attributes if tag == "g"
    ) - 1  # fmt: skip


def test_without_photographs_masks_are_shown_on_grey() -> None:
    page = assert_sound(segeval.report(A, GT, top=3, **FEW).html)
    assert "The worst images" in page.texts
    assert "The 3 images with the largest loss." in page.texts
    assert pictures(page) == []
    shown = page.numbers["images"]
    assert len(shown) == 3
    for part, name in (("T", "true"), ("F", "false"), ("N", "missed")):
        assert layers(page, part) == sum(each["models"][0][name] for each in shown)
    losses = [each["models"][0]["loss"] for each in shown]
    assert losses == sorted(losses, reverse=True)


def test_every_layer_has_a_switch_that_needs_no_script() -> None:
    page = assert_sound(segeval.report(A, GT, top=2, **FEW).html)
    switches = [own["id"] for tag, own in page.attributes if tag == "input"]
    assert switches == ["layer-T", "layer-F", "layer-N", "layer-G"]
    for part in "TFNG":
        rule = f"section:has(#layer-{part}:not(:checked)) .cards .{part}"
        assert rule in "".join(page.styles)


def test_photographs_are_in_the_page_once_each_also_for_two_models(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)
    one = assert_sound(segeval.report(A, gt, photos=folder, top=4, max_mb=50, **FEW).html)
    two = assert_sound(segeval.report(A, B, gt, photos=folder, top=4, max_mb=50, **FEW).html)
    for page in (one, two):
        found = pictures(page)
        assert len(found) == len(set(found)) == 4
        head = base64.b64decode(found[0].partition(",")[2])
        assert head[8:12] == b"WEBP"
    assert two.elements["use"] == 4
    assert "What B changes most" in two.texts


def test_missing_and_broken_photographs_are_grey_places_with_a_note(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)
    files = sorted(folder.iterdir())
    files[0].unlink()
    files[1].write_bytes(b"no picture")
    page = assert_sound(segeval.report(A, gt, photos=folder, top=200, max_mb=50, **FEW).html)
    lost = {files[0].name, files[1].name} & set(page.texts)
    assert page.texts.count("no photograph") == len(lost) > 0
    said = [text for text in page.texts if "a grey placeholder stands in its place" in text]
    assert len(said) == len(lost)


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="photos"):
        segeval.report(A, GT, photos=tmp_path / "photos", **FEW)


def test_photographs_become_smaller_and_then_fewer_to_fit(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)

    def made(max_mb: float) -> tuple[Page, int]:
        html = segeval.report(A, gt, photos=folder, top=8, max_mb=max_mb, **FEW).html
        return assert_sound(html), len(html.encode())

    whole, size = made(50)
    smaller, less = made(size * 0.8 / 1e6)
    assert less <= 0.8 * size
    assert len(pictures(smaller)) == len(pictures(whole)) == 8
    assert "pixels wide or high: the page is kept below" in smaller.words
    _, plain = made(0.001)
    fewer, least = made((plain + 0.03 * (size - plain)) / 1e6)
    assert least <= plain + 0.03 * (size - plain)
    assert len(pictures(fewer)) < 8
    assert "left out: the page is kept below" in fewer.words


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_no_name_of_a_file_or_category_gets_out_of_its_place(name: str, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    gt = renamed(GT, name)
    assert_sound(segeval.report(A, gt, photos=tmp_path / "photos", top=2, **FEW).html)


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)
    first, second = (
        segeval.report(A, B, gt, photos=folder, top=3, workers=n, **FEW).html for n in (1, 3)
    )
    assert first == second


def test_no_images_are_shown_where_none_are_asked_for_or_nothing_is_lost() -> None:
    assert "images" not in assert_sound(segeval.report(A, GT, top=0, **FEW).html).ids
    perfect = [
        {**{key: each[key] for key in ("image_id", "category_id", "segmentation")}, "score": 0.9}
        for each in GT["annotations"]
    ]
    assert "images" not in assert_sound(segeval.report(perfect, GT, **FEW).html).ids


@pytest.mark.parametrize(("name", "value"), [("top", -1), ("top", 201), ("top", True)])
def test_a_number_of_images_that_cannot_be_shown_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"`{name}` is {value}, expected a whole number from 0"):
        segeval.report(A, GT, **{name: value}, **FEW)


@pytest.mark.parametrize("value", [0, -1.0, 201, float("nan"), True])
def test_a_size_that_no_page_can_have_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"`max_mb` is .*, expected megabytes above 0"):
        segeval.report(A, GT, max_mb=value, **FEW)


def test_errors_above_a_score_are_those_of_the_predictions_above_it() -> None:
    [whole] = evaluations(A, GT, Arguments(), None)
    [some] = evaluations(A, GT, Arguments(min_score=0.5), None)
    found = image_errors(whole, threshold=0.5, least_score=0.5)
    alone = image_errors(some, threshold=0.5)
    assert found.loss.tolist() == alone.loss.tolist()
    assert found.counts(whole.matches).tolist() == alone.counts(some.matches).tolist()
    assert found.loss.tolist() != image_errors(whole, threshold=0.5).loss.tolist()
