"""How the command starts and ends: help, versions, exit codes, errors for people and programs."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import typer

import segeval
from segeval.errors import InputError, MismatchError, MissingDependency
from segeval.kernels import crew, machine_code
from segeval.kernels.promise import kernel
from segeval_cli import failures, inputs, progress, reports
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app
from segeval_cli.output import check_target, write_whole

HEAVY = {"matplotlib", "msgspec", "numba", "numpy", "pycocotools"}


def run(*argv: str) -> int:
    return failures.run(app, argv)


def fail_with(problem: BaseException) -> typer.Typer:
    """An application whose only command fails."""
    failing = typer.Typer(pretty_exceptions_enable=False)

    @failing.command()
    def fail() -> None:
        raise problem

    @failing.command()
    def other() -> None: ...

    return failing


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == failures.DONE
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("ap", "check", "demo", "plot"))


def test_no_arguments_show_the_help_and_are_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run() == failures.UNUSABLE_INPUT
    captured = capsys.readouterr()
    assert captured.out.count("Usage:") == 1
    assert captured.err == ""


@pytest.mark.parametrize("panel", ["What to measure", "Which part", "Output", "Running"])
def test_help_of_ap_is_grouped(panel: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ap", "-h") == failures.DONE
    assert panel in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--help"], ["ap", "--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(argv: list[str]) -> None:
    code = (
        "import sys; from segeval_cli.main import app; from segeval_cli.failures import run; "
        f"run(app, {argv!r}); sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_description_breaks_inside_of_a_sentence_at_80_characters(command: str) -> None:
    loaded = LaterCommand(command).load()
    for one in (loaded, *getattr(loaded, "commands", {}).values()):
        _, *later = inspect.cleandoc(one.help or "").split("\n\n")
        broken = [line for text in later if "\n" in text for line in text.split("\n")]
        assert [line for line in broken if len(line) > 78] == []


def test_help_of_all_commands_needs_nothing_of_the_library() -> None:
    code = (
        "import sys; from segeval_cli.main import app; from segeval_cli.failures import run; "
        "run(app, ['--help']); sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"segeval", "segeval_cli.reports"} & set(done.stderr.split())


def test_version_line_names_what_the_numbers_depend_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--version") == failures.DONE
    line = capsys.readouterr().out
    assert line.startswith(f"segeval {segeval.__version__} (numpy ")
    assert ", numba " in line
    assert ", pycocotools " in line
    assert line.count("\n") == 1


def test_a_mistyped_command_gets_a_proposal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("aap") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == (
        "error: No such command 'aap'. Did you mean segeval ap?\nsee: segeval --help\n"
    )


def test_a_missing_argument_is_a_usage_error_on_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("ap", "preds.json") == failures.UNUSABLE_INPUT
    captured = capsys.readouterr()
    assert captured.err == "error: Missing argument 'GT'.\nsee: segeval ap --help\n"
    assert captured.out == ""


@pytest.mark.parametrize("number", ["0", "-1"])
def test_workers_must_be_positive(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ap", "p.json", "g.json", "--workers", number) == failures.UNUSABLE_INPUT
    assert "--workers" in capsys.readouterr().err


def test_an_unknown_choice_is_named_without_the_words_of_the_parser(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("ap", "p.json", "g.json", "--iou", "mask") == failures.UNUSABLE_INPUT
    message = capsys.readouterr().err
    assert message == ("error: --iou mask: no such kind of IoU, expected segm, boundary, bbox.\n")


def test_an_error_is_text_on_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    problem = MismatchError("wrong split?", code="unknown-image", path="preds.json", index=17)
    assert failures.run(fail_with(problem), ["fail"]) == failures.UNUSABLE_INPUT
    assert capsys.readouterr() == ("", "error: wrong split?\n")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["ap", "-", "-", "--json"], "standard-input"),
        (["ap", "p.json", "--json"], "usage"),
        (["ap", "p.json", "g.json", "--json", "--sizes", "96,32"], "sizes"),
    ],
)
def test_with_json_an_error_is_one_object_on_stdout(
    argv: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv) == failures.UNUSABLE_INPUT
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["schema"] == "segeval/error/1"
    assert set(document["error"]) == {"code", "message", "path", "index"}
    assert document["error"]["code"] == code
    assert captured.err.startswith(f"error: {document['error']['message']}")


def test_the_json_error_holds_path_and_index(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(*_: object, **options: object) -> None:
        raise MismatchError("wrong split?", code="unknown-image", path="p.json", index=17)

    monkeypatch.setattr(segeval, "check", check)
    assert run("check", "p.json", "--json") == failures.UNUSABLE_INPUT
    assert json.loads(capsys.readouterr().out)["error"] == {
        "code": "unknown-image",
        "message": "wrong split?",
        "path": "p.json",
        "index": 17,
    }


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (MissingDependency("install lvis"), failures.UNUSABLE_INPUT, "error: install lvis"),
        (
            ModuleNotFoundError("No module named 'no_such.part'", name="no_such.part"),
            failures.UNUSABLE_INPUT,
            "error: this needs the package no_such, which is not installed: pip install no_such",
        ),
        (FileNotFoundError(2, "No such file", "a.json"), 2, "error: a.json: No such file."),
        (MemoryError(), failures.UNUSABLE_INPUT, "error: not enough memory for these files."),
        (RecursionError(), 2, "error: lists or objects in a file are nested too deep."),
        (
            UnicodeEncodeError("utf-8", "a\ud800", 1, 2, "surrogates not allowed"),
            failures.UNUSABLE_INPUT,
            (
                r"error: a name or a file is not valid text: 'utf-8' codec can't encode "
                r"character '\ud800' in position 1: surrogates not allowed."
            ),
        ),
        (KeyboardInterrupt(), failures.INTERRUPTED, "interrupted"),
    ],
)
def test_other_ends_have_their_code_and_one_line(
    problem: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(fail_with(problem), ["fail"]) == code
    assert capsys.readouterr().err.strip() == words


@pytest.mark.parametrize(
    "problem", [MissingDependency("install lvis"), ModuleNotFoundError("none", name="no_such")]
)
def test_a_package_that_is_missing_has_a_code_of_its_own(
    problem: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    reports.report(problem, ["ap", "--json"])
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "missing-dependency"


def test_a_part_that_is_missing_in_a_package_is_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    problem = ModuleNotFoundError("No module named 'numpy.none'", name="numpy.none")
    assert failures.run(fail_with(problem), ["fail"]) == failures.BUG
    assert "This is a bug in segeval" in capsys.readouterr().err


def test_a_bug_shows_a_trace_and_how_to_report_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(fail_with(ZeroDivisionError("by zero")), ["fail"]) == 3
    message = capsys.readouterr().err
    assert "raise problem" in message
    assert "error: ZeroDivisionError: by zero" in message
    assert "This is a bug in segeval" in message
    assert "command  segeval fail" in message
    assert f"segeval {segeval.__version__}" in message


@pytest.mark.parametrize("argv", [["--help"], ["--version"]])
def test_a_pipe_closed_early_is_no_error(argv: list[str]) -> None:
    code = f"import sys; sys.argv[1:] = {argv!r}; from segeval_cli.main import main; main()"
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_shell_gets_completions() -> None:
    code = "from segeval_cli.main import main; main()"
    asked = {"_SEGEVAL_COMPLETE": "complete_bash", "COMP_WORDS": "segeval ap --per i"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked, "COMP_CWORD": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["image"]


@kernel
def next_number(number: int) -> int:
    """A kernel of which there is no machine code yet, in an empty folder."""
    return number + 1


@pytest.fixture
def cold_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], int]:
    """A kernel that no process has compiled yet."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(progress, "_said", [])
    monkeypatch.setattr(crew, "workers", lambda: 2)
    return cast(Callable[[int], int], kernel(next_number.__wrapped__))  # type: ignore[attr-defined]


