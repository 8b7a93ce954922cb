"""Kernels that come with the package are run exactly if they are those of its index."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from segeval.kernels import build, built, machine_code, store
from segeval.kernels.listed import all_listed
from segeval.masks import run_lengths

pytestmark = pytest.mark.skipif(
    not machine_code.SUPPORTED, reason="numba calls its kernels itself on this platform"
)

LEVEL = "x86-64-v2"
ONE = next(each for each in all_listed() if each.name == "copy_runs")
FUNCTION, SIGNATURE = ONE.function(), ONE.signature


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """The name of a kernel, and its file. It is compiled for this processor, whatever its level."""
    folder = tmp_path_factory.mktemp("built")
    [(name, digest)] = build.compiled([ONE], LEVEL, folder)
    return name, (folder / digest).read_bytes()


@pytest.fixture
def file(content: tuple[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of one kernel in a package, as a wheel has it."""
    name, code = content
    digest = built.digest_of(code)
    (tmp_path / digest).write_bytes(code)
    monkeypatch.setattr(built, "FOLDER", tmp_path)
    monkeypatch.setattr(built, "_found", built.Index(built.runtime_digest(), {name: digest}))
    monkeypatch.setattr(built, "level", lambda: LEVEL)
    return tmp_path / digest


def found() -> store.Compiled | None:
    return built.find(FUNCTION, SIGNATURE)


def test_a_kernel_of_the_package_is_neither_compiled_nor_kept(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(store, "settings", list)
    copy = machine_code.load(FUNCTION, SIGNATURE)
    counts, new = np.arange(6, dtype=np.uint32), np.zeros(3, np.uint32)
    copy(counts, np.array([2]), np.array([0]), np.array([3]), new)
    assert new.tolist() == [2, 3, 4]
    assert not (tmp_path / "kept").exists()


def test_a_clone_has_none() -> None:
    assert built._index() is None
    assert found() is None


def test_a_damaged_file_counts_as_missing(file: Path) -> None:
    assert found() is not None
    sound = file.read_bytes()
    for damaged in (sound[:-1], sound + b"\0", b""):
        file.write_bytes(damaged)
        assert found() is None
    file.unlink()
    assert found() is None


def test_another_kernel_in_place_of_one_counts_as_missing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the index says so, a file must hold the kernel of that name."""
    index = built._found
    assert index is not None
    other = next(each for each in all_listed() if each.name == "counting_sort")
    name = built.name_of(other.function(), other.signature, LEVEL)
    monkeypatch.setattr(built, "_found", built.Index(index.runtime, {name: file.name}))
    assert built.find(other.function(), other.signature) is None


def test_another_runtime_of_numba_counts_as_missing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(built, "runtime_digest", lambda: "other")
    assert found() is None


@pytest.mark.parametrize("level", ["x86-64-v3", None])
def test_another_level_counts_as_missing(
    file: Path, monkeypatch: pytest.MonkeyPatch, level: str | None
) -> None:
    monkeypatch.setattr(built, "level", lambda: level)
    assert found() is None


def test_settings_of_numba_are_heeded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_OPT", "0")
    assert found() is None


def test_an_unlisted_signature_is_compiled(file: Path) -> None:
    assert built.find(FUNCTION, (*SIGNATURE[:-1], ("<i8", 1, "C", True))) is None


def test_changed_sources_are_compiled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built, "ROOM", "other")
    assert found() is None


@pytest.mark.parametrize(
    "module",
    [SimpleNamespace(), SimpleNamespace(RUNTIME="", FILES=3), SimpleNamespace(FILES={})],
)
def test_a_foreign_index_counts_as_missing(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    monkeypatch.setattr(built, "import_module", lambda _: module)
    assert built._index() is None


@pytest.mark.parametrize("problem", [SyntaxError, PermissionError, EOFError])
def test_a_damaged_index_counts_as_missing(
    monkeypatch: pytest.MonkeyPatch, problem: type[Exception]
) -> None:
    def broken(_: str) -> None:
        raise problem

    monkeypatch.setattr(built, "import_module", broken)
    assert built._index() is None


def test_an_index_says_what_was_built() -> None:
    module: dict[str, Any] = {}
    exec(build.index({"b": "2", "a": "1"}), module)
    assert (module["RUNTIME"], module["FILES"]) == (built.runtime_digest(), {"a": "1", "b": "2"})


def test_a_kernel_that_only_numba_can_call_is_no_part_of_a_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segeval.kernels.compile.compile_kernel", lambda *_: None)
    with pytest.raises(RuntimeError, match=r"segeval\.masks\.run_lengths\.copy_runs would run"):
        list(build.compiled([ONE], LEVEL, tmp_path))


def test_the_name_of_a_kernel_says_where_it_is_from_and_what_for() -> None:
    before = built.name_of(FUNCTION, SIGNATURE, LEVEL)
    assert before != built.name_of(FUNCTION, SIGNATURE, "x86-64-v3")
    assert before.startswith(f"{run_lengths.__name__}.copy_runs-")
