"""The numbers of tidecv, against what tidecv 1.0.1 gave for sets that are made again here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segeval
from segeval import error_kinds
from segeval.analysis.errors.kinds import KINDS
from tests.slow_errors import random_set

CASES: dict[int, tuple[float, list[float | None], list[float | None], str, int]] = {
    10: (
        19.888417413169883,
        [
            25.088008800880075,
            5.788150243595791,
            1.2446958981612397,
            1.2446958981612397,
            1.3987112997014286,
            11.449002043061434,
        ],
        [16.415212949866422, 31.903190319031893],
        "l..odbccbbll.dd.o.o",
        5,
    ),
    19: (
        10.368536853685368,
        [17.915291529152903, 7.304730473047313, 0, 0, 0.9075907590759087, 6.380638063806385],
        [26.265126512651264, 14.631463146314614],
        "bbbclcbbbbo.cdbl.cbdc.o",
        4,
    ),
    5: (
        26.41835612132641,
        [0.432186075750419, 7.938079522237956, 0, 0, 6.6415212949866955, 0],
        [27.046990413327052, 1.65016501650166],
        ".doolc.bl.clbbl.l.ddbbbbbbbdl.b",
        1,
    ),
    33: (
        7.23129957105986,
        [0, 0, 0, 0, 0, 0],
        [21.81160471936918, -2.4854410566369856],
        ".ooolobb.db.c.bbb.d.ollclb.dboolollcolbdooolobbddbdclbbbdddo",
        6,
    ),
    9: (0.0, [0.0, 0.0, 0.0, 0.0, 0.0, None], [0.0, None], "", 12),
}
"""AP, dAP of the six kinds, FalsePos and FalseNeg in percent; kinds of the first 60 predictions in
the order of the file; number of missed objects."""

LETTERS = {"cls": "c", "loc": "l", "both": "o", "dupe": "d", "bkg": "b", "tp": "."}


def case(number: int) -> tuple[Any, Any]:
    """Predictions and ground truth with equal scores, crowd regions, images in another order."""
    images = int(np.random.default_rng(number).integers(1, 9))
    preds, gt = random_set(1000 + number, images=images, masks=number % 3 == 0)
    if number % 2:
        preds = [{**each, "score": round(each["score"], 1)} for each in preds]
    if number % 5 == 4:
        gt["images"] = gt["images"][::-1]
    if number % 11 == 5:
        gt["annotations"] = [each for each in gt["annotations"] if each["category_id"] != 3]
    if number % 7 == 3:
        preds = [each for each in preds if each["category_id"] != 2]
    return ([] if number == 9 else preds * (8 if number == 33 else 1)), gt


def percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


@pytest.mark.parametrize("number", CASES)
def test_every_number_and_kind_is_that_of_tidecv(number: int) -> None:
    preds, gt = case(number)
    ap, main, special, letters, missed = CASES[number]
    iou = "segm" if number % 3 == 0 else "bbox"
    result = error_kinds(preds, gt, iou=iou, compat="tidecv")
    found = result.first.overall
    assert percent(found.ap) == pytest.approx(ap, abs=1e-9)
    for kind, expected in zip(KINDS, main, strict=True):
        assert percent(found.kinds[kind].alone) == pytest.approx(expected, abs=1e-9)
        assert (found.kinds[kind].share, found.kinds[kind].last) == (None, None)
    for name, expected in zip(("false_pos", "false_neg"), special, strict=True):
        assert percent(found.special[name]) == pytest.approx(expected, abs=1e-9)
    records = list(result.kinds.records())
    own = [LETTERS[each["kind"]] for each in records if each["prediction"] is not None]
    assert "".join(own[:60]) == letters
    assert found.kinds["miss"].count == missed


def test_a_number_where_tidecv_divides_by_zero_is_undefined_and_a_note_says_so() -> None:
    preds, gt = case(9)
    result = error_kinds(preds, gt, iou="segm", compat="tidecv")
    assert [note.message for note in result.notes if note.code == "no-category-left"] == [
        (
            "what fixing miss gains is undefined: no category has anything left, where tidecv "
            "divides by zero"
        ),
        (
            "what taking unmatched objects out of the count gains is undefined: no category has "
            "anything left, where tidecv divides by zero"
        ),
    ]


def test_without_objects_and_predictions_every_number_is_undefined() -> None:
    gt = {"images": [{"id": 1}], "categories": [{"id": 1, "name": "a"}], "annotations": []}
    result = error_kinds([], gt, iou="bbox", compat="tidecv")
    assert result.ap is None
    assert "no-category-left" in [note.code for note in result.notes]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"per": "size"},
            (
                "`per` does not go with `compat='tidecv'`, whose numbers have no such thing: leave "
                "one of them out."
            ),
        ),
        (
            {"ci": True},
            (
                "`ci` does not go with `compat='tidecv'`, whose numbers have no such thing: leave "
                "one of them out."
            ),
        ),
        (
            {"protocol": "lvis"},
            "`compat='tidecv'` follows COCO's rules, not `protocol='lvis'`.",
        ),
        ({"compat": "lvis"}, "`compat` is 'lvis', expected tidecv."),
    ],
)
def test_what_tidecv_does_not_have_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(segeval.InputError) as caught:
        error_kinds(*case(10), **{"compat": "tidecv", **arguments})
    assert str(caught.value) == message


def test_ground_truth_of_lvis_is_refused_unless_the_protocol_is_given() -> None:
    preds, gt = random_set(3, lvis=True)
    with pytest.raises(segeval.InputError) as caught:
        error_kinds(preds, gt, compat="tidecv")
    assert str(caught.value) == (
        "ground truth: is in LVIS's format, and `compat='tidecv'` follows COCO's rules: "
        "`protocol='coco'` uses them all the same."
    )
    assert error_kinds(preds, gt, compat="tidecv", protocol="coco").ap is not None
