"""What the library says to its users: arguments and functions, never flags; a code per mistake."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from segeval_cli.commands import COMMANDS

FLAG = re.compile(r"(?<![\w-])--[a-z]")
COMMAND = re.compile(rf"\bsegeval ({'|'.join(COMMANDS)}|{{}})(?![\w-])")

ALLOWED = {
    # files that a command writes, where the message says what is expected in them
    "segeval/data/saved_results.py: what `segeval {} --json` prints",
    (
        "segeval/plots/trimap.py: {}: results and settings of mean IoU cannot be read ({}), "
        "expected the object that `segeval miou --json` prints."
    ),
    # the title of a table that one command shows
    "segeval/models/costs/listed_presets.py: segeval models show NAME prints all settings",
}
"""Texts that name a command for a reason."""


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a module that is no docstring, with {} for what is put in."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in inside | docstrings:
            yield str(node.value)


def speaks_of_commands(text: str) -> bool:
    """Whether a text has flags or commands of the command line."""
    return bool(FLAG.search(text) or COMMAND.search(text))


def test_no_message_of_the_library_speaks_in_flags_or_commands(root: Path) -> None:
    found = {
        f"{path.relative_to(root)}: {text}"
        for path in (root / "segeval").rglob("*.py")
        for text in texts(parsed(path))
        if speaks_of_commands(text)
    }
    assert found == ALLOWED


def test_flags_and_commands_are_seen_outside_of_docstrings() -> None:
    tree = ast.parse(
        '"""Not --this."""\nf"run {x} with --that"\ny = "segeval ap a b"\nz = f"as segeval {y}"\n'
        'fine = "segeval api", "a segeval-demo"'
    )
    assert [text for text in texts(tree) if speaks_of_commands(text)] == [
        "run {} with --that",
        "segeval ap a b",
        "as segeval {}",
    ]


def codes(tree: ast.AST) -> Iterator[str]:
    """Every code of an error, a note or a finding that a module spells out."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
        if isinstance(call.func, ast.Name) and call.func.id == "Note":
            given += call.args[:1]
        for value in given:
            branches = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
            for each in branches:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield each.value


def alike(code: str) -> str:
    """What codes share that differ only in s, - or _."""
    return "".join(word.rstrip("s") for word in code.replace("_", "-").split("-"))


def test_every_mistake_has_one_code(root: Path) -> None:
    found = {
        code
        for package in ("segeval", "cli/segeval_cli")
        for path in (root / package).rglob("*.py")
        for code in codes(parsed(path))
    }
    assert len(found) > 100
    assert not [code for code in found if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)]
    by_likeness: dict[str, list[str]] = {}
    for code in sorted(found):
        by_likeness.setdefault(alike(code), []).append(code)
    assert [codes for codes in by_likeness.values() if len(codes) > 1] == []


@pytest.mark.parametrize(
    ("one", "other"), [("empty-mask", "empty-masks"), ("boundary_f", "boundary-f")]
)
def test_codes_that_differ_only_in_a_sign_are_alike(one: str, other: str) -> None:
    assert alike(one) == alike(other) != alike("empty-box")


def test_codes_are_seen_in_errors_and_notes() -> None:
    tree = ast.parse('InputError("x", code="a" if y else "b-c")\nNote("d", "e")\nother("f")')
    assert sorted(codes(tree)) == ["a", "b-c", "d"]


PAGES = "docs/pages/messages"
"""The folder of the pages that explain errors."""

WITHOUT_PAGE = {
    "Arrays, tensors and training loops in Python": (
        "adapters", "compat", "data/coco/in_memory", "host_arrays", "masks", "metrics/loop",
        "sampling",
    ),
    "Converters of YOLO, Pascal VOC, CVAT and labelme files": (
        "data/cvat", "data/labelme", "data/plain_xml", "data/voc", "data/yolo",
    ),
    "Figures and reports": ("plots", "reports"),
    "Label maps, id maps, panoptic files, Cityscapes, Open Images": (
        "checks/label_maps", "checks/panoptic", "checks/panoptic_pictures", "data/cityscapes",
        "data/id_maps", "data/label_maps", "data/open_images", "data/pictures",
        "metrics/loop/panoptic", "metrics/loop/panoptic_images", "metrics/open_images",
        "metrics/semantic",
    ),
    "Merging models, new scores": ("checks/together", "data/tiles", "ensemble", "rescore"),
    "Options of evaluations and comparisons": ("analysis", "checks/report", "metrics"),
    "Other fields of COCO and LVIS files, archives, limits": ("checks", "data"),
    "Part files and saved results": (
        "analysis/errors", "metrics/coco/parts", "metrics/parts",
    ),
    "Prompts by concept": ("metrics/concepts",),
    "The interface of pycocotools in Python": ("compat/pycocotools",),
    "Threads and executors": ("kernels",),
    "Training, prediction, weights": ("models",),
}  # fmt: skip
"""What the rows of messages without a page are about, and the modules and folders that say them."""

