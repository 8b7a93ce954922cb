"""Section 7: what may be wrong in the ground truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from segeval.analysis.suspects.result import (
    DisputedLabel,
    LabelSuspect,
    LabelSuspects,
    Suspect,
    UnfoundObject,
)
from segeval.frozen import frozen
from segeval.pictures import Box, Tile, crop_box, cropped, each_tile
from segeval.pictures.photographs import scaled_down
from segeval.reports.cards import Card, Layer, View, card_of, layer_of, notes_of_photos
from segeval.reports.instances.gathered import Gathered
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import Cell, PageTable, cell, column, name_of
from segeval.reports.picture_sections import (
    MOST,
    SIDES,
    Gallery,
    cards_in_order,
    photo_folder,
    sides_of,
)
from segeval.reports.room import fitting
from segeval.reports.wording import of_models
from segeval.words import counted, percent

MOST_DISPUTED = 4
"""Crops of objects with another name, where more than the rest may be missing."""

MOST_UNFOUND = 4
"""Crops of objects that no model finds."""

MOST_OF_IMAGE = 3
"""Crops of one image."""

MOST_ROWS = 100
"""Records of each kind in the table and in the JSON."""

Own = TypeVar("Own", LabelSuspect, DisputedLabel, UnfoundObject)


@frozen
class Shown:
    """What has a crop.

    Attributes:
        missing: objects that the ground truth may lack.
        disputed: objects that two models call by the same other name.
        unfound: objects that no model finds.
    """

    missing: tuple[LabelSuspect, ...]
    disputed: tuple[DisputedLabel, ...]
    unfound: tuple[UnfoundObject, ...]

    @property
    def every(self) -> list[Suspect]:
        """All of them, in the order of their crops."""
        return [*self.missing, *self.disputed, *self.unfound]

    def rows(self, model: int) -> list[int]:
        """Rows of one model's predictions in its `Matches`, none of which needs another crop."""
        rows = [each.rows[model] for each in self.missing]
        return [*(each.rows[model] for each in self.disputed), *(r for r in rows if r is not None)]


@frozen
class SuspectsSection:
    """What may be wrong in the ground truth.

    Attributes:
        sentences: how much there is, and by which rule.
        galleries: crops of the surest.
        table: the surest, as records.
        photo_notes: what there is to say of photographs.
    """

    sentences: tuple[str, ...]
    galleries: tuple[Gallery, ...]
    table: PageTable
    photo_notes: tuple[str, ...]

    @property
    def characters(self) -> int:
        """About as many as its crops take on the page."""
        return sum(card.characters for own in self.galleries for card in own.cards)

    def without_notes(self, said: Sequence[str]) -> SuspectsSection:
        """The section without what is said of photographs elsewhere."""
        left = tuple(note for note in self.photo_notes if note not in said)
        return replace(self, photo_notes=left)


def chosen_suspects(suspects: LabelSuspects) -> Shown:
    """The surest suspects, at most `MOST` and few of an image."""
    unfound = _few_of_image(suspects.unfound)[:MOST_UNFOUND]
    disputed = _few_of_image(suspects.disputed)
    most = MOST - len(unfound)
    missing = _few_of_image(suspects.missing)[: most - min(len(disputed), MOST_DISPUTED)]
    return Shown(tuple(missing), tuple(disputed[: most - len(missing)]), tuple(unfound))


def _few_of_image(suspects: Sequence[Own]) -> list[Own]:
    """The first `MOST_OF_IMAGE` of each image, in their order."""
    seen: Counter[int] = Counter()
    kept = []
    for each in suspects:
        seen[each.place] += 1
        if seen[each.place] <= MOST_OF_IMAGE:
            kept.append(each)
    return kept


def suspects_section(found: Gathered) -> SuspectsSection | None:
    """What may be wrong in the ground truth, without crops; None for nothing."""
    suspects = found.suspects
    if not suspects.missing and not suspects.disputed and not suspects.unfound:
        return None
    return SuspectsSection(tuple(_sentences(found, suspects)), (), _table(found, suspects), ())


