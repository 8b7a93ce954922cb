"""What `segeval match` is asked for, whatever the task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.errors import InputError
from segeval.frozen import frozen


@frozen(kw_only=True)
class PartRequest:
    """The parsed options of `segeval match`; their help texts describe them.

    Attributes:
        shard: which of how many slices of the images; None for all.
        shard_text: the same as it was given.
    """

    preds: Sequence[str]
    gt: str
    path: Path
    shard: tuple[int, int] | None
    shard_text: str | None
    scheduler: str | None
    shards: int | None
    errors: bool
    workers: int | None

    @property
    def only(self) -> str:
        """The predictions of tasks that read one folder or file.

        Raises:
            InputError: if there are several.
        """
        if len(self.preds) > 1:
            raise InputError(
                f"{self.preds[1]}: label maps and panoptic images are matched from one PREDS and "
                "one GT.",
                code="option",
                path=self.preds[1],
            )
        return self.preds[0]
