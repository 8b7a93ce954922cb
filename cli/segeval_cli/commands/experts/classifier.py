"""The last layer of a classifier, from a file of a model's weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval.words import first_few

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMED = 8
"""Most names in one message."""


def classifier_rows(path: Path, name: str | None) -> NDArray[Any]:
    """The weights of one layer, a row for each category.

    Args:
        path: of the file.
        name: of the layer's weights; None for the only table.

    Returns:
        float64, shape (C, ...).

    Raises:
        InputError: if there is no such file or layer, or several and no name.
        FormatError: if the file is damaged.
    """
    from segeval.models.averaging.stored import stored_weights
    from segeval.models.files.number_kinds import as_double

    with stored_weights(path) as stored:
        tables = [key for key, each in stored.tensors.items() if len(each.shape) >= 2]
        if name is None and len(tables) == 1:
            name = tables[0]
        if name is None:
            raise InputError(
                f"{path}: has several tables of weights, {first_few(tables, NAMED)}; say which is "
                "the classifier's last layer: `weight_name`",
                code="weight-name",
                path=str(path),
                option="weight_name",
            )
        if name not in stored.tensors:
            raise InputError(
                f"{path}: has no {name} (`weight_name`), expected one of "
                f"{first_few(tables, NAMED) or 'none: there is no table of weights'}",
                code="weight-name",
                path=str(path),
                option="weight_name",
            )
        return as_double(stored.read(name), stored.tensors[name].kind)
