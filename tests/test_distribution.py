"""What the archive of sources holds, and the wheel that is built from it."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import segeval

KEPT_OUT = {".git", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", "dist"}
"""Folders of a work tree that are nobody's business."""


def built(folder: Path, target: str, source: Path) -> Path:
    """The file that hatchling makes of a source tree."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        capture_output=True,
        check=True,
    )
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def sources(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of sources, unpacked."""
    folder = tmp_path_factory.mktemp("sources")
    with tarfile.open(built(folder / "archive", "sdist", root)) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"segeval_cv-{segeval.__version__}"


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the archive of sources makes."""
    return built(tmp_path_factory.mktemp("wheel"), "wheel", sources)


def names_of(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_sources_hold_what_a_clone_holds(root: Path, sources: Path) -> None:
    folders = {"segeval", "cli", "tests", "examples", "docs", ".ci"}
    files = {
        *(path.name for path in root.glob("*.md")),
        ".gitignore", "CITATION.cff", "LICENSE", "Makefile", "PKG-INFO", "pyproject.toml",
    }  # fmt: skip
    assert {path.name for path in sources.iterdir()} == folders | files


def test_sources_hold_neither_caches_nor_built_things(sources: Path) -> None:
    found = [path.relative_to(sources) for path in sources.rglob("*")]
    assert not [path for path in found if KEPT_OUT.intersection(path.parts)]
    assert not [path for path in found if path.suffix in {".pyc", ".nbi", ".nbc", ".so", ".whl"}]
    assert not (sources / "docs" / "site").exists()
    assert not (sources / "docs" / "pages" / "how-to" / "plots").exists()


def test_a_wheel_of_the_sources_holds_the_library_and_the_command_only(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names_of(wheel)}
    about = f"segeval_cv-{segeval.__version__}.dist-info"
    assert tops == {"segeval", "segeval_cli", about}
    assert wheel.name == f"segeval_cv-{segeval.__version__}-py3-none-any.whl"


def test_a_wheel_of_the_sources_holds_every_file_of_both_packages(root: Path, wheel: Path) -> None:
    in_wheel = {name for name in names_of(wheel) if ".dist-info/" not in name}
    packages = (root / "segeval", root / "cli" / "segeval_cli")
    wanted = {
        str(path.relative_to(package.parent))
        for package in packages
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert in_wheel == wanted
    assert in_wheel >= {
        "segeval/py.typed",
        "segeval/kernels/listed.json",
        "segeval/models/costs/listed_presets.csv",
        "segeval/reports/page/page.html",
        "segeval/reports/page/style.css",
    }


def test_metadata_say_what_is_installed_and_under_which_licence(wheel: Path) -> None:
    about = f"segeval_cv-{segeval.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        told = message_from_bytes(archive.read(f"{about}/METADATA"))
        assert archive.read(f"{about}/entry_points.txt").split() == [
            b"[console_scripts]", b"segeval", b"=", b"segeval_cli.start:main",
        ]  # fmt: skip
        assert f"{about}/licenses/LICENSE" in archive.namelist()
    assert (told["Name"], told["Version"]) == ("segeval-cv", segeval.__version__)
    assert told["License-Expression"] == "Apache-2.0"
    assert told["Requires-Python"] == ">=3.11"
    assert {*told.get_all("Provides-Extra", [])} == {"dask", "lvis", "models", "report"}


def test_no_link_on_the_page_of_the_index_leads_nowhere(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = f"segeval_cv-{segeval.__version__}.dist-info"
        told = message_from_bytes(archive.read(f"{about}/METADATA"))
    assert told["Description-Content-Type"] == "text/markdown"
    page = str(told.get_payload())
    assert page.startswith("# segeval\n")
    assert "<!--" not in page
    assert not re.findall(r"\]\((?!https?:)[^)]*\)", page)


def test_links_on_the_page_of_the_index_are_those_of_the_tag_where_there_is_an_address(
    root: Path,
) -> None:
    for_index = runpy.run_path(str(root / "docs" / "index_readme.py"))["for_index"]
    text = "![seen](a.png) [Page](docs/a.md#b) [Web](https://c.example) [Here](#d)\n"
    assert for_index(text, "https://git.example/us/it", "v1.2.0") == (
        "![seen](https://git.example/us/it/raw/v1.2.0/a.png)"
        " [Page](https://git.example/us/it/blob/v1.2.0/docs/a.md#b)"
        " [Web](https://c.example) [Here](#d)\n"
    )
    assert for_index(text, "", "v1.2.0").startswith(" Page [Web](https://c.example) [Here](#d)\n")


def test_the_citation_is_of_this_version(root: Path) -> None:
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", text, re.MULTILINE) == [segeval.__version__]


def test_the_page_on_citing_is_of_this_version_and_has_all_references(root: Path) -> None:
    page = (root / "docs" / "pages" / "definitions" / "citing.md").read_text(encoding="utf-8")
    versions = re.findall(r"version = \{(.+)\}|by segeval ([\d.]+\d)", page)
    assert {one or other for one, other in versions} == {segeval.__version__}
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    titles = re.findall(r'^    title: "(.+)"$', text, re.MULTILINE)
    assert len(titles) > 10
    plain = page.replace("{", "").replace("}", "")
    assert [title for title in titles if title not in plain] == []


def test_the_changelog_has_a_heading_for_this_version_below_what_is_unreleased(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)", text, re.MULTILINE)
    assert headings[:2] == ["Unreleased", segeval.__version__]


def test_lines_of_the_changelog_that_move_a_number_come_first_in_their_list(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    for part in re.split(r"^##+ ", text, flags=re.MULTILINE):
        moves = [
            line.startswith("- **NUMBERS:**") for line in part.splitlines() if line[:2] == "- "
        ]
        assert moves == sorted(moves, reverse=True), part.partition("\n")[0]
