"""The best level that a processor surely has is taken."""

from __future__ import annotations

import platform
import sys

import pytest

from segeval.kernels import levels
from segeval.kernels.levels import V2, V3, V4


@pytest.fixture(autouse=True)
def _x86_with_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def level_with(monkeypatch: pytest.MonkeyPatch, flags: frozenset[str]) -> str | None:
    said = {"flags": " ".join({*flags, "fpu", "avx_vnni"})}
    monkeypatch.setattr(levels, "processor", lambda: said)
    return levels.level.__wrapped__()


@pytest.mark.parametrize(
    ("flags", "level"),
    [
        (V4, "x86-64-v4"), (V3, "x86-64-v3"), (V2, "x86-64-v2"),
        (V2 - {"cx16"}, None), (frozenset(), None),
    ],
)  # fmt: skip
def test_the_best_level_is_taken(
    monkeypatch: pytest.MonkeyPatch, flags: frozenset[str], level: str | None
) -> None:
    assert level_with(monkeypatch, flags) == level


@pytest.mark.parametrize("missing", sorted(V4 - V3))
def test_one_missing_flag_means_the_level_below(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    assert level_with(monkeypatch, V4 - {missing}) == "x86-64-v3"


@pytest.mark.parametrize("missing", sorted(V3 - V2))
def test_a_hole_below_means_the_level_below_that(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    assert level_with(monkeypatch, V4 - {missing}) == "x86-64-v2"


def test_an_arm_processor_has_one_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert level_with(monkeypatch, frozenset()) == "generic"


@pytest.mark.parametrize(("system", "machine"), [("linux", "riscv64"), ("darwin", "x86_64")])
def test_other_machines_have_none(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert level_with(monkeypatch, V4) is None
