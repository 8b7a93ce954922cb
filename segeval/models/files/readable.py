"""What a file of weights that cannot be read is, in an error for people; without PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segeval.data.beginnings import LOOKED_AT
from segeval.data.recognisers import known_bytes, other_format
from segeval.data.recognisers.first_bytes import (
    PICKLE,
    TAR_ARCHIVE,
    TORCH_FILE,
    ZIP_ARCHIVE,
)
from segeval.errors import FormatError
from segeval.limits import way_to_raise
from segeval.models.files.pickle_machine import Damaged, Refused

KINDS_OF_WEIGHTS = (TORCH_FILE, ZIP_ARCHIVE, TAR_ARCHIVE, PICKLE)
"""What files of weights are by their first bytes, too."""

ENTRIES = ("model", "state_dict")
"""Entries of checkpoints that hold the weights, as detectron2 and mmdetection write them."""


@contextmanager
def readable_weights(
    path: Path,
    what: str = "weights",
    *,
    code: str = "weights",
    hint: str = "Is the file complete?",
) -> Iterator[None]:
    """A context in which a file of weights is read.

    Args:
        path: of the file.
        what: should be in it.
        code: of the error.
        hint: what may be wrong with a damaged file.

    Raises:
        FormatError: if it is damaged, or a pickle that asks for code.
    """
    try:
        yield
    except Refused as refused:
        raise FormatError(
            f"{path}: cannot be read as {what}: it asks for {refused}, which could run code. "
            "Expected arrays by name, as in a state_dict.",
            code=code,
            path=str(path),
        ) from None
    except Damaged as damage:
        if damage.limit is None and (known := _other_kind(path)) is not None:
            raise other_format(str(path), known, what) from None
        option = None
        if damage.limit is not None:
            name, value = damage.limit
            hint, code, option = way_to_raise(name, value), "limit", f"limit {name}"
        raise FormatError(
            f"{path}: cannot be read as {what} ({str(damage)[:200].rstrip('.')}). {hint}",
            code=code,
            path=str(path),
            option=option,
        ) from None


def weights_within(content: Any) -> tuple[str | None, Any]:
    """The weights in the content of a checkpoint, and the entry that holds them.

    Args:
        content: of the file.

    Returns:
        The entry's name, None if the weights are the whole content; and the weights.
    """
    found = None
    for entry in ENTRIES:
        if isinstance(content, Mapping) and isinstance(content.get(entry), Mapping):
            found, content = entry, content[entry]
    return found, content


def _other_kind(path: Path) -> tuple[str, str] | None:
    """What a file is that is none of weights, and the way to go; None if that is not known."""
    with path.open("rb") as file:
        known = known_bytes(file.read(LOOKED_AT))
    return None if known is None or known[0] in KINDS_OF_WEIGHTS else known
