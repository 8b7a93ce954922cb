"""What the tables of AP are computed from: matches in memory, or a part file that is streamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.errors import Note
from segeval.metrics.coco.caps import Beyond
from segeval.metrics.coco.curves import Curves

if TYPE_CHECKING:
    from segeval.metrics.coco.matches import Matches


class CurveSource(Protocol):
    """Precision and recall of every category, for one kind of IoU."""

    @property
    def frame(self) -> Matches:
        """Rules and categories; what grows with images, objects or predictions may be missing."""

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """Names and sizes of the files in results, by role: "preds" and "gt"."""

    @property
    def judged(self) -> NDArray[np.int64]:
        """Number of predictions of each category within the largest cap, int64, shape (K,)."""

    @property
    def beyond_cap(self) -> Beyond:
        """What is beyond the largest cap, if it is one over the whole set."""

    def curves(
        self,
        bucket: str | int = "all",
        *,
        max_dets: int | Sequence[int] | None = None,
        workers: int | None = None,
    ) -> Curves:
        """Curves of the categories in one size bucket; arguments as in `Matches.curves`."""

    def pooled(
        self, groups: Mapping[str, NDArray[np.intp]], workers: int | None = None
    ) -> dict[str, float | None]:
        """AP-pool of several groups of categories; arguments as in `Matches.pooled`."""

    def noted(self, capped: tuple[Note, ...] | None) -> Matches:
        """The frame with the notes that follow from the evidence, as `Matches.noted`."""

    def whole(self) -> Matches:
        """All matches, in memory."""
