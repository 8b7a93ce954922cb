"""What every result has: data frames, LaTeX, and numbers for loggers."""

from __future__ import annotations

import json
import math
import pickle
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import segeval
from segeval.checks.report import CheckReport
from segeval.metrics.result import Result
from segeval.metrics.tables import Table
from tests.every_result import every_result
from tests.unit.data.test_data_frame import installed, rows_of, types_of

Results = dict[str, Result[Any]]

NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
"""What every logger takes."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return every_result(tmp_path_factory.mktemp("results"))


def tables_of(results: Results) -> Iterator[tuple[str, Table]]:
    """Every table of every result."""
    for name, result in results.items():
        for table in (*result.tables, *map(result.table, [*result.about.others, "flat"])):
            yield f"{name}: {table.name}", table


def test_every_kind_of_result_is_here(results: Results) -> None:
    for module in pkgutil.walk_packages(segeval.__path__, "segeval."):
        if module.name.split(".")[1] in ("analysis", "ensemble", "metrics", "rescore"):
            import_module(module.name)
    here = {type(result) for result in results.values()}
    assert {
        kind for kind in Result.__subclasses__() if kind.__module__.startswith("segeval.")
    } <= here


def test_every_result_comes_back_from_a_pickle_as_it_was(results: Results) -> None:
    for name, result in results.items():
        again = pickle.loads(pickle.dumps(result))
        assert again.about is result.about, name
        assert again.to_dict() == result.to_dict(), name
        assert again.table("flat").rows == result.table("flat").rows, name


@installed
def test_every_table_becomes_a_data_frame_whose_types_do_not_depend_on_rows(
    results: Results, backend: Any
) -> None:
    for name, table in tables_of(results):
        frame = table.to_dataframe(backend)
        assert len(frame) == len(table.rows), name
        assert len(set(frame.columns)) == len(frame.columns), name
        none = Table(table.name, table.fields, ()).to_dataframe(backend)
        for key, own, empty in zip(frame.columns, types_of(frame), types_of(none), strict=True):
            assert own == empty or table.name == "image" or key.endswith("id"), (name, key)


@installed
def test_numbers_of_a_frame_are_those_of_the_table(results: Results, backend: Any) -> None:
    for name, table in tables_of(results):
        numbers = [
            field.key for field in table.fields if field.unit in ("percent", "signed", "count")
        ]
        for own, record in zip(rows_of(table.to_dataframe(backend)), table.records(), strict=True):
            for key in numbers:
                expected = None if record[key] == "" else record[key]
                assert own[key] == expected, (name, key)


def test_every_table_becomes_latex(results: Results) -> None:
    for name, table in tables_of(results):
        lines = table.to_latex().splitlines()
        assert lines[0].startswith(r"\begin{tabular}{@{}"), name
        rows = [line for line in lines if line.endswith(r" \\")]
        assert len(rows) == len(table.rows) + 1, name
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(table.fields) - 1, (name, row)


def test_every_result_has_numbers_for_a_logger(results: Results) -> None:
    for name, result in results.items():
        flat = result.flat()
        assert flat, name
        for key, number in flat.items():
            assert NAME.fullmatch(key), (name, key)
            assert type(number) is float, (name, key)
            assert math.isfinite(number), (name, key)
        assert result.flat("val/") == {f"val/{key}": value for key, value in flat.items()}


def test_names_for_a_logger_stay_as_they_are(results: Results) -> None:
    expected = {
        "ap": ["AP", "AP50", "AP_medium", "AR_100"],
        "ap of two kinds": ["segm/AP", "boundary/AP", "segm/AP_pool"],
        "comparison": ["AP/a", "AP/difference", "AP/low", "AP/p", "AP_large/b"],
        "comparison of three": ["A/AP", "A/first_share", "A_B/AP/difference", "B_C/AP/high"],
        "errors": ["ap", "kinds/miss/share", "kinds/loc/count", "special/false_pos"],
        "errors of two kinds": ["segm/kinds/miss/share", "boundary/kinds/miss/share"],
        "error differences": ["ap/difference", "kinds/miss/share/low", "kinds/miss/count/a"],
        "operating point": ["score", "f", "held_out/f", "lrp/lrp", "calibration/d_ece"],
        "oracles": ["ap", "oracles/score/gain", "oracles/missed/ap"],
        "oracles of two": ["model_1/ap", "model_2/oracles/score/gain", "union/recall"],
        "suspects": ["missing", "unfound", "category"],
        "suspects of two": ["missing", "shared"],
        "sweep": ["max_dets_5/ap", "max_dets_100/images_at_cap", "predictions_per_image/q90"],
        "ensemble": ["rows", "gain/over_best/difference", "gain/over_nms/low"],
        "experts": ["positive_images"],
        "rescored": ["changed", "gain/difference"],
        "calibrated": ["calibration/before"],
        "part": ["images", "size"],
        "split": ["images"],
        "models": ["pointrend-r50/parameters"],
        "anchors": ["free/mean_iou", "grid/half", "present/seventy"],
        "expanded": ["copies", "rows"],
        "averaged": ["tensors"],
        "miou": ["mIoU", "fwIoU", "mIoU_trimap_3", "boundary_F"],
        "label errors": ["miou", "kinds/boundary/share"],
        "label error differences": ["miou/difference", "kinds/extent/share/high"],
        "label map ensemble": ["differing", "gain/over_best/difference"],
        "pq": ["PQ", "SQ_things"],
        "panoptic errors": ["all/pq", "things/kinds/missed/share"],
        "panoptic error differences": ["all/pq/difference"],
        "cityscapes": ["AP", "AP50"],
        "cgf1": ["positive_micro_F1", "positive_macro_F1_50", "IL_recall"],
        "id maps": ["AP", "AP50", "accuracy", "image_accuracy"],
        "open images": ["AP50"],
    }
    assert set(expected) == set(results)
    for name, keys in expected.items():
        assert [key for key in keys if key not in results[name].flat()] == [], name


def test_numbers_for_a_logger_are_those_of_the_json_object(results: Results) -> None:
    own = results["errors"].to_dict()["results"]["segm"]
    flat = results["errors"].flat()
    assert flat["kinds/miss/share"] == own["kinds"]["miss"]["share"]
    point = results["operating point"].to_dict()["results"]["segm"]
    flat = results["operating point"].flat()
    assert [flat["low"], flat["high"]] == list(point["interval"])


@installed
def test_intervals_and_counts_of_two_models_are_numbers(results: Results, backend: Any) -> None:
    found = results["error differences"]
    table = found.table("kind")
    first, *_ = rows_of(found.to_dataframe("kind", backend))
    ends, counts = table.records()[0]["interval"], table.records()[0]["count"]
    assert ((first["low"], first["high"]), (first["count_a"], first["count_b"])) == (ends, counts)
    first, *_ = rows_of(results["operating point"].to_dataframe(None, backend))
    own = results["operating point"].to_dict()["results"]["segm"]
    assert [first["low"], first["high"]] == list(own["interval"])
    first, *_ = rows_of(results["oracles"].to_dataframe("oracle", backend)[1:])
    own = results["oracles"].to_dict()["results"]["segm"]["models"][0]["oracles"]["recall"]
    assert first["gain"] == own["gain"]


@installed
def test_single_images_and_errors_are_tables_by_name(results: Results, backend: Any) -> None:
    found: Any = results["ap"]
    rows = rows_of(found.to_dataframe("image", backend))
    by_image = {
        each["id"]: each for each in found.to_dict(per_image=True)["results"]["segm"]["images"]
    }
    assert {row["image"]: row["ap"] for row in rows} == {
        key: each["ap"] for key, each in by_image.items()
    }
    for name in ("miou", "pq"):
        assert rows_of(results[name].to_dataframe("image", backend))
    errors: Any = results["errors"]
    rows = rows_of(errors.to_dataframe("error", backend))
    records = list(errors.records())
    assert [row["annotation_id"] for row in rows] == [each["annotation_id"] for each in records]
    assert {
        row["model"] for row in rows_of(results["error differences"].to_dataframe("error"))
    } == {
        "a",
        "b",
    }


@installed
def test_a_check_has_its_findings_files_and_numbers(backend: Any) -> None:
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
    gt = {
        "images": [{"id": 1}],
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [{**box, "id": 0, "area": 81, "iscrowd": 0}],
    }
    report = segeval.check([{**box, "score": 0.5}], gt)
    keys = list(json.loads(json.dumps(report.to_dict()["findings"][0])))
    frame = report.to_dataframe(backend=backend)
    assert sorted(frame.columns) == sorted(keys)
    assert [row["code"] for row in rows_of(frame)] == [each.code for each in report.findings]
    preds, own = rows_of(report.to_dataframe("file", backend))
    assert (preds["role"], preds["score_min"], preds["crowds"]) == ("preds", 0.5, None)
    assert (own["role"], own["count"], own["is_lvis"]) == ("gt", 1, False)
    empty = CheckReport(()).to_dataframe("file", backend)
    assert types_of(empty) == types_of(report.to_dataframe("file", backend))
    flat = report.flat("check/")
    assert flat["check/errors"] == float(len(report.errors))
    assert flat["check/preds/count"] == 1.0
    assert CheckReport(()).flat() == {"errors": 0.0, "warnings": 0.0}
    with pytest.raises(segeval.InputError, match="no table 'size', expected one of: finding, file"):
        report.to_dataframe("size")  # type: ignore[arg-type]
