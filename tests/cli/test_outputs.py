"""No output replaces an input, and none replaces another file without being told."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segeval.errors import InputError
from segeval_cli import failures, inputs
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app
from segeval_cli.output import check_target

READING = [
    ("ap x.json g.json", "x.json"),
    ("ap p.json x.json", "x.json"),
    ("ap p.json g.json --categories @x.csv", "x.csv"),
    ("ap p.json g.json --images @x.md", "x.md"),
    ("ap p.csv g.csv --protocol openimages --boxes x.csv", "x.csv"),
    ("ap p.csv g.csv --protocol openimages --labels x.csv", "x.csv"),
    ("ap p.csv g.csv --protocol openimages --hierarchy x.json", "x.json"),
    ("check x.json", "x.json"),
    ("check p g --classes x.json", "x.json"),
    ("convert cocofy x.json --map map.json", "x.json"),
    ("convert cocofy lvis.json --map x.json", "x.json"),
    ("convert openimages-to-coco g.csv --classes x.json", "x.json"),
    ("convert openimages-to-coco g.csv --sizes x.json", "x.json"),
    ("convert panoptic-to-coco x.json", "x.json"),
    ("miou p g --classes x.md", "x.md"),
    ("models show x.toml", "x.toml"),
    ("plot size-hist g.json x.csv", "x.csv"),
    ("plot trimap x.csv", "x.csv"),
    ("pq x.json g.json", "x.json"),
    ("sweep max-dets p.json x.json", "x.json"),
]
"""Command lines that read a file, and the file."""

EMPTY = {
    "images": [{"id": 1, "width": 8, "height": 8}],
    "categories": [{"id": 1, "name": "lamp"}],
    "annotations": [],
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(words: str) -> int:
    return failures.run(app, shlex.split(words))


def commands() -> Iterator[tuple[str, Any]]:
    """Every command and subcommand, by name."""
    for name in COMMANDS:
        loaded = LaterCommand(name).load()
        yield name, loaded
        for inner, one in getattr(loaded, "commands", {}).items():
            yield f"{name} {inner}", one


@pytest.mark.parametrize("way", ["same", "dotted", "symbolic link", "hard link"])
@pytest.mark.parametrize(("words", "name"), READING)
def test_an_output_never_replaces_an_input(
    words: str, name: str, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text("precious")
    output = Path(name) if way == "same" else Path(f"other{Path(name).suffix}")
    if way == "dotted":
        Path("folder").mkdir()
        output = Path("folder", "..", name)
    elif way == "symbolic link":
        output.symlink_to(name)
    elif way == "hard link":
        os.link(name, output)
    assert run(f"{words} -o {output} --overwrite") == failures.UNUSABLE_INPUT
    assert f"--output {output}: is an input file and would be lost." in capsys.readouterr().err
    assert Path(name).read_text() == "precious"


@pytest.mark.parametrize("named", ["folder", "folder/*.json", "./folder/?.json", "**/*.json"])
def test_a_file_in_a_folder_or_pattern_is_an_input(
    named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    Path("folder/x.json").write_text("precious")
    assert run(f"ap '{named}' g.json -o folder/x.json --overwrite") == failures.UNUSABLE_INPUT
    assert "is an input file and would be lost." in capsys.readouterr().err
    assert Path("folder/x.json").read_text() == "precious"


@pytest.mark.skipif(os.name != "posix", reason="needs a shell of Unix")
def test_a_file_on_standard_input_is_an_input() -> None:
    Path("x.json").write_text("[]")
    words = f"{sys.executable} -m segeval_cli ap - g.json -o x.json --overwrite < x.json"
    done = subprocess.run(words, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == failures.UNUSABLE_INPUT
    assert "is an input file and would be lost." in done.stderr
    assert Path("x.json").read_text() == "[]"


def test_every_command_that_writes_takes_overwrite_unless_it_writes_weights() -> None:
    lacking = []
    for name, command in commands():
        names = {param.name for param in command.params}
        if "output" in names and "overwrite" not in names:
            lacking.append(name)
    assert lacking == ["average-checkpoints"]


@pytest.mark.parametrize(
    "words",
    [
        "ap p.json g.json -o x.json",
        "check p.json -o x.json",
        "convert cocofy lvis.json --map map.json -o x.json",
        "convert openimages-to-coco g.csv -o x.json",
        "convert panoptic-to-coco g.json -o x.json",
        "miou p g --classes 3 -o x.json",
        "models -o x.json",
        "models flops -o x.json",
        "plot size-hist g.json -o x.csv",
        "plot trimap g.json -o x.csv",
        "pq p.json g.json -o x.json",
        "sweep max-dets p.json g.json -o x.json",
    ],
)
def test_a_file_that_exists_is_refused_before_any_other_is_read(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Path(words.rpartition(" ")[2])
    output.write_text("precious")
    assert run(words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == (
        f"error: --output {output}: exists already. Name another file, or replace it with "
        "--overwrite.\n"
    )
    assert output.read_text() == "precious"


def test_overwrite_replaces_a_file() -> None:
    Path("g.json").write_text(json.dumps(EMPTY))
    Path("p.json").write_text("[]")
    Path("x.json").write_text("older")
    assert run("ap p.json g.json -q -o x.json --overwrite") == failures.DONE
    assert json.loads(Path("x.json").read_text())["schema"].startswith("segeval/ap/")


@pytest.mark.parametrize("excess", [0, 1])
def test_the_length_of_a_name_is_judged_before_the_work(excess: int) -> None:
    longest = os.pathconf(".", "PC_NAME_MAX")
    path = Path("p" * (longest - 5 + excess) + ".json")
    if not excess:
        check_target(path)
        return
    with pytest.raises(InputError, match=f"the name has {longest + 1} bytes, expected at most"):
        check_target(path)


def test_a_path_that_is_no_file_is_never_replaced() -> None:
    os.mkfifo("x.json")
    with pytest.raises(InputError, match="is not a regular file"):
        check_target(Path("x.json"), overwrite=True)


def test_files_of_an_earlier_run_are_no_inputs_of_this_one() -> None:
    Path("x.json").write_text("")
    inputs.declared("x.json")
    inputs.forget()
    assert not inputs.is_input(Path("x.json"))


ENDING = """
import os, signal, sys
from segeval.data import whole_files
from segeval_cli import failures, main

number = getattr(signal, sys.argv.pop(1))
whole_files._unnamed_file = lambda folder: None  # as on systems without such files
whole_files._finish = lambda *_: os.kill(os.getpid(), number)
main.main()
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals of Unix")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_leaves_no_half_written_file(name: str, code: int) -> None:
    Path("g.json").write_text(json.dumps(EMPTY))
    Path("p.json").write_text("[]")
    argv = [sys.executable, "-c", ENDING, name, "ap", "p.json", "g.json", "-q", "-o", "x.json"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "")
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["g.json", "p.json"]


@pytest.mark.skipif(os.name != "posix", reason="needs signals of Unix")
def test_nohup_is_respected() -> None:
    code = (
        "import signal; from segeval_cli import failures; failures.heed_signals(); "
        "print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    )
    argv = ["sh", "-c", f"trap '' HUP; exec {sys.executable} -c {shlex.quote(code)}"]
    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "True\n"
