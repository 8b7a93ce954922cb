"""Tables for a paper, in LaTeX with booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segeval_cli.tables import LEFT, TextTable

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
}  # fmt: skip
"""Characters that mean something to LaTeX."""

SIGNED = re.compile(r"(?<![\w.])[+-]\d+(?:\.\d+)?(?![\w.]*[A-Za-z])")
"""A number with its sign, which LaTeX sets as one only in a formula."""


def latex_text(title: str, tables: Sequence[TextTable], below: Sequence[str]) -> str:
    """Tables with a title above and lines below.

    Args:
        title: of all tables, as a comment.
        tables: one below the other.
        below: what belongs to them, in small print.
    """
    parts = [f"% {_comment(title)}", "% needs \\usepackage{booktabs}"]
    parts += [_tabular(table) for table in tables]
    parts += [f"\\par\\smallskip\\noindent{{\\footnotesize {escaped(line)}}}" for line in below]
    return "\n\n".join(["\n".join(parts[:2]), *parts[2:]]) + "\n"


def escaped(text: str) -> str:
    r"""Text as LaTeX shows it.

    Example:
        >>> print(escaped("dining_table & 50 %"))
        dining\_table \& 50 \%
    """
    return "".join(SPECIAL.get(letter, letter) if letter.isprintable() else " " for letter in text)


def _cell(text: str) -> str:
    """A cell: text, or numbers with proper signs."""
    plain = escaped(text.replace(" .. ", " to ").replace(">= ", "at least "))
    return SIGNED.sub(lambda found: f"${found[0]}$", plain)


def _tabular(table: TextTable) -> str:
    """One table."""
    columns = "".join("l" if field.unit in LEFT else "r" for field in table.fields)
    lines = [
        f"\\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        "\\toprule",
        _row([field.title for field in table.fields]),
    ]
    for block in filter(None, table.blocks):
        lines.append("\\midrule")
        lines += map(_row, block)
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}"])


def _row(cells: Sequence[str]) -> str:
    """One row. What ends the row before would take a bracket or an asterisk for its own."""
    text = " & ".join(map(_cell, cells))
    return ("{}" if text.startswith(("[", "*")) else "") + text + r" \\"


def _comment(text: str) -> str:
    """Text without what would end a comment."""
    return " ".join(text.split())
