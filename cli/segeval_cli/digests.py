"""SHA-256 of the files that a command reads, taken by a thread while the command works."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Thread


class Digests:
    """Hexadecimal SHA-256 of files; None for folders, pipes and files that are not there.

    The thread is a daemon: a command that ends early does not wait for it.
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        """Begin to read.

        Args:
            paths: of the files, by the key that they have in the JSON object.
        """
        self._paths = paths
        self._found: dict[str, str | None] = {}
        self._failure: OSError | None = None
        self._thread = Thread(target=self._read, name="digests", daemon=True)
        self._thread.start()

    def found(self) -> dict[str, str | None]:
        """All digests by key, once the thread has read the files.

        Raises:
            OSError: if a file could not be read.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._found

    def _read(self) -> None:
        """What the thread does; it keeps an error for `found`, where the user sees it."""
        from segeval.data.files import sha256

        try:
            for key, path in self._paths.items():
                self._found[key] = sha256(path) if Path(path).is_file() else None
        except OSError as error:
            self._failure = error
