"""The result as plain values and as a table."""

from __future__ import annotations

import json

from segeval import __version__
from segeval.metrics.tables import shown
from tests.unit.metrics.strips import Records, evaluate, exact, strip

A = strip(0, 20)


def test_the_dictionary_is_json_with_null_for_what_is_undefined() -> None:
    result = evaluate([{"mask": A}], [{"mask": A}], iou=("segm", "bbox"))
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert list(document) == [
        "schema", "segeval", "inputs", "settings", "results", "notes", "seconds",
    ]  # fmt: skip
    assert (document["schema"], document["segeval"]) == ("segeval/ap/1", __version__)
    segm = document["results"]["segm"]
    assert segm["sizes"]["large"] == {
        "ap": None,
        "ap50": None,
        "ap75": None,
        "ar": None,
        "min_area": 9216,
        "max_area": None,
        "gt": 0,
    }
    assert (segm["ap"], segm["ar_by_max_dets"]) == (exact(1), {"1": 1, "10": 1, "100": 1})
    assert "frequencies" not in segm
    assert "official" not in segm


def test_the_settings_say_how_it_was_done() -> None:
    settings = evaluate([{"mask": A}], [{"mask": A}], compat="pycocotools").to_dict()["settings"]
    assert settings["protocol"] == "coco"
    assert settings["compat"] == "pycocotools"
    assert settings["iou"] == ["segm"]
    assert settings["thresholds"][8] == 0.8999999999999999
    assert settings["area_from"] == "mask"
    assert settings["max_dets"] == [1, 10, 100]
    assert settings["agnostic"] is False
    assert settings["ties"] == "score descending, then image id, then file order"


def test_a_category_says_what_it_has() -> None:
    (category,) = evaluate([{"mask": A}], [{"mask": A}]).to_dict()["results"]["segm"]["categories"]
    assert category == {
        "id": 1,
        "name": "category 1",
        "frequency": None,
        "gt": 1,
        "preds": 1,
        "ap": exact(1),
        "ap50": exact(1),
        "ap75": exact(1),
        "ar": 1,
        "ap_by_size": {"small": exact(1), "medium": None, "large": None},
    }


def test_official_keys_come_only_with_the_official_buckets() -> None:
    official = evaluate([{"mask": A}], [{"mask": A}], compat="pycocotools").first.official
    assert official is not None
    assert list(official) == [
        "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl",
    ]  # fmt: skip
    assert official["APl"] == -1
    other = evaluate([{"mask": A}], [{"mask": A}], compat="pycocotools", sizes="16")
    assert other.first.official is None
    assert evaluate([{"mask": A}], [{"mask": A}]).first.official is None


def test_a_notebook_shows_the_table_of_sizes() -> None:
    result = evaluate([{"mask": A}], [{"mask": A}], sizes="<b>=5,rest")
    html = result._repr_html_()
    assert "<th>AP50</th>" in html
    assert "<td>all</td><td>0 - inf</td><td>1</td><td>100.0</td>" in html
    assert "<td>&lt;b&gt;</td><td>0 - 5^2</td><td>1</td><td>100.0</td>" in html
    assert "<td>rest</td><td>5^2 - inf</td><td>0</td><td>-</td>" in html


def test_percent_has_one_decimal_and_a_dash_where_undefined() -> None:
    assert [shown(value, "percent") for value in (0.12345, 1.0, None)] == ["12.3", "100.0", "-"]


def test_tables_hold_values_that_others_draw() -> None:
    result = evaluate([{"mask": A}], [{"mask": A}], iou=("segm", "boundary"), pool=True)
    assert [table.name for table in result.tables] == ["size", "category", "max_dets", "pool"]
    sizes, categories, recalls, pool = result.tables
    assert sizes.records()[1] == {
        "size": "small", "area": "0 - 32^2", "gt": 1, "ap": exact(1), "ap50": exact(1),
        "ap75": exact(1), "boundary_ap": exact(1), "boundary_ap50": exact(1), "ar": 1,
        "boundary_ar": 1,
    }  # fmt: skip
    assert [row[0] for row in categories.rows] == ["all", "category 1"]
    assert recalls.records()[1] == {"iou": "boundary", "ar_1": 1, "ar_10": 1, "ar_100": 1}
    assert pool.records() == [{"iou": iou, "all": exact(1)} for iou in ("mask", "boundary")]
    assert (result.primary, result.summary) == (result.ap, "1 image, 1 category, 1 prediction")


def test_curves_have_the_shape_of_thresholds_recalls_and_categories() -> None:
    objects: Records = [{"mask": A}, {"mask": A, "category_id": 2}]
    scores = evaluate(objects, [{"mask": A}]).first
    assert (scores.precision.shape, scores.recall.shape) == ((10, 101, 2), (10, 2))
    assert scores.recall[0].tolist() == [1, 0]
