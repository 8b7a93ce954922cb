"""What is done to the predictions of models before they meet: background and categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.data import Predictions
from segeval.data.keys import Key
from segeval.ensemble.categories.background import Background, without_background
from segeval.ensemble.categories.taxonomy import by_table
from segeval.errors import Note
from segeval.frozen import frozen

Table = Mapping[Key, Key | None]
"""Ids that all models share, by a model's own; None for those that it leaves out."""


@frozen(eq=False)
class Preparation:
    """What is done to the predictions of M models.

    Attributes:
        maps: the categories of each model; None where they stay.
        names: of the maps, for messages.
        class_scores: field with the scores of background and categories; None for none.
        background: where that of the background stands.
    """

    maps: tuple[Table | None, ...] = ()
    names: tuple[str, ...] = ()
    class_scores: str | None = None
    background: Background = "first"

    def cleaned(
        self, models: Sequence[Predictions], sources: Sequence[Any]
    ) -> tuple[list[Predictions], bool, list[Note]]:
        """The predictions that are not background, whether any has the field, and notes.

        Args:
            models: predictions of M models.
            sources: what they were loaded from.
        """
        if self.class_scores is None:
            return list(models), True, []
        found: list[Predictions] = []
        notes: list[Note] = []
        has_any = False
        for preds, source in zip(models, sources, strict=True):
            own, has_field, said = without_background(
                preds, source, self.class_scores, self.background
            )
            found.append(own)
            has_any |= has_field
            notes += said
        return found, has_any, notes

    def mapped(
        self, models: Sequence[Predictions]
    ) -> tuple[list[Predictions], list[frozenset[Key] | None], list[Note]]:
        """The predictions in the categories that all share, what maps lead to, and notes."""
        found = list(models)
        targets: list[frozenset[Key] | None] = [None] * len(found)
        notes: list[Note] = []
        for place, table in enumerate(self.maps):
            if table is not None:
                found[place], targets[place], said = by_table(
                    found[place], table, self.names[place]
                )
                notes += said
        return found, targets, notes
