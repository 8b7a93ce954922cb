"""Label suspects of files, with what is needed to show and to write them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from segeval.analysis.suspects.model import best_point_of
from segeval.analysis.suspects.presented import SUSPECTS
from segeval.analysis.suspects.result import KINDS, LabelSuspects
from segeval.analysis.suspects.search import (
    checked_kinds,
    evaluated_on_one,
    several_and_truth,
    suspects_of,
)
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.result import Description, Result


@frozen(eq=False, repr=False, kw_only=True)
class SuspectsResult(Result[LabelSuspects]):
    """What may be wrong in a ground truth, with the files that it comes from."""

    about: Description[LabelSuspects] = SUSPECTS

    def __repr__(self) -> str:
        """One line: the files, and how many there are."""
        return f"SuspectsResult({self.headline[1]}: {self.about.brief(self.scores)})"


@frozen(eq=False)
class SuspectsOfFiles:
    """What may be wrong in a ground truth.

    Attributes:
        result: the suspects, with files, settings and notes.
        models: what each model was matched to.
    """

    result: SuspectsResult
    models: tuple[Evaluation, ...]


def suspects_of_files(
    files: Sequence[Any],
    *,
    kinds: str | Sequence[str] = KINDS,
    workers: int | None = None,
    **arguments: Any,
) -> SuspectsOfFiles:
    """The result of `label_suspects`, with what it was made from.

    Args:
        files: predictions of one model or several, then ground truth.
        kinds: what to look for.
        workers: threads, None for all cores.
        arguments: as in `average_precision`, for one kind of IoU.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    started = time.perf_counter()
    kinds = checked_kinds(kinds)
    preds, gt = several_and_truth(files)
    models = evaluated_on_one(preds, gt, workers=workers, **arguments)
    points = [best_point_of(each, workers) for each in models]
    found = suspects_of(models, points, kinds=kinds, workers=workers)
    matches = [each.matches for each in models]
    roles = ["preds"] if len(models) == 1 else [chr(ord("a") + k) for k in range(len(models))]
    both = zip(roles, matches, strict=True)
    result = SuspectsResult(
        scores=found,
        inputs={
            **{role: own.inputs["preds"] for role, own in both},
            "gt": matches[0].inputs["gt"],
        },
        settings={**ap_settings(matches[:1], None), "kinds": list(kinds)},
        notes=(*dict.fromkeys(note for own in matches for note in own.notes), *_copies(models)),
        seconds=time.perf_counter() - started,
    )
    return SuspectsOfFiles(result, tuple(models))


def _copies(models: Sequence[Evaluation]) -> Iterator[Note]:
    """A note for each model whose predictions are those of an earlier one."""
    for number, other in enumerate(models):
        for one in models[:number]:
            if _are_equal(one, other):
                yield Note(
                    "same-predictions",
                    f"{other.preds.source} has the scores, categories and images of "
                    f"{one.preds.source}, prediction by prediction: what both say, one model says",
                    len(other.preds),
                )
                break


def _are_equal(one: Evaluation, other: Evaluation) -> bool:
    """Whether all predictions of two models have the same scores, categories and images."""
    a, b = one.preds, other.preds
    return len(a) > 0 and all(
        np.array_equal(mine, theirs)
        for mine, theirs in (
            (a.score, b.score), (a.category_id, b.category_id), (a.image_id, b.image_id)
        )
    )  # fmt: skip
