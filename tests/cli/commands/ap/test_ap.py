"""`segeval ap`: whole runs on small data."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segeval.analysis import official
from segeval.analysis.official import verify_with
from segeval.analysis.verification import Verification
from segeval_cli import failures
from segeval_cli.main import app
from tests.build import build_gt, build_preds

# Two images of one chair and one lamp each, 40 x 40 pixels; the lamp of the second
# image is missed, everything else is found exactly. AP of chairs is 1; of lamps 51 of 101 recall
# points have precision 1, the others 0. (Precision is 1 less one rounding step, as in pycocotools,
# which adds that step to the denominator.)

CHAIR, LAMP = 3, 7
CHAIR_AP = pytest.approx(1, abs=1e-12)
LAMP_AP = pytest.approx(51 / 101, abs=1e-12)
AP = pytest.approx((1 + 51 / 101) / 2, abs=1e-12)


def square(left: int, side: int) -> list[list[int]]:
    """A square as a polygon."""
    return [[left, 5, left + side, 5, left + side, 5 + side, left, 5 + side]]


def write(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content))
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Predictions and ground truth."""
    records = [
        {
            "image_id": image,
            "category_id": category,
            "segmentation": square(left, 10),
            "bbox": [left, 5, 10, 10],
            "area": 100,
        }
        for image in (1, 2)
        for category, left in ((CHAIR, 2), (LAMP, 20))
    ]
    gt = build_gt([(40, 40), (40, 40)], records)
    gt["categories"] = [{"id": CHAIR, "name": "chair"}, {"id": LAMP, "name": "lamp"}]
    found = [{**record, "score": 0.9 - 0.1 * place} for place, record in enumerate(records[:3])]
    return write(tmp_path / "preds.json", build_preds(found)), write(tmp_path / "gt.json", gt)


def run(*argv: str) -> int:
    return failures.run(app, ["ap", *argv])


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    """The object that a successful run prints."""
    assert run(*argv, "--json") == failures.DONE
    return json.loads(capsys.readouterr().out)


def test_a_run_prints_the_hand_computed_numbers(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--per", "size,category") == failures.DONE
    shown = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in shown.splitlines() if line.strip()}
    assert rows["small"][-4:] == ["75.2", "75.2", "75.2", "75.0"]
    assert rows["lamp"][1:] == ["2", "1", "50.5", "50.5", "50.5", "50.0"]
    assert rows["chair"][1:] == ["2", "2", "100.0", "100.0", "100.0", "100.0"]
    assert "2 images, 2 categories, 3 predictions in" in shown


