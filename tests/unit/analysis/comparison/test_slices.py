"""The images of every label."""

from __future__ import annotations

from segeval.analysis.comparison.slices import slices_of


def test_every_image_is_in_the_slice_of_its_own_label() -> None:
    labels = ["a", "a\x00", None, "b", "b\x00\x00", "a"]
    found = {name: images.tolist() for name, images in slices_of(labels).items()}
    assert found == {
        name: [label == name for label in labels] for name in ("a", "a\x00", "b", "b\x00\x00")
    }


def test_numbers_go_by_size_and_before_texts_of_which_nan_is_one() -> None:
    labels = ["nan", "10", "inf", "9", "b", "NaN", "-1", "1e400"]
    assert list(slices_of(labels)) == ["-1", "9", "10", "1e400", "NaN", "b", "inf", "nan"]
