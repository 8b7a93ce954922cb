"""Numbers that a user names: by key path, by short name, and names that fit none or several."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import InputError
from segeval.analysis.comparison.names import named_path
from segeval.analysis.key_paths import KeyPath

PATHS: list[KeyPath] = [
    ("segm", "ap"),
    ("segm", "ap50"),
    ("segm", "sizes", "small", "ap"),
    ("segm", "categories", 1, "ap"),
    ("segm", "categories", 2, "ap"),
    ("segm", "categories", 3, "ap"),
]
NAMES: dict[int | str, str] = {1: "lamp", 2: "2.jpg", 3: "lamp"}


def test_a_key_path_may_begin_as_in_the_json_object() -> None:
    assert named_path("results.segm.sizes.small.ap", PATHS, NAMES) == PATHS[2]
    assert named_path("results.segm.categories.2.jpg.ap", PATHS, NAMES) == PATHS[4]


def test_a_key_path_without_kind_is_of_the_first_one() -> None:
    assert named_path("sizes.small.ap", PATHS, NAMES) == PATHS[2]
    assert named_path("categories.2.ap", PATHS, NAMES) == PATHS[4]
    assert named_path("categories.2.jpg.ap", PATHS, NAMES) == PATHS[4]


def test_an_id_goes_before_the_name_of_another_category() -> None:
    assert named_path("segm.categories.2.ap", PATHS, {1: "2", 2: "lamp", 3: "rug"}) == PATHS[4]


@pytest.mark.parametrize("name", ["segm.categories.lamp.ap", "AP of lamp", "ap_lamp"])
def test_a_name_that_two_categories_have_is_refused(name: str) -> None:
    with pytest.raises(InputError) as error:
        named_path(name, PATHS, NAMES)
    assert str(error.value) == (
        f"`metric` is {name!r}, and the categories 1 and 3 have this name. Choose by id: "
        "segm.categories.1.ap."
    )
    assert named_path("segm.categories.3.ap", PATHS, NAMES) == PATHS[5]


def test_a_kind_of_iou_that_was_not_measured_is_named() -> None:
    for name in ("boundary AP", "boundary.ap", "boundary"):
        with pytest.raises(InputError, match=r"not measured: add boundary to `iou`\.$"):
            named_path(name, PATHS, NAMES)
    with pytest.raises(InputError, match=r"not measured: add bbox to `iou`\.$"):
        named_path("box AP50", PATHS, NAMES)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("person", "segm.categories.person.ap"),
        ("persn", "segm.categories.person.ap"),
        ("segm.categories.person", "segm.categories.person.ap"),
        ("segm.categories.1.app", "segm.categories.person.ap"),
        ("small", "segm.sizes.small.ap"),
        ("segm", "segm.ap"),
        ("lamp", "segm.categories.2.ap"),
    ],
)
def test_a_wrong_name_is_told_the_main_number_by_its_name(name: str, meant: str) -> None:
    numbers: list[KeyPath] = [("segm", "ap"), ("segm", "ar"), ("segm", "sizes", "small", "ap")]
    for place in (1, 2, 3):
        numbers += [("segm", "categories", place, key) for key in ("ar", "ap")]
    with pytest.raises(InputError) as error:
        named_path(name, numbers, {1: "person", 2: "lamp", 3: "lamp"})
    assert str(error.value).endswith(f" Did you mean {meant}?")


def test_a_category_of_label_maps_alone_stands_for_its_iou() -> None:
    numbers = [("categories", 1, key) for key in ("accuracy", "boundary_iou", "iou")]
    with pytest.raises(InputError, match=r" Did you mean categories\.wall\.iou\?$"):
        named_path("wall", numbers, {1: "wall"})


@pytest.mark.parametrize("name", [3, ("segm", "ap"), None])
def test_a_metric_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(InputError, match=r"expected text such as 'AP50' or 'segm\.sizes\.small"):
        named_path(name, PATHS, NAMES)
