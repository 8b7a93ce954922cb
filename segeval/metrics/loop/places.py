"""What is wrong in a batch is said with its image and its field."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from segeval.data.keys import Key, shown_key
from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.host_arrays import host_array
from segeval.limits import check_limit


def array_of(given: Any, name: str, field: str | None = None) -> NDArray[Any]:
    """Values as a numpy array.

    Args:
        given: the values.
        name: name of them in messages.
        field: name of their field, if they are one.

    Raises:
        FormatError: if numpy cannot take them.
    """
    try:
        return host_array(given)
    except FormatError as error:
        raise FormatError(f"{name}: {error.message}", code=error.code, field=field) from None


@frozen
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

    def array(self, given: Any) -> NDArray[Any]:
        """What stands there, as a numpy array.

        Raises:
            FormatError: if numpy cannot take it; names image and field.
        """
        return array_of(given, str(self), self.field)

    def picture(self, given: Any) -> NDArray[Any]:
        """A picture as a numpy array, of which a view may claim any number of pixels.

        Raises:
            FormatError: if numpy cannot take it, or it is beyond the limit of pictures.
        """
        found = self.array(given)
        check_limit("picture_pixels", found.size, f"has {found.size:,} pixels", source=str(self))
        return found

    def __str__(self) -> str:
        """Such as "image 7: `masks` of `targets`"."""
        record = "" if self.row is None else f"[{self.row}]"
        own = f"`{self.field}{record}` of `{self.side}`" if self.field else f"`{self.side}`"
        return f"image {shown_key(self.image)}: {own}"
