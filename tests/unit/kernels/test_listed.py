"""The list of kernels is what commands call."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from segeval.kernels import crew, listed, machine_code
from segeval.kernels.listed import Listed, all_listed, by_purpose
from tests import kernel_list


@pytest.mark.parametrize("each", all_listed(), ids=lambda each: each.name)
def test_a_listed_kernel_takes_that_many_arguments(each: Listed) -> None:
    assert len(inspect.signature(each.function()).parameters) == len(each.signature)


def test_a_purpose_of_the_tool_is_one_of_the_list() -> None:
    assert by_purpose().keys() == kernel_list.PURPOSES.keys()


def test_what_is_no_kernel_is_refused() -> None:
    with pytest.raises(LookupError, match="has no kernel load"):
        Listed(machine_code.__name__, "load", ()).function()


def test_the_list_comes_back_from_its_file() -> None:
    assert listed.FILE.read_text() == listed.written(by_purpose())


def test_a_program_without_the_list_compiles_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "segeval.zip"
    archive.touch()
    monkeypatch.setattr(listed, "FILE", archive / "listed.json")
    monkeypatch.setattr(crew, "by_purpose", by_purpose.__wrapped__)
    assert by_purpose.__wrapped__() == {}
    assert crew.compiled(all_listed()[0], "any") is None


@pytest.mark.skipif(
    not machine_code.SUPPORTED, reason="numba calls its kernels itself on this platform"
)
def test_the_list_is_what_commands_call(tmp_path: Path) -> None:
    """`python -m tests.kernel_list` makes it anew."""
    kernel_list.prepare(tmp_path)
    assert set(kernel_list.called("masks", tmp_path)) == set(by_purpose()["masks"])
    maps = kernel_list.called_by(kernel_list.PURPOSES["label maps"][1:2], tmp_path)
    assert set(maps) <= set(by_purpose()["label maps"])
