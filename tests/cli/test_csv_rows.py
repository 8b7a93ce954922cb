"""Any JSON object of results as CSV."""

from __future__ import annotations

import csv
from typing import Any

from segeval_cli.csv_rows import csv_text


def rows_of(results: dict[str, Any], *kinds: str) -> list[dict[str, str]]:
    """The rows, each without its empty cells."""
    settings = {"iou": list(kinds)} if kinds else {}
    text = csv_text({"settings": settings, "results": results})
    return [
        {key: cell for key, cell in row.items() if cell}
        for row in csv.DictReader(text.splitlines())
    ]


def test_every_file_begins_with_the_same_columns() -> None:
    documents = ({"miou": 0.5}, {"sweep": [{"max_dets": 3}]}, {"models": [{"name": "a"}]})
    for results in documents:
        header = csv_text({"settings": {}, "results": results}).splitlines()[0]
        assert header.split(",")[:4] == ["kind", "table", "id", "name"]


def test_every_kind_of_iou_has_rows_of_its_own() -> None:
    results = {
        kind: {"ap": 0.25, "categories": [{"id": 3, "ap": None}]} for kind in ("segm", "bbox")
    }
    assert rows_of(results, "segm", "bbox") == [
        {"kind": "segm", "table": "all", "ap": "0.25"},
        {"kind": "segm", "table": "categories", "id": "3"},
        {"kind": "bbox", "table": "all", "ap": "0.25"},
        {"kind": "bbox", "table": "categories", "id": "3"},
    ]


def test_results_of_a_single_kind_name_it() -> None:
    assert rows_of({"sweep": [{"max_dets": 3}]}, "boundary") == [
        {"kind": "boundary", "table": "sweep", "max_dets": "3"}
    ]


def test_an_object_of_objects_is_a_table_whose_keys_are_names() -> None:
    sizes = {"small": {"ap": 0.5}, "large": {"ap": 0.75}}
    assert rows_of({"sizes": sizes}) == [
        {"table": "sizes", "name": "small", "ap": "0.5"},
        {"table": "sizes", "name": "large", "ap": "0.75"},
    ]


def test_an_object_of_numbers_is_a_row_and_within_an_entry_columns() -> None:
    category = {"id": 1, "ap_by_size": {"small": 0.5}}
    assert rows_of({"ar_by_max_dets": {"1": 0.25}, "categories": [category]}) == [
        {"table": "ar_by_max_dets", "ar_by_max_dets_1": "0.25"},
        {"table": "categories", "id": "1", "ap_by_size_small": "0.5"},
    ]


def test_a_table_within_an_entry_repeats_what_the_entry_says() -> None:
    band = {"width": 3.0, "pixels": 9, "categories": [{"id": 1, "pixels": 4}]}
    assert rows_of({"trimap": [band], "groups": []}) == [
        {"table": "trimap", "width": "3.0", "pixels": "9"},
        {"table": "trimap_categories", "id": "1", "width": "3.0", "pixels": "4"},
    ]


def test_a_named_entry_within_a_named_one_says_of_which_part_it_is() -> None:
    sizes = {name: {"ap": 0.5, "kinds": {"cls": {"share": 0.25}}} for name in ("small", "large")}
    chair = {"id": 3, "name": "chair", "kinds": {"cls": {"share": 0.75}}}
    rows = rows_of({"sizes": sizes, "categories": [chair]})
    assert [row for row in rows if row["table"].endswith("_kinds")] == [
        {"table": "sizes_kinds", "name": "cls", "ap": "0.5", "share": "0.25", "part": "small"},
        {"table": "sizes_kinds", "name": "cls", "ap": "0.5", "share": "0.25", "part": "large"},
        {
            "table": "categories_kinds",
            "id": "3",
            "name": "cls",
            "share": "0.75",
            "part": "chair",
        },
    ]


def test_both_ends_of_an_interval_have_columns() -> None:
    ap = {"a": 0.5, "b": 0.6, "interval": [0.05, 0.15]}
    (row,) = rows_of({"ap": ap})
    assert (row["low"], row["high"]) == ("0.05", "0.15")
    entry = {"id": 1, "share": {"a": 0.5, "interval": [-0.25, 0.5]}, "last": {"interval": None}}
    (row,) = rows_of({"categories": [entry]})
    assert (row["share_low"], row["share_high"]) == ("-0.25", "0.5")
    assert "last_low" in csv_text({"settings": {}, "results": {"categories": [entry]}})


def test_cells_hold_all_digits_and_the_words_of_json() -> None:
    (row,) = rows_of({"ap": 2 / 3, "isthing": True, "output": [224, 224], "ap50": None})
    assert row == {
        "table": "all",
        "ap": "0.6666666666666666",
        "isthing": "true",
        "output": "224 224",
    }
