"""Pictures in rows on one sheet."""

from __future__ import annotations

import numpy as np

from segeval.pictures.sheets import GAP, LETTERS, Named, contact_sheet

BELOW = round(LETTERS * 2)


def picture(height: int, width: int, value: int) -> Named:
    return Named(np.full((height, width, 3), value, np.uint8), "")


def test_pictures_stand_in_rows_at_their_lower_sides() -> None:
    sheet = contact_sheet(
        [picture(4, 6, 1), picture(2, 6, 2), picture(3, 6, 3)], columns=2, width=6
    )
    assert sheet.shape == (GAP + (4 + BELOW + GAP) + (3 + BELOW + GAP), 2 * (6 + GAP) + GAP, 3)
    first, second = sheet[GAP : GAP + 4, GAP : GAP + 6], sheet[GAP : GAP + 4, 2 * GAP + 6 :]
    assert (first == 1).all()
    assert (second[2:, :6] == 2).all()
    assert (second[:2] == 255).all()


def test_a_large_picture_is_scaled_down() -> None:
    sheet = contact_sheet([picture(40, 60, 7)], columns=1, width=30)
    assert (sheet == 7).all(axis=2).sum() == 20 * 30


def test_a_name_is_written_below_its_picture() -> None:
    plain = contact_sheet([picture(10, 40, 7)], columns=1, width=40)
    [unnamed] = [picture(10, 40, 7)]
    named = contact_sheet([unnamed._replace(name="a.jpg")], columns=1, width=40)
    changed = np.flatnonzero((plain != named).any(axis=(1, 2)))
    assert len(changed)
    assert changed.min() >= GAP + 10


def test_no_pictures_are_white_paper() -> None:
    assert (contact_sheet([]) == 255).all()
