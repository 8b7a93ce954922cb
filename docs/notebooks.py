"""Make a notebook and a page of every script in `examples`: `python docs/notebooks.py`.

The docstring and the comments at the left margin become text, what stands between them cells of
code. Cells run here, in an empty folder, and what they print and draw goes into the notebook and
onto the page. Nothing but matplotlib is needed for it.
"""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import tokenize
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

EXAMPLES = Path(__file__).parent.parent / "examples"
FOLDER = Path(__file__).parent / "pages" / "examples"
DPI = 110
LIST = """\
# Eight questions

Each page is a script of at most 60 lines that makes its own data, with what it prints and draws.
The notebooks hold the same cells; they need segeval alone.

| question | notebook |
|---|---|"""


@dataclass
class Cell:
    """Text, or code and what it did.

    Attributes:
        kind: "markdown" or "code".
        source: its lines.
        printed: by the code.
        pictures: the figures that the code drew, as PNG.
        exit_code: with which the code ended the program; None if it did not.
    """

    kind: str
    source: str
    printed: str = ""
    pictures: list[bytes] = field(default_factory=list)
    exit_code: int | None = None


def cells_of(source: str) -> list[Cell]:
    """The cells of a script, not run. The first is its docstring, as a heading and what follows.

    A comment is text if it starts at the left margin and after an empty line.
    """
    first = ast.parse(source).body[0]
    title, _, rest = (ast.get_docstring(ast.parse(source)) or "").partition("\n")
    cells = [Cell("markdown", f"# {title}\n{rest}".strip())]
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and token.start[1] == 0
    }
    kind, lines = "code", [""]
    for number, line in enumerate(source.splitlines()[first.end_lineno :], first.end_lineno + 1):
        goes_on = kind == "markdown" or not lines[-1]
        now = "markdown" if number in comments and goes_on else "code"
        if now != kind:
            cells.append(Cell(kind, "\n".join(lines).strip()))
            kind, lines = now, []
        lines.append(line[1:].removeprefix(" ") if now == "markdown" else line)
    cells.append(Cell(kind, "\n".join(lines).strip()))
    return [cell for cell in cells if cell.source]


def run(cells: list[Cell], place: str) -> None:
    """Run the code of all cells one after the other, in the working directory, until one exits.

    Args:
        cells: get what they print and draw.
        place: for messages of Python.
    """
    from matplotlib import pyplot

    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        if cell.kind == "markdown":
            continue
        printed = io.StringIO()
        try:
            with redirect_stdout(printed):
                exec(compile(cell.source, place, "exec"), names)
        except SystemExit as end:
            cell.exit_code = end.code if isinstance(end.code, int) else int(end.code is not None)
        cell.printed = printed.getvalue()
        for number in pyplot.get_fignums():
            drawn = io.BytesIO()
            pyplot.figure(number).savefig(drawn, dpi=DPI, metadata={"Software": None})
            cell.pictures.append(drawn.getvalue())
        pyplot.close("all")
        if cell.exit_code is not None:
            return


def answer(cells: list[Cell]) -> str:
    """What the cells printed, as it stands beside the script."""
    code = cells[-1].exit_code
    return "".join(cell.printed for cell in cells) + (f"[exit code {code}]\n" if code else "")


def notebook(cells: list[Cell]) -> str:
    """The cells as a file of Jupyter, format 4.5."""
    content: list[dict[str, Any]] = []
    for number, cell in enumerate(cells, start=1):
        made: dict[str, Any] = {"cell_type": cell.kind, "id": f"cell-{number}", "metadata": {}}
        made["source"] = cell.source.splitlines(keepends=True)
        if cell.kind == "code":
            made["execution_count"] = sum(each.kind == "code" for each in cells[:number])
            made["outputs"] = _outputs(cell)
        content.append(made)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": content,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _outputs(cell: Cell) -> list[dict[str, Any]]:
    """What Jupyter shows below a cell."""
    outputs: list[dict[str, Any]] = []
    if cell.printed:
        lines = cell.printed.splitlines(keepends=True)
        outputs.append({"output_type": "stream", "name": "stdout", "text": lines})
    if cell.exit_code is not None:
        said = f"SystemExit: {cell.exit_code}"
        ended = {"ename": "SystemExit", "evalue": str(cell.exit_code), "traceback": [said]}
        outputs.append({"output_type": "error", **ended})
    for picture in cell.pictures:
        data = {"image/png": base64.b64encode(picture).decode(), "text/plain": ["<Figure>"]}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    return outputs


def page(cells: list[Cell], name: str) -> tuple[str, dict[str, bytes]]:
    """The cells as a page of the documentation, and its pictures by file name."""
    pictures: dict[str, bytes] = {}
    head = f"[Download the notebook]({name}.ipynb), or run `python examples/{name}.py`."
    parts = [cells[0].source, head]
    for cell in cells[1:]:
        parts.append(cell.source if cell.kind == "markdown" else f"```python\n{cell.source}\n```")
        said = cell.printed + (f"[exit code {cell.exit_code}]" if cell.exit_code else "")
        if said:
            parts.append(f"```text\n{said.strip(chr(10))}\n```")
        for picture in cell.pictures:
            file = f"{name}-{len(pictures) + 1}.png"
            pictures[file] = picture
            parts.append(f"![What these lines draw]({file})")
    return "\n\n".join(parts) + "\n", pictures


def in_order() -> list[Path]:
    """All scripts, in the order in which the README of the examples lists them."""
    text = Path(EXAMPLES, "README.md").read_text(encoding="utf-8")
    return sorted(EXAMPLES.glob("*.py"), key=lambda script: text.index(f"({script.name})"))


def main(folder: Path = FOLDER, scripts: list[Path] | None = None) -> None:
    """Write the pages, pictures and notebooks, and a list of all.

    Args:
        folder: where they go.
        scripts: to be run; all by default.

    Raises:
        SystemExit: if a script prints something else than what stands beside it.
    """
    os.environ["MPLBACKEND"] = "agg"
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for script in in_order() if scripts is None else scripts:
        cells = cells_of(script.read_text(encoding="utf-8"))
        with TemporaryDirectory() as empty, chdir(empty):
            run(cells, str(script))
        if answer(cells) != script.with_suffix(".txt").read_text(encoding="utf-8"):
            raise SystemExit(f"{script}: prints something else than what stands beside it")
        text, pictures = page(cells, script.stem)
        Path(folder, f"{script.stem}.md").write_text(text, encoding="utf-8")
        Path(folder, f"{script.stem}.ipynb").write_text(notebook(cells), encoding="utf-8")
        for name, picture in pictures.items():
            Path(folder, name).write_bytes(picture)
        title = cells[0].source.splitlines()[0].removeprefix("# ")
        listed.append(
            f"| [{title}]({script.stem}.md) | [{script.stem}.ipynb]({script.stem}.ipynb) |"
        )
    Path(folder, "index.md").write_text("\n".join([LIST, *listed, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
