"""Whether part files of two models were made alike, so that their numbers can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segeval.data.keys import Key
from segeval.metrics.parts.alike import check_alike, other_objects
from segeval.metrics.parts.files import PartReader
from segeval.metrics.parts.joining import named_rules
from segeval.metrics.parts.reading import header_of, read_keys


def check_comparable(paths: Sequence[str | Path], task: str) -> None:
    """Refuse part files of statistics made by other rules, or with other ground truth.

    Which images they hold is left to the comparison.

    Args:
        paths: of the parts.
        task: what was counted: "miou" or "pq".

    Raises:
        FormatError: if one is of another task, or damaged.
        MismatchError: names the first difference.
    """
    rules = []
    known: dict[Key, tuple[str | Path, int]] = {}
    for path in paths:
        with PartReader(path) as reader:
            shared, _ = header_of(reader, task)
            try:
                rules.append((reader.name, named_rules(shared)))
            except (AttributeError, KeyError, TypeError):
                raise reader.damaged("header") from None
            found, digests = read_keys(reader), reader.array("files/gt_digest")
            if digests.dtype != np.uint64 or digests.shape != (len(found),):
                raise reader.damaged("files")
        keys = list(found) if isinstance(found, tuple) else found.tolist()
        for key, digest in zip(keys, digests.tolist(), strict=True):
            first, expected = known.setdefault(key, (path, digest))
            if digest != expected:
                raise other_objects(path, key, first)
    check_alike(rules)
