"""Results that an earlier run saved as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from segeval.data.beginnings import LOOKED_AT
from segeval.data.files import open_content
from segeval.data.recognisers import known_bytes, known_value, other_format
from segeval.errors import FormatError


def read_result(path: str | Path, *schemas: str, wanted: str = "") -> dict[str, Any]:
    """The object that a command printed with `--json`.

    Args:
        path: path of the file, compressed or not; "-" for standard input.
        schemas: names and versions that can be read, such as "segeval/miou/2", of one command.
        wanted: what the file should be, in words; by default what the command prints.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not JSON, or of another schema.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.json")
        ...     _ = path.write_text('{"schema": "segeval/miou/2", "results": {"miou": 0.5}}')
        ...     read_result(path, "segeval/miou/1", "segeval/miou/2")["results"]
        {'miou': 0.5}
    """
    content = open_content(path)
    wanted = wanted or f"what `segeval {schemas[0].split('/')[1]} --json` prints"
    expected = f"expected {wanted}."
    try:
        document = msgspec.json.decode(content.data.tobytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        known = known_bytes(content.data[:LOOKED_AT].tobytes())
        if known is not None:
            raise other_format(content.name, known, wanted) from None
        reason = "nested too deep" if isinstance(error, RecursionError) else error
        raise FormatError(
            f"{content.name}: not valid JSON ({reason}), {expected}",
            code="bad-json",
            path=content.name,
        ) from None
    found = document.get("schema") if isinstance(document, dict) else None
    known = known_value(document) if found is None else None
    if known is not None:
        raise other_format(content.name, known, wanted)
    if found not in schemas:
        what = f"schema is {found!r}" if found is not None else "has no schema"
        raise FormatError(
            f"{content.name}: {what}, {expected}",
            code="schema",
            path=content.name,
            field="schema",
        )
    return dict(document)