CODES = re.compile(r"`([a-z0-9_-]+)`")


def codes_of_errors(tree: ast.AST) -> Iterator[str]:
    """Every code that ends a command: not those of notes, nor of findings that only warn."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func).rpartition(".")[2]
        first = call.args[0] if call.args else None
        level = first.value if isinstance(first, ast.Constant) else None
        if name != "Note" and (name.lower() != "finding" or level not in ("ok", "warn")):
            yield from codes(ast.Module([ast.Expr(_alone(call))], []))


def _alone(call: ast.Call) -> ast.Call:
    """A call without the calls in its arguments."""
    return ast.Call(call.func, [], [each for each in call.keywords if each.arg == "code"])


def explained(page: Path) -> set[str]:
    """The codes that a page says it explains."""
    found = re.search(r"^With `--json`, `error\.code` is ([^.]+)\.$", page.read_text("utf-8"), re.M)
    return set() if found is None else set(CODES.findall(found[1]))


def test_every_error_has_a_page_or_is_listed_without_one(root: Path) -> None:
    pages = {page.stem: explained(page) for page in (root / PAGES).glob("*.md")}
    index = (root / PAGES / "index.md").read_text(encoding="utf-8")
    with_page, _, without = index.partition("## Messages without a page")
    rows = re.findall(r"^\| `(\S+)` \| .+ \| \[(\S+)\]\(\2\.md\) \|$", with_page, re.MULTILINE)
    assert sorted(rows) == sorted((code, name) for name, own in pages.items() for code in own)
    listed = [code for row in without.splitlines()[5:] for code in CODES.findall(row)]
    raised = {
        code for path in (root / "segeval").rglob("*.py") for code in codes_of_errors(parsed(path))
    }
    missing = raised - set().union(*pages.values()) - set(listed)
    assert not missing, f"to be listed in {PAGES}/index.md, or explained on a page: {missing}"
    assert set(listed) <= raised - set().union(*pages.values())
    assert len(listed) == len(set(listed))


def test_every_code_of_the_command_itself_is_listed(root: Path) -> None:
    index = (root / PAGES / "index.md").read_text(encoding="utf-8")
    _, _, section = index.partition("## Codes that are not about your files")
    listed = re.findall(r"^\| `(\S+)` \|", section.partition("\n## ")[0], re.MULTILINE)
    said = {
        call.args[1].value
        for call in ast.walk(parsed(root / "cli/segeval_cli/reports.py"))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "_say"
        if isinstance(call.args[1], ast.Constant)
    }
    assert len(said) == len(listed)
    assert said == set(listed)


def test_messages_without_a_page_stand_in_the_row_of_what_says_them(root: Path) -> None:
    package = root / "segeval"
    said_by: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        for code in codes_of_errors(parsed(path)):
            said_by.setdefault(code, set()).add(
                path.relative_to(package).with_suffix("").as_posix()
            )
    index = (root / PAGES / "index.md").read_text(encoding="utf-8")
    rows = index.partition("## Messages without a page")[2].partition("\n## ")[0].splitlines()[6:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == sorted(WITHOUT_PAGE)
    for row, places in zip(
        rows, (WITHOUT_PAGE[name] for name in sorted(WITHOUT_PAGE)), strict=True
    ):
        listed = CODES.findall(row)
        assert listed == sorted(listed)
        within = {code: _within(said_by[code], places) for code in listed}
        assert not [code for code, found in within.items() if not found], f"in another row: {row}"
        assert set().union(*within.values()) == set(places), f"nothing is said by these: {row}"


def _within(modules: set[str], places: tuple[str, ...]) -> set[str]:
    """The places that hold one of the modules, or are one of them."""
    return {place for place in places for each in modules if f"{each}/".startswith(f"{place}/")}


def test_codes_of_errors_leave_out_notes_and_warnings() -> None:
    tree = ast.parse(
        'InputError("x", code="a")\nNote("d", "e")\nFinding("warn", code="w")\n'
        'Finding("error", code="b")\nrefusal(finding("ok", code="o"), code="c")'
    )
    assert sorted(codes_of_errors(tree)) == ["a", "b", "c"]
