"""A command starts without looking for garbage, and then looks as usual."""

from __future__ import annotations

import atexit
import gc

import pytest

from segeval_cli import start


def test_garbage_is_looked_for_as_usual_after_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(atexit, "register", lambda _: None)
    usual, others = gc.get_threshold(), list(gc.callbacks)
    start._put_off_garbage_collection()
    assert gc.get_threshold()[0] == start.LOADED
    gc.collect()
    assert (gc.get_threshold(), gc.callbacks) == (usual, others)
