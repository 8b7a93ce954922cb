"""`check` finds every mistake of both inputs in one run."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision, check
from segeval.data import load_ground_truth, load_predictions
from segeval.errors import InputError
from tests.check_cases import clean_gt, clean_preds, only, report_on, setting, setting_in


def test_a_clean_pair_has_no_findings() -> None:
    report = report_on()
    assert report.errors == ()
    assert report.warnings == ()
    assert {"size", "counts", "ties", "iscrowd", "annotation ids"} <= set(report.fine)


def test_the_header_lines_count_what_is_there() -> None:
    report = report_on(None, setting_in("annotations", "iscrowd", 1))
    assert report.predictions is not None
    assert report.ground_truth is not None
    assert (report.predictions.count, report.predictions.images) == (3, 2)
    assert (report.predictions.score_min, report.predictions.score_max) == (0.7, 0.9)
    assert report.predictions.encoding == "RLE"
    assert (report.ground_truth.count, report.ground_truth.images) == (2, 2)
    assert (report.ground_truth.crowds, report.ground_truth.is_lvis) == (1, False)


def test_the_report_is_plain_json() -> None:
    data = json.loads(json.dumps(report_on(setting("score", 2.0)).to_dict(), allow_nan=False))
    assert data["schema"] == "segeval/check/1"
    assert (data["errors"], data["warnings"]) == (0, 1)
    assert data["findings"][0]["kind"] == "score range"


def test_one_run_finds_all_mistakes_of_both_files() -> None:
    preds = clean_preds()
    preds[0].pop("score")
    preds[0]["image_id"] = "1"
    preds[1]["image_id"] = 99
    preds[2]["segmentation"]["counts"] = "b'x'"
    gt = clean_gt()
    gt["annotations"][0]["id"] = "a"
    gt["annotations"].append({**gt["annotations"][1], "segmentation": [[1, 2]]})
    kinds = sorted((finding.path, finding.kind) for finding in check(preds, gt).errors)
    assert kinds == [
        ("ground truth", "annotation ids"),
        ("ground truth", "annotation ids"),
        ("ground truth", "polygons"),
        ("predictions", "counts"),
        ("predictions", "image ids"),
        ("predictions", "image ids"),
        ("predictions", "score"),
    ]


def test_records_keep_their_place_when_others_cannot_be_read() -> None:
    preds = clean_preds()
    preds[0].pop("score")
    preds[2]["image_id"] = 99
    finding = next(f for f in check(preds, clean_gt()).errors if f.kind == "image ids")
    assert finding.index == 2
    assert finding.first == "prediction #2 (image_id 99)"


def test_swapped_files_are_said_and_looked_at_the_right_way_round(tmp_path: Path) -> None:
    preds, gt = tmp_path / "preds.json", tmp_path / "gt.json"
    preds.write_text(json.dumps(clean_preds()))
    gt.write_text(json.dumps(clean_gt()))
    for report in (check(gt, preds), check(load_ground_truth(gt), load_predictions(preds))):  # type: ignore[arg-type]
        finding = only(report.errors)
        assert finding.kind == "swapped"
        assert "the first input is ground truth" in finding.message
        assert report.predictions is not None
        assert report.predictions.count == 3


def test_ground_truth_is_told_as_in_an_evaluation_though_it_has_a_key_of_predictions(
    tmp_path: Path,
) -> None:
    path = tmp_path / "preds.json"
    path.write_text(json.dumps({**clean_gt(), "score": 1}))
    with pytest.raises(InputError) as refused:
        load_predictions(path)
    finding = only(check(path, clean_gt()).errors)
    assert refused.value.code == finding.code == "swapped"
    assert finding.message in refused.value.message


def test_files_of_another_kind_are_said() -> None:
    report = check({"bbox_mAP": 0.4, "config": "x"}, clean_gt())
    finding = only(report.errors)
    assert finding.kind == "file"
    assert "holds the scores of an evaluation" in finding.message
    assert "mmdetection" in finding.message
    assert report.predictions is None
    assert report.ground_truth is not None


def test_records_before_the_break_of_a_file_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    preds = clean_preds()
    preds[0]["image_id"] = 44
    path.write_text(json.dumps(preds)[:-40])
    broken, unknown = check(path, clean_gt()).errors
    assert broken.kind == "file"
    assert "the file ends inside a record. Was the writing interrupted?" in broken.message
    assert (unknown.kind, unknown.count) == ("image ids", 1)


def test_json_lines_with_a_bad_record(tmp_path: Path) -> None:
    preds = clean_preds()
    preds[1].pop("score")
    path = tmp_path / "preds.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in preds))
    finding = only(check(path, clean_gt()).errors)
    assert (finding.kind, finding.index, finding.path) == ("score", 1, str(path))


def test_ground_truth_that_is_not_json(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    path.write_text('{"images": [')
    report = check(clean_preds(), path)
    assert only(report.errors).kind == "file"
    assert report.ground_truth is None
    assert report.predictions is not None


def test_ground_truth_without_a_section() -> None:
    gt = clean_gt()
    del gt["categories"]
    assert "has no categories" in only(check(clean_preds(), gt).errors).message


def test_a_damaged_gzip_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "preds.json.gz"
    path.write_bytes(gzip.compress(json.dumps(clean_preds()).encode())[:-30])
    assert "not a complete gzip file" in only(check(path).errors).message


def test_a_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        check(tmp_path / "nothing.json")


def test_predictions_alone_can_be_checked() -> None:
    preds = clean_preds()
    preds[1]["score"] = float("inf")
    report = check(load_predictions(preds))
    assert only(report.errors).kind == "score"
    assert report.ground_truth is None


def test_json_lines_with_a_broken_line(tmp_path: Path) -> None:
    lines = [json.dumps(record) for record in clean_preds()]
    path = tmp_path / "preds.jsonl"
    path.write_text("\n".join([lines[0], lines[1][:-1], lines[2]]))
    finding = only(check(path, clean_gt()).errors)
    assert finding.message.startswith("not valid JSON at byte ")
    assert (finding.kind, finding.index) == ("file", 1)


def spoilt(preds: list[dict[str, Any]], **change: str) -> bytes:
    """A file of predictions of which the second has another value, as it stands in the file."""
    for field in change:
        preds[1][field] = "here"
    content = json.dumps(preds).encode()
    for value in change.values():
        content = content.replace(b'"here"', value.encode("latin-1"), 1)
    return content


@pytest.mark.parametrize(
    "content",
    [
        spoilt(clean_preds(), file_name='"caf\xe9"'),
        spoilt(clean_preds(), score='"\xe9"', image_id="1.5"),
        spoilt(clean_preds(), score='"a"') + b"x",
        spoilt(clean_preds(), image_id="9" * 5000),
        spoilt(clean_preds(), image_id="x", score='"\xe9"'),
        spoilt(clean_preds())[:-9],
    ],
)
def test_of_broken_json_an_evaluation_tells_the_first_that_is_listed(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "preds.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        average_precision(path, clean_gt())
    first = check(path, clean_gt()).errors[0].refusal()
    assert first.message.rstrip(".") == refused.value.message.rstrip(".")


def test_a_superfluous_comma_is_not_overlooked(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    path.write_text(json.dumps(clean_preds())[:-1] + ",]")
    assert "not valid JSON" in only(check(path, clean_gt()).errors).message


def test_standard_input_may_hold_a_list_or_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "\n".join(json.dumps(record) for record in clean_preds())
    for text in (json.dumps(clean_preds()), lines):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        report = check("-", clean_gt())
        assert report.errors == ()
        assert report.predictions is not None
        assert (report.predictions.count, report.predictions.source) == (3, "standard input")


def test_swapped_standard_input_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(clean_gt())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    first, second = check("-", clean_preds()).errors  # type: ignore[arg-type]
    assert first.kind == second.kind == "swapped"
    assert "is ground truth (its annotations have no score)" in first.message


def test_nan_in_ground_truth_is_named() -> None:
    gt = clean_gt()
    gt["annotations"][1]["area"] = float("nan")
    finding = only(check(clean_preds(), gt).errors)
    assert finding.message == ("annotation 2 (image_id 2): area is NaN, expected a finite number.")
    assert (finding.kind, finding.index) == ("area field", 1)


def test_records_that_are_not_objects_are_counted() -> None:
    gt = clean_gt()
    gt["annotations"] += [3, "x"]
    gt["images"].append(None)
    counts = {finding.message[:13]: finding.count for finding in check([], gt).errors}
    assert sorted(counts.values()) == [1, 2]


def test_a_coco_file_without_annotations_is_ground_truth(tmp_path: Path) -> None:
    bare = {
        "images": [{"id": 1, "width": 9, "height": 9}],
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": [],
    }
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(bare))
    for source in (path, bare):
        report = check(source)
        assert report.predictions is None
        assert report.ground_truth is not None
        assert (report.ground_truth.count, report.ground_truth.images) == (0, 1)
    assert check([]).predictions is not None


def test_ground_truth_alone_is_checked(tmp_path: Path) -> None:
    gt = clean_gt()
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(gt))
    for source in (path, gt, load_ground_truth(gt)):
        report = check(source)  # type: ignore[arg-type]
        assert (report.errors, report.warnings) == ((), ())
        assert report.predictions is None
        assert report.ground_truth is not None
        assert "annotation ids" in report.fine
    gt["annotations"][1]["id"] = 1
    assert [each.code for each in check(gt).errors] == ["duplicate-annotation"]


def test_what_only_follows_from_unreadable_records_is_left_out() -> None:
    preds, gt = clean_preds(), clean_gt()
    gt["categories"][1]["id"] = "two"
    gt["images"][1]["height"] = "20"
    report = check(preds, gt)
    assert sorted(each.code for each in report.errors) == ["id-type", "id-type"]


def test_a_report_prints_what_was_found_and_shows_it_in_notebooks() -> None:
    preds = clean_preds()
    preds[0]["score"] = None
    preds[1]["bbox"], preds[2]["bbox"] = [1, 2, -3, 4], [3, 2, 10, 8]
    report = check(preds, clean_gt())
    first, *others, last = str(report).splitlines()
    assert first.startswith("error: predictions: prediction #0: score is null, expected a number")
    assert others[0].startswith(
        "warning: predictions: 1 prediction has a box whose width or height"
    )
    assert last == "1 error, 1 warning"
    assert repr(report).startswith("CheckReport(1 error, ")
    shown = report._repr_html_()
    assert shown.startswith(f"<p>{last}</p><ul><li><b>error</b> predictions: prediction #0: score")
    preds[0]["image_id"] = "<b>"
    assert "&lt;b&gt;" in check(preds, clean_gt())._repr_html_()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("bbox", [1, 2, "\ud800", 4], r'bbox is "\ud800"; expected `float`, got `str`'),
        ("area", "\ud800", 'area is text ("?"). Write it as a number'),
        ("segmentation", {"size": [20, 30], "counts": "n1\ud800"}, "counts holds a character"),
        ("segmentation", {"size": [20, 30], "counts": ["\ud800"]}, "counts[0] is"),
        ("segmentation", {"size": "\udc00", "counts": [600]}, "segmentation.size is"),
        ("segmentation", [["\udc00", 1, 2, 3, 4, 5]], "polygon part #0 is"),
    ],
)
def test_half_a_surrogate_pair_is_told_like_other_text(
    field: str, value: Any, said: str, tmp_path: Path
) -> None:
    gt = clean_gt()
    gt["annotations"][1][field] = value
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(gt))
    with pytest.raises(InputError) as refused:
        average_precision(clean_preds(), path)
    assert said in refused.value.message
    first = check(clean_preds(), path).errors[0].refusal()
    assert first.message.rstrip(".") == refused.value.message.rstrip(".")


@pytest.mark.parametrize(
    ("field", "value"),
    [("iscrowd", 0.0), ("note", float("nan")), ("note", "\ud800"), ("segmentation", None)],
)
def test_beside_a_mistake_nothing_is_a_mistake_that_an_evaluation_takes(
    field: str, value: Any, tmp_path: Path
) -> None:
    gt = clean_gt()
    first, second = gt["annotations"]
    gt["annotations"] = [
        {**first, "iscrowd": 0.5},
        {**second, field: value, "id": 7},
        {**first, "iscrowd": 2.5, "id": 8},
    ]
    gt["images"][0]["note"] = gt["categories"][0]["note"] = value
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(gt))
    [found] = check(clean_preds(), path).errors
    assert (found.index, found.count, found.field) == (0, 2, "iscrowd")
