"""Greedy soup: the mean of those files of weights that do not lower a held-out number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from segeval.brief import Brief
from segeval.errors import InputError
from segeval.models.averaging.average import PathLike, average_checkpoints, checked_paths

Evaluate = Callable[[Path], float]
"""The held-out number of a file of weights, such as AP; higher is better."""


@dataclass(frozen=True)
class Tried:
    """A file that was tried.

    Attributes:
        path: of the file.
        alone: its own number.
        with_it: the number of the soup with it; None for the first.
        is_kept: whether it stayed in the soup.
    """

    path: str
    alone: float
    with_it: float | None
    is_kept: bool


@dataclass(frozen=True, repr=False)
class Soup(Brief):
    """A greedy soup, which a file holds.

    Attributes:
        output: the file; None if the best file alone was not improved on, which is then the soup.
        value: number of the soup on the images that chose it, which flatters it.
        tried: all files, the best first.
    """

    output: str | None
    value: float
    tried: tuple[Tried, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        """The files whose mean the soup is, the best first."""
        return tuple(each.path for each in self.tried if each.is_kept)


def greedy_soup(files: Sequence[PathLike], evaluate: Evaluate, output: PathLike) -> Soup:
    """The mean of files that together reach the highest number on held-out images.

    Files are added in the order of their own numbers; one stays if the number of the mean does not
    fall. The result was chosen by these images: judge it on others.

    Args:
        files: M of them, as in `average_checkpoints`.
        evaluate: gives the number of a file, 2 M - 1 times: of each file, then of each mean, which
            is a file of the format of `output` in a temporary folder.
        output: as in `average_checkpoints`; not written if only one file stays.

    Raises:
        InputError: also for a number that is not finite; others as in `average_checkpoints`.

    Source:
        Wortsman et al. 2022, Model soups, recipe 1.

    Example:
        >>> import numpy as np
        >>> with TemporaryDirectory() as folder:
        ...     files = [Path(folder, f"{value}.npz") for value in (1, 4, 9)]
        ...     for path in files:
        ...         np.savez(path, weight=np.array([float(path.stem)]))
        ...     soup = greedy_soup(
        ...         files,
        ...         lambda path: -abs(np.load(path)["weight"][0] - 3),
        ...         Path(folder, "out.npz"),
        ...     )
        ...     [Path(each).name for each in soup.kept], round(soup.value, 6)
        (['4.npz', '1.npz'], -0.5)
    """
    target = Path(output)
    checked_paths(files, target)
    alone = {place: _number(evaluate, Path(each)) for place, each in enumerate(files)}
    order = sorted(alone, key=lambda place: (-alone[place], place))
    kept, best = order[:1], alone[order[0]]
    tried = [Tried(str(files[order[0]]), best, None, is_kept=True)]
    with TemporaryDirectory() as folder:
        for number, place in enumerate(order[1:]):
            path = Path(folder, f"{number}{target.suffix}")
            average_checkpoints([files[each] for each in (*kept, place)], path)
            found = _number(evaluate, path)
            path.unlink(missing_ok=True)
            stays = found >= best
            if stays:
                kept.append(place)
                best = found
            tried.append(Tried(str(files[place]), alone[place], found, is_kept=stays))
    if len(kept) > 1:
        average_checkpoints([files[each] for each in kept], target)
    return Soup(str(output) if len(kept) > 1 else None, best, tuple(tried))


def _number(evaluate: Evaluate, path: Path) -> float:
    """What a file reaches.

    Raises:
        InputError: if it is not a finite number.
    """
    found = float(evaluate(path))
    if not math.isfinite(found):
        raise InputError(
            f"`evaluate` gave {found} for {path.name}, expected a finite number such as AP.",
            code="evaluate",
            option="evaluate",
        )
    return found
