"""The page on FiftyOne runs against a stand-in: the package needs a server that tests lack."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fiftyone_stand_in import fiftyone
from tests.prepared import Prepared
from tests.test_docs import ROOT, run


def test_lines_of_errors_become_a_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: Prepared
) -> None:
    monkeypatch.setitem(sys.modules, "fiftyone", fiftyone())
    monkeypatch.chdir(tmp_path)
    run(ROOT / "docs" / "pages" / "how-to" / "fiftyone.md", tmp_path, prepared)
