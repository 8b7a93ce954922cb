"""Notes on a cap over the whole set, which follow from all predictions together."""

from __future__ import annotations

from typing import Protocol

from segeval.errors import Note
from segeval.metrics.coco.caps import Beyond
from segeval.metrics.coco.federated import not_verified
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import beyond_cap


class Ruled(Protocol):
    """What is matched by some rules."""

    @property
    def request(self) -> Request:
        """The rules."""


class Capped(Protocol):
    """Predictions under a cap over the whole set."""

    @property
    def frame(self) -> Ruled:
        """The rules."""

    @property
    def beyond_cap(self) -> Beyond:
        """What is beyond the cap."""


def cap_notes(found: Capped) -> tuple[Note, ...]:
    """Notes on predictions beyond a cap over the whole set, and on those that nobody verified.

    Under another cap there are none: its notes are those of the images.
    """
    request = found.frame.request
    if request.protocol.cap_scope != "category":
        return ()
    beyond = found.beyond_cap
    notes = [beyond_cap(request, beyond.predictions, beyond.categories)]
    return (*(notes if beyond.predictions else ()), *not_verified(beyond.unverified))
