"""The page of panoptic files: valid, complete in itself, and the numbers of the evaluations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import segeval
from segeval.analysis import panoptic_error_differences
from segeval.analysis.errors.panoptic_shares import PANOPTIC_KINDS
from segeval.analysis.errors.panoptic_statistics import image_losses
from segeval.data.panoptic.read import load_panoptic
from segeval.errors import InputError, MismatchError
from segeval.metrics.panoptic.outcomes import STATES
from segeval.reports.panoptic.sections.galleries import ABOUT
from segeval.reports.picture_sections import GOOD, MOST
from tests.page_reader import Page, assert_sound
from tests.panoptic_build import build, drawing, segment
from tests.unit.analysis.errors.panoptic_scene import GT, PREDS, two_images
from tests.unit.reports.panoptic_files import changed, panoptic_files, photographs
from tests.unit.reports.test_images import layers, pictures
from tests.unit.reports.test_report import FEW, HOSTILE

IN_FILES = {key: name for key, name in HOSTILE.items() if key != "half of a character"}
"""Names that a JSON file can hold."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    return panoptic_files(tmp_path_factory.mktemp("panoptic") / "files")


def crops(page: Page) -> dict[str, int]:
    """How many crops each gallery has, by its heading."""
    parts = page.text.partition('<section id="images"')[2].partition("</section>")[0]
    found = {}
    for part in parts.split("<h3>")[1:]:
        heading, _, rest = part.partition("</h3>")
        found[heading] = rest.count('class="card"')
    return found


def test_a_page_of_one_model_is_valid_and_complete_in_itself(
    files: tuple[Path, Path, Path],
) -> None:
    a, _, gt = files
    page = assert_sound(segeval.report(a, gt, **FEW).html)
    for heading in (
        "Verdict",
        "Can I trust it?",
        "Where PQ is lost",
        "Things, stuff and categories",
        "The worst images",
        "Definitions",
    ):
        assert heading in page.texts
    assert "A against B" not in page.texts


def test_a_page_of_two_models_is_valid_and_compares_them(files: tuple[Path, Path, Path]) -> None:
    page = assert_sound(segeval.report(*files, iou=("segm", "boundary"), **FEW).html)
    for heading in ("A against B", "What B changes most", "Mask PQ", "Boundary PQ"):
        assert heading in page.texts
    assert len(page.numbers["models"]) == 2


