r"""Tables for a paper, in LaTeX with booktabs.

Names come from files and may hold anything: what means something to LaTeX is escaped, in a way that
works with every font encoding. Letters of all scripts stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from segeval.characters import shown

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"{\ttfamily\char34}",
    "\0": "{}",
}  # fmt: skip
"""Characters that mean something to LaTeX; the last one is ours and keeps two letters apart."""

JOINED = re.compile("(?<=['`,-])(?=['`,-])|(?<=[?!])(?=`)")
"""Places between characters that fonts draw as one, such as two hyphens."""

OURS = re.compile(
    r"(?P<signed>(?<![\w.])[+-]\d+(?:\.\d+)?(?![\w.]*[A-Za-z]))"
    r"|(?P<power>(?<![\w.])\d+\^\d+)"
    r"|(?P<area>\bpx2\b)"
    r"|(?P<to> \.\. )"
    r"|(?P<least>>= )"
    r"|(?P<change> -> )"
    r"|(?P<range>(?<=\d) - (?=\d|inf\b))"
    r"|(?P<infinity>(?<= - )inf\b)"
)
"""What tables write in plain characters and papers set in others."""

BEYOND = re.compile("[^\0-\u017f\u2013\u2014\u2018-\u201e\u2026\u20ac\u2122]")
"""Characters that the fonts of pdfLaTeX lack."""

UNDEFINED = "--"
"""A number that is not defined."""

LONGEST_TITLE = 500
"""Characters of a title in a comment."""


def escaped(text: str) -> str:
    r"""Text as LaTeX shows it.

    Example:
        >>> print(escaped("dining_table & 50 %"))
        dining\_table \& 50 \%
    """
    parted = JOINED.sub("\0", shown(text))
    return "".join(
        SPECIAL.get(letter, letter if letter.isprintable() else " ") for letter in parted
    )


def numbers(text: str) -> str:
    r"""Numbers and our own words as papers set them, with proper signs.

    Example:
        >>> print(numbers("-0.2 .. +0.9"), numbers("0 - 113^2"), numbers("12 -> 7"))
        $-0.2$ to $+0.9$ 0--$113^{2}$ 12 $\to$ 7
    """
    found, last = [], 0
    for own in OURS.finditer(text):
        found += [escaped(text[last : own.start()]), _typeset(own)]
        last = own.end()
    return "".join([*found, escaped(text[last:])])


def _typeset(found: re.Match[str]) -> str:
    """One of `OURS` in LaTeX."""
    match found.lastgroup:
        case "signed":
            return f"${found[0]}$"
        case "power":
            base, _, exponent = found[0].partition("^")
            return f"${base}^{{{exponent}}}$"
        case "area":
            return "px$^{2}$"
        case "to":
            return " to "
        case "least":
            return "at least "
        case "range":
            return "--"
        case "infinity":
            return r"$\infty$"
        case _:
            return r" $\to$ "


def tabular(columns: str, header: Sequence[str], blocks: Sequence[Sequence[Sequence[str]]]) -> str:
    """One table, whose cells are LaTeX already.

    Args:
        columns: "l" or "r" for each.
        header: titles.
        blocks: groups of rows, set apart by rules.
    """
    lines = [f"\\begin{{tabular}}{{@{{}}{columns}@{{}}}}", "\\toprule", _row(header)]
    for block in filter(None, blocks):
        lines.append("\\midrule")
        lines += map(_row, block)
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}"])


def _row(cells: Sequence[str]) -> str:
    """One row. What ends the row before would take a bracket or an asterisk for its own."""
    text = " & ".join(cells)
    return ("{}" if text.startswith(("[", "*")) else "") + text + r" \\"


def latex_text(title: str, tables: Sequence[str], below: Sequence[str] = ()) -> str:
    """Tables with a title above, as a comment, and lines below.

    Args:
        title: of all tables.
        tables: in LaTeX, one below the other.
        below: what belongs to them, in small print.
    """
    head = [f"% {_comment(title)}", "% needs \\usepackage{booktabs}"]
    small = [f"\\par\\smallskip\\noindent{{\\footnotesize {numbers(line)}}}" for line in below]
    if any(map(BEYOND.search, [*tables, *small])):
        head.append("% has letters that need LuaLaTeX or XeLaTeX, with a font that holds them")
    return "\n\n".join(["\n".join(head), *tables, *small]) + "\n"


def _comment(text: str) -> str:
    """Text without what would end a comment."""
    return shown(" ".join(text.split()))[:LONGEST_TITLE]
