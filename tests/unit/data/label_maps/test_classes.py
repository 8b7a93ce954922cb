"""Lists of classes: presets, files, numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.data.label_maps.classes import PRESETS, label_classes
from segeval.errors import FormatError, InputError


def test_cityscapes_has_its_nineteen_classes() -> None:
    classes = label_classes("cityscapes")
    assert len(classes) == 19
    assert (classes.ids[0], classes.names[0], classes.groups[0]) == (7, "road", "flat")
    assert {0, 9, 29, 30} <= set(classes.ignored)


@pytest.mark.parametrize(
    ("preset", "ids", "ignored"),
    [
        ("cityscapes-train", range(19), (255,)),
        ("ade20k", range(1, 151), (0,)),
        ("camvid", range(11), (11,)),
        ("voc", range(21), (255,)),
    ],
)
def test_presets_have_the_ids_of_their_data_set(
    preset: str, ids: range, ignored: tuple[int, ...]
) -> None:
    classes = label_classes(preset)
    assert classes.ids == tuple(ids)
    assert classes.ignored == ignored


@pytest.mark.parametrize("preset", PRESETS)
def test_every_class_of_a_preset_has_a_name_of_its_own(preset: str) -> None:
    classes = PRESETS[preset]
    assert len(set(classes.names)) == len(classes.ids) == len(set(classes.ids))


def test_a_number_stands_for_the_ids_below_it() -> None:
    assert label_classes("3").ids == label_classes(3).ids == (0, 1, 2)


def test_a_file_has_lines_of_an_id_and_a_name(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_text("# of a street\n7 road\n\n19 traffic light  # lamps\n")
    classes = label_classes(path)
    assert classes.ids == (7, 19)
    assert classes.names == ("road", "traffic light")
    assert classes.source == str(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("7 road\nsky 3\n", r"line 2: 'sky 3' is not a class, expected an id and a name"),
        (
            "# all\nsky\nroad\n",
            (
                r"no line has an id, expected an id and a name in each: the first is 'sky'\. "
                r'Write the value of its pixels before every name, such as "0 sky"\.$'
            ),
        ),
        ("7\n", r"line 1: '7' is not a class"),
        ("7 road\n7 sky\n", r"line 2: id 7 is given twice"),
        ("70000 road\n", r"class id 70000, expected 0 to 65535"),
        ("", r"no class is left to evaluate"),
    ],
)
def test_a_line_that_is_no_class_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "classes.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        label_classes(path)


def test_a_name_that_is_neither_file_nor_preset_is_refused() -> None:
    with pytest.raises(InputError, match="no such file of classes, and no preset of this name"):
        label_classes("cityscape")


def test_a_picture_is_no_file_of_classes(tmp_path: Path) -> None:
    (tmp_path / "map.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(FormatError, match="not a text file"):
        label_classes(tmp_path / "map.png")
    with pytest.raises(FormatError, match=r'a folder, expected a file .* "7 road", a number, or'):
        label_classes(tmp_path)


def test_train_ids_are_the_nineteen_classes_in_order() -> None:
    by_train, by_label = label_classes("cityscapes-train"), label_classes("cityscapes")
    assert by_train.names == by_label.names
    assert by_train.groups == by_label.groups
    named = dict(zip(by_train.ids, by_train.names, strict=True))
    assert (named[0], named[8], named[10], named[13]) == ("road", "vegetation", "sky", "car")
    assert (named[16], named[18]) == ("train", "bicycle")
    assert not by_train.is_cityscapes
    assert (by_train.label_file, by_label.label_file) == ("_labelTrainIds.png", "_labelIds.png")


@pytest.mark.parametrize(
    ("classes", "ignore", "known"),
    [
        (3, 255, "0..2 and 255 ignored"),
        ("cityscapes", (), "0..33 (19 classes, the others ignored)"),
        ({7: "a", 9: "b", 10: "c", 11: "d"}, (), "7, 9..11"),
        (dict.fromkeys(range(1, 23, 2), "x"), (), "1, 3, 5, 7, 9, 11 and 5 more up to 21"),
    ],
)
def test_known_ids_are_said_in_few_characters(classes: Any, ignore: Any, known: str) -> None:
    assert label_classes(classes, ignore).known == known


def test_an_ignored_class_is_taken_out() -> None:
    classes = label_classes("cityscapes", ignore=(7, 33))
    assert len(classes) == len(classes.names) == len(classes.groups) == 17
    assert {7, 33} <= set(classes.ignored)


def test_a_table_tells_classes_ignored_and_unknown_labels_apart() -> None:
    table = label_classes({5: "cat", 2: "dog"}, ignore=255).table(np.uint8)
    assert table[[5, 2, 255, 3]].tolist() == [0, 1, 2, 3]
    assert table.dtype == np.uint8


def test_many_classes_need_a_wide_table() -> None:
    table = label_classes(300).table(np.uint16)
    assert table.dtype == np.uint16
    assert table[[0, 299, 300]].tolist() == [0, 299, 301]


def test_numbers_of_any_length_are_no_ids(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_text(f"0 road\n{'9' * 5000} sky\n")
    with pytest.raises(FormatError, match=r"line 2: '9{80}\.\.\.' is not a class") as caught:
        label_classes(path)
    assert caught.value.index == 1
    with pytest.raises(InputError, match=r"^2000000000 classes, expected at most 65,536"):
        label_classes("2000000000")
    with pytest.raises(InputError, match=r"^9{80}\.\.\. classes, expected at most 65,536"):
        label_classes("9" * 5000)


def test_another_kind_of_file_in_place_of_classes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    with pytest.raises(FormatError, match='is a PNG picture, expected lines such as "7 road"'):
        label_classes(path)


def test_names_without_ids_are_given_as_they_must_be_written() -> None:
    with pytest.raises(InputError, match=r"Names need ids, such as `classes='0=cat,1=dog'`\.$"):
        label_classes("cat, dog")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"classes": {1.5: "a"}}, r"`classes` holds 1\.5, expected ids, which are whole numbers\."),
        ({"classes": {None: "a"}}, r"`classes` holds None, expected ids"),
        ({"classes": 3, "ignore": 1.5}, r"`ignore` holds 1\.5, expected ids"),
        ({"classes": 3, "ignore": [None]}, r"`ignore` holds None, expected ids"),
    ],
)
def test_an_id_that_is_no_whole_number_is_refused(settings: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        label_classes(**settings)


def test_exact_floats_and_text_are_ids() -> None:
    classes: Any = {"2": "a", 1.0: "b"}
    assert label_classes(classes, ignore=np.array([255.0])).ids == (2, 1)


def test_tabs_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_bytes("\ufeff7\troad\r\n8\ttraffic light\r\n".encode())
    classes = label_classes(path)
    assert (classes.ids, classes.names) == ((7, 8), ("road", "traffic light"))


def test_json_is_no_file_of_classes(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    path.write_text('{"images": []}')
    with pytest.raises(FormatError) as caught:
        label_classes(path)
    assert caught.value.message == (
        f'{path}: is JSON, expected lines such as "7 road". Write an id and a name in each line.'
    )


@pytest.mark.parametrize("classes", [["sky", "sea"], 21.0])
def test_names_without_ids_are_refused_with_the_way_to_number_them(classes: Any) -> None:
    with pytest.raises(InputError) as caught:
        label_classes(classes)
    assert caught.value.message == (
        f"`classes` is {classes!r}, expected a number of classes, names by id such as {{0: 'sky', "
        "1: 'sea'}, a file, or one of cityscapes, cityscapes-train, ade20k, camvid, voc. A list of "
        "names in the order of the ids is `dict(enumerate(names))`."
    )
