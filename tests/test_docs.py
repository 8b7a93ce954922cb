"""Every code block of the README and the documentation runs, and prints what the page says."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

from segeval_cli.groups import LaterCommand
from segeval_cli.main import app
from tests.prepared import SECONDS, Prepared, environment, words_of

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *(
        page
        for page in sorted((ROOT / "docs" / "pages").rglob("*.md"))
        if page.parent.name != "examples"  # made of scripts that have tests of their own
    ),
]
NEEDS = re.compile(r"^<!-- needs (\w+) -->$", re.MULTILINE)
IMPORTED = re.compile(r"^(?:>>> |\.\.\. )? *(?:import|from) (\w+)", re.MULTILINE)
TRAINED = re.compile(r"^\$ segeval (?:train|predict)\b", re.MULTILINE)
SENTENCE = re.compile(r"`segeval ([a-z][a-z0-9-]*)(?: ([a-z][a-z0-9-]*)(?=[ `]))?")
"""A command in a line of text, with its subcommand or a first word such as the name of a file."""

OPTIONAL: dict[str, tuple[str, ...]] = {
    "accelerate": ("torch",), "fiftyone": (), "lightning": ("torch",), "mmengine": ("torch",),
    "pandas": (), "polars": (), "safetensors": (), "tensorboard": (), "torch": ("safetensors",),
    "torchmetrics": ("torch",), "transformers": ("safetensors", "torch"), "wandb": (),
}  # fmt: skip
"""Packages that a page may need, and those that come with them."""

LANGUAGES = {"console", "json", "python", "sh", "text", "toml", "yaml"}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(
    r"(?:<!-- exit (?P<exit>\d+) -->\n)?"
    r"(?:^```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^```$|^<!-- setup\n(?P<setup>.*?)^-->$)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block, or the Python of a set-up comment.

    Attributes:
        place: page and line, for messages.
        language: as the page names it, "setup" for a comment.
        text: the lines between the fences.
        exit_code: how the last command of a console block ends.
    """

    place: str
    language: str
    text: str
    exit_code: int = 0


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page from top to bottom."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        language = "setup" if found["setup"] else found["language"]
        line = text.count("\n", 0, found.start("setup" if found["setup"] else "code")) + 1
        place = f"{page.relative_to(ROOT)}:{line}"
        yield Block(place, language, found["setup"] or found["code"], int(found["exit"] or 0))


def same_output(want: str, got: str) -> bool:
    """Whether two outputs agree but for how long things took and what the first run says."""
    got = re.sub(r"^compiling kernels.*\n", "", got, flags=re.MULTILINE)
    got = re.sub(r",\s+[\d.]+ s\s+of\s+them\s+compiling\s+kernels", "", got)
    want, got = (re.sub(r"\b[\d.]+ s\b", "# s", text).strip() + "\n" for text in (want, got))
    return doctest.OutputChecker().check_output(want, got, OPTIONS)


def run_python(block: Block, names: dict[str, Any]) -> None:
    """Run statements, or an interactive session and compare what it shows."""
    if ">>> " not in block.text:
        exec(compile(block.text, block.place, "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.text, names, block.place, block.place, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    outcome = runner.run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert outcome.failed == 0, f"{block.place}\n{''.join(report)}"


def run_console(block: Block, folder: Path, prepared: Prepared) -> None:
    """Run the commands after each "$ " and compare what the terminal would show."""
    sessions = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    assert sessions, f'{block.place}: no line starts with "$ "'
    for place, session in enumerate(sessions):
        command, _, want = session.partition("\n")
        words = words_of(command)
        code, text = in_a_shell(command, folder) if words is None else prepared.run(words, folder)
        message = f"{block.place}: $ {command}\n{text}"
        assert code == (block.exit_code if place == len(sessions) - 1 else 0), message
        assert same_output(want, text), f"{message}--- but the page says ---\n{want}"


def in_a_shell(command: str, folder: Path) -> tuple[int, str]:
    """Run a command; its exit code and what it printed."""
    run = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    return run.returncode, run.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_of_a_page_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: Prepared
) -> None:
    text = page.read_text(encoding="utf-8")
    needed = NEEDS.findall(text)
    for package in needed:
        pytest.importorskip(package, reason=f"needs {package}")
    monkeypatch.chdir(tmp_path)
    registers = "register_" in text and find_spec("torch") is not None
    with _registry_restored() if registers else nullcontext(), warnings.catch_warnings():
        for kind in (UserWarning, FutureWarning) if "lightning" in needed else ():
            warnings.simplefilter("ignore", kind)  # its advice for large data
        run(page, tmp_path, prepared)


def _registry_restored() -> AbstractContextManager[None]:
    """What a page registers is forgotten."""
    from tests.own_kinds import kinds_restored

    return kinds_restored()


def run(page: Path, tmp_path: Path, prepared: Prepared) -> None:
    """Run every block of a page, one after the other."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language in ("python", "setup"):
            run_python(block, names)
        elif block.language == "console":
            run_console(block, tmp_path, prepared)
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_has_a_language_that_is_tested(page: Path) -> None:
    known = LANGUAGES | {"setup"}
    assert [block.place for block in blocks(page) if block.language not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_says_which_packages_it_needs(page: Path) -> None:
    run = [each for each in blocks(page) if each.language in ("console", "python", "setup")]
    used = {name for each in run for name in IMPORTED.findall(each.text) if name in OPTIONAL}
    used |= {"torch" for each in run if TRAINED.search(each.text)}
    stated = NEEDS.findall(page.read_text(encoding="utf-8"))
    assert used - set(stated) - {name for key in stated for name in OPTIONAL[key]} == set()


def test_blocks_that_do_not_run_only_set_things_up() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        for block in blocks(page):
            lines = block.text.splitlines() if block.language == "sh" else []
            for program, *arguments in (line.partition("#")[0].split() for line in lines if line):
                assert program in {"cd", "git", "make", "pip", "uv", "."}, block.place
                assert program != "make" or arguments[0] in targets, block.place


def test_every_command_in_a_sentence_exists() -> None:
    commands: Any = typer.main.get_command(app)
    context = typer.Context(commands)
    for page in PAGES:
        for name, more in SENTENCE.findall(page.read_text(encoding="utf-8")):
            command = commands.get_command(context, name)
            assert command is not None, (page, name)
            own = command.load() if isinstance(command, LaterCommand) else command
            if more and hasattr(own, "commands"):
                assert more in own.commands, (page, name, more)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `segeval demo` writes."""
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run(
        ["segeval", "demo"], cwd=folder, env=environment(), capture_output=True, check=True
    )
    return folder / "segeval-demo"


def all_keys(value: Any) -> set[str]:
    """Every key of nested objects."""
    if isinstance(value, dict):
        return set(value).union(*(all_keys(member) for member in value.values()))
    return (
        set().union(*(all_keys(member) for member in value)) if isinstance(value, list) else set()
    )


def test_every_json_field_is_documented(demo: Path) -> None:
    command = "segeval ap model_a.json gt.json --compat pycocotools --per image --json --verify"
    run = subprocess.run(command.split(), cwd=demo, env=environment(), capture_output=True)
    page = (ROOT / "docs" / "pages" / "json.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", page))))
    names = {"all", "small", "medium", "large"}  # of buckets
    assert all_keys(json.loads(run.stdout)) - names - documented == set()
