"""Pages of label maps: sound, equal to the evaluations, and the same bytes for the same inputs."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import segeval
from segeval.analysis.errors.label_pixels import error_map
from segeval.errors import InputError, MismatchError
from segeval.reports.label_maps.gathered import hash_of_maps
from segeval.reports.label_maps.sections.images import class_colours
from tests.page_reader import Page, assert_sound

Maps = list[NDArray[np.uint8]]

FEW: dict[str, Any] = {"resamples": 40}
"""Draws that are enough for tests."""

NAMES = {0: "ground", 1: "car", 2: "tree", 3: "sign"}

HOSTILE = (
    "<script>alert(1)</script>",
    '</script><img src=x onerror="alert(1)">',
    "{{ 7 * 7 }}",
    "&lt;b&gt; &amp;",
    "abc\u202egnp.exe",
    "n" * 5_000,
)


def scenes(images: int = 12) -> tuple[Maps, Maps, Maps]:
    """Two models and ground truth: blocks of three classes, of which the second loses less."""
    a, b, gt = [], [], []
    for place in range(images):
        true = np.zeros((40, 60), np.uint8)
        true[8:24, 6 + place : 30] = 1
        true[28:38, 40:58] = 2
        true[0, :] = 255
        weak, strong = (np.where(true == 255, 0, true).astype(np.uint8) for _ in "ab")
        weak[8:24, 6 + place : 10 + place] = 0
        weak[28:38, 40:58] = 3
        weak[2:5, 50:53] = 1
        strong[8:24, 6 + place] = 0
        a.append(weak)
        b.append(strong)
        gt.append(true)
    return a, b, gt


A, B, GT = scenes()


def page(*files: Any, **arguments: Any) -> Page:
    """A sound page of label maps."""
    given = {"classes": NAMES, "ignore": 255, **FEW, **arguments}
    return assert_sound(segeval.report(*files, **given).html)


def written(folder: Path, maps: Maps, suffix: str = ".npy") -> Path:
    """A folder of label maps."""
    folder.mkdir()
    for place, each in enumerate(maps):
        if suffix == ".npy":
            np.save(folder / f"{place:02}.npy", each)
        else:
            Image.fromarray(each).save(folder / f"{place:02}{suffix}")
    return folder


def mask_of(address: str) -> NDArray[np.bool_]:
    """The pixels of a picture of one bit."""
    content = base64.b64decode(address.partition(",")[2])
    picture = Image.open(io.BytesIO(content)).convert("LA")
    found: NDArray[np.bool_] = np.array(picture)[:, :, 0] > 0
    return found


def test_a_page_of_one_model_says_what_is_lost_and_shows_where() -> None:
    gt = np.zeros((100, 100), np.uint8)
    gt[20:60, 20:60] = gt[80:90, 80:90] = 1
    pred = np.zeros_like(gt)
    pred[20:60, 20:61] = 1
    found = segeval.report([pred], [gt], classes={0: "ground", 1: "car"}, **FEW)
    assert found.sentences == (
        "mIoU is 95.1 on 1 image, a mean over 2 classes; 98.6 % of the pixels are right.",
        ("59 % of the 4.9 points that mIoU lacks are lost to whole segments (2.9), then to "
        "boundaries (1.4)."),
        '"car" has the lowest IoU (92.0), "ground" the highest (98.3).',
    )  # fmt: skip
    words = assert_sound(found.html).words
    assert "mIoU 95.1, 1.4 % of the pixels wrong (boundary 0.4, segment 1.0)" in words
    assert "car taken for ground (1.0 %)" in words
    [image] = found.numbers["images"]
    [own] = image["models"]
    assert own["pixels"] == 10_000
    assert own["wrong"] == {"boundary": 40, "extent": 0, "segment": 100, "all": 140}
    assert own["loss"] == 1 - (segeval.mean_iou([pred], [gt], classes=2).miou or 0)


def test_the_sections_are_those_of_label_maps() -> None:
    of_one, of_two = page(A, GT), page(A, B, GT)
    for heading in ("Verdict", "Can I trust it?", "Where IoU is lost", "Classes", "Definitions"):
        assert heading in of_one.texts
        assert heading in of_two.texts
    assert "The worst images" in of_one.texts
    assert {"A against B", "What B changes most"} <= set(of_two.texts)
    assert "Which score to deploy at" not in of_one.texts


def test_the_numbers_are_those_of_the_evaluations() -> None:
    given: dict[str, Any] = {"classes": NAMES, "ignore": 255}
    found = page(A, B, GT, trimap=[2], boundary=True).numbers
    own = found["models"][0]
    first = segeval.mean_iou(A, GT, trimap=[2], boundary=True, **given)
    assert own["miou"]["results"]["miou"] == first.miou
    assert own["miou"]["results"]["trimap"][0]["miou"] == first.scores.trimap[0].miou
    assert first.scores.boundary is not None
    assert own["miou"]["results"]["boundary"]["miou"] == first.scores.boundary.miou
    errors = segeval.label_errors(A, GT, **given).scores
    assert own["errors"]["results"]["kinds"]["segment"]["share"] == errors.kinds["segment"].share
    compared = segeval.compare(A, B, GT, **given, trimap=[2], boundary=True, **FEW)
    change = found["compare"]["results"]["miou"]["difference"]
    assert change == compared.difference.difference
    differences = segeval.analysis.label_error_differences(A, B, GT, ci=True, **given, **FEW)
    kinds = differences.to_dict()["results"]["kinds"]
    assert found["error_differences"]["results"]["kinds"] == kinds
    assert own["confusion"]["pairs"][0]["pred_name"] == "sign"


def test_of_two_models_the_sentences_say_whether_the_second_is_better() -> None:
    given = {"classes": NAMES, "ignore": 255, **FEW}
    first, means, second, third = segeval.report(A, B, GT, **given).sentences
    assert first.startswith("B (12 label maps (2)) is better than A (12 label maps (1)): mIoU ")
    assert means == (
        "The means are over 3 classes (B) and 4 (A): a class that the ground truth lacks counts as "
        "0 for a model that predicts it, and is left out otherwise."
    )
    assert "B wins" in second
    assert "on whole segments" in second
    assert third.startswith("B is better in ")


@pytest.mark.parametrize("files", [(A, GT), (A, B, GT)], ids=["one", "two"])
def test_the_same_label_maps_give_the_same_bytes_with_any_number_of_threads(files: Any) -> None:
    given = {"classes": NAMES, "ignore": 255, **FEW}
    one, several = (segeval.report(*files, workers=n, **given).html for n in (1, 3))
    assert one == several


def test_pictures_show_the_kinds_of_all_wrong_pixels() -> None:
    found = page(A, GT, top=1)
    [image] = found.numbers["images"]
    place = int(image["image"])
    true = np.where(GT[place] == 255, len(NAMES), GT[place]).astype(np.uint8)
    kinds = error_map(A[place], true, len(NAMES), 1)
    masks = [
        mask_of(str(own["href"]))
        for tag, own in found.attributes
        if tag == "image" and "transparency" not in own
        if str(own["href"]).startswith("data:image/png")
    ]
    # true and predicted classes, then boundary, extent and segment errors
    shown = masks[2:]
    present = [value for value in (1, 2, 3) if (kinds == value).any()]
    assert len(shown) == len(present)
    for mask, value in zip(shown, present, strict=True):
        np.testing.assert_array_equal(mask, kinds == value)


def test_images_that_change_most_are_shown_of_two_models() -> None:
    own = [each.copy() for each in A]
    own[5] = B[5]
    found = page(A, own, GT)
    assert [each["image"] for each in found.numbers["images"]] == ["05"]
    first, second = found.numbers["images"][0]["models"]
    assert first["loss"] > second["loss"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_classes_are_text_and_nothing_else(name: str) -> None:
    classes = {value: f"{name}{value}" for value in NAMES}
    found = page(A, B, GT, classes=classes, title=f"T {name}")
    assert "\u202e" not in found.text
    assert found.elements["img"] == 0
    assert len(found.scripts) == 2
    own = found.numbers["models"][0]["miou"]["results"]["categories"]
    assert [each["name"] for each in own] == list(classes.values())


EDGES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "one image": lambda: (A[:1], GT[:1]),
    "two models on one image": lambda: (A[:1], B[:1], GT[:1]),
    "everything right": lambda: ([np.where(g == 255, 0, g) for g in GT], GT),
    "the same model twice": lambda: (A, A, GT),
    "nothing evaluated": lambda: (A, [np.full_like(g, 255) for g in GT]),
    "nothing evaluated, two models": lambda: (A, B, [np.full_like(g, 255) for g in GT]),
    "images of one pixel": lambda: (
        [np.array([[each]], np.uint8) for each in (0, 1, 2)],
        [np.array([[each]], np.uint8) for each in (0, 1, 0)],
    ),
    "one image without ground truth": lambda: (A, [np.full_like(GT[0], 255), *GT[1:]]),
}


@pytest.mark.parametrize("files", EDGES.values(), ids=EDGES.keys())
def test_pages_of_odd_sets_are_sound_too(files: Callable[[], tuple[Any, ...]]) -> None:
    found = page(*files())
    assert "nan" not in found.words.lower().split()
    assert "None" not in found.words


def test_where_nothing_is_wrong_no_image_is_shown() -> None:
    found = page([np.where(g == 255, 0, g) for g in GT], GT)
    assert "No IoU is lost: every evaluated pixel is right." in found.words
    assert "images" not in found.numbers


def test_classes_that_the_ground_truth_lacks_are_said() -> None:
    words = page(A, GT).words
    assert "a mean over 4 classes, 1 of which the ground truth lacks and which count as 0" in words
    assert words.count("1 class is predicted but not in the ground truth: counted as 0") == 1
    assert "no pixels in the ground truth" not in words


@pytest.mark.parametrize("absent", ["zero", "detectron2"])
def test_errors_name_the_mean_that_they_are_taken_from(absent: str) -> None:
    words = page(A, GT, classes=6, absent=absent).words
    assert "points that mIoU of the classes that occur lacks" in words
    assert "What errors are taken from. Classes that neither side has are in no mean" in words


def test_evaluated_pixels_that_are_predicted_as_no_class_are_said() -> None:
    preds = [each.copy() for each in A]
    preds[0][10, 20:24] = 255
    words = page(preds, GT).words
    assert "720 pixels have no class in the ground truth (2.5 %), and no number counts" in words
    assert "of the evaluated pixels are predicted as ignored labels and count as misses" in words


def test_two_hundred_and_sixty_classes_have_a_row_each() -> None:
    classes = {value: f"class {value}" for value in range(260)}
    gt = [np.arange(256, dtype=np.uint8).reshape(16, 16) for _ in range(2)]
    found = page([each.T.copy() for each in gt], gt, classes=classes, ignore=())
    assert sum(text == "class 200" for text in found.texts) >= 2


def test_photographs_are_found_by_the_names_of_label_maps(tmp_path: Path) -> None:
    preds, gt = written(tmp_path / "preds", A), written(tmp_path / "gt", GT)
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (60, 40), (10, 200, 30)).save(photos / "03.jpg")
    Image.new("RGB", (30, 30)).save(photos / "04.png")
    (photos / "05.jpg").write_bytes(b"broken")
    found = page(preds, gt, photos=photos)
    assert f"9 of 12 images have no photograph in {photos}." in found.texts
    assert f"2 of 12 images have a photograph in {photos} that cannot be used." in found.texts
    pictures = [own for tag, own in found.attributes if str(own.get("id")).startswith("photo-")]
    assert [str(own["href"])[:16] for own in pictures] == ["data:image/webp;"]
    assert found.texts.count("no photograph") == 9
    assert found.texts.count("unusable photograph") == 2
    assert "04.png" in found.words
    assert "a grey placeholder stands in its place" in found.words


def test_without_room_pictures_become_smaller_and_images_are_left_out() -> None:
    chance = np.random.default_rng(0)
    noise = [chance.integers(0, 4, (300, 600)).astype(np.uint8) for _ in range(6)]
    gt = [np.zeros_like(each) for each in noise]
    found = segeval.report(noise, gt, classes=NAMES, max_mb=0.1, **FEW)
    assert len(found.html.encode()) <= 100_000
    words = assert_sound(found.html).words
    assert "Pictures are 160 pixels wide or high: the page is kept below 0.1 MB." in words
    assert "left out: the page is kept below 0.1 MB." in words


def test_names_that_take_much_room_once_they_are_escaped_do_not_make_a_page_too_large() -> None:
    chance = np.random.default_rng(0)
    preds = [chance.integers(0, 4, (8, 8)).astype(np.uint8) for _ in range(60)]
    gt = [chance.integers(0, 4, (8, 8)).astype(np.uint8) for _ in range(60)]
    quotes = {place: f"{place}{120 * chr(34)}" for place in range(4)}
    made = segeval.report(preds, gt, classes=quotes, max_mb=0.2, top=60, **FEW)
    assert [note.code for note in made.notes] == ["images-left-out"]
    assert 150_000 < len(made.html.encode()) <= 200_000


def test_a_page_without_room_for_any_image_says_so_and_has_no_switches() -> None:
    chance = np.random.default_rng(0)
    preds = [chance.integers(0, 4, (20, 30)).astype(np.uint8) for _ in range(6)]
    gt = [np.zeros_like(each) for each in preds]
    made = segeval.report(preds, gt, classes=NAMES, max_mb=0.01, **FEW)
    found = assert_sound(made.html)
    said = "6 images are left out: 0.01 MB have no room for any"
    assert made.notes[0].message == said
    assert made.notes[1].message.endswith(
        "MB, more than `max_mb=0.01`: what is no picture takes as much"
    )
    assert f"{said}." in found.texts
    assert "with the largest loss" not in found.words
    assert found.elements["fieldset"] == 0


def test_hashes_of_folders_are_those_of_what_sha256sum_prints(tmp_path: Path) -> None:
    folder = written(tmp_path / "maps", A[:2])
    files = sorted(folder.iterdir())
    lines = "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in files)
    expected = hashlib.sha256(lines.encode()).hexdigest()
    assert hash_of_maps(folder, files[::-1]) == expected
    assert hash_of_maps(files[0], files[:1]) == hashlib.sha256(files[0].read_bytes()).hexdigest()
    assert hash_of_maps(A, A) is None


def test_colours_of_classes_differ() -> None:
    colours = class_colours(60)
    assert len({tuple(each) for each in colours.tolist()}) == 60


def test_the_page_says_how_to_make_it_again(tmp_path: Path) -> None:
    preds, gt = written(tmp_path / "preds", A), written(tmp_path / "gt", GT)
    found = segeval.report(str(preds), str(gt), classes=3, ignore=[3, 255], top=2, **FEW)
    assert found.numbers["command"] == (
        f"segeval.report({str(preds)!r}, {str(gt)!r}, classes=3, ignore=[3, 255], top=2, "
        "resamples=40)"
    )
    assert found.title == "preds on gt"


def test_label_maps_without_classes_are_refused(tmp_path: Path) -> None:
    preds, gt = written(tmp_path / "preds", A), written(tmp_path / "gt", GT)
    with pytest.raises(InputError, match="label maps are evaluated by their classes, expected"):
        segeval.report(preds, gt)


def test_arguments_of_other_files_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        segeval.report(A, GT, classes=4, thresholds=[0.5])
    assert str(caught.value) == "`thresholds` does not go with label maps."


def test_files_that_there_is_no_page_of_are_named(tmp_path: Path) -> None:
    gt = written(tmp_path / "gt", GT, ".png")
    preds = written(tmp_path / "preds", A, ".png")
    (preds / "aachen_000000_000019.txt").write_text("")
    with pytest.raises(InputError) as caught:
        segeval.report(preds, gt)
    assert str(caught.value).startswith(
        f"{preds}: is read as instances of Cityscapes, of which there is no report, expected "
    )


def test_label_maps_without_a_partner_are_refused(tmp_path: Path) -> None:
    preds, gt = written(tmp_path / "preds", A[:3]), written(tmp_path / "gt", GT)
    with pytest.raises(MismatchError):
        segeval.report(preds, gt, classes=NAMES, ignore=255)