def test_sentences_are_made_from_the_numbers(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    assert segeval.report(preds, gt, **FEW).sentences == (
        "PQ is 33.3 on 2 images with 4 true segments: 27.8 for things and 44.4 for stuff.",
        (
            "83 % of the 66.7 points that PQ lacks are lost in recognition, to wrong categories "
            "(27.8), false segments (16.7) and missed segments (11.1); the masks of true segments "
            "lose 11.1."
        ),
        '"dog" has the lowest PQ (0.0, most to wrong categories), "cat" the highest (55.6).',
    )


def test_sentences_of_two_models_say_whether_b_is_better(tmp_path: Path) -> None:
    a, b, gt = panoptic_files(tmp_path / "one")
    same = panoptic_files(tmp_path / "two")[1].rename(tmp_path / "same.json")
    (tmp_path / "two" / "b").rename(tmp_path / "same")
    found = segeval.report(a, b, gt, **FEW).sentences
    compared = segeval.compare(a, b, gt, **FEW)
    assert compared.verdict == "better"
    assert found[0].startswith("B (b.json) is better than A (a.json): PQ ")
    won = panoptic_error_differences(a, b, gt, ci=True, **FEW).sentences[0]
    assert won.count(" on ") == len(PANOPTIC_KINDS)  # all are named, so there are no others
    assert found[1] == f"{won}."
    assert segeval.report(b, same, gt, **FEW).sentences[0] == (
        f"B (same.json) and A (b.json) have the same PQ, {100 * (compared.difference.b or 0):.1f}."
    )


def test_two_images_cannot_tell_models_apart(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    perfect = build(tmp_path / "perfect.json", *GT)
    page = segeval.report(preds, perfect, gt, **FEW)
    assert page.sentences == (
        (
            "2 images cannot tell B (perfect.json) and A (preds.json) apart, which takes at least "
            "10: PQ 100.0 against 33.3."
        ),
    )
    assert "compare" not in page.numbers
    assert_sound(page.html)


def test_nothing_lost_and_nothing_found_are_said(tmp_path: Path) -> None:
    _, gt = two_images(tmp_path)
    perfect = build(tmp_path / "perfect.json", *GT)
    page = segeval.report(perfect, gt, **FEW)
    assert page.sentences[1] == "No PQ is lost: every segment is found, with its exact mask."
    assert "The worst images" not in assert_sound(page.html).texts
    nothing = build(tmp_path / "nothing.json", *((0 * drawn, []) for drawn, _ in GT))
    page = segeval.report(nothing, gt, **FEW)
    assert page.sentences[1:] == (
        "There are no predicted segments: all 4 true segments are missed.",
    )
    assert crops(assert_sound(page.html)) == {"Not found": 4}


def test_without_segments_everything_is_undefined(tmp_path: Path) -> None:
    empty: tuple[Any, list[Any]] = drawing("...."), []
    preds, gt = build(tmp_path / "p.json", empty), build(tmp_path / "gt.json", empty, gt=True)
    page = segeval.report(preds, gt, **FEW)
    assert page.sentences == ("PQ is undefined: no segment counts on 1 image.",)
    assert page.numbers["models"][0]["pq"]["results"]["segm"]["all"]["pq"] is None
    assert_sound(page.html)
    both = segeval.report(preds, preds, gt, **FEW)
    assert both.sentences[0].startswith("PQ is undefined: no segment counts, so")


def test_the_numbers_are_those_of_the_evaluations(files: tuple[Path, Path, Path]) -> None:
    a, b, gt = files
    both: dict[str, Any] = {"iou": ("segm", "boundary")}
    found = segeval.report(a, b, gt, **both, **FEW).numbers
    quality = segeval.panoptic_quality(a, gt, **both).to_dict()["results"]
    errors = segeval.panoptic_errors(a, gt, **both)
    own = found["models"][0]
    for kind in ("segm", "boundary"):
        assert own["pq"]["results"][kind]["all"]["pq"] == quality[kind]["all"]["pq"]
        share = own["errors"]["results"][kind]["all"]["kinds"]["missed"]["share"]
        assert share == errors.scores[kind].all.kinds["missed"].share
    interval = own["pq"]["results"]["segm"]["all"]["intervals"]["pq"]
    assert interval == list(segeval.panoptic_quality(a, gt, **both).interval(resamples=40) or ())
    change = found["compare"]["results"]["segm"]["all"]["pq"]["difference"]
    assert change == segeval.compare(a, b, gt, **both, **FEW).difference.difference
    lost = panoptic_error_differences(a, b, gt, ci=True, **both, **FEW).to_dict()["results"]
    assert found["error_differences"]["results"] == json.loads(json.dumps(lost))
    losses = image_losses(errors.quality.statistics["segm"])
    for image in found["images"]:
        place = errors.quality.statistics["segm"].image_ids.index(int(image["image"]))
        assert image["models"][0]["loss"] == losses[place]


def test_the_same_files_give_the_same_bytes_with_any_number_of_threads(
    files: tuple[Path, Path, Path],
) -> None:
    one, several = (segeval.report(*files, workers=n, **FEW).html for n in (1, 3))
    assert one == several


def test_the_order_of_images_makes_no_difference(tmp_path: Path) -> None:
    pages = []
    for name in ("one", "two"):
        a, _, gt = panoptic_files(tmp_path / name)
        if name == "two":
            for path in (a, gt):
                changed(path, annotations=json.loads(path.read_text())["annotations"][::-1])
        found = segeval.report(a, gt, title="T", **FEW)
        page = Page(found.html.replace(str(tmp_path / name), "folder"))
        pages.append(page.text.partition('<section id="lost"')[2].partition("<script")[0])
    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", IN_FILES.values(), ids=IN_FILES.keys())
def test_names_from_files_are_text_and_nothing_else(tmp_path: Path, name: str) -> None:
    a, b, gt = panoptic_files(tmp_path / "files", 4, names=name)
    found = segeval.report(a, b, gt, title=f"T {name}", photos=tmp_path, **FEW)
    page = assert_sound(found.html)
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text
    assert page.elements["img"] == 0
    assert len(page.scripts) == 2
    names = [each["name"] for each in json.loads(gt.read_text())["categories"]]
    listed = page.numbers["models"][0]["pq"]["results"]["segm"]["categories"]
    assert [each["name"] for each in listed] == names


def test_layers_are_what_was_found_and_missed_and_can_be_switched(
    files: tuple[Path, Path, Path],
) -> None:
    a, _, gt = files
    page = assert_sound(segeval.report(a, gt, top=3, **FEW).html)
    assert "The 3 images with the largest loss." in page.texts
    shown = page.numbers["images"]
    assert len(shown) == 3
    for part, name in (("T", "true"), ("F", "false"), ("N", "missed")):
        assert layers(page, part) == sum(each["models"][0][name] for each in shown) > 0
    assert layers(page, "G") == layers(page, "T")
    assert layers(page, "V") == 3
    switches = [own["id"] for tag, own in page.attributes if tag == "input"]
    assert switches == ["layer-T", "layer-F", "layer-N", "layer-G", "layer-V"]
    for part in "TFNGV":
        rule = f"section:has(#layer-{part}:not(:checked)) .cards .{part}"
        assert rule in "".join(page.styles)
    losses = [each["models"][0]["loss"] for each in shown]
    assert losses == sorted(losses, reverse=True)
    assert pictures(page) == pictures(page, "crop") == []


def test_bars_of_categories_add_up_to_all_of_their_axis(tmp_path: Path) -> None:
    page = assert_sound(segeval.report(*two_images(tmp_path), **FEW).html)
    assert "PQ of all, things, stuff and categories, and what each lacks" in page.texts
    width = {f"part {part}": 0.0 for part in ("pq", *PANOPTIC_KINDS)}
    for tag, own in page.attributes:
        if tag == "rect" and own.get("class") in width and "y" in own:
            width[str(own["class"])] += float(str(own["width"]))
    rows = 6  # all, things, stuff, and three categories
    whole = sum(width.values()) / rows
    assert width["part missed"] / whole == pytest.approx(1 / 9 + 2 / 3, abs=1e-3)
    assert whole == pytest.approx(435, abs=0.1)


def test_captions_have_the_numbers_of_each_image(tmp_path: Path) -> None:
    page = assert_sound(segeval.report(*two_images(tmp_path), **FEW).html)
    assert "1 true segment, 1 false, 2 not found; PQ 18.5, loses 42.59 points" in page.words
    assert "1 true segment, 1 false, 0 not found; PQ 33.3, loses 24.07 points" in page.words


def test_two_models_are_side_by_side_where_they_differ_most(
    files: tuple[Path, Path, Path],
) -> None:
    page = assert_sound(segeval.report(*files, top=4, **FEW).html)
    shown = page.numbers["images"]
    changes = [abs(each["models"][1]["loss"] - each["models"][0]["loss"]) for each in shown]
    assert changes == sorted(changes, reverse=True)
    assert len(changes) == 4
    assert "B: " in page.words
    assert {heading[:3] for heading in crops(page)} == {"B: "}


def test_galleries_have_the_errors_of_each_kind(files: tuple[Path, Path, Path]) -> None:
    a, _, gt = files
    page = assert_sound(segeval.report(a, gt, **FEW).html)
    own = segeval.panoptic_errors(a, gt).outcomes["segm"]
    number = {name: int((own.state == STATES.index(name)).sum()) for name in ("confusion", "false")}
    number["missed"] = int((own.gt_state == STATES.index("missed")).sum())
    number["poor"] = int(((own.state == STATES.index("true")) & (own.iou < GOOD)).sum())
    assert crops(page) == {
        heading: min(number[kind], MOST) for kind, (heading, _) in ABOUT.items() if number[kind]
    }
    assert min(number.values()) > 0


def test_crops_are_around_their_segments_alone(tmp_path: Path) -> None:
    gt = drawing(*["." * 200] * 100)
    gt[40:60, 80:110] = 1
    pred = gt.copy()
    pred[40:60, 102:110] = 0
    files = (
        build(tmp_path / "preds.json", (pred, [segment("a", 1)])),
        build(tmp_path / "gt.json", (gt, [segment("a", 1)]), gt=True),
    )
    page = assert_sound(segeval.report(*files, **FEW).html)
    assert crops(page) == {"Poor masks": 1}
    small = page.text.partition("Poor masks</h3>")[2]
    assert 'viewBox="72 34 46 32"' in small
    assert small.count('<g class="layer ') == 5  # band, too much, lacking, both outlines


def test_photographs_lie_under_the_layers(tmp_path: Path, files: tuple[Path, Path, Path]) -> None:
    a, _, gt = files
    page = assert_sound(segeval.report(a, gt, photos=photographs(tmp_path / "p"), **FEW).html)
    assert len(pictures(page)) == len(page.numbers["images"])
    assert all(each.startswith("data:image/webp;base64,") for each in pictures(page))
    assert len(pictures(page, "crop")) == sum(crops(page).values())


def test_missing_and_broken_photographs_are_placeholders_with_notes(
    tmp_path: Path, files: tuple[Path, Path, Path]
) -> None:
    a, _, gt = files
    folder = photographs(tmp_path / "p")
    (folder / "1.png").unlink()
    (folder / "2.png").write_bytes(b"no picture")
    made = segeval.report(a, gt, photos=folder, **FEW)
    page = assert_sound(made.html)
    assert {"no photograph", "unusable photograph"} <= set(page.texts)
    number = len(page.numbers["images"])
    assert [note.message for note in made.notes] == [
        f"1 of {number} images has no photograph in {folder}",
        f"1 of {number} images has a photograph in {folder} that cannot be used",
    ]
    assert "has no picture 1.png; a grey placeholder stands in its place." in page.words
    assert len(pictures(page)) == len(page.numbers["images"]) - 2


def test_a_small_page_has_smaller_photographs_and_fewer_images(
    tmp_path: Path, files: tuple[Path, Path, Path]
) -> None:
    a, _, gt = files
    folder = photographs(tmp_path / "p")
    whole = segeval.report(a, gt, photos=folder, **FEW).html
    small = segeval.report(a, gt, photos=folder, max_mb=0.12, **FEW).html
    assert len(small.encode()) <= 120_000 < len(whole.encode())
    assert "left out: the page is kept below 0.12 MB." in assert_sound(small).words


def test_no_images_are_shown_with_top_0(files: tuple[Path, Path, Path]) -> None:
    a, _, gt = files
    page = assert_sound(segeval.report(a, gt, top=0, **FEW).html)
    assert "The worst images" not in page.texts
    assert page.elements["fieldset"] == 0


def test_excused_segments_crowds_and_thin_categories_are_told(tmp_path: Path) -> None:
    listed = [segment("a", 1, iscrowd=1), segment("b", 7)]
    gt = build(tmp_path / "gt.json", (drawing("aaaaaa....bb"), listed), gt=True)
    drawn = drawing("aaaa..cccc.b"), [segment("a", 1), segment("b", 7), segment("c", 2)]
    words = Page(segeval.report(build(tmp_path / "p.json", drawn), gt, **FEW).html).words
    for said in (
        (
            "2 predicted segments are excused (66.7 %): more than half void, or crowd of the same "
            "category, and counted neither way."
        ),
        "1 crowd region of the ground truth can neither be found nor missed.",
        "2 categories have no segment that counts, and no mean has them.",
        "1 category has fewer than 10 true segments: each weighs as much in PQ as any other",
        "Mask PQ equals that of panopticapi 7bb4655 to 1e-9",
        "no intervals: 1 image cannot tell how the numbers vary; at least 10 are needed.",
    ):
        assert said in words


def test_hashes_and_the_call_are_told(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    found = segeval.report(preds, gt, top=1, **FEW)
    page = Page(found.html)
    assert found.numbers["gt"]["sha256"] in page.words
    assert found.numbers["models"][0]["preds"]["sha256"] in page.words
    call = f"segeval.report({str(preds)!r}, {str(gt)!r}, top=1, resamples=40)"
    assert call in page.words
    assert found.numbers["command"] == call


def test_files_in_memory_have_a_page_without_hashes(tmp_path: Path) -> None:
    preds, gt = map(load_panoptic, two_images(tmp_path))
    found = segeval.report(preds, gt, **FEW)
    assert found.numbers["gt"]["sha256"] is None
    assert found.numbers["models"][0]["check"] is None
    assert found.numbers["command"] == ""
    assert_sound(found.html)


def test_folders_of_pictures_can_be_named(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    usual = segeval.report(preds, gt, **FEW)
    preds.with_suffix("").rename(tmp_path / "own")
    gt.with_suffix("").rename(tmp_path / "true")
    folders: dict[str, Any] = {"preds_dir": tmp_path / "own", "gt_dir": tmp_path / "true"}
    assert segeval.report(preds, gt, **folders, **FEW).sentences == usual.sentences
    with pytest.raises(InputError, match="`preds_dir` is one folder, and two models have"):
        segeval.report(preds, preds, gt, **folders, **FEW)


def test_wrong_files_and_arguments_are_told(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    with pytest.raises(InputError, match="`sizes` does not go with panoptic files"):
        segeval.report(preds, gt, sizes="coco")
    other = build(tmp_path / "other.json", *PREDS, first=7)
    with pytest.raises(MismatchError):
        segeval.report(other, gt, **FEW)
