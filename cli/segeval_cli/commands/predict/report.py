"""The final report of `segeval predict`, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval.errors import Note
from segeval.frozen import frozen
from segeval.words import counted
from segeval_cli.progress import per_second
from segeval_cli.tables import flow, note_text


@dataclass
class Tally:
    """Counts of a run.

    Attributes:
        images: read.
        objects: found in them.
        broken: images that could not be read.
    """

    images: int = 0
    objects: int = 0
    broken: int = 0


@frozen
class Written:
    """A file or folder with predictions.

    Attributes:
        path: of the file or folder.
        what: its contents, "" if obvious.
    """

    path: str
    what: str = ""


@frozen(kw_only=True)
class Report:
    """A run of `segeval predict`.

    Attributes:
        weights: the file.
        boxes: the file of given boxes; None for none.
        semantic: whether label maps were predicted.
        settings: everything besides these files that the predictions depend on.
        tally: counts of the run.
        written: the files.
        notes: what the user should know.
        seconds: wall time of predicting.
    """

    weights: Path
    boxes: Path | None
    semantic: bool
    settings: Mapping[str, Any]
    tally: Tally
    written: tuple[Written, ...]
    notes: tuple[Note, ...]
    seconds: float

    @property
    def inputs(self) -> dict[str, dict[str, str | None]]:
        """The files of weights and boxes, with their hashes."""
        from segeval.data.files import sha256

        files = {"weights": self.weights, "boxes": self.boxes}
        return {
            name: {"path": str(path), "sha256": sha256(path)}
            for name, path in files.items()
            if path is not None
        }

    def text(self, width: int, *, with_notes: bool) -> str:
        """The report for people."""
        title = "Label maps" if self.semantic else "Objects"
        counts = [counted(self.tally.images, "image")]
        if not self.semantic:
            counts.append(counted(self.tally.objects, "prediction"))
        pace = per_second(self.tally.images, self.seconds)
        speed = f"in {self.seconds:.1f} s ({pace} images/s) on {self.settings['device']}"
        files = (f"{each.path} ({each.what})" if each.what else each.path for each in self.written)
        lines = [
            flow([title, f"{self.weights} ({self.settings['model']})"], width),
            "",
            flow([", ".join(counts), speed], width, gap=1),
            flow([f"wrote {', '.join(files)}"], width),
        ]
        if with_notes:
            lines += [note_text(note, width) for note in self.notes]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        from segeval.metrics.result import envelope

        numbers = {
            "images": self.tally.images,
            "predictions": None if self.semantic else self.tally.objects,
            "broken": self.tally.broken,
            "files": [each.path for each in self.written],
        }
        return envelope(
            "segeval/predict/1",
            numbers,
            inputs=self.inputs,
            settings=self.settings,
            notes=self.notes,
            seconds=self.seconds,
        )
