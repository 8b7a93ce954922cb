"""What is done to the predictions of models before they meet: background and categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.data import Predictions
from segeval.data.keys import Key, shown_key, written
from segeval.ensemble.categories.background import Background, without_background
from segeval.ensemble.categories.taxonomy import by_table
from segeval.errors import MismatchError, Note
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
        self._check_kinds(found)
        return found, targets, notes

    def _check_kinds(self, mapped: Sequence[Predictions]) -> None:
        """Refuse maps to names that nothing gives ids to, beside a model with ids.

        Raises:
            MismatchError: names the map and the first such name.
        """
        some = [
            (place, written(preds.category_id[:1], preds.category_keys)[0])
            for place, preds in enumerate(mapped)
            if len(preds)
        ]
        other = next((each for each in some if not isinstance(each[1], str)), None)
        named = next(
            (
                (place, key)
                for place, key in some
                if isinstance(key, str) and self.maps and self.maps[place] is not None
            ),
            None,
        )
        if other is None or named is None:
            return
        place, key = named
        raise MismatchError(
            f"{self.names[place]}: maps {mapped[place].source} to {shown_key(key)}, a name, and "
            f"nothing says which id it has: the categories of {mapped[other[0]].source} are "
            f"numbers, such as {shown_key(other[1])}. Names need ground truth (`fit` or `gt`), or "
            'the other list of categories in the map, as "to" beside "map". Or map to ids.',
            code="map",
            path=self.names[place],
            field=key,
            option="maps",
        )
