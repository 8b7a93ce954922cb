"""Categories and images by name, by id, and those that are left out."""

from __future__ import annotations

import pytest

from segeval.data.chosen import chosen, one_file, one_image
from segeval.errors import InputError

IDS = [4, 7, 9]
FILES = ["val/1.jpg", "train/1.jpg", "7"]


def places(*wanted: int | str, names: list[str] = FILES) -> list[int]:
    return list(chosen(wanted, IDS, names, option="images", source="gt.json"))


def refused(*wanted: int | str, names: list[str] = FILES) -> InputError:
    with pytest.raises(InputError) as caught:
        places(*wanted, names=names)
    return caught.value


def test_a_file_is_known_with_and_without_its_folder() -> None:
    assert places("val/1.jpg") == [0]
    assert places("1.jpg") == [0, 1]


def test_a_name_wins_over_an_equal_id() -> None:
    assert places("7") == places(7) == [2]
    assert places(7, names=["a", "b", "c"]) == [1]


def test_what_is_left_out_counts_after_what_is_kept() -> None:
    assert places("~7") == [0, 1]
    assert places("~7", 4, "7") == [0]


def test_a_name_may_start_with_a_tilde() -> None:
    assert places("~a", names=["~a", "a", "c"]) == [0]
    assert places("~~a", names=["~a", "a", "c"]) == [1, 2]


def test_close_names_and_names_that_hold_the_word_are_proposed() -> None:
    error = refused("Sofa", names=["couch", "sofa bed", "chair"])
    assert error.message == (
        '`images=[\'Sofa\']`: gt.json has no image "Sofa". Did you mean "sofa bed"?'
    )
    assert (error.code, error.path, error.option) == ("unknown-image", "gt.json", "images")


def test_ids_are_listed_where_there_are_no_names() -> None:
    message = refused("x", names=["", "", ""]).message
    assert message.endswith('has no image "x". Its images have no names; ids: 4, 7, 9.')


def test_of_a_long_list_the_message_shows_the_beginning() -> None:
    message = refused(*["7"] * 9, "x").message
    assert message.startswith("`images=['7', '7', '7', '7', '7', '7', ...]`: gt.json has no")


def test_nothing_may_be_left() -> None:
    error = refused("~7", "~1.jpg")
    assert error.message == "no image left after `images=['~7', '~1.jpg']`: gt.json has 3."


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (["road, route"], [0, 1]),
        (["road,route"], [0, 1]),
        ([" road ", "route"], [0, 1]),
        (["path, dirt"], [2]),
        (["path", "dirt"], [2]),
        (["road", "path", "dirt", "route"], [0, 1, 2]),
        (["~path", "dirt"], [0, 1]),
        (["route, path, dirt"], [1, 2]),
    ],
)
def test_names_may_be_separated_by_commas_and_hold_some(
    wanted: list[str], places: list[int]
) -> None:
    names = ["road", "route", "path, dirt"]
    found = chosen(wanted, [1, 2, 3], names, option="categories", source="gt.json")
    assert found.tolist() == places


def test_a_part_that_is_no_name_is_said_with_a_close_one() -> None:
    with pytest.raises(InputError, match=r'has no category "rout"\. Did you mean "route"\?'):
        chosen(["road, rout"], [1, 2], ["road", "route"], option="categories", source="gt.json")


def test_one_image_is_found_by_id_and_name() -> None:
    ids, names = [4, 7, 9], ["a/x.png", "b/x.png", "y.png"]
    for wanted, place in ((4, 0), ("7", 1), ("b/x.png", 1), ("y.png", 2)):
        assert one_image(wanted, ids, names, source="gt.json", option="image") == place
    with pytest.raises(InputError) as caught:
        one_image("x.png", ids, names, source="gt.json", option="image")
    assert caught.value.message == (
        "`image='x.png'`: gt.json has 2 images of that name. Name its id: 4, 7."
    )


def test_one_file_is_found_by_its_path_and_by_its_end_with_or_without_suffix() -> None:
    paths = ["a/03.png", "b/03.png", "b/04.png", "b/04.npy", "c/d.e"]
    for wanted, place in (
        ("a/03.png", 0), ("b/03", 1), ("04.npy", 3), ("d", 4), ("c/d", 4), ("d.e", 4),
    ):  # fmt: skip
        assert one_file(wanted, paths, source="gt", option="image") == place
    for wanted, named in (("03", "a/03.png, b/03.png"), ("b/04", "b/04.png, b/04.npy")):
        with pytest.raises(InputError) as caught:
            one_file(wanted, paths, source="gt", option="image")
        assert caught.value.message == (
            f"`image={wanted!r}`: gt has 2 images of that name. Name its path: {named}."
        )


@pytest.mark.parametrize(
    ("wanted", "proposal"),
    [
        (5, "Its nearest ids: 4, 7, 9."),
        ("1000", "Its nearest ids: 7, 9, 30."),
        ("z.png", 'Did you mean "y.png"?'),
        ("nothing", 'It calls them "y.png".'),
    ],
)
def test_an_image_that_does_not_exist_is_refused_with_the_nearest(
    wanted: int | str, proposal: str
) -> None:
    with pytest.raises(InputError) as caught:
        one_image(wanted, [4, 7, 9, 30], ["y.png", "", "", ""], source="gt.json", option="image")
    assert caught.value.message == (
        f'`image={wanted!r}`: gt.json has no image "{wanted}". {proposal}'
    )
    assert caught.value.option == "image"
