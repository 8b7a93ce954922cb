"""Configurations from the name of a preset or from TOML files, and back to TOML."""

from __future__ import annotations

import json
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from segeval.data.opening import read_bytes
from segeval.data.recognisers import known_bytes, other_format
from segeval.errors import FormatError, InputError
from segeval.models.config.config import Config, config_from_dict
from segeval.models.config.kinds import unread_by
from segeval.models.config.presets import PRESETS
from segeval.models.config.rules import wrong_value

MOST_DOTS = 50
"""Dots in a line of TOML, where names have two parts; those within numbers do not count."""

DECIMAL = re.compile(r"\d\.\d")


def read_config(name_or_path: str | Path) -> Config:
    r"""The configuration of a preset, or of a TOML file.

    A file states changes to its `base`: a preset or another file, relative to its own folder. The
    default base is `pointrend-r50`.

    Args:
        name_or_path: such as "pointrend-r50", or "my.toml".

    Raises:
        InputError: if there is no such preset or file, or bases form a circle.
        FormatError: if the file is not TOML, or has an unknown setting or an impossible value.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "my.toml")
        ...     _ = path.write_text('base = "pointrend-r50"\nclasses = 3\n')
        ...     config = read_config(path)
        >>> config.classes, config.mask.kind
        (3, 'pointrend')
    """
    return _read(str(name_or_path), ())


def _read(name: str, above: tuple[Path, ...]) -> Config:
    """The configuration with a name that the last file in a chain of bases refers to."""
    if name in PRESETS:
        return PRESETS[name]
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise _no_config(name, above)
    if path.resolve() in [each.resolve() for each in above]:
        way = ", then ".join(map(str, [*above, path]))
        raise InputError(
            f"{above[-1]}: its base leads back to it: {way}. Expected a preset, or a file with "
            "another base.",
            code="config",
            path=str(above[-1]),
            field="base",
        )
    data = bytes(read_bytes(path, limit="file_bytes"))
    if (known := known_bytes(data)) is not None:
        raise other_format(name, known, "a configuration in TOML")
    try:
        values = _parsed(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also for numbers of thousands of digits
        reason = error if type(error) is not ValueError else str(error).partition(";")[0]
        reason = "nested too deep" if isinstance(error, RecursionError) else reason
        raise FormatError(f"{path}: not TOML: {reason}.", code="config", path=name) from None
    base = values.pop("base", "pointrend-r50")
    if not isinstance(base, str):
        raise wrong_value(name, "base", base, "the name of a preset or a TOML file")
    if base.endswith(".toml"):
        base = str(path.parent / base)
    return config_from_dict(
        {"name": path.stem, **values}, base=_read(base, (*above, path)), source=name
    )


def _parsed(text: str) -> dict[str, Any]:
    """The values of TOML.

    Raises:
        ValueError: if it is not TOML, or has a name of more parts than Python's reader can take,
            whose time and memory grow with their square.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS and len(DECIMAL.sub("", line).split(".")) > MOST_DOTS:
            raise ValueError(f"line {number} has more than {MOST_DOTS} dots")
    return tomllib.loads(text)


def _no_config(name: str, above: tuple[Path, ...]) -> InputError:
    """The error for an unknown name, from a file or from the user."""
    close = get_close_matches(name, PRESETS, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    what = f"{above[-1]}: base is {name!r}, which is" if above else f"{name}:"
    text = f"neither a preset nor a TOML file.{hint} The presets are: {', '.join(PRESETS)}."
    if name.endswith(".toml"):
        text = "a file that is not there." if above else "no such file."
    return InputError(
        f"{what} {text}",
        code="no-config",
        path=str(above[-1]) if above else name,
        field="base" if above else None,
    )


def to_toml(config: Config) -> str:
    """A configuration as TOML, for `read_config`, without sections that its detector does not read.

    Example:
        >>> print(to_toml(Config()).splitlines()[:3])
        ['name = "pointrend-r50"', 'task = "instance"', 'classes = 80']
    """
    lines, sections = [], []
    unread = unread_by(config.detector) if config.task == "instance" else ()
    for name, value in config.to_dict().items():
        if name in unread:
            continue
        if isinstance(value, dict):
            settings = [
                f"# {key} is not set" if one is None else f"{key} = {_as_toml(one)}"
                for key, one in value.items()
            ]
            sections.append("\n".join(["", f"[{name}]", *settings]))
        else:
            lines.append(f"{name} = {_as_toml(value)}")
    return "\n".join([*lines, *sections]) + "\n"


def _as_toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # JSON writes these as TOML does
