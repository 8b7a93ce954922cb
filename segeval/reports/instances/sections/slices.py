"""Section 4: AP of parts of the images."""

from __future__ import annotations

from segeval.reports.instances.gathered import Gathered
from segeval.reports.instances.sections.lost import lost_most
from segeval.reports.page_table import OBJECTS, PageTable, column
from segeval.reports.slices import SliceColumns
from segeval.reports.slices import slices_table as table_of_slices
from segeval.reports.wording import ap_at

OTHERS = {"ap50": "AP50", "ap75": "AP75", "ar": "AR"}
"""Numbers beside AP of one model."""


def slices_table(found: Gathered, kind: str) -> PageTable | None:
    """A row per part of the images, and to what one model loses most there; None without any.

    Args:
        found: the results.
        kind: of IoU.
    """
    costs = {each.name: each for each in found.first.errors.scores[kind].slices}
    about = f"points of {ap_at(found.first.at)} lost to one kind of error"
    shown = SliceColumns(
        path=(kind, "ap"),
        name="AP",
        others={(kind, key): name for key, name in OTHERS.items()},
        counts=(OBJECTS, {name: each.gt for name, each in costs.items()}),
        last=(
            column("loses most to", "text", about),
            {name: lost_most(each.lost) for name, each in costs.items()},
        ),
    )
    images = len(found.first.ap.matches.image_ids)
    return table_of_slices(shown, found.slices, found.comparison, images)
