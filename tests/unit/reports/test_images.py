"""Images of a report: what was found and missed in them, as layers that can be switched."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval.analysis import label_suspects
from segeval.analysis.image_errors import image_errors
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.reports.instances.sections.galleries import ABOUT
from segeval.reports.picture_sections import MOST, SHARE_OF_IMAGES, spread
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


def pictures(page: Page, name: str = "image") -> list[str]:
    """The data addresses of the photographs of whole images, or of crops."""
    return [
        str(own["href"])
        for tag, own in page.attributes
        if tag == "image" and str(own.get("id")).startswith(f"photo-{name}-")
    ]


def whole_images(page: Page) -> str:
    """The part of a page with whole images."""
    return page.text.partition('<section id="images"')[2].partition("<h3>")[0]


def layers(page: Page, part: str) -> int:
    """How many layers of a part whole images have."""
    cards = whole_images(page).partition('<div class="cards')[2]
    return cards.count(f'<g class="layer {part}">')


def test_without_photographs_masks_are_shown_on_grey() -> None:
    page = assert_sound(segeval.report(A, GT, top=3, **FEW).html)
    assert "The worst images" in page.texts
    assert "The 3 images with the largest loss." in page.texts
    assert pictures(page) == pictures(page, "crop") == []
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
        assert all(each.startswith("data:image/webp;base64,") for each in found)
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
    made = segeval.report(A, gt, photos=folder, top=200, max_mb=50, **FEW)
    page = assert_sound(made.html)
    shown = {each["file_name"] for each in page.numbers["images"]}
    lost = {files[0].name, files[1].name} & shown
    assert len(lost) == 2
    assert whole_images(page).count(">no photograph<") == 1
    assert whole_images(page).count(">unusable photograph<") == 1
    notes = [
        f"1 of {len(shown)} images has no photograph in {folder}",
        f"1 of {len(shown)} images has a photograph in {folder} that cannot be used",
    ]
    assert [note.message for note in made.notes] == notes
    assert all(f"{note}." in page.texts for note in notes)
    said = [text for text in page.texts if "a grey placeholder stands in its place" in text]
    assert len(said) == len(set(said)) >= len(lost)


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="photos"):
        segeval.report(A, GT, photos=tmp_path / "photos", **FEW)


def test_photographs_become_smaller_and_then_fewer_to_fit(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)

    def made(max_mb: float) -> tuple[Page, int]:
        html = segeval.report(A, gt, photos=folder, top=8, max_mb=max_mb, **FEW).html
        return assert_sound(html), len(html.encode())

    whole, _ = made(50)
    _, plain = made(0.001)
    photos = sum(map(len, pictures(whole)))
    for share, words in ((0.8, "high: the page is kept below"), (0.03, "images are left out: ")):
        most = plain + share * photos / SHARE_OF_IMAGES
        page, size = made(most // 100 / 10_000)
        assert size <= most
        assert words in page.words
        assert (len(pictures(page)) == len(pictures(whole)) == 8) == (share > 0.5)


def test_a_page_without_room_for_pictures_says_so_and_has_no_switches(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)
    made = segeval.report(A, gt, photos=folder, top=8, max_mb=0.01, **FEW)
    page = assert_sound(made.html)
    said = "8 images are left out: 0.01 MB have no room for any"
    size = f"{len(made.html.encode()) / 1e6:.3g}"
    assert [note.message for note in made.notes] == [
        said,
        f"the page has {size} MB, more than `max_mb=0.01`: what is no picture takes as much",
    ]
    assert f"{said}." in page.texts
    assert re.search(r"\d+ crops of errors are left out too\.", page.words)
    assert "kept below" not in page.words
    assert "with the largest loss" not in page.words
    assert "pixels wide or high" not in page.words
    assert page.elements["fieldset"] == 0
    assert page.numbers["images"] == []


def test_a_page_with_all_pictures_has_no_notes(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)
    assert segeval.report(A, gt, photos=folder, top=3, **FEW).notes == ()


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


HEADINGS = {kind: heading for kind, (heading, _) in ABOUT.items()}


def crops(html: str) -> dict[str, list[str]]:
    """The captions of every gallery, by its kind."""
    found: dict[str, list[str]] = {}
    for kind, heading in HEADINGS.items():
        _, there, rest = html.partition(f">{heading}</h3>")
        if there:
            gallery = rest.partition("<h3>")[0].partition("</section>")[0]
            found[kind] = [
                each.partition(" <span>")[0] for each in gallery.split('<p class="caption">')[1:]
            ]
    return found


def test_errors_of_every_kind_are_cut_out_of_their_images() -> None:
    html = segeval.report(A, GT, top=1, **FEW).html
    assert_sound(html)
    found = crops(html)
    errors = segeval.error_kinds(A, GT).columns["segm"]
    [kinds] = errors.names
    point = segeval.operating_point(A, GT).scores["segm"].point.score
    scores = errors.matches.score
    assert point is not None
    suspects = len(label_suspects(A, GT).missing)  # they are shown elsewhere
    for kind, elsewhere in (("bkg", min(suspects, MOST)), ("dupe", 0), ("cls", 0)):
        there = int(((kinds == kind) & (scores >= point)).sum()) - elsewhere
        assert len(found.get(kind, [])) == min(there, MOST)
    poor = (kinds == "tp") & (errors.iou[0] < 0.75) & (scores >= point)
    assert len(found["poor"]) == min(int(poor.sum()), MOST) > 0
    assert len(found["miss"]) == min(int(errors.missed.sum()), MOST) > 0
    names = {each["name"] for each in GT["categories"]}
    assert set(found["miss"]) <= names


def test_captions_of_crops_are_those_of_the_records() -> None:
    found = crops(segeval.report(A, GT, top=1, **FEW).html)
    records = list(segeval.error_kinds(A, GT).columns["segm"].records())
    names = {each["id"]: each["name"] for each in GT["categories"]}
    objects = {each["id"]: names[each["category_id"]] for each in GT["annotations"]}
    wrong = {
        f"{names[each['category_id']]} {each['score']:.3g}, is {objects[each['annotation_id']]} "
        f"(IoU {each['iou']:.2f})"
        for each in records
        if each["kind"] == "cls"
    }
    assert set(found["cls"]) <= wrong


def test_poor_masks_show_their_band_and_what_differs_and_boxes_do_not() -> None:
    masks = segeval.report(A, GT, top=1, **FEW).html
    number = len(crops(masks)["poor"])
    for part in ("band", "extra", "lacking"):
        assert masks.count(f'<g class="layer {part}">') == number
    html = segeval.report(A, GT, top=1, iou="bbox", **FEW).html
    assert_sound(html)
    assert "poor" not in crops(html)
    assert 'class="layer band"' not in html


def test_galleries_are_of_as_many_categories_as_there_are() -> None:
    category = np.repeat([7, 8, 9], [20, 2, 1])
    value = np.arange(23.0)
    shown = spread(category, value)
    assert category[shown].tolist() == [9, 8, 7, 8, *[7] * 8]
    assert value[shown].tolist() == [22, 21, 19, 20, *range(18, 10, -1)]


def test_two_models_show_the_errors_of_the_second() -> None:
    page = assert_sound(segeval.report(A, B, GT, top=1, **FEW).html)
    assert "B: Not found" in page.texts


def test_crops_have_photographs_of_their_part(tmp_path: Path) -> None:
    gt = with_png_names(GT)
    folder = photographs(tmp_path / "photos", gt)
    html = segeval.report(A, gt, photos=folder, top=1, max_mb=50, **FEW).html
    page = assert_sound(html)
    number = sum(map(len, crops(html).values()))
    assert len(pictures(page)) == 1
    assert len(pictures(page, "crop")) == number > MOST


def test_crops_of_images_without_a_size_hold_their_boxes() -> None:
    gt = {
        **GT,
        "images": [{"id": each["id"], "file_name": each["file_name"]} for each in GT["images"]],
        "annotations": [
            {name: each[name] for name in ("id", "image_id", "category_id", "bbox", "iscrowd")}
            for each in GT["annotations"]
        ],
    }
    preds = [
        {**{name: each[name] for name in ("image_id", "category_id", "bbox")}, "score": 0.5}
        for each in GT["annotations"][::2]
    ]
    html = segeval.report(preds, gt, iou="bbox", top=1, **FEW).html
    assert_sound(html)
    views = [
        view.split() for view in re.findall(r'class="picture" role="img" viewBox="(.*?)"', html)
    ]
    unfound = html.partition("Is it there at all?")[2].partition("</section>")[0]
    assert len(views) == 1 + len(crops(html)["miss"]) + unfound.count('<p class="caption">')
    sides = {round(side) for each in GT["annotations"] for side in each["bbox"][2:]}
    assert all(int(side) >= min(sides) for _, _, *size in views for side in size)
