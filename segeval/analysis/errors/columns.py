"""Every prediction and every missed object with its kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.kinds import STATES, KindsAt
from segeval.analysis.errors.mask_kinds import PoorMasks
from segeval.analysis.errors.record_boxes import boxes_of
from segeval.brief import Brief
from segeval.data.keys import written
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches
from segeval.metrics.sources import Sources


@frozen(eq=False, repr=False)
class KindColumns(Brief):
    """Predictions and objects with their kinds, at T thresholds.

    Attributes:
        matches: the N predictions and G objects.
        annotation_ids: ids of the objects as the file writes them, G of them; None for those of a
            part file, which holds none.
        kind: code of each prediction, an index in `STATES`, int8, shape (T, N).
        target: place of the object that a true positive took, or that an error is about; -1 for
            none, int32, shape (T, N).
        iou: its IoU with the target, float64, shape (T, N).
        missed: whether each object was missed, bool, shape (T, G).
        poor: what is wrong with poor masks; None where boxes or boundaries are compared, and at
            several thresholds.
        sources: where both files are found again; None where that is not known.
    """

    matches: Matches
    annotation_ids: tuple[int | str, ...] | None
    kind: NDArray[np.int8]
    target: NDArray[np.int32]
    iou: NDArray[np.float64]
    missed: NDArray[np.bool_]
    poor: PoorMasks | None = None
    sources: Sources | None = None

    @classmethod
    def of(
        cls,
        matches: Matches,
        annotation_ids: tuple[int | str, ...] | None,
        kinds: Sequence[KindsAt],
        poor: PoorMasks | None = None,
    ) -> KindColumns:
        """The columns of kinds at every threshold."""
        return cls(
            matches=matches,
            annotation_ids=annotation_ids,
            kind=np.stack([one.kind for one in kinds]),
            target=np.stack([one.target.astype(np.int32) for one in kinds]),
            iou=np.stack([one.iou for one in kinds]),
            missed=np.stack([one.missed for one in kinds]),
            poor=poor,
        )

    @property
    def names(self) -> NDArray[np.object_]:
        """The kind of each prediction by name, shape (T, N)."""
        return np.array(STATES, object)[self.kind]

    def records(self) -> Iterator[dict[str, Any]]:
        """Every prediction, in the order of the file, and every missed object, for each threshold.

        Yields:
            The kind ("tp" for a true positive, "excused" for what counts neither way), the number
            of the prediction in its file from 0, its image, category, score and box; the annotation
            that it is about and their IoU; the ways in which a poor mask is poor. A missed object
            has its own category and box. What does not apply is None, and so are boxes where the
            inputs are gone: columns that nobody holds any more, lists of records.

        Raises:
            InputError: for those of a part file, which does not hold ids of annotations; for a
                file that has changed since.
        """
        own, ids = self.matches, self.annotation_ids
        if ids is None:
            raise InputError(
                "part files hold no ids of annotations: records of single predictions need the "
                "files of predictions and of ground truth.",
                code="part-option",
            )
        images = written(own.image_ids, own.image_keys)
        categories = written(own.category_ids, own.category_keys)
        order = np.argsort(own.prediction, kind="stable")
        category, names = own.category, own.category_names
        boxes, gt_boxes = boxes_of(own, self.sources) or (None, None)
        for place, threshold in enumerate(own.thresholds.tolist()):
            for row in order.tolist():
                target = int(self.target[place, row])
                yield {
                    "threshold": threshold,
                    "kind": STATES[self.kind[place, row]],
                    "prediction": int(own.prediction[row]),
                    "image_id": images[own.image[row]],
                    "file_name": own.file_names[own.image[row]],
                    "category_id": categories[category[row]],
                    "category": names[category[row]],
                    "score": float(own.score[row]),
                    "bbox": None if boxes is None else boxes[row].tolist(),
                    "annotation_id": ids[target] if target >= 0 else None,
                    "iou": float(self.iou[place, row]),
                    "mask": None if self.poor is None else self.poor.ways(row),
                }
            for each in np.flatnonzero(self.missed[place]).tolist():
                yield {
                    "threshold": threshold,
                    "kind": "miss",
                    "prediction": None,
                    "image_id": images[own.gt_image[each]],
                    "file_name": own.file_names[own.gt_image[each]],
                    "category_id": categories[own.gt_category[each]],
                    "category": names[own.gt_category[each]],
                    "score": None,
                    "bbox": None if gt_boxes is None else gt_boxes[each].tolist(),
                    "annotation_id": ids[each],
                    "iou": None,
                    "mask": None,
                }