def test_json_holds_the_numbers_and_the_hashes(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    document = run_json(capsys, *files, "--iou", "bbox", "--iou", "segm")
    assert document["schema"] == "segeval/ap/1"
    assert list(document["results"]) == ["bbox", "segm"]
    assert document["results"]["segm"]["ap"] == AP
    assert document["results"]["segm"]["sizes"]["large"]["ap"] is None
    assert len(document["inputs"]["gt"]["sha256"]) == 64
    assert "images" not in document["results"]["segm"]


def test_json_lists_images_when_asked(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    images = run_json(capsys, *files, "--per", "image")["results"]["segm"]["images"]
    assert [(image["id"], image["fn50"]) for image in images] == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("suffix", "words"),
    [(".json", '"schema": "segeval/ap/1"'), (".csv", "segm,categories,7,lamp"), (".md", "| all |")],
)
def test_output_writes_a_file_and_prints_the_table(
    suffix: str,
    words: str,
    files: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / f"result{suffix}"
    assert run(*files, "-o", str(target)) == failures.DONE
    captured = capsys.readouterr()
    assert words in target.read_text()
    assert captured.out.startswith("Mask AP")
    assert f"wrote {target}" in captured.err


def test_fail_under_judges_every_kind_of_iou(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--iou", "bbox", "--iou", "segm", "--fail-under", "1") == (
        failures.ANSWER_IS_NO
    )
    said = capsys.readouterr().err
    assert "box AP is" in said
    assert "mask AP is" in said


@pytest.mark.parametrize(("bound", "code"), [("0.7", 0), ("0.8", 1)])
def test_fail_under_decides_the_exit_code(bound: str, code: int, files: tuple[str, str]) -> None:
    assert run(*files, "--fail-under", bound) == code


def test_an_undefined_ap_does_not_reach_any_bound(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gt = json.loads(Path(files[1]).read_text())
    empty = write(tmp_path / "empty.json", {**gt, "annotations": []})
    assert run(files[0], empty, "--fail-under", "0") == failures.ANSWER_IS_NO
    assert "AP is undefined" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "ap"),
    [
        (["chair"], CHAIR_AP),
        (["lamp"], LAMP_AP),
        (["7"], LAMP_AP),
        (["~chair"], LAMP_AP),
        (["chair,lamp"], AP),
        (["chair", "--categories", "lamp"], AP),
        (["chair,lamp,~lamp"], CHAIR_AP),
    ],
)
def test_categories_are_chosen_by_name_or_id(
    names: list[str], ap: Any, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_json(capsys, *files, "--categories", *names)["results"]["segm"]["ap"] == ap


def test_a_list_of_names_comes_from_a_file(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("1.jpg\n\n")
    assert run_json(capsys, *files, "--images", f"@{names}")["results"]["segm"]["ap"] == CHAIR_AP


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--categories", "char"], 'has no category "char". Did you mean "chair"?'),
        (["--categories", "lamp,sofa"], 'has no category "sofa". It calls them "chair", "lamp".'),
        (["--categories", "~sofa"], 'has no category "sofa"'),
        (["--categories", "~chair,~lamp"], "no category left after --categories ~chair,~lamp"),
        (["--categories", ","], "--categories ,: is empty."),
        (["--categories", "@nothing.txt"], "Expected a file with a name or id per line."),
        (["--images", "99"], 'has no image "99"'),
    ],
)
def test_unknown_names_are_explained(
    argv: list[str], words: str, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, *argv) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--sizes", "96,32"], "error: --sizes 96,32: edges must increase.\n"),
        (["--fail-under", "44"], "error: --fail-under 44: AP must be a fraction from 0 to 1."),
        (["--output", "x.pdf"], "error: --output x.pdf: the suffix says what to write"),
        (["--compat", "lvis", "--protocol", "coco"], "error: "),
    ],
)
def test_wrong_options_are_refused_before_the_files_are_read(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("missing.json", "missing.json", *argv) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(words)


def test_swapped_files_are_recognised(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*reversed(files)) == failures.UNUSABLE_INPUT
    message = capsys.readouterr().err
    assert "Swap them: segeval ap" in message


def test_verbose_tells_versions_and_timings_on_stderr(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--verbose") == failures.DONE
    message = capsys.readouterr().err
    assert "numba" in message
    assert f" s  read {files[0]}: 3 predictions" in message


def test_verify_prints_both_columns_and_the_largest_difference(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--verify") == failures.DONE
    shown = capsys.readouterr().out
    assert "Verified with pycocotools" in shown
    ar100 = next(line for line in shown.splitlines() if line.startswith("  AR100"))
    assert ar100.split() == ["AR100", "0.750000000000000", "0.750000000000000", "0"]
    assert "largest difference 0 in 12 numbers" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_verify_adds_a_key_to_the_json(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_json(capsys, *files, "--verify", "--categories", "lamp")["verify"]
    assert found["agrees"] is True
    assert {row["key"] for row in found["rows"]} >= {"AP", "AP50", "APs", "AR100"}


@pytest.mark.parametrize(
    "options",
    [
        ("--iou", "boundary"),
        ("--iou", "boundary", "--boundary-px", "2"),
        ("--boundary-ratio", "0.1"),
        ("--boundary-px", "2"),
        ("--pool",),
        ("--protocol", "lvis-fixed"),
    ],
    ids=" ".join,
)
def test_verify_refuses_what_no_package_computes(
    files: tuple[str, str], options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--verify", *options) == failures.UNUSABLE_INPUT
    assert "mask and box AP by the coco and lvis protocols only" in capsys.readouterr().err


def test_verify_can_be_verbose(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*files, "--verify", "--verbose") == failures.DONE
    loaded, done = capsys.readouterr().err.splitlines()[-2:]
    assert " s  loaded segeval " in loaded
    assert done.endswith(" s  read, evaluated and verified")


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        ((), "--coco-style is an option of --protocol cityscapes, which is not given."),
        (
            ("--protocol", "lvis"),
            "--coco-style does not go with --protocol lvis; it is of cityscapes.",
        ),
        (
            ("--protocol", "openimages"),
            "--coco-style does not go with --protocol openimages; it is of cityscapes.",
        ),
    ],
)
def test_options_of_other_protocols_are_refused(
    files: tuple[str, str],
    protocol: tuple[str, ...],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*files, "--coco-style", *protocol) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--boundary-ratio", "0.1"), "--boundary-ratio is given, but no boundaries are compared"),
        (
            ("--iou", "boundary", "--boundary-ratio", "0.1", "--boundary-px", "3"),
            "--boundary-ratio and --boundary-px both say how wide the boundary is",
        ),
    ],
)
def test_a_width_without_use_is_refused(
    files: tuple[str, str],
    options: tuple[str, ...],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*files, *options) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err


def test_verify_exits_with_1_when_a_number_differs(
    files: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def wrong(*args: Any, **settings: Any) -> Verification:
        verification = verify_with(*args, **settings)
        return replace(verification, curve_difference=1e-9)

    monkeypatch.setattr(official, "verify_with", wrong)
    assert run(*files, "--verify") == failures.ANSWER_IS_NO
    assert "largest difference 1e-09" in capsys.readouterr().out


def test_verify_says_why_the_default_mode_refuses_files(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    gt = json.loads(Path(files[1]).read_text())
    gt["annotations"][1]["id"] = gt["annotations"][0]["id"]
    twice = write(tmp_path / "twice.json", gt)
    assert run(files[0], twice, "--verify") == failures.DONE
    shown = capsys.readouterr().out
    assert shown.startswith("Mask AP")
    assert "coco protocol as pycocotools" in shown
    assert "without --compat these files are refused:" in shown


def test_verify_looks_names_up_in_standard_input_as_well(
    files: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = io.TextIOWrapper(io.BytesIO(Path(files[1]).read_bytes()))
    monkeypatch.setattr(sys, "stdin", text)
    document = run_json(capsys, files[0], "-", "--verify", "--images", "1.jpg")
    assert document["verify"]["agrees"]
    assert document["results"]["segm"]["ap"] == CHAIR_AP
