"""Records of one list, tried one by one: equal mistakes become one finding with their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.findings import Finding
from segeval.words import more_like_it

Examine = Callable[[Any, int], InputError | None]

KIND_OF_FIELD = {
    "image_id": "image ids",
    "category_id": "category ids",
    "area": "area field",
    "bbox": "boxes",
    "record": "records",
    "segmentation.counts": "counts",
    "segmentation.size": "size",
    "height": "image size",
    "width": "image size",
}
"""Kind of a finding about a field, where it differs from the field's name."""

HARMLESS = {
    "id": 1,
    "image_id": 1,
    "category_id": 1,
    "score": 0.5,
    "height": 1,
    "width": 1,
}
"""Values that replace wrong ones; other fields become null."""


class Survey:
    """Collects equal mistakes of one list of records."""

    def __init__(self, source: str, noun: str) -> None:
        self.source = source
        self.noun = noun
        self.firsts: dict[tuple[str, str], tuple[InputError, int]] = {}
        self.counts: dict[tuple[str, str], int] = {}

    def examine(self, found: list[Any], examine: Examine) -> NDArray[np.int64]:
        """Note the mistakes of every record; return the places of the good ones."""
        good = [i for i, record in enumerate(found) if not self._note_all(record, i, examine)]
        return np.array(good, np.int64)

    def findings(self) -> list[Finding]:
        """One finding per kind of mistake, in the order of their first records."""
        return [
            Finding(
                "error",
                KIND_OF_FIELD.get(field, field or "records"),
                error.message.removeprefix(f"{self.source}: ").rstrip(".")
                + "."
                + more_like_it(self.counts[code, field]),
                self.counts[code, field],
                path=self.source,
                index=index,
                code=code,
                field=error.field,
                error=type(error),
            )
            for (code, field), (error, index) in self.firsts.items()
        ]

    def _note_all(self, record: Any, index: int, examine: Examine) -> bool:
        """Note every mistake of one record; return whether there is one."""
        tried: set[str] = set()
        error = examine(record, index)
        is_bad = error is not None
        while error is not None:
            field = (error.field or "").partition(".")[0]
            key = (error.code, f"{self.noun} ids" if field == "id" else error.field or "")
            self.firsts.setdefault(key, (error, index))
            self.counts[key] = self.counts.get(key, 0) + 1
            field = "segmentation" if field == "counts" else field
            if not isinstance(record, dict) or not field or field in tried:
                break
            tried.add(field)
            record = {**record, field: HARMLESS.get(field)}
            error = examine(record, index)
        return is_bad
