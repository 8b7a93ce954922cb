"""What a call that merges models is given: two or more of them, and one way to weigh them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from segeval.data.files import is_same_file
from segeval.errors import InputError


def check_models(models: Any, *, least: int = 2) -> None:
    """Refuse what are not several models.

    Args:
        models: predictions or label maps of each model, as paths or in memory.
        least: how many there must be.

    Raises:
        InputError: for fewer models than that, or one that is given twice.
    """
    if not isinstance(models, Sequence) or isinstance(models, str) or len(models) < least:
        raise InputError(
            "`models` is one model, expected the predictions of two or more",
            code="models",
            option="models",
        )
    paths = [Path(each) for each in models if isinstance(each, str | Path)]
    for place, path in enumerate(paths):
        twin = next((each for each in paths[:place] if is_same_file(each, path)), None)
        if twin is not None:
            other = "" if str(twin) == str(path) else f", also as {twin}"
            raise InputError(
                f"{path}: is given twice{other}, expected each model once. To let a model count "
                "more, give `weights`",
                code="models",
                path=str(path),
                option="models",
            )


def check_one_source(weights: ArrayLike | None, **sources: Any) -> None:
    """Refuse two sources of what models are worth, or one beside weights.

    Raises:
        InputError: names them.
    """
    given = [name for name, value in sources.items() if value is not None]
    if len(given) > 1:
        raise InputError(
            f"`{given[0]}` and `{given[1]}` both say what models are worth, expected one of them",
            code="model-scores",
            option=given[1],
        )
    if given and weights is not None:
        raise InputError(
            "`weights` say how much models count, and `scores`, `ap` or `fit` what weights "
            "follow from: expected one of them",
            code="model-scores",
            option="weights",
        )
