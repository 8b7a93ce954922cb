"""The report of `segeval predict` names every file that the predictions depend on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from segeval_cli.commands.predict.report import Report, Tally


def test_given_boxes_are_an_input_with_their_hash(tmp_path: Path) -> None:
    weights, boxes = tmp_path / "best.safetensors", tmp_path / "boxes.json"
    weights.write_bytes(b"weights")
    boxes.write_bytes(b"[]")
    report = Report(
        weights=weights, boxes=boxes, semantic=False, settings={}, tally=Tally(), written=(),
        notes=(), seconds=1.0,
    )  # fmt: skip
    assert report.to_dict()["inputs"] == {
        "weights": {"path": str(weights), "sha256": hashlib.sha256(b"weights").hexdigest()},
        "boxes": {"path": str(boxes), "sha256": hashlib.sha256(b"[]").hexdigest()},
    }
