"""What `segeval compare` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from segeval_cli.commands.compare.rows import comparison_csv
from segeval_cli.results import View

if TYPE_CHECKING:
    from segeval.analysis import Comparison
    from segeval.metrics.tables import Table

MOST_CHANGED = 6
"""Images that the terminal shows where their table is not asked for."""

IN_PICTURES = "the images that changed most, as pictures"
"""What the command of a report is for."""


def compare_view(result: Comparison, by: Sequence[str], page: str = "") -> View:
    """A comparison as the command shows it.

    Args:
        result: of `segeval.compare`.
        by: names of tables: size, category, image, slice.
        page: the command that shows the images that changed most; "" for none.
    """
    from segeval.analysis.comparison.tables import (
        category_table,
        image_table,
        lines_of,
        model_table,
        number_table,
        plan_table,
        slice_table,
    )

    scores = result.scores
    several = len(scores.models) > 2
    glance: list[Table] = []
    found: list[Table] = [model_table(scores), plan_table(scores)] if several else []
    for pair in scores.pairs:
        found.append(number_table(scores, pair, with_sizes="size" in by))
        if pair.slices:
            found.append(slice_table(scores, pair))
        if "category" in by:
            found.append(category_table(scores, pair))
        images = image_table(scores, pair)
        if "image" in by:
            found.append(images)
        elif not several:
            changed = tuple(row for row in images.rows if row[-1])
            glance.append(replace(images, rows=changed).shortened(MOST_CHANGED))
    return View(
        tables=[table for table in found if table.rows],
        glance=[table for table in glance if table.rows],
        to_dict=result.to_dict,
        more="--by {} --all",
        lines=list(lines_of(scores, [*by, "slice"])),
        appendix=(lambda _: f"{IN_PICTURES}:\n  {page}") if page else None,
        to_csv=comparison_csv,
    )
