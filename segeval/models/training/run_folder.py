"""The folder of a run and its files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from segeval.data.folders import unwritable
from segeval.data.whole_files import BESIDE, whole_file
from segeval.errors import InputError
from segeval.models.config import Config, to_toml
from segeval.models.training.events import Evaluated, Progress
from segeval.models.training.kept_weights import drop_later
from segeval.models.training.log import Log

LAST, BEST, LOG, CONFIG = "last.pt", "best.safetensors", "log.jsonl", "config.toml"
"""The state to resume from, the weights that predict best, the log, and the configuration."""

CURVES = "curves.png"
TRACES = {LOG, CONFIG, CURVES}
"""Files that may be overwritten without loss."""


class RunFolder:
    """The folder of a run; only the first of several processes writes to it.

    Args:
        path: of the folder; it may exist already.
        resume: whether to resume the run in it.
        overwrite: whether a new run replaces the files of an older one.
        writes: whether this is the first process; in others the methods do nothing.

    Raises:
        InputError: if the folder cannot be used, see `check_folder`.
    """

    def __init__(
        self, path: Path, *, resume: bool, overwrite: bool = False, writes: bool = True
    ) -> None:
        self.path, self.writes = path, writes
        self._replaces = overwrite and not resume
        self._log: Log | None = None
        self._made: list[Path] = []
        if writes:
            check_folder(path, resume=resume, overwrite=overwrite)

    @property
    def last(self) -> Path:
        """The file of the state to resume from."""
        return self.path / LAST

    @property
    def best(self) -> Path:
        """The file of the weights that predict best."""
        return self.path / BEST

    def open(self, config: Config, update: int) -> None:
        """Make the folder, write the configuration, and begin or continue the log.

        Args:
            config: of the model, with the schedule.
            update: where the run begins; later lines of the log are dropped, and kept weights of
                later updates.
        """
        if not self.writes:
            return
        self._made = [each for each in (self.path, *self.path.parents) if not each.exists()]
        self.path.mkdir(parents=True, exist_ok=True)
        if self._replaces:  # nothing of the older run may look like a part of this one
            for name in (LAST, BEST, CURVES):
                (self.path / name).unlink(missing_ok=True)
            drop_later(self.path, 0)
        if update:
            drop_later(self.path, update)
        self._log = Log(self.path / LOG, update)
        with whole_file(self.path / CONFIG) as file:
            file.write(to_toml(config).encode())

    def log(self, event: Progress | Evaluated) -> None:
        """Add a line to the log."""
        if self._log is not None:
            self._log.write(event)

    def forget(self) -> None:
        """Remove what `open` made, if a new run failed before its first checkpoint."""
        if self._log is None:
            return
        self._log.close()
        for name in (LOG, CONFIG):
            (self.path / name).unlink(missing_ok=True)
        for folder in self._made:
            with suppress(OSError):  # the folder holds foreign files
                folder.rmdir()

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()


def check_folder(path: Path, *, resume: bool, overwrite: bool = False) -> None:
    """Refuse a folder in which a run would mix with another one, before any work is done.

    Traces of a run that ended before its first checkpoint do not count.

    Args:
        path: of the folder.
        resume: whether to resume the run in it.
        overwrite: whether a new run may replace the files of an older one; others stay.

    Raises:
        InputError: if the path is a file or cannot be written to, if the folder holds anything
            else, or if it has no run to resume.
    """
    if path.exists() and not path.is_dir():
        raise InputError(
            f"{path}: is a file, expected a folder for the run.", code="output", path=str(path)
        )
    if (closed := unwritable(path / LAST)) is not None:
        raise InputError(
            f"{path}: the folder {closed} cannot be written to.", code="output", path=str(path)
        )
    if resume:
        check_state_file(path / LAST)
        return
    found = sorted(each.name for each in path.iterdir()) if path.is_dir() else []
    found = [name for name in found if not name.startswith(BESIDE)]
    if not (overwrite or set(found) <= TRACES):
        raise InputError(
            f"{path}: is not empty (it has {found[0]}). Name another folder, resume the run in "
            "it: `resume=True`, or replace it: `overwrite=True`",
            code="exists",
            path=str(path),
            option="overwrite",
        )


def check_state_file(path: Path) -> None:
    """Refuse to resume from a file that does not exist.

    Raises:
        InputError: if there is no such file.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. There is no run to resume; leave out `resume=True`.",
            code="resume",
            path=str(path),
            option="resume",
        )