@pytest.mark.skipif(
    not machine_code.SUPPORTED, reason="numba calls its kernels itself on this platform"
)
def test_compiling_is_announced_once(
    cold_kernel: Callable[[int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.working("evaluating"):
        assert capsys.readouterr().err == ""
        cold_kernel(1)
        cold_kernel(np.uint64(1))  # type: ignore[arg-type]
    assert capsys.readouterr().err == (
        "compiling kernels for the first run of this kind (about 10 s) ...\n"
    )


def test_kept_kernels_are_not_announced(
    cold_kernel: Callable[[int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    cold_kernel(1)
    with progress.working("evaluating"):
        kernel(next_number.__wrapped__)(1)  # type: ignore[attr-defined]
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing_about_compiling(
    cold_kernel: Callable[[int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.working("evaluating", quiet=True):
        cold_kernel(1)
    assert capsys.readouterr().err == ""


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "table.md"
    target.write_text("old")
    write_whole(target, "new")
    assert target.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["table.md"]


@pytest.mark.parametrize(
    ("make_path", "words"),
    [
        (lambda folder: folder / "x.pdf", "expected one of .json, .csv, .md"),
        (lambda folder: folder / "missing" / "x.csv", "there is no folder"),
        (lambda folder: folder, "the suffix says what to write"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_at_once(
    make_path: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    with pytest.raises(segeval.InputError, match=words):
        check_target(make_path(tmp_path))


def test_an_output_that_is_an_input_is_refused(tmp_path: Path) -> None:
    preds = tmp_path / "preds.json"
    preds.write_text("[]")
    link = tmp_path / "link.json"
    link.symlink_to(preds)
    inputs.forget()
    inputs.declared([str(preds), "-"])
    for output in (preds, link):
        with pytest.raises(InputError, match="is an input file and would be lost"):
            check_target(output, (".json",), overwrite=True)


def test_no_output_replaces_a_list_that_an_option_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text("[]")
    Path("g.json").write_text("{}")
    Path("names.csv").write_text("lamp\n")
    argv = ["ap", "p.json", "g.json", "--categories", "@names.csv", "-o", "./names.csv"]
    assert failures.run(app, argv) == failures.UNUSABLE_INPUT
    assert "is an input file and would be lost" in capsys.readouterr().err
    assert Path("names.csv").read_text() == "lamp\n"


@pytest.mark.parametrize(
    ("problem", "code"),
    [(InputError("odd"), failures.UNUSABLE_INPUT), (ValueError(), failures.BUG)],
)
def test_a_report_that_fails_leaves_the_code_as_it_is(
    problem: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr("segeval_cli.reports.report", failing)
    assert failures.run(fail_with(problem), ["fail"]) == code
    assert capsys.readouterr().err == (
        f"error: {type(problem).__name__}, and LookupError while it was reported\n"
    )
