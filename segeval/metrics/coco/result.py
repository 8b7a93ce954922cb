"""The result of an AP evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from segeval.frozen import frozen
from segeval.metrics.coco import tables
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.scores import ByKind, Scores
from segeval.metrics.result import Description, Result, first_of, flat_by_kind, in_brief

AP: Description[ByKind] = Description(
    place=f"{__name__}:AP",
    schema="segeval/ap/1",
    primary=lambda scores: first_of(scores).overall.ap,
    brief=lambda scores: in_brief("AP", {iou: each.overall.ap for iou, each in scores.items()}),
    headline=tables.headline,
    summary=tables.summary,
    tables=tables.all_tables,
    values=lambda scores: {iou: each.to_dict() for iou, each in scores.items()},
    flat=lambda scores: flat_by_kind(scores, Scores.means),
    others={"image": tables.image_table},
)


@frozen(eq=False, repr=False, kw_only=True)
class APResult(Result[ByKind]):
    """AP and AR by one of the protocols that read COCO's files, for each kind of IoU.

    Attributes:
        protocol: the rules that were used.
        area_from: "mask" or "bbox" by kind of IoU: the area of a prediction for its size bucket.
    """

    protocol: Protocol
    area_from: Mapping[str, str]
    about: Description[ByKind] = AP

    @property
    def ap(self) -> float | None:
        """AP of the first kind of IoU, a fraction; None if undefined."""
        return self.first.overall.ap

    @property
    def ap50(self) -> float | None:
        """AP at IoU 0.50 of the first kind of IoU."""
        return self.first.overall.ap50

    @property
    def ap75(self) -> float | None:
        """AP at IoU 0.75 of the first kind of IoU."""
        return self.first.overall.ap75

    @property
    def ar(self) -> float | None:
        """AR at the largest cap of the first kind of IoU."""
        return self.first.overall.ar

    @property
    def matches(self) -> Matches:
        """The matches of the first kind of IoU."""
        return self.first.matches

    @property
    def arguments(self) -> Arguments:
        """The arguments of the evaluation, as far as they are known."""
        if self.sources is not None:
            known: Arguments = self.sources.arguments
            return known
        request = self.matches.request
        return Arguments(
            iou=tuple(self.scores),
            protocol=request.protocol,
            compat=request.compat,
            categories=request.categories,
            images=request.images,
            min_score=request.min_score,
            skip_unknown=request.skip_unknown,
            honour_ignore=request.honour_ignore,
        )

    def show(self, image: int | str, **how: Any) -> Any:
        """One image as a picture, which a notebook shows: what was found, false and missed in it.

        The result does not keep its inputs: files are read again, and columns are taken from memory
        while they are there.

        Args:
            image: its id, or its file name with or without folders.
            how: `images` (folder of the photographs; without, masks on grey), `iou` (a kind of the
                result; the first), `threshold` (IoU from which a prediction is true; 0.5 if it was
                evaluated, else the first), `min_score` (that of the evaluation, else 0.5), `preds`
                and `gt` (in place of inputs that are gone), `dark` and `workers`.

        Returns:
            A picture with `save(path)` (.png, .pdf or .svg) and `notes`.

        Raises:
            InputError: for an image that does not exist, with its nearest names or ids; for inputs
                that are gone; for a file that has changed.
        """
        return self._picture(image, **how)

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The object that `segeval ap --json` prints, without the hashes of the files.

        Args:
            per_image: add what each image alone would score.
        """
        document = super().to_dict()
        for iou, scores in self.scores.items() if per_image else ():
            document["results"][iou]["images"] = [asdict(image) for image in scores.images]
        return document