def with_crops(
    section: SuspectsSection, shown: Shown, found: Gathered, options: ReportOptions, room: int
) -> SuspectsSection:
    """The section with crops.

    Args:
        section: without.
        shown: what has a crop.
        found: the results.
        options: of the report: the folder of photographs.
        room: characters that the crops may take.
    """
    folder = photo_folder(options)
    cards, _ = fitting(
        lambda side: _cards(found, shown, folder, side), room, sides_of(SIDES, options)
    )
    sentences = section.sentences
    asked = len(shown.every)
    if len(cards) < asked:
        left = counted(asked - len(cards), "crop is", "crops are")
        sentences += (f"{left} left out, for want of room.",)
    return replace(
        section,
        sentences=sentences,
        galleries=tuple(_galleries(cards, shown, len(found.models))),
        photo_notes=notes_of_photos(cards),
    )


def _sentences(found: Gathered, suspects: LabelSuspects) -> Iterator[str]:
    """How much there is, and by which rule."""
    number, shared = len(suspects.missing), suspects.shared
    if len(found.models) == 1:
        yield (
            f"{counted(number, 'sure prediction is', 'sure predictions are')} where nothing is "
            "annotated: the model is wrong, or the ground truth lacks an object."
        )
    else:
        yield (
            f"Where nothing is annotated, both models predict {counted(shared, 'object')}, and "
            f"one alone {number - shared:,} more: the models are wrong, or the ground truth lacks "
            "an object."
        )
        if suspects.disputed:
            yield (
                f"Both models call {counted(len(suspects.disputed), 'annotated object')} by the "
                "same other name."
            )
    if suspects.unfound:
        objects = counted(len(suspects.unfound), "annotated object is", "annotated objects are")
        yield (
            f"{objects} overlapped by no prediction (IoU above 0.1, of any score and category): "
            "annotations of nothing, masks in the wrong place, or hard objects."
        )
    letters = [model.letter for model in found.models]
    least = ["-" if each is None else f"{each:.3g}" for each in suspects.least_scores]
    scores = of_models(least, letters)
    precisions = of_models([f"{percent(each)} %" for each in suspects.precisions], letters)
    are_chosen = found.first.ap.settings["categories"] is not None
    any_category = "the chosen categories" if are_chosen else "any category"
    yield (
        f"A prediction is sure from the score of the best F1 on, {scores}: of those, {precisions} "
        f"are true. Nothing is annotated where no object of {any_category}, crowd regions "
        "included, overlaps it by an IoU above 0.1, and where it is no part of objects of its "
        "category."
    )


def _galleries(cards: Sequence[Card], shown: Shown, models: int) -> Iterator[Gallery]:
    """Crops of what may be missing, what is called by another name, and what nobody finds.

    Args:
        cards: of all that is shown, in its order, as far as there is room.
        shown: what has a crop.
        models: 1 or 2.
    """
    missing = len(shown.missing)
    named = missing + len(shown.disputed)
    if cards[:missing]:
        sentence = "Solid lines are predictions, dotted ones ground truth nearby."
        if models > 1:
            sentence = (
                "First those that both models predict. Solid lines are of A, dashed ones of B, "
                "dotted ones ground truth nearby."
            )
        yield Gallery("Missing in the ground truth?", sentence, tuple(cards[:missing]))
    if cards[missing:named]:
        yield Gallery(
            "Another name?",
            "Both models are sure of the same other category, and neither of the annotated one.",
            tuple(cards[missing:named]),
        )
    if cards[named:]:
        nobody = "Neither model predicts" if models > 1 else "The model does not predict"
        yield Gallery(
            "Is it there at all?",
            f"{nobody} anything here, whatever the score. The largest objects come first.",
            tuple(cards[named:]),
        )


def _cards(found: Gathered, shown: Shown, folder: Path | None, longest: int) -> list[Card]:
    """Crops of the suspects, in their order."""
    suspects = shown.every
    seen = [model.seen for model in found.models]

    def of_images(places: list[int]) -> Iterator[list[Tile]]:
        tiles = each_tile(seen, places, folder, longest=None, placeholders=True)
        for _, several in groupby(tiles, lambda tile: tile.image_id):
            yield list(several)

    return cards_in_order(
        [each.place for each in suspects],
        of_images,
        lambda number, tiles: _card(suspects[number], tiles, found, longest),
    )


