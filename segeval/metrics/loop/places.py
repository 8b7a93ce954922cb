"""What is wrong in a batch is said with its image and its field."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.data.keys import Key, shown_key


@dataclass(frozen=True)
class Place:
    """A field of an image in a batch, for messages.

    Attributes:
        image: id of the image.
        side: "preds" or "targets".
        field: name of the field; "" for the whole dictionary.
        row: place of the record in its image; None for all.
    """

    image: Key
    side: str
    field: str = ""
    row: int | None = None

    def of(self, field: str) -> Place:
        """A field of the same dictionary."""
        return Place(self.image, self.side, field)

    def at(self, row: int) -> Place:
        """One record of the same field."""
        return Place(self.image, self.side, self.field, row)

    def __str__(self) -> str:
        """Such as "image 7: `masks` of `targets`"."""
        record = "" if self.row is None else f"[{self.row}]"
        own = f"`{self.field}{record}` of `{self.side}`" if self.field else f"`{self.side}`"
        return f"image {shown_key(self.image)}: {own}"
