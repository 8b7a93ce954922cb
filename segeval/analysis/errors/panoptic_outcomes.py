"""Every segment of two panoptic files with what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.data.ids import rows_of
from segeval.data.keys import written
from segeval.data.panoptic.columns import PanopticSegments
from segeval.frozen import frozen
from segeval.metrics.panoptic.outcomes import CONFUSION, EXCUSED, FALSE, MISSED, STATES, TRUE
from segeval.metrics.panoptic.quality import JudgedImage

COUNTED = {
    "true": (TRUE,),
    "false": (FALSE, CONFUSION),
    "missed": (MISSED, CONFUSION),
    "excused": (EXCUSED,),
}
"""What is counted in an image, and the states that count; missed segments are of ground truth."""


@frozen(eq=False, repr=False)
class SegmentOutcomes(Brief):
    """What became of the N predicted and M true segments of two files, by one kind of IoU.

    Attributes:
        preds: the predictions.
        gt: the ground truth.
        state: places in `segeval.metrics.panoptic.outcomes.STATES`, -1 for segments of images that
            the ground truth lacks, int8, shape (N,).
        partner: row of the true segment that each one matches or is confused with, -1 for none,
            int64, shape (N,).
        iou: with that segment, NaN for none, float64, shape (N,).
        pixels: of each predicted segment in its picture, int64, shape (N,).
        gt_state: places in the same, int8, shape (M,).
        gt_partner: row of the predicted segment, -1 for none, int64, shape (M,).
        gt_pixels: of each true segment in its picture, int64, shape (M,).
    """

    preds: PanopticSegments
    gt: PanopticSegments
    state: NDArray[np.int8]
    partner: NDArray[np.int64]
    iou: NDArray[np.float64]
    pixels: NDArray[np.int64]
    gt_state: NDArray[np.int8]
    gt_partner: NDArray[np.int64]
    gt_pixels: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        preds: PanopticSegments,
        gt: PanopticSegments,
        found: Sequence[JudgedImage],
        kind: str,
    ) -> SegmentOutcomes:
        """The outcomes of all images of the ground truth, judged with outcomes."""
        number, true = len(preds.id), len(gt.id)
        own = cls(
            preds=preds,
            gt=gt,
            state=np.full(number, -1, np.int8),
            partner=np.full(number, -1),
            iou=np.full(number, np.nan),
            pixels=np.zeros(number, np.int64),
            gt_state=np.full(true, -1, np.int8),
            gt_partner=np.full(true, -1),
            gt_pixels=np.zeros(true, np.int64),
        )
        for image in found:
            one, rows, gt_rows = image.outcomes[kind], image.pred_rows, image.gt_rows
            own.state[rows], own.iou[rows] = one.state, one.iou
            own.gt_state[gt_rows] = one.gt_state
            own.pixels[rows], own.gt_pixels[gt_rows] = image.pixels, image.gt_pixels
            has, had = one.partner >= 0, one.gt_partner >= 0
            own.partner[rows[has]] = gt_rows[one.partner[has]]
            own.gt_partner[gt_rows[had]] = rows[one.gt_partner[had]]
        return own

    @property
    def order(self) -> NDArray[np.int64]:
        """Images of the ground truth by ascending id, int64, shape (I,)."""
        return np.argsort(self.gt.image_id, kind="stable")

    @property
    def image(self) -> NDArray[np.int64]:
        """Image of each predicted segment, a place in the ground truth, -1 for none, (N,)."""
        places = rows_of(self.preds.image_id, self.gt.image_id)
        return np.repeat(places, np.diff(self.preds.offsets))

    @property
    def gt_image(self) -> NDArray[np.int64]:
        """Image of each true segment, a place in the ground truth, int64, shape (M,)."""
        return np.repeat(np.arange(len(self.gt)), np.diff(self.gt.offsets))

    @property
    def category(self) -> NDArray[np.int64]:
        """Category of each predicted segment, a place in the ground truth's list, shape (N,)."""
        return rows_of(self.preds.category_id, self.gt.categories.id)

    @property
    def gt_category(self) -> NDArray[np.int64]:
        """Category of each true segment, a place in the ground truth's list, shape (M,)."""
        return rows_of(self.gt.category_id, self.gt.categories.id)

    def counts(self) -> NDArray[np.int64]:
        """Segments of every image, as `COUNTED` names them, int64, shape (I, 4)."""
        found = np.zeros((len(self.gt), len(COUNTED)), np.int64)
        for column, (name, states) in enumerate(COUNTED.items()):
            of_gt = name == "missed"
            state, image = (self.gt_state, self.gt_image) if of_gt else (self.state, self.image)
            chosen = image[np.isin(state, states)]
            found[:, column] = np.bincount(chosen, minlength=len(self.gt))
        return found

    def records(self) -> Iterator[dict[str, Any]]:
        """Every predicted segment, and every true one that nothing matches, in file order.

        Yields:
            The kind, of `STATES`; the image, the category and the id of the segment in its picture;
            the segment that it matches or is confused with, and their IoU. What does not apply is
            None. Segments of images that the ground truth lacks are left out.
        """
        images = written(self.gt.image_id, self.gt.images.keys)
        keys = self.gt.categories.keys
        ids = written(self.preds.category_id, keys)
        gt_ids = written(self.gt.category_id, keys)
        image, gt_image = self.image, self.gt_image
        for row in np.flatnonzero(self.state >= 0).tolist():
            partner = int(self.partner[row])
            yield {
                "kind": STATES[self.state[row]],
                "of": "preds",
                "image_id": images[int(image[row])],
                "category_id": ids[row],
                "segment": int(self.preds.id[row]),
                "gt_segment": int(self.gt.id[partner]) if partner >= 0 else None,
                "gt_category_id": gt_ids[partner] if partner >= 0 else None,
                "iou": float(self.iou[row]) if partner >= 0 else None,
            }
        for row in np.flatnonzero(self.gt_state == MISSED).tolist():
            yield {
                "kind": STATES[MISSED],
                "of": "gt",
                "image_id": images[int(gt_image[row])],
                "category_id": gt_ids[row],
                "segment": int(self.gt.id[row]),
                "gt_segment": None,
                "gt_category_id": None,
                "iou": None,
            }
