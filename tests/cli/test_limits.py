"""Limits of what a file may claim, raised from the command line."""

from __future__ import annotations

import json
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from segeval import limits
from segeval.limits import Limits
from segeval_cli import failures
from segeval_cli.flags import in_flags
from segeval_cli.main import app

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with an image whose side is beyond the limit."""
    monkeypatch.chdir(tmp_path)
    square = {"image_id": 1, "category_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4, 0, 4]]}
    gt = {
        "images": [{"id": 1, "width": 10_000_001, "height": 8}],
        "categories": [{"id": 1, "name": "lamp"}],
        "annotations": [{"id": 1, "area": 16, **square}],
    }
    Path("gt.json").write_text(json.dumps(gt))
    Path("p.json").write_text(json.dumps([{"score": 0.5, **square}]))


def run(words: str) -> int:
    return failures.run(app, shlex.split(words))


def test_the_command_that_an_error_names_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ap p.json gt.json") == failures.UNUSABLE_INPUT
    told = capsys.readouterr().err
    assert "raise the limit: segeval --limit side=10000001." in told
    assert run("--limit side=10000001 ap p.json gt.json") == failures.DONE
    assert limits.limits() == Limits()


@pytest.mark.parametrize(
    "words",
    [
        "ap p.json gt.json --limit side=10000001",
        "ap --limit=side=2e7 p.json gt.json",
        "--limit side=10M --limit pixels=1T ap p.json gt.json",
    ],
)
def test_limit_may_stand_anywhere_and_its_value_may_have_a_unit(words: str) -> None:
    assert run(words) == failures.DONE


@pytest.mark.parametrize("words", ["ap p.json gt.json --limit", "--limit", "ap --limit"])
def test_a_limit_without_a_value_does_not_take_the_command_for_it(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == "error: Option '--limit' requires an argument.\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sides=3", "there is no limit 'sides', expected one of: side, pixels, "),
        ("side", "--limit side: expected NAME=VALUE"),
        ("side=", "expected NAME=VALUE"),
        ("side=0", "expected NAME=VALUE"),
        ("side=-1", "expected NAME=VALUE"),
        ("side=nan", "expected NAME=VALUE"),
        ("side=1e99", "expected NAME=VALUE"),
        (f"side={'9' * 5000}", "expected NAME=VALUE"),
    ],
)
def test_unknown_limits_and_odd_values_are_refused(
    text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"--limit {text} ap p.json gt.json") == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err


def test_messages_about_limits_name_the_option() -> None:
    text = "Raise it: `limits.raised(side=12, pixels=144)`."
    assert in_flags(text, {}) == "Raise it: segeval --limit side=12 --limit pixels=144."


def test_the_page_lists_every_limit_with_its_value() -> None:
    page = (ROOT / "docs" / "pages" / "command-line.md").read_text(encoding="utf-8")
    for field in fields(Limits):
        assert f"| `{field.name}` | {field.default:,} |" in page, field.name