def _card(suspect: Suspect, tiles: Sequence[Tile], found: Gathered, longest: int) -> Card:
    """One suspect: what models predict, and the ground truth around it."""
    letters = "AB" if len(tiles) > 1 else "P"
    rows = (None,) * len(tiles) if isinstance(suspect, UnfoundObject) else suspect.predictions
    predicted = [
        layer_of(shape, letter)
        for tile, letter, row in zip(tiles, letters, rows, strict=True)
        for shape in tile.shapes
        if row is not None and shape.score is not None and shape.row == row
    ]
    tile = tiles[0]
    boxes = [layer.box for layer in predicted]
    if not isinstance(suspect, LabelSuspect):
        boxes.append(suspect.bbox)
    box = crop_box(boxes, tile.size)
    truth = [layer_of(shape, "G") for shape in tile.shapes if shape.score is None]
    layers = (*(each for each in truth if _is_in(each, box)), *predicted)
    photo = None if tile.picture is None else scaled_down(cropped(tile.picture, box), longest)
    return card_of(tile, box, photo, (View("", _caption(suspect), layers),))


def _is_in(layer: Layer, box: Box) -> bool:
    """Whether a part of a layer can be seen in a crop."""
    left, top, width, height = layer.box
    return (
        left < box.left + box.width
        and left + width > box.left
        and top < box.top + box.height
        and top + height > box.top
    )


def _caption(suspect: Suspect) -> str:
    """What models say, in a few words; of what nobody finds, the size."""
    if isinstance(suspect, UnfoundObject):
        return f"{name_of(suspect.category)}, {suspect.area:,.0f} px2"
    scores = _scores(suspect.scores)
    if isinstance(suspect, DisputedLabel):
        return f"{name_of(suspect.category)}, or {name_of(suspect.predicted)}? {scores}"
    agreement = "" if suspect.agreement is None else f", IoU {suspect.agreement:.2f}"
    return f"{name_of(suspect.category)} {scores}{agreement}"


def _scores(scores: Sequence[float | None]) -> str:
    """The scores of models that predict it, with their letters if there are two."""
    if len(scores) == 1:
        return f"{scores[0]:.3g}"
    both = zip("AB", scores, strict=True)
    return ", ".join(f"{letter} {score:.3g}" for letter, score in both if score is not None)


def _table(found: Gathered, suspects: LabelSuspects) -> PageTable:
    """The surest suspects as records."""
    several = len(found.models) > 1
    first = replace(
        suspects,
        missing=suspects.missing[:MOST_ROWS],
        disputed=suspects.disputed[:MOST_ROWS],
        unfound=suspects.unfound[:MOST_ROWS],
    )
    rows = tuple(_row(each, len(found.models)) for each in first.listed())
    fields = [column("image", "text"), column("category", "text"), column("annotated as", "text")]
    fields += [column(f"score {letter}".strip(), "number") for letter in ("AB" if several else " ")]
    if several:
        fields.append(column("IoU", "number", about="of both predictions"))
    fields.append(column("box", "text", about="left, top, width and height in pixels"))
    left = sum(1 for _ in suspects.listed()) - len(rows)
    below = f"{left:,} more: the surest {MOST_ROWS} of each kind are listed." if left else ""
    return PageTable(
        "To look at again, the surest first", tuple(fields), rows, is_sortable=True, below=below
    )


def _row(suspect: Suspect, models: int) -> tuple[Cell, ...]:
    """One record, of one model or two."""
    image = Cell(name_of(suspect.file_name or str(suspect.image_id)))
    names, agreement = (cell(suspect.category), Cell("-")), None
    if isinstance(suspect, DisputedLabel):
        names = cell(suspect.predicted), cell(suspect.category)
    elif isinstance(suspect, UnfoundObject):
        names = Cell("-"), cell(suspect.category)
    else:
        agreement = suspect.agreement
    scores = (None,) * models if isinstance(suspect, UnfoundObject) else suspect.scores
    numbers = [_number(score, "{:.3g}") for score in scores]
    if models > 1:
        numbers.append(_number(agreement, "{:.2f}"))
    return image, *names, *numbers, Cell(", ".join(f"{side:.0f}" for side in suspect.bbox))


def _number(value: float | None, form: str) -> Cell:
    """A number written in some form, sorted by its value."""
    return Cell("-") if value is None else Cell(form.format(value), value)
